"""Appointment codes that head office signs: at the desk, over a serial scanner at a lane, and before the appointment has arrived (P3, P4, V3)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from camera import codes as seen
from drivers.readers import line as lines
from drivers.wire import wire
from edge.desk import AppointmentInput, VisitInput
from edge.orders import Person
from sync.codes import Code, new_token
from sync.headoffice import codes
from sync.headoffice.__main__ import main as headoffice
from sync.headoffice.signing import SigningKey
from sync.headoffice.store_sqlite import SqliteStore
from tests.support_desk import LI, WU, AtTheDesk, at_the_desk, stopped
from tests.support_gate import LEADER, Whole, whole, without_cameras

OFFICE = Ed25519PrivateKey.generate()
KEY = OFFICE.public_key().public_bytes_raw()
ZHANG = Person("zhang", "headoffice")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
SCANNER = lines.Options(base="text")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTheDesk]:
    with at_the_desk(tmp_path) as desk:
        desk.reception.believe(KEY)
        yield desk


def code(now: int, **more: Any) -> Code:
    begin = now // MINUTE_MS * MINUTE_MS
    made = Code(
        new_token(),
        "z",
        ("main",),
        "guest",
        begin,
        begin + 2 * HOUR_MS,
        name="王小明",
        title="mr",
        unit="3-1201",
        companions=1,
    )
    return replace(made, **more)


def find(at: AtTheDesk, text: str, by: Person = LI) -> int:
    return at.loop.run_until_complete(at.reception.find(by, text))


def test_p4_a_code_is_believed_before_its_appointment_has_arrived(at: AtTheDesk) -> None:
    """No network, nothing heard of the visitor: the code is enough. The instruction that comes later is the same appointment."""
    shown = code(at.clock.at)
    text = shown.text(OFFICE.sign)
    number = find(at, text.lower())
    row = at.reception.appointment(number)
    assert (row.name, row.unit, row.companions, row.source, row.kind) == ("王小明", "3-1201", 1, "headoffice", "guest")
    assert find(at, text, WU) == number, "two guards, two scanners: one appointment"
    who = VisitInput(name="王小明", unit="3-1201", host="周杰", phone="13800000000", companions=1)
    told = AppointmentInput("guest", shown.from_ms, shown.until_ms, who, shown.token)
    assert at.make(told, by=ZHANG).about == number
    assert at.reception.appointment(number).host == "周杰"
    visit = at.arrive(number, "qr").about
    assert at.see(visit).name == "王小明"
    assert at.events()[-1] == ("appointment.used", {"appointment": number, "visit": visit, "by": "qr"})
    with stopped("appointment-used"):
        find(at, text)
    assert at.make(told, by=ZHANG).again, "told once more after it was used: nothing new"
    assert at.kinds().count("appointment.made") == 1


def test_p3_each_reason_has_its_own_sentence(at: AtTheDesk) -> None:
    now = at.clock.at
    stranger = Ed25519PrivateKey.generate()
    good = code(now)
    revoked, heard = code(now, name="李四"), code(now, name="赵五")
    find(at, heard.text(OFFICE.sign))
    for one in (revoked, heard):
        at.revoke(one.token, "改期", by=ZHANG)
    torn = good.text(OFFICE.sign)[:-20]
    for text, why in (
        (good.text(stranger.sign), "not-signed"),
        (torn, "unreadable"),
        ("GE2:ABC", "unreadable"),
        (code(now, gates=("north",)).text(OFFICE.sign), "other-gate"),
        (code(now, site="elsewhere").text(OFFICE.sign), "other-gate"),
        (code(now, from_ms=now // MINUTE_MS * MINUTE_MS + HOUR_MS).text(OFFICE.sign), "not-yet"),
        (
            code(
                now,
                from_ms=(now - 9 * HOUR_MS) // MINUTE_MS * MINUTE_MS,
                until_ms=(now - HOUR_MS) // MINUTE_MS * MINUTE_MS,
            ).text(OFFICE.sign),
            "expired",
        ),
        (revoked.text(OFFICE.sign), "revoked"),
        (heard.text(OFFICE.sign), "revoked"),
    ):
        with stopped(f"appointment-{why}"):
            find(at, text)
        assert at.events()[-1] == ("appointment.tried", {"why": why, "by": "qr"})
    late = AppointmentInput("guest", good.from_ms, good.until_ms, VisitInput(name="李四"), revoked.token)
    with stopped("appointment-revoked"):
        at.make(late, by=ZHANG)
    at.reception.believe(b"")
    with stopped("code-no-key"):
        find(at, good.text(OFFICE.sign))


def test_v3_without_a_clock_a_person_judges(at: AtTheDesk) -> None:
    at.clock.worth = "unset"
    early = code(
        at.clock.at,
        from_ms=at.clock.at // MINUTE_MS * MINUTE_MS + HOUR_MS,
        until_ms=at.clock.at // MINUTE_MS * MINUTE_MS + 2 * HOUR_MS,
    )
    assert find(at, early.text(OFFICE.sign))


# ---- head office makes them, a whole gate reads them -----------------------------------------------------------------------


def made_by_headoffice(db: Path, capsys: pytest.CaptureFixture[str], picture: Path, **data: Any) -> str:
    common = ["--site", "zhenyuan", "--db", str(db)]
    given = {"kind": "business", "name": "王小明", "title": "mr", "unit": "管理处", **data}
    assert headoffice([*common, "code", "main", json.dumps(given), "--hours", "2", "--picture", str(picture)]) == 0
    return capsys.readouterr().out.strip()


async def scan(gate: Whole, place: str, text: str) -> None:
    port = next(
        t for t in (gate.house.settings.desk, *gate.house.settings.lane) if getattr(t, "id", "desk") == place
    ).scanner
    assert port is not None
    line = wire(port.port.removeprefix("sim://"))
    assert await asyncio.to_thread(line.wait_open, 15)
    line.write(lines.encode_text(text, SCANNER))


def test_v3_at_a_lane_the_guard_sees_who_is_expected_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made by the command, read from its picture, held to the lane's scanner: a sentence and one tap, and the arm stays down."""
    db = tmp_path / "office" / "headoffice.sqlite"
    db.parent.mkdir()
    text = made_by_headoffice(db, capsys, tmp_path / "code.png", plate="粤B12345")
    drawn = cv2.imread(str(tmp_path / "code.png"))
    assert drawn is not None
    assert seen.texts(np.asarray(drawn, np.uint8)) == (text,)
    store = SqliteStore(str(db))
    (told,) = store.told("zhenyuan", "main")
    store.close()
    assert (told.act, json.loads(told.data)["mode"]) == ("appointment.make", "vehicle")
    assert headoffice(["--site", "zhenyuan", "--db", str(db), "withdraw", text, "--reason", "改期"]) == 0
    store = SqliteStore(str(db))
    assert [t.act for t in store.told("zhenyuan", "main")] == ["appointment.make", "code.revoke"]
    store.close()
    assert headoffice(["--site", "zhenyuan", "--db", str(db), "withdraw", text[:-9]]) == 2
    assert headoffice(["--site", "zhenyuan", "--db", str(db), "code", "main", '{"kind": "guest"}']) == 2, "for whom?"
    capsys.readouterr()
    key = headoffice(["--site", "zhenyuan", "--db", str(db), "key"])
    assert key == 0
    public = bytes.fromhex(capsys.readouterr().out.strip())

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["gate"]["site"] = "zhenyuan"
        for lane, setting in zip(raw["lane"], ("ask", "ask"), strict=True):
            lane["scanner"] = {"port": f"sim://scan-{lane['id']}-{tmp_path.name}", "on_code": setting}
        raw["desk"]["scanner"] = {"port": f"sim://scan-desk-{tmp_path.name}"}

    async def run() -> None:
        async with whole(tmp_path / "gate", change) as gate:
            gate.house.post.reception.believe(public)
            await scan(gate, "entry", text)
            await gate.says("code.expected")
            prompt = gate.lane()["prompt"]
            assert (prompt["params"]["plate"], prompt["params"]["surname"]) == ("粤B12345", "王")
            (said,) = gate.all("code.shown")
            assert (said.lane, said.plate_match, said.opened, said.actor) == (
                "entry",
                "unread",
                False,
                "device:entry.scanner",
            )
            assert gate.phase() == "down"
            await scan(gate, "exit", "GE2:ABCDEFGH")
            await gate.says("code.appointment-unreadable", "exit")
            await scan(gate, "exit", "WIFI:S:cafe;;")
            await gate.says("code.code-strange", "exit")
            with gate.gate.hub.subscribe() as changes:
                await scan(gate, "desk", text)
                while (heard := await asyncio.wait_for(changes.get(), 15)) is None or heard.kind != "scan":
                    pass
            assert heard.data["appointment"]["appointment"] == prompt["params"]["appointment"], (
                "the desk's scanner finds the same"
            )

    asyncio.run(run())


