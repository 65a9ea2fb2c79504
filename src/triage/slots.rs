//! Many short chains of slots in one room: [`Slots`].

use super::shelf::Shelf;
use super::slot::Slot;

/// Slots in blocks, chained. What a chain gives back the next one takes, the latest first, so that nothing is moved and little memory is in use.
///
/// The links stand apart from what is in the blocks: to find a free one must not wait for memory that was written long ago.
#[derive(Debug, Default)]
pub struct Slots {
    all: Shelf<[Slot; BLOCK]>,
    /// Of each block the one behind it, plus one; 0 for the last.
    next: Vec<u32>,
    /// The first block that nobody has, plus one; 0 where there is none.
    free: u32,
    /// How many blocks nobody has.
    spare: usize,
}

/// One chain: its first and its last block, plus one, and how many slots it has; zeros for none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chain {
    first: u32,
    last: u32,
    len: u32,
}

impl Chain {
    /// Bytes that its slots take.
    pub const fn size(&self) -> usize {
        self.len as usize * size_of::<Slot>()
    }
}

impl Slots {
    /// Bytes that one block takes.
    const SIZE: usize = size_of::<[Slot; BLOCK]>() + size_of::<u32>();

    /// Bytes that all slots take.
    pub const fn size(&self) -> usize {
        self.all.len() * Self::SIZE
    }

    /// How many more bytes so many further slots of one chain take, at most.
    #[inline]
    pub const fn growth(&self, slots: usize) -> usize {
        let blocks = slots.div_ceil(BLOCK);
        blocks.saturating_sub(self.spare) * Self::SIZE
    }

    /// How many slots so many bytes take.
    pub const fn needed(bytes: usize) -> usize {
        bytes.div_ceil(size_of::<Slot>())
    }

    /// Adds a slot to a chain.
    #[inline]
    pub fn push(&mut self, chain: &mut Chain, slot: Slot) {
        if let Some(new) = self.next_of(chain) {
            *new = slot;
        }
    }

    /// Adds a slot to a chain, to be written. Written where it stands it is not put together elsewhere before: to copy at once what was just written
    /// in parts waits for all of them to be written.
    #[inline]
    fn next_of(&mut self, chain: &mut Chain) -> Option<&mut Slot> {
        let used = chain.len as usize % BLOCK;
        if used == 0 {
            self.lengthen(chain);
        }
        chain.len += 1;
        Some(&mut self.all.get_mut(place(chain.last))?[used])
    }

    /// Adds as many slots as `bytes` take.
    pub fn push_bytes(&mut self, chain: &mut Chain, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks();
        for bytes in whole {
            self.push(chain, slot_of(bytes));
        }
        if !rest.is_empty() {
            self.push(chain, slot_of_some(rest));
        }
    }

    /// Writes `bytes` over all slots of a chain, which has as many as they take then.
    pub fn overwrite(&mut self, chain: &mut Chain, bytes: &[u8]) {
        if Self::needed(bytes.len()) != chain.len as usize {
            self.take_back(chain);
            return self.push_bytes(chain, bytes);
        }
        let mut link = chain.first;
        for bytes in bytes.chunks(size_of::<[Slot; BLOCK]>()) {
            let Some(block) = self.all.get_mut(place(link)) else {
                return;
            };
            let (whole, rest) = bytes.as_chunks();
            for (slot, bytes) in block.iter_mut().zip(whole) {
                *slot = slot_of(bytes);
            }
            if !rest.is_empty() {
                block[whole.len()] = slot_of_some(rest);
            }
            link = self.next.get(place(link)).copied().unwrap_or(0);
        }
    }

    /// Looks at where the next slot of a chain will be written, so that to write it does not wait for memory. What it saw means nothing.
    #[inline]
    pub fn touch(&self, chain: &Chain) -> u64 {
        let block = self.all.get(place(chain.last));
        block.map_or(0, |block| block[chain.len as usize % BLOCK][0])
    }

    /// Looks at the blocks that will be taken next, for the same reason. What it saw means nothing.
    #[inline]
    pub fn touch_free(&self) -> u64 {
        let mut free = self.free;
        let mut seen = 0;
        for _ in 0..AHEAD {
            seen ^= self.all.get(place(free)).map_or(0, |block| block[0][0]);
            free = self.next.get(place(free)).copied().unwrap_or(0);
        }
        seen
    }

