"""Plates at the lanes: read, compared, corrected, and opening by themselves (V2, V6; issue 5: 3). The reader is scripted, all else is real."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camera.base import Frame, PlateCandidate, PlateRead
from edge import duties, plates_here
from edge.domain.credentials import CardFacts, Category, Credential, Status, Where
from edge.domain.events_plates import PlateWasRead
from edge.domain.plate_alone import GROUPS, PlateFacts, Seen, decide_plate
from edge.domain.policy import Answer, Presented, Reason, Rules
from edge.errors import NotFound
from edge.store import verify, writer
from tests.support_disk import nothing_can_be_recorded, small_disk_at
from tests.support_gate import LEADER, Whole, whole

NOON = datetime(2026, 11, 25, 12, 0)  # noqa: DTZ001 - local time of the gate
IN, OUT = Presented("entry", "in", NOON), Presented("exit", "out", NOON)
SURE = Seen("粤BT1590", certain=True, frames=2)
ALL = frozenset(GROUPS)
OWNER = CardFacts(Credential("P0001", Category.OWNER, plates=("粤BT1590",)), where=Where.OUTSIDE)


def card(**more: Any) -> CardFacts:
    assert OWNER.credential is not None
    return replace(OWNER, credential=replace(OWNER.credential, **more))


# ---- the rule


def test_v2_a_sure_plate_of_an_owner_opens_where_the_lane_allows_it() -> None:
    done = decide_plate(IN, SURE, PlateFacts((OWNER,)), frozenset({"owners"}), Rules())
    assert done.decision is not None
    assert (done.decision.answer, done.decision.reason, done.decision.rule) == (Answer.GRANTED, Reason.OK_PLATE, "V2")
    assert done.why == ""


@pytest.mark.parametrize(
    ("presented", "seen", "facts", "opens", "rules", "why"),
    [
        (IN, SURE, PlateFacts((OWNER,)), frozenset(), Rules(), "off"),
        (IN, replace(SURE, certain=False), PlateFacts((OWNER,)), ALL, Rules(), "unsure"),
        (IN, replace(SURE, text=""), PlateFacts(), ALL, Rules(), "unsure"),
        (IN, replace(SURE, frames=1), PlateFacts((OWNER,)), ALL, Rules(), "one-frame"),
        (IN, SURE, PlateFacts(), ALL, Rules(), "not-listed"),
        (IN, SURE, PlateFacts((OWNER,)), frozenset({"company"}), Rules(), "not-allowed-here"),
        (IN, SURE, PlateFacts((OWNER,), inside=True), ALL, Rules(), "already-inside"),
        (
            IN,
            SURE,
            PlateFacts((replace(OWNER, where=Where.INSIDE),)),
            ALL,
            Rules(anti_passback="off"),
            "already-inside",
        ),
        (OUT, SURE, PlateFacts((OWNER,)), ALL, Rules(anti_passback="soft"), "already-outside"),
        (IN, SURE, PlateFacts((card(status=Status.BLOCKED), OWNER)), ALL, Rules(), "blocked"),
        (IN, SURE, PlateFacts((card(status=Status.LOST),)), ALL, Rules(), "not-listed"),
        (IN, SURE, PlateFacts((card(valid_until=NOON.date().replace(year=2025)),)), ALL, Rules(), "expired"),
        (IN, SURE, PlateFacts((card(category=Category.TEMPORARY),)), ALL, Rules(), "not-allowed-here"),
        (OUT, SURE, PlateFacts((replace(OWNER, where=Where.INSIDE, load="due"),)), ALL, Rules(), "load-unchecked"),
        (IN, SURE, PlateFacts(convoy=True), ALL, Rules(), "convoy"),
        (IN, SURE, PlateFacts(emergency=True), frozenset({"owners"}), Rules(), "not-allowed-here"),
    ],
)
def test_v2_what_a_plate_does_not_open(
    presented: Presented, seen: Seen, facts: PlateFacts, opens: frozenset[str], rules: Rules, why: str
) -> None:
    done = decide_plate(presented, seen, facts, opens, rules)
    assert (done.decision, done.why) == (None, why)


def test_v2_a_lost_card_does_not_stop_the_one_that_took_its_place() -> None:
    done = decide_plate(IN, SURE, PlateFacts((card(status=Status.LOST, id="old"), OWNER)), ALL, Rules())
    assert done.facts is not None
    assert done.facts.credential is not None
    assert done.facts.credential.id == "P0001"


@pytest.mark.parametrize(
    "seen", [Seen("粤B1234应急", certain=True, frames=2), Seen("粤B12345", certain=True, frames=3)]
)
def test_v6_the_fire_brigade_and_the_gates_own_list_open_both_ways(seen: Seen) -> None:
    for presented in (IN, OUT, Presented("entry", "in", None)):
        done = decide_plate(presented, seen, PlateFacts(inside=True, emergency=seen.text == "粤B12345"), ALL, Rules())
        assert done.decision is not None
        assert (done.decision.rule, done.decision.reason) == ("V6", Reason.OK_EMERGENCY_PLATE)


# ---- a whole gate


class Script:
    """A recogniser that says what the test wants. `hold`: it hangs in the look until this is set."""

    def __init__(self) -> None:
        self.text, self.certain, self.frames = "", True, 3
        self.hold: threading.Event | None = None
        self.looking = threading.Event()

    def begin(self) -> None:
        self.seen: list[int] = []

    def look(self, frame: Frame) -> None:
        self.seen.append(frame.number)
        self.looking.set()
        if self.hold is not None:
            self.hold.wait(20)

    def close(self) -> None:
        pass

    def together(self) -> PlateRead | None:
        seen = self.seen
        if not self.text:
            return None
        crop = np.full((40, 120, 3), 90, np.uint8)
        others = (PlateCandidate(self.text, "ordinary", 0.6), PlateCandidate(self.text[:-1] + "Q", "ordinary", 0.3))
        sure = min(self.frames, len(seen)) if self.certain else 0
        return PlateRead(
            self.text, 0.99 if self.certain else 0.6, self.certain, kind="ordinary", colour="blue", crop=crop,
            candidates=others, frame=seen[-1] if seen else 0, certain_frames=sure,
        )  # fmt: skip


Story = Callable[[Whole, Script], Awaitable[None]]


def at_the_gate(
    data: Path, patch: pytest.MonkeyPatch, story: Story, opens: tuple[str, ...] = (), **plates: Any
) -> Script:
    script = Script()
    patch.setattr(plates_here, "load", lambda: script)

    def change(raw: dict[str, Any]) -> None:
        raw["plates"] = {"read": True, **plates}
        raw["sync"]["link"] = "off"  # head office's own database would give and take room on a full disk
        for lane in raw["lane"]:
            lane["plates"] = {"open": list(opens)}
            lane["camera"] |= {"width": 320, "height": 240, "fps": 30}

    async def run() -> None:
        async with whole(data, change, rate=4.0) as gate:
            await gate.frames()
            await story(gate, script)
            await gate.house.bridge.drain()
            assert verify.rebuild(gate.house.store).changed == ()

    asyncio.run(run())
    assert verify.verify_file(data / "gate.sqlite").ok
    return script


Play = Callable[..., Script]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays a story on a whole gate that reads plates as the script says: `at_the_gate` in a folder of its own."""
    return partial(at_the_gate, tmp_path, monkeypatch)


