"""The post, pure: deadlines and alarms, notices by the clock, the ends of shifts, the file; and that every event changes a table."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.desk import read_files
from edge.desk.files import read_post
from edge.desk.post_words import INPUTS, STOPS
from edge.domain import bulletins as b
from edge.domain import events_bulletins, events_requests, events_shifts
from edge.domain import requests as r
from edge.domain import shifts as s
from edge.domain.cards import Stock
from edge.domain.courtesy import curt
from edge.domain.event import KINDS
from edge.errors import SettingsError
from edge.store import tables, tables_post
from tests.support_desk import CONFIG

_, SAID = read_files(CONFIG)
PLAN = read_post(CONFIG, SAID)
ENDS = s.times(("07:00", "15:00", "23:00"))


def test_every_event_of_the_post_changes_a_table_or_says_why_not() -> None:
    modules = {events_requests.__name__, events_bulletins.__name__, events_shifts.__name__}
    mine = {kind for kind, cls in KINDS.items() if cls.__module__ in modules}
    assert len(mine) == 19
    assert mine == set(tables_post.HANDLERS) | set(tables_post.NOT_DERIVED)
    assert set(tables_post.DERIVED) <= set(tables.DERIVED)


def test_the_file_names_what_is_wrong_all_at_once(tmp_path: Path) -> None:
    for file in CONFIG.glob("*.toml"):
        shutil.copy(file, tmp_path)
    text = (CONFIG / "requests.toml").read_text("utf-8")
    wrong = text.replace('department = "cleaning"', 'department = "nobody"').replace('sort = "call"', 'sort = "chat"')
    (tmp_path / "requests.toml").write_text(wrong, "utf-8")
    with pytest.raises(SettingsError) as two:
        read_post(tmp_path, SAID)
    assert len(two.value.problems) == 2
    (tmp_path / "requests.toml").write_text(text.replace('say = "promise-care"', 'say = "promise-tea"'), "utf-8")
    with pytest.raises(SettingsError) as unsaid:
        read_post(tmp_path, SAID)
    assert unsaid.value.problems == ["phrases.zh: say.promise-tea", "phrases.en: say.promise-tea"]
    (tmp_path / "requests.toml").write_text("[departments]\n", "utf-8")
    with pytest.raises(SettingsError):
        read_post(tmp_path, SAID)
    (tmp_path / "requests.toml").unlink()
    with pytest.raises(SettingsError):
        read_post(tmp_path, SAID)


def test_every_objection_is_polite_and_has_a_next_step() -> None:
    for message, hint in (*STOPS.values(), *INPUTS.values()):
        for text in (message, hint):
            chinese, _, english = text.partition(" · ")
            assert chinese
            assert english
            assert not curt(chinese)
            assert not curt(english)


# ---- requests --------------------------------------------------------------------------------------------------------


@given(
    state=st.sampled_from(list(r.State)),
    due=st.integers(0, 5),
    alarmed=st.integers(0, 5),
    seen=st.integers(0, 5),
    now=st.integers(0, 9),
)
def test_what_has_ended_or_has_no_deadline_never_alarms(
    state: r.State, due: int, alarmed: int, seen: int, now: int
) -> None:
    one = r.Request(1, "request", "repair", "engineering", state, 1, due, True, alarmed, seen)
    if one.ended or not due or now <= due:
        assert not r.overdue(one, now)
        assert not r.to_alarm(one, now)
    if r.alarms(one):
        assert not one.ended
        assert not r.to_alarm(one, now), "on record already"
    open_to = [may == "" for may in (r.may_finish(one), r.may_ask(one), r.may_withdraw(one))]
    assert any(open_to) != one.ended
    assert (r.may_ask(one) == "") == (state is r.State.DONE)


# ---- notices ---------------------------------------------------------------------------------------------------------


@given(begin=st.integers(1, 100), length=st.integers(0, 100), ahead=st.integers(0, 50), now=st.integers(0, 300))
def test_a_notice_is_shown_exactly_between(begin: int, length: int, ahead: int, now: int) -> None:
    show, until = b.show_from(begin * b.MINUTE_MS, ahead), (begin + length) * b.MINUTE_MS if length else 0
    phase = b.phase(show, until, now * b.MINUTE_MS, withdrawn=False, clock=True)
    inside = now >= begin - ahead and (not length or now < begin + length)
    assert (phase == "shown") == inside
    assert b.phase(show, until, now, withdrawn=True, clock=True) == "withdrawn"


def test_a_time_is_said_as_people_say_it() -> None:
    now = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    said = [b.moment(now + timedelta(days=n), now, english) for english in (False, True) for n in (-1, 0, 1, 2)]
    assert said[:4] == ["昨天08:30", "今天08:30", "明天08:30", "11月25日08:30"]
    assert said[4:] == ["yesterday at 08:30", "today at 08:30", "tomorrow at 08:30", "on 25 November at 08:30"]
    span = b.when(now, now + timedelta(days=1), now, SAID["zh"], english=False)
    assert span == "今天08:30到明天08:30"
    assert b.when(now, None, now, SAID["en"], english=True) == "from today at 08:30"


# ---- shifts ----------------------------------------------------------------------------------------------------------


@given(minutes=st.integers(0, 3 * 24 * 60))
def test_every_moment_is_in_exactly_one_shift(minutes: int) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=minutes)
    last, following = s.boundary(ENDS, now), s.next_boundary(ENDS, now)
    assert last <= now < following
    assert following - last == timedelta(hours=8)


@pytest.mark.parametrize(
    ("last", "since", "due"),
    [
        (None, None, False),
        (None, 14, True),
        (None, 15, False),
        (13, 9, True),
        (14, 9, False),
        (16, 9, False),
        (7, None, True),
    ],
)
def test_when_a_hand_over_is_due(last: int | None, since: int | None, due: bool) -> None:
    day = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    at = {hour: day.replace(hour=hour, minute=0) for hour in range(24)}
    found = s.is_due(ENDS, day, None if last is None else at[last], None if since is None else at[since])
    assert found == due


@pytest.mark.parametrize("texts", [(), ("07:00", "07:00"), ("25:00",), ("seven",)])
def test_times_of_shifts_that_are_none(texts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        s.times(texts)


@pytest.mark.parametrize(
    ("ended", "until", "today", "blocked"),
    [
        (False, "2026-11-23", "2026-11-23", False),
        (False, "2026-11-22", "2026-11-23", True),
        (False, "2026-11-22", "", False),
        (True, "", "", True),
        (False, "", "2026-11-23", False),
    ],
)
def test_which_cards_should_be_back(ended: bool, until: str, today: str, blocked: bool) -> None:
    assert s.not_back(s.CardOut("a", Stock.ISSUED, ended, until), today) == blocked
    assert not s.not_back(s.CardOut("a", Stock.LOST, ended, until), today)
