"""Wedding convoys (V8): announced, reminded of, held open by one tap or the first plate, ticked off, in and out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.desk.announcing import ConvoyInput
from edge.desk.convoying import Convoys
from edge.errors import BadInput, GateError, NotAllowed, NotExecuted, NotFound
from edge.orders import HEAD_OFFICE, Order, Person
from edge.store import verify
from tests.support_desk import LI, AtTheDesk, at_the_desk
from tests.support_gate import Whole, whole, without_cameras

LEADER, OFFICE = Person("wang", "leader"), Person("zhang", HEAD_OFFICE)
CARS = ("粤B88801", "粤B88802", "粤B88803")
MINUTE_MS = 60_000


def convoy(arrives: datetime, **more: Any) -> ConvoyInput:
    return ConvoyInput(
        f"{arrives:%Y-%m-%dT%H:%M}",
        **{
            "names": "王伟、李娜",
            "plates": ("粤b·88801", *CARS[1:]),
            "customs": "不放鞭炮",
            "wishes": "请走东边车道",
            "phone": "13800000000",
        }
        | more,
    )


# ---- announced and reminded of: at the desk, by a hand-driven clock --------------------------------------------------


class Party:
    """The convoys' service over a desk, without `await`."""

    def __init__(self, at: AtTheDesk) -> None:
        self.at, self.service = at, Convoys(at.gate)
        self.arrives = self.local() + timedelta(minutes=60)

    def local(self) -> datetime:
        found = self.at.gate.local(self.at.clock.stamp())
        assert found is not None
        return found.replace(second=0, microsecond=0, tzinfo=None)

    def do(self, work: Awaitable[Any]) -> Any:
        return self.at.loop.run_until_complete(work)

    def until(self, minutes: int) -> None:
        """The clock goes on to so many minutes before the arrival."""
        self.at.clock.at = self.service.rows()[0]["arrives_ms"] - minutes * MINUTE_MS
        self.do(self.service.remind())
        self.do(self.service.remind())

    def reminded(self) -> list[int]:
        return [body["minutes"] for kind, body in self.at.events() if kind == "convoy.reminded"]


