"""Resets after silence: probes without answer, peers without memory, boxes that forget."""

import socket
import time

import wire
from network import Relay, alongside, answer
from talk import dial, forget, listener, request, response, scenario, tried, until
from truth import Expect

KEEPALIVE = lambda idle, every, count: [  # noqa: E731
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, every), (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, count)]
USER_TIMEOUT = 18


class Cut(Relay):
    """From `after` seconds on (counted from the first TCP frame) nothing passes in the directions given."""

    def __init__(self, delay, after, outward=True, inward=True, heal=None):
        super().__init__(delay)
        self.after, self.cut, self.heal, self.begin = after, {True: outward, False: inward}, heal, None

    def pass_on(self, frame, outward, now):
        if wire.in_frame(frame) and self.begin is None:
            self.begin = now
        age = now - self.begin if self.begin else 0
        if self.cut[outward] and age > self.after and not (self.heal and age > self.heal):
            return []
        return super().pass_on(frame, outward, now)


def hold(net, port, seconds, talk=True):
    """Serves one connection for a while and says nothing more."""

    def server():
        with listener(net.server4, port) as l:
            a, _ = l.accept()
            if talk:
                until(a)
                a.send(response())
            time.sleep(seconds)

    return server


@scenario(Expect("peer-gone", by="server", undecidable=True, also=("lb-idle-timeout", "half-close-expired")))
def peer_rebooted_keepalive_probe(net):
    """The server loses its memory; its service is up again when the client's keep-alive probe comes after 2 s."""

    def server():
        l = listener(net.server4, 9300)
        a, _ = l.accept()
        until(a)
        a.send(response())
        time.sleep(0.5)
        forget(a)
        time.sleep(3)

    def client():
        s = dial(net.server4, 9300, options=KEEPALIVE(2, 1, 4))
        s.send(request())
        until(s)
        s.settimeout(5)
        return [tried(s.recv, 10), tried(s.recv, 10)]

    net.at("server", server)
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


@scenario(Expect("peer-gone", by="server", reason="TCP_FLAGS"), Expect("peer-gone", by="server", reason="NO_SOCKET"))
def server_rebooted_four_clients(net):
    """A server is cut off from its past: four connections forgotten at once, the service back within half a second; each client finds out with its next request."""

    def server():
        l = listener(net.server4, 9301)
        kept = []
        for _ in range(4):
            a, _ = l.accept()
            until(a)
            a.send(response())
            kept.append(a)
        time.sleep(0.5)
        for a in kept:
            forget(a)
        l.close()
        time.sleep(0.5)
        l = listener(net.server4, 9301)
        for _ in range(4):
            a, _ = l.accept()
            until(a)
            a.send(response(b"again"))
            a.close()

    def client():
        conns = [dial(net.server4, 9301) for _ in range(4)]
        for s in conns:
            s.send(request())
            until(s)
        time.sleep(2.2)
        seen = []
        for s in conns:
            s.send(request("/next"))
            seen.append(tried(s.recv, 100))
            with dial(net.server4, 9301) as n:
                n.send(request("/next"))
                seen.append(tried(until, n))
            time.sleep(0.13)
        return seen

    net.at("server", server)
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


@scenario(Expect("keepalive-timeout", by="client", also=("linger-zero-abort",), undecidable=("server",)), relay=lambda: Cut(0.01, 1, outward=False))
def user_timeout_keepalive(net):
    """The way back is cut; keep-alive probes each second go unanswered and TCP_USER_TIMEOUT of 4 s ends the connection; the server gets that reset."""

    def client():
        s = dial(net.server4, 9302, options=KEEPALIVE(2, 1, 9) + [(socket.IPPROTO_TCP, USER_TIMEOUT, 4000)])
        s.send(request())
        until(s)
        s.settimeout(15)
        return tried(s.recv, 10)

    net.at("server", hold(net, 9302, 12))
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


