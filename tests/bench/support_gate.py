"""The gate process that `bench_card` measures: started as a program of its own, it talks to the bench in lines.

    python -m tests.bench.support_gate house CONFIG SKIP RATE LOW    a whole House; vehicles drive up in both lanes
    python -m tests.bench.support_gate limit FOLDER PTY PIN          port, loop, one durable commit, relay, and nothing else

    ready LANE CARD ACKED UNSENT   a vehicle stands before the closed arm: the bench may now send this card's frame
    pin LANE NS                    the open relay's pin has moved, at this time.perf_counter_ns() (one clock for all processes)
    end JSON                       what the journal says afterwards

Nothing stands between the port and the pin but the product. The pin is watched at the lowest seam, as the simulated world does
(drivers.sim_pins.WatchedPin), on the thread that moves it, before anybody else hears of it.

The lanes are ready for one opening after another because the simulated world is a whole one: it runs RATE times as fast as life,
the arm rises, the vehicle crosses both loops, the arm falls, and the next one comes in the other lane. One vehicle at a time: at
that rate two at once would meet in the journal a hundred times as often as in life. The bench ends when standard input ends, or
when head office lacks fewer than LOW events: what is measured is measured while the uplink drains.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.base import Action, CardRead
from drivers.gpio import GpioLane
from drivers.pins import LaneOptions, RelayOptions
from drivers.readers import rdm6300
from drivers.serial_port import PortOptions, SerialReader
from drivers.sim_vehicle import Manners
from drivers.simulated import mock_pins
from edge.bridge import Bridge
from edge.domain.barrier import Phase
from edge.lane import Lane
from edge.store.db import Store, Tx
from edge.wiring import House, read_settings

MANNERS = Manners(speed=10.0, presents_after_s=0.1, patience_s=600.0)
"""Brisk drivers with all the patience in the world."""
ROW = 1_600
"""Bytes of the limit's one row: about what a card's two events and its personal part are."""


def say(*words: object) -> None:
    """One line to the bench, in one write."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def watch(factory: Any, number: int, lane: str) -> None:
    """Say when this pin goes high, before whoever else watches it."""
    pin = factory.pin(number)
    then: Callable[[bool], None] | None = pin.watcher

    def moved(level: bool) -> None:
        now = time.perf_counter_ns()
        if level:
            say("pin", lane, now)
        if then is not None:
            then(level)

    pin.watcher = moved


def asked_to_stop(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """Set when standard input ends."""
    stop = asyncio.Event()

    def wait() -> None:
        sys.stdin.read()
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, name="bench-stdin", daemon=True).start()
    return stop


async def opened(readers: list[SerialReader]) -> None:
    """Wait until the ports are open: opening one drops what lies in it, and a reader does not say when it is done."""
    async with asyncio.timeout(10):
        while not all(reader._port.is_open for reader in readers):
            await asyncio.sleep(0.01)


# ---- the whole gate ----------------------------------------------------------------------------------------------


async def house(config: Path, skip: int, rate: float, low: int) -> None:
    """Vehicles in every lane until told to stop, or until head office lacks fewer than `low` events."""
    gate = await House.build(read_settings(config), rate=rate)
    stop = asked_to_stop(asyncio.get_running_loop())
    try:
        before = gate.live.journal_seq
        for table in gate.settings.lane:
            assert gate.devices.pins is not None
            watch(gate.devices.pins.factory, table.barrier.open.pin, table.id)
        await gate.start()
        await opened(list(gate.devices.of(SerialReader).values()))
        await _until(gate, lambda: all(eyes.capture.latest(1e4) for eyes in gate.pictures.eyes.values()))
        await _until(gate, lambda: gate.live.sync()["acked"] > 0 or not low)
        await _until(
            gate, lambda: gate.reading is None or gate.reading.recogniser is None or gate.reading.recogniser.ready
        )
        assert gate.playground is not None
        began, first = time.perf_counter(), gate.live.sync()["acked"]
        await _traffic(gate, skip, stop, low)
        drained, seconds = gate.live.sync()["acked"] - first, time.perf_counter() - began
        recogniser = gate.reading.recogniser if gate.reading else None
        said: dict[str, float] = {"readings": recogniser.looked if recogniser else 0}
        said |= {"drained": drained, "seconds": seconds, "violations": len(gate.playground.world.violations)}
        say("end", json.dumps(said | await asyncio.to_thread(_recorded, gate.store, before)))
    finally:
        await gate.stop("asked")


