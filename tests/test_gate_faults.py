"""Bad input on a whole gate (issue 2, point 11): a fault in words while it lasts, on record once when it begins and once when it
ends, and nothing stops that does not depend on it."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from drivers.readers import rdm6300
from drivers.wire import PtyWire, wire
from edge import duties, wiring
from edge.clock import BUILT_MS, Clock
from edge.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseNewer,
    DiskFull,
    GateError,
    NotExecuted,
    StoreError,
)
from edge.store import sqlite, verify, writer
from edge.store.db import Store
from edge.wiring import House
from tests.support_disk import fill, nothing_can_be_recorded, small_disk_at
from tests.support_gate import Whole, laptop, whole, without_cameras

OWNER = "0a003f8a11"
LIMITED = "0a003f935d"
"""A card with a last day (which is over)."""
YEAR_MS = 365 * 86_400_000


def frame(card: str) -> bytes:
    """What the reader sends for a card."""
    return rdm6300.encode(bytes.fromhex(card), rdm6300.Options())


def once(gate: Whole, device: str, code: str) -> list[Any]:
    """The fault's two events: one of each, in this order."""
    events = gate.all("fault.", device=device, code=code)
    assert [e.kind for e in events] == ["fault.began", "fault.ended"]
    return events


async def begins(gate: Whole, device: str, code: str) -> None:
    """It is shown and on record, in words."""
    await gate.until(lambda: (device, code) in gate.faults(), f"{device} {code} is shown")
    began = await gate.event("fault.began", device=device, code=code)
    shown = next(f for f in gate.live.snapshot()["faults"] if (f["device"], f["code"]) == (device, code))
    assert shown["detail"] == began.detail
    assert shown["lane"] == began.lane == (device.partition(".")[0] if "." in device else "")


async def ends(gate: Whole, device: str, code: str) -> None:
    await gate.event("fault.ended", device=device, code=code)
    assert (device, code) not in gate.faults()


async def the_other_lane_works(gate: Whole) -> None:
    (told,) = await gate.steps({"who": "owner", "lane": "out", "expect": "granted", "outcome": "crossed"})
    assert told.wrong == ""


def threads(prefix: str) -> set[str]:
    return {t.name for t in threading.enumerate() if t.name.startswith(prefix)}


def on_a_gate(data: Path, change: Callable[[dict[str, Any]], None], test: Callable[[Whole], Awaitable[None]]) -> None:
    async def run() -> None:
        async with whole(data, change) as gate:
            await test(gate)

    asyncio.run(run())
    report = verify.verify_file(data / "gate.sqlite")
    assert report.ok, report.text()


# ---- the serial line ---------------------------------------------------------------------------------------------


async def _noisy(gate: Whole, send: Callable[[bytes], int]) -> None:
    """The same ordeal for every kind of line."""
    dice = random.Random(7)

    async def all_of(data: bytes) -> None:
        while data:
            sent = send(data[:2048])
            data = data[sent:]
            if not sent:
                await asyncio.sleep(0)

    for byte in frame(OWNER):  # split: byte by byte
        await all_of(bytes([byte]))
    granted = await gate.event("access.decided", card=OWNER)
    assert granted.decision == "granted"
    await all_of(frame(OWNER) * 3 + frame(OWNER)[:7])  # repeated, and half of one
    await all_of(b"\x02" + b"A" * 100_000)  # an endless frame
    await begins(gate, "entry.reader", "noise")
    await all_of(bytes(dice.randrange(256) for _ in range(5_000)))
    await the_other_lane_works(gate)
    assert len(gate.all("access.decided", lane="entry")) == 1, "out of noise no card is ever made"
    await all_of(frame("0a003f8a22"))
    await gate.event("access.decided", card="0a003f8a22")
    await ends(gate, "entry.reader", "noise")
    once(gate, "entry.reader", "noise")
    assert "serial-entry.reader" in threads("serial-")


