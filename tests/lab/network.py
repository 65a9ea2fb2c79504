"""Two hosts and the path between them, in network namespaces.

    client ==== relay ---- router ==== server

`client` and `server` run the kernel's TCP. `relay` is a program of ours that moves frames and may delay, drop, change
or add some (`Relay`). `router` is one forwarding hop, where packet filters can stand. Everything carries a tag in its
name, nothing leaves the namespaces, and leaving the `with` block kills what still runs in them and removes them.
"""

import ctypes
import heapq
import multiprocessing
import os
import random
import select
import signal
import socket
import subprocess
import time
import traceback

fork = multiprocessing.get_context("fork")
libc = ctypes.CDLL(None, use_errno=True)
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
HOSTS = ("client", "relay", "router", "server")
OFFLOADS = "rx tx tso gso gro".split()


def quietly(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True)


def must(command):
    done = quietly(command)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr.strip()}")
    return done.stdout


def enter(namespace):
    with open(f"/run/netns/{namespace}") as f:
        if libc.setns(f.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


class Relay:
    """The plain one: `delay` seconds each way, and of each hundred frames `loss` vanish."""

    def __init__(self, delay=0.005, loss=0, seed=7):
        self.delay, self.loss, self.random = delay, loss, random.Random(seed)

    def pass_on(self, frame, outward, now):
        """What becomes of a frame: a list of (seconds from now, outward, frame). Empty: it is lost.

        `outward` is true from the client towards the server.
        """
        if self.loss and self.random.random() * 100 < self.loss:
            return []
        return [(self.delay, outward, frame)]


def carry(namespace, relay, ready):
    """The relay's process."""
    enter(namespace)
    doors = {}
    for outward, device in ((True, "inner"), (False, "outer")):  # keyed by which way a frame goes that comes in here
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind((device, 0))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        doors[s] = outward
    leave = {outward: next(s for s, d in doors.items() if d != outward) for outward in (True, False)}
    waiting, order = [], 0
    ready.set()
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 1.0
        for s in select.select(list(doors), [], [], pause)[0]:
            frame, address = s.recvfrom(1 << 17)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            now = time.monotonic()
            for delay, outward, f in relay.pass_on(frame, doors[s], now):
                order += 1
                heapq.heappush(waiting, (now + delay, order, outward, f))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, outward, f = heapq.heappop(waiting)
            try:
                leave[outward].send(f)
            except OSError:
                pass  # a frame too long for the next device is lost, as on a real path


def sweep(tag):
    """Ends what runs in the namespaces of `tag` and removes them. Nothing else is touched."""
    for h in HOSTS:
        for pid in quietly(f"ip netns pids {tag}-{h}").stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
    for h in HOSTS:
        quietly(f"ip netns del {tag}-{h}")


class Task:
    """A function at work in a host's namespace."""

    def __init__(self, namespace, function, arguments):
        self.inbox, outbox = fork.Pipe(False)

        def body():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            enter(namespace)
            try:
                outbox.send(function(*arguments))
            except OSError as e:
                outbox.send(os.strerror(e.errno) if e.errno else str(e))
            except Exception:
                outbox.send(traceback.format_exc(limit=-2))

        self.process = fork.Process(target=body, daemon=True)
        self.process.start()
        outbox.close()
        self.pid = self.process.pid

    def result(self, timeout=60):
        """What the function returned; None if it was killed or is late."""
        try:
            return self.inbox.recv() if self.inbox.poll(timeout) else None
        except EOFError:
            return None

    def kill(self, how=signal.SIGKILL):
        os.kill(self.pid, how)


class Network:
    """`slot` (0 to 99) sets the addresses, so that networks of one machine do not share any."""

    def __init__(self, tag, slot=0, relay=None, client=(), server=(), offloads=False, relayed=True):
        self.tag, self.relay, self.offloads, self.relayed = tag, relay or Relay(), offloads, relayed
        self.settings = {"client": client, "server": server}
        self.client4, self.server4 = f"198.18.{slot}.2", f"198.19.{slot}.2"
        self.client6, self.server6 = f"2001:db8:{slot:x}:a::2", f"2001:db8:{slot:x}:b::2"
        self.programs = []

    def name(self, host):
        return f"{self.tag}-{host}"

    def inside(self, host, command):
        return must(f"ip netns exec {self.name(host)} {command}")

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def build(self):
        for h in HOSTS:
            must(f"ip netns add {self.name(h)}")
            self.inside(h, "ip link set lo up")
        for a, da, b, db in (("client", "eth0", "relay", "inner"), ("relay", "outer", "router", "near"), ("router", "far", "server", "eth0")):
            must(f"ip link add {da} netns {self.name(a)} type veth peer name {db} netns {self.name(b)}")
            for h, d in ((a, da), (b, db)):
                if not self.offloads:
                    self.inside(h, f"ethtool -K {d} " + " ".join(f"{o} off" for o in OFFLOADS))
                quietly(f"ip netns exec {self.name(h)} sysctl -qw net.ipv6.conf.{d}.accept_dad=0")
                self.inside(h, f"ip link set {d} up")
        near = {4: self.client4[:-1] + "1", 6: self.client6[:-1] + "1"}
        far = {4: self.server4[:-1] + "1", 6: self.server6[:-1] + "1"}
        for h, d, a4, a6 in (("client", "eth0", self.client4, self.client6), ("router", "near", near[4], near[6]),
                             ("router", "far", far[4], far[6]), ("server", "eth0", self.server4, self.server6)):
            self.inside(h, f"ip address add {a4}/24 dev {d}")
            self.inside(h, f"ip address add {a6}/64 dev {d} nodad")
        self.inside("router", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        for h, via in (("client", near), ("server", far)):
            for family in (4, 6):
                self.inside(h, f"ip -{family} route add default via {via[family]}")
            for s in self.settings[h]:
                self.inside(h, f"sysctl -qw {s}")
        if self.relayed:
            ready = fork.Event()
            self.carrier = fork.Process(target=carry, args=(self.name("relay"), self.relay, ready), daemon=True)
            self.carrier.start()
            if not ready.wait(5):
                raise RuntimeError("the relay did not start")
        else:
            self.inside("relay", "ip link add both type bridge")
            for d in ("inner", "outer"):
                self.inside("relay", f"ip link set {d} master both")
            self.inside("relay", "ip link set both up")
        self.at("client", self.greet).result(5)

    def greet(self):
        """Neighbours learn each other before the captures begin: a datagram to a closed port, and the answer to it."""
        for family, address in ((socket.AF_INET, self.server4), (socket.AF_INET6, self.server6)):
            with socket.socket(family, socket.SOCK_DGRAM) as s:
                s.settimeout(2)
                s.connect((address, 9))
                s.send(b"hello")
                try:
                    s.recv(1)
                except OSError:
                    pass

    def remove(self):
        for p in self.programs:
            if p.poll() is None:
                p.terminate()
        sweep(self.tag)
        for p in self.programs:
            p.wait()

    def at(self, host, function, *arguments):
        """Starts `function` in the host's namespace."""
        return Task(self.name(host), function, arguments)

    def program(self, host, *command, **more):
        """Starts a program in the host's namespace; its output is thrown away unless asked for."""
        more.setdefault("stdout", subprocess.DEVNULL)
        more.setdefault("stderr", subprocess.DEVNULL)
        p = subprocess.Popen(["ip", "netns", "exec", self.name(host), *command], start_new_session=True, **more)
        self.programs.append(p)
        return p

    def capture(self, host, path, device="eth0", snaplen=0, expression="tcp"):
        p = self.program(host, "tcpdump", "-n", "-U", "--immediate-mode", "-i", device, "-s", str(snaplen), "-w", path, *expression.split(), stderr=subprocess.PIPE)
        p.stderr.readline()  # it says that it listens
        return p

    def addresses(self, host):
        near, far = (self.client4, self.client6), (self.server4, self.server6)
        return {"client": near, "server": far, "router": tuple(a[:-1] + "1" for a in near + far)}.get(host, ())


def answer(frame, packet):
    """`packet` in a frame that goes back to where `frame` came from."""
    return frame[6:12] + frame[:6] + b"\x08\x00" + packet


def alongside(frame, packet):
    """`packet` in a frame that goes the way `frame` goes."""
    return frame[:12] + b"\x08\x00" + packet


