//! Who the process is once everything is open: a user without groups and capabilities, who cannot gain any.

use nix::unistd::{Uid, User, setgroups, setresgid, setresuid};
use std::fmt;

/// The user to become.
#[derive(Clone, Debug)]
pub struct Identity {
    user: User,
}

/// Why privileges cannot be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivilegeFault {
    /// There is no user of that name or number.
    NoUser(String),
    /// Only root can become another user.
    NotRoot(String),
    /// A system call failed: which, and how.
    Refused(&'static str, String),
}

impl fmt::Display for PrivilegeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUser(name) => write!(f, "there is no user '{name}'"),
            Self::NotRoot(name) => write!(f, "only root can become '{name}'"),
            Self::Refused(call, why) => write!(f, "privileges cannot be dropped: {call}: {why}"),
        }
    }
}

impl Identity {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.user.name
    }
}

/// Whom to become: `asked`, by name or number; else, as root, whoever called sudo, or `nobody`. `None`: whoever one is.
///
/// # Errors
///
/// When there is no such user, or only root could become it.
pub fn choose(asked: Option<&str>) -> Result<Option<Identity>, PrivilegeFault> {
    let is_root = Uid::effective().is_root();
    if let Some(name) = asked {
        let user = find(name).ok_or_else(|| PrivilegeFault::NoUser(name.to_owned()))?;
        if is_root || user.uid == Uid::effective() {
            return Ok(Some(Identity { user }));
        }
        return Err(PrivilegeFault::NotRoot(name.to_owned()));
    }
    if !is_root {
        return Ok(None);
    }
    let sudo = std::env::var("SUDO_UID").ok().filter(|uid| uid != "0");
    let user = sudo.as_deref().and_then(find).or_else(|| find("nobody"));
    user.map(|user| Some(Identity { user }))
        .ok_or_else(|| PrivilegeFault::NoUser("nobody".into()))
}

fn find(name: &str) -> Option<User> {
    let by_number = || User::from_uid(Uid::from_raw(name.parse().ok()?)).ok()?;
    User::from_name(name).ok().flatten().or_else(by_number)
}

/// Becomes `identity`, and gives up every group, every capability and every way to gain some. Call it while the process has one thread.
///
/// # Errors
///
/// When the system refuses; then nothing may be parsed.
pub fn drop_to(identity: Option<&Identity>) -> Result<(), PrivilegeFault> {
    forbid_new_privileges()?;
    give_up_bounding_set();
    if let Some(Identity { user }) = identity
        && Uid::effective().is_root()
    {
        refused("setgroups", setgroups(&[user.gid]))?;
        refused("setresgid", setresgid(user.gid, user.gid, user.gid))?;
        refused("setresuid", setresuid(user.uid, user.uid, user.uid))?;
    }
    give_up_capabilities()
}

fn refused<E: fmt::Display>(
    call: &'static str,
    result: Result<(), E>,
) -> Result<(), PrivilegeFault> {
    result.map_err(|error| PrivilegeFault::Refused(call, error.to_string()))
}

#[cfg(target_os = "linux")]
fn forbid_new_privileges() -> Result<(), PrivilegeFault> {
    refused("prctl", nix::sys::prctl::set_no_new_privs())
}

#[cfg(target_os = "linux")]
fn give_up_bounding_set() {
    // Only possible with CAP_SETPCAP, and only a second lock: nothing is executed any more, and no new privilege could come of it.
    let _ = caps::clear(None, caps::CapSet::Bounding);
}

#[cfg(target_os = "linux")]
fn give_up_capabilities() -> Result<(), PrivilegeFault> {
    for set in [
        caps::CapSet::Ambient,
        caps::CapSet::Inheritable,
        caps::CapSet::Effective,
        caps::CapSet::Permitted,
    ] {
        refused("capset", caps::clear(None, set))?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
const fn forbid_new_privileges() -> Result<(), PrivilegeFault> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
const fn give_up_bounding_set() {}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
const fn give_up_capabilities() -> Result<(), PrivilegeFault> {
    Ok(())
}
