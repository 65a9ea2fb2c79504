//! Frames made here and sent on the client's interface: more connections than sockets could open, at a rate of our own.

use super::hosts::Hosts;
use pcap::Capture;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// One frame after another.
pub trait Traffic {
    /// The next frame into `frame`; `false` when there is none.
    fn next(&mut self, frame: &mut Vec<u8>) -> bool;
}

/// Connections one after another, some of them under way at a time: most end in order, every fiftieth is refused, every fiftieth
/// aborted by its server.
pub struct Churn {
    left: u32,
    number: u32,
    under_way: Vec<(u32, usize)>,
    turn: usize,
}

impl Churn {
    /// So many connections, each between two ends that no other has.
    pub fn new(connections: u32) -> Self {
        Self {
            left: connections,
            number: 0,
            under_way: Vec::new(),
            turn: 0,
        }
    }

    /// How many of them are reset.
    pub fn resets(connections: u32) -> u64 {
        u64::from(connections).div_ceil(50) + u64::from(connections.saturating_sub(25)).div_ceil(50)
    }
}

impl Traffic for Churn {
    fn next(&mut self, frame: &mut Vec<u8>) -> bool {
        while self.under_way.len() < AT_ONCE && self.left > 0 {
            self.under_way.push((self.number, 0));
            self.number += 1;
            self.left -= 1;
        }
        if self.under_way.is_empty() {
            return false;
        }
        self.turn = (self.turn + 1) % self.under_way.len();
        let (number, step) = &mut self.under_way[self.turn];
        let story = match *number % 50 {
            0 => REFUSED,
            25 => ABORTED,
            _ => WHOLE,
        };
        segment(*number, &story[*step], frame);
        *step += 1;
        if *step == story.len() {
            self.under_way.swap_remove(self.turn);
        }
        true
    }
}

/// The next so many frames of some traffic.
pub struct Part<'a>(pub &'a mut Churn, pub u32);

impl Traffic for Part<'_> {
    fn next(&mut self, frame: &mut Vec<u8>) -> bool {
        let Some(left) = self.1.checked_sub(1) else {
            return false;
        };
        self.1 = left;
        self.0.next(frame)
    }
}

/// SYNs, each from an end of its own.
pub struct Flood {
    left: u32,
}

impl Flood {
    /// So many.
    pub const fn new(sources: u32) -> Self {
        Self { left: sources }
    }
}

impl Traffic for Flood {
    fn next(&mut self, frame: &mut Vec<u8>) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        segment(left, &WHOLE[0], frame);
        true
    }
}

/// Sends it at `rate` frames a second; `None`: as fast as can be. Returns how many, and how long it took.
pub fn send(hosts: &Hosts, mut traffic: impl Traffic + Send, rate: Option<u32>) -> (u64, Duration) {
    hosts.on_client(|| {
        let mut wire = Capture::from_device("eth0").unwrap().open().unwrap();
        let (begun, mut sent, mut frame) = (Instant::now(), 0_u64, Vec::new());
        while traffic.next(&mut frame) {
            while wire.sendpacket(&frame[..]).is_err() {
                std::thread::yield_now(); // The queue is full.
            }
            sent += 1;
            if let Some(rate) = rate
                && sent.is_multiple_of(64)
            {
                let due = Duration::from_secs_f64(sent as f64 / f64::from(rate));
                std::thread::sleep(due.saturating_sub(begun.elapsed()));
            }
        }
        (sent, begun.elapsed())
    })
}

/// Whether the client sends it, flags, the next numbers of sender and receiver, bytes of payload.
type Step = (bool, u8, u32, u32, usize);

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

const REFUSED: &[Step] = &[(true, SYN, 0, 0, 0), (false, RST | ACK, 0, 1, 0)];
const WHOLE: &[Step] = &[
    (true, SYN, 0, 0, 0),
    (false, SYN | ACK, 0, 1, 0),
    (true, ACK, 1, 1, 0),
    (true, PSH | ACK, 1, 1, 100),
    (false, PSH | ACK, 1, 101, 300),
    (true, FIN | ACK, 101, 301, 0),
    (false, FIN | ACK, 301, 102, 0),
    (true, ACK, 102, 302, 0),
];
const ABORTED: &[Step] = &[
    (true, SYN, 0, 0, 0),
    (false, SYN | ACK, 0, 1, 0),
    (true, ACK, 1, 1, 0),
    (true, PSH | ACK, 1, 1, 100),
    (false, ACK, 1, 101, 0),
    (true, PSH | ACK, 101, 1, 100),
    (false, RST | ACK, 1, 101, 0),
];

/// An Ethernet frame, to a station that is not there: no kernel answers it.
fn segment(number: u32, (from_client, flags, seq, ack, len): &Step, frame: &mut Vec<u8>) {
    let client = (
        Ipv4Addr::from(0x0a00_0000 + number / 50_000),
        10_000 + (number % 50_000) as u16,
    );
    let server = (Ipv4Addr::new(198, 18, 99, 1), 443_u16);
    let (from, to) = if *from_client {
        (client, server)
    } else {
        (server, client)
    };
    let total = (40 + len) as u16;
    frame.clear();
    frame.extend([2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0]);
    frame.extend([0x45, 0]);
    frame.extend(total.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    frame.extend(from.0.octets());
    frame.extend(to.0.octets());
    frame.extend(from.1.to_be_bytes());
    frame.extend(to.1.to_be_bytes());
    frame.extend(seq.to_be_bytes());
    frame.extend(if flags & ACK == 0 { 0 } else { *ack }.to_be_bytes());
    frame.extend([0x50, *flags]);
    frame.extend(if flags & RST == 0 { 64_240_u16 } else { 0 }.to_be_bytes());
    frame.extend([0; 4]);
    frame.resize(frame.len() + len, b'x');
}

/// Connections under way at a time.
const AT_ONCE: usize = 2000;
