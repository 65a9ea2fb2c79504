"""Resets after a close, and around idle connections."""

import select
import socket
import ssl
import subprocess
import time

from network import Relay
from talk import abort, abortive, dial, exactly, listener, request, response, scenario, tried, until, wait_for_port
from truth import Expect

LINGER2 = getattr(socket, "TCP_LINGER2", 8)
NODE_SERVER = """
const http = require('http');
const [address, port, idle] = process.argv.slice(2);
const s = http.createServer((q, r) => { q.resume(); q.on('end', () => r.end('node says hi')); });
s.keepAliveTimeout = Number(idle);
s.listen(Number(port), address);
"""
NODE_CLIENT = """
const http = require('http');
const [address, port, pause, method] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const ask = () => new Promise(done => {
  const q = http.request({ host: address, port, agent, path: '/poll', method }, r => { r.resume(); r.on('end', () => done('status ' + r.statusCode)); });
  q.on('error', e => done(e.code + ': ' + e.message));
  q.end(method === 'POST' ? 'x=1' : undefined);
});
(async () => {
  const seen = [await ask()];
  await new Promise(d => setTimeout(d, Number(pause)));
  seen.push(await ask());
  console.log(JSON.stringify(seen));
  process.exit(0);
})();
"""


def script(net, name, text):
    path = f"{net.scratch}/{name}"
    with open(path, "w") as f:
        f.write(text)
    return path


def pair(net, server, client, pause=0.2):
    s = net.at("server", server)
    time.sleep(pause)
    c = net.at("client", client).result()
    return {"client": c, "server": s.result(8)}


def idle_server(net, port, idle, connections=1, reply=None, address=None):
    """Answers requests on each connection; closes a connection that was idle for `idle` seconds."""

    def server():
        l = listener(address or net.server4, port)
        l.settimeout(0)
        last, closed = {}, 0
        while closed < connections:
            pause = min([max(0, t + idle - time.monotonic()) for t in last.values()], default=5)
            for s in select.select([l, *last], [], [], pause)[0]:
                if s is l:
                    a, _ = l.accept()
                    last[a] = time.monotonic()
                elif got := s.recv(4000):
                    s.send(reply or response(b"k" * (len(got) % 50)))
                    last[s] = time.monotonic()
                else:
                    last.pop(s)
                    s.close()
                    closed += 1
            for s in [s for s, t in last.items() if time.monotonic() >= t + idle]:
                last.pop(s)
                s.close()
                closed += 1
        time.sleep(1.5)
        return closed

    return server


@scenario(Expect("keepalive-idle-race", by="server"))
def keepalive_race_unread(net):
    """After 1.6 idle seconds a request arrives at the very moment at which the server, without looking, closes."""

    def server():
        with listener(net.server4, 8085) as l:
            a, _ = l.accept()
            until(a)
            a.send(response())
            a.settimeout(5)
            a.recv(1, socket.MSG_PEEK)
            a.close()
            time.sleep(0.4)

    def client():
        s = dial(net.server4, 8085)
        s.send(request("/a"))
        until(s)
        time.sleep(1.6)
        s.send(request("/b", method="POST", body=b"n=1"))
        return [tried(s.recv, 100), tried(s.recv, 100)]

    return pair(net, server, client)


GAPS = {43001: 0.4, 43002: 0.9, 43003: 1.4, 43004: 1.7, 43005: 1.985, 43006: 1.99, 43007: 2.0, 43008: 2.6, 43009: 3.3}


@scenario(*[Expect("keepalive-idle-race", by="server", port=p) for p in (43005, 43006, 43007)], Expect("stale-connection-reuse", by="server"), relay=lambda: Relay(0.02))
def keepalive_timeout_distribution(net):
    """Nine clients of a server with an idle timeout of 2 s ask again after pauses from 0.4 to 3.3 s: some are answered, some cross the FIN, some are too late."""

    def one(port, gap):
        s = dial(net.server4, 8086, (net.client4, port))
        s.send(request(f"/{port}"))
        until(s)
        time.sleep(gap)
        seen = [tried(s.send, request(f"/{port}/again")), tried(s.recv, 200)]
        time.sleep(0.3)
        s.close()
        return seen

    s = net.at("server", idle_server(net, 8086, 2.0, len(GAPS)))
    time.sleep(0.2)
    clients = {}
    for port, gap in GAPS.items():
        clients[gap] = net.at("client", one, port, gap)
        time.sleep(0.06)
    return {"clients": {str(g): c.result() for g, c in clients.items()}, "closed": s.result(9)}


