//! One truth, however it was captured: fixtures rewritten into every format and wrapping, doubled, mixed, in pieces and with other clocks are
//! judged alike; fixtures of which less was captured are never judged with certainty as something else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use common::{files, fixtures, stem};
use rstscope::analyzer::{Analyzer, Config};
use rstscope::capture::{FileSource, Merge};
use rstscope::report::ResetReport;
use rstscope::testkit::{self, FORMATS, Frame, WRAPPINGS, Wrapping, frames};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// A fixture, and what is said of each of its resets, by the place of its record from 0.
struct Fixture {
    name: String,
    frames: Vec<Frame>,
    said: BTreeMap<usize, Said>,
    /// Where each reset comes from and goes to.
    ends: BTreeMap<usize, (SocketAddr, SocketAddr)>,
}

/// What must not depend on how it was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    cause: &'static str,
    confidence: &'static str,
    sender: &'static str,
}

impl Said {
    fn of(reset: &ResetReport) -> Self {
        Self {
            cause: reset.verdict.cause,
            confidence: reset.verdict.confidence,
            sender: reset.sender,
        }
    }
}

/// One file of a rewritten capture: its frames, each with the place it had in the fixture; `None` for one that is not of it.
type Piece = Vec<(Option<usize>, Frame)>;

/// Every fixture; with `RSTSCOPE_EVERYTHING` set, those with their truth as well, which takes minutes.
fn all() -> Vec<Fixture> {
    let mut captures = files(&fixtures(), "pcap");
    if std::env::var_os("RSTSCOPE_EVERYTHING").is_some() {
        captures.extend(files(&fixtures().join("truth"), "pcap"));
    }
    captures
        .iter()
        .map(|path| {
            let frames = frames(std::fs::read(path).unwrap());
            let mut fixture = Fixture {
                name: stem(path),
                frames,
                said: BTreeMap::new(),
                ends: BTreeMap::new(),
            };
            for (place, reset) in judge(&[fixture.piece()], testkit::pcapng_of) {
                let place = place.unwrap();
                let (client, server) = (reset.connection.client, reset.connection.server);
                fixture.ends.insert(
                    place,
                    if reset.sender == "client" {
                        (client, server)
                    } else {
                        (server, client)
                    },
                );
                fixture.said.insert(place, Said::of(&reset));
            }
            fixture
        })
        .collect()
}

impl Fixture {
    fn piece(&self) -> Piece {
        self.frames
            .iter()
            .cloned()
            .enumerate()
            .map(|(place, frame)| (Some(place), frame))
            .collect()
    }

    fn rewritten(&self, change: impl Fn(&Frame) -> Frame) -> Piece {
        self.piece()
            .into_iter()
            .map(|(place, frame)| (place, change(&frame)))
            .collect()
    }

    /// What is said of a rewriting that differs from what is said of the fixture.
    fn differences(
        &self,
        how: &str,
        pieces: &[Piece],
        write: fn(&[Frame]) -> Vec<u8>,
    ) -> Vec<String> {
        let mut firsts: BTreeMap<usize, Said> = BTreeMap::new();
        let mut found = Vec::new();
        for (place, reset) in judge(pieces, write) {
            let Some(place) = place else { continue };
            let said = Said::of(&reset);
            match firsts.get(&place) {
                // A copy: it follows the first, and is judged as that.
                Some(first) if *first != said || reset.follows_reset.is_none() => {
                    found.push(format!(
                        "{}: {how}: the copy of record {} said {said:?}",
                        self.name,
                        place + 1
                    ));
                }
                Some(_) => {}
                None => {
                    firsts.insert(place, said);
                }
            }
        }
        for place in self
            .said
            .keys()
            .chain(firsts.keys())
            .copied()
            .collect::<BTreeSet<_>>()
        {
            let (expected, said) = (self.said.get(&place), firsts.get(&place));
            if expected != said {
                found.push(format!(
                    "{}: {how}: record {} expected {expected:?} said {said:?}",
                    self.name,
                    place + 1
                ));
            }
        }
        found
    }

