//! [`Passed`]: what has passed a gate, decoded, on its way from one thread to another.

use crate::decode::Decoded;
use crate::tcp::{Encapsulation, Flow, Header, Prefix, Quoted, Segment};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};

/// Segments and ICMP errors in the order of their records, with as much of their payloads as anybody reads.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    all: Vec<One>,
    wide: Vec<(SocketAddr, SocketAddr, Encapsulation)>,
    errors: Vec<Quoted>,
    payloads: Vec<u8>,
}

/// What one record gave. Another processor waits for each cache line of it, so that nothing stands here which few need.
#[derive(Clone, Debug)]
struct One {
    place: u32,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Segment(Brief),
    /// An error, by its number.
    Error(u32),
}

/// A segment without its payload.
#[derive(Clone, Debug)]
struct Brief {
    flow: Flow,
    header: Header,
    ends: Ends,
    captured: u32,
    ends_body: Option<bool>,
    /// Where its payload begins, and how many bytes of it are kept.
    from: u32,
    kept: u16,
}

/// Between whom a segment was sent, and in what.
#[derive(Clone, Copy, Debug)]
enum Ends {
    /// In nothing but IPv4: sender and receiver.
    Bare([(Ipv4Addr, u16); 2]),
    /// Otherwise: their number.
    Wide(u32),
}

impl One {
    /// Something of each of its cache lines.
    const fn look(&self) -> u64 {
        match &self.what {
            What::Segment(brief) => {
                let header = &brief.header;
                brief.flow.number()
                    ^ header.record.number()
                    ^ header.options.len as u64
                    ^ brief.from as u64
            }
            What::Error(_) => 0,
        }
    }
}

/// Looks at the next ones, all at once: another processor has written them, and to wait for each when its turn comes takes longer.
fn look_ahead(next: &[One]) {
    let seen = next.iter().take(AHEAD).map(One::look);
    black_box(seen.fold(0, |all, one| all ^ one));
}

/// What came out of one record.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A segment of that flow.
    Segment(&'a Segment<'a>, Flow),
    /// An ICMP error about one.
    Error(&'a Quoted),
}

impl Passed {
    /// Forgets everything, and keeps its memory.
    pub fn clear(&mut self) {
        self.all.clear();
        self.wide.clear();
        self.errors.clear();
        self.payloads.clear();
    }

    /// Adds what the record at `place` gave; where that is one segment, its flow may be known already. Places must not fall.
    #[inline(never)]
    pub fn push(&mut self, place: usize, decoded: &Decoded<'_>, flow: Option<Flow>) {
        let what = match decoded {
            Decoded::Segment(segment) => {
                let flow = flow.unwrap_or_else(|| segment.flow());
                What::Segment(self.brief(segment, flow))
            }
            Decoded::Quoted(quoted) => {
                self.errors.push(*quoted);
                What::Error(number(self.errors.len() - 1))
            }
            Decoded::Several(parts) => {
                return parts.iter().for_each(|part| self.push(place, part, None));
            }
            Decoded::Skip(_) => return,
        };
        let place = number(place);
        self.all.push(One { place, what });
    }

    #[inline]
    fn brief(&mut self, segment: &Segment<'_>, flow: Flow) -> Brief {
        let payload = segment.payload;
        let kept = payload.get(..Prefix::CAPACITY).unwrap_or(payload);
        let from = number(self.payloads.len());
        self.payloads.extend_from_slice(kept);
        let ends = match (segment.from, segment.to) {
            (SocketAddr::V4(from), SocketAddr::V4(to)) if segment.encapsulation.is_bare() => {
                Ends::Bare([from, to].map(|end| (*end.ip(), end.port())))
            }
            _ => {
                self.wide
                    .push((segment.from, segment.to, segment.encapsulation));
                Ends::Wide(number(self.wide.len() - 1))
            }
        };
        Brief {
            flow,
            header: segment.header,
            ends,
            captured: segment.captured,
            ends_body: segment.ends_body,
            from,
            kept: u16::try_from(kept.len()).unwrap_or(u16::MAX),
        }
    }