@scenario(Expect("keepalive-timeout", by="client"), relay=lambda: Cut(0.075, 1.2), limit=60)
def dead_host_long_path(net):
    """150 ms of round trip; the path dies altogether; four keep-alive probes 2 s apart go unanswered."""

    def client():
        s = dial(net.server4, 9303, options=KEEPALIVE(3, 2, 4))
        s.send(request())
        until(s)
        s.settimeout(20)
        return tried(s.recv, 10)

    net.at("server", hold(net, 9303, 15))
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


@scenario(Expect("peer-gone", by="client", also=("orphan-abort",)), relay=lambda: Cut(0.01, 1, inward=False, heal=7), client=("net.ipv4.tcp_retries2=3",))
def retransmission_timeout(net):
    """The client's data is lost; after a few repeats its kernel gives up without a word; later the server speaks and finds nobody."""

    def server():
        with listener(net.server4, 9304) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            time.sleep(8)
            a.send(b"event: tick\n\n")
            time.sleep(0.3)
            return tried(a.recv, 10)

    def client():
        s = dial(net.server4, 9304)
        s.send(request())
        until(s)
        time.sleep(1.2)
        s.send(request("/lost"))
        s.settimeout(12)
        seen = tried(s.recv, 10)
        s.close()
        time.sleep(3)
        return seen

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    r = c.result()
    return {"client": r, "server": s.result(5)}


@scenario(Expect("orphan-abort", by="client", also=("peer-gone",)), snaplen=120, client=("net.ipv4.tcp_orphan_retries=2",), relay=lambda: Cut(0.01, 1.2, heal=8), limit=60)
def orphan_zero_window(net):
    """The client closes with data that the server's closed window keeps back; its probes are lost on the way, its kernel gives up silently, and the server's later window update meets nobody."""

    def server():
        l = socket.socket()
        l.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        l.bind((net.server4, 9305))
        l.listen(2)
        a, _ = l.accept()
        time.sleep(9)
        got = 0
        try:
            while part := a.recv(4096):
                got += len(part)
                time.sleep(0.02)
        except OSError as e:
            return [got > 0, e.strerror]

    def client():
        s = dial(net.server4, 9305)
        s.setblocking(False)
        sent = 0
        try:
            while sent < 400_000:
                sent += s.send(b"w" * 10_000)
        except BlockingIOError:
            pass
        time.sleep(0.3)
        s.close()
        time.sleep(10.5)
        return sent > 0

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client).result()
    return {"client": c, "server": s.result(8)}


class Balancer(Relay):
    """Forgets a flow that is idle for `idle` seconds and answers its next segments with resets."""

    def __init__(self, idle, delay=0.008):
        super().__init__(delay)
        self.idle, self.last, self.dead = idle, {}, set()

    def pass_on(self, frame, outward, now):
        s = wire.in_frame(frame)
        if s:
            flow = frozenset((s.sender, s.receiver))
            if now - self.last.get(flow, now) > self.idle:
                self.dead.add(flow)
            self.last[flow] = now
            if flow in self.dead:
                reset = wire.packet(s.dst, s.src, s.dport, s.sport, s.ack, 0, wire.RST, ttl=253)
                return [] if s.has(wire.RST) else [(0.0002, not outward, answer(frame, reset))]
        return super().pass_on(frame, outward, now)


class Both(Relay):
    """A balancer that resets both ends `idle` seconds after the server's answer; until then everything passes."""

    def __init__(self, idle, delay=0.008):
        super().__init__(delay)
        self.idle, self.request = idle, None

    def pass_on(self, frame, outward, now):
        s, out = wire.in_frame(frame), super().pass_on(frame, outward, now)
        if s and s.length and outward:
            self.request = (frame, s)
        elif s and s.length and self.request:
            f, q = self.request
            a, b, self.request = s.seq + s.length, q.seq + q.length, None
            reset = lambda x, seq, ack, ident: wire.packet(x.src, x.dst, x.sport, x.dport, seq, ack, wire.RST | wire.ACK, 512, 60, ident)  # noqa: E731
            out.append((self.idle, False, alongside(frame, reset(s, a, b, 4711))))
            out.append((self.idle + 0.0003, True, alongside(f, reset(q, b, a, 4712))))
        return out