    /// What a capture that shows less says with certainty, and the whole does not say at all.
    fn false_certainties(&self, how: &str, piece: &Piece) -> Vec<String> {
        let shown: BTreeSet<usize> = piece.iter().filter_map(|(place, _)| *place).collect();
        judge(std::slice::from_ref(piece), testkit::pcapng_of)
            .into_iter()
            .filter_map(|(place, reset)| {
                let (place, said) = (place?, Said::of(&reset));
                let expected = self.said.get(&place)?;
                let other = said.confidence == "certain" && said.cause != expected.cause;
                (other && !self.takes_the_place(place, &said, &shown)).then(|| {
                    format!(
                        "{}: {how}: record {} expected {expected:?} said {said:?}",
                        self.name,
                        place + 1
                    )
                })
            })
            .collect()
    }
}

impl Fixture {
    /// Of two equal resets the first is not shown, and the second is judged as that: it stands where that stood.
    fn takes_the_place(&self, place: usize, said: &Said, shown: &BTreeSet<usize>) -> bool {
        let equal = |other: usize| tcp_of(&self.frames[other]) == tcp_of(&self.frames[place]);
        let mut gone = self.said.range(..place);
        gone.any(|(other, of_it)| !shown.contains(other) && equal(*other) && of_it == said)
    }
}

/// Reads the pieces as one capture, and gives each reset with its place in the fixture.
fn judge(pieces: &[Piece], write: fn(&[Frame]) -> Vec<u8>) -> Vec<(Option<usize>, ResetReport)> {
    let mut merge = Merge::new();
    for (index, piece) in (0..).zip(pieces) {
        let frames: Vec<Frame> = piece.iter().map(|(_, frame)| frame.clone()).collect();
        let reader = Box::new(std::io::Cursor::new(write(&frames)));
        merge.add(
            FileSource::from_reader(index.to_string(), index, reader).unwrap(),
            index,
        );
    }
    let mut analyzer = Analyzer::new(Config::default());
    while let Some(next) = merge.next() {
        analyzer.push(&next.unwrap());
    }
    analyzer.settle();
    let resets = std::iter::from_fn(|| analyzer.next_reset());
    let mut resets: Vec<(Option<usize>, ResetReport)> = resets
        .map(|reset| {
            let piece = &pieces[usize::from(reset.source)];
            (piece[usize::try_from(reset.record).unwrap() - 1].0, reset)
        })
        .collect();
    // Copies come after what they are copies of.
    resets.sort_by_key(|(place, reset)| (*place, reset.time));
    resets
}

fn demand_none(found: &[String]) {
    assert!(
        found.is_empty(),
        "{} differ:\n{}",
        found.len(),
        found.join("\n")
    );
}

fn wrapping(name: &str) -> &'static Wrapping {
    WRAPPINGS
        .iter()
        .find(|wrapping| wrapping.name == name)
        .unwrap()
}

#[test]
fn every_format_is_judged_alike() {
    let mut found = Vec::new();
    for fixture in all() {
        for format in FORMATS {
            found.extend(fixture.differences(format.name, &[fixture.piece()], format.write));
        }
    }
    demand_none(&found);
}

#[test]
fn every_wrapping_is_judged_alike() {
    let mut found = Vec::new();
    for fixture in all() {
        for wrapping in WRAPPINGS {
            let piece = fixture.rewritten(|frame| frame.wrapped(wrapping));
            found.extend(fixture.differences(wrapping.name, &[piece], testkit::pcapng_of));
        }
    }
    demand_none(&found);
}

/// Like the whole packet; or, where the verdict rests on bytes that lie in the second fragment, like a capture whose snap length left them out.
#[test]
fn a_first_fragment_stands_for_its_packet() {
    const LEN: u16 = 64;
    let mut found = Vec::new();
    for fixture in all() {
        let mut piece = Piece::new();
        for (place, frame) in fixture.frames.iter().enumerate() {
            for (nth, part) in frame.fragmented(LEN).into_iter().enumerate() {
                piece.push(((nth == 0).then_some(place), part));
            }
        }
        let cut = fixture.rewritten(|frame| {
            let before = frame.bytes.len() - frame.packet().len() + 20;
            frame.cut(before + usize::from(LEN))
        });
        let said = |piece: Piece| -> BTreeMap<usize, Said> {
            let all = judge(&[piece], testkit::pcapng_of).into_iter();
            all.filter_map(|(place, reset)| Some((place?, Said::of(&reset))))
                .collect()
        };
        let (fragments, cut) = (said(piece), said(cut));
        assert_eq!(fragments.len(), fixture.said.len(), "{}", fixture.name);
        for (place, said) in fragments {
            if fixture.said[&place] != said && cut[&place] != said {
                found.push(format!(
                    "{}: in fragments: record {} said {said:?}",
                    fixture.name,
                    place + 1
                ));
            }
        }
    }
    demand_none(&found);
}

