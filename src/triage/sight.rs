//! What the desk must know of a record that holds a segment: [`Sight`].

use super::Sketch;
use super::held::{Cut, Payload};
use super::rising::Rising;
use super::slot::{Brief, Extras, Facts, Manner};
use super::talk::Said;
use crate::decode::{Decoded, Plain, Record, decode, glance_at_once, payload_at, plain};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Encapsulation, Extent, Flow, IpFacts, IpVersion, Segment};
use std::net::SocketAddr;

/// What a look at a record with one segment shows, without the record: it may be made in another thread.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Whose segment it is.
    pub flow: Flow,
    /// The record.
    pub id: RecordId,
    /// When it was captured.
    pub time: Timestamp,
    pub(super) ends: Ends,
    /// Its facts. All of them where it is plain, else no more than says how its flow goes on.
    pub(super) brief: Brief,
    pub(super) manner: Manner,
    /// Where in the record its payload begins, and how many bytes of that were captured.
    from: u16,
    pub(super) captured: u16,
    pub(super) extras: Extras,
    /// Whether the above is all that decoding gives but for the payload.
    pub(super) is_plain: bool,
}

/// Two ends of IPv4, the lower one first: addresses and ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    addresses: [u32; 2],
    ports: [u16; 2],
}

impl Ends {
    /// The two, and whether the first is the lower one.
    #[inline]
    fn of([one, other]: [(u32, u16); 2]) -> (Self, bool) {
        let is_lower = one < other;
        let (low, high) = if is_lower { (one, other) } else { (other, one) };
        let ends = Self {
            addresses: [low.0, high.0],
            ports: [low.1, high.1],
        };
        (ends, is_lower)
    }

    /// Sender and receiver, where the lower one sends or not.
    pub fn sent(&self, lower_sends: bool) -> (SocketAddr, SocketAddr) {
        let [low, high] = [0, 1].map(|place| {
            let address = std::net::Ipv4Addr::from_bits(self.addresses[place]);
            (address, self.ports[place]).into()
        });
        if lower_sends {
            (low, high)
        } else {
            (high, low)
        }
    }
}

impl Sight {
    /// Sights at a record. `None`: it holds no segment, or more than one.
    #[inline]
    pub fn at(record: &Record<'_>) -> Option<Self> {
        match plain(record) {
            Some(seen) if !seen.seen.flags.syn() => Self::of_plain(&seen, record),
            _ => Self::at_odd(record),
        }
    }

    #[inline]
    fn of_plain(plain: &Plain<'_>, record: &Record<'_>) -> Option<Self> {
        let (ends, side) = Ends::of(plain.seen.ends_v4()?);
        let ip = IpFacts {
            hop_limit: plain.hop_limit,
            extent: Extent::Said,
            dscp: plain.dscp,
            version: IpVersion::V4 {
                id: plain.id,
                dont_fragment: plain.dont_fragment,
            },
        };
        Some(Self {
            flow: plain.seen.flow(),
            id: record.id,
            time: record.time,
            ends,
            brief: Brief::new(&Facts {
                side,
                seq: plain.seen.seq,
                ack: plain.seen.ack,
                flags: plain.seen.flags,
                window: plain.window,
                stamps: plain.stamps,
                ip_id: plain.id,
                payload_len: u16::try_from(plain.seen.payload_len).ok()?,
                ends_body: plain.ends_body.unwrap_or(false),
            }),
            manner: Manner::new(ip, plain.stamps.is_some())?,
            from: u16::try_from(plain.seen.payload(record).0).ok()?,
            captured: u16::try_from(plain.payload.len()).ok()?,
            extras: Extras::default(),
            is_plain: true,
        })
    }

    #[inline(never)]
    fn at_odd(record: &Record<'_>) -> Option<Self> {
        match decode(record) {
            Decoded::Segment(segment) => Self::of_segment(&segment, record),
            Decoded::Several(_) | Decoded::Quoted(_) | Decoded::Skip(_) => None,
        }
    }

    /// The same of what was decoded from `record`.
    pub(super) fn of_segment(segment: &Segment<'_>, record: &Record<'_>) -> Option<Self> {
        let header = &segment.header;
        let (mut ends, mut side) = (Ends::default(), segment.from < segment.to);
        let is_bare = segment.encapsulation == Encapsulation::default();
        if let (SocketAddr::V4(from), SocketAddr::V4(to)) = (segment.from, segment.to) {
            let both = [from, to].map(|end| (end.ip().to_bits(), end.port()));
            (ends, side) = Ends::of(both);
        }
        let extras = Extras::new(&header.options, header.checksum);
        let manner = Manner::new(header.ip, header.options.timestamps.is_some());
        // What glances see at once has no other link, no wrapping and no fragment.
        let is_plain =
            is_bare && extras.is_some() && manner.is_some() && glance_at_once(record).is_some();
        Some(Self {
            flow: segment.flow(),
            id: record.id,
            time: record.time,
            ends,
            brief: Brief::new(&Facts {
                side,
                seq: header.seq,
                ack: header.ack,
                flags: header.flags,
                window: header.window,
                stamps: header.options.timestamps,
                ip_id: header.ip.id().unwrap_or(0),
                payload_len: u16::try_from(header.payload_len).ok()?,
                ends_body: segment.ends_body.unwrap_or(false),
            }),
            manner: manner.unwrap_or_default(),
            from: u16::try_from(payload_at(record, segment).unwrap_or(record.bytes.len())).ok()?,
            captured: u16::try_from(segment.captured).ok()?,
            extras: extras.unwrap_or_default(),
            is_plain,
        })
    }

    /// The captured part of its payload, in the bytes of its record.
    #[inline]
    pub(super) fn payload(&self) -> std::ops::Range<usize> {
        let from = usize::from(self.from);
        from..from + usize::from(self.captured)
    }

    /// What must be known of its payload where that is left out; `None`: it may not be, since what a SYN carries counts for its checksum.
    pub(super) fn may_be_cut(&self) -> Option<Payload> {
        (!self.brief.flags().syn()).then(|| Payload {
            from: self.from.into(),
            cut: Cut {
                captured: self.captured.into(),
                ends_body: self.brief.ends_body(self.captured),
            },
        })
    }

    /// What its sender says with it.
    #[inline]
    pub(super) fn said(&self) -> Said {
        Said {
            side: self.brief.side(),
            flags: self.brief.flags(),
            seq: self.brief.seq(),
            ack: self.brief.ack(),
            payload_len: self.brief.payload_len().into(),
        }
    }
}

/// Sights at consecutive records.
#[derive(Clone, Debug, Default)]
pub struct Sights {
    each: Vec<Option<Sight>>,
    /// The first and the last one's time, where no record in between is earlier than the one before it.
    pub rising: Option<(Timestamp, Timestamp)>,
}

impl Sights {
    /// Sights at other records, and adds their flows to `flows`.
    pub fn look<'a>(&mut self, records: impl Iterator<Item = Record<'a>>, flows: &mut Sketch) {
        self.each.clear();
        let mut times = Rising::default();
        for record in records {
            times.pass(record.time);
            let seen = Sight::at(&record);
            if let Some(seen) = &seen {
                flows.add(seen.flow);
            }
            self.each.push(seen);
        }
        self.rising = times.times();
    }

    /// Each of them, in the order of the records.
    pub fn each(&self) -> &[Option<Sight>] {
        &self.each
    }
}
