"""The plan of visits and what may be done: data and pure functions (P3–P8, V3–V5, D7)."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.desk import words
from edge.desk.files import read_files
from edge.domain import cards as c
from edge.domain import plan as plans
from edge.domain import visits as v
from edge.domain.courtesy import curt, daypart
from edge.domain.initials import initials
from edge.errors import SettingsError
from tests.support_desk import CONFIG

PLAN, SAID = read_files(CONFIG)
RAW: dict[str, Any] = tomllib.loads((CONFIG / "visits.toml").read_text("utf-8"))
RULES = {"P3", "P4", "P5", "P6", "P7", "P8", "V3", "V4", "V5"}


def test_every_rule_has_a_kind_and_every_end_its_words() -> None:
    assert {rule for kind in PLAN.kinds.values() for rule in kind.rule.values()} == RULES
    assert PLAN.kinds["viewer"].ends == ("direct",)
    assert PLAN.kinds["salesperson"].ends == ("refuse", "direct")


def test_every_sentence_is_there_in_both_languages() -> None:
    assert set(SAID["zh"].say) == set(SAID["en"].say)
    for said in SAID.values():
        assert PLAN.says() <= set(said.say)
        assert said.salute <= set(said.say)
        assert len(said.ten) == 10


def test_nothing_curt_is_ever_said() -> None:
    """篇3 五 11: 在客户面前，永远不要说：“不”."""
    for said in SAID.values():
        texts = [said.sentence(key, until="2026-11-25", place="会所") for key in said.say]
        assert [t for t in [*texts, *said.ten] if curt(t) or "{" in t] == []
    named = [*PLAN.reasons.values(), *PLAN.places.values(), *PLAN.notices.values(), *PLAN.cards.values()]
    steps = [s for kind in PLAN.kinds.values() for s in kind.steps]
    assert [w.id for w in (*named, *steps, *PLAN.papers.values()) if curt(w.zh) or curt(w.en)] == []
    told = {**words.STOPS, **words.INPUTS}
    assert [code for code, texts in told.items() if any(map(curt, texts)) or not all(texts)] == []


@pytest.mark.parametrize("text", ["不", "不行", "对不起，不行。", "我不知道", "No.", "“不知道”"])
def test_what_is_curt(text: str) -> None:
    assert curt(text)


@pytest.mark.parametrize(
    "text", ["不好意思，您所要找的人不在。", "请不要客气", "Now, please", "我们公司暂不需要这样的产品"]
)
def test_what_is_not(text: str) -> None:
    assert not curt(text)


def test_how_people_are_addressed() -> None:
    zh, en = SAID["zh"], SAID["en"]
    assert [zh.address("王", t) for t in ("mr", "ms", "")] == ["王先生", "王小姐", "王先生（小姐）"]
    assert [zh.address("", t) for t in ("mr", "ms", "")] == ["先生", "小姐", "先生（小姐）"]
    assert en.address("", "ms") == "Madam"
    evening = daypart(datetime(2026, 11, 23, 19))  # noqa: DTZ001 - local time of the gate
    assert zh.sentence("welcome", who="周先生", hello=zh.hello(evening)) == "周先生，晚上好，请问有什么可以帮到您？"


# ---- the plan ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda raw: raw["kind"][0].update(ends=["let-in"]), "ends"),
        (lambda raw: raw["kind"][0].update(reasons=["because"]), "reasons"),
        (lambda raw: raw["kind"][0]["step"][0].update(does="sing"), "does"),
        (lambda raw: raw["kind"][0]["step"][3].update(card="gold"), "card"),
        (lambda raw: raw["kind"][0]["step"][0].update(choices=[]), "choices"),
        (lambda raw: raw["kind"][0]["step"][1].update(id="appointment"), "one id"),
        (lambda raw: raw["kind"][0].pop("zh"), "zh"),
        (lambda raw: raw["rack"].update(slots=0), "rack.slots"),
        (lambda raw: raw["rack"].update(slots="a few"), "a few"),
        (lambda raw: raw["vehicle"].update(exit_tap="maybe"), "exit_tap"),
        (lambda raw: raw["documents"]["passport"].update(number="roman"), "documents.passport.number"),
        (lambda raw: raw["kind"][0]["step"][0].update(colour="red"), "colour"),
    ],
)
def test_a_plan_with_a_mistake_is_named(change: Any, named: str) -> None:
    raw = tomllib.loads((CONFIG / "visits.toml").read_text("utf-8"))
    change(raw)
    with pytest.raises(plans.PlanError) as wrong:
        plans.read(raw)
    assert named in str(wrong.value)


def test_files_that_do_not_fit_each_other_are_named_whole(tmp_path: Path) -> None:
    for file in (*CONFIG.glob("visits.toml"), *CONFIG.glob("phrases.*.toml")):
        shutil.copy(file, tmp_path)
    english = tmp_path / "phrases.en.toml"
    english.write_text(english.read_text("utf-8").replace("decline-away =", "decline-afar ="), "utf-8")
    with pytest.raises(SettingsError) as wrong:
        read_files(tmp_path)
    assert wrong.value.problems == ["phrases.en: say.decline-away"]
    english.unlink()
    with pytest.raises(SettingsError):
        read_files(tmp_path)


def test_another_community_changes_its_steps_in_the_file_alone() -> None:
    """A guest who also has to show a document: one step more in the data, and admission waits for it."""
    raw = tomllib.loads((CONFIG / "visits.toml").read_text("utf-8"))
    guest = next(k for k in raw["kind"] if k["id"] == "guest")
    guest["step"] = [s for s in guest["step"] if s["id"] == "host"]
    visit = v.Visit(1, "guest", "foot", v.State.OPEN, call=v.AGREED)
    assert v.may_admit(plans.read(raw).kinds["guest"], visit) == ""
    guest["step"].append({"id": "id", "does": "document", "zh": "证件", "en": "Document", "say": "ask-document"})
    kind = plans.read(raw).kinds["guest"]
    assert v.may_admit(kind, visit) == "first-document"
    assert v.may_admit(kind, replace(visit, checked=True)) == ""


# ---- pure decisions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "mine", "worth"),
    [
        ("", "2026-11-23", True, "valid"),
        ("2026-11-23", "2026-11-23", True, "valid"),
        ("", "2026-11-22", True, "expired"),
        ("2026-11-24", "2026-12-31", True, "not-yet"),
        ("", "2026-12-31", False, "another's"),
        ("", "", True, "unknown"),
    ],
)
def test_p8_what_a_pass_is_worth(first: str, last: str, mine: bool, worth: str) -> None:
    assert v.judge_pass(date(2026, 11, 23), first, last, mine) == worth


def test_p8_a_wrong_clock_judges_nothing() -> None:
    assert v.judge_pass(None, "", "2026-12-31", mine=True) == "unknown"


def test_p7_the_last_day_of_a_pass() -> None:
    step, today = replace(PLAN.kinds["construction-short"].steps[1]), date(2026, 11, 23)
    assert step.days == 3
    assert c.last_day(step, today, "") == c.last_day(step, today, "2026-11-25") == date(2026, 11, 25)
    assert c.last_day(step, today, "2026-11-23") == today
    assert [c.last_day(step, today, t) for t in ("2026-11-26", "2026-11-22", "soon")] == [
        *("until-late", "until-past", "until-form")
    ]


def test_what_is_outstanding() -> None:
    card = c.Card("0a", "visitor", "A01", c.Stock.ISSUED, 1)
    visit = v.Visit(1, "business", "foot", v.State.ADMITTED, held=7, cards=(card,))
    assert v.outstanding(visit) == ("card", "document")
    assert v.may_close(visit) == "outstanding-card-document"
    assert v.may_close(visit, "  ") == "outstanding-card-document", "a reason of blanks is none"
    assert v.may_close(visit, "来访者已离开") == ""
    lost = replace(card, state=c.Stock.LOST)
    assert v.outstanding(replace(visit, cards=(lost,))) == ("document",)
    assert v.outstanding(replace(visit, held=0, cards=(replace(card, state=c.Stock.BLOCKED),))) == ("card",)


def test_what_may_be_done_with_a_card() -> None:
    card = c.Card("0a", "visitor", "A01", c.Stock.RACK)
    out, wanted = replace(card, state=c.Stock.ISSUED, visit=1), frozenset({"visitor"})
    assert c.may_issue(card, 1, wanted) == ""
    assert c.may_issue(None, 1, wanted) == "card-unknown"
    assert c.may_issue(card, 1, frozenset({"vehicle"})) == "card-kind"
    assert (c.may_issue(out, 1, wanted), c.may_issue(out, 2, wanted)) == ("card-here-already", "card-out")
    for state in (c.Stock.LOST, c.Stock.BLOCKED):
        gone = replace(out, state=state)
        assert c.may_issue(gone, 1, wanted) == f"card-{state}"
        assert c.may_take_back(gone) == ""
        assert c.may_stock(gone, registered=False) == "card-out", "it is still with its visit"
    assert c.may_take_back(card) == c.may_take_back(replace(card, state=c.Stock.BLOCKED)) == "card-in-rack"
    assert c.may_stock(replace(card, state=c.Stock.BLOCKED), registered=False) == ""
    assert c.may_stock(None, registered=True) == "card-registered"


# ---- initials ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("周杰伦", "zjl"),
        ("王小明", "wxm"),
        ("曾国藩", "zgf"),
        ("单雄信", "sxx"),
        ("欧阳娜娜", "oynn"),
        ("甄鑫", "zx"),
        ("李Li 3", "lli3"),
    ],
)
def test_pinyin_initials(name: str, typed: str) -> None:
    assert initials(name) == typed
