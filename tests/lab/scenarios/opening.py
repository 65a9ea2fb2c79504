"""Resets while a connection is being opened."""

import socket
import struct
import time

import wire
from network import Relay, answer
from talk import abort, dial, listener, request, response, scenario, tried, until
from truth import Expect


@scenario(Expect("port-closed", port=7311), Expect("firewall-reject", port=7312))
def tos_of_rst(net):
    """The SYNs carry DSCP 18. The kernel copies it into its refusal; the server's own packet filter, which refuses the next port, does not."""
    net.inside("server", "nft 'add table t; add chain t i { type filter hook input priority 0; }; add rule t i tcp dport 7312 reject with tcp reset'")

    def client():
        marked = [(socket.IPPROTO_IP, socket.IP_TOS, 0x48)]
        return [tried(dial, net.server4, port, None, 3, marked) for port in (7311, 7312, 7311, 7312)]

    return {"client": net.at("client", client).result()}


@scenario(Expect("firewall-reject", also=("port-closed",), undecidable=True))
def iptables_reject_syn(net):
    """The server's own packet filter refuses the SYN with a TCP reset that equals the kernel's in every byte; a neighbouring port answers."""
    net.inside("server", "iptables -A INPUT -p tcp --dport 2375 -j REJECT --reject-with tcp-reset")

    def server():
        with listener(net.server4, 2376) as s:
            a, _ = s.accept()
            a.recv(10)
            a.close()

    def client():
        with dial(net.server4, 2376) as s:
            s.send(b"hello")
            time.sleep(0.1)
        return [tried(dial, net.server4, 2375), tried(dial, net.server4, 2375)]

    net.at("server", server)
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


class SlowSix(Relay):
    """IPv6 towards the client is held back by 0.6 s."""

    def pass_on(self, frame, outward, now):
        return [(0.6 if frame[12:14] == b"\x86\xdd" and not outward and frame[20] == 6 else self.delay, outward, frame)]


@scenario(Expect("half-open-probe", by="client"), relay=SlowSix)
def happy_eyeballs_loser(net):
    """The client dials over IPv6, then after 250 ms over IPv4, which wins; it closes the other attempt, whose SYN-ACK comes later."""

    def server():
        four, six = listener(net.server4, 8443), listener(net.server6, 8443)
        a, _ = four.accept()
        until(a)
        a.send(response())
        a.close()
        time.sleep(1.5)
        six.close()

    def client():
        six = socket.socket(socket.AF_INET6)
        six.setblocking(False)
        six.connect_ex((net.server6, 8443))
        time.sleep(0.25)
        four = dial(net.server4, 8443)
        six.close()
        four.send(request())
        got = tried(until, four)
        four.close()
        return got

    net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    r = c.result()
    time.sleep(1)
    return {"client": r}


@scenario(Expect("handshake-state-lost", by="server", reason="INVALID_SYN"), Expect("port-closed", undecidable=True, by="server", reason="NO_SOCKET"))
def second_syn_in_syn_recv(net):
    """A second SYN with another first number meets a request whose SYN-ACK is still unanswered, as after a NAT gave a port away twice."""
    net.inside("client", "nft 'add table t; add chain t i { type filter hook input priority 0; }; add rule t i tcp sport 8020 drop'")

    def client():
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        for seq, pause in ((7_000_000, 0.3), (7_000_900, 0.4)):
            s.sendto(wire.packet(net.client4, net.server4, 41820, 8020, seq, 0, wire.SYN, 64240, options=b"\x02\x04\x05\xb4"), (net.server4, 0))
            time.sleep(pause)

    keep = net.at("server", lambda: [listener(net.server4, 8020), time.sleep(3)][1:])
    time.sleep(0.2)
    net.at("client", client).result()
    keep.kill()
    return {}


@scenario(Expect("handshake-state-lost", by="server", reason="TCP_FLAGS", also=("accept-queue-abort",)), Expect("listener-closed", by="server", reason="TCP_STATE", also=("unread-data-close",), undecidable=True),
          relay=lambda: Relay(0.06))
def reuseport_handshake_lost(net):
    """Four processes listen on one port with SO_REUSEPORT; three close while the last ACKs of twelve handshakes are on their way; the fourth never accepts and closes later."""

    def server():
        group = [listener(net.server4, 9092, 64, True) for _ in range(4)]
        time.sleep(0.38)
        for s in group[:3]:
            s.close()
        time.sleep(1.5)

    def client():
        time.sleep(0.28)
        tries = []
        for _ in range(12):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((net.server4, 9092))
            tries.append(s)
        time.sleep(0.5)
        return [tried(s.send, b"metadata?") for s in tries]

    s = net.at("server", server)
    c = net.at("client", client)
    return {"client": c.result(), "server": s.result()}


