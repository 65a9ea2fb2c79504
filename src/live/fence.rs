//! A fence around the process once everything is open: Landlock, where the kernel has it. What parses bytes of strangers may then read its own
//! counters under `/proc` and the interfaces' under `/sys`, write below the folders it was given, and open no TCP connection.

use std::path::Path;

/// How far the fence is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// All that was asked for holds.
    Closed,
    /// This kernel knows only a part of it.
    Partly,
    /// This system has no such fence.
    Open,
}

/// Closes the fence; below `folders` files may still be made, written, renamed and removed.
#[cfg(target_os = "linux")]
pub fn close(folders: &[&Path]) -> Fence {
    use landlock::RulesetStatus;
    match restrict(folders) {
        Ok(RulesetStatus::FullyEnforced) => Fence::Closed,
        Ok(RulesetStatus::PartiallyEnforced) => Fence::Partly,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Fence::Open,
    }
}

#[cfg(target_os = "linux")]
fn restrict(folders: &[&Path]) -> Result<landlock::RulesetStatus, landlock::RulesetError> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetCreatedAttr, path_beneath_rules,
    };
    // The interface of Linux 6.7: files, and TCP. Older kernels do what they know of it.
    let known = ABI::V4;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(known))?
        .handle_access(AccessNet::from_all(known))?
        .create()?
        .add_rules(path_beneath_rules(READ, AccessFs::from_read(known)))?
        .add_rules(path_beneath_rules(folders, AccessFs::from_all(known)))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// There is none.
#[cfg(not(target_os = "linux"))]
pub const fn close(_: &[&Path]) -> Fence {
    Fence::Open
}

/// Memory and the network's counters of this process; the interfaces' counters, and what they are links to.
#[cfg(target_os = "linux")]
const READ: [&str; 3] = ["/proc/self", "/sys/class/net", "/sys/devices"];
