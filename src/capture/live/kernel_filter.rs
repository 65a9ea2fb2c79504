//! What the kernel lets through: what may hold TCP, or an ICMP error about it, in any wrapping that is decoded; and of that what the user wants.
//!
//! Everything else would only fill the buffer. The user's expression stands first: behind its `vlan` or `mpls` the rest is looked for inside.

use pcap::{Active, BpfProgram, Capture};

/// Sets the filter of an interface; `user` is an expression of pcap-filter's syntax.
///
/// # Errors
///
/// When the user's expression makes no sense on this link, in libpcap's words.
pub(super) fn set(capture: &mut Capture<Active>, user: Option<&str>) -> Result<(), String> {
    if let Some(user) = user {
        compile(capture, user)?;
    }
    // Not every link has tags and types; what it cannot have is left out.
    let candidates = [tagged(), typed(), IP.to_owned()];
    let joined = candidates.into_iter().map(|ours| match user {
        Some(user) => format!("({user}) and ({ours})"),
        None => ours,
    });
    let fitting = joined
        .into_iter()
        .find(|filter| compile(capture, filter).is_ok());
    // A link on which not even IP makes sense is taken as it is: decoding skips what it does not know.
    match fitting.as_deref().or(user) {
        Some(filter) => capture.filter(filter, true).map_err(words),
        None => Ok(()),
    }
}

fn compile(capture: &Capture<Active>, expression: &str) -> Result<BpfProgram, String> {
    capture.compile(expression, true).map_err(words)
}

fn words(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(words) => words,
        other => other.to_string(),
    }
}

/// Also what stands behind one tag or two. Each `vlan` moves what follows it in the expression, so the deeper ones come last.
fn tagged() -> String {
    let typed = typed();
    format!("{typed} or (vlan and ({typed} or (vlan and ({typed}))))")
}

/// Also frames of other types that wrap IP: MPLS, `PPPoE`, PPP, provider backbones, bridge ports, fabrics, NSH, bridged frames, LLC.
fn typed() -> String {
    const TYPES: [u16; 11] = [
        0x8847, 0x8848, 0x8864, 0x880b, 0x88e7, 0x893f, 0x8926, 0x8903, 0x894f, 0x6558, 0x8870,
    ];
    let types = TYPES.map(|number| format!("ether proto {number:#x}"));
    format!("{IP} or {}", types.join(" or "))
}

/// TCP; ICMP errors; IPv6 with extension headers, which may lead to TCP; authenticated packets; tunnels by protocol and by port, as
/// decoding knows them.
const IP: &str = "tcp \
    or (icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12)) \
    or (ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 51 or ip6[6] = 60 or ip6[6] = 135)) \
    or (icmp6 and ip6[40] < 128) \
    or ip proto 51 or proto 4 or proto 41 or proto 47 or proto 97 or proto 137 \
    or (udp and (port 4789 or port 8472 or port 4790 or port 6081 or port 2152 or port 3544 or port 1701 or port 5247 or port 5072))";

#[cfg(test)]
mod tests {
    use super::*;
    use pcap::Linktype;

    fn passes(filter: &str, link: i32, frame: &[u8]) -> bool {
        let dead = Capture::dead(Linktype(link)).unwrap();
        dead.compile(filter, true).unwrap().filter(frame)
    }

    fn frame(tags: &[u16], kind: u16, rest: &[u8]) -> Vec<u8> {
        let mut frame = vec![2; 12];
        for tag in tags {
            frame.extend(tag.to_be_bytes());
            frame.extend([0, 7]);
        }
        frame.extend(kind.to_be_bytes());
        frame.extend(rest);
        frame.resize(frame.len() + 64, 0);
        frame
    }

    fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![
            0x45, 0, 0, 60, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        packet.extend(payload);
        packet
    }

    #[test]
    fn tcp_and_what_may_wrap_it_passes_and_all_else_stays_out() {
        let filter = tagged();
        let udp = |port: u16| [&[4, 0][..], &port.to_be_bytes()].concat();
        let mut ipv6 = vec![0x60, 0, 0, 0, 0, 20, 6, 64];
        ipv6.resize(40, 1);
        let mut extended = ipv6.clone();
        extended[6] = 60;
        for (expected, what, frame) in [
            (true, "TCP", frame(&[], 0x800, &ipv4(6, &[]))),
            (
                true,
                "TCP behind a tag",
                frame(&[0x8100], 0x800, &ipv4(6, &[])),
            ),
            (
                true,
                "TCP behind two",
                frame(&[0x88a8, 0x8100], 0x800, &ipv4(6, &[])),
            ),
            (true, "TCP on IPv6", frame(&[], 0x86dd, &ipv6)),
            (true, "destination options", frame(&[], 0x86dd, &extended)),
            (true, "MPLS", frame(&[], 0x8847, &[0, 0, 1, 64])),
            (true, "VXLAN", frame(&[], 0x800, &ipv4(17, &udp(4789)))),
            (
                true,
                "GRE behind a tag",
                frame(&[0x8100], 0x800, &ipv4(47, &[])),
            ),
            (
                true,
                "port unreachable",
                frame(&[], 0x800, &ipv4(1, &[3, 3])),
            ),
            (false, "a ping", frame(&[], 0x800, &ipv4(1, &[8, 0]))),
            (false, "DNS", frame(&[], 0x800, &ipv4(17, &udp(53)))),
            (false, "ARP", frame(&[], 0x806, &[0, 1])),
            (
                false,
                "DNS behind a tag",
                frame(&[0x8100], 0x800, &ipv4(17, &udp(53))),
            ),
        ] {
            assert_eq!(passes(&filter, 1, &frame), expected, "{what}");
        }
        // Raw IP has neither tags nor types.
        assert!(passes(IP, 12, &ipv4(6, &[0; 20])));
    }
}
