//! The text of a story -> [`Told`] segments.

use crate::origin::{RecordId, Timestamp};
use crate::tcp::{
    Checksum, Encapsulation, Extent, Flags, Header, IpFacts, IpVersion, LAST_CHUNK, Mptcp, Options,
    Segment, SeqNumber, Timestamps,
};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

/// One segment of a story, with its payload owned.
#[derive(Clone, Debug)]
pub struct Told {
    /// The sender.
    pub from: SocketAddr,
    /// The receiver.
    pub to: SocketAddr,
    /// The header.
    pub header: Header,
    /// The captured payload.
    pub payload: Vec<u8>,
}

impl Told {
    /// The segment, as `decode` would give it.
    pub fn segment(&self) -> Segment<'_> {
        Segment {
            from: self.from,
            to: self.to,
            encapsulation: Encapsulation::default(),
            header: self.header,
            payload: &self.payload,
            captured: u32::try_from(self.payload.len()).unwrap_or(u32::MAX),
            ends_body: self.payload.last_chunk().map(|last| *last == LAST_CHUNK),
        }
    }
}

/// Reads a story. Lines that are empty or begin with `#` are passed over.
///
/// # Panics
///
/// When a line cannot be read.
pub fn tell(story: &str) -> Vec<Told> {
    let mut teller = Teller::default();
    let lines = story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .enumerate()
        .map(|(place, line)| teller.line(place as u64 + 1, line))
        .collect()
}

#[derive(Default)]
struct Teller {
    names: BTreeMap<String, SocketAddr>,
    counters: BTreeMap<SocketAddr, u16>,
}

#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot be read is a broken test"
)]
impl Teller {
    fn line(&mut self, number: u64, line: &str) -> Told {
        let (head, data) = match line.split_once("data \"") {
            Some((head, rest)) => (head, rest.rsplit_once('"').map(|(data, _)| unescape(data))),
            None => (line, None),
        };
        let mut words = head.split_whitespace().peekable();
        let seconds: f64 = words
            .next()
            .and_then(|word| word.parse().ok())
            .expect("a line begins with its time");
        let from: Vec<&str> = words.by_ref().take_while(|word| *word != ">").collect();
        let mut to = Vec::new();
        let flags = loop {
            let word = words
                .next()
                .unwrap_or_else(|| panic!("no flags in: {line}"));
            match flags_of(word).filter(|_| !to.is_empty()) {
                Some(flags) => break flags,
                None => to.push(word),
            }
        };
        let (from, to) = (self.address(&from.join(" ")), self.address(&to.join(" ")));
        #[expect(clippy::cast_possible_truncation, reason = "a story lasts minutes")]
        let nanos = (seconds * 1e9).round() as i64;
        let mut told = bare(number, nanos, from, to, flags);
        let mut said = Words::default();
        while let Some(word) = words.next() {
            if !said.take(word, &mut words, &mut told) {
                break; // the note
            }
        }
        let payload = data.or_else(|| said.record.clone()).unwrap_or_default();
        let len = said
            .len
            .unwrap_or(u32::try_from(payload.len()).unwrap_or(0));
        told.payload = payload;
        told.payload.resize(len as usize, b'.');
        told.header.payload_len = len;
        self.number(&mut told, &said);
        told
    }

    /// Turns relative numbers into those on the wire, and counts the sender's packets.
    fn number(&mut self, told: &mut Told, said: &Words) {
        let header = &mut told.header;
        let refusal = header.flags.rst() && header.flags.ack() && said.seq == 0;
        if refusal {
            header.window = said.window.unwrap_or(0);
        } else {
            header.seq = base(told.from) + said.seq;
        }
        if header.flags.ack() {
            header.ack = base(told.to) + said.ack;
        }
        let stateless = refusal || header.flags.rst() && !header.flags.ack();
        header.ip.version = numbered(match said.id {
            Some(id) => id,
            None if stateless => 0,
            None => {
                // Two clients that begin alike bear other identifications, as two packets do.
                let alike = |other: &&SocketAddr| base(**other) == base(told.from);
                let others = self.counters.keys().filter(alike).count();
                let first = FIRST_ID + APART * u16::try_from(others).unwrap_or(0);
                let count = self.counters.entry(told.from).or_insert(first);
                *count += 1;
                *count
            }
        });
    }

    fn address(&mut self, name: &str) -> SocketAddr {
        let (host, port) = match name.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (name, None),
        };
        let serves = host.starts_with(SERVES);
        let count = u16::try_from(self.names.len()).unwrap_or(0);
        let known = *self.names.entry(host.to_owned()).or_insert_with(|| {
            let last = u8::try_from(count).unwrap_or(0) + 1;
            SocketAddr::from((
                Ipv4Addr::new(10, 0, 0, last),
                if serves { SERVICE } else { EPHEMERAL + count },
            ))
        });
        SocketAddr::new(known.ip(), port.unwrap_or(known.port()))
    }
}

