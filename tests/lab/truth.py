"""What is known of each reset in a scenario's captures: the kernel's reason joined with the scenario's expectation.

A reset is joined with a reason in the capture of the host that sent it, by its ends and by time; captures elsewhere
take it over from there by sequence number. A reset that no kernel recorded has `kernel: null`: a packet filter, a box
on the path, or a frame made by hand.
"""

from dataclasses import dataclass

import wire

WITHIN = 0.25  # seconds between the kernel's record and the captured reset, on a loaded machine


@dataclass(frozen=True)
class Expect:
    """The cause of the resets that match. Everything left None matches all.

    `also` are causes that the wire cannot tell from it. `undecidable` is True, or names the capture points at which
    the wire cannot show the cause. `again` lets it match later resets of a connection too, which are otherwise
    follow-ups: answers to what was under way when the first was sent.
    """

    cause: str
    by: str = None  # "client", "server" or "else"
    port: int = None  # of either end
    reason: str = None  # of the kernel; "none": no kernel recorded it
    state: str = None
    nth: int = None  # among the resets of its connection, from 0
    also: tuple = ()
    undecidable: object = False
    again: bool = False

    def matches(self, rst, kernel, by, position):
        return (
            (self.by in (None, by))
            and (self.port in (None, rst.sport, rst.dport))
            and (self.reason is None or self.reason == (kernel["reason"] if kernel else "none"))
            and (self.state is None or kernel is not None and kernel["state"] == self.state)
            and (position == 0 or self.again if self.nth is None else self.nth == position)
        )


def resets(path):
    """[(reset, its connection)]: a connection is the pair of ends and the SYN that opened it last."""
    openings, found = {}, []
    for s in wire.segments(path):
        ends = frozenset((s.sender, s.receiver))
        if s.has(wire.SYN) and not s.has(wire.ACK):
            known = openings.setdefault(ends, [])
            if s.seq not in known:
                known.append(s.seq)
        if s.has(wire.RST):
            found.append((s, (ends, len(openings.get(ends, ())))))
    return found


def mark(rst):
    return rst.sender, rst.receiver, rst.seq, rst.ack, rst.flags


def join(rsts, events):
    """Events by position in `rsts`, for the resets of the host whose capture this is."""
    left, joined = list(events), {}
    for i, r in enumerate(rsts):
        mine = (r.sender, f"0.0.0.0:{r.sport}", f"[::]:{r.sport}")
        hit = next((e for e in left if e["src"] in mine and e["dst"] in (r.receiver, "0.0.0.0:0", "[::]:0") and abs(e["time"] - r.time) < WITHIN), None)
        if hit:
            left.remove(hit)
            joined[i] = {"reason": hit["reason"], "state": hit["state"]}
    return joined


def tell(captures, network, events, expectations):
    """{point: [one entry for each reset]} of {point: path of the capture}."""
    found = {point: resets(path) for point, path in captures.items()}
    kernel = {point: {} for point in captures}
    elsewhere = {a for h in ("client", "server", "router") if h not in captures for a in network.addresses(h)}  # hosts without a capture of their own
    for point in captures:  # first the senders' own captures
        home = {*network.addresses(point), *elsewhere}
        own = [i for i, (r, _) in enumerate(found[point]) if r.src in home]
        for k, reason in join([found[point][i][0] for i in own], events).items():
            kernel[point][own[k]] = reason
    for point in captures:  # then what others saw of them
        told = {}
        for other in captures:
            if other != point:
                for i, (r, _) in enumerate(found[other]):
                    if r.src in network.addresses(other):
                        told.setdefault(mark(r), []).append(kernel[other].get(i))
        for i, (r, _) in enumerate(found[point]):
            if i not in kernel[point] and r.src not in network.addresses(point) and told.get(mark(r)):
                if reason := told[mark(r)].pop(0):
                    kernel[point][i] = reason
    return {point: list(label(found[point], kernel[point], network, expectations, point)) for point in captures}


def label(rsts, kernel, network, expectations, point):
    position = {}
    for i, (r, connection) in enumerate(rsts):
        n = position[connection] = position.get(connection, -1) + 1
        by = next((h for h in ("client", "server") if r.src in network.addresses(h)), "else")
        reason = kernel.get(i)
        entry = {"frame": r.number, "time": round(r.time, 6), "src": r.sender, "dst": r.receiver, "kernel": reason, "follow_up": False, "cause": None}
        expected = next((e for e in expectations if e.matches(r, reason, by, n)), None)
        if expected:
            entry["cause"] = expected.cause
            if expected.also:
                entry["also"] = sorted(expected.also)
            if expected.undecidable is True or expected.undecidable and point in expected.undecidable:
                entry["decidable"] = False
        elif n:
            entry["follow_up"] = True
        yield entry
