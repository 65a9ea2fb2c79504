//! What is held of one flow: [`Log`].

use super::blocks::{Blocks, Chain};
use super::packed::{Bench, Cut, Packing, Parcel, Unpacked, Words, longest, unpack, words};
use super::room::Step;
use super::sight::{Parts, Said};
use super::talk::{Beginning, Talk};
use crate::decode::Record;
use crate::tcp::{Flow, Prefix};

/// The records of one flow.
#[derive(Debug, Default)]
pub struct Log {
    flow: Flow,
    /// Whether it is that flow's, and not nobody's.
    is_held: bool,
    /// A record came since it was looked at for being forgotten.
    pub is_recent: bool,
    /// Which end has sent a FIN: one bit each.
    fins: u8,
    talk: Talk,
    packing: Packing,
    records: Chain,
    /// How the latest turn of each side began: kept apart since it is soon replaced by the next.
    turns: [Chain; 2],
    /// Places in the capture of the records with those beginnings.
    turned: [u64; 2],
}

impl Log {
    /// Bytes that a record takes beside its own, at most.
    pub const RECORD: usize = 64;

    /// Becomes that flow's.
    pub fn begin(&mut self, flow: Flow) {
        self.flow = flow;
        self.is_held = true;
    }

    /// Whose it is. `None`: nobody's.
    #[inline]
    pub fn flow(&self) -> Option<Flow> {
        self.is_held.then_some(self.flow)
    }

    /// Bytes that are held.
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Reads of it what [`Log::add`] will ask for; the number is to be used, so that it is read.
    #[inline]
    pub fn approach(&self, side: bool, blocks: &Blocks) -> u64 {
        self.packing.approach(side) ^ blocks.approach(&self.records)
    }

    /// Adds what is needed of a record. Whether its flow has ended with it.
    #[inline]
    pub fn add(
        &mut self,
        record: &Record<'_>,
        step: Step<'_>,
        blocks: &mut Blocks,
        bench: &mut Bench,
    ) -> bool {
        let beginning = step
            .said
            .map_or(Beginning::Kept, |said| self.talk.goes_on(said));
        self.is_recent = true;
        if !self.records.is_empty() && self.packing.ends_with(record.id) {
            return false; // It holds several segments of this flow.
        }
        let side = step.said.is_some_and(|said| said.side);
        let own;
        let (parcel, apart) = if let (Some(said), Some(parts)) = (step.said, step.parts) {
            shortened(*record, said, parts, beginning)
        } else {
            let header = record.bytes.len().min(longest(record.link));
            own = words(record, header, None);
            (whole(*record, header, &own, side), &[][..])
        };
        self.packing.pack(&parcel, bench);
        blocks.append(&mut self.records, bench.bytes());
        blocks.append(&mut self.records, parcel.behind);
        if parcel.is_apart {
            let turn = &mut self.turns[usize::from(side)];
            blocks.take_back(turn);
            blocks.append(turn, apart);
            self.turned[usize::from(side)] = record.id.order();
        }
        let had_ended = self.fins == BOTH;
        let fin = step.said.is_some_and(|said| said.flags.fin());
        self.fins |= u8::from(fin) << u8::from(side);
        self.fins == BOTH && !had_ended
    }

    /// Gives the records, in their order.
    pub fn each(&self, blocks: &Blocks, mut give: impl FnMut(&Record<'_>, Option<Cut>)) {
        let mut bytes = Vec::with_capacity(self.records.len());
        blocks.read(&self.records, &mut bytes);
        let mut whole = Vec::new();
        unpack(&bytes, |unpacked: Unpacked<'_>| {
            let Unpacked {
                mut record, cut, ..
            } = unpacked;
            let side = unpacked.apart.map(usize::from);
            let order = record.id.order();
            if let Some(side) = side.filter(|side| self.turned.get(*side) == Some(&order)) {
                whole.clear();
                whole.extend_from_slice(record.bytes);
                blocks.read(&self.turns[side], &mut whole);
                record.bytes = &whole;
            }
            give(&record, cut);
        });
    }

    /// Is nobody's.
    pub fn clear(&mut self, blocks: &mut Blocks) {
        blocks.take_back(&mut self.records);
        for turn in &mut self.turns {
            blocks.take_back(turn);
        }
        *self = Self::default();
    }
}

/// A record of which nothing is left out.
fn whole<'a>(record: Record<'a>, header: usize, words: &'a Words, side: bool) -> Parcel<'a> {
    Parcel {
        record,
        header,
        words,
        behind: record.bytes.get(header..).unwrap_or_default(),
        side,
        cut: None,
        is_apart: false,
    }
}

/// An ordinary record without what no verdict reads, and what of it is kept apart.
#[inline]
fn shortened<'a>(
    record: Record<'a>,
    said: &Said,
    parts: &'a Parts,
    beginning: Beginning,
) -> (Parcel<'a>, &'a [u8]) {
    let from = parts.payload.0 as usize;
    let header = usize::from(parts.header);
    // What a SYN carries counts for its checksum, to the end.
    let captured = parts.payload.1 - parts.payload.0;
    let len = captured as usize;
    let is_kept = said.flags.syn() || len <= SHORT;
    let (here, apart) = match beginning {
        _ if is_kept => (len, 0),
        Beginning::Needless => (0, 0),
        Beginning::OfTurn if len >= LONG => (0, len.min(Prefix::CAPACITY)),
        Beginning::OfTurn | Beginning::Kept => (len.min(Prefix::CAPACITY), 0),
    };
    let parcel = Parcel {
        record,
        header,
        words: &parts.words,
        behind: record.bytes.get(header..from + here).unwrap_or_default(),
        side: said.side,
        cut: (here < len).then_some(Cut {
            captured,
            tail: parts.tail,
        }),
        is_apart: apart > 0,
    };
    let apart = record.bytes.get(from..from + apart).unwrap_or_default();
    (parcel, apart)
}

/// Payloads of no fewer bytes are kept apart where they may be replaced: there they take a block at least.
const LONG: usize = 64;
/// Payloads of no more bytes are kept whole: to leave them out takes as many.
const SHORT: usize = 8;
/// Both ends have sent a FIN.
const BOTH: u8 = 3;
