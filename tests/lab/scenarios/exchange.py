"""Resets in the middle of an exchange, or right after one, by the choice of an application."""

import ctypes
import os
import signal
import socket
import struct
import time

from network import Relay
from talk import abort, dial, exactly, listener, request, response, scenario, tried, until
from truth import Expect

CRASH = ("unread-data-close", "listener-closed")


def pair(net, server, client, pause=0.2):
    """Runs both ends; what each returned."""
    s = net.at("server", server)
    time.sleep(pause)
    c = net.at("client", client).result()
    return {"client": c, "server": s.result(8)}


@scenario(Expect("linger-zero-abort", by="client", also=("socket-destroyed",)), relay=lambda: Relay(0.012))
def linger0_idle(net):
    """A database pool evicts a connection that has been idle for 3 s, with SO_LINGER 0."""

    def server():
        with listener(net.server4, 3306) as l:
            a, _ = l.accept()
            a.send(b"J\0\0\0\n8.0.36\0")
            for _ in range(3):
                a.recv(400)
                a.send(b"\x07\0\0\x01\0\0\0\x02\0\0\0")
            return tried(a.recv, 10)

    def client():
        s = dial(net.server4, 3306)
        s.recv(100)
        for _ in range(3):
            s.send(b"\x0f\0\0\0\x03SELECT 1 + 1")
            s.recv(100)
        time.sleep(3.1)
        abort(s)

    return pair(net, server, client)


@scenario(Expect("linger-zero-abort", by="client", also=("socket-destroyed",)), client=("net.ipv4.tcp_timestamps=0",))
def linger0_no_ts(net):
    """No timestamps on the connection: an HTTP load generator that frees its ports with SO_LINGER 0 after the response."""

    def server():
        with listener(net.server4, 8081) as l:
            a, _ = l.accept()
            until(a)
            a.send(response(b"x" * 900))
            return tried(a.recv, 10)

    def client():
        s = dial(net.server4, 8081)
        s.send(request("/bench"))
        got = tried(s.recv, 2000)
        abort(s)
        return got

    return pair(net, server, client)


@scenario(Expect("linger-zero-abort", by="client", also=("socket-destroyed",)), relay=lambda: Relay(0.03))
def disconnect_af_unspec(net):
    """The client sends a command and disconnects with connect(AF_UNSPEC) before the answer."""

    def server():
        with listener(net.server4, 4150) as l:
            a, _ = l.accept()
            return [tried(a.recv, 100), tried(a.recv, 100)]

    def client():
        s = dial(net.server4, 4150)
        s.send(b"  V2NOP\n")
        nowhere = ctypes.create_string_buffer(struct.pack("=H14x", socket.AF_UNSPEC))
        return ctypes.CDLL(None).connect(s.fileno(), nowhere, 16)

    return pair(net, server, client)


@scenario(Expect("linger-zero-abort", by="server", also=("socket-destroyed", "orphan-abort")), snaplen=200, relay=lambda: Relay(0.02))
def linger0_mid_download(net):
    """The server aborts a download that is at full speed, with SO_LINGER 0; what it has not sent is lost."""

    def server():
        with listener(net.server4, 8880) as l:
            a, _ = l.accept()
            until(a)
            a.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
            for _ in range(20):
                a.sendall(b"v" * 60_000)
            abort(a)

    def client():
        s = dial(net.server4, 8880)
        s.send(request("/film"))
        total = 0
        try:
            while part := s.recv(1 << 16):
                total += len(part)
        except OSError as e:
            return [total > 0, e.strerror]

    return pair(net, server, client)


@scenario(Expect("unread-data-close", by="server", also=("process-exit",)))
def shutdown_rd_then_close(net):
    """The server has shut down reading, the client sends all the same, the kernel takes it; the close() resets."""

    def server():
        with listener(net.server4, 7777) as l:
            a, _ = l.accept()
            a.recv(100)
            a.send(b"250 accepted\r\n")
            a.shutdown(socket.SHUT_RD)
            time.sleep(0.7)
            a.close()
            time.sleep(0.8)

    def client():
        s = dial(net.server4, 7777)
        s.send(b"DATA\r\n")
        s.recv(100)
        time.sleep(0.3)
        seen = [tried(s.send, b"one more line\r\n")]
        time.sleep(0.8)
        return seen + [tried(s.recv, 10), tried(s.send, b"x")]

    return pair(net, server, client)


