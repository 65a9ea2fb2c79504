//! What is held of one flow: [`Log`].

use super::blocks::{Blocks, Chain};
use super::look::{Parts, Said};
use super::packed::{Bench, Cut, LONGEST, Packing, Parcel, Unpacked, unpack};
use super::room::Step;
use super::talk::{Beginning, Talk};
use crate::decode::Record;
use crate::tcp::{Flow, Prefix};

/// The records of one flow.
#[derive(Debug, Default)]
pub struct Log {
    /// `None`: it is nobody's.
    pub flow: Option<Flow>,
    /// A record came since it was looked at for being forgotten.
    pub is_recent: bool,
    /// Which end has sent a FIN: one bit each.
    fins: u8,
    talk: Talk,
    packing: Packing,
    records: Chain,
    /// How the latest turn of each side began.
    turns: [Turn; 2],
}

/// The beginning of a payload, kept apart since it is soon replaced by the next.
#[derive(Debug, Default)]
struct Turn {
    /// Place in the capture of the record that has it.
    order: u64,
    bytes: Chain,
}

impl Log {
    /// Bytes that a record takes beside its own, at most.
    pub const RECORD: usize = 64;

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
        step: Step,
        blocks: &mut Blocks,
        bench: &mut Bench,
    ) -> bool {
        let beginning = step
            .said
            .map_or(Beginning::Kept, |said| self.talk.goes_on(&said));
        self.is_recent = true;
        if !self.records.is_empty() && self.packing.ends_with(record.id) {
            return false; // It holds several segments of this flow.
        }
        let side = step.said.is_some_and(|said| said.side);
        let whole = Parcel {
            record: *record,
            header: record.bytes.len().min(LONGEST),
            without: [0; 2],
            side,
            cut: None,
            is_apart: false,
        };
        let (parcel, apart) = match (step.said, step.parts) {
            (Some(said), Some(parts)) => shortened(whole, &said, &parts, beginning),
            _ => (whole, &[][..]),
        };
        self.packing.pack(&parcel, bench);
        blocks.append(&mut self.records, bench.bytes());
        let behind = parcel.record.bytes.get(parcel.header..);
        blocks.append(&mut self.records, behind.unwrap_or_default());
        if parcel.is_apart {
            let turn = &mut self.turns[usize::from(side)];
            turn.order = record.id.order();
            blocks.take_back(&mut turn.bytes);
            blocks.append(&mut turn.bytes, apart);
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
        unpack(
            &bytes,
            |Unpacked {
                 mut record,
                 cut,
                 apart,
             }| {
                let turn = apart.and_then(|side| self.turns.get(usize::from(side)));
                if let Some(turn) = turn.filter(|turn| turn.order == record.id.order()) {
                    whole.clear();
                    whole.extend_from_slice(record.bytes);
                    blocks.read(&turn.bytes, &mut whole);
                    record.bytes = &whole;
                }
                give(&record, cut);
            },
        );
    }

    /// Is nobody's.
    pub fn clear(&mut self, blocks: &mut Blocks) {
        blocks.take_back(&mut self.records);
        for turn in &mut self.turns {
            blocks.take_back(&mut turn.bytes);
        }
        *self = Self::default();
    }
}

/// An ordinary record without what no verdict reads, and what of it is kept apart.
#[inline]
fn shortened<'a>(
    whole: Parcel<'a>,
    said: &Said,
    parts: &Parts,
    beginning: Beginning,
) -> (Parcel<'a>, &'a [u8]) {
    let bytes = whole.record.bytes;
    let (from, to) = (parts.payload.0 as usize, parts.payload.1 as usize);
    let mut parcel = Parcel {
        header: from.min(LONGEST),
        ..whole
    };
    // What a SYN carries counts for its checksum.
    if said.flags.syn() {
        return (parcel, &[]);
    }
    parcel.without = parts.checksums;
    parcel.record.bytes = bytes.get(..to).unwrap_or(bytes);
    let payload = bytes.get(from..to).unwrap_or_default();
    let (Some(tail), false) = (payload.last_chunk(), payload.len() <= SHORT) else {
        return (parcel, &[]);
    };
    let begins = payload.get(..Prefix::CAPACITY).unwrap_or(payload);
    let (here, apart) = match beginning {
        Beginning::Needless => (0, &[][..]),
        Beginning::OfTurn if payload.len() >= LONG => (0, begins),
        Beginning::OfTurn | Beginning::Kept => (begins.len(), &[][..]),
    };
    if here < payload.len() {
        parcel.record.bytes = bytes.get(..from + here).unwrap_or(bytes);
        parcel.is_apart = !apart.is_empty();
        parcel.cut = Some(Cut {
            captured: payload.len() as u32,
            tail: *tail,
        });
    }
    (parcel, apart)
}

/// Payloads of no fewer bytes are kept apart where they may be replaced: there they take a block at least.
const LONG: usize = 64;
/// Payloads of no more bytes are kept whole: to leave them out takes as many.
const SHORT: usize = 8;
/// Both ends have sent a FIN.
const BOTH: u8 = 3;