/// What each wrapping needs in front of an expression, as in tcpdump. Inside tunnels over IP nothing is found.
#[cfg(feature = "live")]
#[test]
fn a_filter_finds_the_same_packets_in_every_wrapping() {
    use rstscope::capture::{Filter, Record};
    use rstscope::decode::LinkType;
    use rstscope::origin::{RecordId, Timestamp};
    for wrapping in WRAPPINGS {
        let prefix = match wrapping.name {
            "VLAN" => "vlan and",
            "QinQ" => "vlan and vlan and",
            "PPPoE" => "pppoes and",
            "MPLS" => "mpls and mpls and",
            // libpcap refuses to look for tags behind a cooked header.
            "Linux cooked, VLAN" => continue,
            _ => "",
        };
        let tunnels = ["IP in IP", "GRE", "VXLAN", "Geneve", "ERSPAN", "GTP-U"];
        let is_tunnel = tunnels.iter().any(|tunnel| wrapping.name.contains(tunnel));
        let mut filter = Filter::new(&format!("{prefix} tcp")).unwrap();
        let frames = frames(std::fs::read(fixtures().join("port-closed.pcap")).unwrap());
        for frame in &frames {
            let frame = frame.wrapped(wrapping);
            let record = Record {
                id: RecordId::default(),
                time: Timestamp::default(),
                link: LinkType(frame.link),
                bytes: &frame.bytes,
                original_len: frame.original_len,
            };
            let expected = !is_tunnel;
            assert_eq!(filter.matches(&record), Ok(expected), "{}", wrapping.name);
        }
    }
}

#[test]
fn packets_captured_more_than_once_are_judged_alike() {
    type Ways = [fn(&Frame) -> Frame];
    fn same(frame: &Frame) -> Frame {
        frame.clone()
    }
    fn tagged(frame: &Frame) -> Frame {
        frame.wrapped(wrapping("VLAN"))
    }
    fn plain(frame: &Frame) -> Frame {
        frame.wrapped(wrapping("Ethernet"))
    }
    let ways: [(&str, &Ways); 6] = [
        ("twice", &[same, same]),
        ("three times", &[same, same, same]),
        ("before and behind a router", &[same, Frame::routed]),
        ("behind and before a router", &[Frame::routed, same]),
        ("without and with a tag", &[plain, tagged]),
        ("with and without a tag", &[tagged, plain, tagged]),
    ];
    let mut found = Vec::new();
    for fixture in all() {
        for (how, ways) in ways {
            let mut piece = Piece::new();
            for (place, frame) in fixture.frames.iter().enumerate() {
                let next = fixture
                    .frames
                    .get(place + 1)
                    .map_or(i64::MAX, |next| next.time);
                // Nanoseconds between copies: five microseconds, less where the next packet is as near.
                let apart = ((next - frame.time) / 4).clamp(0, 5_000);
                for (nth, way) in (0..).zip(ways) {
                    let mut copy = way(frame);
                    copy.time += apart * nth;
                    piece.push((Some(place), copy));
                }
            }
            found.extend(fixture.differences(how, &[piece], testkit::pcapng_of));
        }
    }
    demand_none(&found);
}

#[test]
fn what_others_do_in_between_changes_nothing() {
    let mut found = Vec::new();
    for fixture in all() {
        let mut piece = fixture.piece();
        piece.extend(
            others(&fixture.frames)
                .into_iter()
                .map(|frame| (None, frame)),
        );
        piece.sort_by_key(|(_, frame)| frame.time);
        found.extend(fixture.differences("with others", &[piece], testkit::pcapng_of));
    }
    demand_none(&found);
}