@scenario(Expect("early-response-upload", by="server"))
def unread_close_after_response(net):
    """A form of 60 kB of which 20 kB are sent; the server answers 400 after the head and closes with 20 kB unread."""

    def server():
        with listener(net.server4, 8082) as l:
            a, _ = l.accept()
            a.recv(120)
            time.sleep(0.1)
            a.send(response(b"bad form", "400 Bad Request", "Connection: close\r\n"))
            time.sleep(0.03)
            a.close()
            time.sleep(0.5)

    def client():
        s = dial(net.server4, 8082)
        s.send(b"POST /form HTTP/1.1\r\nHost: depot.test\r\nContent-Type: multipart/form-data\r\nContent-Length: 60000\r\n\r\n" + b"f" * 20_000)
        time.sleep(0.6)
        return [tried(s.send, b"f" * 1000), tried(s.recv, 300)]

    return pair(net, server, client)


@scenario(Expect("early-response-upload", by="server"), snaplen=120, offloads=True, relayed=False)
def upload_early_response_gso(net):
    """Offloads on, so captured segments are up to 64 kB: the server answers 401 to an upload and closes with it unread."""

    def server():
        with listener(net.server4, 9000) as l:
            a, _ = l.accept()
            a.recv(1000)
            time.sleep(0.05)
            a.send(response(b"", "401 Unauthorized", "WWW-Authenticate: Basic\r\n"))
            a.close()
            time.sleep(0.5)

    def client():
        s = dial(net.server4, 9000)
        s.send(b"PUT /bucket/object HTTP/1.1\r\nHost: store.test\r\nContent-Length: 30000000\r\n\r\n")
        seen = tried(s.sendall, b"o" * 30_000_000)
        return [seen, tried(s.recv, 300)]

    return pair(net, server, client)


@scenario(Expect("unread-data-close", by="server", also=("process-exit",)), snaplen=120, relay=lambda: Relay(0.015))
def slow_reader_killed(net):
    """The server reads slowly until its window is closed, then it is killed with the upload waiting in its buffers."""

    def server():
        l = listener(net.server4, 1514)
        a, _ = l.accept()
        while True:
            a.recv(500)
            time.sleep(0.05)

    def client():
        s = dial(net.server4, 1514, options=[(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)])
        s.settimeout(4)
        return tried(s.sendall, b"<34>1 app - - log line\n" * 200_000)

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    time.sleep(2.2)
    s.kill()
    return {"client": c.result()}


@scenario(Expect("process-exit", by="server", reason="TCP_ABORT_ON_CLOSE", also=CRASH), Expect("stale-connection-reuse", by="server", reason="TCP_TIMEWAIT_SOCKET", also=("process-exit",)),
          Expect("port-closed", by="server", reason="NO_SOCKET"))
def process_crash(net):
    """A server with six connections is killed: three hold unread requests, three are idle; one of the idle ones is used later, and a new connection is refused."""

    def server():
        l = listener(net.server4, 8161)
        kept = []
        for _ in range(6):
            a, _ = l.accept()
            until(a)
            a.send(response())
            kept.append(a)
        time.sleep(60)

    def client():
        conns = []
        for n in range(6):
            s = dial(net.server4, 8161)
            s.send(request(f"/{n}"))
            until(s)
            conns.append(s)
        time.sleep(0.4)
        for s in conns[:3]:
            s.send(request("/work", method="POST", body=b"j" * 333))
        time.sleep(0.9)
        seen = [tried(s.recv, 10) for s in conns]
        seen.append(tried(conns[4].send, request("/late")))
        time.sleep(0.1)
        return seen + [tried(dial, net.server4, 8161)]

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    time.sleep(1.1)
    s.kill()
    return {"client": c.result()}


