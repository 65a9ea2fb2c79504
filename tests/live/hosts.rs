//! Two hosts in network namespaces with one cable between them. Nothing leaves them, and they go when the value does.

#![allow(dead_code, reason = "each file of tests needs a part of it")]

use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::io::Write as _;
use std::process::Command;
use std::thread;

/// `client` and `server`, each with `eth0`.
pub struct Hosts {
    tag: String,
}

/// The server's address.
pub const SERVER: &str = "198.18.7.2";

impl Hosts {
    /// Builds them; `None`, and said why, where that cannot be done.
    pub fn new(name: &str) -> Option<Self> {
        if !nix::unistd::Uid::effective().is_root() {
            return skipped("needs root");
        }
        if Command::new("ip").arg("-V").output().is_err() {
            return skipped("needs ip, of iproute2");
        }
        let hosts = Self {
            tag: format!("rstlive{}-{name}", std::process::id()),
        };
        for host in ["client", "server"] {
            let namespace = hosts.namespace(host);
            if !run(&format!("ip netns add {namespace}")) {
                return skipped("namespaces cannot be made here");
            }
            assert!(run(&format!("ip -n {namespace} link set lo up")));
        }
        let (client, server) = (hosts.namespace("client"), hosts.namespace("server"));
        assert!(run(&format!(
            "ip link add eth0 netns {client} type veth peer name eth0 netns {server}"
        )));
        for (host, last) in [(&client, 1), (&server, 2)] {
            assert!(run(&format!(
                "ip -n {host} address add 198.18.7.{last}/24 dev eth0"
            )));
            assert!(run(&format!("ip -n {host} link set eth0 up")));
        }
        Some(hosts)
    }

    /// The namespace of a host.
    pub fn namespace(&self, host: &str) -> String {
        format!("{}-{host}", self.tag)
    }

    /// Runs a command on the server.
    pub fn server_command(&self, command: &str) {
        assert!(
            run(&format!(
                "ip netns exec {} {command}",
                self.namespace("server")
            )),
            "{command}"
        );
    }

    /// Does something on the server, with sockets of its own.
    pub fn on_server<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.inside("server", work)
    }

    /// Does something on the client.
    pub fn on_client<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.inside("client", work)
    }

    fn inside<T: Send>(&self, host: &str, work: impl FnOnce() -> T + Send) -> T {
        let door = File::open(format!("/run/netns/{}", self.namespace(host))).unwrap();
        thread::scope(|scope| {
            let inside = scope.spawn(move || {
                setns(door, CloneFlags::CLONE_NEWNET).unwrap();
                work()
            });
            inside.join().unwrap()
        })
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for host in ["client", "server"] {
            run(&format!("ip netns del {}", self.namespace(host)));
        }
    }
}

fn run(command: &str) -> bool {
    let mut words = command.split_ascii_whitespace();
    let program = words.next().unwrap();
    Command::new(program)
        .args(words)
        .output()
        .is_ok_and(|out| out.status.success())
}

/// Said past the harness, which keeps what a passing test prints.
fn skipped<T>(why: &str) -> Option<T> {
    let _ = writeln!(std::io::stderr(), "live: skipped: {why}");
    None
}