/// Connections of hosts that the fixture does not know, all through its time: healthy ones, a refused one, an aborted one.
fn others(frames: &[Frame]) -> Vec<Frame> {
    let (first, last) = (frames[0].time, frames[frames.len() - 1].time);
    let mut all = Vec::new();
    for number in 0..20_u8 {
        let begin = first + (last - first) / 20 * i64::from(number);
        let mut told = testkit::tell(OTHERS);
        let epoch = told[0].header.time.nanos();
        for segment in &mut told {
            for end in [&mut segment.from, &mut segment.to] {
                let IpAddr::V4(address) = end.ip() else {
                    continue;
                };
                let [.., host] = address.octets();
                *end = SocketAddr::new([198, 51, 100, host].into(), end.port() + u16::from(number));
            }
            segment.header.time = segment.header.time.plus(begin - epoch);
            // No two connections of different hosts count alike.
            segment.header.seq = segment.header.seq + 777_777 + 7_000 * u32::from(number);
            segment.header.ack = segment.header.ack + 777_777 + 7_000 * u32::from(number);
        }
        all.extend(testkit::frames(testkit::pcap(&told)));
    }
    for frame in &mut all {
        *frame = frame.wrapped(wrapping(if frames[0].link == 1 {
            "Ethernet"
        } else {
            "raw IP"
        }));
    }
    all
}

const OTHERS: &str = "
    0.0000  client > server  SYN      seq 0
    0.0001  server > client  SYN,ACK  seq 0 ack 1
    0.0002  client > server  ACK      seq 1 ack 1
    0.0003  client > server  PSH,ACK  seq 1 ack 1 len 90
    0.0004  server > client  PSH,ACK  seq 1 ack 91 len 500
    0.0005  client > server  FIN,ACK  seq 91 ack 501
    0.0006  server > client  FIN,ACK  seq 501 ack 92
    0.0007  client > server  ACK      seq 92 ack 502
    0.0010  caller > service  SYN      seq 0
    0.0011  service > caller  RST,ACK  seq 0 ack 1
    0.0020  guest > shop  SYN      seq 0
    0.0021  shop > guest  SYN,ACK  seq 0 ack 1
    0.0022  guest > shop  ACK      seq 1 ack 1
    0.0023  guest > shop  PSH,ACK  seq 1 ack 1 len 77
    0.0024  shop > guest  RST,ACK  seq 1 ack 78";

#[test]
fn the_clock_does_not_matter() {
    let mut found = Vec::new();
    for fixture in all() {
        for (how, by) in [
            ("a year later", 31_536_000_000_000_000),
            ("a second and a bit earlier", -1_234_567_891),
        ] {
            let piece = fixture.rewritten(|frame| Frame {
                time: frame.time + by,
                ..frame.clone()
            });
            found.extend(fixture.differences(how, &[piece], testkit::pcapng_of));
        }
    }
    demand_none(&found);
}

#[test]
fn pieces_in_any_order_are_one_capture() {
    let mut found = Vec::new();
    for fixture in all() {
        let whole = fixture.piece();
        for len in [1, 3, 7] {
            let mut rotated: Vec<Piece> = whole.chunks(len).map(<[_]>::to_vec).collect();
            // Times that are equal where one piece ends and the next begins would leave their order open.
            let open = rotated
                .windows(2)
                .any(|pair| pair[0].last().unwrap().1.time >= pair[1][0].1.time);
            if open && len == 1 {
                continue;
            }
            rotated.reverse();
            let middle = rotated.len() / 3;
            rotated.rotate_left(middle);
            found.extend(fixture.differences(
                &format!("in pieces of {len}"),
                &rotated,
                testkit::pcapng_of,
            ));
        }
        let apart = |wanted: usize| -> Piece {
            whole
                .iter()
                .filter(|(place, _)| place.unwrap() % 2 == wanted)
                .cloned()
                .collect()
        };
        let distinct = whole.windows(2).all(|pair| pair[0].1.time < pair[1].1.time);
        if distinct && whole.len() > 1 {
            found.extend(fixture.differences(
                "in two that overlap",
                &[apart(1), apart(0)],
                testkit::pcapng_of,
            ));
        }
    }
    demand_none(&found);
}

