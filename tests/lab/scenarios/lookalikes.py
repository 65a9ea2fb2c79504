"""Pairs of scenarios that resemble each other, and ordinary ones in company: what a hasty reader takes for something else."""

import ssl
import threading
import time

import wire
from network import Relay
from scenarios.closing import only, pair, tls_client, tls_server
from talk import abort, dial, listener, request, response, scenario, tried, until
from truth import Expect

SOCKET_KILLED = ("socket-destroyed",)


@scenario(Expect("linger-zero-abort", by="client", also=SOCKET_KILLED))
def load_generator_stops(net):
    """A load generator of forty connections stops: within milliseconds it closes all with SO_LINGER 0, each after a whole answer. Its process lives."""

    def server():
        l = listener(net.server4, 9500, 64)
        kept = [l.accept()[0] for _ in range(40)]
        for a in kept:
            until(a)
            a.send(response(b"l" * 30))
        time.sleep(1.2)
        return [tried(a.recv, 1) for a in kept].count("Connection reset by peer")

    def client():
        kept = [dial(net.server4, 9500) for _ in range(40)]
        for n, s in enumerate(kept):
            s.send(request(f"/load/{n}"))
        for s in kept:
            until(s)
        time.sleep(0.5)
        for s in kept:
            abort(s)

    return pair(net, server, client)


@scenario(Expect("connect-probe", by="client"), relay=lambda: Relay(0.012))
def two_backends_checked(net):
    """A balancer checks two ports of one server every 400 ms by the same bare connect and SO_LINGER 0."""

    def server(port):
        with listener(net.server4, port) as l:
            l.settimeout(3)
            seen = []
            try:
                while True:
                    a, _ = l.accept()
                    seen.append(tried(a.recv, 1))
            except TimeoutError:
                return seen

    def client():
        for _ in range(5):
            for port in (9501, 9502):
                s = dial(net.server4, port)
                time.sleep(0.001)
                abort(s)
            time.sleep(0.4)

    a, b = net.at("server", server, 9501), net.at("server", server, 9502)
    time.sleep(0.2)
    net.at("client", client).result()
    return {"server": [a.result(6), b.result(6)]}


@scenario(Expect("linger-zero-abort", by="client", also=SOCKET_KILLED), relay=lambda: Relay(0.012))
def two_backends_pinged(net):
    """A balancer sends the same PING to two ports of one server, reads PONG and closes both with SO_LINGER 0, one right after the other."""

    def server(port):
        with listener(net.server4, port) as l:
            for _ in range(4):
                a, _ = l.accept()
                a.recv(100)
                a.send(b"+PONG\r\n")
                tried(a.recv, 1)

    def client():
        for _ in range(4):
            both = [dial(net.server4, port) for port in (9503, 9504)]
            for s in both:
                s.send(b"PING\r\n")
            for s in both:
                s.recv(100)
            for s in both:
                abort(s)
            time.sleep(0.35)

    a, b = net.at("server", server, 9503), net.at("server", server, 9504)
    time.sleep(0.2)
    net.at("client", client).result()
    return {"server": [a.result(6), b.result(6)]}


@scenario(Expect("keepalive-idle-race", by="server", also=("stale-connection-reuse",)), relay=lambda: Relay(0.05))
def graceful_stop_meets_requests(net):
    """A server that is told to stop closes its ten idle connections by FIN at once and its listener too; two requests are on the way. Nobody died."""

    def server():
        l = listener(net.server4, 9505, 32)
        kept = [l.accept()[0] for _ in range(10)]
        for a in kept:
            until(a)
            a.send(response())
        time.sleep(1.7)
        l.close()
        for a in kept:
            a.close()
        time.sleep(0.8)

    def client():
        kept = [dial(net.server4, 9505) for _ in range(10)]
        for s in kept:
            s.send(request())
        for s in kept:
            until(s)
        time.sleep(1.63)
        for s in kept[3:5]:
            s.send(request("/one-more"))
        time.sleep(0.3)
        return [tried(s.recv, 10) for s in kept]

    return pair(net, server, client)


