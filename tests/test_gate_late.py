"""An order that was recorded in time and became late while the disk wrote it (rule 4): nothing moves, and the journal says of which
of its events nothing came, so that nobody can take them for a movement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.errors import NotExecuted
from edge.store import queries, verify
from edge.store.db import Store
from tests.support_gate import Said, Whole, whole, without_cameras

UNKNOWN = "7f00000001"
SLOW_S = 0.5
"""Five seconds of a gate's life at ten times the speed: an order lives two."""


def on_a_gate(data: Path, test: Callable[[Whole], Awaitable[None]]) -> None:
    """Run it; afterwards the tables are those that the journal gives again."""

    async def run() -> None:
        async with whole(data, without_cameras) as gate:
            await test(gate)

    asyncio.run(run())
    report = verify.verify_file(data / "gate.sqlite")
    assert report.ok, report.text()


Slow = Callable[..., None]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """The next urgent commit takes its time: five seconds of the gate's, or until something has happened."""
    really = Store.transact
    waiting: list[asyncio.Event | None] = []

    async def transact(store: Store, work: Any, *, urgent: bool = False, **more: Any) -> Any:
        done = await really(store, work, urgent=urgent, **more)
        if urgent and waiting:
            event = waiting.pop()
            await (event.wait() if event else asyncio.sleep(SLOW_S))
        return done

    monkeypatch.setattr(Store, "transact", transact)
    return lambda until=None: waiting.append(until)


async def late(gate: Whole, action: str, **more: Any) -> Said:
    """The order is answered as late; its refusal."""
    before = gate.head()
    with pytest.raises(NotExecuted) as said:
        await gate.order(action, key="pressed", **more)
    assert said.value.code == "late"
    with pytest.raises(NotExecuted):
        await gate.order(action, key="pressed", **more)  # the same press again: the same answer
    (event,) = gate.all("command.refused", before)
    assert (event.why, event.action) == ("late", action)
    assert event.late_ms > 0
    own = [e.seq for e in gate.journal(before) if e.seq < event.seq and e.actor == event.actor]
    assert event.of == own
    assert own
    return event


def holds(gate: Whole) -> list[dict[str, Any]]:
    with gate.house.store.reader() as con:
        return queries.holds(con)


def test_an_opening_by_hand_that_was_too_late_is_no_opening(tmp_path: Path, slow: Slow) -> None:
    async def story(gate: Whole) -> None:
        slow()
        event = await late(gate, "open")
        assert [e.kind for e in gate.journal() if e.seq in event.of] == ["pass.opened", "barrier.commanded"]
        assert gate.phase() == "down"
        (row,) = gate.passes()
        assert (row["pass_seq"], row["outcome"], row["live"]) == (event.of[0], "not-done", False)
        assert (row["commanded_ms"], row["up_ms"]) == (None, None)
        (told,) = await gate.steps({"who": "owner", "expect": "granted", "outcome": "crossed"})
        assert [row["outcome"] for row in gate.passes()] == ["not-done", "crossed"]
        assert told.wrong == ""

    on_a_gate(tmp_path, story)


def test_a_card_that_was_admitted_too_late_is_still_asked_about(tmp_path: Path, slow: Slow) -> None:
    async def story(gate: Whole) -> None:
        gate.tap(UNKNOWN)
        asked = await gate.event("access.decided", card=UNKNOWN)
        await gate.until(lambda: gate.gate.lanes["entry"].asked)
        was = gate.passes()[-1]
        slow()
        event = await late(gate, "open", reason="visitor")
        assert event.pass_seq == asked.seq
        assert gate.passes()[-1] == was
        done = await gate.order("open", reason="visitor")
        assert done["result"] == "pulsed"
        await gate.until(lambda: gate.phase() == "up")
        row = gate.passes()[-1]
        assert (row["outcome"], row["admitted_reason"]) == ("open", "visitor")
        slow()
        with pytest.raises(NotExecuted):
            await gate.order("open", reason="again")
        row = gate.passes()[-1]
        assert (row["outcome"], row["live"]) == ("open", True), "the first yes was carried out"

    on_a_gate(tmp_path, story)


def test_a_hold_and_a_release_that_were_too_late(tmp_path: Path, slow: Slow) -> None:
    async def story(gate: Whole) -> None:
        slow()
        await late(gate, "hold", reason="ambulance")
        assert (gate.phase(), holds(gate)) == ("down", [])
        await gate.order("hold", reason="moving")
        await gate.until(lambda: gate.phase() == "held")
        was = holds(gate)
        assert [(row["lane"], row["by"], row["reason"]) for row in was] == [("entry", "guard", "moving")]
        slow()
        with pytest.raises(NotExecuted):
            await gate.order("release")
        (_, event) = gate.all("command.refused")
        assert len(event.of) == 1
        assert gate.phase() == "held"
        assert [(row["lane"], row["by"], row["reason"]) for row in holds(gate)] == [("entry", "guard", "moving")]

    on_a_gate(tmp_path, story)


def test_a_lowering_that_the_table_withheld_names_its_record(tmp_path: Path, slow: Slow) -> None:
    """A car comes under the arm during the commit: the table's answer after it is what counts."""

    async def story(gate: Whole) -> None:
        assert gate.world is not None
        await gate.order("open")
        await gate.until(lambda: gate.phase() == "up")
        seen = asyncio.Event()
        slow(seen)
        order = asyncio.create_task(gate.order("close"))
        commanded = await gate.event("barrier.commanded", action="close")
        gate.world.fault("entry", "loop-stuck", True)
        await gate.until(lambda: gate.lane()["under"])
        seen.set()
        with pytest.raises(NotExecuted) as said:
            await order
        assert said.value.code in ("occupied", "late"), "a busy machine may need longer than an order lives"
        refused = await gate.event("command.refused")
        assert refused.of == [commanded.seq]
        assert gate.phase() == "up"
        gate.world.fault("entry", "loop-stuck", False)

    on_a_gate(tmp_path, story)
