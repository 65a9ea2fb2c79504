//! A plain segment in 32 bytes: [`Brief`], and before some of them what the next ones are told against: [`Preface`].
//!
//! Both are slots of four words. What is the same for most segments of one end (hop limit, code point, which options it has) stands in the
//! latest preface of that end; times and places are counted from the latest preface of either.

use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Checksum, Flags, IpFacts, IpVersion, LAST_CHUNK, Options, SeqNumber, Timestamps};

/// What is held is held in pieces of this size.
pub type Slot = [u64; 4];

/// What differs from one segment of a connection to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brief(Slot);

/// A segment's facts, to be written into a [`Brief`].
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether the lower of the two ends sent it.
    pub side: bool,
    pub seq: SeqNumber,
    pub ack: SeqNumber,
    pub flags: Flags,
    pub window: u16,
    pub stamps: Option<Timestamps>,
    /// IPv4 identification.
    pub ip_id: u16,
    pub payload_len: u16,
    pub ends_body: bool,
}

impl Brief {
    /// A segment at no place and at no time yet.
    #[inline]
    pub fn new(facts: &Facts) -> Self {
        let stamps = facts
            .stamps
            .map_or(0, |stamps| pair(stamps.value, stamps.echo));
        Self([
            pair(facts.seq.value(), facts.ack.value()),
            stamps,
            u64::from(facts.payload_len) << TIME_BITS | u64::from(facts.flags.bits()) << 56,
            u64::from(facts.window) << PLACE_BITS
                | u64::from(facts.ip_id) << (PLACE_BITS + 16)
                | if facts.side { SIDE } else { 0 }
                | if facts.ends_body { ENDS_BODY } else { 0 },
        ])
    }

    /// Whether one may stand so many records and nanoseconds behind a preface.
    #[inline]
    pub const fn reaches(steps: u64, nanos: u64) -> bool {
        steps >> PLACE_BITS == 0 && nanos >> TIME_BITS == 0
    }

    /// The same so many records and nanoseconds behind a preface, where it [reaches](Brief::reaches) so far.
    #[inline]
    pub const fn placed(self, steps: u64, nanos: u64) -> Self {
        let Self([first, second, third, fourth]) = self;
        Self([first, second, third | nanos, fourth | steps])
    }

    /// The same with [`TURN`], [`FOLLOWED`] or nothing.
    #[inline]
    pub const fn with(self, mark: u64) -> Self {
        let Self([first, second, third, fourth]) = self;
        Self([first, second, third, fourth | mark])
    }

    pub const fn has(&self, mark: u64) -> bool {
        self.0[3] & mark != 0
    }

    #[inline]
    pub const fn slot(self) -> Slot {
        self.0
    }

    /// `None`: what stands there is something else.
    pub const fn of_slot(slot: Slot) -> Option<Self> {
        if slot[3] & NO_BRIEF != 0 {
            return None;
        }
        Some(Self(slot))
    }

    /// How many records and how many nanoseconds it stands behind its preface.
    pub const fn steps(&self) -> (u64, u64) {
        (low(self.0[3], PLACE_BITS), low(self.0[2], TIME_BITS))
    }

    #[inline]
    pub const fn side(&self) -> bool {
        self.has(SIDE)
    }

    #[inline]
    pub const fn seq(&self) -> SeqNumber {
        SeqNumber::new(half(self.0[0], 0))
    }

    #[inline]
    pub const fn ack(&self) -> SeqNumber {
        SeqNumber::new(half(self.0[0], 1))
    }

    #[inline]
    pub const fn flags(&self) -> Flags {
        let [.., flags] = self.0[2].to_le_bytes();
        Flags::from_bits(flags)
    }

    #[inline]
    pub const fn payload_len(&self) -> u16 {
        short(self.0[2], TIME_BITS)
    }

    pub const fn window(&self) -> u16 {
        short(self.0[3], PLACE_BITS)
    }

    pub const fn ip_id(&self) -> u16 {
        short(self.0[3], PLACE_BITS + 16)
    }

    pub const fn stamps(&self) -> Timestamps {
        Timestamps {
            value: half(self.0[1], 0),
            echo: half(self.0[1], 1),
        }
    }

    /// Whether its payload, of which so many bytes were captured, ends with a [`LAST_CHUNK`]; `None` where they are too few to be one.
    pub fn ends_body(&self, captured: u16) -> Option<bool> {
        (usize::from(captured) >= LAST_CHUNK.len()).then(|| self.has(ENDS_BODY))
    }
}

/// What most segments of one end have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner(u16);

impl Manner {
    /// `None`: that is no IPv4.
    #[inline]
    pub const fn new(ip: IpFacts, has_stamps: bool) -> Option<Self> {
        let Some(dont_fragment) = ip.dont_fragment() else {
            return None;
        };
        let [hops, dscp] = [ip.hop_limit as u16, ip.dscp as u16];
        Some(Self(
            hops | dscp << 8 | (dont_fragment as u16) << 14 | (has_stamps as u16) << 15,
        ))
    }

    /// Whether it has timestamps.
    #[inline]
    pub const fn has_stamps(self) -> bool {
        self.0 >> 15 != 0
    }

    pub fn ip(self, id: u16) -> IpFacts {
        let [hop_limit, rest] = self.0.to_le_bytes();
        IpFacts {
            hop_limit,
            dscp: rest & 0x3f,
            version: IpVersion::V4 {
                id,
                dont_fragment: rest & 0x40 != 0,
            },
            ..IpFacts::default()
        }
    }
}