@scenario(Expect("keepalive-idle-race", by="server"), relay=lambda: Relay(0.06))
def idle_node20(net):
    """Node's HTTP server closes an idle connection; a Python client asks again 5.95 s after the answer, 120 ms of round trip away."""
    net.program("server", "node", script(net, "server.js", NODE_SERVER), net.server4, "8087", "5000")
    up = wait_for_port(net, "server", net.server4, 8087)

    def client():
        s = dial(net.server4, 8087)
        s.send(request("/first"))
        s.recv(1000)
        time.sleep(5.95)
        seen = [tried(s.send, request("/second")), tried(s.recv, 1000)]
        time.sleep(0.3)
        return seen

    return {"listening": up, "client": net.at("client", client).result()}


@scenario(Expect("keepalive-idle-race", by="server"), relay=lambda: Relay(0.08), limit=60)
def node_agent_meets_fin(net):
    """A Node client with a keep-alive agent posts again after 2.45 s to a server whose idle timeout is 2.5 s; 160 ms of round trip."""
    s = net.at("server", idle_server(net, 8088, 2.5))
    time.sleep(0.2)
    node = net.program("client", "node", script(net, "client.js", NODE_CLIENT), net.server4, "8088", "2420", "POST", stdout=subprocess.PIPE)
    out, _ = node.communicate(timeout=20)
    return {"client": out.decode().strip(), "closed": s.result(9)}


@scenario(Expect("teardown-rst", by="server"))
def fin_answered_by_rst(net):
    """The client ends with a FIN; the server, which has sent all, answers with close() under SO_LINGER 0."""

    def server():
        with listener(net.server4, 8089) as l:
            a, _ = l.accept()
            until(a)
            a.send(response(b"y" * 4000))
            until(a)
            abort(a)

    def client():
        s = dial(net.server4, 8089)
        s.send(request())
        exactly(s, 4000)
        s.recv(4000)
        time.sleep(0.05)
        s.close()
        time.sleep(0.2)

    return pair(net, server, client)


@scenario(Expect("teardown-rst", by="client"))
def tcp_linger2_negative(net):
    """The client has half-closed and waits; then it closes with TCP_LINGER2 of -1, which resets instead of waiting for the server's FIN."""

    def server():
        with listener(net.server4, 8092) as l:
            a, _ = l.accept()
            while a.recv(1000):
                pass
            time.sleep(1)
            return [tried(a.send, b"late"), tried(a.recv, 10)]

    def client():
        s = dial(net.server4, 8092)
        s.setsockopt(socket.IPPROTO_TCP, LINGER2, -1)
        s.send(b"last words\n")
        s.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
        s.close()
        time.sleep(1)

    return pair(net, server, client)


@scenario(Expect("data-after-close", by="server"), relay=lambda: Relay(0.03))
def v6_data_after_close(net):
    """Over IPv6: the server takes three records, says goodbye and closes; the client's next records are on the way."""

    def server():
        with listener(net.server6, 4222) as l:
            a, _ = l.accept()
            for _ in range(3):
                a.recv(2000)
            a.send(b"-ERR 'Slow Consumer'\r\n")
            a.close()
            time.sleep(0.5)

    def client():
        s = dial(net.server6, 4222)
        seen = []
        for n in range(8):
            seen.append(tried(s.send, b"PUB a.b 300\r\n" + b"n" * 300 + b"\r\n"))
            time.sleep(0.025)
        return seen + [tried(s.recv, 100)]

    return pair(net, server, client)


@scenario(Expect("data-after-close", by="server"), relay=lambda: Relay(0.075))
def data_after_close_slow_path(net):
    """The same over IPv4 with 150 ms of round trip and a reader that takes ten records before it leaves."""

    def server():
        with listener(net.server4, 24224) as l:
            a, _ = l.accept()
            exactly(a, 10 * 512)
            a.close()
            time.sleep(0.8)

    def client():
        s = dial(net.server4, 24224, options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)])
        seen = []
        for n in range(30):
            seen.append(tried(s.send, b"e" * 512))
            time.sleep(0.04)
        return seen[-14:]

    return pair(net, server, client)


@scenario(Expect("stale-connection-reuse", by="server"))
def pool_with_one_stale(net):
    """A pool of twenty connections; the server has closed one of them 0.8 s ago, and then the pool uses them all."""

    def server():
        l = listener(net.server4, 5433, 64)
        pool = [l.accept()[0] for _ in range(20)]
        for a in pool:
            until(a, b";")
            a.send(b"ready")
        time.sleep(1.5)
        pool[11].close()
        for a in pool[:11] + pool[12:]:
            a.settimeout(4)
            until(a, b";")
            a.send(b"1 row")
        time.sleep(0.4)

    def client():
        pool = [dial(net.server4, 5433) for _ in range(20)]
        for s in pool:
            s.send(b"BEGIN;")
        for s in pool:
            s.recv(5)
        time.sleep(2.3)
        seen = []
        for s in pool:
            s.send(b"SELECT now();")
            seen.append(tried(s.recv, 5))
        return {e: seen.count(e) for e in seen}

    return pair(net, server, client)