async def _traffic(gate: House, skip: int, stop: asyncio.Event, low: int) -> None:
    """One vehicle after the other, the lanes taking turns: a card comes when every arm is down and every vehicle away."""
    assert gate.playground is not None
    lanes = list(gate.gate.lanes.values())
    cards = _cards(gate.store)
    for n in itertools.count(skip):
        lane = lanes[n % len(lanes)]
        plate, card = cards[lane.table.direction][n // len(lanes)]
        vehicle = gate.playground.world.car(lane.id, plate, None, manners=MANNERS)
        await _until(gate, lambda lane=lane: lane.state.approach)
        sync = gate.live.sync()
        if stop.is_set() or sync["unsent"] < low:
            return
        say("ready", lane.id, card, sync["acked"], sync["unsent"])
        await _until(gate, lambda vehicle=vehicle: vehicle.done.is_set() and _at_rest(lanes), stop)
        if stop.is_set():
            return


def _at_rest(lanes: list[Lane]) -> bool:
    return all(lane.state.phase is Phase.DOWN and not lane.granted for lane in lanes)


async def _until(gate: House, true: Callable[[], bool], stop: asyncio.Event | None = None) -> None:
    """Looks again with every change of the live state. TimeoutError after half a minute: something is stuck."""
    with gate.gate.hub.subscribe() as changes:
        async with asyncio.timeout(30):
            while not true() and not (stop and stop.is_set()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await changes.get()


def _cards(store: Store) -> dict[str, list[tuple[str, str]]]:
    """Plates and cards of vehicles that are outside and inside, in an order that is the same each time and no order at all."""
    found = {}
    with store.reader() as con:
        for direction, place in (("in", "outside"), ("out", "inside")):
            rows = con.execute(
                """SELECT v.plate, c.uid FROM credentials c JOIN vehicles v ON v.uid = c.uid
                   JOIN presence p ON p.credential = c.credential WHERE p.place = ? ORDER BY c.uid""",
                (place,),
            ).fetchall()
            random.Random(direction).shuffle(rows)
            found[direction] = rows
    return found


def _recorded(store: Store, since: int) -> dict[str, int]:
    """What the register of passes says of the presentations."""
    with store.reader() as con:
        return dict(con.execute("SELECT decision, count(*) FROM passes WHERE pass_seq > ? GROUP BY 1", (since,)))


# ---- the limit -----------------------------------------------------------------------------------------------------


async def limit(folder: Path, port: str, pin: int) -> None:
    """The least there can be: the same port's thread, the same bridge, the same writer with one row, the same relay."""
    store = Store.open(folder / "limit.sqlite", gate="limit")
    await store.transact(lambda tx: tx.con.execute("CREATE TABLE IF NOT EXISTS limit_rows (bytes BLOB)") and None)
    bridge = Bridge(asyncio.get_running_loop())
    pins = mock_pins()
    io = GpioLane(LaneOptions("limit", {Action.OPEN: RelayOptions(pin, 5.0)}), pins, lambda value: None)
    io.start()
    watch(pins.factory, pin, "limit")
    stop = asked_to_stop(asyncio.get_running_loop())
    row = os.urandom(ROW)

    def work(tx: Tx) -> None:
        tx.con.execute("INSERT INTO limit_rows VALUES (?)", (row,))

    numbers = itertools.count(0x0B00000000)

    async def card() -> None:
        await store.transact(work, urgent=True)
        io.pulse(Action.OPEN)
        say("ready", "limit", f"{next(numbers):010x}", 0, 0)

    def heard(value: object) -> None:
        if isinstance(value, CardRead):
            bridge.spawn(card())

    reader = SerialReader(
        "limit.reader", PortOptions(port), lambda: rdm6300.Decoder(rdm6300.Options()), bridge.sink(heard)
    )
    reader.start()
    try:
        await opened([reader])
        say("ready", "limit", f"{next(numbers):010x}", 0, 0)
        await stop.wait()
    finally:
        reader.close()
        io.close()
        pins.close()
        store.close()


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "house":
        asyncio.run(house(Path(given[0]), int(given[1]), float(given[2]), int(given[3])))
    else:
        asyncio.run(limit(Path(given[0]), given[1], int(given[2])))
