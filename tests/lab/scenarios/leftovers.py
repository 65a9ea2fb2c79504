"""Bytes that nobody read, connections that a pool forgot, bodies without a length."""

import time

from network import Relay
from scenarios.closing import pair, tls_client, tls_server
from talk import abort, dial, exactly, listener, request, response, scenario, tried, until
from truth import Expect


@scenario(Expect("early-response-upload", by="server"), relay=lambda: Relay(0.03), snaplen=400)
def chunked_upload_refused(net):
    """A chunked upload, so no length is announced; the server answers 403 after four chunks, all read, and closes; more chunks are on the way."""
    chunk = b"400\r\n" + b"c" * 1024 + b"\r\n"

    def server():
        with listener(net.server4, 9700) as l:
            a, _ = l.accept()
            until(a)
            exactly(a, 4 * len(chunk))
            a.send(response(b"enough", "403 Forbidden", "Connection: close\r\n"))
            a.close()
            time.sleep(0.6)

    def client():
        s = dial(net.server4, 9700)
        s.send(b"POST /stream HTTP/1.1\r\nHost: depot.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        time.sleep(0.1)
        seen = []
        for _ in range(14):
            seen.append(tried(s.send, chunk))
            time.sleep(0.07)
        return [seen[-1], tried(s.recv, 300)]

    return pair(net, server, client)


@scenario(Expect("unread-data-close", by="server", also=("process-exit", "listener-closed")), relay=lambda: Relay(0.01))
def all_users_kicked(net):
    """A chat server closes its six connections at once, four of them with a line unread; it lives on and serves the next one."""

    def server():
        l = listener(net.server4, 9701)
        kept = [l.accept()[0] for _ in range(6)]
        for a in kept:
            until(a, b"\n")
            a.send(b"welcome\n")
        time.sleep(0.7)
        for a in kept[:4]:
            a.close()
        time.sleep(0.6)
        for a in kept[4:]:
            a.close()
        a, _ = l.accept()
        until(a, b"\n")
        a.send(b"welcome back\n")
        a.close()

    def client():
        kept = [dial(net.server4, 9701) for _ in range(6)]
        for s in kept:
            s.send(b"NICK me\n")
            s.recv(100)
        time.sleep(0.3)
        for s in kept[:4]:
            s.send(b"hello, is anybody there?\n")
        time.sleep(0.8)
        seen = [tried(s.recv, 100) for s in kept]
        with dial(net.server4, 9701) as s:
            s.send(b"NICK me\n")
            return seen + [tried(s.recv, 100)]

    return pair(net, server, client)


@scenario(Expect("teardown-rst", by="client"), relay=lambda: Relay(0.02))
def pool_evicts_closed(net):
    """The server closed an idle connection; 2.5 s later the client's pool notices and drops it with SO_LINGER 0."""

    def server():
        with listener(net.server4, 9702) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            time.sleep(0.8)
            a.close()
            time.sleep(3.5)

    def client():
        s = dial(net.server4, 9702)
        s.send(request())
        until(s)
        time.sleep(3.3)
        abort(s)

    return pair(net, server, client)


@scenario(Expect("teardown-rst", by="client", also=("unread-data-close", "client-cancel")), relay=lambda: Relay(0.02))
def farewell_unread(net):
    """The server said 408 and closed an idle connection; the client's pool closes it 2 s later without having read that."""

    def server():
        with listener(net.server4, 9703) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            time.sleep(1.2)
            a.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            a.close()
            time.sleep(2.6)

    def client():
        s = dial(net.server4, 9703)
        s.send(request())
        until(s)
        time.sleep(3.2)
        s.close()

    return pair(net, server, client)


@scenario(Expect("teardown-rst", by="client", also=("unread-data-close", "client-cancel", "benign-tls-close")), relay=lambda: Relay(0.02))
def close_notify_unread(net):
    """TLS: the server ended an idle connection with close_notify and FIN; the client closes its socket 1.5 s later, the alert unread."""
    context = tls_server(net)

    def server():
        with listener(net.server4, 9704) as l:
            a, _ = l.accept()
            t = context.wrap_socket(a, server_side=True)
            t.recv(1000)
            t.send(response(b"u" * 100))
            time.sleep(1.1)
            t.settimeout(0)
            try:
                t.unwrap()
            except OSError:
                pass
            t.close()
            time.sleep(2)

    def client():
        t = tls_client().wrap_socket(dial(net.server4, 9704))
        t.send(request("/tls"))
        t.recv(1000)
        time.sleep(2.6)
        t.close()
        time.sleep(0.2)

    return pair(net, server, client)


@scenario(Expect("stale-connection-reuse", by="server"), relay=lambda: Relay(0.045))
def connection_close_ignored(net):
    """The server's third answer says "Connection: close" and it closes; the client sends its fourth request 0.5 s later all the same."""

    def server():
        with listener(net.server4, 9705) as l:
            a, _ = l.accept()
            for n in range(3):
                until(a)
                a.send(response(b"%d" % n, more="Connection: close\r\n" if n == 2 else ""))
            a.close()
            time.sleep(1.2)

    def client():
        s = dial(net.server4, 9705)
        for n in range(3):
            s.send(request(f"/{n}"))
            until(s)
            time.sleep(0.2)
        time.sleep(0.3)
        return [tried(s.send, request("/3")), tried(s.recv, 10)]

    return pair(net, server, client)