class WrongEcho(Relay):
    """Rewrites the echoed timestamp of SYN-ACKs, as a broken accelerator does."""

    def pass_on(self, frame, outward, now):
        s = wire.in_frame(frame)
        if s and s.has(wire.SYN | wire.ACK) and s.timestamps:
            value, _ = s.timestamps
            at = s.options.index(b"\x08\x0a")
            options = s.options[: at + 2] + struct.pack("!II", value, 77) + s.options[at + 10 :]
            p = wire.packet(s.src, s.dst, s.sport, s.dport, s.seq, s.ack, s.flags, s.window, s.ttl, s.ident, s.tos, options)
            frame = frame[:14] + p
        return [(self.delay, outward, frame)]


@scenario(Expect("synack-rejected", by="client", again=True), relay=WrongEcho, points=("client",))
def synack_bad_tsecr(net):
    """A box on the path rewrites timestamps: the SYN-ACK echoes one that the client never sent, and so it does each time."""
    keep = net.at("server", lambda: [listener(net.server4, 8009), time.sleep(6)][1:])
    time.sleep(0.2)
    r = net.at("client", lambda: tried(dial, net.server4, 8009, None, 3.4)).result()
    keep.kill()
    return {"client": r}


@scenario(Expect("stale-tuple-syn", by="client"))
def syn_to_time_wait(net):
    """The server closed first and holds TIME_WAIT; a raw SYN of the same ports with an older number gets an ACK, which the client's kernel resets."""

    def server():
        with listener(net.server4, 8013) as s:
            a, _ = s.accept()
            a.recv(100)
            a.close()
            time.sleep(1.5)

    def first_number():  # the connection's own first number, read from the wire
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        while True:
            p = wire.in_frame(s.recv(2000))
            if p and p.has(wire.SYN) and p.dport == 8013:
                return p.seq

    net.at("server", server)
    sniffed = net.at("client", first_number)
    time.sleep(0.2)

    def client():
        s = dial(net.server4, 8013, (net.client4, 42013))
        first = sniffed.result(2)
        s.send(b"bye")
        s.recv(10)
        s.close()
        time.sleep(0.3)
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        raw.sendto(wire.packet(net.client4, net.server4, 42013, 8013, first - 5000, 0, wire.SYN, 64240, options=b"\x02\x04\x05\xb4"), (net.server4, 0))
        time.sleep(0.4)

    return {"client": net.at("client", client).result()}


@scenario(Expect("accept-queue-overflow", by="server", reason="TCP_FLAGS"), Expect("listener-closed", by="server", reason="TCP_STATE"),
          server=("net.ipv4.tcp_synack_retries=2", "net.ipv4.tcp_syncookies=0"), relay=lambda: Relay(0.02), limit=60)
def accept_queue_overflow_late_data(net):
    """Five clients on a backlog of two, three of them at the same moment; the server gives up those without room after its SYN-ACKs, and after 9 quiet seconds all speak."""

    def server():
        s = listener(net.server4, 9200, 2)
        time.sleep(13)
        s.close()

    def client():
        burst = [dial(net.server4, 9200) for _ in range(2)]
        time.sleep(0.1)
        for _ in range(3):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((net.server4, 9200))
            burst.append(s)
        time.sleep(9)
        first = [tried(s.send, b"\x00\x00\x00\x10" + b"q" * 700) for s in burst]
        time.sleep(0.4)
        for s in burst:
            s.settimeout(0.1)
        return [first, [tried(s.recv, 10) for s in burst]]

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client).result()
    s.result()
    return {"client": c}


@scenario(Expect("port-closed", by="server"), client=("net.ipv4.tcp_fastopen=1",), server=("net.ipv4.tcp_fastopen=2",))
def fast_open_refused(net):
    """TCP Fast Open: the client has a cookie, the service goes down, and the SYN that carries the request is refused with it."""

    def server():
        s = listener(net.server4, 8530)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 8)
        for _ in range(2):
            a, _ = s.accept()
            until(a)
            a.send(response())
            a.recv(10)
            a.close()
        s.close()

    def ask():
        s = socket.socket()
        try:
            s.sendto(request("/quick?" + "q" * 300), socket.MSG_FASTOPEN, (net.server4, 8530))
            return tried(until, s)
        except OSError as e:
            return e.strerror
        finally:
            s.close()

    def client():
        seen = []
        for _ in range(3):
            seen.append(ask())
            time.sleep(0.4)
        return seen

    net.at("server", server)
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


@scenario(Expect("port-closed", by="server"))
def service_starting(net):
    """A client tries every 300 ms from new ports until the service is up; then all is well."""

    def server():
        time.sleep(1.3)
        with listener(net.server4, 5432) as s:
            a, _ = s.accept()
            until(a)
            a.send(response())
            a.close()

    def client():
        seen = []
        for _ in range(10):
            try:
                with dial(net.server4, 5432) as s:
                    s.send(request())
                    return seen + [tried(until, s)]
            except OSError as e:
                seen.append(e.strerror)
                time.sleep(0.3)
        return seen

    net.at("server", server)
    return {"client": net.at("client", client).result()}


