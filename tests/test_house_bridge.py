"""What carries between threads and pages: the bridge, the hub, the faults; and how a simulated crowd is chosen."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from edge.bridge import Bridge, Hub
from edge.clock import Clock
from edge.domain import events as ev
from edge.domain.event import Event
from edge.faults import Faults
from edge.sentences import SENTENCES, sentence
from edge.store import queries
from tests.support_gate import whole, without_cameras


def test_values_of_a_thread_come_into_the_loop_in_their_order() -> None:
    async def run() -> tuple[list[int], set[str]]:
        got: list[int] = []
        where: set[str] = set()
        full = asyncio.Event()

        def handle(value: int) -> None:
            got.append(value)
            where.add(threading.current_thread().name)
            if value == 999:
                full.set()

        put = Bridge(asyncio.get_running_loop()).sink(handle)
        thread = threading.Thread(target=lambda: [put(n) for n in range(1_000)])
        thread.start()
        await asyncio.wait_for(full.wait(), 10)
        thread.join()
        return got, where

    got, where = asyncio.run(run())
    assert got == list(range(1_000))
    assert where == {threading.current_thread().name}


def test_a_thread_that_speaks_after_the_loop_has_ended_is_no_error() -> None:
    async def run() -> Bridge:
        return Bridge(asyncio.get_running_loop())

    asyncio.run(run()).sink(pytest.fail)("too late")


def test_background_work_that_fails_is_logged_and_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> list[str]:
        bridge, done = Bridge(asyncio.get_running_loop()), []

        async def bad() -> None:
            raise ValueError("broken on purpose")

        async def long() -> None:
            for _ in range(20):
                await asyncio.sleep(0)
            done.append("long")

        bridge.spawn(bad())
        bridge.spawn(long())
        await bridge.drain()
        return done

    assert asyncio.run(run()) == ["long"]
    assert "background work failed" in caplog.text
    assert "broken on purpose" in caplog.text


def test_a_watcher_that_is_too_slow_starts_over() -> None:
    async def run() -> tuple[list[object], list[object]]:
        hub = Hub(size=3)
        with hub.subscribe() as slow, hub.subscribe() as quick:
            seen: list[object] = []
            for n in range(5):
                hub.publish(n)
                seen.append(await quick.get())
            missed = [await slow.get(), await slow.get(), await slow.get()]
        hub.publish("nobody hears")
        return seen, missed

    seen, missed = asyncio.run(run())
    assert seen == [0, 1, 2, 3, 4]
    assert missed == [None, 3, 4], "None once: what was dropped is never given in part"


def test_a_fault_is_said_once_when_it_begins_and_once_when_it_ends() -> None:
    said: list[Event] = []
    faults = Faults(Clock(), said.extend)
    assert faults.set("a", "gone", True, "why", "entry")
    assert not faults.set("a", "gone", True, "again", "entry")
    assert not faults.set("b", "gone", False)
    assert faults.set("a", "noise", True, journal=False)
    assert [(f.device, f.code, f.detail) for f in faults.now()] == [("a", "gone", "why"), ("a", "noise", "")]
    assert faults.set("a", "gone", False)
    assert not faults.set("a", "gone", False)
    assert faults.set("a", "noise", False, journal=False)
    assert faults.now() == []
    assert said == [ev.FaultBegan("a", "gone", "why", "entry"), ev.FaultEnded("a", "gone", 0, "entry")]


def test_every_reason_has_a_sentence_and_a_hint_that_tells_what_to_do() -> None:
    for code in (*SENTENCES, "never-heard-of"):
        said, hint = sentence(code)
        assert said
        assert hint
        assert said != "不"


def test_a_gate_that_starts_again_ends_what_it_has_not_seen_since(tmp_path: Path) -> None:
    """Faults, passes and sides of the arm: nothing of the last run is taken for the present."""

    async def first() -> None:
        async with whole(tmp_path, without_cameras) as gate:
            assert gate.world is not None
            gate.world.fault("entry", "reader-gone", True)
            await gate.event("fault.began", code="gone")
            gate.tap("0a003f8a11", "exit")
            await gate.event("access.decided", decision="granted")
            await gate.until(lambda: gate.phase("exit") == "up")

    async def second() -> None:
        async with whole(tmp_path, without_cameras) as gate:
            (ended,) = gate.all("fault.ended")
            assert (ended.device, ended.code) == ("entry.reader", "gone")
            assert gate.faults() == set()
            started = gate.all("gate.started")
            assert [e.previous for e in started] == ["first", "clean"]
            (row,) = gate.passes()
            assert (row["outcome"], row["live"]) == ("interrupted", False)
            assert gate.all("barrier.commanded", started[1].seq) == [], "after a start nothing moves by itself"

            def arms() -> set[str]:
                with gate.house.store.reader() as con:
                    return {arm["arm"] for arm in queries.arms(con)}

            await gate.until(lambda: arms() == {"down"})

    asyncio.run(first())
    asyncio.run(second())
