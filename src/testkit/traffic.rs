//! Generated traffic: many conversations at once, as one capture shows them. The same settings give the same bytes on every machine.

mod script;

pub use script::Ending;

use super::frame;
use super::story::{Told, bare, numbered};
use crate::origin::{MICROSECOND, MILLISECOND, SECOND};
use crate::tcp::{Pair, SeqNumber, Side, Timestamps};
use script::{Answers, Line, Nature};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};

/// What traffic is made of.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Chooses all that is random.
    pub seed: u64,
    /// Conversations under way at once, at least 1; where one ends, the next begins.
    pub live: u32,
    /// The longest pause before a request, in nanoseconds; pauses are spread evenly below it.
    pub pause: i64,
    /// Exchanges of a conversation at most, at least 1. `None`: it never ends.
    pub exchanges: Option<u32>,
    /// Segments of an answer at most, at least 1.
    pub answer: u32,
    /// Of a thousand conversations so many end in a reset.
    pub resets: u32,
    /// The ways in which they do, one as often as the other; at least one.
    pub endings: &'static [Ending],
    /// Client hosts, at least 1, which take their ports in turn.
    pub clients: u32,
    /// Ports of each of them, at least 1. Where clients times ports is little, addresses are used again.
    pub ports: u16,
    /// Bytes that are captured of a frame at most.
    pub snap: u32,
}

impl Traffic {
    /// A few thousand conversations with the services of a site, whole packets.
    pub const fn web() -> Self {
        Self {
            seed: 1,
            live: 4_000,
            pause: 100 * MILLISECOND,
            exchanges: Some(4),
            answer: 16,
            resets: 20,
            endings: &[
                Ending::Abort,
                Ending::Cut,
                Ending::Refused,
                Ending::ServerFirst,
            ],
            clients: 2_000,
            ports: 20_000,
            snap: frame::WHOLE,
        }
    }

    /// The same, of which only headers were captured.
    pub const fn headers() -> Self {
        Self {
            snap: 96,
            ..Self::web()
        }
    }

    /// Very many conversations at once, each of them short.
    pub const fn churn() -> Self {
        Self {
            live: 65_000,
            exchanges: Some(1),
            answer: 2,
            ..Self::headers()
        }
    }

    /// A few conversations that never end.
    pub const fn long() -> Self {
        Self {
            live: 200,
            pause: MILLISECOND,
            exchanges: None,
            ..Self::web()
        }
    }

    /// Nothing but SYNs that are refused, each from another port.
    pub const fn flood() -> Self {
        Self {
            live: 64,
            pause: 0,
            resets: 1_000,
            endings: &[Ending::Refused],
            ..Self::web()
        }
    }

    /// Every kind by its name.
    pub const KINDS: [(&'static str, Self); 5] = [
        ("web", Self::web()),
        ("headers", Self::headers()),
        ("churn", Self::churn()),
        ("long", Self::long()),
        ("flood", Self::flood()),
    ];

    /// Its segments, in the order of time. There is no end to them.
    pub fn segments(&self) -> Segments {
        Segments::new(self.clone())
    }

    /// The first `packets` of it as a classic pcap file.
    pub fn capture(&self, packets: usize) -> Vec<u8> {
        let mut file = frame::pcap_start(self.snap);
        for told in self.segments().take(packets) {
            frame::add_to_pcap(&mut file, &told, self.snap);
        }
        file
    }
}

/// The segments of [`Traffic`]: an endless iterator.
#[derive(Debug)]
pub struct Segments {
    traffic: Traffic,
    random: Random,
    talks: Vec<Talk>,
    /// The time of each one's next line, then its place.
    next: BinaryHeap<Reverse<(i64, usize)>>,
    begun: u32,
    given: u64,
}

/// One conversation.
#[derive(Debug)]
struct Talk {
    ends: Pair<SocketAddr>,
    next: Pair<SeqNumber>,
    /// Before what was sent last.
    last: Pair<SeqNumber>,
    ids: Pair<u16>,
    stamps: Pair<u32>,
    lines: VecDeque<Line>,
}

impl Segments {
    fn new(traffic: Traffic) -> Self {
        let mut segments = Self {
            random: Random(traffic.seed),
            talks: Vec::new(),
            next: BinaryHeap::new(),
            begun: 0,
            given: 0,
            traffic,
        };
        for place in 0..segments.traffic.live as usize {
            let talk = segments.begin();
            segments.talks.push(talk);
            let start = segments
                .random
                .time(segments.traffic.pause + 20 * MILLISECOND);
            segments.next.push(Reverse((start, place)));
        }
        segments
    }

