"""The register of passes, who is inside, presence, faults, duty, holds: derived from the journal (V2, V6, D6)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.domain import events as ev
from edge.domain.credentials import Where
from edge.domain.event import Event
from edge.store import journal, queries, verify
from edge.store.db import Store
from tests.support_store import NAME, T0, decided, opened, put, stamp


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "g.db") as store:
        yield store
        rebuilt = verify.rebuild(store)
        assert rebuilt.changed == ()


def con_of(store: Store) -> sqlite3.Connection:
    return store._writer._con


def one(store: Store, seq: int) -> dict[str, object]:
    found = queries.one_pass(con_of(store), seq)
    assert found is not None
    return found


def crossing(lane: str = "in1", direction: str = "in", pass_seq: int = 0) -> Event:
    return ev.VehicleCrossed(lane, direction, pass_seq)


def test_v2_a_pass_from_card_to_arm_down(store: Store) -> None:
    put(
        store,
        ev.SessionBegan("wu", "guard"),
        ev.SessionBegan("li", "leader"),
        ev.SessionBegan("tech", "technician"),
        decided(holder=NAME, plate_bound="粤B12345", plate_read="粤B1234S", plate_match="differs"),
        ev.BarrierCommanded("in1", "open", "card", pass_seq=4),
        ev.BarrierObserved("in1", "rising", "up", "card", 2900, 4),
        ev.PictureTaken("in1", "card", "aa", 10, 4),
        crossing(pass_seq=4),
        ev.PictureTaken("in1", "crossing", "bb", 10, 4),
        ev.PassNoted(4, "粤B12345", "粤B1234S", 2, "王师傅"),
        ev.BarrierObserved("in1", "falling", "down", "auto", 3000, 4),
    )
    row = one(store, 4)
    expected = {
        "lane": "in1",
        "direction": "in",
        "opened_ms": T0 + 3,
        "guard": "li,wu",
        "holder": NAME,
        "holder_seq": 4,
        "driver": "王师傅",
        "driver_seq": 10,
        "plate": "粤B12345",
        "plate_read": "粤B1234S",
        "plate_match": "differs",
        "passengers": 2,
        "commanded_ms": T0 + 4,
        "up_ms": T0 + 5,
        "crossed_ms": T0 + 7,
        "crossed_seq": 8,
        "closed_ms": T0 + 10,
        "outcome": "crossed",
        "live": False,
        "tailgated": False,
        "picture_card": "aa",
        "picture_crossing": "bb",
    }
    assert {key: row[key] for key in expected} == expected
    assert [user["user"] for user in queries.on_duty(con_of(store))] == ["wu", "li"]


def test_a_refused_card_is_a_row_too_and_may_be_admitted_by_a_guard(store: Store) -> None:
    put(store, decided(decision="refused", reason="expired"))
    assert one(store, 1)["outcome"] == "refused"
    assert one(store, 1)["live"] is False
    store.transact_sync(lambda tx: tx.append(ev.PassAdmitted("in1", 1, "known"), actor="user:li", stamp=stamp(9)))
    put(store, ev.BarrierObserved("in1", "rising", "up", "guard", 1, 1), crossing(pass_seq=1))
    row = one(store, 1)
    assert (row["decision"], row["outcome"], row["admitted_by"], row["admitted_reason"]) == (
        "refused",
        "crossed",
        "user:li",
        "known",
    )
    assert queries.presence(con_of(store), "P1") == "inside"


def test_a_card_that_is_asked_about_ends_answered_unanswered_or_open(store: Store) -> None:
    put(
        store,
        decided(decision="ask"),
        decided(decision="ask", credential="P2"),
        ev.PassOpened("in1", "in", "truck", "粤B1"),
    )
    put(store, decided(decision="ask", credential="P3"), decided("out1", "out", "P4", decision="ask"))
    outcomes = [one(store, n)["outcome"] for n in range(1, 6)]
    assert outcomes == ["unanswered", "answered", "open", "asked", "asked"]


def test_a_vehicle_that_was_let_in_and_never_came(store: Store) -> None:
    put(store, decided(), ev.BarrierObserved("in1", "rising", "up", "card", 1, 1), ev.AccessLapsed("in1", 1))
    put(store, ev.BarrierObserved("in1", "falling", "down", "auto", 1, 1), at=10)
    row = one(store, 1)
    assert (row["outcome"], row["live"], row["closed_ms"]) == ("expired", False, T0 + 10)


def test_turning_back_moves_nobody(store: Store) -> None:
    put(store, decided(), ev.VehicleTurnedBack("in1", 1))
    assert one(store, 1)["outcome"] == "turned-back"
    assert queries.inside(con_of(store)) == []
    assert queries.presence(con_of(store), "P1") is None


def test_the_second_car_of_an_open_arm_is_up_at_once(store: Store) -> None:
    put(store, decided(), ev.BarrierObserved("in1", "rising", "up", "card", 1, 1), decided(credential="P2"))
    assert one(store, 3)["up_ms"] == T0 + 2


def test_the_picture_of_a_vehicle_that_nobody_admitted_finds_its_pass(store: Store) -> None:
    put(store, decided(), ev.PictureTaken("in1", "crossing", "aa" * 32, 9, 1), crossing(pass_seq=1))
    put(store, ev.PictureTaken("in1", "crossing", "bb" * 32, 9, 0), crossing(), crossing())
    assert [one(store, seq)["picture_crossing"][:2] for seq in (1, 5, 6)] == ["aa", "bb", ""], "and no other vehicle's"


def test_a_strangers_picture_finds_it_and_nobody_else_whichever_is_on_record_first(store: Store) -> None:
    def picture(digest: str, vehicle: int) -> ev.PictureTaken:
        return ev.PictureTaken("in1", "crossing", digest * 32, 9, vehicle=vehicle)

    put(store, picture("aa", 11))  # it turned back, and is no picture of whoever crosses next
    put(store, ev.VehicleCrossed("in1", "in", 0, vehicle=12), picture("bb", 14), picture("cc", 12))
    put(store, ev.VehicleWrongWay("in1", vehicle=13), ev.VehicleCrossed("in1", "in", 0, vehicle=14), picture("dd", 13))
    found = {seq: one(store, seq)["picture_crossing"][:2] for seq in (2, 5, 6)}
    assert found == {2: "cc", 5: "dd", 6: "bb"}
    kept = con_of(store).execute("SELECT pass_seq, substr(digest, 1, 2) FROM pictures").fetchall()
    assert sorted(map(tuple, kept)) == [(-11, "aa"), (2, "cc"), (5, "dd"), (6, "bb")]


def test_tailgating_marks_the_pass_and_the_second_vehicle_has_its_own_row(store: Store) -> None:
    put(store, decided(), crossing(pass_seq=1), ev.VehicleTailgated("in1", "in", 1), crossing())
    assert one(store, 1)["tailgated"] is True
    row = one(store, 4)
    assert (row["category"], row["decision"], row["reason"], row["outcome"]) == (
        "unknown",
        "none",
        "unauthorised",
        "crossed",
    )
    assert queries.inside_counts(con_of(store)) == {"owner": 1, "unknown": 1}


def test_a_pass_that_was_used_already_lets_the_next_crossing_be_an_unknown_one(store: Store) -> None:
    put(store, decided(), crossing(pass_seq=1), crossing(pass_seq=1), crossing(pass_seq=77))
    assert queries.inside_counts(con_of(store)) == {"owner": 1, "unknown": 2}


def test_inside_by_credential_by_plate_and_by_nothing(store: Store) -> None:
    put(
        store,
        decided(plate_bound="粤B1"),
        crossing(pass_seq=1),
        ev.PassOpened("in1", "in", "delivery", "粤B2"),
        crossing(pass_seq=3),
        crossing(),
    )
    assert queries.inside_counts(con_of(store)) == {"by-hand": 1, "owner": 1, "unknown": 1}
    put(store, ev.PassOpened("out1", "out", "delivery", "粤B2"), crossing("out1", "out", 6))
    assert queries.inside_counts(con_of(store)) == {"owner": 1, "unknown": 1}
    put(store, crossing("out1", "out"))
    assert queries.inside_counts(con_of(store)) == {"owner": 1}
    put(store, crossing("out1", "out"))  # somebody of whom nothing is known: not the owner
    assert queries.inside_counts(con_of(store)) == {"owner": 1}
    put(store, ev.PassOpened("out1", "out", "reader broken", "粤B1"), crossing("out1", "out", 10))
    assert queries.inside_counts(con_of(store)) == {}
    assert queries.presence(con_of(store), "P1") == "outside"


def test_a_plate_noted_after_leaving_sets_the_list_right(store: Store) -> None:
    put(store, ev.PassOpened("in1", "in", "delivery", "粤B2"), crossing(pass_seq=1))
    put(store, ev.PassOpened("out1", "out", "delivery"), crossing("out1", "out", 3))
    assert len(queries.inside(con_of(store))) == 1
    put(store, ev.PassNoted(3, "粤B2"))
    assert queries.inside(con_of(store)) == []


def test_wrong_way_is_a_crossing_against_the_lane(store: Store) -> None:
    put(store, ev.VehicleWrongWay("out1"), decided("out1", "out"), ev.VehicleWrongWay("out1"))
    assert [(one(store, n)["direction"], one(store, n)["outcome"]) for n in (1, 3)] == [
        ("", "wrong-way"),
        ("in", "wrong-way"),
    ]
    assert queries.inside_counts(con_of(store)) == {"unknown": 1}


def test_presence_follows_the_crossing_not_the_card_and_may_be_forgiven(store: Store) -> None:
    def facts() -> tuple[Where, bool]:
        found = queries.card_facts(con_of(store), "0a3f8a21c4", stamp())
        return found.where, found.forgiven

    from edge.store import registry

    registry.import_bytes(store, b"card,category,credential\n0a3f8a21c4,owner,P1\n", "r.csv", stamp=stamp())
    (seq,) = put(store, decided())
    assert facts() == (Where.UNKNOWN, False)
    put(store, crossing(pass_seq=seq))
    assert facts() == (Where.INSIDE, False)
    put(store, ev.PassbackForgiven("P1", "inside", "reader was broken"))
    assert facts() == (Where.UNKNOWN, True)
    (seq,) = put(store, decided("out1", "out"))
    put(store, crossing("out1", "out", seq))
    assert facts() == (Where.OUTSIDE, False)


def test_the_last_presentation_counts_by_the_steady_clock_of_this_boot(store: Store) -> None:
    put(store, decided(), at=1_000)
    con, card = con_of(store), "0aP1"
    facts = queries.card_facts(con, card, stamp(4_000))
    assert (facts.last_lane, facts.last_ago_ms) == ("in1", 3_000)
    wrong_clock = stamp(4_000)
    from dataclasses import replace

    assert queries.card_facts(con, card, replace(wrong_clock, at_ms=0)).last_ago_ms == 3_000
    assert queries.card_facts(con, card, replace(wrong_clock, boot="next")).last_ago_ms == 3_000
    assert queries.card_facts(con, card, replace(wrong_clock, boot="next", at_ms=0)).last_ago_ms == 0


def test_after_a_restart_nothing_is_open_and_no_arm_is_known(store: Store) -> None:
    put(
        store,
        decided(),
        ev.BarrierObserved("in1", "rising", "up", "card", 1, 1),
        decided(credential="P2", decision="ask"),
    )
    put(store, ev.GateStarted("1", "c", "crash"))
    assert [one(store, n)["outcome"] for n in (1, 3)] == ["interrupted", "unanswered"]
    assert [lane["arm"] for lane in queries.arms(con_of(store))] == ["unknown"]
    put(store, crossing(pass_seq=1))
    assert one(store, 1)["outcome"] == "crossed"


def test_faults_duty_and_holds_are_what_is_so_now(store: Store) -> None:
    put(
        store,
        ev.FaultBegan("cam1", "gone", "no answer", "in1"),
        ev.FaultBegan("cam1", "gone", "still no answer", "in1"),
        ev.FaultBegan("reader1", "noise"),
        ev.FaultEnded("reader1", "noise"),
        ev.SessionBegan("li", "guard", "a"),
        ev.SessionBegan("li", "guard", "b"),
        ev.SessionEnded("li", "guard", "asked"),
        ev.BarrierHeld("in1", "fire", "alarm"),
        ev.BarrierHeld("in1", "guard", "moving house"),
        ev.BarrierReleased("in1", "guard"),
    )
    con = con_of(store)
    assert [(f["device"], f["code"], f["detail"], f["seq"]) for f in queries.open_faults(con)] == [
        ("cam1", "gone", "still no answer", 1)
    ]
    assert [(d["user"], d["sessions"]) for d in queries.on_duty(con)] == [("li", 1)]
    assert [(h["lane"], h["by"]) for h in queries.holds(con)] == [("in1", "fire")]
    put(store, ev.SessionEnded("li", "guard", "expired"))
    assert queries.on_duty(con) == []


def test_passes_are_paged_and_filtered(store: Store) -> None:
    for n in range(6):
        lane, direction = (("in1", "in"), ("out1", "out"))[n % 2]
        put(store, decided(lane, direction, f"P{n % 3}", plate_read=f"粤B1000{n}"))
    con = con_of(store)

    def seqs(**wanted: Any) -> list[int]:
        return [row["pass_seq"] for row in queries.recent_passes(con, **wanted)]

    assert seqs() == [6, 5, 4, 3, 2, 1]
    assert seqs(limit=2) == [6, 5]
    assert seqs(before=5, limit=2) == [4, 3]
    assert seqs(lane="in1") == [5, 3, 1]
    assert seqs(credential="P0", lane="out1") == [4]
    assert seqs(plate="b·10003") == [4]
    assert queries.one_pass(con, 99) is None
    assert queries.pass_plate(con, 1) == "粤B10000"
    assert queries.pass_plate(con, 99) is None


def test_the_head_the_cursor_and_the_stream(store: Store) -> None:
    con = con_of(store)
    assert (queries.head(con).seq, queries.unsent(con)) == (0, 0)
    put(store, ev.VehicleWaiting("in1"), ev.GateStopped("asked"))
    assert (queries.head(con).kind, queries.unsent(con), queries.acked(con)) == ("gate.stopped", 2, 0)
    assert [r.seq for r in journal.after(con, 1, 10)] == [2]


def test_an_answer_is_kept_for_the_same_key_of_the_same_user(store: Store) -> None:
    def work(tx: object) -> None:
        queries.answer(con_of(store), "k", "li", "7", 1_000)
        queries.answer(con_of(store), "", "li", "8", 1_000)

    store.transact_sync(work)
    con = con_of(store)
    assert queries.answered(con, "k", "li") == "7"
    assert queries.answered(con, "k", "wu") is None
    assert queries.answered(con, "", "li") is None
    assert store.transact_sync(lambda tx: queries.forget_answers(tx.con, 1_001)) == 1