    /// The segment that `brief` stands for, of the record at `order` in the whole capture.
    #[inline]
    fn segment(&self, brief: &Brief, order: u64) -> Option<Segment<'_>> {
        let (from, to, encapsulation) = match brief.ends {
            Ends::Bare(ends) => {
                let [from, to] = ends.map(SocketAddr::from);
                (from, to, Encapsulation::default())
            }
            Ends::Wide(at) => *self.wide.get(at as usize)?,
        };
        let start = brief.from as usize;
        let payload = self.payloads.get(start..start + usize::from(brief.kept))?;
        Some(Segment {
            from,
            to,
            encapsulation,
            header: Header {
                record: brief.header.record.at(order),
                ..brief.header
            },
            payload,
            captured: brief.captured,
            ends_body: brief.ends_body,
        })
    }

    /// Gives all that came out of records before the one at `end`, from the item `next` on, where `first` is the first record's place in the whole
    /// capture. Returns the next item.
    pub fn give(
        &self,
        next: usize,
        end: usize,
        first: u64,
        mut take: impl FnMut(Item<'_>),
    ) -> usize {
        let mut given = next;
        while let Some(rest) = self.all.get(given..)
            && let Some(one) = rest.first()
            && (one.place as usize) < end
        {
            if given.is_multiple_of(AHEAD) {
                look_ahead(rest);
            }
            given += 1;
            let order = first + u64::from(one.place);
            match &one.what {
                What::Segment(brief) => {
                    if let Some(segment) = self.segment(brief, order) {
                        take(Item::Segment(&segment, brief.flow));
                    }
                }
                What::Error(at) => {
                    if let Some(quoted) = self.errors.get(*at as usize) {
                        let record = quoted.record.at(order);
                        take(Item::Error(&Quoted { record, ..*quoted }));
                    }
                }
            }
        }
        given
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// Nothing here comes near to four billion.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Items that are looked at before their turn; chosen: as many as a processor waits for at once.
const AHEAD: usize = 16;

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::tcp::Layer;
    use crate::testkit::{Told, tell};

    #[test]
    fn segments_come_out_with_the_beginnings_of_their_payloads() {
        let told = tell(
            "0.0 client > server PSH,ACK seq 1 ack 1 len 2000
             0.1 server > client PSH,ACK seq 1 ack 1 data \"hello\"",
        );
        let mut passed = Passed::default();
        for (place, told) in told.iter().enumerate() {
            let parts = vec![Decoded::Segment(told.segment())];
            passed.push(place, &Decoded::Several(parts), None);
        }
        assert_eq!(passed.len(), 2);
        let mut told = told.iter();
        let given = passed.give(0, 2, 70, |item| {
            let Item::Segment(segment, flow) = item else {
                panic!("no segment");
            };
            let whole = told.next().unwrap().segment();
            let order = whole.header.record.order() + 69;
            assert_eq!(flow, whole.flow());
            assert_eq!(segment.header.record, whole.header.record.at(order));
            assert_eq!(segment.header.seq, whole.header.seq);
            let kept = whole.payload.len().min(Prefix::CAPACITY);
            assert_eq!(segment.payload, &whole.payload[..kept]);
        });
        assert_eq!(given, 2);
    }

    #[test]
    fn what_is_wrapped_and_what_has_long_addresses_comes_out_as_it_went_in() {
        let told = tell(
            "0.0 client > server SYN seq 7 mss 1460
             0.1 server > client SYN,ACK seq 9 ack 8
             0.2 client > server ACK seq 8 ack 10",
        );
        let mut expected: Vec<_> = told.iter().map(Told::segment).collect();
        expected[1].encapsulation.push(Layer::Vlan(5));
        expected[2].from = SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, 1], 4));
        expected[2].to = SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, 2], 5));
        let mut passed = Passed::default();
        for (place, segment) in expected.iter().enumerate() {
            let flow = Some(segment.flow()).filter(|_| place > 0);
            passed.push(place, &Decoded::Segment(*segment), flow);
        }
        let shown = |segment: &Segment<'_>| format!("{segment:?} {:?}", segment.flow());
        let mut given = Vec::new();
        passed.give(0, 3, 1, |item| {
            let Item::Segment(segment, flow) = item else {
                panic!("no segment");
            };
            assert_eq!(flow, segment.flow());
            given.push(shown(segment));
        });
        let expected: Vec<_> = expected.iter().map(shown).collect();
        assert_eq!(given, expected);
    }
}