/// A segment with nothing but its flags, so many nanoseconds after the beginning.
pub(super) fn bare(
    number: u64,
    nanos: i64,
    from: SocketAddr,
    to: SocketAddr,
    flags: Flags,
) -> Told {
    let reply = flags.rst() && !flags.ack();
    let syn_options = if flags.syn() { Some(1460) } else { None };
    Told {
        from,
        to,
        header: Header {
            record: RecordId::new(0, number),
            time: Timestamp::from_nanos(START + nanos),
            ip: IpFacts {
                hop_limit: 64,
                extent: Extent::Said,
                dscp: 0,
                version: numbered(0),
            },
            seq: SeqNumber::default(),
            ack: SeqNumber::default(),
            flags,
            window: if reply { 0 } else { 500 },
            options: Options {
                mss: syn_options,
                complete: true,
                ..Options::default()
            },
            payload_len: 0,
            checksum: Checksum::Unknown,
        },
        payload: Vec::new(),
    }
}

/// What a line says beyond its flags.
#[derive(Default)]
struct Words {
    seq: u32,
    ack: u32,
    len: Option<u32>,
    window: Option<u16>,
    id: Option<u16>,
    record: Option<Vec<u8>>,
}

impl Words {
    /// Takes one word and its value; `false` where it is none of them, and the note begins.
    fn take<'a>(
        &mut self,
        word: &str,
        rest: &mut impl Iterator<Item = &'a str>,
        told: &mut Told,
    ) -> bool {
        let header = &mut told.header;
        if word == "join" {
            header.options.mptcp = Some(Mptcp::Join);
            return true;
        }
        if !matches!(
            word,
            "seq"
                | "ack"
                | "len"
                | "win"
                | "ttl"
                | "id"
                | "dscp"
                | "ts"
                | "mss"
                | "scale"
                | "tls"
                | "mptcp"
        ) {
            return false;
        }
        let Some(value) = rest.next() else {
            return false;
        };
        let number = || value.parse::<u32>().unwrap_or(0);
        let small = || u16::try_from(number()).unwrap_or(u16::MAX);
        let byte = || u8::try_from(number()).unwrap_or(u8::MAX);
        match word {
            "seq" => self.seq = number(),
            "ack" => self.ack = number(),
            "len" => self.len = Some(number()),
            "win" => {
                header.window = small();
                self.window = Some(small());
            }
            "ttl" => header.ip.hop_limit = byte(),
            "id" => self.id = Some(small()),
            "dscp" => header.ip.dscp = byte(),
            "mss" => header.options.mss = Some(small()),
            "scale" => header.options.window_scale = Some(byte()),
            "mptcp" => {
                header.options.mptcp = Some(Mptcp::Reset {
                    reason: byte(),
                    transient: false,
                });
            }
            "ts" => {
                let (stamp, echo) = value.split_once('/').unwrap_or((value, "0"));
                header.options.timestamps = Some(Timestamps {
                    value: stamp.parse().unwrap_or(0),
                    echo: echo.parse().unwrap_or(0),
                });
            }
            _ => self.record = Some(record(value)),
        }
        true
    }
}

/// The beginning of a TLS record of this kind.
fn record(kind: &str) -> Vec<u8> {
    let content = match kind {
        "hello" | "handshake" => 0x16,
        "alert" => 0x15,
        _ => 0x17,
    };
    vec![content, 0x03, 0x03, 0x00, 0x50, 0x01]
}

fn flags_of(word: &str) -> Option<Flags> {
    word.split(',').try_fold(Flags::default(), |flags, name| {
        Some(
            flags
                | match name {
                    "FIN" => Flags::FIN,
                    "SYN" => Flags::SYN,
                    "RST" => Flags::RST,
                    "PSH" => Flags::PSH,
                    "ACK" => Flags::ACK,
                    "URG" => Flags::URG,
                    _ => return None,
                },
        )
    })
}

fn unescape(text: &str) -> Vec<u8> {
    text.replace("\\r", "\r").replace("\\n", "\n").into_bytes()
}

/// Where an address counts its sequence numbers from: services far from clients, and neither at zero.
/// An IPv4 packet with this identification.
pub(super) const fn numbered(id: u16) -> IpVersion {
    IpVersion::V4 {
        id,
        dont_fragment: true,
    }
}

fn base(address: SocketAddr) -> SeqNumber {
    SeqNumber::new(if address.port() < EPHEMERAL {
        5_000_000
    } else {
        1_000_000
    })
}

/// First letters of the names of services.
pub(super) const SERVES: [char; 5] = ['b', 's', 'S', 'p', 'o'];
const SERVICE: u16 = 80;
const EPHEMERAL: u16 = 40_000;
const FIRST_ID: u16 = 1_000;
const APART: u16 = 300;
/// 2026-01-01 00:00:00 UTC, in nanoseconds since the epoch.
const START: i64 = 1_767_225_600_000_000_000;