def test_v3_a_lane_that_is_set_so_opens_when_the_camera_reads_the_same_plate(tmp_path: Path) -> None:
    """Setting, plate of the code, plate that was read, clock, watch list: all agree, and the visit is on the register. Else it is only shown."""

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["lane"][0]["scanner"] = {"port": f"sim://scan-open-{tmp_path.name}", "on_code": "open"}

    async def run() -> None:
        async with whole(tmp_path, change) as gate:
            gate.house.post.reception.believe(KEY)
            now, site = gate.gate.clock.now_ms(), gate.house.settings.gate.site
            first, second = (
                code(now, site=site, mode="vehicle", kind="business", plate=plate, name=name)
                for plate, name in (("粤B12345", "王小明"), ("粤B99999", "李四"))
            )

            def read() -> None:
                gate.gate.plate_at = lambda lane: "粤B12345"
                gate.gate.changed()

            read()
            await scan(gate, "entry", second.text(OFFICE.sign))
            await gate.says("code.differs")
            assert gate.phase() == "down"
            gate.gate.plate_at = lambda lane: ""
            await scan(gate, "entry", first.text(OFFICE.sign))
            asyncio.get_running_loop().call_later(0.05, read)  # the camera is a moment later than the visitor
            await gate.event("barrier.commanded", lane="entry", action="open")
            (decided,) = gate.all("access.decided", decision="granted")
            assert (decided.reason, decided.category, decided.plate_match, decided.reader) == (
                "ok-code",
                "temporary",
                "match",
                "code",
            )
            await gate.says("greet")
            await gate.until(lambda: gate.phase() in ("up", "rising"))
            (used,) = gate.all("appointment.used")
            assert decided.credential == f"visit:{used.visit}"
            assert gate.live.desk.visit(LEADER, used.visit)["state"] == "admitted"
            assert gate.passes()[-1]["plate"] == "粤B12345"
            assert [e.opened for e in gate.all("code.shown")] == [False, True]
            said = gate.all("code.shown")[-1].seq
            third = code(now, site=site, mode="vehicle", kind="business", plate="粤B12345", name="赵五")
            await gate.live.reception.act(LEADER, "watch", {"name": "赵五", "reason": "曾冒充快递员"}, "key-watch")
            await scan(gate, "entry", third.text(OFFICE.sign))
            await gate.event("code.shown", said)
            assert [e.opened for e in gate.all("code.shown", said)] == [False], "somebody looks out for this one"

    asyncio.run(run())