@scenario(Expect("stale-connection-reuse", by="server", reason="TCP_TIMEWAIT_SOCKET", also=("process-exit",)), Expect("data-after-close", by="server", reason="TCP_ABORT_ON_DATA", also=("process-exit",)))
def kill_read(net):
    """A server is killed that has read all it got: a FIN, no reset; the client, which reads nothing, writes on 400 ms later."""

    def server():
        l = listener(net.server4, 6379)
        a, _ = l.accept()
        while True:
            a.recv(100)
            a.send(b"+OK\r\n")

    def client():
        s = dial(net.server4, 6379)
        seen = []
        for pause in (0.1, 0.1, 0.9, 0.2):
            seen.append(tried(s.send, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"))
            time.sleep(pause)
        return seen + [tried(s.recv, 100), tried(s.recv, 100)]

    s = net.at("server", server)
    time.sleep(0.2)
    c = net.at("client", client)
    time.sleep(0.7)
    s.kill()
    return {"client": c.result()}


@scenario(Expect("linger-zero-abort", by="server", also=("socket-destroyed",)))
def one_abort_among_many_closes(net):
    """A busy server ends thirty finished connections within milliseconds: twenty-nine by FIN, one with SO_LINGER 0. No process died."""

    def server():
        l = listener(net.server4, 8765, 64)
        kept = []
        for _ in range(30):
            a, _ = l.accept()
            kept.append(a)
        for a in kept:
            until(a)
            a.send(response(b"p" * 40))
        time.sleep(0.3)
        for n, a in enumerate(kept):
            abort(a) if n == 17 else a.close()
        time.sleep(0.5)
        a, _ = l.accept()
        until(a)
        a.send(response())
        a.close()

    def client():
        conns = [dial(net.server4, 8765) for _ in range(30)]
        for s in conns:
            s.send(request("/stat"))
        for s in conns:
            until(s)
        ends = [tried(s.recv, 10) for s in conns]
        for s in conns:
            s.close()
        time.sleep(0.6)
        with dial(net.server4, 8765) as s:
            s.send(request())
            until(s)
        return {e: ends.count(e) for e in ends}

    return pair(net, server, client)


@scenario(Expect("linger-zero-abort", by="client", also=("client-cancel", "socket-destroyed")), relay=lambda: Relay(0.025))
def client_timeout_linger0(net):
    """The server thinks for 3 s; the client's SO_RCVTIMEO of 1 s ends its patience and it closes with SO_LINGER 0."""

    def server():
        with listener(net.server4, 8090) as l:
            for _ in range(3):
                a, _ = l.accept()
                until(a)
                time.sleep(1.5)
                tried(a.send, response())
                a.close()

    def client():
        seen = []
        for _ in range(3):
            s = dial(net.server4, 8090)
            s.send(request("/slow"))
            s.settimeout(None)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 1, 0))
            seen.append(tried(s.recv, 100))
            abort(s)
            time.sleep(0.7)
        return seen

    return pair(net, server, client)


@scenario(Expect("client-cancel", by="client"), relay=lambda: Relay(0.025))
def client_cancel_fin_then_data(net):
    """The client's patience ends after 1.2 s and it closes; the server's response then comes to a closed connection."""

    def server():
        with listener(net.server4, 8091) as l:
            a, _ = l.accept()
            until(a)
            time.sleep(2)
            seen = [tried(a.send, response(b"r" * 5000))]
            time.sleep(0.2)
            return seen + [tried(a.send, b"tail")]

    def client():
        s = dial(net.server4, 8091, patience=1.2)
        s.send(request("/report"))
        seen = tried(s.recv, 100)
        s.close()
        time.sleep(1.5)
        return seen

    return pair(net, server, client)