@scenario(Expect("port-closed", by="server", again=True), hand_made=True)
def refused_syn_repeated(net):
    """An initiator that repeats a refused SYN three times at half a second, as Windows does; the refusals are the kernel's."""

    def client():
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        options = b"\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02"
        for i in range(4):
            s.sendto(wire.packet(net.client4, net.server4, 50123, 1433, 3_333_000, 0, wire.SYN, 64240, 128, 9000 + i, options=options), (net.server4, 0))
            time.sleep(0.5)

    net.at("client", client).result()
    return {}


class FullBacklog(Relay):
    """Plays a host at `address` whose first connection is answered and whose later SYNs are reset while that one lives."""

    def __init__(self):
        super().__init__(0.004)
        self.open, self.next = {}, 1_000_000

    def pass_on(self, frame, outward, now):
        s = wire.in_frame(frame)
        if not s or not outward or s.dport != 3389:
            return super().pass_on(frame, outward, now)
        if s.has(wire.RST):
            return []

        def reply(seq, ack, flags, window, ident, payload=b""):
            p = wire.packet(s.dst, s.src, s.dport, s.sport, seq, ack, flags, window, 127, ident, payload=payload)
            return [(0.020, False, answer(frame, p))]

        if s.has(wire.SYN):
            if not self.open:
                self.open[s.sport] = self.next
                return reply(self.next, s.seq + 1, wire.SYN | wire.ACK, 65535, 4100)
            return reply(0, s.seq + 1, wire.RST | wire.ACK, 0, 4200)
        if s.sport in self.open and s.length:
            self.next += 5
            return reply(self.next - 4, s.seq + s.length, wire.PSH | wire.ACK, 65000, 4101, b"go on")
        return []


@scenario(Expect("port-closed", by="server", also=("firewall-reject", "accept-queue-abort"), undecidable=True, again=True), relay=FullBacklog, hand_made=True, points=("client",))
def full_backlog_resets_syn(net):
    """A host of the old Windows kind: one connection is served, and while its backlog is full further SYNs get a reset; same distance, own counter in the IP ID."""

    def client():
        s = dial(net.server4, 3389)
        s.send(b"hello")
        seen = [tried(s.recv, 10)]
        for _ in range(3):
            seen.append(tried(dial, net.server4, 3389, None, 2))
            time.sleep(0.2)
        s.send(b"more!")
        seen.append(tried(s.recv, 10))
        return seen

    return {"client": net.at("client", client).result()}


@scenario(Expect("accept-then-abort", by="server"), relay=lambda: Relay(0.075))
def connection_limit_slow_path(net):
    """A server that takes two clients at a time turns the third away with a reset; 150 ms of round trip, so its request is on the way."""

    def server():
        kept = []
        with listener(net.server4, 6667) as s:
            for _ in range(3):
                a, _ = s.accept()
                if len(kept) == 2:
                    abort(a)
                else:
                    kept.append(a)
            for a in kept:
                until(a, b"\n")
                a.send(b":irc welcome\r\n")
            time.sleep(1)
            for a in kept:
                a.close()

    def client():
        socks = []
        for n in range(3):
            s = dial(net.server4, 6667)
            s.send(b"NICK guest%d\r\n" % n)
            socks.append(s)
        return [[tried(s.recv, 100), tried(s.send, b"x")] for s in socks]

    net.at("server", server)
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


@scenario(Expect("accept-then-abort", by="server"), relay=lambda: Relay(0.045))
def accept_then_close(net):
    """The server closes what it has just accepted, without a word; the greeting of the client crosses the FIN."""

    def server():
        with listener(net.server4, 1883) as s:
            a, _ = s.accept()
            a.close()
            time.sleep(0.6)

    def client():
        s = dial(net.server4, 1883)
        time.sleep(0.02)
        seen = [tried(s.send, b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")]
        seen.append(tried(s.recv, 10))
        time.sleep(0.2)
        seen.append(tried(s.send, b"\xc0\x00"))
        return seen

    net.at("server", server)
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


@scenario(Expect("accept-queue-abort", by="server", reason="INVALID_SYN", also=("handshake-state-lost",)), Expect("listener-closed", by="server"),
          server=("net.ipv4.tcp_abort_on_overflow=1", "net.ipv4.tcp_syncookies=0"), relay=lambda: Relay(0.075))
def accept_queue_abort_slow_path(net):
    """Three fill most of a backlog of three, then four come at once; tcp_abort_on_overflow is on; 150 ms of round trip; those in the queue are served later."""

    def server():
        s = listener(net.server4, 7070, 3)
        time.sleep(1.2)
        s.settimeout(0.2)
        served = 0
        try:
            while True:
                a, _ = s.accept()
                a.settimeout(2)
                until(a, b"?")
                a.send(b"yes")
                a.close()
                served += 1
        except TimeoutError:
            time.sleep(1)
            return served

    def client():
        burst = [dial(net.server4, 7070) for _ in range(3)]
        time.sleep(0.2)
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex((net.server4, 7070))
            burst.append(s)
        time.sleep(0.25)
        for s in burst:
            s.settimeout(3)
        sent = [tried(s.send, b"may I?") for s in burst]
        return [sent, [tried(s.recv, 9) for s in burst]]

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client).result()
    return {"client": c, "served": s.result()}
