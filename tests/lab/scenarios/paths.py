"""Resets by third parties, forged ones, and what a bad path or an odd capture point does to ordinary ones."""

import socket
import time

import wire
from network import Relay, alongside
from talk import abort, dial, exactly, listener, request, response, scenario, tried, until
from truth import Expect


def pair(net, server, client, pause=0.2):
    s = net.at("server", server)
    time.sleep(pause)
    c = net.at("client", client).result()
    return {"client": c, "server": s.result(8)}


@scenario(Expect("firewall-reject-midstream", reason="none", also=("peer-gone",)))
def host_reject_midstream(net):
    """A rule on the server rejects what the client sends, from one moment on; the server, unaware, goes on sending ticks."""

    def server():
        with listener(net.server4, 9400) as l:
            a, _ = l.accept()
            a.recv(100)
            for n in range(14):
                tried(a.send, b"tick %03d\n" % n)
                time.sleep(0.1)

    def client():
        s = dial(net.server4, 9400)
        s.send(b"subscribe\n")
        seen = []
        for _ in range(4):
            time.sleep(0.25)
            seen.append(tried(s.send, b"alive\n"))
        return seen + [tried(s.recv, 500), tried(s.recv, 500)]

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    time.sleep(0.65)
    net.inside("server", "nft 'add table t; add chain t i { type filter hook input priority 0; }; add rule t i tcp dport 9400 reject with tcp reset'")
    return {"client": c.result(), "server": s.result(5)}


class Inject(Relay):
    """Sends `make(segment)` alongside the `nth` frame with payload of one direction, `after` seconds later."""

    def __init__(self, make, nth=2, outward=True, after=0.0, delay=0.01):
        super().__init__(delay)
        self.make, self.nth, self.outward, self.after, self.seen = make, nth, outward, after, 0

    def pass_on(self, frame, outward, now):
        s, out = wire.in_frame(frame), super().pass_on(frame, outward, now)
        if s and s.length and outward == self.outward:
            self.seen += 1
            if self.seen == self.nth:
                for pause, packet in self.make(s):
                    out.append((self.after + pause, outward, alongside(frame, packet)))
        return out


def like(s, seq, ack=0, flags=wire.RST, ttl=57, ident=0x1E27, window=0):
    return wire.packet(s.src, s.dst, s.sport, s.dport, seq, ack, flags, window, ttl, ident)


def chat(net, port, turns=5, pause=0.15):
    def server():
        with listener(net.server4, port) as l:
            a, _ = l.accept()
            try:
                while got := a.recv(500):
                    a.send(b"> " + got)
            except OSError as e:
                return e.strerror

    def client():
        s = dial(net.server4, port, patience=1)
        seen = []
        for n in range(turns):
            seen += [tried(s.send, b"line %d of the chat\n" % n), tried(s.recv, 500)]
            time.sleep(pause)
        s.close()
        return seen

    return pair(net, server, client)


@scenario(Expect("forged-rst", reason="none", also=("firewall-reject-midstream",)), hand_made=True, relay=lambda: Inject(lambda s: [(0, like(s, s.seq + s.length))], nth=3, outward=False, after=0.05))
def rst_exact(net):
    """Somebody on the path resets the client in the server's name with the exact number, another hop count and an IP ID of its own; 60 ms after an answer."""
    return chat(net, 9401)


@scenario(Expect("rst-ignored", reason="none"), hand_made=True, relay=lambda: Inject(lambda s: [(0, like(s, s.seq + s.length + 3000))], nth=2, outward=True, after=0.05))
def rst_in_window(net):
    """A forged reset whose number lies 3000 bytes into the server's window: it is asked about (challenge ACK), and the talk goes on."""
    return chat(net, 9402)


@scenario(Expect("rst-ignored", reason="none", again=True), hand_made=True, relay=lambda: Inject(lambda s: [(i * 0.002, like(s, s.seq - 40 - i, s.ack, wire.RST | wire.ACK, 61, 0x99 + i, 900)) for i in range(3)], nth=3, outward=False, after=0.02))
def forged_rst_loses_race(net):
    """An injector answers in the server's name, too late: three resets with numbers that the real answer has used up."""
    return chat(net, 9403)


def unread(net, port, size=600, pause=0.1):
    def server():
        with listener(net.server4, port) as l:
            a, _ = l.accept()
            a.recv(16)
            time.sleep(pause)
            a.close()
            time.sleep(0.5)

    def client():
        s = dial(net.server4, port)
        s.send(b"Q" * size)
        return tried(s.recv, 10)

    return pair(net, server, client)


@scenario(Expect("unread-data-close", by="server", nth=0, also=("process-exit",)), points=("any",))
def capture_any_duplicates(net):
    """Captured with `-i any` on the router, so each segment is there twice: the server reads 16 bytes of 600 and closes."""
    return unread(net, 9404)


@scenario(Expect("unread-data-close", by="server", also=("process-exit",)), points=("client", "router", "server"), relay=lambda: Relay(0.075))
def unread_close_slow_path(net):
    """The server reads 16 of 2500 bytes and closes; 150 ms of round trip, seen from three places."""
    return unread(net, 9405, 2500, 0.35)