@scenario(Expect("lb-idle-timeout", again=True), relay=lambda: Both(32), hand_made=True, limit=70)
def lb_idle_reset_both_ways(net):
    """A balancer tells both ends by a reset when a connection has been idle for 32 s."""

    def server():
        with listener(net.server4, 9306) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            return tried(a.recv, 10)

    def client():
        s = dial(net.server4, 9306, patience=40)
        s.send(request())
        until(s)
        return tried(s.recv, 10)

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client).result()
    return {"client": c, "server": s.result(5)}


@scenario(Expect("lb-idle-timeout", reason="none", also=("peer-gone",)), relay=lambda: Balancer(31), hand_made=True, limit=70)
def lb_forgets_three_flows(net):
    """Three connections rest for 12, 33 and 40 s behind a balancer that forgets after 31 s: the first is answered, the others get its reset."""

    def server():
        l = listener(net.server4, 9307)
        kept = [l.accept()[0] for _ in range(3)]
        for a in kept:
            until(a)
            a.send(response())
        until(kept[0])
        kept[0].send(response())
        time.sleep(32)

    def client():
        conns = [dial(net.server4, 9307) for _ in range(3)]
        for s in conns:
            s.send(request())
            until(s)
        begin, seen = time.monotonic(), []
        for s, rest in zip(conns, (12, 33, 40)):
            time.sleep(max(0, begin + rest - time.monotonic()))
            s.send(request("/again"))
            seen.append(tried(s.recv, 200))
        return seen

    net.at("server", server)
    time.sleep(0.2)
    return {"client": net.at("client", client).result()}


class Berkeley(Relay):
    """Plays a host of the BSD family on one port of the server: after its greeting nothing reaches it; it repeats its data with growing pauses and gives up with a reset."""

    def __init__(self, port):
        super().__init__(0.01)
        self.port, self.seq, self.ident, self.told = port, 2_000_000, 30_000, False

    def pass_on(self, frame, outward, now):
        s = wire.in_frame(frame)
        if not s or s.dport != self.port:
            return super().pass_on(frame, outward, now)

        def say(seq, ack, flags, after=0.02, payload=b"", first=b""):
            self.ident += 1
            stamp = wire.stamps(int((now + after) * 1000), s.timestamps[0])
            return after, False, answer(frame, wire.packet(s.dst, s.src, s.dport, s.sport, seq, ack, flags, 65535 if first else 1026, 63, self.ident, options=first + stamp, payload=payload))

        if s.has(wire.SYN):
            return [say(self.seq, s.seq + 1, wire.SYN | wire.ACK, first=b"\x02\x04\x05\xb4\x01\x03\x03\x06\x04\x02\x01\x01")]
        if self.told or not s.length:
            return []
        self.told, mine, ack, event = True, self.seq + 16, s.seq + s.length, b"EVENT " + b"b" * 300 + b"\n"
        out, at = [say(mine - 15, ack, wire.PSH | wire.ACK, payload=b"200 subscribed\n")], 0.5
        for pause in (0, 0.3, 0.6, 1.2, 2.4):
            at += pause
            out.append(say(mine, ack, wire.PSH | wire.ACK, at, event))
        out.append(say(mine + len(event), ack, wire.RST | wire.ACK, at + 4.8))
        return out


@scenario(Expect("retransmit-timeout-abort", by="server", also=("linger-zero-abort",)), relay=lambda: Berkeley(5672), hand_made=True, points=("client",))
def bsd_gives_up_with_reset(net):
    """A host of the BSD family gets no acknowledgment of its event (they are lost near it), repeats it four times and resets; the client has read it long ago."""

    def client():
        s = dial(net.server4, 5672, patience=15)
        s.send(b"SUBSCRIBE all\n")
        return [tried(s.recv, 15), tried(s.recv, 400), tried(s.recv, 10)]

    return {"client": net.at("client", client).result()}