@scenario(Expect("connect-probe", by="client", also=("client-cancel", "unread-data-close", "linger-zero-abort")))
def banner_unread(net):
    """A monitor connects to three mail servers and closes without reading their greetings."""

    def server():
        with listener(net.server4, 2525) as l:
            for _ in range(3):
                a, _ = l.accept()
                a.send(b"220 mail.depot.test ESMTP ready, and it has much to say about itself\r\n")
                tried(a.recv, 10)
                a.close()

    def client():
        for _ in range(3):
            s = dial(net.server4, 2525)
            time.sleep(0.1)
            s.close()
            time.sleep(0.5)

    return pair(net, server, client)


@scenario(Expect("client-cancel", by="client", also=("data-after-close",)), relay=lambda: Relay(0.02))
def quit_without_waiting(net):
    """A mail client says QUIT and closes at once; the server's "221 bye" comes to a closed connection."""

    def server():
        with listener(net.server4, 2526) as l:
            a, _ = l.accept()
            a.send(b"220 hello\r\n")
            while got := a.recv(100):
                a.send(b"221 bye\r\n" if got.startswith(b"QUIT") else b"250 ok\r\n")
            a.close()

    def client():
        s = dial(net.server4, 2526)
        s.recv(100)
        for word in (b"HELO me\r\n", b"NOOP\r\n"):
            s.send(word)
            s.recv(100)
        s.send(b"QUIT\r\n")
        s.close()
        time.sleep(0.3)

    return pair(net, server, client)


@scenario(Expect("unread-data-close", by="server", also=("linger-zero-abort", "early-response-upload", "process-exit"), undecidable=True), relay=lambda: Relay(0.02))
def answer_without_reading(net):
    """A crude server answers each connection without reading the request, and closes: its answer and a reset, though the request was whole."""

    def server():
        with listener(net.server4, 9506) as l:
            for _ in range(3):
                a, _ = l.accept()
                time.sleep(0.03)
                a.send(response(b"It works."))
                a.close()
            time.sleep(0.3)

    def client():
        seen = []
        for _ in range(3):
            s = dial(net.server4, 9506)
            s.send(request("/crude"))
            time.sleep(0.2)
            seen.append([tried(s.recv, 500), tried(s.recv, 10)])
        return seen

    return pair(net, server, client)


@scenario(Expect("early-response-upload", by="server", also=("linger-zero-abort", "unread-data-close"), undecidable=True))
def whole_body_refused_unread(net):
    """A POST of 7 kB, sent in full before the answer; the server reads the head only, answers 403 and closes."""

    def server():
        with listener(net.server4, 9507) as l:
            a, _ = l.accept()
            a.recv(100)
            time.sleep(0.2)
            a.send(response(b"no", "403 Forbidden", "Connection: close\r\n"))
            a.close()
            time.sleep(0.3)

    def client():
        s = dial(net.server4, 9507)
        s.send(request("/private", method="POST", body=b"b" * 7000))
        return [tried(s.recv, 500), tried(s.recv, 10)]

    return pair(net, server, client)


@scenario(Expect("keepalive-idle-race", by="server"), relay=lambda: Relay(0.04))
def tls_keepalive_race(net):
    """TLS 1.3 on a kept connection: 2.2 s after an answer the server sends close_notify and FIN; the next request crosses them."""
    context = tls_server(net)

    def server():
        with listener(net.server4, 9508) as l:
            a, _ = l.accept()
            t = context.wrap_socket(a, server_side=True)
            t.recv(1000)
            t.send(response(b"t" * 300))
            t.settimeout(2.2)
            try:
                t.recv(1000)
            except TimeoutError:
                pass
            t.settimeout(0)
            try:
                t.unwrap()
            except (ssl.SSLError, OSError):
                pass
            t.close()
            time.sleep(0.5)

    def client():
        t = tls_client(only(ssl.TLSVersion.TLSv1_3)).wrap_socket(dial(net.server4, 9508))
        t.send(request("/a"))
        t.recv(1000)
        time.sleep(2.13)
        seen = [tried(t.send, request("/b")), tried(t.recv, 1000)]
        time.sleep(0.3)
        return seen

    return pair(net, server, client)


