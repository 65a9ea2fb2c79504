//! Many short logs of bytes in one room: [`Blocks`].

use super::shelf::Shelf;

/// Blocks of two cache lines, chained to logs. What a log gives back the next one takes, so that nothing is moved and nothing torn.
///
/// The links stand apart from the bytes: to find a block must not wait for what is in it.
#[derive(Debug, Default)]
pub struct Blocks {
    all: Shelf<[u8; ROOM]>,
    /// Of each the one behind it, plus one; 0 for the last.
    next: Vec<u32>,
    /// The first of those that nobody has, plus one; 0 where there is none.
    free: u32,
    /// How many nobody has.
    spare: usize,
}

/// One log: its blocks, and how many bytes are in them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chain {
    /// The first and the last block, plus one; 0 for none.
    first: u32,
    last: u32,
    len: u32,
}

impl Chain {
    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Blocks {
    /// Bytes that one block takes.
    pub const SIZE: usize = ROOM + size_of::<u32>();

    /// Bytes that all blocks take.
    pub const fn size(&self) -> usize {
        self.all.len() * Self::SIZE
    }

    /// How many blocks nobody has.
    pub const fn spare(&self) -> usize {
        self.spare
    }

    /// How many blocks hold so many bytes, wherever the last one of their chain ends.
    pub const fn needed(bytes: usize) -> usize {
        bytes / ROOM + 1
    }

    /// Adds bytes to a chain.
    #[inline]
    pub fn append(&mut self, chain: &mut Chain, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = chain.len() % ROOM;
            if used == 0 {
                self.lengthen(chain);
            }
            let (now, rest) = bytes.split_at(bytes.len().min(ROOM - used));
            let room = self.all.get_mut(place(chain.last));
            if let Some(room) = room.and_then(|block| block.get_mut(used..used + now.len())) {
                room.copy_from_slice(now);
            }
            chain.len += u32::try_from(now.len()).unwrap_or(0); // It is a block at most.
            bytes = rest;
        }
    }

    /// Reads where a chain goes on.
    #[inline]
    pub fn approach(&self, chain: &Chain) -> u64 {
        let used = chain.len() % ROOM;
        let next = self
            .all
            .get(place(chain.last))
            .and_then(|block| block.get(used));
        next.map_or(0, |next| u64::from(*next))
    }

    /// Adds the bytes of a chain to `out`.
    pub fn read(&self, chain: &Chain, out: &mut Vec<u8>) {
        let mut left = chain.len();
        let mut next = chain.first;
        while left > 0
            && let Some(block) = self.all.get(place(next))
        {
            let (now, _) = block.split_at(left.min(ROOM));
            out.extend_from_slice(now);
            left -= now.len();
            next = self.next.get(place(next)).copied().unwrap_or(0);
        }
    }

    /// Takes back the blocks of a chain, which is empty then.
    pub fn take_back(&mut self, chain: &mut Chain) {
        if let Some(next) = self.next.get_mut(place(chain.last)) {
            *next = self.free;
            self.free = chain.first;
            self.spare += chain.len().div_ceil(ROOM);
            *chain = Chain::default();
        }
    }

    /// Gives a chain one more block.
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
        self.all.push([0; ROOM]);
        self.next.push(0);
        u32::try_from(self.all.len()).unwrap_or(0)
    }
}

/// The place to which a link leads; behind all others for none.
#[inline]
const fn place(link: u32) -> usize {
    (link as usize).wrapping_sub(1)
}

/// Bytes of a block; chosen: two cache lines, of which the last one of a log of some hundred bytes wastes a tenth.
const ROOM: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_come_out_as_they_went_in_and_their_blocks_are_used_again() {
        let mut blocks = Blocks::default();
        let mut logs = [(Chain::default(), Vec::new()), Default::default()];
        for round in 0..20_u8 {
            for (chain, expected) in &mut logs {
                for part in 0..usize::from(round) * 3 {
                    let bytes = vec![round; part];
                    assert!(blocks.spare() < 1_000);
                    blocks.append(chain, &bytes);
                    expected.extend(bytes);
                }
                let mut out = Vec::new();
                blocks.read(chain, &mut out);
                assert!(out == *expected && chain.len() == out.len());
            }
            let (chain, expected) = &mut logs[usize::from(round % 2)];
            blocks.take_back(chain);
            expected.clear();
            assert!(chain.is_empty());
        }
        let used: usize = logs
            .iter()
            .map(|(chain, _)| chain.len().div_ceil(ROOM))
            .sum();
        assert_eq!(blocks.spare() + used, blocks.all.len());
    }
}