@scenario(Expect("linger-zero-abort", by="client", also=("socket-destroyed",)), Expect("unread-data-close", by="server", also=("process-exit",)))
def port_reuse_two_incarnations(net):
    """The client uses one port twice: the first connection it aborts with SO_LINGER 0, the second is closed by the server with data unread."""

    def server():
        with listener(net.server4, 9406) as l:
            a, _ = l.accept()
            a.recv(100)
            a.send(b"+PONG\r\n")
            tried(a.recv, 10)
            b, _ = l.accept()
            b.recv(8)
            time.sleep(0.1)
            b.close()
            time.sleep(0.3)

    def client():
        s = dial(net.server4, 9406, (net.client4, 44444))
        s.send(b"PING\r\n")
        s.recv(100)
        time.sleep(0.2)
        abort(s)
        time.sleep(0.3)
        s = dial(net.server4, 9406, (net.client4, 44444))
        s.send(b"a longer command that is not read to its end\r\n")
        return tried(s.recv, 100)

    return pair(net, server, client)


def lossy(seed, percent=5, delay=0.015):
    return lambda: Relay(delay, percent, seed)


@scenario(Expect("data-after-close", by="server", reason="TCP_ABORT_ON_DATA"), Expect("data-after-close", by="server", reason="TCP_TIMEWAIT_SOCKET"), relay=lossy(11))
def loss_data_after_close(net):
    """5 % of the frames are lost. A reader closes after thirty records, with all it has got read; the writer goes on."""

    def server():
        with listener(net.server4, 9407) as l:
            a, _ = l.accept()
            exactly(a, 30 * 400)
            a.close()
            time.sleep(1.5)

    def client():
        s = dial(net.server4, 9407, options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)])
        seen = []
        for _ in range(60):
            seen.append(tried(s.send, b"r" * 400))
            time.sleep(0.03)
        return seen[-3:]

    return pair(net, server, client)


@scenario(Expect("unread-data-close", by="server", also=("process-exit",)), relay=lossy(23))
def loss_unread_close(net):
    """5 % of the frames are lost. Ten connections, on each of which the server reads the head of a message of 9 kB and closes."""

    def server():
        with listener(net.server4, 9408) as l:
            for _ in range(10):
                a, _ = l.accept()
                exactly(a, 20)
                time.sleep(0.12)
                a.close()
            time.sleep(1)

    def client():
        seen = []
        for _ in range(10):
            s = dial(net.server4, 9408)
            seen.append([tried(s.send, b"H" * 9000), tried(s.recv, 10)])
            time.sleep(0.1)
        return seen

    return pair(net, server, client)


@scenario(Expect("linger-zero-abort", by="client", also=("socket-destroyed",)), relay=lossy(5))
def loss_linger0(net):
    """5 % of the frames are lost. Twelve clients do three exchanges each and leave with SO_LINGER 0; what is lost is sent again."""

    def server():
        with listener(net.server4, 9409) as l:
            for _ in range(12):
                a, _ = l.accept()
                try:
                    while got := a.recv(500):
                        a.send(got[::-1])
                except OSError:
                    pass

    def client():
        for n in range(12):
            s = dial(net.server4, 9409)
            for _ in range(3):
                s.send(b"abcdefgh" * 20)
                exactly(s, 160)
            time.sleep(0.06)
            abort(s)
            time.sleep(0.08)

    s = net.at("server", server)
    time.sleep(0.2)
    net.at("client", client).result()
    s.kill()
    return {}


@scenario(Expect("linger-zero-abort", by="server", also=("socket-destroyed", "relay-propagated")), points=("client", "any", "server"))
def relay_two_legs(net):
    """A TCP proxy on the router: the server resets its leg with SO_LINGER 0 after an answer, the proxy closes the client's leg by FIN."""

    def proxy():
        with listener(net.client4[:-1] + "1", 9410) as l:
            a, _ = l.accept()
            b = dial(net.server4, 9411)
            b.send(a.recv(1000))
            a.send(b.recv(1000))
            seen = tried(b.recv, 10)
            a.close()
            time.sleep(0.4)
            return seen

    def server():
        with listener(net.server4, 9411) as l:
            a, _ = l.accept()
            until(a)
            a.send(response(b"part one"))
            time.sleep(0.1)
            abort(a)

    def client():
        s = dial(net.client4[:-1] + "1", 9410)
        s.send(request("/through"))
        return [tried(s.recv, 1000), tried(s.recv, 1000)]

    p = net.at("router", proxy)
    return pair(net, server, client) | {"proxy": p.result(3)}


class Fold(Relay):
    """Every third frame with payload towards the server is late by 25 ms: reordering without loss."""

    def __init__(self):
        super().__init__(0.01)
        self.count = 0

    def pass_on(self, frame, outward, now):
        s = wire.in_frame(frame)
        if s and s.length and outward:
            self.count += 1
        late = 0.025 if s and s.length and outward and self.count % 3 == 0 else 0
        return [(self.delay + late, outward, frame)]


@scenario(Expect("unread-data-close", by="server", also=("process-exit",)), relay=Fold, snaplen=140)
def reordered_then_closed(net):
    """The path reorders; the server takes 40 kB of a stream, sleeps and closes with the rest unread, while more is under way."""

    def server():
        with listener(net.server4, 9412) as l:
            a, _ = l.accept()
            exactly(a, 40_000)
            time.sleep(0.2)
            a.close()
            time.sleep(0.4)

    def client():
        s = dial(net.server4, 9412)
        seen = []
        for _ in range(60):
            seen.append(tried(s.send, b"z" * 2900))
            time.sleep(0.02)
        return seen[-2:]

    return pair(net, server, client)
