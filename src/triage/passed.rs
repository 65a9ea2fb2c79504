//! [`Passed`]: what has passed a gate, decoded, on its way from one thread to another.

use crate::decode::Decoded;
use crate::tcp::{Flow, Prefix, Quoted, Segment};
use std::hint::black_box;

/// Segments and ICMP errors in the order of their records, with as much of their payloads as anybody reads.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    all: Vec<One>,
    payloads: Vec<u8>,
}

#[derive(Clone, Debug)]
struct One {
    place: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// A segment without its payload, its flow, and where the payload begins and ends.
    Segment(Segment<'static>, Flow, usize, usize),
    Error(Quoted),
}

/// Looks at the next ones, all at once: another processor has written them, and to wait for each when its turn comes takes longer.
fn look_ahead(next: &[One]) {
    let seen = next.iter().take(AHEAD).map(|one| match &one.what {
        What::Segment(segment, flow, from, _) => {
            let ports = u64::from(segment.from.port() ^ segment.to.port());
            let header = &segment.header;
            ports
                ^ flow.number()
                ^ header.record.number()
                ^ u64::from(header.options.len)
                ^ u64::from(segment.encapsulation.has_identity())
                ^ *from as u64
        }
        What::Error(quoted) => quoted.record.number(),
    });
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
        self.payloads.clear();
    }

    /// Adds what the record at `place` gave. Places must not fall.
    #[inline(never)]
    pub fn push(&mut self, place: usize, decoded: &Decoded<'_>) {
        let what = match decoded {
            Decoded::Segment(segment) => {
                let payload = segment.payload;
                let kept = payload.get(..Prefix::CAPACITY).unwrap_or(payload);
                let start = self.payloads.len();
                self.payloads.extend_from_slice(kept);
                let bare = Segment {
                    payload: &[],
                    ..*segment
                };
                What::Segment(bare, segment.flow(), start, self.payloads.len())
            }
            Decoded::Quoted(quoted) => What::Error(*quoted),
            Decoded::Several(parts) => {
                return parts.iter().for_each(|part| self.push(place, part));
            }
            Decoded::Skip(_) => return,
        };
        self.all.push(One { place, what });
    }

    /// Gives all that came out of records before the one at `end`, from the item `next` on, where `first` is the first record's place in the whole
    /// capture. Returns the next item.
    pub fn give(
        &mut self,
        next: usize,
        end: usize,
        first: u64,
        mut take: impl FnMut(Item<'_>),
    ) -> usize {
        let mut given = next;
        while let Some(rest) = self.all.get_mut(given..)
            && rest.first().is_some_and(|one| one.place < end)
        {
            if given.is_multiple_of(AHEAD) {
                look_ahead(rest);
            }
            let Some(one) = rest.first_mut() else {
                break;
            };
            given += 1;
            let order = first + one.place as u64;
            match &mut one.what {
                What::Segment(segment, flow, from, to) => {
                    segment.header.record = segment.header.record.at(order);
                    match self.payloads.get(*from..*to).unwrap_or_default() {
                        [] => take(Item::Segment(segment, *flow)),
                        payload => {
                            let whole = Segment {
                                payload,
                                ..*segment
                            };
                            take(Item::Segment(&whole, *flow));
                        }
                    }
                }
                What::Error(quoted) => {
                    quoted.record = quoted.record.at(order);
                    take(Item::Error(quoted));
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

/// Items that are looked at before their turn; chosen: as many as a processor waits for at once.
const AHEAD: usize = 16;

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::testkit::tell;

    #[test]
    fn segments_come_out_with_the_beginnings_of_their_payloads() {
        let told = tell(
            "0.0 client > server PSH,ACK seq 1 ack 1 len 2000
             0.1 server > client PSH,ACK seq 1 ack 1 data \"hello\"",
        );
        let mut passed = Passed::default();
        for (place, told) in told.iter().enumerate() {
            let parts = vec![Decoded::Segment(told.segment())];
            passed.push(place, &Decoded::Several(parts));
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
}
