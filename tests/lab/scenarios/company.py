"""Farewells, real relays, other stacks, and captures that show less than they should."""

import socket
import ssl
import time

import wire
from network import Relay, answer
from scenarios.closing import only, pair, tls_client, tls_server
from scenarios.programs import nginx
from talk import abort, dial, listener, request, response, scenario, tried, until
from truth import Expect

KILLED = ("socket-destroyed",)


def farewell(net, port, last, pause, crossing):
    """A server that says `last` when it ends an idle connection; the client's next request leaves `crossing` s before."""

    def server():
        with listener(net.server4, port) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            time.sleep(pause)
            a.send(last)
            a.close()
            time.sleep(0.6)

    def client():
        s = dial(net.server4, port)
        s.send(request("/1"))
        until(s)
        time.sleep(pause - crossing)
        return [tried(s.send, request("/2")), tried(s.recv, 100), tried(s.recv, 100)]

    return pair(net, server, client)


@scenario(Expect("keepalive-idle-race", by="server"), relay=lambda: Relay(0.05))
def idle_farewell_crosses(net):
    """After 2.4 idle seconds the server says that the time is over (HTTP 408) and closes; the next request crosses that."""
    return farewell(net, 9600, b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 2.4, 0.07)


@scenario(Expect("keepalive-idle-race", by="server"), relay=lambda: Relay(0.05))
def idle_goaway_crosses(net):
    """The same with a farewell in the manner of HTTP/2: a GOAWAY frame, then FIN."""
    return farewell(net, 9601, b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00", 3.1, 0.07)


@scenario(Expect("keepalive-idle-race", by="client", also=("client-cancel", "data-after-close")), relay=lambda: Relay(0.05))
def idle_client_leaves_event_crosses(net):
    """A subscriber leaves after 2 s of rest; an event that the server sends at that time crosses its FIN."""

    def server():
        with listener(net.server4, 9602) as l:
            a, _ = l.accept()
            until(a, b"\n")
            a.send(b"subscribed\n")
            time.sleep(2.06)
            seen = [tried(a.send, b"event 1\n")]
            time.sleep(0.3)
            return seen + [tried(a.recv, 10)]

    def client():
        s = dial(net.server4, 9602)
        s.send(b"subscribe\n")
        s.recv(100)
        time.sleep(2.0)
        s.close()
        time.sleep(0.4)

    return pair(net, server, client)


@scenario(Expect("linger-zero-abort", by="server", port=9604, also=KILLED), Expect("relay-propagated", by="else", port=9603, also=("linger-zero-abort",), undecidable=("client",)), points=("client", "any"), relay=lambda: Relay(0.02))
def relay_passes_reset_on(net):
    """A TCP proxy on the router that turns a reset of one leg into a reset of the other."""
    near = net.client4[:-1] + "1"

    def proxy():
        with listener(near, 9603) as l:
            a, _ = l.accept()
            b = dial(net.server4, 9604)
            b.send(a.recv(1000))
            a.send(b.recv(1000))
            seen = tried(b.recv, 10)
            abort(a)
            time.sleep(0.4)
            return seen

    def server():
        with listener(net.server4, 9604) as l:
            a, _ = l.accept()
            until(a)
            a.send(response(b"p" * 120))
            time.sleep(0.15)
            abort(a)

    def client():
        s = dial(near, 9603)
        s.send(request("/both"))
        return [tried(s.recv, 1000), tried(s.recv, 1000)]

    p = net.at("router", proxy)
    return pair(net, server, client) | {"proxy": p.result(3)}


@scenario(Expect("server-timeout-abort", by="server"), snaplen=200, limit=60)
def nginx_send_timeout_reset(net):
    """nginx with reset_timedout_connection: the client stops reading a download, and after send_timeout of 3 s nginx resets it."""
    with open(f"{net.scratch}/big", "wb") as f:
        f.write(b"G" * 20_000_000)
    up = nginx(net, f"reset_timedout_connection on; send_timeout 3s; server {{ listen {net.server4}:8183; root {net.scratch}; }}", 8183)

    def client():
        s = dial(net.server4, 8183)
        s.send(request("/big"))
        s.recv(30_000)
        time.sleep(8)
        got = 0
        try:
            while part := s.recv(1 << 16):
                got += len(part)
        except OSError as e:
            return [got > 0, e.strerror]

    return {"listening": up, "client": net.at("client", client).result()}


@scenario(Expect("linger-zero-abort", by="client", also=KILLED))
def linger0_after_probes(net):
    """Four keep-alive probes a second apart are all answered; then the client's application, not its kernel, ends with SO_LINGER 0."""

    def server():
        with listener(net.server4, 9605) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            return tried(a.recv, 10)

    def client():
        s = dial(net.server4, 9605, options=[(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)])
        s.send(request())
        until(s)
        time.sleep(4.6)
        abort(s)

    return pair(net, server, client)


@scenario(Expect("linger-zero-abort", by="client", also=KILLED), snaplen=120, relay=lambda: Relay(0.03))
def upload_abandoned_linger0(net):
    """The client gives up its own upload with SO_LINGER 0, halfway and at full speed."""

    def server():
        with listener(net.server4, 9606) as l:
            a, _ = l.accept()
            got = 0
            try:
                while part := a.recv(65536):
                    got += len(part)
            except OSError as e:
                return [got > 0, e.strerror]

    def client():
        s = dial(net.server4, 9606)
        s.send(b"PUT /disk.img HTTP/1.1\r\nHost: depot.test\r\nContent-Length: 90000000\r\n\r\n")
        for _ in range(30):
            s.sendall(b"i" * 100_000)
        abort(s)

    return pair(net, server, client)


@scenario(Expect("client-cancel", by="client", also=("data-after-close",)), relay=lambda: Relay(0.03))
def upload_abandoned_close(net):
    """The client ends in the middle of its upload with close(); the server's complaint about that comes to a closed connection."""

    def server():
        with listener(net.server4, 9607) as l:
            a, _ = l.accept()
            while a.recv(65536):
                pass
            seen = [tried(a.send, response(b"incomplete", "400 Bad Request"))]
            time.sleep(0.2)
            return seen

    def client():
        s = dial(net.server4, 9607)
        s.send(b"PUT /note HTTP/1.1\r\nHost: depot.test\r\nContent-Length: 50000\r\n\r\n" + b"n" * 9000)
        time.sleep(0.2)
        s.close()
        time.sleep(0.4)

    return pair(net, server, client)


@scenario(Expect("early-response-upload", by="server"), relay=lambda: Relay(0.04))
def expect_continue_ignored(net):
    """The client announces "Expect: 100-continue", waits 150 ms and sends the body; the server's 417 and its FIN are on the way by then."""

    def server():
        with listener(net.server4, 9608) as l:
            a, _ = l.accept()
            until(a)
            time.sleep(0.11)
            a.send(response(b"", "417 Expectation Failed", "Connection: close\r\n"))
            a.close()
            time.sleep(0.6)

    def client():
        s = dial(net.server4, 9608)
        s.send(b"POST /p HTTP/1.1\r\nHost: depot.test\r\nExpect: 100-continue\r\nContent-Length: 6000\r\n\r\n")
        time.sleep(0.15)
        return [tried(s.sendall, b"x" * 6000), tried(s.recv, 300), tried(s.recv, 10)]

    return pair(net, server, client)


@scenario(Expect("tls-handshake-reset", by="server", also=("unread-data-close", "accept-then-abort", "listener-closed"), undecidable=True), snaplen=66)
def tls_reset_headers_only(net):
    """A TLS client on a plaintext port, captured without payload: 66 bytes of each frame."""

    def server():
        with listener(net.server4, 9609) as l:
            a, _ = l.accept()
            a.recv(3)
            time.sleep(0.01)
            a.close()
            time.sleep(0.3)

    def client():
        try:
            tls_client().wrap_socket(dial(net.server4, 9609))
        except OSError as e:
            return e.strerror

    return pair(net, server, client)


@scenario(Expect("keepalive-idle-race", by="server"), relay=lambda: Relay(0.04))
def tls_close_notify_crossed(net):
    """TLS 1.2: after 2.2 idle seconds the server's close_notify and FIN and the client's next request pass each other on the way."""
    context = tls_server(net, only(ssl.TLSVersion.TLSv1_2))

    def server():
        with listener(net.server4, 9610) as l:
            a, _ = l.accept()
            t = context.wrap_socket(a, server_side=True)
            t.recv(1000)
            t.send(response(b"t" * 300))
            time.sleep(2.2)
            t.settimeout(0)
            try:
                t.unwrap()
            except OSError:
                pass
            t.close()
            time.sleep(0.5)

    def client():
        t = tls_client(only(ssl.TLSVersion.TLSv1_2)).wrap_socket(dial(net.server4, 9610))
        t.send(request("/a"))
        t.recv(1000)
        time.sleep(2.135)
        seen = [tried(t.send, request("/b")), tried(t.recv, 1000)]
        time.sleep(0.3)
        return seen

    return pair(net, server, client)


class Puppet(Relay):
    """Plays another stack on one port of the server. `acts(n)` says what it does on the n-th payload of the client (from 1):
    a list of (seconds later, flags, payload, fields that differ); `late` is what answers data after its FIN."""

    def __init__(self, port, acts, ttl=127, window=1026, ident=21_000, stamped=False, late=None, delay=0.01):
        super().__init__(delay)
        self.port, self.acts, self.ttl, self.window, self.ident, self.stamped, self.late = port, acts, ttl, window, ident, stamped, late
        self.next, self.count, self.closed = 5_000_000, 0, False

    def say(self, s, after, flags, payload=b"", seq=None, ack=None, window=None, options=None, ident=None):
        self.ident += 1
        stamp = wire.stamps(int(time.monotonic() * 1000 + after * 1000), s.timestamps[0]) if self.stamped and s.timestamps else b""
        p = wire.packet(s.dst, s.src, s.dport, s.sport, self.next if seq is None else seq, s.seq + s.length + s.has(wire.SYN) + s.has(wire.FIN) if ack is None else ack, flags,
                        self.window if window is None else window, self.ttl, self.ident if ident is None else ident, options=stamp if options is None else options, payload=payload)
        if seq is None:
            self.next += len(payload) + bool(flags & (wire.SYN | wire.FIN))
        return after, False, answer(self.frame, p)

    def pass_on(self, frame, outward, now):
        s = wire.in_frame(frame)
        if not s or not outward or s.dport != self.port:
            return super().pass_on(frame, outward, now)
        self.frame = frame
        if s.has(wire.RST):
            return []
        if s.has(wire.SYN):
            extra = b"\x02\x04\x05\xb4\x01\x03\x03\x08" + (b"" if self.stamped else b"\x01\x01\x04\x02")
            stamp = wire.stamps(int(now * 1000), s.timestamps[0]) if self.stamped else b""
            return [self.say(s, 0.02, wire.SYN | wire.ACK, window=65535, options=extra + stamp)]
        if s.length and self.closed:
            return [self.say(s, 0.02, wire.RST, **self.late(self, s))]
        if s.length:
            self.count += 1
            out = []
            for after, flags, payload, more in self.acts(self.count):
                self.closed |= bool(flags & wire.FIN)
                out.append(self.say(s, after, flags, payload, **more))
            return out
        return []


REPLY = wire.PSH | wire.ACK


@scenario(Expect("linger-zero-abort", by="server", also=KILLED), hand_made=True, points=("client",),
          relay=lambda: Puppet(9611, lambda n: [(0.02, REPLY, b"220 done\r\n", {})] + ([(0.35, wire.RST | wire.ACK, b"", {"window": 0})] if n == 2 else [])))
def windows_abort_window_zero(net):
    """A host in the manner of Windows: no timestamps, hop count 128, a counter in the IP ID; it aborts after its second answer with RST, ACK and a window of 0."""

    def client():
        s = dial(net.server4, 9611)
        seen = []
        for word in (b"USER a\r\n", b"PASS b\r\n"):
            s.send(word)
            seen.append(tried(s.recv, 100))
        return seen + [tried(s.recv, 100)]

    return {"client": net.at("client", client).result()}


def two_words(net, port, pause):
    def client():
        s = dial(net.server4, port)
        s.send(request("/1"))
        seen = [tried(s.recv, 200)]
        time.sleep(pause)
        seen += [tried(s.send, request("/2")), tried(s.recv, 100)]
        time.sleep(0.2)
        return seen + [tried(s.send, b"x")]

    return {"client": net.at("client", client).result()}


@scenario(Expect("stale-connection-reuse", by="server"), hand_made=True, points=("client",),
          relay=lambda: Puppet(9612, lambda n: [(0.02, REPLY, response(), {}), (1.5, wire.FIN | wire.ACK, b"", {})], ttl=63, stamped=True, late=lambda p, s: {"seq": s.ack, "ack": 0, "window": 0, "options": b""}))
def old_linux_answers_stale_request(net):
    """A Linux from before 2018, whose resets carry an IP ID: it closed after 1.5 idle seconds, and the client asks 0.9 s later."""
    return two_words(net, 9612, 2.4)


@scenario(Expect("stale-connection-reuse", by="server"), hand_made=True, points=("client",),
          relay=lambda: Puppet(9613, lambda n: [(0.02, REPLY, response(), {}), (1.2, wire.FIN | wire.ACK, b"", {})], ttl=63, stamped=True, late=lambda p, s: {"seq": s.ack, "ack": 0, "window": 0}))
def bsd_answers_stale_request(net):
    """A host of the BSD family, whose answering resets carry timestamps while it still has a control block."""
    return two_words(net, 9613, 2.0)


@scenario(Expect("unread-data-close", by="server", also=("process-exit", "linger-zero-abort")), hand_made=True, points=("client",),
          relay=lambda: Puppet(9614, lambda n: [(0.02, REPLY, b"ready\r\n", {})] if n == 1 else [(0.02, wire.ACK, b"", {}), (0.4, wire.RST | wire.ACK, b"", {"window": 0})]))
def windows_close_unread_window_zero(net):
    """The same kind of host closes with a request unread that it had acknowledged 0.4 s before; its reset has a window of 0."""

    def client():
        s = dial(net.server4, 9614)
        s.send(b"HELLO\r\n")
        seen = [tried(s.recv, 100)]
        time.sleep(0.1)
        s.send(b"REPORT ALL\r\n")
        return seen + [tried(s.recv, 100), tried(s.recv, 100)]

    return {"client": net.at("client", client).result()}
