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
