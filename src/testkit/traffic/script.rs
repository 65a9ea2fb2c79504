//! What is said in one conversation, line by line.

use super::{REST, Random};
use crate::origin::{MICROSECOND, MILLISECOND, SECOND};
use crate::tcp::{Flags, Side};
use std::collections::VecDeque;

/// How a conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Both sides close, the client first.
    Closed,
    /// The client resets after the last answer.
    Abort,
    /// The server resets in the middle of an answer.
    Cut,
    /// Nobody listens: the SYN is answered by a reset.
    Refused,
    /// The server closes, then resets when the client asks on.
    ServerFirst,
    /// The server closes after a long rest, and a request crosses its FIN.
    Rest,
    /// The accept queue is full: the SYN-ACK comes again, and a request is reset in the end.
    Overflow,
    /// The server resets an upload that it has not read to its end.
    Unread,
    /// The server no longer knows the connection.
    Gone,
    /// The client resets as soon as the port has answered.
    Probe,
    /// The client resets, and what the server had under way is answered by further resets.
    Burst,
}

impl Ending {
    /// All that hold a reset.
    pub const RESETS: [Self; 10] = [
        Self::Abort,
        Self::Cut,
        Self::Refused,
        Self::ServerFirst,
        Self::Rest,
        Self::Overflow,
        Self::Unread,
        Self::Gone,
        Self::Probe,
        Self::Burst,
    ];
}

/// How answers are given.
#[derive(Clone, Copy, Debug)]
pub struct Answers {
    /// The longest pause before a request.
    pub pause: i64,
    /// Segments of an answer at most.
    pub segments: u32,
}

/// One segment to come.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Who sends it.
    pub from: Side,
    /// Its control bits.
    pub flags: Flags,
    /// Bytes of payload.
    pub len: u32,
    /// Nanoseconds after the line before it.
    pub after: i64,
    /// How it is numbered.
    pub nature: Nature,
    speech: Speech,
}

/// How a segment is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// It goes on from what its sender sent before.
    Fresh,
    /// It is what its sender sent last, once more.
    Again,
    /// It bears zero, as a reset from no connection does.
    Refusal,
}

/// What a payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    /// The beginning of a request.
    Request,
    /// The beginning of an answer of so many bytes.
    Answer(u32),
    /// What goes on.
    More,
}

use Side::{Client, Server};

const PUSH: Flags = Flags::from_bits(Flags::PSH.bits() | Flags::ACK.bits());
const FIN: Flags = Flags::from_bits(Flags::FIN.bits() | Flags::ACK.bits());
const SYN_ACK: Flags = Flags::from_bits(Flags::SYN.bits() | Flags::ACK.bits());
const ABORT: Flags = Flags::from_bits(Flags::RST.bits() | Flags::ACK.bits());

/// From the place of capture, beside the clients, to a service and back.
const ROUND_TRIP: i64 = 4 * MILLISECOND;
const BRIEFLY: i64 = 20 * MICROSECOND;

fn line(after: i64, from: Side, flags: Flags, len: u32) -> Line {
    Line {
        from,
        flags,
        len,
        after,
        nature: Nature::Fresh,
        speech: Speech::More,
    }
}

fn again(line: Line, after: i64) -> Line {
    Line {
        after,
        nature: Nature::Again,
        ..line
    }
}

fn request(after: i64, len: u32) -> Line {
    Line {
        speech: Speech::Request,
        ..line(after, Client, PUSH, len)
    }
}

/// A whole conversation of at most so many exchanges; of `None` only its beginning.
pub fn conversation(
    answers: Answers,
    exchanges: Option<u32>,
    ending: Ending,
    random: &mut Random,
) -> VecDeque<Line> {
    let mut lines = VecDeque::from([line(0, Client, Flags::SYN, 0)]);
    match ending {
        Ending::Refused => {
            let refusal = line(ROUND_TRIP, Server, ABORT, 0);
            lines.push_back(Line {
                nature: Nature::Refusal,
                ..refusal
            });
            return lines;
        }
        Ending::Overflow => {
            overflow(&mut lines);
            return lines;
        }
        _ => {}
    }
    lines.push_back(line(ROUND_TRIP, Server, SYN_ACK, 0));
    if ending == Ending::Probe {
        lines.push_back(line(BRIEFLY, Client, Flags::RST, 0));
        return lines;
    }
    lines.push_back(line(BRIEFLY, Client, Flags::ACK, 0));
    let most = exchanges.unwrap_or(1);
    for _ in 0..=random.below(most) {
        exchange(answers, random, &mut lines);
    }
    if exchanges.is_some() {
        end(ending, random, &mut lines);
    }
    lines
}

