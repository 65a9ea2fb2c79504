//! A bar on standard error that says how far a long reading has come, where that is a terminal.
//!
//! It belongs to the terminal, of which a process has one; so it is kept here and not handed around. The bar never stands among other lines:
//! messages are written [`aside`] of it, and where the report goes to a terminal or a pager, its first byte ends the bar.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// What is short has no bar.
const SHORT: Duration = Duration::from_millis(500);

/// Begins to count towards `total` bytes; `None` where nobody knows how many there are.
pub fn begin(total: Option<u64>) {
    if !io::stderr().is_terminal() {
        return;
    }
    // It draws nothing until it is known to be of use.
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
    let template = match total {
        Some(_) => "{bytes} of {total_bytes} [{wide_bar}] {bytes_per_sec}, {eta} left",
        None => "{bytes} read, {bytes_per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    set(Some(bar));
}

/// So many bytes are done with.
pub fn reach(bytes: u64) {
    let Some(bar) = get() else { return };
    bar.set_position(bytes);
    if bar.is_hidden() && bar.elapsed() >= SHORT {
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.tick();
    }
}

/// Does what writes lines to the terminal, while the bar is away.
pub fn aside(write: impl FnOnce()) {
    match get() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Takes the bar away for good.
pub fn end() {
    if let Some(bar) = set(None) {
        bar.finish_and_clear();
    }
}

fn get() -> Option<ProgressBar> {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner);
    bar.clone()
}

fn set(bar: Option<ProgressBar>) -> Option<ProgressBar> {
    let mut place = BAR.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut place, bar)
}

/// Standard output for a report.
pub fn standard_output() -> Box<dyn Write> {
    if is_file() {
        Box::new(io::stdout())
    } else {
        Box::new(Shown(io::stdout()))
    }
}

/// What is written here may be seen where the bar is.
struct Shown(io::Stdout);

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        end();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether standard output is a file, and nothing that shows what it gets.
#[cfg(unix)]
fn is_file() -> bool {
    use std::os::fd::AsFd;
    let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    file.and_then(|file| file.metadata())
        .is_ok_and(|file| file.is_file())
}

#[cfg(not(unix))]
fn is_file() -> bool {
    false
}
