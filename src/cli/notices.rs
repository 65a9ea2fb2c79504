//! What a watch has to say, worded once: why it cannot begin, and what happens while it goes on.

use super::messages::{Exit, say};
use crate::capture::{LiveError, LiveFault};
use crate::live::Notice;
use crate::live::fence::Fence;
use crate::live::kernel::Absent;
use crate::live::privileges::PrivilegeFault;
use crate::render::text::printable;
use crate::report::words::{count, grouped};
use std::io;
use std::net::SocketAddr;

/// An interface could not be opened.
pub fn not_opened(error: &LiveError) -> Exit {
    let hint = hint(&error.fault, &printable(&error.interface));
    say(&printable(&error.to_string()), hint.as_deref());
    Exit::Nothing
}

/// Says only what to try.
pub fn hint_of(fault: &LiveFault, interface: &str) {
    if let Some(hint) = hint(fault, interface) {
        say("no interface can be watched", Some(&hint));
    }
}

fn hint(fault: &LiveFault, interface: &str) -> Option<String> {
    match fault {
        LiveFault::Missing => Some("what there is: rstscope interfaces".into()),
        LiveFault::Forbidden(_) => {
            let program = std::env::current_exe();
            let program = program.map_or_else(
                |_| "rstscope".into(),
                |path| printable(&path.display().to_string()),
            );
            Some(format!(
                "as root, which it gives up at once: sudo {program} -i {interface}\n\
                 or once for all: sudo setcap cap_net_raw+ep {program}"
            ))
        }
        LiveFault::Filter(_) => Some("its syntax is that of tcpdump: man pcap-filter".into()),
        LiveFault::Down => Some(format!("to bring it up: ip link set dev {interface} up")),
        LiveFault::Vanished | LiveFault::Other(_) => None,
    }
}

/// Privileges could not be dropped, and so nothing was read.
pub fn not_dropped(fault: &PrivilegeFault) -> Exit {
    let hint = match fault {
        PrivilegeFault::NoUser(_) => Some("name one that exists: --user USER"),
        PrivilegeFault::NotRoot(_) => None,
        PrivilegeFault::Refused(..) => Some(
            "nothing was read; in a container without such a user, --user root keeps the user and gives up its capabilities",
        ),
    };
    say(&printable(&fault.to_string()), hint);
    Exit::Nothing
}

/// Signals could not be taken over.
pub fn no_signals(error: &io::Error) -> Exit {
    say(&format!("signals cannot be handled: {error}"), None);
    Exit::Nothing
}

/// The address for the metrics could not be taken.
pub fn no_metrics(address: SocketAddr, error: &io::Error) -> Exit {
    say(
        &format!("{address}: no metrics can be served there: {error}"),
        None,
    );
    Exit::Nothing
}

/// What the kernel cannot say; the watch goes on without.
pub fn kernel_absent(absent: &Absent) {
    say(
        &printable(&absent.to_string()),
        Some("the watch goes on without"),
    );
}

/// The watch begins.
pub fn begins(interfaces: &[String], user: Option<&str>, fence: Fence) {
    let user = user.map(|user| format!(" as user {}", printable(user)));
    let fence = match fence {
        Fence::Closed => ", fenced in by Landlock",
        Fence::Partly => ", partly fenced in by Landlock",
        Fence::Open => "",
    };
    let names: Vec<String> = interfaces.iter().map(|name| printable(name)).collect();
    say(
        &format!(
            "watching {}{}{fence}; Ctrl-C ends it with a summary",
            names.join(", "),
            user.unwrap_or_default()
        ),
        None,
    );
}

/// Something happened to the watch.
pub fn happened(notice: &Notice<'_>) {
    match *notice {
        Notice::Dropped { interface, since } => {
            let mut by = Vec::new();
            if since.kernel > 0 {
                by.push(format!(
                    "{} for want of room in the kernel's buffer",
                    grouped(since.kernel)
                ));
            }
            if since.interface > 0 {
                by.push(format!(
                    "{} by the interface itself",
                    grouped(since.interface)
                ));
            }
            say(
                &format!(
                    "{}: {}: {}",
                    printable(interface),
                    count(since.all(), "frame was lost", "frames were lost"),
                    by.join(", ")
                ),
                Some(
                    "no verdict on what was open meanwhile is certain; a larger --buffer-size or a narrower filter helps",
                ),
            );
        }
        Notice::Down(name) => say(
            &format!("{}: went down", printable(name)),
            Some("the watch goes on when it comes up again"),
        ),
        Notice::Up(name) => say(
            &format!("{}: is up again, and watched", printable(name)),
            None,
        ),
        Notice::Vanished(name) => say(
            &format!("{}: the interface has vanished", printable(name)),
            None,
        ),
        Notice::PacketsLost(why) => say(
            &format!("--write: packets cannot be written: {}", printable(why)),
            Some("the watch goes on; those of later resets are tried again"),
        ),
        Notice::Failed(name, why) => say(
            &format!(
                "{}: cannot be read any more: {}",
                printable(name),
                printable(why)
            ),
            None,
        ),
    }
}

/// The terminal has gone.
pub fn hung_up(goes_on: bool) {
    let what = if goes_on {
        "the watch goes on, as its report goes elsewhere"
    } else {
        "the watch ends"
    };
    say(&format!("the terminal has gone: {what}"), None);
}

/// The report cannot be written for now.
pub fn held_up(name: &str, error: &io::Error) {
    say(
        &format!("{name}: cannot be written: {error}"),
        Some(
            "the watch goes on; what cannot be written is counted, and writing is tried again with each reset",
        ),
    );
}

/// The report can be written again.
pub fn goes_on_writing(name: &str, lost: u64) {
    let missing = count(lost, "reset is missing", "resets are missing");
    say(
        &format!("{name}: can be written again; {missing} in it"),
        None,
    );
}

/// The report lacks what could not be written.
pub fn left_out(name: &str, lost: u64) {
    let missing = count(lost, "reset is missing", "resets are missing");
    say(
        &format!("{name}: {missing} in it, for it could not be written"),
        None,
    );
}
