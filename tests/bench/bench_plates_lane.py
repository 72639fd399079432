"""Does reading plates delay a card? From the last byte of its frame to the relay's pin, with recognition at work and without.

The whole gate of bench_card.py (ptys, journal, two rendered cameras), the uplink off, in two processes one after the other in the same
run, again and again in turn: the one reads every vehicle that comes to either lane, the other does not. The limit is the other.
Every card comes the moment its vehicle is on the loop, when the recogniser begins too. Both gates are RATE times as fast as life; the
faster, the more of one vehicle's reading (its computing, its pictures) falls on the next one's card, on a machine of two cores.
"""

from __future__ import annotations

import shutil
from typing import Any

from camera.plates import models
from drivers.simulated import PtyWire
from tests.bench.bench_card import Measured, _child, _present
from tests.bench.support_data import KEPT, copied, prepared
from tests.bench.support_run import Wrong, gate_toml, row

GOAL = 1.25
RATE = 8


def run(
    *, presentations: int = 200, rounds: int = 4, events: int = 20_000, credentials: int = 2_000
) -> list[dict[str, Any]]:
    """The table's rows. `presentations` of each kind."""
    try:
        models.find()
    except models.RecognitionAbsent as absent:
        raise Wrong(str(absent)) from absent
    data = prepared(events, credentials)
    folder = KEPT / "plates"
    kinds = {False: Measured(), True: Measured()}
    try:
        for turn in range(1, rounds + 1):
            for read, measured in kinds.items():
                _gate(measured, copied(data.folder, folder), presentations * turn // rounds, read=read)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = []
    for name, q in (("p50", 0.5), ("p99", 0.99)):
        value, limit = kinds[True].quantile(q), kinds[False].quantile(q)
        made = row(f"card → relay while plates are read, {name} (limit: without)", value, "ms", limit)
        if name == "p50":
            made |= {"goal": f"≤ {GOAL} × without", "met": value <= GOAL * limit}
        rows.append(made)
    rows.append(row("readings meanwhile", sum(end["readings"] for end in kinds[True].ends), "", goal="> 0"))
    return rows


def _gate(into: Measured, folder: Any, until: int, *, read: bool) -> None:
    wires = {lane: PtyWire() for lane in ("entry", "exit")}
    config = folder / "gate.toml"
    text = gate_toml(folder, {lane: wire.url for lane, wire in wires.items()}, "off")
    text += '\n[policy]\nplate_differs = "note"\n'  # at this speed a camera's frame may still show the vehicle before
    config.write_text(text.replace("[plates]\nread = false", f"[plates]\nread = {str(read).lower()}"), encoding="utf-8")
    had = len(into.ms)
    with _child("house", str(config), str(had), str(RATE), "0") as child:
        end = _present(child, wires, into, until)
    for wire in wires.values():
        wire.unplug()
    if end is None or end.get("granted") != len(into.ms) - had or (read and not end["readings"]):
        raise Wrong(f"the gate says {end}")
    into.ends.append(end)
