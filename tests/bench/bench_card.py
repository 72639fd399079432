"""From the last byte of a card's frame to the relay's pin, in a gate that is busy with all it ever does at once.

    bench ─ frame at 9600 baud ─▶ pty ─▶ gate process: port's thread → loop → journal (FULL commit) → loop → relay ─▶ pin
             └ time before the last byte is written                                           time when it has moved ┘

100,000 credentials, 1,000,000 events (support_data), both simulated cameras, and the uplink draining the journal to the head
office in the gate's own process: a presentation counts only while head office lacks thousands of events, and the gate is begun
again on a fresh copy when it has got them all. Each card is another one; each is granted (the register is asked afterwards) and
opens an arm that is down: the world runs 100 times as fast as life, so that the vehicle has crossed and the arm is down again
after 0.1 s, and the next one stands in the other lane (support_gate). Each vehicle is some ten events and two pictures.

The limit is measured before and after in a process with nothing but port, loop, one durable commit of one row and relay, on
the same disk and through the same writer. The rows «nothing to drain» are the same gate with the uplink off.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.readers import rdm6300
from drivers.simulated import PtyWire
from tests.bench.support_data import KEPT, ROOT, copied, prepared
from tests.bench.support_run import Wrong, gate_toml, row

Row = dict[str, Any]
BYTE_S = 10 / 9600
"""A start bit, eight bits, a stop bit."""
RATE = 100
LOW = 20_000
"""The uplink is draining while head office lacks at least so many events."""
GOAL_MS, GOAL_RATIO = 25.0, 3.0


@dataclass(slots=True)
class Measured:
    """The times of one kind, in ms, and what the gates said at their end."""

    ms: list[float] = field(default_factory=list)
    ends: list[dict[str, Any]] = field(default_factory=list)

    def quantile(self, q: float) -> float:
        """The time within which a share `q` of the presentations was answered."""
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def run(
    *, events: int = 1_000_000, credentials: int = 100_000, presentations: int = 1_000, low: int = LOW, still: int = 200
) -> list[Row]:
    """The table's rows. `still`: presentations with nothing to drain."""
    data = prepared(events, credentials)
    rows: list[Row] = []
    if data.seconds:
        rows.append(row(f"make {events:,} events, {credentials:,} credentials (kept)", data.seconds, "s"))
    folder = KEPT / "run"
    try:
        bare, busy, quiet = Measured(), Measured(), Measured()
        (KEPT / "limit").mkdir(exist_ok=True)
        _limit(bare, presentations // 2)
        while len(busy.ms) < presentations:
            had = len(busy.ms)
            _gate(busy, copied(data.folder, folder), presentations, low=low, link="memory")
            if len(busy.ms) == had:
                raise Wrong("the backlog was gone before a card came: more events are needed")
        if still:
            _gate(quiet, copied(data.folder, folder), still, low=0, link="off")
        _limit(bare, presentations)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(KEPT / "limit", ignore_errors=True)
    return rows + _rows(bare, busy, quiet)


def _rows(bare: Measured, busy: Measured, quiet: Measured) -> list[Row]:
    rows = []
    for name, q in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        limit, value = bare.quantile(q), busy.quantile(q)
        made = row(f"card's last byte → relay, {name}", value, "ms", limit)
        if name == "p99":
            made["goal"] = f"≤ {GOAL_RATIO:.0f} × limit, ≤ {GOAL_MS:.0f} ms"
            made["met"] = value <= GOAL_RATIO * limit and value <= GOAL_MS
        rows.append(made)
    for name, q in (("p50", 0.5), ("p99", 0.99)) if quiet.ms else ():
        rows.append(row(f"… with nothing to drain, {name}", quiet.quantile(q), "ms", bare.quantile(q)))
    seconds = sum(end["seconds"] for end in busy.ends)
    rows.append(row("events drained a second meanwhile", sum(end["drained"] for end in busy.ends) / seconds, "1/s"))
    rows.append(row("presentations a second meanwhile", len(busy.ms) / seconds, "1/s"))
    rows.append(row("presentations, all granted", len(busy.ms), "", goal="≥ 1,000"))
    return rows


# ---- the gate and the limit ----------------------------------------------------------------------------------------


def _limit(into: Measured, until: int) -> None:
    wire = PtyWire()
    with _child("limit", str(KEPT / "limit"), wire.url, "17") as child:
        _present(child, {"limit": wire}, into, until)
    wire.unplug()


def _gate(into: Measured, folder: Path, until: int, *, low: int, link: str) -> None:
    """One gate process, until there are enough presentations or the backlog is gone. Raises Wrong."""
    wires = {lane: PtyWire() for lane in ("entry", "exit")}
    config = folder / "gate.toml"
    config.write_text(gate_toml(folder, {lane: wire.url for lane, wire in wires.items()}, link), encoding="utf-8")
    had = len(into.ms)
    with _child("house", str(config), str(had), str(RATE), str(low)) as child:
        end = _present(child, wires, into, until)
    for wire in wires.values():
        wire.unplug()
    new = len(into.ms) - had
    if not new:
        return
    if end is None or end.get("violations") or end.get("granted") != new or set(end) & {"refused", "ask"}:
        raise Wrong(f"{new} presentations, and the gate says {end}")
    if low and end["drained"] <= 0:
        raise Wrong("the uplink did not drain")
    into.ends.append(end)


@contextlib.contextmanager
def _child(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A gate process; ended by the end of its standard input, at the latest after a minute."""
    command = [sys.executable, "-m", "tests.bench.support_gate", *words]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
            if child.wait(60):
                raise Wrong(f"the gate process ended with {child.returncode}")
        finally:
            child.kill()


def _present(
    child: subprocess.Popen[str], wires: dict[str, PtyWire], into: Measured, until: int
) -> dict[str, Any] | None:
    """Answer each «ready» with that card's frame, until there are enough; returns what the gate says at its end."""
    assert child.stdin is not None
    assert child.stdout is not None
    sent: dict[str, int] = {}
    acked = 0
    for line in child.stdout:
        what, *said = line.split(maxsplit=1 if line.startswith("end ") else -1)
        if what == "ready":
            lane, card, now = said[0], said[1], int(said[2])
            if now < acked:
                raise Wrong(f"head office went back from {acked} to {now}")
            acked = now
            if len(into.ms) + len(sent) < until:
                sent[lane] = _frame(wires[lane], bytes.fromhex(card))
        elif what == "pin":
            into.ms.append((int(said[1]) - sent.pop(said[0])) / 1e6)
            if len(into.ms) >= until and not child.stdin.closed:
                child.stdin.close()
        elif what == "end":
            end: dict[str, Any] = json.loads(said[0])
            return end
    return None


def _frame(wire: PtyWire, uid: bytes) -> int:
    """Send a card as the reader does, byte by byte; the time just before the last one."""
    *first, last = rdm6300.encode(uid, rdm6300.Options())
    for byte in first:
        wire.write(bytes([byte]))
        time.sleep(BYTE_S)
    now = time.perf_counter_ns()
    if wire.write(bytes([last])) != 1:
        raise Wrong("the line is full")
    return now
