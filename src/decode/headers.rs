//! Where the headers of a record end and the payload begins, for whoever must not keep what people said: [`headers_len`].

use super::{Decoded, Inside, Path, Record, decode, icmp, innermost, link};
use crate::tcp::Segment;

/// Captured bytes of a record up to the end of its TCP header, or of the header that an ICMP error quotes: all of them where no payload was
/// captured, or none was found. Of a frame that bundles others, what stands before the first payload in it.
pub fn headers_len(record: &Record<'_>) -> usize {
    before_payload(record, &decode(record)).unwrap_or(record.bytes.len())
}

fn before_payload(record: &Record<'_>, decoded: &Decoded<'_>) -> Option<usize> {
    match decoded {
        Decoded::Segment(segment) => offset(record.bytes, segment.payload),
        Decoded::Several(parts) => parts
            .iter()
            .filter_map(|part| before_payload(record, part))
            .min(),
        Decoded::Quoted(_) => {
            let frame = link::strip(record.link, record.bytes).ok()?;
            let on_wire = frame.bytes.len();
            match innermost(frame, on_wire, &mut Path::default()).ok()? {
                Inside::Packet(error) => offset(record.bytes, icmp::quoted_payload(&error)),
                Inside::Bundle(_) => None,
            }
        }
        Decoded::Skip(_) => None,
    }
}

/// Where in the bytes of `record`, of which `segment` was decoded, its payload begins; `None` where there is none.
pub fn payload_at(record: &Record<'_>, segment: &Segment<'_>) -> Option<usize> {
    offset(record.bytes, segment.payload)
}

/// Where `part` begins within `whole`; `None` for an empty one, which lies nowhere.
fn offset(whole: &[u8], part: &[u8]) -> Option<usize> {
    let from = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (!part.is_empty() && from < whole.len()).then_some(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::{RecordId, Timestamp};
    use crate::testkit::{WRAPPINGS, frames, pcap, tell};

    #[test]
    fn payload_is_found_behind_every_wrapping() {
        let story = tell(
            "0.0 client > server SYN seq 0\n\
             0.1 client > server PSH,ACK seq 1 ack 1 data \"attack at dawn\"",
        );
        for wrapping in WRAPPINGS {
            for frame in frames(pcap(&story)) {
                let frame = frame.wrapped(wrapping);
                let record = Record {
                    id: RecordId::default(),
                    time: Timestamp::default(),
                    link: LinkType(wrapping.link),
                    bytes: &frame.bytes,
                    original_len: u32::try_from(frame.bytes.len()).unwrap(),
                };
                let kept = &frame.bytes[..headers_len(&record)];
                let has = |bytes: &[u8]| bytes.windows(6).any(|part| part == b"attack");
                assert!(!has(kept), "{}", wrapping.name);
                assert_eq!(
                    has(&frame.bytes),
                    kept.len() < frame.bytes.len(),
                    "{}",
                    wrapping.name
                );
            }
        }
    }
}