def comes(gate: Whole, script: Script, plate: str, lane: str = "entry", reads: str = "") -> None:
    """A vehicle drives up, and this is read of it (its plate, if nothing else is said)."""
    assert gate.world is not None
    script.text = reads or plate
    gate.world.world.car(lane, plate, None)


def test_v2_read_before_the_card_they_agree_and_pictures_are_kept(play: Play) -> None:
    async def story(gate: Whole, script: Script) -> None:
        comes(gate, script, "粤BT1590")
        read = await gate.event("plate.read", lane="entry")
        assert (read.text, read.certain, read.why, read.alone, read.pass_seq) == ("粤BT1590", True, "loop", "off", 0)
        assert read.frames >= 3
        assert read.ms < 5_000
        assert {e.moment for e in gate.all("picture.taken")} >= {"plate", "plate-crop"}
        assert gate.house.photos.get(read.crop)
        await gate.until(lambda: gate.lane()["reading"], "the page shows it")
        assert gate.lane()["reading"]["text"] == "粤BT1590"
        gate.tap("0A003F8A11")
        decided = await gate.event("access.decided", lane="entry")
        assert (decided.decision, decided.plate_read, decided.plate_match) == ("granted", "粤BT1590", "match")
        crossed = await gate.event("vehicle.crossed", lane="entry")
        assert crossed.plate == "粤BT1590"
        await gate.until(lambda: gate.lane()["reading"] is None, "it has gone")
        (row,) = gate.passes()
        assert (row["plate_read"], row["plate"]) == ("粤BT1590", "粤BT1590")

    play(story)


