//! The options of a TCP header.
//!
//! etherparse has an iterator over options, but it ends at the first kind it does not know, and Multipath TCP, Fast Open and signatures are
//! such; hence this one, which passes over what it does not know by its length (RFC 9293 3.1: every option but the first two has one).

use crate::tcp::{Mptcp, Options, SeqNumber, Timestamps};

/// Reads options of which `seen` were captured and which take `len` bytes in the header, 0..=40.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "measured: decoding takes a fifth longer without"
)]
pub(super) fn read(seen: &[u8], len: usize) -> Options {
    let mut options = Options {
        len: u8::try_from(len).unwrap_or(u8::MAX),
        ..Options::default()
    };
    // As nearly all segments have them: timestamps alone, behind two bytes that align them (RFC 7323 appendix A).
    if let Some(([NO_OPERATION, NO_OPERATION, TIMESTAMPS, 10], stamps)) = seen.split_first_chunk()
        && let Ok(stamps) = stamps.try_into()
    {
        options.timestamps = Some(timestamps(stamps));
        options.complete = seen.len() == len;
        return options;
    }
    let mut rest = seen;
    options.complete = loop {
        match *rest {
            [] => break seen.len() == len,
            [END, ..] => break true,
            [NO_OPERATION, ref behind @ ..] => rest = behind,
            [kind, option_len, ref behind @ ..] => {
                // The length covers kind and length.
                let Some((value, behind)) = usize::from(option_len)
                    .checked_sub(2)
                    .and_then(|value_len| behind.split_at_checked(value_len))
                else {
                    break false;
                };
                note(kind, value, &mut options);
                rest = behind;
            }
            [_] => break false,
        }
    };
    options
}

/// Takes up one option. One whose length is not what its kind requires is passed over, as receivers do.
fn note(kind: u8, value: &[u8], options: &mut Options) {
    match (kind, value) {
        (MAXIMUM_SEGMENT_SIZE, &[high, low]) => {
            options.mss = Some(u16::from_be_bytes([high, low]));
        }
        (WINDOW_SCALE, &[shift]) => options.window_scale = Some(shift.min(LARGEST_SHIFT)),
        (SACK_PERMITTED, []) => options.sack_permitted = true,
        (SACK, blocks) => {
            for block in blocks.as_chunks::<8>().0 {
                let [l0, l1, l2, l3, r0, r1, r2, r3] = *block;
                options.sack.push(
                    SeqNumber::new(u32::from_be_bytes([l0, l1, l2, l3])),
                    SeqNumber::new(u32::from_be_bytes([r0, r1, r2, r3])),
                );
            }
        }
        (TIMESTAMPS, &[v0, v1, v2, v3, e0, e1, e2, e3]) => {
            options.timestamps = Some(timestamps([v0, v1, v2, v3, e0, e1, e2, e3]));
        }
        (MD5 | AO, _) => options.signed = true,
        (MPTCP, &[first, ref further @ ..]) => {
            let said = mptcp(first, further);
            // Several may share a header; the one that ends something is the one a reset is judged by.
            if !matches!(options.mptcp, Some(Mptcp::Reset { .. } | Mptcp::FastClose)) {
                options.mptcp = Some(said);
            }
        }
        _ => {}
    }
}

fn timestamps([v0, v1, v2, v3, e0, e1, e2, e3]: [u8; 8]) -> Timestamps {
    Timestamps {
        value: u32::from_be_bytes([v0, v1, v2, v3]),
        echo: u32::from_be_bytes([e0, e1, e2, e3]),
    }
}

/// RFC 8684 3: the subtype is the upper half of the first byte.
fn mptcp(first: u8, further: &[u8]) -> Mptcp {
    match (first >> 4, further) {
        (1, _) => Mptcp::Join,
        (7, _) => Mptcp::FastClose,
        // RFC 8684 3.6: flags U, V, W and T, then the reason.
        (8, &[reason]) => Mptcp::Reset {
            reason,
            transient: first & 1 != 0,
        },
        (subtype, _) => Mptcp::Other(subtype),
    }
}

