"""TCP segments as bytes: read them from capture files and frames, and build frames that no host has sent.

Reads classic pcap files of link types Ethernet, Linux cooked v1 and v2, and raw IP; IPv4 and IPv6. Builds IPv4 only.
"""

import socket
import struct
from dataclasses import dataclass

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
IP_AT = {1: 14, 113: 16, 276: 20, 101: 0, 12: 0}  # link type -> length of its header


@dataclass
class Segment:
    """One TCP segment; `number` and `time` are 0 when it came from the wire and not from a file."""

    src: str
    dst: str
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    ttl: int
    ident: int
    tos: int
    options: bytes
    payload: bytes
    length: int  # of the payload as the IP header tells it, even where the file holds less
    number: int = 0
    time: float = 0.0

    @property
    def sender(self):
        return end(self.src, self.sport)

    @property
    def receiver(self):
        return end(self.dst, self.dport)

    def has(self, flags):
        return self.flags & flags == flags

    @property
    def timestamps(self):
        """(TSval, TSecr), or None."""
        at, o = 0, self.options
        while at < len(o) and o[at]:
            if o[at] == 1:
                at += 1
            elif at + 1 >= len(o) or o[at + 1] < 2:
                return None
            elif o[at] == 8:
                return struct.unpack("!II", o[at + 2 : at + 10])
            else:
                at += o[at + 1]
        return None


def end(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def parse(packet):
    """The TCP segment in an IP packet, or None. Extension headers and fragments are not followed."""
    if len(packet) < 40:
        return None
    if packet[0] >> 4 == 4 and packet[9] == 6:
        at, total = (packet[0] & 15) * 4, struct.unpack("!H", packet[2:4])[0]
        src, dst = (socket.inet_ntop(socket.AF_INET, packet[a : a + 4]) for a in (12, 16))
        ttl, ident, tos = packet[8], struct.unpack("!H", packet[4:6])[0], packet[1]
    elif packet[0] >> 4 == 6 and packet[6] == 6:
        at, total = 40, 40 + struct.unpack("!H", packet[4:6])[0]
        src, dst = (socket.inet_ntop(socket.AF_INET6, packet[a : a + 16]) for a in (8, 24))
        ttl, ident, tos = packet[7], 0, (packet[0] & 15) << 4 | packet[1] >> 4
    else:
        return None
    if len(packet) < at + 20:
        return None
    sport, dport, seq, ack, offset, flags, window = struct.unpack("!HHIIBBH", packet[at : at + 16])
    data = at + (offset >> 4) * 4
    if total == 0:  # a segment larger than IP can say, made by offloading
        total = len(packet)
    return Segment(src, dst, sport, dport, seq, ack, flags, window, ttl, ident, tos, packet[at + 20 : data], packet[data:total], max(0, total - data))


def in_frame(frame):
    """The TCP segment in an untagged Ethernet frame, or None."""
    return parse(frame[14:]) if frame[12:14] in (b"\x08\x00", b"\x86\xdd") else None


def segments(path):
    """Every TCP segment of a capture file, in order."""
    with open(path, "rb") as f:
        head = f.read(24)
        order = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        unit = 1e-9 if head[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
        skip, number = IP_AT[struct.unpack(order + "I", head[20:24])[0] & 0xFFFF], 0
        while len(header := f.read(16)) == 16:
            seconds, part, kept, _ = struct.unpack(order + "IIII", header)
            record, number = f.read(kept), number + 1
            if s := parse(record[skip:]):
                s.number, s.time = number, seconds + part * unit
                yield s


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def packet(src, dst, sport, dport, seq, ack, flags, window=0, ttl=64, ident=0, tos=0, options=b"", payload=b"", whole=True):
    """An IPv4 packet with one TCP segment and right checksums; `whole` sets the don't-fragment bit."""
    options += b"\0" * (-len(options) % 4)
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, (20 + len(options)) << 2, flags, window, 0, 0) + options + payload
    ends = socket.inet_aton(src) + socket.inet_aton(dst)
    tcp = tcp[:16] + struct.pack("!H", checksum(ends + struct.pack("!HH", 6, len(tcp)) + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(tcp), ident, 0x4000 * whole, ttl, 6, 0) + ends
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp


def stamps(value, echo):
    """The timestamps option, padded as Linux pads it."""
    return b"\x01\x01\x08\x0a" + struct.pack("!II", value % 2**32, echo % 2**32)