def test_v2_another_plate_than_the_cards_is_asked_and_one_read_too_late_is_told(play: Play) -> None:
    async def story(gate: Whole, script: Script) -> None:
        comes(gate, script, "粤B99999")
        await gate.event("plate.read", lane="entry")
        gate.tap("0A003F8A11")
        decided = await gate.event("access.decided", lane="entry")
        assert (decided.decision, decided.reason, decided.plate_match) == ("ask", "plate-differs", "differs")
        script.hold = threading.Event()
        script.looking.clear()
        comes(gate, script, "粤B99998", lane="exit")
        assert await asyncio.to_thread(script.looking.wait, 20)
        gate.tap("0A003F8A22", lane="exit")
        decided = await gate.event("access.decided", lane="exit")
        assert decided.plate_match == "unread"  # a card waits for no reading
        script.hold.set()
        read = await gate.event("plate.read", lane="exit")
        assert (read.pass_seq, read.match) == (decided.seq, "differs")
        if decided.decision == "granted":
            await gate.says("plate-late", lane="exit")
        row = next(row for row in gate.passes() if row["pass_seq"] == decided.seq)
        assert (row["plate_read"], row["plate_match"]) == ("粤B99998", "differs")

    play(story)


def test_v2_where_it_is_unsure_the_guard_gets_what_the_register_knows_and_says_which(play: Play) -> None:
    async def story(gate: Whole, script: Script) -> None:
        script.certain = False
        comes(gate, script, "粤BT1590", reads="粤BT159Q")
        read = await gate.event("plate.read", lane="entry")
        assert (read.certain, read.known[0]) == (False, "粤BT1590")
        await gate.until(lambda: gate.lane()["reading"])
        shown = gate.lane()["reading"]
        assert shown["known"][0] == "粤BT1590"
        assert shown["crop"]
        assert gate.house.reading is not None
        assert gate.house.reading.plate_at("entry") == ""  # nothing uncertain reaches the policy
        done = await gate.live.correct_plate(LEADER, "entry", read.seq, "粤B·T1590", "key-plate")
        assert await gate.live.correct_plate(LEADER, "entry", read.seq, "粤B·T1590", "key-plate") == done
        said = await gate.event("plate.corrected")
        assert (said.plate, said.was, said.how, said.reading) == ("粤BT1590", "粤BT159Q", "chosen", read.seq)
        gate.tap("0A003F8A11")
        decided = await gate.event("access.decided", lane="entry")
        assert decided.plate_match == "match"
        with pytest.raises(NotFound):
            await gate.live.correct_plate(LEADER, "entry", 1, "粤B1", "key-none")

    play(story)