@scenario(Expect("teardown-rst", by="client", also=("linger-zero-abort",)), relay=lambda: Relay(0.04))
def crossing_fins_then_linger(net):
    """Both ends shut down their direction at the same time; 15 ms later, before the other FIN has come, the client closes with SO_LINGER 0."""

    def server():
        with listener(net.server4, 8093) as l:
            a, _ = l.accept()
            a.recv(100)
            a.send(b"fine")
            a.recv(100)
            a.shutdown(socket.SHUT_WR)
            time.sleep(0.5)

    def client():
        s = abortive(dial(net.server4, 8093))
        s.send(b"how are you?")
        s.recv(10)
        s.send(b"bye")
        time.sleep(0.04)
        s.shutdown(socket.SHUT_WR)
        time.sleep(0.015)
        s.close()
        time.sleep(0.3)

    return pair(net, server, client)


def certificate(net, name="depot.test"):
    key, cert = f"{net.scratch}/{name}.key", f"{net.scratch}/{name}.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return key, cert


def tls_server(net, tune=lambda c: None):
    key, cert = certificate(net)
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(cert, key)
    tune(c)
    return c


def tls_client(tune=lambda c: None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    tune(c)
    return c


def only(version):
    def tune(c):
        c.minimum_version = c.maximum_version = version

    return tune


@scenario(Expect("benign-tls-close", by="client"), relay=lambda: Relay(0.02))
def tls12_client_leaves_first(net):
    """TLS 1.2: after the answer the client sends close_notify and closes; the server's own close_notify finds nobody."""
    context = tls_server(net, only(ssl.TLSVersion.TLSv1_2))

    def server():
        with listener(net.server4, 8444) as l:
            a, _ = l.accept()
            t = context.wrap_socket(a, server_side=True)
            t.recv(1000)
            t.send(response(b"s" * 700))
            t.recv(1000)
            try:
                t.unwrap()
            except OSError as e:
                return str(e)[:60]

    def client():
        t = tls_client(only(ssl.TLSVersion.TLSv1_2)).wrap_socket(dial(net.server4, 8444))
        t.send(request("/secret"))
        got = tried(t.recv, 1000)
        t.setblocking(False)
        try:
            t.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError, OSError):
            pass
        t.close()
        time.sleep(0.2)
        return got

    return pair(net, server, client)


@scenario(Expect("tls-handshake-reset", by="server"), relay=lambda: Relay(0.015))
def tls13_client_cert_rejected(net):
    """TLS 1.3: the client has no certificate and sends its request at once; the server sends an alert and closes with that request unread."""

    def demand(c):
        c.verify_mode = ssl.CERT_REQUIRED
        c.load_verify_locations(f"{net.scratch}/depot.test.crt")

    context = tls_server(net, demand)

    def server():
        with listener(net.server4, 8445) as l:
            a, _ = l.accept()
            t = context.wrap_socket(a, server_side=True, do_handshake_on_connect=False)
            try:
                t.do_handshake()
            except ssl.SSLError as e:
                time.sleep(0.02)
                t.close()
                return e.reason

    def client():
        t = tls_client().wrap_socket(dial(net.server4, 8445))
        t.send(request("/v1/pods", method="POST", body=b"{}" * 300))
        try:
            return tried(t.recv, 100)
        except ssl.SSLError as e:
            return e.reason

    return pair(net, server, client)


@scenario(Expect("tls-handshake-reset", by="server"))
def tls_to_plaintext_port(net):
    """A TLS client on a port that speaks a line protocol: the server reads three bytes, dislikes them and closes."""

    def server():
        with listener(net.server4, 25) as l:
            a, _ = l.accept()
            a.recv(3)
            time.sleep(0.01)
            a.close()
            time.sleep(0.3)

    def client():
        try:
            tls_client().wrap_socket(dial(net.server4, 25))
        except OSError as e:
            return e.strerror

    return pair(net, server, client)


@scenario(Expect("stale-connection-reuse", by="server"), relay=lambda: Relay(0.01), server=("net.ipv4.tcp_fin_timeout=20",))
def close_wait_leak(net):
    """A client library that never looks: the server closed 6 s ago, the client still sends two heartbeats into it."""

    def client():
        s = dial(net.server4, 61613)
        seen = []
        for pause in (0.3, 0.3, 7.5, 0.3, 0.3):
            seen.append(tried(s.send, b"HEARTBEAT\n"))
            time.sleep(pause)
        return seen

    s = net.at("server", idle_server(net, 61613, 1.2, reply=b"OK\n"))
    time.sleep(0.2)
    return {"client": net.at("client", client).result(), "closed": s.result(3)}