/// Where the next segment stands, and what is said of it and of those behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preface {
    pub id: RecordId,
    pub time: Timestamp,
    /// Of the end that sends the next segment.
    pub manner: Manner,
    /// Bytes that were captured of the next segment's payload.
    pub captured: u16,
    /// What is said of the next segment alone.
    pub extras: Extras,
}

impl Preface {
    pub fn slot(&self) -> Slot {
        let last = u64::from(self.manner.0)
            | u64::from(self.captured) << 16
            | u64::from(self.extras.0) << 32
            | NO_BRIEF;
        let [met, stands] = self.id.words();
        [met, stands, self.time.nanos().cast_unsigned(), last]
    }

    /// Reads what [`Brief::of_slot`] and [`Odd`] have left.
    pub fn of_slot(slot: Slot) -> Self {
        let [met, stands, nanos, last] = slot;
        Self {
            id: RecordId::of_words([met, stands]),
            time: Timestamp::from_nanos(nanos.cast_signed()),
            manner: Manner(short(last, 0)),
            captured: short(last, 16),
            extras: Extras(half(last, 1) & ((1 << EXTRAS_BITS) - 1)),
        }
    }
}

/// The options of a SYN, and whether its checksum is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras(u32);

impl Extras {
    /// `None`: there is more than fits.
    pub fn new(options: &Options, checksum: Checksum) -> Option<Self> {
        let checksum_bits = match checksum {
            Checksum::Unknown => 0,
            Checksum::Right => 1,
            Checksum::Wrong => 2,
        };
        let extras = Self(
            u32::from(options.mss.unwrap_or(0))
                | u32::from(options.window_scale.unwrap_or(0)) << 16
                | u32::from(options.len / 4) << 20
                | checksum_bits << 24
                | u32::from(options.mss.is_some()) << 26
                | u32::from(options.window_scale.is_some()) << 27
                | u32::from(options.sack_permitted) << 28
                | 1 << 29,
        );
        (extras.options(options.timestamps) == *options).then_some(extras)
    }

    /// Whether it says nothing.
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    pub fn options(self, stamps: Option<Timestamps>) -> Options {
        if self.is_none() {
            return Options {
                len: if stamps.is_some() { 12 } else { 0 },
                timestamps: stamps,
                ..Options::none()
            };
        }
        let [mss_low, mss_high, lens, bits] = self.0.to_le_bytes();
        let mss = u16::from_le_bytes([mss_low, mss_high]);
        Options {
            mss: Some(mss).filter(|_| bits & 4 != 0),
            window_scale: Some(lens & 0x0f).filter(|_| bits & 8 != 0),
            sack_permitted: bits & 16 != 0,
            len: (lens >> 4) * 4,
            timestamps: stamps,
            ..Options::none()
        }
    }

    pub const fn checksum(self) -> Checksum {
        match self.0 >> 24 & 3 {
            1 => Checksum::Right,
            2 => Checksum::Wrong,
            _ => Checksum::Unknown,
        }
    }
}

/// A record whose bytes follow, because it is not plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odd {
    pub id: RecordId,
    pub time: Timestamp,
    pub link: u16,
    /// Bytes that follow.
    pub len: u32,
}

impl Odd {
    pub fn slot(&self) -> Slot {
        let last = u64::from(self.len) | u64::from(self.link) << 32 | NO_BRIEF | ODD;
        let [met, stands] = self.id.words();
        [met, stands, self.time.nanos().cast_unsigned(), last]
    }

    /// `None`: what stands there is something else.
    pub fn of_slot(slot: Slot) -> Option<Self> {
        let [met, stands, nanos, last] = slot;
        (last & NO_BRIEF != 0 && last & ODD != 0).then(|| Self {
            id: RecordId::of_words([met, stands]),
            time: Timestamp::from_nanos(nanos.cast_signed()),
            link: short(last, 32),
            len: half(last, 0),
        })
    }
}

const fn pair(first: u32, second: u32) -> u64 {
    first as u64 | (second as u64) << 32
}

/// The lower half of a word, or the upper one.
const fn half(word: u64, place: u32) -> u32 {
    let [a, b, c, d, ..] = (word >> (32 * place)).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The sixteen bits of a word from that one on.
const fn short(word: u64, from: u32) -> u16 {
    let [a, b, ..] = (word >> from).to_le_bytes();
    u16::from_le_bytes([a, b])
}

const fn low(word: u64, bits: u32) -> u64 {
    word & ((1 << bits) - 1)
}

/// Nanoseconds behind a preface: 18 minutes.
const TIME_BITS: u32 = 40;
/// Records behind a preface: 134 millions.
const PLACE_BITS: u32 = 27;
const EXTRAS_BITS: u32 = 30;
const SIDE: u64 = 1 << 59;
const ENDS_BODY: u64 = 1 << 60;
/// It begins a turn, and the beginning of its payload is kept apart while none after it has this mark.
pub const TURN: u64 = 1 << 61;
/// The beginning of its payload follows.
pub const FOLLOWED: u64 = 1 << 62;
const NO_BRIEF: u64 = 1 << 63;
/// Beside [`NO_BRIEF`].
const ODD: u64 = 1 << 62;
