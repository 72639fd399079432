"""G1, G2, pure: what of a permit leaves, what stays, what a load check is worth; the configuration; the words."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.desk import goods_words, read_files
from edge.desk.files import read_goods
from edge.domain import goods as g
from edge.domain import goods_plan
from edge.domain.courtesy import curt
from edge.domain.plan import PlanError
from edge.errors import SettingsError
from tests.support_desk import CONFIG

PLAN_OF_VISITS, SAID = read_files(CONFIG)
PLAN = read_goods(CONFIG, SAID)
TODAY = date(2026, 11, 23)
CATEGORIES, ROLES = list(PLAN.categories), list(PLAN.roles)


def permit(*items: tuple[int, int, str], role: str = "owner", **more: Any) -> g.Permit:
    lines = tuple(
        g.Item(n, f"物品{n}", "件", category, quantity, gone) for n, (quantity, gone, category) in enumerate(items)
    )
    return g.Permit(1, "CZ-1", role, **{"state": g.OPEN, "until": TODAY, "stamped": True, "items": lines, **more})


_item = st.tuples(st.integers(1, 9), st.integers(0, 9), st.sampled_from(CATEGORIES)).map(
    lambda item: (item[0], min(item[1], item[0]), item[2])
)


@given(st.lists(_item, min_size=1, max_size=5), st.sampled_from(ROLES), st.data())
def test_what_leaves_is_on_the_permit_signed_for_and_never_twice(
    items: list[Any], role: str, data: st.DataObject
) -> None:
    """Whatever is counted, in however many goes: nothing leaves that the permit does not give, and what is there leaves or is kept."""
    now = permit(*items, role=role)
    gone = [item.gone for item in now.items]
    for _ in range(data.draw(st.integers(1, 4))):
        counted = [g.Counted(n, data.draw(st.integers(0, 12)), data.draw(st.booleans())) for n in range(len(items))]
        done = g.reckon(now, PLAN, counted)
        kept = {k.n: k.quantity for k in done.kept}
        for item, taken, here in zip(now.items, done.taken, counted, strict=True):
            assert 0 <= taken <= item.left
            assert taken + kept.get(item.n, 0) == here.found
            assert not taken or (PLAN.may_sign(role, item.category) and not here.other)
            gone[item.n] += taken
        assert done.leaves == any(done.taken)
        now = permit(*((i.quantity, gone[i.n], i.category) for i in now.items), role=role)
    assert all(out <= item.quantity for out, item in zip(gone, now.items, strict=True))


def test_an_item_that_the_permit_does_not_have_or_twice_is_no_answer() -> None:
    for counted in ([g.Counted(1, 1)], [g.Counted(-1, 1)], [g.Counted(0, 1), g.Counted(0, 1)]):
        with pytest.raises(ValueError, match="item"):
            g.reckon(permit((2, 0, "household")), PLAN, counted)


@pytest.mark.parametrize(
    ("more", "plate", "found"),
    [
        ({}, "", ()),
        ({"state": g.STOPPED, "until": date(2026, 1, 1)}, "", ("stopped", "expired")),
        ({"until": date(2026, 11, 22)}, "", ("expired",)),
        ({"plate": "粤B1"}, "粤B2", ("another",)),
        ({"plate": "粤B1"}, "", ()),
        ({"stamped": False}, "", ("unstamped",)),
        ({"role": "contractor"}, "", ("authority",)),
    ],
)
def test_what_is_wrong_with_a_permit(more: dict[str, Any], plate: str, found: tuple[str, ...]) -> None:
    assert g.findings(permit((1, 0, "household"), **more), PLAN, TODAY, plate) == found
    assert bool(g.stops(found, PLAN)) == bool(set(found) - {"authority"})


@pytest.mark.parametrize(
    ("check", "worth"),
    [
        (None, g.DUE),
        (g.LoadCheck("empty", 0), g.DONE),
        (g.LoadCheck("permit", 900_000), g.DONE),
        (g.LoadCheck("override", 5), g.DONE),
        (g.LoadCheck("unpermitted", 5), g.GOODS),
        (g.LoadCheck("empty", 900_001), g.DUE),
        (g.LoadCheck("empty", None), g.DUE),
        (g.LoadCheck("empty", 5, used=True), g.DUE),
    ],
)
def test_g2_a_check_serves_one_departure_and_only_for_its_time(check: g.LoadCheck | None, worth: str) -> None:
    assert g.load_state(check, PLAN.serves_ms) == worth


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda raw: raw["load"].update(serves_min=0), "serves_min"),
        (lambda raw: raw["load"].update(serves_min="long"), "not understood"),
        (lambda raw: raw["roles"]["owner"].update(of="dog"), "roles.owner.of"),
        (lambda raw: raw["categories"]["tools"].update(signers=[]), "categories.tools"),
        (lambda raw: raw["categories"]["tools"].update(signers=["thief"]), "thief"),
        (lambda raw: raw["categories"]["tools"].update(colour="red"), "colour"),
        (lambda raw: raw["findings"].pop("expired"), "expired"),
        (lambda raw: raw.pop("roles"), "roles"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(change: Callable[[dict[str, Any]], object], named: str) -> None:
    raw = tomllib.loads((CONFIG / "goods.toml").read_text("utf-8"))
    change(raw)
    with pytest.raises(PlanError) as wrong:
        goods_plan.read(raw)
    assert any(named in problem for problem in wrong.value.problems)


def test_a_missing_file_and_a_missing_sentence_are_settings_errors(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        read_goods(tmp_path, SAID)
    text = (CONFIG / "goods.toml").read_text("utf-8").replace('"goods-used"', '"goods-unheard"')
    (tmp_path / "goods.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as wrong:
        read_goods(tmp_path, SAID)
    assert sorted(wrong.value.problems) == ["phrases.en: say.goods-unheard", "phrases.zh: say.goods-unheard"]


def test_nothing_said_of_goods_is_curt_and_each_word_has_a_next_step() -> None:
    texts = [text for pair in (goods_words.STOPS | goods_words.INPUTS).values() for text in pair]
    for text in [
        *texts,
        *goods_words.LEADER,
        *(f.do_zh for f in PLAN.findings.values()),
        *(f.do_en for f in PLAN.findings.values()),
    ]:
        assert text
        assert not curt(text), text
    assert all(" · " in text for text in texts)
    assert {
        f"permit-{f.id}" for f in PLAN.findings.values() if f.stops and not (f.judged and f.id != "another")
    } <= set(goods_words.STOPS)


def test_a_truck_is_a_truck_by_any_of_its_names() -> None:
    assert PLAN_OF_VISITS.trucks == {"truck", "货车", "Truck"}