    fn begin(&mut self) -> Talk {
        let Traffic { clients, ports, .. } = self.traffic;
        let serial = self.begun;
        self.begun = self.begun.wrapping_add(1);
        let host = serial / u32::from(ports) % clients;
        let port = FIRST_PORT + u16::try_from(serial % u32::from(ports)).unwrap_or(0);
        let client = Ipv4Addr::from_bits(CLIENTS + host);
        let random = &mut self.random;
        let server = Ipv4Addr::from_bits(SERVERS + random.below(16));
        let refuses = self.traffic.exchanges.is_some() && random.below(1_000) < self.traffic.resets;
        let ending = if refuses {
            random.one_of(self.traffic.endings)
        } else {
            Ending::Closed
        };
        let service = random.one_of(&SERVICES);
        let number = |random: &mut Random| SeqNumber::new(random.any());
        let next = Pair {
            client: number(random),
            server: number(random),
        };
        let id = |random: &mut Random| u16::try_from(random.below(0x1_0000)).unwrap_or(0);
        Talk {
            ends: Pair {
                client: (client, port).into(),
                server: (server, service).into(),
            },
            next,
            last: next,
            ids: Pair {
                client: id(random),
                server: id(random),
            },
            stamps: Pair::default(),
            lines: script::conversation(
                Answers::of(&self.traffic),
                self.traffic.exchanges,
                ending,
                random,
            ),
        }
    }
}

impl Iterator for Segments {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        let Reverse((time, place)) = self.next.pop()?;
        self.given += 1;
        let talk = self.talks.get_mut(place)?;
        let line = talk.lines.pop_front()?;
        let told = talk.say(&line, time, self.given);
        if talk.lines.is_empty() && self.traffic.exchanges.is_none() {
            script::exchange(
                Answers::of(&self.traffic),
                &mut self.random,
                &mut talk.lines,
            );
        }
        let wait = if let Some(line) = talk.lines.front() {
            line.after
        } else {
            let talk = self.begin();
            self.talks[place] = talk;
            MICROSECOND + self.random.time(self.traffic.pause)
        };
        self.next.push(Reverse((time + wait, place)));
        Some(told)
    }
}

impl Talk {
    fn say(&mut self, line: &Line, time: i64, number: u64) -> Told {
        let (side, other) = (line.from, line.from.other());
        let ends = (self.ends[side], self.ends[other]);
        let mut told = bare(number, time, ends.0, ends.1, line.flags);
        told.payload = script::payload(line);
        let header = &mut told.header;
        header.payload_len = line.len;
        header.ip.hop_limit = if side == Side::Client { 64 } else { 57 };
        header.seq = match line.nature {
            Nature::Again => self.last[side],
            Nature::Refusal => SeqNumber::default(),
            Nature::Fresh => self.next[side],
        };
        if line.flags.ack() {
            header.ack = self.next[other];
        }
        if line.nature == Nature::Fresh && header.seq_len() > 0 {
            self.last[side] = header.seq;
            self.next[side] = header.seq_end();
        }
        let stateless = line.nature == Nature::Refusal || line.flags.rst() && !line.flags.ack();
        if stateless {
            header.window = 0;
            return told;
        }
        self.ids[side] = self.ids[side].wrapping_add(1);
        header.ip.version = numbered(self.ids[side]);
        // Both clocks tick in milliseconds, the server's a day ahead.
        let ahead = if side == Side::Client { 0 } else { 86_400_000 };
        let ticks = (time / MILLISECOND + ahead) & i64::from(u32::MAX);
        self.stamps[side] = u32::try_from(ticks).unwrap_or(0);
        header.options.timestamps = Some(Timestamps {
            value: self.stamps[side],
            echo: if line.flags.ack() {
                self.stamps[other]
            } else {
                0
            },
        });
        if line.flags.syn() {
            header.options.window_scale = Some(7);
            header.window = 64_240;
        }
        told
    }
}

impl Answers {
    const fn of(traffic: &Traffic) -> Self {
        Self {
            pause: traffic.pause,
            segments: traffic.answer,
        }
    }
}

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014): a sum, and three shifts and two products that spread its bits.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn any(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).unwrap_or(0)
    }

    /// From 0 up to, not including, `limit`; 0 where that is 0.
    fn below(&mut self, limit: u32) -> u32 {
        let product = u64::from(self.any()) * u64::from(limit);
        u32::try_from(product >> 32).unwrap_or(0)
    }

    /// Nanoseconds below `limit`; 0 where that is 0.
    fn time(&mut self, limit: i64) -> i64 {
        let product = i128::from(self.any()) * i128::from(limit);
        i64::try_from(product >> 32).unwrap_or(0)
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        let place = self.below(u32::try_from(of.len()).unwrap_or(u32::MAX));
        of[place as usize]
    }
}

const CLIENTS: u32 = 0x0a64_0000;
const SERVERS: u32 = 0xc633_6400;
const SERVICES: [u16; 4] = [80, 443, 5432, 8080];
const FIRST_PORT: u16 = 40_000;

/// A pause that outlasts the idle timeouts of most services.
const REST: i64 = 61 * SECOND;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::frames;
    use std::collections::BTreeSet;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
        let web = Traffic::web();
        assert_eq!(web.capture(2_000), web.capture(2_000));
        let other = Traffic {
            seed: 2,
            ..web.clone()
        };
        assert_ne!(web.capture(2_000), other.capture(2_000));
    }

    #[test]
    fn times_never_fall_and_the_snap_length_is_kept() {
        for (name, traffic) in Traffic::KINDS {
            let frames = frames(traffic.capture(3_000));
            assert_eq!(frames.len(), 3_000, "{name}");
            assert!(
                frames.windows(2).all(|pair| pair[0].time <= pair[1].time),
                "{name}"
            );
            let longest = frames.iter().map(|frame| frame.bytes.len()).max();
            assert!(longest <= Some(traffic.snap as usize), "{name}");
        }
    }

    #[test]
    fn a_flood_is_a_syn_and_a_refusal_of_each_flow() {
        let told: Vec<Told> = Traffic::flood().segments().take(20_000).collect();
        let resets = told.iter().filter(|told| told.header.flags.rst()).count();
        assert!(resets.abs_diff(10_000) < 100, "{resets}");
        let opening = told.iter().filter(|told| told.header.flags.opens());
        let clients: BTreeSet<_> = opening.map(|told| told.from).collect();
        assert!(clients.len() > 9_900, "{}", clients.len());
    }
}
