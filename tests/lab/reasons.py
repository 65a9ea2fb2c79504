"""Why the kernel sent each reset, in its own words: the trace point tcp:tcp_send_reset.

It exists since Linux 6.10. Each reader has a tracing instance of its own, so readers do not disturb each other. The
trace point fires for every network namespace of the machine: callers select by address.
"""

import os
import re
import subprocess
import time

TRACING = "/sys/kernel/tracing"
EVENT = re.compile(r" (\d+\.\d+): tcp_send_reset: .*src=(\S+) dest=(\S+) state=(?:TCP_)?(\S+) reason=(\S+)")


def available():
    """Whether this kernel has the trace point and we may read it. Mounts tracefs when nobody has."""
    if not os.path.isdir(f"{TRACING}/events"):
        subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACING], capture_output=True)
    return os.path.isdir(f"{TRACING}/events/tcp/tcp_send_reset")


def plain(address):
    """IPv4 in IPv6's clothes becomes IPv4."""
    return address.replace("[::ffff:", "").replace("]:", ":") if address.startswith("[::ffff:") else address


class Reasons:
    """Records from `with` on; `events()` gives what happened so far."""

    def __init__(self, name):
        self.path = f"{TRACING}/instances/{name}"

    def __enter__(self):
        os.makedirs(self.path, exist_ok=True)
        self.set("trace_clock", "mono")
        self.set("events/tcp/tcp_send_reset/enable", "1")
        return self

    def __exit__(self, *_):
        self.set("events/tcp/tcp_send_reset/enable", "0")
        os.rmdir(self.path)

    def set(self, file, value):
        with open(f"{self.path}/{file}", "w") as f:
            f.write(value)

    def events(self):
        """[{time, src, dst, state, reason}], oldest first; `src` sent the reset; times on the wall clock."""
        offset, found = time.time() - time.monotonic(), []
        with open(f"{self.path}/trace") as trace:
            for line in trace:
                if m := EVENT.search(line):
                    found.append({"time": float(m[1]) + offset, "src": plain(m[2]), "dst": plain(m[3]), "state": m[4], "reason": m[5]})
        return found