#[test]
fn less_is_never_certain_of_something_else() {
    let (mut found, mut names) = (Vec::new(), BTreeSet::new());
    for fixture in all() {
        names.insert(fixture.name.clone());
        for len in [54, 60, 68, 96, 128] {
            let piece = fixture.rewritten(|frame| frame.cut(len));
            found.extend(fixture.false_certainties(&format!("cut at {len}"), &piece));
        }
        let keep = |test: &dyn Fn(usize, &Frame) -> bool| -> Piece {
            let mut piece = fixture.piece();
            piece.retain(|(place, frame)| test(place.unwrap(), frame));
            piece
        };
        let no_handshake = keep(&|_, frame| !has_syn(frame));
        found.extend(fixture.false_certainties("no handshake", &no_handshake));
        let no_syn = keep(&|_, frame| !has_syn(frame) || has_ack(frame));
        found.extend(fixture.false_certainties("no SYN", &no_syn));
        for (from, to) in fixture.ends.values() {
            let there = keep(&|_, frame| ends_of(frame) != Some((*to, *from)));
            found.extend(fixture.false_certainties(&format!("only from {from}"), &there));
        }
        // Every place, and of a long capture some sixty.
        let step = fixture.frames.len() / 60 + 1;
        for stepped in (1..fixture.frames.len()).step_by(step) {
            let mut piece = fixture.piece();
            for (place, frame) in &mut piece {
                frame.time -= i64::from(place.unwrap() >= stepped) * 3_600_000_000_000;
            }
            let how = format!("clock an hour back at record {}", stepped + 1);
            found.extend(fixture.false_certainties(&how, &piece));
        }
        for first in (1..fixture.frames.len()).step_by(step) {
            let tail = keep(&|place, _| place >= first);
            found
                .extend(fixture.false_certainties(&format!("from record {} on", first + 1), &tail));
        }
        for lost in (0..fixture.frames.len()).step_by(step) {
            let rest = keep(&|place, _| place != lost);
            found.extend(fixture.false_certainties(&format!("without record {}", lost + 1), &rest));
        }
    }
    let (known, new): (Vec<&String>, Vec<&String>) = found
        .iter()
        .partition(|line| CANNOT_SHOW.iter().any(|(what, _)| line.starts_with(what)));
    assert!(new.is_empty(), "{} differ:\n{new:#?}", new.len());
    let gone: Vec<&str> = CANNOT_SHOW
        .iter()
        .map(|(what, _)| *what)
        .filter(|what| names.contains(what.split(':').next().unwrap()))
        .filter(|what| !known.iter().any(|line| line.starts_with(what)))
        .collect();
    assert!(
        gone.is_empty(),
        "judged well by now, take them off the list: {gone:?}"
    );
}

/// What cannot be asked of a capture that shows less: fixture and what it lacks, and why nothing in it can tell.
const CANNOT_SHOW: &[(&str, &str)] = &[(
    "data-after-close.cli: without record 10:",
    "the segment that was answered came 6 ms behind an acknowledgment that would have been answered alike, on a path where answers take 20 ms; \
     nobody acknowledged it, and what follows is a reset without identification",
)];

fn tcp_of(frame: &Frame) -> &[u8] {
    let packet = frame.packet();
    &packet[usize::from(packet[0] & 0x0f) * 4..]
}

fn has_syn(frame: &Frame) -> bool {
    tcp_of(frame)[13] & 0x02 != 0
}

fn has_ack(frame: &Frame) -> bool {
    tcp_of(frame)[13] & 0x10 != 0
}

/// Sender and receiver of an IPv4 packet.
fn ends_of(frame: &Frame) -> Option<(SocketAddr, SocketAddr)> {
    let (packet, tcp) = (frame.packet(), tcp_of(frame));
    let address = |at: usize| -> Option<[u8; 4]> { packet.get(at..at + 4)?.try_into().ok() };
    let port = |at: usize| u16::from_be_bytes([tcp[at], tcp[at + 1]]);
    Some((
        SocketAddr::from((address(12)?, port(0))),
        SocketAddr::from((address(16)?, port(2))),
    ))
}