/// A request and its answer, each second segment of which is acknowledged.
pub fn exchange(answers: Answers, random: &mut Random, lines: &mut VecDeque<Line>) {
    let pause = MICROSECOND + random.time(answers.pause);
    lines.push_back(request(pause, 80 + random.below(400)));
    lines.push_back(line(ROUND_TRIP, Server, Flags::ACK, 0));
    let whole = random.below(answers.segments);
    let last = 100 + random.below(1_300);
    let mut after = random.time(ROUND_TRIP);
    for segment in 0..=whole {
        let len = if segment < whole { FULL } else { last };
        let speech = match segment {
            0 => Speech::Answer(whole * FULL + last),
            _ => Speech::More,
        };
        lines.push_back(Line {
            speech,
            ..line(after, Server, PUSH, len)
        });
        after = BRIEFLY;
        if segment % 2 == 1 || segment == whole {
            lines.push_back(line(BRIEFLY, Client, Flags::ACK, 0));
        }
    }
}

fn end(ending: Ending, random: &mut Random, lines: &mut VecDeque<Line>) {
    let asked = request(BRIEFLY, 120);
    match ending {
        Ending::Refused | Ending::Overflow | Ending::Probe => {}
        Ending::Closed => lines.extend([
            line(MILLISECOND, Client, FIN, 0),
            line(ROUND_TRIP, Server, FIN, 0),
            line(BRIEFLY, Client, Flags::ACK, 0),
        ]),
        Ending::Abort => lines.push_back(line(MILLISECOND, Client, ABORT, 0)),
        Ending::Cut => lines.extend([
            asked,
            line(ROUND_TRIP, Server, PUSH, FULL),
            line(BRIEFLY, Server, PUSH, FULL),
            line(MILLISECOND, Server, ABORT, 0),
        ]),
        Ending::ServerFirst => lines.extend([
            line(MILLISECOND, Server, FIN, 0),
            line(BRIEFLY, Client, Flags::ACK, 0),
            request(2 * MILLISECOND, 120),
            line(ROUND_TRIP, Server, Flags::RST, 0),
        ]),
        Ending::Rest => lines.extend([
            line(REST, Server, FIN, 0),
            request(MILLISECOND, 120),
            line(ROUND_TRIP, Server, Flags::RST, 0),
        ]),
        Ending::Unread => {
            lines.push_back(asked);
            let more = 2 + random.below(8);
            lines.extend((0..more).map(|_| line(BRIEFLY, Client, PUSH, FULL)));
            lines.push_back(line(ROUND_TRIP, Server, PUSH, 180));
            lines.push_back(line(BRIEFLY, Server, ABORT, 0));
        }
        Ending::Gone => {
            let asked = request(SECOND, 120);
            lines.extend([
                asked,
                again(asked, 200 * MILLISECOND),
                again(asked, 400 * MILLISECOND),
                line(ROUND_TRIP, Server, Flags::RST, 0),
            ]);
        }
        Ending::Burst => {
            lines.push_back(asked);
            lines.push_back(line(ROUND_TRIP, Server, PUSH, FULL));
            lines.push_back(line(BRIEFLY, Client, ABORT, 0));
            for _ in 0..=random.below(4) {
                lines.push_back(line(BRIEFLY, Server, PUSH, FULL));
                lines.push_back(line(BRIEFLY, Client, Flags::RST, 0));
            }
        }
    }
}

fn overflow(lines: &mut VecDeque<Line>) {
    let opened = line(ROUND_TRIP, Server, SYN_ACK, 0);
    let asked = request(BRIEFLY, 120);
    lines.extend([
        opened,
        line(BRIEFLY, Client, Flags::ACK, 0),
        asked,
        again(asked, 200 * MILLISECOND),
        again(opened, SECOND),
        line(BRIEFLY, Client, Flags::ACK, 0),
        again(asked, 2 * SECOND),
        line(ROUND_TRIP, Server, Flags::RST, 0),
    ]);
}

/// The bytes of a line: HTTP, whatever the port.
pub fn payload(line: &Line) -> Vec<u8> {
    let head = match line.speech {
        Speech::Request => "GET /orders HTTP/1.1\r\nHost: shop.example\r\n\r\n".to_owned(),
        Speech::Answer(len) => format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n"),
        Speech::More => String::new(),
    };
    let mut bytes = head.into_bytes();
    bytes.resize(line.len as usize, b'.');
    bytes
}

/// What a segment with timestamps holds on an Ethernet path.
const FULL: u32 = 1_448;
