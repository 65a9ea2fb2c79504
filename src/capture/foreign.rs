//! Files that are often mistaken for captures we read, known by their first bytes: so that the message can name the converter.

use super::error::Fault;

const EDITCAP: &str = "convert it with: editcap -F pcapng FILE OUT.pcapng";

/// First bytes, what begins so, and what turns it into something that is read.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (
        &[0x1f, 0x8b],
        "gzip-compressed once more",
        "decompress it with: gzip -dc FILE > OUT",
    ),
    (
        &[0x28, 0xb5, 0x2f, 0xfd],
        "zstd-compressed once more",
        "decompress it with: zstd -dc FILE > OUT",
    ),
    (
        &[0xfd, b'7', b'z', b'X', b'Z', 0],
        "xz-compressed",
        "decompress it with: xz -dc FILE > OUT",
    ),
    (
        &[0x04, 0x22, 0x4d, 0x18],
        "lz4-compressed",
        "decompress it with: lz4 -dc FILE > OUT",
    ),
    (
        b"BZh",
        "bzip2-compressed",
        "decompress it with: bzip2 -dc FILE > OUT",
    ),
    (b"PK\x03\x04", "a zip archive", "unpack it with: unzip FILE"),
    (b"snoop\0\0\0", "a snoop capture", EDITCAP),
    (b"RTSS", "a Microsoft Network Monitor 1 capture", EDITCAP),
    (b"GMBU", "a Microsoft Network Monitor 2 capture", EDITCAP),
    (b"\x7fver", "a Peek capture", EDITCAP),
    (b"TRSNIFF data", "a Sniffer capture", EDITCAP),
    (b"XCP\0", "a NetXRay capture", EDITCAP),
    (b"iptrace ", "an iptrace capture", EDITCAP),
    (&[0x1c, 0x00, 0x01, 0xac], "an Ixia capture", EDITCAP),
    (&[0xac, 0x01, 0x00, 0x1c], "an Ixia capture", EDITCAP),
    (&[0x1c, 0x00, 0x01, 0xab], "an Ixia capture", EDITCAP),
    (&[0xab, 0x01, 0x00, 0x1c], "an Ixia capture", EDITCAP),
];

/// What a file that is neither pcap nor pcapng is, judged by its first bytes; at best 24 of them.
pub(super) fn recognise(first: &[u8]) -> Option<Fault> {
    if let Some(&(_, format, convert)) = KNOWN.iter().find(|(magic, ..)| first.starts_with(magic)) {
        return Some(Fault::Foreign { format, convert });
    }
    let is_text = |byte: &u8| byte.is_ascii_graphic() || b" \t\r\n".contains(byte);
    if first.len() >= TEXT && first.iter().all(is_text) {
        return Some(Fault::Foreign {
            format: "text",
            convert: "if it is a hexadecimal dump, convert it with: text2pcap FILE OUT.pcap",
        });
    }
    looks_like_erf(first).then_some(Fault::Foreign {
        format: "probably an ERF capture",
        convert: EDITCAP,
    })
}

/// ERF has no magic. Its first record begins with a time (seconds in bytes 4..8, little-endian), a type (byte 8, upper bit aside) and its
/// own length (bytes 10..12, big-endian), which covers the 16 bytes of its header.
fn looks_like_erf(first: &[u8]) -> bool {
    let [_, _, _, _, s0, s1, s2, s3, kind, _, l0, l1, ..] = *first else {
        return false;
    };
    (SINCE..UNTIL).contains(&u32::from_le_bytes([s0, s1, s2, s3]))
        && (1..=ERF_TYPES).contains(&(kind & 0x7f))
        && u16::from_be_bytes([l0, l1]) >= 16
}

/// Bytes that must be printable before a file is called text; chosen.
const TEXT: usize = 16;
/// The years 1996 to 2050, in seconds: when an ERF file may have been written; chosen.
const SINCE: u32 = 820_000_000;
const UNTIL: u32 = 2_524_000_000;
/// The highest ERF record type in use (Endace's list).
const ERF_TYPES: u8 = 48;
