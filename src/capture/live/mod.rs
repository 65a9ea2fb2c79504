//! [`Interface`]: records from the wire, through libpcap.
//!
//! What needs a privilege happens when it is opened, and never again: the same handle goes on where an interface goes down and comes up.

mod error;
mod kernel_filter;
mod list;

pub use error::{LiveError, LiveFault};
pub use list::{Sniffable, interfaces};

use super::{Batch, InterfaceInfo, SourceInfo};
use crate::decode::{LinkType, Record};
use crate::origin::{RecordId, SECOND, Timestamp};
use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::{InterfaceFlags, if_nametoindex};
use pcap::{Active, Capture, Precision, TimestampType};
use std::os::fd::{AsFd, BorrowedFd};

/// How an interface is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Bytes kept of each frame.
    pub snap_length: u32,
    /// Bytes of the kernel's buffer for what was not read yet.
    pub buffer: u32,
    /// Whether frames to other hosts are taken too.
    pub promiscuous: bool,
    /// Whose clock stamps the records.
    pub clock: StampedBy,
}

/// Whose clock stamps records: what libpcap's manual page `pcap-tstamp` calls time stamp types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StampedBy {
    /// The host's, as libpcap sees fit.
    #[default]
    Host,
    /// The host's, precise and slower to read.
    HostPrecise,
    /// The network adapter's, held in step with the host's.
    Adapter,
    /// The network adapter's, as it runs.
    AdapterAlone,
}

/// An open interface. Reading never blocks: poll it as a file descriptor.
pub struct Interface {
    capture: Capture<Active>,
    link: LinkType,
    index: u16,
    /// The number that the system knows it by; `None` for all interfaces together.
    system_index: Option<u32>,
    info: SourceInfo,
    seen: Seen,
    drops: Drops,
}

/// Whether an interface is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there and up.
    Up,
    /// It is there and down.
    Down,
    /// It is not there any more.
    Gone,
}

/// Frames that passed the filter and are in no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// There was no room in the kernel's buffer: they were read too slowly.
    pub kernel: u64,
    /// The interface itself lost them, whatever they were.
    pub interface: u64,
}

impl Drops {
    /// All of them.
    pub const fn all(self) -> u64 {
        self.kernel.saturating_add(self.interface)
    }
}

/// libpcap's counters when they were last asked for; they begin again after 32 bits.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    kernel: u32,
    interface: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            snap_length: SNAP_LENGTH,
            buffer: BUFFER,
            promiscuous: false,
            clock: StampedBy::default(),
        }
    }
}

impl Interface {
    /// Opens `name` as source number `index`, for the records that `filter` matches among those that can hold what is diagnosed.
    ///
    /// # Errors
    ///
    /// When there is no such interface, it must not be opened, it is down, or the filter makes no sense on it.
    pub fn open(
        name: &str,
        index: u16,
        filter: Option<&str>,
        tuning: &Tuning,
    ) -> Result<Self, LiveError> {
        let fail = |fault| LiveError {
            interface: name.to_owned(),
            fault,
        };
        let system_index = if_nametoindex(name).ok();
        if name != ANY && system_index.is_none() {
            return Err(fail(LiveFault::Missing));
        }
        let mut capture = inactive(name, tuning)
            .and_then(Capture::open)
            .and_then(Capture::setnonblock)
            .map_err(|error| fail(LiveFault::of_opening(error)))?;
        let link = LinkType(in_files(capture.get_datalink().0));
        kernel_filter::set(&mut capture, filter).map_err(|why| fail(LiveFault::Filter(why)))?;
        let mut interface = Self {
            capture,
            link,
            index,
            system_index,
            info: SourceInfo {
                name: name.to_owned(),
                format: "live",
                interfaces: vec![InterfaceInfo {
                    name: name.to_owned(),
                    link,
                    dropped: None,
                }],
                ..SourceInfo::default()
            },
            seen: Seen::default(),
            drops: Drops::default(),
        };
        // What the interface lost before is not ours.
        interface.count_drops();
        interface.drops = Drops::default();
        Ok(interface)
    }

