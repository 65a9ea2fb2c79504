//! The program at work on the server's interface, and what it writes, line by line as it comes.

#![allow(dead_code, reason = "each file of tests needs a part of it")]

use super::hosts::Hosts;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A running watch. It is killed when the value goes.
pub struct Watch {
    child: Child,
    /// Not read from yet.
    stdout: Option<ChildStdout>,
    out: Option<Receiver<String>>,
    /// Lines that came while others were waited for.
    passed: VecDeque<Value>,
    messages: Receiver<String>,
    said: Vec<String>,
    heard: Vec<String>,
    kernel_speaks: bool,
}

impl Watch {
    /// Starts it on the server, and waits until it watches.
    pub fn on_server(hosts: &Hosts, arguments: &[&str]) -> Self {
        let program = std::env::var("RSTSCOPE_PROGRAM");
        let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_rstscope").into());
        // Unlike `ip netns exec`, this leaves /sys as it is, with the kernel's trace below it.
        let mut child = Command::new("nsenter")
            .arg(format!("--net=/run/netns/{}", hosts.namespace("server")))
            // Whoever runs the tests in the background may have them ignore it, and the program would keep to that.
            .args(["env", "--default-signal=HUP"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take();
        let messages = lines(child.stderr.take().unwrap());
        let mut watch = Self {
            child,
            stdout,
            out: None,
            passed: VecDeque::new(),
            messages,
            said: Vec::new(),
            heard: Vec::new(),
            kernel_speaks: false,
        };
        watch.says("watching");
        watch.kernel_speaks = !watch
            .heard
            .iter()
            .any(|line| line.contains("goes on without"));
        watch
    }

    /// Asserts that nothing of root is left.
    pub fn has_no_privileges(&self) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let field = |name: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap();
            line.split_ascii_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
            assert_eq!(
                u64::from_str_radix(&field(set)[0], 16),
                Ok(0),
                "{set} in {status}"
            );
        }
        assert_eq!(field("NoNewPrivs:"), ["1"]);
        for id in ["Uid:", "Gid:"] {
            assert!(field(id).iter().all(|id| id != "0"), "{id} in {status}");
        }
        assert!(field("Groups:").iter().all(|id| id != "0"), "{status}");
    }

    /// Whether this kernel traces its resets with reasons.
    pub fn kernel_speaks(&mut self) -> bool {
        self.said.extend(self.messages.try_iter());
        !self
            .said
            .iter()
            .any(|line| line.contains("goes on without"))
    }

    /// Waits for so many resets.
    pub fn resets(&mut self, count: usize) -> Vec<Value> {
        let mut resets = Vec::new();
        // Whatever else settles a little later belongs to the same talks.
        while let Some(line) = self.next(if resets.len() < count {
            PATIENCE
        } else {
            SETTLED
        }) {
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["type"] == "reset" {
                resets.push(value);
            } else {
                self.passed.push_back(value);
            }
        }
        assert!(resets.len() >= count, "{} resets of {count}", resets.len());
        resets
    }

    /// Waits for the line of that type.
    pub fn line(&mut self, kind: &str) -> Value {
        while let Some(value) = self.passed.pop_front() {
            if value["type"] == kind {
                return value;
            }
        }
        while let Some(line) = self.next(PATIENCE) {
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["type"] == kind {
                return value;
            }
        }
        panic!("no line of type {kind}; said: {:?}", self.said);
    }

    /// Everything that it writes until it ends.
    pub fn rest(&mut self) -> String {
        let mut text = String::new();
        while let Some(line) = self.next(PATIENCE) {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// Waits for a message with these words.
    pub fn says(&mut self, words: &str) {
        while !self.said.iter().any(|line| line.contains(words)) {
            match self.messages.recv_timeout(PATIENCE) {
                Ok(line) => self.said.push(line),
                Err(error) => panic!("never said '{words}' ({error}), but {:?}", self.said),
            }
        }
        self.heard.append(&mut self.said);
    }

    /// Reads all that it writes from now on, and keeps nothing of resets: of many there would be gigabytes.
    pub fn forgets_what_it_reads(&mut self) {
        if let Some(stdout) = self.stdout.take() {
            self.out = Some(lines_but(stdout, Some("{\"type\":\"reset\"")));
        }
    }

    /// The most memory that it has held, in bytes.
    pub fn peak(&self) -> u64 {
        memory(self.child.id(), "VmHWM:").unwrap_or(0)
    }

    /// Notes the memory that it holds, time and again.
    pub fn memory_each(&self, span: Duration) -> Figures {
        let (pid, stop) = (self.child.id(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut figures = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                thread::sleep(span);
                figures.extend(memory(pid, "VmRSS:"));
            }
            figures
        });
        Figures { stop, thread }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Closes the pipe that it writes to.
    pub fn stop_reading(&mut self) {
        self.stdout = None;
    }

    /// Waits for its end.
    pub fn exit(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    fn next(&mut self, patience: Duration) -> Option<String> {
        if let Some(stdout) = self.stdout.take() {
            self.out = Some(lines(stdout));
        }
        self.out.as_ref()?.recv_timeout(patience).ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Figures that are still being noted.
pub struct Figures {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u64>>,
}

impl Figures {
    /// Those so far, and no more.
    pub fn stop(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn memory(pid: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    lines_but(from, None)
}

fn lines_but(from: impl Read + Send + 'static, unwanted: Option<&'static str>) -> Receiver<String> {
    let (give, take) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if unwanted.is_some_and(|unwanted| line.starts_with(unwanted)) {
                continue;
            }
            if give.send(line).is_err() {
                return;
            }
        }
    });
    take
}

/// For what must come: long enough for any machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// For what may still come: longer than a case is open.
const SETTLED: Duration = Duration::from_secs(4);
