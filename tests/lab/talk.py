"""What the scenarios' programs say to each other, and small helpers around sockets."""

import os
import socket
import struct
import time

SCENARIOS = {}


def scenario(*expect, about=None, relay=None, client=(), server=(), points=("client", "server"), limit=45, hand_made=False, snaplen=0, **network):
    """Registers the function under its name. `points` are the captures: "client", "server", "router" (facing the server) or "any" (router, all devices)."""

    def register(function):
        SCENARIOS[function.__name__.replace("_", "-")] = {
            "run": function, "expect": expect, "about": " ".join((about or function.__doc__).split()), "relay": relay, "client": client, "server": server,
            "points": points, "limit": limit, "hand_made": hand_made, "snaplen": snaplen, "theme": function.__module__.rsplit(".")[-1], "network": network}
        return function

    return register


def listener(address, port, backlog=32, reuse_port=False):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind((address, port))
    s.listen(backlog)
    return s


def dial(address, port, own=None, patience=10, options=()):
    """A connected socket; `own` is (address, port) to bind to."""
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.settimeout(patience)
    for o in options:
        s.setsockopt(*o)
    if own:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(own)
    s.connect((address, port))
    return s


def abortive(s):
    """From now on close() of this socket resets."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return s


def abort(s):
    abortive(s).close()


def forget(s):
    """The kernel drops the socket without a word, as a power cut would (TCP_REPAIR)."""
    s.setsockopt(socket.IPPROTO_TCP, 19, 1)
    s.close()


def tried(call, *arguments):
    """What the application sees of a call: "ok", the number of bytes, or the error."""
    try:
        r = call(*arguments)
    except OSError as e:
        return os.strerror(e.errno) if e.errno else type(e).__name__
    return f"{len(r)} bytes" if isinstance(r, bytes) else f"{r} bytes" if isinstance(r, int) else "ok"


def until(s, mark=b"\r\n\r\n", most=1 << 20):
    """Reads up to and including `mark`, or to the end of the stream."""
    got = b""
    while mark not in got and len(got) < most:
        part = s.recv(65536)
        if not part:
            break
        got += part
    return got


def exactly(s, size):
    got = b""
    while len(got) < size:
        part = s.recv(size - len(got))
        if not part:
            break
        got += part
    return got


def request(path="/", host="depot.test", method="GET", body=b"", more=""):
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n{more}"
    if body or method == "POST":
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def response(body=b"done", status="200 OK", more=""):
    return f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


def wait_for_port(net, host, address, port, patience=15):
    """True as soon as the host listens there; looks into its tables and sends nothing."""
    family, wanted = ("tcp6" if ":" in address else "tcp"), f":{port:04X} "

    def look():
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            for table in (family, "tcp6"):
                with open(f"/proc/net/{table}") as f:
                    if any(wanted in line and line.split()[3] == "0A" for line in f):
                        return True
            time.sleep(0.05)
        return False

    return net.at(host, look).result(patience + 1)
