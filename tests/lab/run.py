#!/usr/bin/env python3
"""Makes captures of TCP resets whose causes are known.

    run.py OUT_DIR [NAME...]    all scenarios, or those named; captures and NAME.json beside them
    run.py --jobs N OUT_DIR ... N at a time (default 2)
    run.py --list               the scenarios, as a table

Exit status: 0 all made, 1 some failed, 2 wrong use, 77 this machine cannot (not root, or Linux older than 6.10).
"""

import argparse
import collections
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import reasons  # noqa: E402
import truth  # noqa: E402
from network import Network, Relay, sweep  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

NEEDED = ["ip", "ethtool", "tcpdump", "nft", "sysctl"]
DEVICES = {"client": ("client", "eth0"), "server": ("server", "eth0"), "router": ("router", "far"), "any": ("router", "any")}
FAILED, WRONG_USE, SKIPPED = 1, 2, 77


def hindrance():
    """Why this machine cannot make captures, or None."""
    if platform.system() != "Linux" or os.geteuid() != 0:
        return "the lab needs root on Linux 6.10 or newer"
    if not reasons.available():
        return f"the lab needs the trace point tcp:tcp_send_reset, in Linux since 6.10; this is {platform.release()}"
    missing = [n for n in NEEDED if not shutil.which(n)]
    return f"the lab needs these programs: {', '.join(missing)}" if missing else None


def one(name, out, slot):
    """Makes one scenario's captures and its truth."""
    spec, tag = SCENARIOS[name], f"rstlab{slot}"
    files = {point: f"{name}.{point}.pcap" for point in spec["points"]}
    relay = spec["relay"]() if spec["relay"] else Relay()
    with reasons.Reasons(tag) as why, Network(tag, slot, relay, spec["client"], spec["server"], **spec["network"]) as net, tempfile.TemporaryDirectory() as net.scratch:
        tcpdumps = [net.capture(DEVICES[p][0], f"{out}/{f}", DEVICES[p][1], spec["snaplen"]) for p, f in files.items()]
        seen = spec["run"](net)
        time.sleep(0.5)
        for t in tcpdumps:
            t.terminate()
            t.wait()
        known = truth.tell({p: f"{out}/{f}" for p, f in files.items()}, net, why.events(), spec["expect"])
    report = {"scenario": name, "about": spec["about"], "applications": seen, "captures": {f: {"point": p, "rsts": known[p]} for p, f in files.items()}}
    if spec["hand_made"]:
        report["hand_made"] = True
    with open(f"{out}/{name}.json", "w") as f:
        json.dump(report, f, indent=1)
        f.write("\n")
    for p in spec["points"]:
        kinds = collections.Counter()
        for r in known[p]:
            k = f"{r['kernel']['reason']}[{r['kernel']['state']}]" if r["kernel"] else "no kernel's"
            kinds[f"{r['cause'] or ('follow-up' if r['follow_up'] else 'NOT EXPECTED')} ({k})"] += 1
        print(f"{name}.{p}: " + ("; ".join(f"{n} {k}" for k, n in kinds.items()) or "no reset"))
    print(f"{name}: applications saw {json.dumps(seen)}"[:600], flush=True)


def clean(slot):
    """Removes what a scenario that was killed left behind."""
    sweep(f"rstlab{slot}")
    instance = f"{reasons.TRACING}/instances/rstlab{slot}"
    if os.path.isdir(instance):
        os.rmdir(instance)


def many(names, out, jobs):
    """Each scenario in a process of its own, so that a stuck one can be ended and cleaned up after."""
    base = os.getpid() % 24 * 4
    todo, running, failed, free = list(names), {}, [], [base + i for i in range(jobs)]
    try:
        while todo or running:
            while todo and free:
                name, slot = todo.pop(0), free.pop()
                p = subprocess.Popen([sys.executable, __file__, "--one", str(slot), out, name], start_new_session=True)
                running[p] = (name, slot, time.monotonic() + SCENARIOS[name]["limit"] + 30)
            for p, (name, slot, limit) in list(running.items()):
                late = p.poll() is None and time.monotonic() > limit
                if late:
                    os.killpg(p.pid, signal.SIGKILL)
                    p.wait()
                if p.poll() is not None:
                    if p.returncode:
                        failed.append(name)
                        print(f"{name}: FAILED, " + ("took too long" if late else f"exit {p.returncode}"), flush=True)
                    clean(slot)
                    del running[p]
                    free.append(slot)
            time.sleep(0.05)
    finally:
        for p, (_, slot, _) in running.items():
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()
            clean(slot)
    return failed


def table():
    rows = ["| scenario | causes | what happens |", "|---|---|---|"]
    for name, s in sorted(SCENARIOS.items(), key=lambda e: (e[1]["theme"], e[0])):
        causes = ", ".join(dict.fromkeys(f"`{e.cause}`" for e in s["expect"])) or "none: no reset"
        rows.append(f"| {name} | {causes} | {s['about']}{' Made by hand.' if s['hand_made'] else ''} |")
    return "\n".join(rows)


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--list", action="store_true")
    a.add_argument("--jobs", type=int, default=2)
    a.add_argument("--one", type=int, metavar="SLOT", help=argparse.SUPPRESS)
    a.add_argument("out", nargs="?")
    a.add_argument("names", nargs="*")
    a = a.parse_args()
    if a.list:
        print(table())
        return 0
    unknown = [n for n in a.names if n not in SCENARIOS]
    if not a.out or unknown or not 1 <= a.jobs <= 4:
        print(f"no such scenario: {', '.join(unknown)}; --list names them" if unknown else "usage: run.py [--jobs 1..4] OUT_DIR [NAME...] | --list", file=sys.stderr)
        return WRONG_USE
    if reason := hindrance():
        print(f"skipped: {reason}", file=sys.stderr)
        return SKIPPED
    os.makedirs(a.out, exist_ok=True)
    if a.one is not None:
        one(a.names[0], a.out, a.one)
        return 0
    failed = many(a.names or sorted(SCENARIOS), a.out, a.jobs)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return FAILED if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(FAILED))
    sys.exit(main())