    /// The slots of a chain, in their order.
    pub fn read(&self, chain: &Chain) -> impl Iterator<Item = Slot> {
        let mut next = chain.first;
        let blocks = std::iter::from_fn(move || {
            let block = self.all.get(place(next))?;
            next = self.next.get(place(next)).copied().unwrap_or(0);
            Some(*block)
        });
        blocks.flatten().take(chain.len as usize)
    }

    /// Takes back the slots of a chain, which is empty then.
    #[inline]
    pub fn take_back(&mut self, chain: &mut Chain) {
        if let Some(next) = self.next.get_mut(place(chain.last)) {
            *next = self.free;
            self.free = chain.first;
            self.spare += (chain.len as usize).div_ceil(BLOCK);
            *chain = Chain::default();
        }
    }

    /// Gives a chain one more block.
    #[inline(never)]
    fn lengthen(&mut self, chain: &mut Chain) {
        let new = self.obtain();
        match self.next.get_mut(place(chain.last)) {
            Some(next) => *next = new,
            None => chain.first = new,
        }
        chain.last = new;
    }

    fn obtain(&mut self) -> u32 {
        let free = self.free;
        if let Some(next) = self.next.get_mut(place(free)) {
            self.free = std::mem::take(next);
            self.spare -= 1;
            return free;
        }
        self.all.push(Default::default());
        self.next.push(0);
        u32::try_from(self.all.len()).unwrap_or(0)
    }
}

#[inline]
fn slot_of(bytes: &[u8; size_of::<Slot>()]) -> Slot {
    let mut slot = Slot::default();
    let (words, _) = bytes.as_chunks();
    for (to, word) in slot.iter_mut().zip(words) {
        *to = u64::from_le_bytes(*word);
    }
    slot
}

/// The same of fewer bytes, with zeros behind them.
fn slot_of_some(bytes: &[u8]) -> Slot {
    let mut whole = [0; size_of::<Slot>()];
    for (to, from) in whole.iter_mut().zip(bytes) {
        *to = *from;
    }
    slot_of(&whole)
}

/// The bytes of some slots.
pub fn bytes_of(slots: impl IntoIterator<Item = Slot>, len: usize) -> Vec<u8> {
    let words = slots.into_iter().flatten();
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(len);
    bytes
}

/// The place to which a link leads; behind all others for none.
#[inline]
const fn place(link: u32) -> usize {
    (link as usize).wrapping_sub(1)
}

/// Blocks that are looked at before they are taken; chosen: about as many as the records that are looked for together take.
const AHEAD: usize = 6;
/// Slots of a block; chosen: two cache lines, of which a chain wastes half a one on average, and pays for its links but once in four slots.
const BLOCK: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_come_out_as_they_went_in_and_their_slots_are_used_again() {
        let mut slots = Slots::default();
        let mut chains = [(Chain::default(), Vec::new()), Default::default()];
        for round in 0..20_u64 {
            for (chain, expected) in &mut chains {
                for n in 0..round * 3 {
                    slots.push(chain, [round, n, 0, 0]);
                    expected.push([round, n, 0, 0]);
                }
                assert!(slots.read(chain).eq(expected.iter().copied()));
            }
            let (chain, expected) = &mut chains[usize::from(round % 2 == 1)];
            slots.take_back(chain);
            expected.clear();
            assert_eq!(slots.read(chain).count(), 0);
        }
        let used = chains.iter().map(|(chain, _)| chain.len.div_ceil(4));
        assert_eq!(slots.spare + used.sum::<u32>() as usize, slots.all.len());
        assert!(slots.all.len() < 1_000, "{}", slots.all.len());
    }

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut slots = Slots::default();
        for len in 0..100 {
            let bytes: Vec<u8> = (0..len).collect();
            let mut chain = Chain::default();
            slots.push_bytes(&mut chain, &bytes);
            assert_eq!(chain.len as usize, Slots::needed(bytes.len()));
            assert_eq!(bytes_of(slots.read(&chain), bytes.len()), bytes);
            for other in [0, 31, 32, 90, len.into()] {
                let other = vec![0xee; other];
                slots.overwrite(&mut chain, &other);
                assert_eq!(chain.len as usize, Slots::needed(other.len()));
                assert_eq!(bytes_of(slots.read(&chain), other.len()), other);
            }
            slots.take_back(&mut chain);
            assert_eq!(slots.spare, slots.all.len());
        }
    }
}