def pipelining(net, reply, head):
    def server():
        with listener(net.server4, 6380) as l:
            a, _ = l.accept()
            try:
                while a.recv(4096):
                    for _ in range(40):
                        a.send(reply)
            except OSError as e:
                return e.strerror

    def client():
        s = dial(net.server4, 6380)
        s.send(b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n" * 40)
        got = exactly(s, head)
        time.sleep(0.1)
        s.close()
        time.sleep(0.2)
        return got[:20].decode()

    return pair(net, server, client)


@scenario(Expect("client-cancel", by="client", also=("unread-data-close", "linger-zero-abort"), undecidable=True), relay=lambda: Relay(0.018))
def pipelined_replies_unread(net):
    """A key-value client pipelines forty commands, reads the first reply and closes with the others unread; they are small, so nothing on the wire shows that they were not read."""
    return pipelining(net, b"$11\r\nhello world\r\n", 18)


@scenario(Expect("client-cancel", by="client", also=("unread-data-close",)), relay=lambda: Relay(0.018))
def pipelined_replies_unread_large(net):
    """The same with replies of 1200 bytes: the window in the reset is larger than the one before."""
    return pipelining(net, b"$1190\r\n" + b"v" * 1190 + b"\r\n", 1199)


@scenario(Expect("process-exit", by="server", reason="TCP_ABORT_ON_CLOSE", also=CRASH), Expect("port-closed", by="server", reason="NO_SOCKET", state="UNKNOWN"),
          Expect("listener-closed", by="server", reason="TCP_STATE", also=("process-exit",)), Expect("data-after-close", by="server", reason="TCP_ABORT_ON_DATA", also=("process-exit",)), limit=40)
def prefork_restart_under_load(net):
    """A pre-forking server of three workers is killed and started anew 0.8 s later, while eight clients keep asking over kept connections."""

    def worker(l):
        import selectors

        ready = selectors.DefaultSelector()
        ready.register(l, selectors.EVENT_READ)
        l.setblocking(False)
        while True:
            for key, _ in ready.select():
                if key.fileobj is l:
                    try:
                        a, _ = l.accept()
                        ready.register(a, selectors.EVENT_READ)
                    except BlockingIOError:
                        pass
                    continue
                got = key.fileobj.recv(4096)
                if not got:
                    ready.unregister(key.fileobj)
                    key.fileobj.close()
                    continue
                time.sleep(0.04)
                key.fileobj.send(response())

    def server():
        for life in (1.5, 2.5):
            l = listener(net.server4, 8800, 64)
            workers = []
            for _ in range(3):
                pid = os.fork()
                if not pid:
                    worker(l)
                workers.append(pid)
            time.sleep(life)
            l.close()
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            for pid in workers:
                os.waitpid(pid, 0)
            time.sleep(0.8)

    def client():
        count, last = {}, time.monotonic() + 3.6
        s = None
        while time.monotonic() < last:
            try:
                s = s or dial(net.server4, 8800, patience=2)
                s.send(request("/job"))
                saw = "answered" if until(s) else "end of stream"
                if saw != "answered":
                    s.close()
                    s = None
            except OSError as e:
                saw = e.strerror or "timed out"
                s = None
                time.sleep(0.15)
            count[saw] = count.get(saw, 0) + 1
        return count

    s = net.at("server", server)
    time.sleep(0.3)
    clients = [net.at("client", client) for _ in range(8)]
    seen = [c.result() for c in clients]
    s.result(3)
    return {"clients": seen}


@scenario()
def deploy_with_handover(net):
    """The old process hands its listener to the new one, finishes what it has and closes by FIN: nobody is reset."""

    def serve(l, until_when, tail):
        l.settimeout(0.05)
        while time.monotonic() < until_when:
            try:
                a, _ = l.accept()
            except OSError:
                continue
            a.settimeout(2)
            while until(a):
                a.send(response(tail))
            a.close()

    def server():
        now = time.monotonic()
        l = listener(net.server4, 8083)
        if not os.fork():
            time.sleep(0.8)
            serve(l, now + 3, b"new")
            os._exit(0)
        serve(l, now + 0.9, b"old")
        l.close()
        time.sleep(2.5)

    def client():
        seen = []
        for _ in range(9):
            with dial(net.server4, 8083) as s:
                for _ in range(2):
                    s.send(request())
                    seen.append(until(s)[-3:].decode())
            time.sleep(0.2)
        return seen

    return pair(net, server, client)


@scenario()
def half_close_ok(net):
    """The client ends its direction with shutdown(SHUT_WR) after the request and reads the answer, which comes 300 ms later: no reset."""

    def server():
        with listener(net.server4, 515) as l:
            a, _ = l.accept()
            got = 0
            while part := a.recv(4096):
                got += len(part)
            time.sleep(0.3)
            a.send(b"%d bytes printed\n" % got)
            a.close()
            return got

    def client():
        s = dial(net.server4, 515)
        s.sendall(b"%!PS\n" * 2000)
        s.shutdown(socket.SHUT_WR)
        seen = s.recv(100).decode()
        s.close()
        return seen

    return pair(net, server, client)


@scenario(Expect("data-after-close", by="server"), relay=lambda: Relay(0.02))
def websocket_cut_by_server(net):
    """A WebSocket session with messages both ways every 60 ms; the server leaves in the middle with close()."""
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    def server():
        with listener(net.server4, 8000) as l:
            a, _ = l.accept()
            until(a)
            a.send(upgrade)
            for n in range(12):
                a.recv(200)
                a.send(b"\x81\x07price%02d" % n)
            a.close()
            time.sleep(0.5)

    def client():
        s = dial(net.server4, 8000)
        s.send(request("/feed", more="Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
        until(s)
        seen = []
        for n in range(20):
            seen.append(tried(s.send, b"\x81\x84\0\0\0\0tick"))
            time.sleep(0.06 if n < 11 else 0.015)
        return [seen[-1], tried(s.recv, 1000), tried(s.recv, 10)]

    return pair(net, server, client)


@scenario(Expect("server-timeout-abort", by="server"), relay=lambda: Relay(0.035))
def slow_request_aborted(net):
    """A client sends its request head a line at a time and stops; after 2 s of silence the server aborts with SO_LINGER 0."""

    def server():
        with listener(net.server4, 8084) as l:
            for _ in range(2):
                a, _ = l.accept()
                a.settimeout(2)
                try:
                    while a.recv(1000):
                        pass
                except TimeoutError:
                    abort(a)

    def client():
        seen = []
        for _ in range(2):
            s = dial(net.server4, 8084)
            for line in (b"GET /drip HTTP/1.1\r\n", b"Host: depot.test\r\n", b"X-Slow: "):
                s.send(line)
                time.sleep(0.3)
            seen.append(tried(s.recv, 10))
        return seen

    return pair(net, server, client)
