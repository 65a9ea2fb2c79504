//! How much memory the process holds, and what it may hold.

use std::fs;

/// Bytes unless told otherwise.
pub const MEMORY: u64 = 256 << 20;

/// Resident memory of this process in bytes, as Linux tells; `None` elsewhere.
pub fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// Watches over a bound.
///
/// Bounds on numbers of things rest on what these take as a rule. Where they take more, numbers are lowered before memory is at its bound:
/// at nine tenths of it, and again whenever it has grown since. What was freed is used again, but seldom given back to the system, so that
/// memory which stays where it is is no reason to give up more.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    bytes: u64,
    tightened_at: u64,
}

impl Bound {
    /// A bound of so many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self {
            bytes,
            tightened_at: 0,
        }
    }

    /// Whether less must be kept, with so many bytes resident.
    pub const fn is_near(&mut self, resident: u64) -> bool {
        let near = self.bytes / 10 * 9;
        let since = self.tightened_at.saturating_add(self.bytes / 100);
        let tighten = resident > near && resident > since;
        if tighten {
            self.tightened_at = resident;
        }
        tighten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_kept_near_the_bound_and_again_only_when_memory_has_grown() {
        let mut bound = Bound::new(1000);
        let asked = [800, 901, 901, 905, 912, 912, 700, 930].map(|now| bound.is_near(now));
        assert_eq!(asked, [false, true, false, false, true, false, false, true]);
    }
}