    /// Replaces what `batch` holds by what has come, some `most` records at a time. Returns how many; none when nothing waits.
    ///
    /// # Errors
    ///
    /// When the interface is down, has vanished or cannot be read; what is in the batch stands.
    pub fn fill(&mut self, batch: &mut Batch, most: usize) -> Result<usize, LiveError> {
        let (link, index, before) = (self.link, self.index, self.info.records);
        let mut bytes = 0;
        batch.start(index);
        let result = self.capture.dispatch(Some(most), |packet| {
            let seconds = packet.header.ts.tv_sec.saturating_mul(SECOND);
            let number = before + batch.len() as u64 + 1;
            bytes += packet.data.len() as u64;
            batch.push(&Record {
                id: RecordId::new(index, number),
                // With nanosecond precision asked for, they stand where microseconds would.
                time: Timestamp::from_nanos(seconds.saturating_add(packet.header.ts.tv_usec)),
                link,
                bytes: packet.data,
                original_len: packet.header.len,
            });
        });
        self.info.note(&batch.index);
        self.info.bytes += bytes;
        match result {
            Ok(_) => Ok(batch.len()),
            Err(error) => Err(LiveError {
                interface: self.info.name.clone(),
                fault: LiveFault::of_reading(error, self.presence() != Presence::Gone),
            }),
        }
    }

    /// What was lost since it was opened, counted anew.
    pub fn count_drops(&mut self) -> Drops {
        if let Ok(now) = self.capture.stats() {
            let grown = |now: u32, before: u32| u64::from(now.wrapping_sub(before));
            self.drops.kernel += grown(now.dropped, self.seen.kernel);
            self.drops.interface += grown(now.if_dropped, self.seen.interface);
            self.seen = Seen {
                kernel: now.dropped,
                interface: now.if_dropped,
            };
            self.info.dropped = Some(self.drops.all());
        }
        self.drops
    }

    /// What was lost, as counted last.
    pub const fn drops(&self) -> Drops {
        self.drops
    }

    /// What is known of it so far.
    pub const fn info(&self) -> &SourceInfo {
        &self.info
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Its index among the sources, from 0.
    pub const fn index(&self) -> u16 {
        self.index
    }

    /// Ends it: soundly, or for a reason that the report gives.
    pub fn end(&mut self, problem: Option<String>) {
        self.info.complete = problem.is_none();
        self.info.problem = problem;
    }

    /// Whether it is there, and up: libpcap tells neither while nobody waits in it.
    pub fn presence(&self) -> Presence {
        let name = self.info.name.as_str();
        if self.system_index.is_none() {
            return Presence::Up;
        }
        // One of the same name may have come since: it is another.
        if if_nametoindex(name).ok() != self.system_index {
            return Presence::Gone;
        }
        let is_up = |one: &InterfaceAddress| {
            one.interface_name == name && one.flags.contains(InterfaceFlags::IFF_UP)
        };
        if getifaddrs().is_ok_and(|all| !all.into_iter().any(|one| is_up(&one))) {
            Presence::Down
        } else {
            Presence::Up
        }
    }
}

impl AsFd for Interface {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.capture.as_fd()
    }
}

impl std::fmt::Debug for Interface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Interface").field(&self.info).finish()
    }
}

fn inactive(name: &str, tuning: &Tuning) -> Result<Capture<pcap::Inactive>, pcap::Error> {
    let within = |bytes: u32| i32::try_from(bytes).unwrap_or(i32::MAX);
    let capture = Capture::from_device(name)?
        .snaplen(within(tuning.snap_length))
        .buffer_size(within(tuning.buffer))
        // All interfaces together have no such mode, and libpcap warns, which its binding takes for an error.
        .promisc(tuning.promiscuous && name != ANY)
        .precision(Precision::Nano)
        .timeout(BLOCK_MILLISECONDS);
    Ok(match tuning.clock {
        StampedBy::Host => capture,
        StampedBy::HostPrecise => capture.tstamp_type(TimestampType::HostHighPrec),
        StampedBy::Adapter => capture.tstamp_type(TimestampType::Adapter),
        StampedBy::AdapterAlone => capture.tstamp_type(TimestampType::AdapterUnsynced),
    })
}

/// The number that files give to a link type that libpcap numbers otherwise in memory.
fn in_files(data_link: i32) -> u16 {
    match data_link {
        11 => 100,
        12 | 14 => 101,
        other => u16::try_from(other).unwrap_or(u16::MAX),
    }
}

/// All interfaces together, on Linux.
pub const ANY: &str = "any";
/// Two tags, an outer IPv6 with UDP and VXLAN, an inner one with extension headers, TCP with all options: below 250 bytes; and the 512
/// bytes of payload that a protocol is known by.
pub const SNAP_LENGTH: u32 = 768;
/// Room for 40,000 frames of the snap length, a third of a second at 120,000 a second.
pub const BUFFER: u32 = 32 << 20;
/// How long the kernel gathers frames before it hands them over, where they come slowly. A tenth of a second is soon enough for a person,
/// and at high rates the kernel's blocks are full long before.
const BLOCK_MILLISECONDS: i32 = 100;
