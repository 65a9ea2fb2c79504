//! Which interfaces there are, and which of them can be opened now: [`interfaces`].

use super::{ANY, Tuning};
use super::{LiveError, LiveFault, inactive};
use pcap::{Capture, Device};
use std::net::IpAddr;

/// An interface of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffable {
    /// Its name.
    pub name: String,
    /// What it is, where the system says so.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it is up.
    pub up: bool,
    /// Whether it leads back to this machine.
    pub loopback: bool,
    /// Why it cannot be opened; `None` where it can.
    pub fault: Option<LiveFault>,
}

/// The interfaces that libpcap can name and that carry frames, each opened for a moment to see whether it can be.
///
/// # Errors
///
/// When the system does not list them.
pub fn interfaces() -> Result<Vec<Sniffable>, LiveError> {
    let listed = Device::list().map_err(|error| LiveError {
        interface: ANY.to_owned(),
        fault: LiveFault::of_opening(error),
    })?;
    let network = listed
        .into_iter()
        .filter(|device| carries_frames(&device.name));
    Ok(network.map(sniffable).collect())
}

fn sniffable(device: Device) -> Sniffable {
    let opened = inactive(&device.name, &Tuning::default()).and_then(Capture::open);
    Sniffable {
        addresses: device
            .addresses
            .iter()
            .map(|address| address.addr)
            .collect(),
        up: device.flags.is_up() || device.name == ANY,
        loopback: device.flags.is_loopback(),
        fault: opened.err().map(LiveFault::of_opening),
        name: device.name,
        description: device.desc,
    }
}

/// libpcap also names buses and queues, which carry USB, Bluetooth or messages of the system, and no IP.
fn carries_frames(name: &str) -> bool {
    const OTHERS: [&str; 6] = ["bluetooth", "usbmon", "nflog", "nfqueue", "dbus", "rdma"];
    !OTHERS.iter().any(|other| name.starts_with(other))
}
