"""What head office tells a gate: carried out once and in order, answered in the journal, whatever is lost, doubled or forged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.instructions import Instructions
from edge.orders import Person
from edge.service import Acted
from edge.store import tables_headoffice
from sync.headoffice.store_sqlite import SqliteStore
from sync.instructions import Instruction
from tests.support_desk import T0, AtTheDesk, at_the_desk
from tests.support_gate import Whole, whole, without_cameras
from tests.support_sync import signer

OFFICE = signer("headoffice")
KEY = OFFICE.public_key().public_bytes_raw()
CARD = "0a003f8a21"


class Told:
    """A gate that listens, and somebody who sends."""

    def __init__(self, at: AtTheDesk) -> None:
        self.at = at
        self.calls: list[tuple[Person, dict[str, Any], str]] = []
        self.instructions = Instructions(at.gate, KEY, {"card.block": self._block})

    async def _block(self, who: Person, data: dict[str, Any], key: str) -> Acted:
        self.calls.append((who, data, key))
        return await self.at.desk.block_card(who, data["card"], data["reason"], key)

    def send(self, number: int, after: int = 0, *, sign: Any = OFFICE.sign, **more: Any) -> None:
        told = Instruction("z", "main", number, after, "card.block", {"card": CARD, "reason": "x"}, "zhang", T0)
        self.raw(replace(told, **more).to_bytes(sign))

    def raw(self, payload: bytes) -> None:
        self.at.loop.run_until_complete(self.instructions.carry_out(payload))

    def answers(self) -> list[tuple[int, str]]:
        return [(body["number"], body["result"]) for kind, body in self.at.events() if kind == "headoffice.instructed"]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with at_the_desk(tmp_path) as at:
        at.stocked(card=CARD)
        yield Told(at)


def test_an_instruction_is_carried_out_once_by_whoever_said_it(told: Told) -> None:
    told.send(1)
    told.send(1)
    assert told.answers() == [(1, "done")]
    assert len(told.calls) == 1
    (card,) = told.at.desk.stock()
    assert card.state == "blocked"
    with told.at.store.reader() as con:
        actors = {
            json.loads(data)["actor"] for (data,) in con.execute("SELECT data FROM journal WHERE kind = 'card.blocked'")
        }
    assert actors == {"headoffice:zhang"}


def test_one_that_was_lost_is_waited_for(told: Told) -> None:
    told.send(3, after=2)
    assert told.answers() == []
    told.send(2, after=0, act="nothing-known")
    told.send(3, after=2)
    told.send(2)
    assert told.answers() == [(2, "unknown-act"), (3, "done")]


def test_what_cannot_be_done_is_answered_with_its_reason(told: Told) -> None:
    told.send(1, data={"card": "ffffffff01", "reason": "x"})
    told.send(2, data={"card": CARD})
    told.send(3, until_ms=T0 - 60_000)
    told.send(4)
    assert [number for number, _ in told.answers()] == [1, 2, 3, 4]
    results = dict(told.answers())
    assert results[1] not in ("", "done")
    assert (results[2], results[3], results[4]) == ("bad-input", "expired", "done")


def test_what_is_not_signed_by_head_office_changes_nothing_and_is_a_fault(told: Told) -> None:
    told.send(1, sign=signer("thief").sign)
    told.send(1, sign=signer("thief").sign)
    assert (told.answers(), told.calls) == ([], [])
    assert [f.code for f in told.at.gate.faults.now()] == ["not-signed"]
    told.raw(b"garbage")
    told.send(1, gate="other")
    told.send(1, site="other")
    assert told.answers() == []
    told.send(1)
    assert told.answers() == [(1, "done")]
    assert told.at.gate.faults.now() == []
    told.at.loop.run_until_complete(told.at.gate.bridge.drain())
    assert told.at.kinds().count("fault.began") == 1


def test_after_a_power_cut_between_deed_and_answer_it_is_not_done_twice(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(told.at.gate, "record", _cut)
        with pytest.raises(KeyboardInterrupt):
            told.send(1)
    told.send(1)
    assert told.at.kinds().count("card.blocked") == 1
    assert told.answers() == [(1, "done")]
    with told.at.store.reader() as con:
        assert tables_headoffice.last(con) == 1


async def _cut(*_args: Any, **_more: Any) -> None:
    await asyncio.sleep(0)
    raise KeyboardInterrupt


def test_a_barrier_is_raised_from_afar_once_and_never_late(tmp_path: Path) -> None:
    asyncio.run(_from_afar(tmp_path))


async def _from_afar(tmp_path: Path) -> None:
    async with whole(tmp_path, without_cameras, rate=1.0) as gate:
        house = gate.house
        tell = Teller(gate)
        assert await tell("lane.raise", {"lane": "entry"}) == "must-expire"
        assert await tell("lane.raise", {"lane": "entry"}, until_s=60) == "must-expire"
        house.clock._trust = "restored"
        assert await tell("lane.raise", {"lane": "entry"}, until_s=5) == "clock-in-doubt"
        house.clock._trust = "ntp"
        assert await tell("lane.raise", {"lane": "nowhere"}, until_s=5) not in ("", "done")
        assert await tell("lane.raise", {"lane": "entry"}, until_s=-1) == "must-expire"
        assert [e for e in gate.journal() if e.kind == "barrier.commanded"] == []
        house.clock._trust = "ntp"
        assert await tell("lane.hold", {"lane": "entry", "reason": "repair"}, until_s=5) == "done"
        await gate.until(lambda: gate.phase("entry") in ("up", "held"))
        (held,) = [e for e in gate.journal() if e.kind == "barrier.held"]
        assert (held.actor, held.reason) == ("headoffice:zhang", "repair")
        house.clock._trust = "ntp"
        assert await tell("lane.release", {"lane": "entry"}, until_s=5) == "done"
        await gate.until(lambda: gate.phase("entry") == "down")
        assert await tell("journal.again", {"first": 0}) == "bad-input"
        assert await tell("journal.again", {"first": 1, "last": 5}) == "done"
        answers = [(e.number, e.act, e.result) for e in gate.journal() if e.kind == "headoffice.instructed"]
        assert [n for n, _, _ in answers] == list(range(1, len(answers) + 1))
        assert len([e for e in gate.journal() if e.kind == "barrier.held"]) == 1


class Teller:
    """Head office inside the laptop's gate: its table, its receiver, its signature."""

    def __init__(self, gate: Whole) -> None:
        self.gate = gate
        self.store = SqliteStore(gate.data / "headoffice.sqlite")

    async def __call__(self, act: str, data: dict[str, Any], until_s: float = 0) -> str:
        site, name = self.gate.house.settings.gate.site, self.gate.house.settings.gate.id
        now = self.gate.house.clock.now_ms()
        until = now + round(until_s * 1000) if until_s else 0
        number = self.store.instruct(site, name, act, json.dumps(data), "zhang", now, until)
        await self.gate.until(lambda: self._result(number))
        return self._result(number)

    def _result(self, number: int) -> str:
        found = [e for e in self.gate.journal() if e.kind == "headoffice.instructed" and e.number == number]
        return str(found[0].result) if found else ""