def test_p3_what_head_office_tells_and_what_the_visitor_carries_are_one(tmp_path: Path) -> None:
    """Given out and told over the link; the code is shown before and after; then it is taken back."""

    async def run() -> None:
        async with whole(tmp_path, without_cameras) as gate:
            site, now = gate.house.settings.gate.site, gate.gate.clock.now_ms()
            sign = SigningKey.load(tmp_path / "headoffice-signing.key").sign
            office = SqliteStore(str(tmp_path / "headoffice.sqlite"))
            wanted = {"kind": "business", "name": "王小明", "unit": "管理处", "host": "周杰", "phone": "13800000000"}
            one = codes.issue(office, site, ("main",), wanted, sign, "zhang", now)
            early = await gate.live.reception.find(LEADER, one.text, "early")
            await gate.event("headoffice.instructed", act="appointment.make", result="done")
            assert await gate.live.reception.find(LEADER, one.text, "late") == early
            row = gate.live.reception.appointment(early)
            assert (row["host"], row["phone"] != "", row["source"]) == ("周杰", True, "headoffice")
            assert len(gate.all("appointment.made")) == 1
            codes.revoke(office, one.code, "改期", "zhang", now)
            await gate.event("headoffice.instructed", act="code.revoke", result="done")
            with stopped("appointment-revoked"):
                await gate.live.reception.find(LEADER, one.text, "over")
            office.close()

    asyncio.run(run())
