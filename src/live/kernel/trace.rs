//! The trace point `tcp:tcp_send_reset`, read through an instance of tracefs of its own, so that other readers are not disturbed.
//!
//! The instance has to be removed at the end, which needs the privilege that this process gives up before it parses anything. So a shell waits
//! beside it that reads nothing but the end of a pipe, and removes the instance when this process is gone, however it ended.

use super::Absent;
use super::event::{Event, Events};
use nix::fcntl::OFlag;
use nix::time::{ClockId, clock_gettime};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// An open trace.
#[derive(Debug)]
pub struct Trace {
    pipe: File,
    rest: Vec<u8>,
    tells_reasons: bool,
    /// Nanoseconds from the trace's clock to the Unix epoch's.
    offset: i64,
    /// Closed last: its end is what the caretaker waits for.
    _caretaker: (ChildStdin, Child),
}

impl Trace {
    /// Opens it.
    pub fn open() -> Result<Self, Absent> {
        let root = ROOTS
            .iter()
            .map(Path::new)
            .find(|root| root.join("events").is_dir())
            .ok_or_else(|| {
                Absent::NoTracing("tracefs is not mounted, or not for this user".into())
            })?;
        let point = root.join("events/tcp/tcp_send_reset");
        let tells_reasons = match fs::read_to_string(point.join("format")) {
            Ok(format) => format.contains(" reason;"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Absent::NoTracePoint);
            }
            Err(error) => return Err(Absent::NoTracing(error.to_string())),
        };
        let instance = root.join(format!("instances/rstscope-{}", std::process::id()));
        let failed = |error: io::Error| Absent::NoTracing(error.to_string());
        fs::create_dir(&instance).map_err(failed)?;
        let caretaker = caretaker(&instance).map_err(|error| {
            let _ = fs::remove_dir(&instance);
            failed(error)
        })?;
        let write = |file: &str, value: &str| fs::write(instance.join(file), value).map_err(failed);
        write("trace_clock", "mono")?;
        write("events/tcp/tcp_send_reset/enable", "1")?;
        let pipe = OpenOptions::new()
            .read(true)
            .custom_flags(OFlag::O_NONBLOCK.bits())
            .open(instance.join("trace_pipe"))
            .map_err(failed)?;
        Ok(Self {
            pipe,
            rest: Vec::new(),
            tells_reasons,
            offset: offset()
                .ok_or_else(|| Absent::NoTracing("the clocks cannot be read".into()))?,
            _caretaker: caretaker,
        })
    }

    /// Whether each record bears a reason.
    pub const fn tells_reasons(&self) -> bool {
        self.tells_reasons
    }

    /// Takes in what has been recorded since the last call.
    pub fn read(&mut self, events: &mut Events) {
        self.offset = offset().unwrap_or(self.offset);
        let mut buffer = [0; 16_384];
        // A read that fails has nothing more for now; an end cannot be.
        while let Ok(len @ 1..) = self.pipe.read(&mut buffer) {
            self.rest
                .extend_from_slice(buffer.get(..len).unwrap_or_default());
            self.take_lines(events);
        }
    }

    fn take_lines(&mut self, events: &mut Events) {
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return;
        };
        let rest = self.rest.split_off(end + 1);
        let lines = std::mem::replace(&mut self.rest, rest);
        for line in String::from_utf8_lossy(&lines).lines() {
            if let Some(event) = Event::parse(line, self.offset) {
                events.add(event);
            } else if line.contains("[LOST ") {
                events.note_loss();
            }
        }
    }
}

/// Starts the shell that removes the instance when its input ends. It is in a process group of its own, so that Ctrl-C leaves it its work.
fn caretaker(instance: &Path) -> io::Result<(ChildStdin, Child)> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", CARETAKING, "rstscope-caretaker"])
        .arg(instance)
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    match child.stdin.take() {
        Some(stdin) => Ok((stdin, child)),
        None => Err(io::Error::other("no pipe")),
    }
}

fn offset() -> Option<i64> {
    let read = |clock| {
        let time = clock_gettime(clock).ok()?;
        Some(time.tv_sec() * crate::origin::SECOND + time.tv_nsec())
    };
    Some(read(ClockId::CLOCK_REALTIME)? - read(ClockId::CLOCK_MONOTONIC)?)
}

/// An instance can be removed when its last reader has gone, which the pipe's end may precede by a moment.
const CARETAKING: &str = "while read -r _; do :; done; for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir \"$1\" && exit; sleep 0.2; done";
const ROOTS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