def test_a_noisy_line(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        port = gate.house.settings.lane[0].reader
        assert port is not None
        await _noisy(gate, wire(port.port.removeprefix("sim://")).write)

    on_a_gate(tmp_path, without_cameras, story)


def test_a_noisy_pty_that_is_pulled_out_and_put_back(tmp_path: Path) -> None:
    line = PtyWire(tmp_path / "by-id-reader")

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["lane"][0]["reader"]["port"] = line.url

    async def story(gate: Whole) -> None:
        await _noisy(gate, line.write)
        line.unplug()
        await begins(gate, "entry.reader", "gone")
        await the_other_lane_works(gate)
        line.plug()
        await ends(gate, "entry.reader", "gone")
        line.write(frame("0a003f8a33"))
        await gate.event("access.decided", card="0a003f8a33")
        once(gate, "entry.reader", "gone")

    try:
        on_a_gate(tmp_path / "data", change, story)
    finally:
        line.unplug()


def test_a_reader_is_pulled_out_and_put_back(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        assert gate.world is not None
        for _ in range(2):
            before = gate.head()
            gate.world.fault("entry", "reader-gone", True)
            await gate.event("fault.began", before, device="entry.reader", code="gone")
            assert ("entry.reader", "gone") in gate.faults()
            gate.tap(OWNER)  # into the void
            await the_other_lane_works(gate)
            gate.world.fault("entry", "reader-gone", False)
            await gate.event("fault.ended", before, device="entry.reader", code="gone")
        assert gate.faults() == set()
        assert len(gate.all("fault.")) == 4
        assert gate.all("access.decided", lane="entry") == []
        (told,) = await gate.steps({"who": "owner", "expect": "granted", "outcome": "crossed"})
        assert told.wrong == ""

    on_a_gate(tmp_path, without_cameras, story)


# ---- cameras -----------------------------------------------------------------------------------------------------


def test_a_camera_gone_dark_and_frozen_stops_no_card(tmp_path: Path) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["lane"][0]["camera"]["fps"] = 20
        raw["lane"][1].pop("camera")
        for name in ("camera", "document_camera"):
            raw["desk"].pop(name, None)

    async def story(gate: Whole) -> None:
        assert gate.world is not None
        await gate.frames()
        for fault in ("dark", "frozen", "gone"):
            gate.world.fault("entry", f"camera-{fault}", True)
            await begins(gate, "entry.camera", fault)
            if fault == "gone":
                await _no_picture(gate)
            gate.world.fault("entry", f"camera-{fault}", False)
            await ends(gate, "entry.camera", fault)
            once(gate, "entry.camera", fault)
        (told,) = await gate.steps({"who": "owner", "expect": "granted", "outcome": "crossed"})
        assert told.wrong == ""
        await gate.until(lambda: gate.passes()[-1]["picture_crossing"] and gate.passes()[-1]["picture_card"])
        assert threads("camera-") == {"camera-entry.camera"}

    on_a_gate(tmp_path, change, story)


async def _no_picture(gate: Whole) -> None:
    """With its camera gone the lane lets its cars through; that a picture is missing is on record."""
    eyes = gate.house.pictures.eyes["entry"]
    await gate.until(lambda: eyes.capture.latest(2_000) is None or gate.gate.changed(), timeout_s=5)
    (told,) = await gate.steps({"who": "owner", "expect": "granted", "outcome": "crossed"})
    assert told.wrong == ""
    missed = await gate.until(lambda: len(found := gate.all("picture.missed")) == 2 and found)
    assert [(e.moment, e.why) for e in missed] == [("card", "no-frame"), ("crossing", "no-frame")]
    assert {e.pass_seq for e in missed} == {gate.passes()[-1]["pass_seq"]}


# ---- the disk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Some megabytes of real file system: what is kept back for a full disk needs twice its room to be taken again."""
    with small_disk_at(tmp_path / "disk", 24) as disk:
        yield disk


def test_a_full_disk(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First on what was kept back; then nothing can be recorded, so nothing is done; what was seen meanwhile is recorded later."""
    monkeypatch.setattr(writer, "ROOM_S", 0.1)
    monkeypatch.setattr(duties, "CLOCK_S", 0.1)

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["sync"]["link"] = "off"

    async def story(gate: Whole) -> None:
        junk = fill(small_disk)
        gate.tap("7f00000001")
        await begins(gate, "store", "disk-full")
        await begins(gate, "disk", "low")
        (told,) = await gate.steps({"who": "owner", "expect": "granted", "outcome": "crossed"})
        assert told.wrong == "", "on what was kept back the gate goes on"
        async with nothing_can_be_recorded(gate.house.store, small_disk):
            before, seen_ms = await _seen_and_not_recorded(gate)
        junk.unlink()
        waiting = await gate.event("vehicle.waiting", before)
        freed_ms = gate.house.clock.now_ms()
        assert abs(waiting.at_ms - seen_ms) < 2_000 < freed_ms - seen_ms, "it has the time at which it was seen"
        await gate.until(lambda: not gate.faults())
        once(gate, "store", "disk-full")
        once(gate, "disk", "low")
        (told,) = await gate.steps({"who": "owner", "lane": "out", "expect": "granted", "outcome": "crossed"})
        assert told.wrong == ""

    on_a_gate(small_disk / "data", change, story)


async def _seen_and_not_recorded(gate: Whole) -> tuple[int, int]:
    """The journal's head and the time at which a vehicle came that could not be recorded."""
    assert gate.world is not None
    before = gate.head()
    gate.world.fault("entry", "approach-stuck", True)
    await gate.until(lambda: gate.lane()["approach"])
    seen_ms = gate.house.clock.now_ms()
    gate.tap("0a003f8a44")
    await gate.says("not-recorded")
    with pytest.raises(DiskFull) as full:
        await gate.order("open")
    assert full.value.hint
    assert gate.phase() == "down", "what cannot be recorded is not done"
    assert gate.head() == before
    gate.world.fault("entry", "approach-stuck", False)
    await gate.until(lambda: gate.house.clock.now_ms() - seen_ms > 5_000)
    return before, seen_ms


# ---- the database ------------------------------------------------------------------------------------------------


def test_a_database_that_somebody_holds_while_the_gate_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MS", 50)
    monkeypatch.setattr(writer, "ROOM_S", 0.05)

    async def story(gate: Whole) -> None:
        await gate.told()
        before = gate.head()
        other = sqlite3.connect(tmp_path / "gate.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        gate.tap(OWNER)
        await gate.until(lambda: ("store", "database-locked") in gate.faults())
        await gate.says("not-recorded")
        with pytest.raises(DatabaseLocked) as locked:
            await gate.order("open")
        assert locked.value.hint
        assert (gate.phase(), gate.head()) == ("down", before)
        other.execute("ROLLBACK")
        other.close()
        await ends(gate, "store", "database-locked")
        once(gate, "store", "database-locked")
        gate.tap("0a003f8a22")
        assert (await gate.event("access.decided", before)).card == "0a003f8a22"

    on_a_gate(tmp_path, without_cameras, story)


def _start(data: Path) -> GateError:
    """Why a gate on that folder does not start."""

    async def run() -> None:
        house = await House.build(laptop(data, without_cameras))
        await house.stop("error")

    with pytest.raises(StoreError) as said:
        asyncio.run(run())
    assert said.value.message
    assert said.value.hint
    return said.value


def _a_used_gate(data: Path) -> Path:
    async def run() -> None:
        async with whole(data, without_cameras):
            pass

    asyncio.run(run())
    return data / "gate.sqlite"


def _put(path: Path, data: bytes) -> None:
    for more in ("-wal", "-shm"):
        path.with_name(path.name + more).unlink(missing_ok=True)
    path.write_bytes(data)


def test_a_gate_does_not_start_on_a_database_that_it_cannot_use(tmp_path: Path) -> None:
    path = _a_used_gate(tmp_path)
    good = path.read_bytes()
    held = Store.open(path, gate="main", site="zhenyuan")
    assert isinstance(_start(tmp_path), DatabaseLocked)
    held.close()

    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA user_version = 999")
    assert isinstance(_start(tmp_path), DatabaseNewer)

    _put(path, good[:4096] + b"\x00" * 40 + good[4136:])
    assert isinstance(_start(tmp_path), DatabaseDamaged)

    _put(path, b"this is no database" * 1000)
    assert isinstance(_start(tmp_path), DatabaseDamaged)

    _put(path, good)
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("DROP TRIGGER journal_no_update")
        con.execute(
            "UPDATE journal SET data = CAST(replace(data, 'gate', 'gatf') AS BLOB) WHERE seq = (SELECT max(seq) FROM journal)"
        )
    assert isinstance(_start(tmp_path), DatabaseDamaged)


# ---- the clock ---------------------------------------------------------------------------------------------------


class WrongClock(Clock):
    """This machine's clock, `shift` away; a time server vouches for it when `vouched`."""

    shift = 0
    vouched = False

    def wall_ms(self) -> int:
        return super().wall_ms() + WrongClock.shift

    def disciplined(self) -> bool:
        return WrongClock.vouched


@pytest.fixture
def wrong_clock(monkeypatch: pytest.MonkeyPatch) -> type[WrongClock]:
    monkeypatch.setattr(wiring, "Clock", WrongClock)
    monkeypatch.setattr(duties, "CLOCK_S", 0.05)
    monkeypatch.setattr(WrongClock, "shift", 0)
    monkeypatch.setattr(WrongClock, "vouched", False)
    return WrongClock


def test_a_clock_in_1970(tmp_path: Path, wrong_clock: type[WrongClock]) -> None:
    real = Clock().wall_ms()
    wrong_clock.shift = 1_000_000 - real

    async def run() -> None:
        async with whole(tmp_path, without_cameras, rate=1.0) as gate:
            await begins(gate, "clock", "unset")
            gate.tap(LIMITED)
            asked = await gate.event("access.decided", card=LIMITED)
            assert (asked.decision, asked.reason, asked.clock) == ("ask", "clock-unset", "unset")
            await gate.says("ask.clock-unset")
            assert asked.at_ms < BUILT_MS
            gate.tap(OWNER, "exit")
            assert (await gate.event("access.decided", card=OWNER)).decision == "granted", "a resident goes on"
            wrong_clock.vouched, wrong_clock.shift = True, 0
            changed = await gate.event("clock.changed")
            assert (changed.was, changed.trust, changed.clock) == ("unset", "ntp", "ntp")
            assert abs(changed.offset_ms - (real - 1_000_000)) < 1_000
            await ends(gate, "clock", "unset")
            once(gate, "clock", "unset")
            assert len(gate.all("clock.changed")) == 1

    asyncio.run(run())
    assert verify.verify_file(tmp_path / "gate.sqlite").ok


def test_a_clock_that_jumps_a_year(tmp_path: Path, wrong_clock: type[WrongClock]) -> None:
    async def run() -> None:
        async with whole(tmp_path, without_cameras, rate=1.0) as gate:
            assert gate.faults() == set()
            wrong_clock.shift = YEAR_MS
            await begins(gate, "clock", "jumped")
            changed = await gate.event("clock.changed")
            assert abs(changed.offset_ms - YEAR_MS) < 1_000
            assert (changed.was, changed.trust) == ("restored", "restored")
            gate.tap(LIMITED)
            asked = await gate.event("access.decided", card=LIMITED)
            assert (asked.decision, asked.reason) == ("ask", "clock-unset"), "neither good nor expired: a person says"
            wrong_clock.shift = 0
            await ends(gate, "clock", "jumped")
            once(gate, "clock", "jumped")
            back = gate.all("clock.changed")[1]
            assert abs(back.offset_ms + YEAR_MS) < 1_000
            assert len(gate.all("clock.changed")) == 2

    asyncio.run(run())
    assert verify.verify_file(tmp_path / "gate.sqlite").ok


@pytest.mark.parametrize(("shift", "code"), [(-86_400_000, "behind"), (2 * YEAR_MS, "ahead")])
def test_a_clock_that_cannot_be_right_is_a_fault_from_the_first_moment(
    tmp_path: Path, wrong_clock: type[WrongClock], shift: int, code: str
) -> None:
    """The gate was away, and its clock has lost its way meanwhile: the journal's last event tells."""

    async def run() -> None:
        async with whole(tmp_path, without_cameras, rate=1.0) as gate:
            assert gate.faults() == set()
        wrong_clock.shift = shift
        house = await House.build(laptop(tmp_path, without_cameras))
        try:
            (fault,) = house.gate.faults.now()
            assert (fault.device, fault.code) == ("clock", code), "before any device was opened"
            assert int(fault.detail.removesuffix(" s")) == pytest.approx(shift // 1000, abs=60)
            assert not house.clock.usable
        finally:
            await house.stop("asked")
        async with whole(tmp_path, without_cameras, rate=1.0) as gate:
            gate.tap(LIMITED)
            asked = await gate.event("access.decided", card=LIMITED)
            assert (asked.decision, asked.reason) == ("ask", "clock-unset")
            wrong_clock.vouched, wrong_clock.shift = True, 0
            await gate.until(lambda: gate.faults() == set(), "the fault is over")
            assert (await gate.event("clock.changed")).trust == "ntp"

    asyncio.run(run())
    assert verify.verify_file(tmp_path / "gate.sqlite").ok


# ---- the pins ----------------------------------------------------------------------------------------------------


def test_a_gate_without_pins_runs_on_and_says_so(tmp_path: Path) -> None:
    """A real configuration on a machine that has no pins: nothing simulated takes their place."""

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["pins"]["factory"] = "lgpio"
        raw["lane"][0]["camera"] = {"source": "sim://entry-camera"}

    async def story(gate: Whole) -> None:
        assert gate.world is None
        await begins(gate, "pins", "gone")
        await begins(gate, "entry.camera", "gone")
        assert gate.lane()["phase"] == "unknown"
        port = gate.house.settings.lane[0].reader
        assert port is not None
        wire(port.port.removeprefix("sim://")).write(frame(OWNER))
        decided = await gate.event("access.decided")
        assert decided.decision == "granted", "who may pass is known without pins"
        await gate.says("no-relays")
        with pytest.raises(NotExecuted) as said:
            await gate.order("open")
        assert said.value.code == "no-relays"
        assert said.value.hint
        assert gate.all("barrier.commanded") == [], "no relay moved, so none is on record"
        assert gate.all("pass.opened") == []

    on_a_gate(tmp_path, change, story)
    # The next start ends what was open: it has not been seen since, and begins again if it is still so.
    journal = sqlite3.connect(tmp_path / "gate.sqlite")
    assert [row[0] for row in journal.execute("SELECT device FROM faults ORDER BY device")] == ["entry.camera", "pins"]
    journal.close()