// Kinds, by the registry of TCP option kind numbers at iana.org.
const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMPS: u8 = 8;
const MD5: u8 = 19;
const AO: u8 = 29;
const MPTCP: u8 = 30;
/// RFC 7323 2.3: a larger shift count is taken for this.
const LARGEST_SHIFT: u8 = 14;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::SackBlocks;

    fn read_whole(bytes: &[u8]) -> Options {
        read(bytes, bytes.len())
    }

    #[test]
    fn a_syn_of_linux_gives_all_it_says() {
        let options = read_whole(&[
            2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7,
        ]);
        assert_eq!(
            options,
            Options {
                mss: Some(1460),
                window_scale: Some(7),
                sack_permitted: true,
                timestamps: Some(Timestamps { value: 7, echo: 9 }),
                len: 20,
                complete: true,
                ..Options::default()
            }
        );
    }

    #[test]
    fn what_follows_an_unknown_option_is_read() {
        let options = read_whole(&[34, 4, 1, 2, 253, 3, 9, 1, 2, 4, 0x02, 0x18]);
        assert_eq!(options.mss, Some(536));
        assert!(options.complete);
    }

    #[test]
    fn ranges_differ_by_their_edges_and_their_order() {
        let read = |edges: &[u32]| {
            let mut bytes = vec![1, 1, 5, 2 + 4 * u8::try_from(edges.len()).unwrap()];
            bytes.extend(edges.iter().flat_map(|edge| edge.to_be_bytes()));
            read_whole(&bytes).sack
        };
        let ranges = read(&[300, 400, 100, 200]);
        assert_eq!(ranges.highest(), Some(SeqNumber::new(400)));
        assert_eq!(ranges, read(&[300, 400, 100, 200]));
        for others in [
            &[100, 200, 300, 400][..],
            &[300, 400],
            &[300, 400, 100, 201],
            &[300, 400, 99, 200],
        ] {
            assert_ne!(ranges, read(others), "{others:?}");
        }
        assert_eq!(read(&[]), SackBlocks::default());
        assert!(read(&[]).is_empty() && !ranges.is_empty());
    }

    #[test]
    fn mptcp_says_why_a_subflow_ends() {
        let said = |bytes: &[u8]| read_whole(bytes).mptcp;
        let reset = |reason, transient| Some(Mptcp::Reset { reason, transient });
        assert_eq!(said(&[30, 4, 0x81, 3]), reset(3, true));
        assert_eq!(said(&[30, 4, 0x80, 6]), reset(6, false));
        let fast_close = [30, 12, 0x70, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(said(&fast_close), Some(Mptcp::FastClose));
        let join = [30, 12, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(said(&join), Some(Mptcp::Join));
        assert_eq!(said(&[30, 4, 0x01, 1]), Some(Mptcp::Other(0)));
        assert_eq!(said(&[30, 4, 0x80, 1, 30, 3, 0x20]), reset(1, false));
    }

    #[test]
    fn signatures_of_either_kind_are_seen() {
        assert!(read_whole(&[19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).signed);
        assert!(read_whole(&[29, 4, 1, 2]).signed);
        assert!(!read_whole(&[28, 4, 0, 1]).signed);
    }

    #[test]
    fn cut_and_malformed_options_are_not_complete() {
        let syn = [2, 4, 0x05, 0xb4, 1, 3, 3, 7];
        for cut in 0..syn.len() {
            assert!(!read(&syn[..cut], syn.len()).complete, "cut at {cut}");
        }
        // Behind the end mark there is nothing to miss.
        assert!(read(&[1, 0], 4).complete);
        assert!(!read_whole(&[2, 0, 0, 0]).complete);
        assert!(!read_whole(&[2, 1, 0, 0]).complete);
        assert!(!read_whole(&[1, 1, 1, 2]).complete);
        assert!(read_whole(&[]).complete);
    }

    #[test]
    fn a_shift_beyond_the_largest_is_the_largest() {
        assert_eq!(read_whole(&[3, 3, 200]).window_scale, Some(14));
    }
}