def after_fin(net, port, pause):
    """A chat whose server leaves; the client writes `pause` after the end of the stream has come."""

    def server():
        with listener(net.server4, port) as l:
            a, _ = l.accept()
            for _ in range(3):
                a.recv(100)
                a.send(b"noted\n")
            a.close()
            time.sleep(1)

    def client():
        s = dial(net.server4, port)
        for n in range(3):
            s.send(b"item %d\n" % n)
            s.recv(100)
            time.sleep(0.02)
        time.sleep(0.05)  # the FIN has come
        time.sleep(pause)
        return [tried(s.send, b"item 3\n"), tried(s.recv, 10)]

    return pair(net, server, client)


@scenario(Expect("data-after-close", by="server", also=("stale-connection-reuse",)))
def written_soon_after_fin(net):
    """The client writes some 60 ms after the FIN has reached it."""
    return after_fin(net, 9509, 0.0)


@scenario(Expect("stale-connection-reuse", by="server", also=("data-after-close",)))
def written_later_after_fin(net):
    """The client writes some 200 ms after the FIN has reached it."""
    return after_fin(net, 9510, 0.14)


@scenario(Expect("client-cancel", by="client", also=("unread-data-close", "process-exit")), snaplen=120, relay=lambda: Relay(0.015))
def client_killed_with_downloads(net):
    """A client with five downloads under way is killed."""

    def server():
        def one(a):
            until(a)
            a.settimeout(3)
            return tried(a.sendall, b"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n" + b"d" * 60_000_000)

        l = listener(net.server4, 9511)
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(one(l.accept()[0]))) for _ in range(5)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(8)
        return seen

    def client():
        kept = [dial(net.server4, 9511) for _ in range(5)]
        for s in kept:
            s.send(request("/iso"))
        while True:
            for s in kept:
                s.recv(3000)
            time.sleep(0.02)

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    time.sleep(0.9)
    c.kill()
    return {"server": s.result(12)}


class LoseFirst(Relay):
    """Loses the ACK that completes each handshake, once."""

    def __init__(self):
        super().__init__(0.01)
        self.lost = set()

    def pass_on(self, frame, outward, now):
        s = wire.in_frame(frame)
        if s and outward and s.flags == wire.ACK and not s.length and s.sender not in self.lost:
            self.lost.add(s.sender)
            return []
        return super().pass_on(frame, outward, now)


@scenario(Expect("linger-zero-abort", by="server", also=SOCKET_KILLED), relay=LoseFirst)
def handshake_ack_lost_then_abort(net):
    """The last ACK of the handshake is lost, so the SYN-ACK comes twice; all goes well after that, and the server leaves with SO_LINGER 0 after its answer. No queue was full."""

    def server():
        with listener(net.server4, 9512) as l:
            a, _ = l.accept()
            a.recv(200)
            a.send(b"+OK\r\n")
            time.sleep(0.2)
            abort(a)

    def client():
        s = dial(net.server4, 9512)
        time.sleep(1.4)
        return [tried(s.send, b"SET a 1\r\n"), tried(s.recv, 10), tried(s.recv, 10)]

    return pair(net, server, client)


@scenario(Expect("data-after-close", by="server", also=("keepalive-idle-race",)), relay=lambda: Relay(0.075))
def short_pause_long_path(net):
    """150 ms of round trip: the server closes 0.6 s after its answer, less than five round trips; the next request crosses the FIN."""

    def server():
        with listener(net.server4, 9513) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            time.sleep(0.6)
            a.close()
            time.sleep(0.6)

    def client():
        s = dial(net.server4, 9513)
        s.send(request("/1"))
        until(s)
        time.sleep(0.52)
        return [tried(s.send, request("/2")), tried(s.recv, 100)]

    return pair(net, server, client)


@scenario(Expect("process-exit", by="server", also=("unread-data-close", "listener-closed")))
def killed_between_two_requests(net):
    """A server is killed with one connection whose request waits unread, one whose request it is working on, and one at rest."""

    def server():
        l = listener(net.server4, 9514)
        kept = [l.accept()[0] for _ in range(3)]
        until(kept[0])
        kept[0].send(response())
        until(kept[1])
        time.sleep(30)

    def client():
        kept = [dial(net.server4, 9514) for _ in range(3)]
        for n, s in enumerate(kept):
            s.send(request(f"/{n}"))
            time.sleep(0.03)
        time.sleep(1)
        return [[tried(s.recv, 200), tried(s.recv, 200)] for s in kept]

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    time.sleep(0.7)
    s.kill()
    return {"client": c.result()}