def test_v8_head_office_announces_and_the_guards_are_reminded_30_and_10_minutes_before(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        party = Party(at)
        done = party.do(party.service.announce(OFFICE, convoy(party.arrives, lanes=()), "office-key"))
        assert party.do(party.service.announce(OFFICE, convoy(party.arrives), "office-key")).again
        (row,) = party.service.rows()
        assert [car["plate"] for car in row["cars"]] == list(CARS)
        assert (row["names"], row["wishes"], row["by"]) == ("王伟、李娜", "请走东边车道", "headoffice:zhang")
        assert row["arrives_ms"] - row["from_ms"] == 15 * MINUTE_MS
        party.until(31)
        assert party.reminded() == []
        party.until(30)
        party.until(20)
        assert party.reminded() == [30]
        party.until(10)
        party.until(1)
        assert party.reminded() == [30, 10]
        notices = [body for kind, body in at.events() if kind == "notice.sent"]
        assert [(n["to"], n["about"]) for n in notices] == [("leader", "convoy-coming")] * 2
        assert "列队敬礼" in at.desk.notices()[0].zh
        assert at.rules() == {"V8"}
        assert row["convoy"] == done.about


def test_v8_a_new_time_is_reminded_of_anew_and_what_is_cancelled_never(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        party = Party(at)
        number = party.do(party.service.announce(LEADER, convoy(party.arrives))).about
        party.until(9)
        assert party.reminded() == [10], "announced or started late: the nearest one only"
        later = convoy(party.arrives + timedelta(hours=2), plates=(*CARS, "粤B88804"))
        party.do(party.service.change(LEADER, number, later))
        party.until(30)
        assert party.reminded() == [10, 30]
        assert len(party.service.rows()[0]["cars"]) == 4
        party.do(party.service.cancel(LEADER, number, "called-off"))
        assert party.do(party.service.cancel(LEADER, number, "called-off")).again
        party.until(5)
        assert party.reminded() == [10, 30]
        with pytest.raises(NotExecuted):
            party.do(party.service.change(LEADER, number, later))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"names": " "}, "couple-needed"),
        ({"plates": ("粤B1",)}, "plate-form"),
        ({"plates": tuple(f"粤B{n:05}" for n in range(41))}, "too-many-cars"),
        ({"lanes": ("side",)}, "lane-unknown"),
        ({"wishes": "愿" * 501}, "too-long"),
    ],
)
def test_v8_what_is_announced_is_checked(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    with at_the_desk(tmp_path) as at:
        party = Party(at)
        with pytest.raises(BadInput) as said:
            party.do(party.service.announce(LEADER, convoy(party.arrives, **change)))
        assert said.value.code == code
        assert at.kinds() == []


def test_v8_a_guard_does_not_announce_and_nothing_is_announced_for_yesterday(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        party = Party(at)
        with pytest.raises(NotAllowed):
            party.do(party.service.announce(LI, convoy(party.arrives)))
        for arrives, code in ((party.local() - timedelta(days=1), "arrival-past"), ("soon", "arrival-form")):
            given = convoy(arrives) if isinstance(arrives, datetime) else ConvoyInput(arrives, "王伟")
            with pytest.raises(BadInput) as said:
                party.do(party.service.announce(LEADER, given))
            assert said.value.code == code
        with pytest.raises(NotFound):
            party.do(party.service.cancel(LEADER, 99, "mistake"))


def test_v8_names_and_wishes_are_personal(tmp_path: Path) -> None:
    with at_the_desk(tmp_path) as at:
        party = Party(at)
        party.do(party.service.announce(LEADER, convoy(party.arrives)))
        with at.store.reader() as con:
            ((data,),) = con.execute("SELECT data FROM journal").fetchall()
            derived = [repr(con.execute(f"SELECT * FROM {t}").fetchall()) for t in ("convoys", "convoy_cars")]
        for secret in ("王伟", "鞭炮", "东边", "13800000000"):
            assert secret.encode() not in data
            assert all(secret not in text for text in derived)
        assert CARS[0] in data.decode()


# ---- passing: a whole gate -------------------------------------------------------------------------------------------


class Wedding:
    """A gate at which a convoy is expected in a few minutes."""

    def __init__(self, gate: Whole) -> None:
        self.gate, self.convoys, self.read = gate, gate.house.post.convoys, ""
        gate.gate.plate_at = lambda _lane: self.read

    async def announced(self, **more: Any) -> int:
        local = self.gate.gate.local(self.gate.gate.clock.stamp())
        assert local is not None
        return (await self.convoys.announce(LEADER, convoy(local + timedelta(minutes=5), **more))).about

    def press(self, key: str = "", *, old_ms: int = -1_900) -> Order:
        return Order("", "convoy", tick=self.gate.live.now_tick() - old_ms, key=key)

    async def drive(self, lane: str, plate: str) -> None:
        """A car drives up and, if the arm lets it, through; its plate is read when it comes."""
        self.read, seq = plate, self.gate.head()
        assert self.gate.world is not None
        self.gate.world.world.car(lane, plate)
        await self.gate.event("vehicle.crossed", seq, lane=lane)

    def car(self, plate: str) -> dict[str, Any]:
        (row,) = self.convoys.rows()
        found: dict[str, Any] = next(car for car in row["cars"] if car["plate"] == plate)
        return found


def at_a_wedding(data: Path, story: Callable[[Wedding], Awaitable[None]]) -> None:
    async def run() -> None:
        async with whole(data, without_cameras) as gate:
            await story(Wedding(gate))
            assert verify.rebuild(gate.house.store).changed == ()

    asyncio.run(run())
    assert verify.verify_file(data / "gate.sqlite").ok


def test_v8_one_tap_and_the_convoy_passes_without_stopping_in_and_out(tmp_path: Path) -> None:
    async def story(wedding: Wedding) -> None:
        gate, convoys = wedding.gate, wedding.convoys
        number = await wedding.announced()
        await convoys.open(LI, number, "in", wedding.press("tap-here"))
        assert (await convoys.open(LI, number, "in", wedding.press("tap-other"))).again
        await gate.until(lambda: gate.phase("entry") == "held")
        assert gate.lane("entry")["held_by"] == ["convoy"]
        assert gate.lane("entry")["prompt"] == {"code": "convoy.in", "params": {}, "salute": True}
        assert gate.phase("exit") == "down", "the way out is not needed yet"
        with pytest.raises(NotExecuted) as refused:
            await convoys.open(LI, number, "out", wedding.press())
        assert refused.value.code == "convoy-other-way"
        await wedding.drive("entry", CARS[0])
        await gate.until(lambda: wedding.car(CARS[0])["in_ms"], "the first car is ticked off by its plate")
        assert wedding.car(CARS[0])["in_how"] == "read"
        wedding.read = ""
        await convoys.tick(LI, number, "粤b·88802", "in", "tick-two")
        assert (await convoys.tick(LI, number, CARS[1], "in", "tick-again")).again
        assert gate.phase("entry") == "held"
        await wedding.drive("entry", CARS[2])
        await gate.until(lambda: gate.phase("entry") == "down", "all are in: the lane is let go")
        (ended,) = gate.all("convoy.ended")
        assert (ended.why, ended.crossings, ended.way) == ("all", 2, "in")

        await convoys.open(LI, number, "out", wedding.press())
        await gate.until(lambda: gate.phase("exit") == "held")
        await wedding.drive("exit", CARS[0])
        await convoys.end(LI, number, wedding.press("tap-through"))
        assert (await convoys.end(LI, number, wedding.press())).again
        await gate.until(lambda: gate.phase("exit") == "down")
        (row,) = convoys.rows()
        assert [(leg["way"], leg["why"], leg["crossings"]) for leg in row["legs"]] == [
            ("in", "all", 2),
            ("out", "asked", 1),
        ]
        assert row["legs"][0]["passed"][0]["plate"] == CARS[0]
        assert {e.rule for e in gate.all("convoy.")} == {"V8"}

    at_a_wedding(tmp_path, story)


def test_v8_the_first_plate_opens_and_a_car_that_comes_alone_later_passes_by_its_own(tmp_path: Path) -> None:
    async def story(wedding: Wedding) -> None:
        gate, convoys = wedding.gate, wedding.convoys
        number = await wedding.announced(plates=CARS)
        await wedding.drive("entry", CARS[0])
        (opened,) = gate.all("convoy.opened")
        assert (opened.by, opened.plate, opened.actor) == ("plate", CARS[0], "device:plates")
        await convoys.end(LI, number, wedding.press())
        await gate.until(lambda: gate.phase("entry") == "down")
        await wedding.drive("entry", CARS[1])
        (said,) = gate.all("access.decided")
        assert (said.decision, said.reason, said.rule, said.plate_read, said.reader) == (
            *("granted", "ok-convoy", "V8"),
            *(CARS[1], "plate"),
        )
        await gate.until(lambda: wedding.car(CARS[1])["in_ms"])
        await gate.until(lambda: gate.phase("entry") == "down")

        wedding.read = ""  # the last one is read by the guard
        done = await convoys.plate(LI, "entry", "粤b 88803", wedding.press("typed-one"))
        assert (await convoys.plate(LI, "entry", CARS[2], wedding.press("typed-one"))).again
        await gate.says("greet")
        row = gate.passes()[-1]
        assert (row["pass_seq"], row["category"], row["plate"]) == (done.seq, "convoy", CARS[2])
        for plate, old, code in (("粤B99999", -1_900, "not-listed"), (CARS[2], 2_100, "late")):
            with pytest.raises(NotExecuted) as refused:
                await convoys.plate(LI, "entry", plate, wedding.press(old_ms=old))
            assert refused.value.code == code
            assert refused.value.hint

    at_a_wedding(tmp_path, story)


def test_v8_a_convoy_and_the_green_way_and_a_guard_hold_side_by_side(tmp_path: Path) -> None:
    async def story(wedding: Wedding) -> None:
        gate, convoys = wedding.gate, wedding.convoys
        number, other = await wedding.announced(), await wedding.announced(plates=())
        await convoys.open(LI, number, "in", wedding.press())
        await convoys.open(LI, other, "in", wedding.press())
        green = (await gate.house.post.green.open(LI, wedding.press())).about
        await gate.order("hold", reason="rush")
        assert set(gate.lane("entry")["held_by"]) == {"convoy", "emergency", "guard"}
        await convoys.end(LI, number, wedding.press())
        assert "convoy" in gate.lane("entry")["held_by"], "the other convoy still needs it"
        await convoys.end(LI, other, wedding.press())
        assert set(gate.lane("entry")["held_by"]) == {"emergency", "guard"}
        await gate.house.post.green.release(LI, green, wedding.press())
        await gate.until(lambda: gate.phase("exit") == "down")
        assert gate.phase("entry") == "held"
        await gate.order("release")
        await gate.until(lambda: gate.phase("entry") == "down")

    at_a_wedding(tmp_path, story)


def test_v8_neither_too_early_nor_too_late(tmp_path: Path) -> None:
    async def story(wedding: Wedding) -> None:
        local = wedding.gate.gate.local(wedding.gate.gate.clock.stamp())
        assert local is not None
        number = (await wedding.convoys.announce(LEADER, convoy(local + timedelta(hours=3)))).about
        for press, code in ((wedding.press(), "convoy-early"), (wedding.press(old_ms=2_100), "late")):
            with pytest.raises(GateError) as refused:
                await wedding.convoys.open(LI, number, "in", press)
            assert refused.value.code == code
        with pytest.raises(NotExecuted) as alone:
            await wedding.convoys.plate(LI, "entry", CARS[0], wedding.press())
        assert alone.value.code == "not-listed"
        assert wedding.gate.phase("entry") == "down"
        with pytest.raises(NotFound):
            await wedding.convoys.open(LI, 99_999, "in", wedding.press())

    at_a_wedding(tmp_path, story)
