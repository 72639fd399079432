"""Head office's tables of the gates' requests, and what departments tell: SQLite and PostgreSQL give the same (D1–D3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.headoffice import desk_story as ds
from sync.headoffice import told
from sync.headoffice.__main__ import main
from sync.headoffice.charts import Span
from sync.headoffice.charts_requests import charts, day
from sync.headoffice.desk import Desk
from sync.headoffice.desk_ask import Asked, Moved, NotNow, Requests, stirred
from sync.headoffice.desk_take import Taking, Unknown
from sync.headoffice.store import Store
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.store_sqlite import SqliteStore
from sync.headoffice.web_users import _HASHER, _NOBODY, Unfit, Users
from tests.support_office import WHERE, Said, take_in
from tests.support_sync import GATE, SITE

pytest_plugins = ["tests.support_office_stores"]
DAY = 1_790_812_800_000  # 2026-10-01
LATE = DAY + 30 * 86_400_000
PLAN: Said = ("post.planned", {"departments": ["engineering", "cleaning"], "departments_zh": ["工程部", "清洁部"], "departments_en": ["Engineering", "Cleaning"], "categories": ["repair"], "categories_zh": ["报修"], "categories_en": ["Repair"]})  # fmt: skip


def received(unit: str = "11-201", due: int = DAY + 7_200_000, **more: Any) -> Said:
    body = {
        "sort": "request",
        "category": "repair",
        "department": "engineering",
        "unit": unit,
        "due_ms": due,
        "follow_up": True,
    }
    return "request.received", body | more, {"name": "周杰", "phone": "13800138000", "words": "厨房水龙头漏水"}


def followed(store: Store) -> Requests:
    desk = Desk(store, SITE)
    while desk.work():
        pass
    return Requests(store, SITE)


def everything(store: Store) -> list[Any]:
    named = (
        "chain, request, gate, department, state, round, due_ms, moved, done_ms, ended_ms, late, satisfied, unsatisfied"
    )
    return [sorted(map(tuple, store.run(f"SELECT {what}"))) for what in (f"{named} FROM desk_requests", "seq, step, said FROM desk_steps", "id, zh FROM desk_names")]  # fmt: skip


def test_a_request_from_the_call_until_the_owner_is_satisfied(store: Store) -> None:
    """D2: received → passed on → done → asked → sent back → done → satisfied."""
    one = len([PLAN, received()])
    take_in(
        store,
        [
            PLAN,
            received(),
            ("request.passed", {"request": one, "department": "engineering", "round": 1, "due_ms": DAY + 7_200_000}),
        ],
    )
    requests = followed(store)
    (row,) = requests.rows(Asked(), DAY, persons=False)
    assert (row["state"], row["department"], row["unit"], row["overdue"]) == ("passed", "engineering", "11-201", False)
    assert requests.rows(Asked("overdue"), LATE, persons=False)[0]["overdue"]
    assert requests.rows(Asked("overdue"), DAY, persons=False) == []
    take_in(
        store,
        [
            ("request.overdue", {"request": one, "round": 1, "due_ms": DAY + 7_200_000}),
            ("request.done", {"request": one, "round": 1, "due_ms": LATE}, {"note": "换了垫圈"}),
        ],
    )
    assert followed(store).rows(Asked("ask"), DAY, persons=False)[0]["late"] == 1
    take_in(
        store,
        [
            ("request.asked", {"request": one, "round": 1, "answer": "unsatisfied"}),
            ("request.sent-back", {"request": one, "department": "engineering", "round": 2, "due_ms": LATE}),
        ],
    )
    assert [(r["state"], r["round"]) for r in followed(store).rows(Asked("open"), DAY, persons=False)] == [
        ("passed", 2)
    ]
    take_in(
        store,
        [
            ("request.done", {"request": one, "round": 2, "due_ms": LATE}),
            ("request.asked", {"request": one, "round": 2, "answer": "satisfied"}),
        ],
    )
    requests = followed(store)
    assert requests.rows(Asked("open"), LATE, persons=False) == []
    story = requests.one(WHERE, one, LATE)
    assert story is not None
    assert [s["step"] for s in story["steps"]] == [
        "received",
        "passed",
        "overdue",
        "done",
        "asked",
        "sent-back",
        "done",
        "asked",
    ]
    assert (story["state"], story["overdue"], set(story["may"].values())) == ("satisfied", False, {"request-over"})
    assert requests.names() == {"departments": [{"id": "engineering", "zh": "工程部", "en": "Engineering"}, {"id": "cleaning", "zh": "清洁部", "en": "Cleaning"}], "categories": [{"id": "repair", "zh": "报修", "en": "Repair"}]}  # fmt: skip
    drawn = charts(store, Span(SITE, DAY - 86_400_000, DAY + 7 * 86_400_000), LATE)
    (engineering,) = drawn["departments"]
    assert engineering.pop("weeks") == drawn["weeks"], "there is one department"
    assert engineering == {
        "department": "engineering", "received": 1, "minutes": 3, "done": 1, "satisfied": 1, "asked": 2, "late": 1
    }  # fmt: skip
    assert [(w["received"], w["done"], w["minutes"], w["overdue"], w["open"]) for w in drawn["weeks"]] == [(1, 1, 3, 1, 0), (0, 0, None, 0, 0)]  # fmt: skip
    assert drawn["now"] == []
    before = everything(store)
    Desk(store, SITE).rebuild()
    assert everything(store) == [[], [], []]
    followed(store)
    assert everything(store) == before, "made again it is the same"


def test_what_is_asked_for_is_found_and_what_is_erased_is_not(store: Store) -> None:
    take_in(
        store, [PLAN, received("11-201"), received("12-305", due=0), received("9-1", department="cleaning", due=DAY)]
    )
    take_in(store, [received("7-7", sort="complaint")], gate="north", day=2)
    requests = followed(store)

    def units(asked: Asked, *, persons: bool = False) -> list[str]:
        return [row["unit"] for row in requests.rows(asked, DAY + 3_600_000, persons=persons)]

    assert units(Asked()) == ["9-1", "7-7", "11-201", "12-305"] or units(Asked()) == ["9-1", "11-201", "7-7", "12-305"]
    assert units(Asked("overdue")) == ["9-1"]
    assert units(Asked(department="cleaning")) == ["9-1"]
    assert units(Asked(gate="north")) == units(Asked(sort="complaint")) == ["7-7"]
    assert units(Asked(text="清洁")) == ["9-1"]
    assert units(Asked(text="12-3")) == ["12-305"]
    assert units(Asked(text="#3")) == ["12-305"]
    assert units(Asked(text="水龙头")) == [], "who may not see words does not find by them"
    assert len(units(Asked(text="水龙头"), persons=True)) == 4
    assert [(c["department"], c["gate"], c["open"], c["overdue"]) for c in requests.counts(DAY + 3_600_000)] == [("cleaning", "main", 1, 1), ("engineering", "main", 2, 0), ("engineering", "north", 1, 0)]  # fmt: skip
    key = (GATE, WHERE.epoch, 2)
    assert requests.parts([key])[key]["words"] == "厨房水龙头漏水"
    take_in(
        store,
        [
            (
                "personal.erased",
                {"why": "retention", "group": "name", "fields": ["name", "phone", "words"], "events": [2]},
            )
        ],
    )
    assert requests.parts([key]) == {}
    assert len(units(Asked(text="水龙头"), persons=True)) == 3
    assert "周杰" not in json.dumps(everything(store), ensure_ascii=False)


def test_two_people_at_once_one_wins_and_the_other_is_told(store: Store) -> None:
    take_in(store, [PLAN, received(), received("12-305")])
    requests = followed(store)
    seen = requests.one(WHERE, 2, DAY)
    assert seen is not None
    before = stirred(store, SITE)
    assert requests.act(WHERE, 2, "pass", {"department": "cleaning", "note": ""}, "wang", seen["version"]) == 1
    assert stirred(store, SITE) != before
    with pytest.raises(Moved):
        requests.act(WHERE, 2, "finish", {"note": "好了"}, "li", seen["version"])
    assert requests.act(WHERE, 2, "note", {"note": "业主催"}, "li", "") == 2, "a note contradicts nobody"
    now = requests.one(WHERE, 2, DAY)
    assert now is not None
    assert now["state"] == "received", "sent is not done"
    assert [(o["act"], o["by"], o["result"]) for o in now["orders"]] == [("pass", "wang", ""), ("note", "li", "")]
    with pytest.raises(NotNow, match="request-there"):
        requests.act(WHERE, 2, "pass", {"department": "cleaning", "note": ""}, "li", now["version"])
    with pytest.raises(NotNow, match="request-open"):
        requests.act(WHERE, 2, "ask", {"answer": "satisfied", "note": ""}, "li", now["version"])
    assert requests.act(WHERE, 2, "finish", {"note": "换了垫圈"}, "wang", now["version"]) == 3, (
        "acts may follow one another"
    )
    with pytest.raises(KeyError):
        requests.act(WHERE, 99, "note", {"note": "x"}, "li", "")
    with pytest.raises(KeyError, match="engineering"):
        requests.act(WHERE, 2, "note", {"note": "x"}, "li", "", only="cleaning")
    (told, *_) = store.told(SITE, only_open=True)
    assert (json.loads(told.data), told.about) == ({"request": 2, "department": "cleaning", "note": "", "seen": 2}, 2)
    assert told.until_ms > told.at_ms
    done = {"result": "done", "act": "request.finish"}
    take_in(store, [
        ("request.passed", {"request": 2, "department": "cleaning", "round": 1}), ("headoffice.instructed", {"number": 1, "act": "request.pass", "result": "done"}),
        ("request.done", {"request": 2, "round": 1}, {"note": "换了垫圈"}), ("headoffice.instructed", {"number": 3, **done}),
    ], actor="headoffice:wang")  # fmt: skip
    after = followed(store).one(WHERE, 2, DAY)
    assert after is not None
    assert (after["state"], after["department"]) == ("done", "cleaning")
    assert [o["result"] for o in after["orders"]] == ["done", "", "done"]
    assert [json.loads(t.data).get("note") for t in store.told(SITE)] == [None, "业主催", None], (
        "the event has it, and forgets it in time"
    )


def test_what_a_gate_never_answers_forgets_persons_when_its_time_is_over(store: Store) -> None:
    take_in(store, [received()])
    requests = followed(store)
    requests.act(WHERE, 1, "note", {"note": "周杰来电催办"}, "wang", "")
    with store.together() as run:
        told.forget(run, SITE, 1)
        assert "周杰" in instructions(run)
        told.forget(run, SITE, 1 << 52)
        assert "周杰" not in instructions(run)
    (row,) = store.told(SITE, only_open=True)
    assert (row.about, json.loads(row.data)) == (1, {"request": 1}), "it is still sent until it is refused"


def test_departments_have_their_weeks_and_their_day(store: Store) -> None:
    """One department's are not another's; the day of the report is as it stood at its end."""
    take_in(store, [PLAN, received("1-1"), received("2-2", department="cleaning", due=DAY)])
    take_in(store, [("request.overdue", {"request": 3, "round": 1, "due_ms": DAY}), ("request.done", {"request": 2, "round": 1}),
        ("request.asked", {"request": 2, "round": 1, "answer": "unsatisfied"}), ("request.sent-back", {"request": 2, "department": "engineering", "round": 2})])  # fmt: skip
    take_in(store, [("request.done", {"request": 2, "round": 2}), ("request.asked", {"request": 2, "round": 2, "answer": "satisfied"})], day=2)  # fmt: skip
    followed(store)
    drawn = charts(store, Span(SITE, DAY - 86_400_000, DAY + 7 * 86_400_000), LATE)
    weeks = {d["department"]: [(w["received"], w["done"], w["overdue"], w["open"]) for w in d["weeks"]] for d in drawn["departments"]}  # fmt: skip
    assert weeks == {"cleaning": [(1, 0, 1, 1), (0, 0, 0, 1)], "engineering": [(1, 1, 0, 0), (0, 0, 0, 0)]}
    names = ("department", "received", "done", "minutes", "overdue", "satisfied", "unsatisfied", "open")
    first, second, nobody = (
        [tuple(row[name] for name in names) for row in day(store, Span(SITE, since, since + 86_400_000, gate), LATE)]
        for since, gate in ((DAY, ""), (DAY + 86_400_000, ""), (DAY, "north"))
    )
    assert first == [("cleaning", 1, 0, None, 1, 0, 0, 1), ("engineering", 1, 1, 3, 0, 0, 1, 1)]
    assert second == [("cleaning", 0, 0, None, 0, 0, 0, 1), ("engineering", 0, 1, None, 0, 1, 0, 0)]
    assert nobody == []


def test_what_is_taken_down_here_is_told_once_and_waits_until_the_gate_has_it(store: Store) -> None:
    """D2: the owner rang head office. The gate gives the number; what it refuses keeps its words until somebody has dealt with it."""
    take_in(store, [PLAN])
    followed(store)
    taking = Taking(store, SITE)
    assert taking.plans() == {GATE: {"departments": ["engineering", "cleaning"], "categories": ["repair"]}}
    leak = {
        "category": "repair",
        "unit": "11-201",
        "name": "周杰",
        "words": "厨房漏水",
        "department": "",
        "then": "pass",
    }
    for wrong, what in (("north", "gate"), (GATE, "category"), (GATE, "department")):
        with pytest.raises(Unknown, match=what):
            taking.take(wrong, leak | {what: "tea"}, "chen", "key")
    before = stirred(store, SITE)
    assert [taking.take(GATE, leak, "chen", key) for key in ("one", "one", "two")] == [1, 1, 2], (
        "a press is one request"
    )
    assert stirred(store, SITE) != before
    (told_, _) = store.told(SITE, only_open=True)
    assert (told_.act, json.loads(told_.data)) == ("request.receive", {"category": "repair", "unit": "11-201", "name": "周杰", "words": "厨房漏水", "then": "pass"})  # fmt: skip
    take_in(store, [received(), ("headoffice.instructed", {"number": 1, "act": "request.receive", "result": "done", "about": 2}),
        ("headoffice.instructed", {"number": 2, "act": "request.receive", "result": "bad-input", "about": 0})])  # fmt: skip
    story = followed(store).one(WHERE, 2, DAY)
    assert story is not None
    assert [(o["act"], o["by"], o["result"]) for o in story["orders"]] == [("receive", "chen", "done")]
    (row,) = taking.waiting()
    assert (row["number"], row["result"], row["words"]) == (2, "bad-input", "厨房漏水"), "no event has it"
    with store.together() as run:
        assert instructions(run).count("周杰") == 1, "of the other the event has it"
        told.forget(run, SITE, row["done_ms"] + told.REFUSED_KEPT_MS + 1)
        assert "周杰" not in instructions(run)
    taking.put_away(GATE, 1)
    taking.put_away(GATE, 2)
    assert taking.waiting() == []


def instructions(run: Any) -> str:
    return str(run("SELECT data FROM instructions", ()))


def test_a_database_from_before_takes_the_tables_and_what_has_happened(store: Store, tmp_path: Path) -> None:
    take_in(store, [PLAN, received()])
    store.instruct(SITE, GATE, "card.block", '{"card": "04"}', "zhang", 1)
    for table in ("desk_chains", "desk_steps", "desk_requests", "desk_names", "office_departments", "desk_taken"):
        store.run(f"DROP TABLE {table}")
    for index in ("instructions_about", "instructions_answered"):
        store.run(f"DROP INDEX {index}")
    store.run("ALTER TABLE instructions DROP COLUMN about")
    store.close()
    assert [(t.act, t.about) for t in store.told(SITE)] == [("card.block", 0)]
    assert [row["unit"] for row in followed(store).rows(Asked(), DAY, persons=False)] == ["11-201"]


def test_what_was_missing_and_came_late_is_folded_in(store: Store) -> None:
    take_in(
        store,
        [PLAN, received(), ("request.done", {"request": 2, "round": 1, "due_ms": 5}), ("fault.began", {"device": "x"})],
    )
    rows = list(store.rows(WHERE))
    if isinstance(store, PostgresStore):
        store.run("ALTER TABLE events DISABLE TRIGGER events_are_kept")
    else:
        store.run("DROP TRIGGER events_are_kept")
    store.run("DELETE FROM events WHERE seq = 3")
    assert [row["state"] for row in followed(store).rows(Asked(), DAY, persons=False)] == ["received"]
    store.mend(WHERE, rows[1:4], 1_790_000_000_000)
    assert [row["state"] for row in followed(store).rows(Asked(), DAY, persons=False)] == ["done"]


def test_departments_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = SqliteStore(tmp_path / "office.sqlite")
    take_in(store, [PLAN])
    followed(store)
    Users(store).first_start()
    said = ("--db", str(store.path), "--site", SITE, "password", "liu", "--role", "staff")
    assert main([*said]) == 1
    assert "engineering 工程部, cleaning 清洁部" in capsys.readouterr().err
    assert main([*said, "--department", "cleaning"]) == 0
    assert capsys.readouterr().out.startswith("liu ")
    assert Users(store).department("liu") == "cleaning"
    assert main([*said[:-2], "--role", "clerk", "--department", ""]) == 0
    assert Users(store).department("liu") == ""
    store.close()


def test_a_restored_gate_goes_on_with_its_requests(store: Store) -> None:
    """A request received in the epoch before: its steps in the new one are its own."""
    take_in(store, [PLAN, received()])
    said: list[Said] = [
        ("journal.restored", {"was": WHERE.epoch}),
        ("request.done", {"request": 2, "round": 1, "due_ms": 5}),
    ]
    take_in(store, said, epoch="restored1", follows=store.mark(WHERE))
    requests = followed(store)
    story = requests.one(WHERE, 2, DAY)
    assert story is not None
    assert [(s["step"], s["epoch"]) for s in story["steps"]] == [("received", WHERE.epoch), ("done", "restored1")]
    assert [row["state"] for row in requests.rows(Asked(), DAY, persons=False)] == ["done"]


def test_no_word_of_a_gate_holds_the_follower_up(store: Store) -> None:
    odd = "工\0程\ud800部"
    take_in(store, [
        received(odd, department=odd, due=10**30), ("request.done", {"request": True}), ("request.done", {"request": "1", "round": -1}),
        ("request.passed", {"request": 1, "department": 7, "round": "x", "due_ms": None}), ("request.unheard-of", {"request": 1}), ("request.asked", {"request": 77, "answer": "?"}),
        ("post.planned", {"departments": ["a"], "departments_zh": 5}), ("post.planned", {}), PLAN,
    ], actor=f"user:{odd}")  # fmt: skip
    (row,) = followed(store).rows(Asked(), DAY, persons=False)
    assert (row["state"], row["department"], row["unit"], row["round"], row["due_ms"]) == (
        "passed",
        "工程部",
        "工程部",
        0,
        0,
    )
    assert ds.step_of(b"no event") is None
    assert ds.step_of(b"[1]") is None
    assert ds.names_of(b'{"body": 5}') == []


def test_nobodys_password_takes_as_long_as_anybodys() -> None:
    assert not _HASHER.check_needs_rehash(_NOBODY), (
        "made with other costs than everybody's: the time tells who there is"
    )


def test_who_belongs_to_which_department(store: Store) -> None:
    users = Users(store)
    users.first_start()
    with pytest.raises(Unfit, match="department-needed"):
        users.save("wang", "staff", password="a good long password")
    with pytest.raises(Unfit, match="department"):
        users.save("wang", "clerk", password="a good long password", department="no such/thing")
    users.save("wang", "staff", password="a good long password", department="engineering")
    _, user = users.sign_in("wang", "a good long password")
    assert (user.department, user.only, user.may("requests"), user.may("persons")) == (
        "engineering",
        "engineering",
        True,
        False,
    )
    users.save("wang", "clerk")
    users.save("zhao", "clerk", password="a good long password")
    assert {u.name: (u.department, u.only) for u in users.everybody()} == {
        "admin": ("", ""),
        "wang": ("engineering", ""),
        "zhao": ("", ""),
    }
    users.save("wang", "clerk", department="")
    assert users.department("wang") == ""


def test_the_bell_rings_for_what_another_has_told(store: Store, tmp_path: Path) -> None:
    other: Store = (
        PostgresStore(store._url) if isinstance(store, PostgresStore) else SqliteStore(tmp_path / "headoffice.sqlite")
    )
    store.chains()
    assert other.changed(0.01) is False
    store.instruct(SITE, GATE, "request.note", '{"request": 5}', "wang", 1)
    assert other.changed(20) is True
    while other.changed(0.05):
        pass
    other.close()


@given(st.permutations(range(6)))
def test_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    kinds = ("received", "passed", "overdue", "done", "asked", "noted")
    bodies: list[dict[str, Any]] = [
        {"department": "a"},
        {"department": "b", "round": 1, "due_ms": 5},
        {},
        {"due_ms": 9},
        {"answer": "satisfied"},
        {},
    ]
    steps = [ds.Step(n + 1, 1, kinds[n], n, "x", bodies[n]) for n in range(6)]
    assert ds.fold([steps[n] for n in order]) == ds.fold(steps)
    assert ds.fold(steps[1:]) is None