def test_v2_an_owner_comes_in_by_plate_alone_once_and_the_card_is_the_same_vehicle(play: Play) -> None:
    async def story(gate: Whole, script: Script) -> None:
        comes(gate, script, "粤BT1590")
        decided = await gate.event("access.decided", lane="entry")
        assert (decided.reader, decided.reason, decided.credential) == ("plate", "ok-plate", "P0001")
        gate.tap("0A003F8A11")
        await gate.event("vehicle.crossed", lane="entry", pass_seq=decided.seq)
        assert len(gate.all("access.decided")) == 1
        (commanded,) = gate.all("barrier.commanded", action="open", cause="plate")
        assert commanded.seq == decided.seq + 1  # one commit, before the arm moved
        await gate.until(lambda: gate.phase() == "down")
        head = gate.head()
        comes(gate, script, "粤BT1590")  # the same plate again: a copy, or the first left unseen
        read = await gate.event("plate.read", head, lane="entry")
        assert read.alone == "already-inside"
        await gate.event("vehicle.turned-back", head, lane="entry")
        assert gate.all("access.decided", head) == []
        comes(gate, script, "粤BT1590", lane="exit")
        out = await gate.event("access.decided", head, lane="exit")
        assert (out.decision, out.reader) == ("granted", "plate")
        await gate.event("vehicle.crossed", head, lane="exit", pass_seq=out.seq)
        assert gate.live.snapshot()["inside"]["total"] == 0  # entry and exit are one visit

    play(story, ("owners",))


def test_v6_the_gates_own_ambulance_opens_and_a_stranger_does_not(play: Play) -> None:
    async def story(gate: Whole, script: Script) -> None:
        comes(gate, script, "粤B120AB")
        decided = await gate.event("access.decided", lane="entry")
        assert (decided.reason, decided.category) == ("ok-emergency-plate", "emergency")
        assert gate.all("access.decided")[0].rule == "V6"
        await gate.event("vehicle.crossed", lane="entry", pass_seq=decided.seq)
        await gate.until(lambda: gate.phase() == "down")
        head = gate.head()
        comes(gate, script, "粤B120AC")
        read = await gate.event("plate.read", head, lane="entry")
        assert read.alone == "not-listed"
        assert gate.phase() == "down"

    play(story, ("emergency",), emergency=["粤B·120AB"])


def test_v2_a_recogniser_that_hangs_or_is_absent_delays_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(gate: Whole, script: Script) -> None:
        script.hold, script.text = threading.Event(), "粤BT1590"
        await gate.play("owner")
        (decided,) = gate.all("access.decided")
        assert (decided.decision, decided.plate_match) == ("granted", "unread")
        assert script.looking.is_set()
        script.hold.set()

    at_the_gate(tmp_path / "hangs", monkeypatch, hangs)

    def gone() -> Any:
        raise RuntimeError("the package agentclpr is not installed")

    async def absent(gate: Whole, _script: Script) -> None:
        await gate.until(lambda: ("plates", "not-installed") in gate.faults())
        await gate.play("owner")
        assert gate.all("access.decided")[0].decision == "granted"

    script = Script()

    def change(raw: dict[str, Any]) -> None:
        raw["plates"] = {"read": True}

    async def run() -> None:
        monkeypatch.setattr(plates_here, "load", gone)
        async with whole(tmp_path / "absent", change) as gate:
            await absent(gate, script)

    asyncio.run(run())


def test_v2_a_reading_on_a_full_disk_is_recorded_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures cannot be kept, the journal cannot be written: nothing opens, nothing is lost, nobody's thread dies."""
    monkeypatch.setattr(writer, "ROOM_S", 0.1)
    monkeypatch.setattr(duties, "CLOCK_S", 0.1)

    with small_disk_at(tmp_path / "disk", 24) as disk:

        async def story(gate: Whole, script: Script) -> None:
            async with nothing_can_be_recorded(gate.house.store, disk):
                comes(gate, script, "粤BT1590")

                def waits() -> bool:
                    return any(isinstance(e, PlateWasRead) for events, _ in gate.gate.notes.waiting for e in events)

                await gate.until(waits, "the reading waits")
                assert gate.phase() == "down"
            (disk / "junk").unlink()
            read = await gate.event("plate.read", lane="entry")
            assert (read.text, read.alone, read.picture) == ("粤BT1590", "not-recorded", "")
            assert gate.all("barrier.commanded") == []
            head = gate.head()
            comes(gate, script, "粤BC3186", lane="exit")
            assert (await gate.event("plate.read", head, lane="exit")).text == "粤BC3186"

        at_the_gate(disk / "data", monkeypatch, story, ("owners",))
