//! Signals: what the user asks of a running watch.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was asked for since the last look.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    end: Arc<AtomicBool>,
    summary: Arc<AtomicBool>,
    hangup: Arc<AtomicBool>,
}

impl Signals {
    /// Takes SIGINT, SIGTERM, SIGUSR1 and SIGHUP over. A second SIGINT or SIGTERM ends the process at once.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn take() -> io::Result<Self> {
        let signals = Self::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.end))?;
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        flag::register(SIGUSR1, Arc::clone(&signals.summary))?;
        // Whoever started it with nohup wants it to be ignored, and it stays so.
        if !is_ignored(SIGHUP) {
            flag::register(SIGHUP, Arc::clone(&signals.hangup))?;
        }
        Ok(signals)
    }

    /// Whether the end was asked for.
    pub fn end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether a summary was asked for since the last call.
    pub fn summary(&self) -> bool {
        self.summary.swap(false, Ordering::Relaxed)
    }

    /// Whether the terminal has gone since the last call.
    pub fn hangup(&self) -> bool {
        self.hangup.swap(false, Ordering::Relaxed)
    }
}

/// Whether the process was started with a signal ignored, as Linux tells; elsewhere no.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
