//! How other tools name a connection: a display filter, a Community ID, and what it was wrapped in.

use crate::case::ConnectionId;
use crate::tcp::{Encapsulation, Layer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

/// A display filter for Wireshark and tshark that shows the connection in both directions.
pub fn wireshark_filter(id: &ConnectionId) -> String {
    let (client, server) = (id.client, id.server);
    let field = if client.is_ipv4() { "ip" } else { "ipv6" };
    let mut text = format!(
        "{field}.addr=={} && {field}.addr=={} && tcp.port=={} && tcp.port=={}",
        client.ip(),
        server.ip(),
        client.port(),
        server.port()
    );
    for layer in id.encapsulation.layers() {
        let (field, value) = match layer {
            Layer::Vlan(vlan) => ("vlan.id", u32::from(vlan)),
            Layer::ServiceVlan(vlan) => ("ieee8021ad.id", u32::from(vlan)),
            Layer::Service(service) => ("ieee8021ah.isid", service),
            Layer::Pppoe(session) => ("pppoe.session_id", u32::from(session)),
            Layer::Vxlan(network) => ("vxlan.vni", network),
            Layer::Geneve(network) => ("geneve.vni", network),
            // Its dissector shows the whole key of NVGRE, of which this may be a part; the others are one direction's own.
            Layer::Gre(_) | Layer::Mpls(_) | Layer::Gtp(_) | Layer::L2tp(_) | Layer::Erspan(_) => {
                continue;
            }
        };
        let _ = write!(text, " && {field}=={value}"); // Writing to a String cannot fail.
    }
    text
}

/// The wrappings in words: those that tell connections apart, then the others, each outermost first.
pub fn encapsulation(encapsulation: Encapsulation) -> Vec<String> {
    let word = |layer| match layer {
        Layer::Vlan(vlan) => format!("VLAN {vlan}"),
        Layer::ServiceVlan(vlan) => format!("service VLAN {vlan}"),
        Layer::Service(service) => format!("PBB service {service}"),
        Layer::Pppoe(session) => format!("PPPoE session {session}"),
        Layer::Vxlan(network) => format!("VXLAN {network}"),
        Layer::Geneve(network) => format!("Geneve {network}"),
        Layer::Gre(key) => format!("GRE key {key}"),
        Layer::Mpls(label) => format!("MPLS label {label}"),
        Layer::Gtp(endpoint) => format!("GTP-U endpoint {endpoint:#010x}"),
        Layer::L2tp(session) => format!("L2TP session {session}"),
        Layer::Erspan(session) => format!("ERSPAN session {session}"),
    };
    encapsulation
        .layers()
        .chain(encapsulation.one_way())
        .map(word)
        .collect()
}

/// Community ID version 1 with seed 0, by its specification: SHA-1 over seed, addresses, protocol, a zero byte and ports, the
/// smaller end first, in Base64 behind `1:`.
pub fn community_id(one: SocketAddr, other: SocketAddr) -> String {
    let (low, high) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    for end in [low, high] {
        match end.ip() {
            IpAddr::V4(address) => hash.update(address.octets()),
            IpAddr::V6(address) => hash.update(address.octets()),
        }
    }
    hash.update([TCP, 0]);
    for end in [low, high] {
        hash.update(end.port().to_be_bytes());
    }
    format!("1:{}", STANDARD.encode(hash.finalize()))
}

/// TCP's number among the IP protocols.
const TCP: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_community_id_is_that_of_the_reference_implementation() {
        let (one, other) = (at("128.232.110.120:34855"), at("66.35.250.204:80"));
        assert_eq!(community_id(one, other), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(community_id(other, one), community_id(one, other));
    }

    #[test]
    fn a_filter_names_both_ends_and_the_vlan() {
        let mut id = ConnectionId {
            client: at("10.0.0.1:40000"),
            server: at("10.0.0.2:80"),
            encapsulation: Encapsulation::default(),
            roles_known: true,
        };
        id.encapsulation.push(Layer::Vlan(7));
        assert_eq!(
            wireshark_filter(&id),
            "ip.addr==10.0.0.1 && ip.addr==10.0.0.2 && tcp.port==40000 && tcp.port==80 && vlan.id==7"
        );
        assert_eq!(encapsulation(id.encapsulation), ["VLAN 7"]);
        // A provider's tag is a protocol of its own there.
        id.encapsulation = Encapsulation::default();
        id.encapsulation.push(Layer::ServiceVlan(100));
        id.encapsulation.push(Layer::Vlan(7));
        assert!(wireshark_filter(&id).ends_with(" && ieee8021ad.id==100 && vlan.id==7"));
        let words = encapsulation(id.encapsulation);
        assert_eq!(words, ["service VLAN 100", "VLAN 7"]);
        id.client = at("[2001:db8::1]:40000");
        assert!(wireshark_filter(&id).starts_with("ipv6.addr==2001:db8::1 && "));
    }
}
