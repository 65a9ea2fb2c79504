//! A bit for each of many flows, several of which may share one: [`Marks`] and [`Sketch`].

use crate::tcp::Flow;

/// Which of the bits is a flow's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bit(u32);

impl Bit {
    /// Bits of its index.
    const BITS: u32 = 21;

    /// The one whose index is in the lowest bits of a number.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "those are the bits it takes"
    )]
    const fn of(number: u64) -> Self {
        Self(number as u32 & ((1 << Self::BITS) - 1))
    }

    #[inline]
    const fn place(self) -> (usize, u64) {
        // Below the number of words already: said so that nobody asks again.
        ((self.0 / 64) as usize % Bits::WORDS, 1 << (self.0 % 64))
    }
}

/// Both of a flow's bits, the second of which has nothing to do with the first. Where both are the first there are, it is told from none by
/// looking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair(u64);

impl Pair {
    /// Bits that tell one.
    pub(super) const BITS: u32 = 2 * Bit::BITS;

    #[inline]
    pub(super) const fn of(flow: Flow) -> Self {
        Self(flow.number() & ((1 << Self::BITS) - 1))
    }

    /// The one that is told by so many bits; `None` for zeros.
    #[inline]
    pub(super) const fn new(told: u64) -> Option<Self> {
        if told == 0 { None } else { Some(Self(told)) }
    }

    /// What tells it.
    #[inline]
    pub(super) const fn told(self) -> u64 {
        self.0
    }

    #[inline]
    const fn first(self) -> Bit {
        Bit::of(self.0)
    }

    #[inline]
    const fn second(self) -> Bit {
        Bit::of(self.0 >> Bit::BITS)
    }
}

/// A fixed number of bits, chosen by the number of a flow.
#[derive(Clone, Debug)]
struct Bits(Box<[u64; Bits::WORDS]>);

impl Bits {
    /// 256 KiB: fits beside the records in the cache of one core, and of so many bits a hundred thousand flows take one in twenty.
    const COUNT: u64 = 1 << Bit::BITS;
    const WORDS: usize = 1 << (Bit::BITS - 6);

    #[expect(
        clippy::large_stack_arrays,
        reason = "never made: there are as many words as asked for"
    )]
    fn new() -> Self {
        let words: Result<_, Vec<u64>> = vec![0; Self::WORDS].try_into();
        Self(words.unwrap_or_else(|_| Box::new([0; Self::WORDS])))
    }

    #[inline]
    fn set(&mut self, bit: Bit) {
        let (word, bit) = bit.place();
        self.0[word] |= bit;
    }

    #[inline]
    fn get(&self, bit: Bit) -> bool {
        let (word, bit) = bit.place();
        self.0[word] & bit != 0
    }

    fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0.iter()) {
            *mine |= theirs;
        }
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many are set here or there.
    fn count_with(&self, other: &Self) -> u64 {
        let both = self.0.iter().zip(other.0.iter());
        both.map(|(mine, theirs)| u64::from((mine | theirs).count_ones()))
            .sum()
    }
}

/// Flows that were reset, and some that only share their bits with those: to follow too many is no harm, but for the time and the memory. Each flow
/// has two bits, for of one alone so many flows would share it in a large capture that most of those followed were never reset.
#[derive(Clone, Debug)]
pub struct Marks {
    bits: Bits,
    more: Bits,
}

impl Marks {
    /// No flow.
    #[expect(clippy::new_without_default, reason = "it takes memory")]
    pub fn new() -> Self {
        Self {
            bits: Bits::new(),
            more: Bits::new(),
        }
    }

    /// Marks a flow.
    #[inline]
    pub fn set(&mut self, flow: Flow) {
        let pair = Pair::of(flow);
        self.bits.set(pair.first());
        self.more.set(pair.second());
    }

    /// Whether a flow is marked, or others that share its bits.
    #[inline]
    pub fn has(&self, flow: Flow) -> bool {
        self.has_pair(Pair::of(flow))
    }

    /// Whether a flow of those bits may be marked.
    #[inline]
    pub(super) fn has_pair(&self, pair: Pair) -> bool {
        self.bits.get(pair.first()) && self.more.get(pair.second())
    }

    /// Whether so many are marked that to tell the others from them saves nothing.
    pub fn are_many(&self) -> bool {
        self.bits.count() > Bits::COUNT / 4
    }
}

/// How many flows there were: linear counting (Whang, Vander-Zanden and Taylor, ACM TODS 15(2), 1990). Up to five million flows the standard
/// error is below two in a thousand; ten million are told within two in a hundred, and fifteen million are the most that it can tell.
#[derive(Clone, Debug)]
pub struct Sketch(Bits);

impl Sketch {
    /// No flow.
    #[expect(clippy::new_without_default, reason = "it takes memory")]
    pub fn new() -> Self {
        Self(Bits::new())
    }

    /// Counts a flow, once.
    #[inline]
    pub fn add(&mut self, flow: Flow) {
        self.add_pair(Pair::of(flow));
    }

    /// Counts a flow of those bits, once.
    #[inline]
    pub(super) fn add_pair(&mut self, pair: Pair) {
        self.0.set(pair.first());
    }

    /// Takes over what another part of the capture counted.
    pub fn join(&mut self, other: &Self) {
        self.0.join(&other.0);
    }

    /// How many flows there were here and in another part of the capture, more or less.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate between nought and some million"
    )]
    pub fn estimate_with(&self, other: Option<&Self>) -> u64 {
        let all = Bits::COUNT as f64;
        let taken = match other {
            Some(other) => self.0.count_with(&other.0),
            None => self.0.count(),
        };
        let free = (Bits::COUNT - taken).max(1) as f64;
        (all * (all / free).ln()).round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(n: u32) -> Flow {
        Flow::between_v4((n, 40_000), (0x0a00_0001, 443))
    }

    #[test]
    fn flows_are_counted_within_a_hundredth() {
        for count in [1_u32, 1_000, 300_000, 3_000_000] {
            let mut sketch = Sketch::new();
            for n in 0..count {
                sketch.add(flow(n));
                sketch.add(flow(n / 2));
            }
            let off = sketch.estimate_with(None).abs_diff(u64::from(count));
            assert!(off <= u64::from(count) / 100, "{count}: off by {off}");
        }
    }

    #[test]
    fn hardly_any_flow_shares_the_marks_of_many() {
        let mut marks = Marks::new();
        (0..100_000).for_each(|n| marks.set(flow(n)));
        assert!((0..100_000).all(|n| marks.has(flow(n))));
        let others = 100_000..1_100_000;
        let shared = others.filter(|n| marks.has(flow(*n))).count();
        assert!(shared < 5_000, "of a million {shared}"); // By one bit alone it were 46,000.
    }
}
