"""What is done with a visit, from the question at the gate to the goodbye (P3–P8, V3–V5): each function is one action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from edge.desk import words
from edge.desk.act import MOST, Act, Acted, StepInput, VisitInput, require, rule_of, short
from edge.domain import events_desk as ev
from edge.domain import visits as v
from edge.domain.cards import Stock
from edge.domain.plan import Kind, Step
from edge.domain.plates import normal
from edge.store import queries_desk as q
from edge.store import queries_office

TITLES = ("", "mr", "ms")


def open_visit(act: Act, kind_id: str, given: VisitInput) -> Acted:
    """Begin a visit, or find the one that another guard has just begun for the same visitor."""
    kind = act.plan.kinds.get(kind_id)
    if kind is None:
        raise words.one_of("kind", kind_id, list(act.plan.kinds))
    if given.mode not in kind.rule:
        raise words.one_of("mode", given.mode, list(kind.rule))
    given = tidy(given)
    there = q.same_visit(act.con, kind_id, given.name, given.unit, given.plate)
    if there:
        return Acted(there, there, again=True)
    said = {f.name: getattr(given, f.name) for f in fields(given)}
    seq = act.append(ev.VisitOpened(kind_id, **said), kind.rule[given.mode])
    return Acted(seq, seq)


def note(act: Act, visit_id: int, given: VisitInput) -> Acted:
    """Set right what is known; an empty field leaves things as they are, the mode stays."""
    visit, kind = act.visit(visit_id)
    require("visit-over" if visit.ended else "")
    (was,) = q.visit_rows(act.con, "v.visit = ?", visit_id)
    names = [f.name for f in fields(given) if f.name != "mode"]
    said = tidy(replace(given, **{name: getattr(given, name) or was[name] for name in names}))
    _plate_may_change(act, visit, said.plate)
    if all(getattr(said, name) == was[name] for name in names):
        return Acted(visit_id, visit_id, again=True)
    told = ev.VisitNoted(visit_id, **{name: getattr(said, name) for name in names})
    return Acted(act.append(told, rule_of(kind, visit)), visit_id)


def correct(act: Act, visit_id: int, said: Mapping[str, Any]) -> Acted:
    """更正: exactly these fields as they are given, an empty one as well; what was before stays in the journal."""
    visit, kind = act.visit(visit_id)
    require("visit-over" if visit.ended else "")
    (was,) = q.visit_rows(act.con, "v.visit = ?", visit_id)
    names = [f.name for f in fields(VisitInput) if f.name != "mode"]
    now = tidy(VisitInput(visit.mode, **{name: said.get(name, was[name]) for name in names}))
    _plate_may_change(act, visit, now.plate)
    if all(getattr(now, name) == was[name] for name in names):
        return Acted(visit_id, visit_id, again=True)
    told = ev.VisitNoted(visit_id, **{name: getattr(now, name) for name in names})
    return Acted(act.append(told, rule_of(kind, visit)), visit_id)


def _plate_may_change(act: Act, visit: v.Visit, plate: str) -> None:
    if plate == visit.plate:
        return
    if any(c.kind == "vehicle" and c.state is Stock.ISSUED for c in visit.cards):
        require("card-bound-plate")
    if q.same_visit(act.con, "", "", "", plate):
        require("plate-open")


def tidy(given: VisitInput) -> VisitInput:
    """One way to write things. Raises BadInput."""
    texts = {f.name: getattr(given, f.name).strip() for f in fields(given) if f.name != "companions"}
    short(*texts.values())
    if not 0 <= given.companions <= MOST:
        raise words.bad("companions")
    if texts["title"] not in TITLES:
        raise words.one_of("title", texts["title"], list(TITLES))
    return replace(given, **{**texts, "plate": normal(texts["plate"])})


# ---- the steps -------------------------------------------------------------------------------------------------------


def answer(act: Act, visit_id: int, step_id: str, given_answer: str, given: StepInput) -> Acted:
    """A question answered, the way told, a pass checked."""
    visit, kind = act.visit(visit_id)
    require(v.may_change(visit))
    step = next((s for s in kind.of(visit.mode) if s.id == step_id), None)
    if step is None or step.does not in ("question", "tell", "check"):
        raise words.not_found("step", step_id)
    short(given.place, given.number, given.remark)
    if step.does == "check":
        given = _as_listed(act, given)
    said = _judged(act, step, given) if step.does == "check" else given_answer
    known = [c.id for c in step.choices] if step.does == "question" else [v.TOLD]
    if step.does != "check" and said not in known:
        raise words.one_of("answer", said, known)
    place = (given.place.strip() or step.place) if step.does == "tell" else ""
    if step.does != "check" and q.told_already(act.con, visit_id, step_id, said, place):
        return Acted(visit_id, visit_id, again=True)
    made = ev.VisitStep(
        visit_id,
        step_id,
        said,
        place,
        given.valid_from if step.does == "check" else "",
        given.valid_until if step.does == "check" else "",
        given.number.strip(),
        given.remark.strip(),
        given.photo,
    )
    return Acted(act.append(made, rule_of(kind, visit)), visit_id)


def _as_listed(act: Act, given: StepInput) -> StepInput:
    """P8: of a pass on head office's list the dates of the list count, whatever is printed on it."""
    known = queries_office.construction_pass(act.con, given.number)
    return replace(given, valid_from=known["from"], valid_until=known["until"]) if known else given


def _judged(act: Act, step: Step, given: StepInput) -> str:
    """P8: the pass by its dates and its owner."""
    assert step.does == "check"
    try:
        worth = v.judge_pass(act.today, given.valid_from, given.valid_until, given.mine)
    except ValueError:
        raise words.bad("until-form") from None
    if worth == "unknown" and not given.valid_until:
        raise words.bad("pass-until")
    return worth


def call(act: Act, visit_id: int, result: str, number: str) -> Acted:
    """P3, P4: the host was called, and what came of it."""
    visit, kind = act.visit(visit_id)
    require(v.may_change(visit))
    if result not in v.CALLS:
        raise words.one_of("result", result, list(v.CALLS))
    (was,) = q.visit_rows(act.con, "v.visit = ?", visit_id)
    if not (was["unit"] or was["host"]):
        require("first-unit")
    if visit.call == result == v.AGREED:
        return Acted(visit_id, visit_id, again=True)
    number = number.strip()
    short(number)
    made = ev.HostCalled(visit_id, result, visit.unit, phone=number, host=was["host"])
    return Acted(act.append(made, rule_of(kind, visit)), visit_id)


# ---- the ends --------------------------------------------------------------------------------------------------------


def admit(act: Act, visit_id: int) -> Acted:
    """Every step is done: in."""
    visit, kind = act.visit(visit_id)
    if visit.state is v.State.ADMITTED:
        return Acted(visit_id, visit_id, again=True)
    require(v.may_admit(kind, visit))
    _asked(act, kind, visit, "admit")
    seq = act.append(ev.VisitAdmitted(visit_id), rule_of(kind, visit))
    _tell(act, kind, visit, "admit")
    return Acted(seq, visit_id)


def refuse(act: Act, visit_id: int, reason: str) -> Acted:
    """P6 and whoever cannot be let in: declined with the sentence that goes with the reason."""
    visit, kind = act.visit(visit_id)
    if visit.state is v.State.REFUSED:
        return Acted(visit_id, visit_id, again=True)
    require(v.may_refuse(kind, visit))
    if reason not in kind.reasons:
        raise words.one_of("reason", reason, list(kind.reasons))
    _asked(act, kind, visit, "refuse")
    made = ev.VisitRefused(visit_id, reason, act.plan.reasons[reason].say)
    return Acted(act.append(made, rule_of(kind, visit)), visit_id)


def direct(act: Act, visit_id: int, where: str) -> Acted:
    """P5, V4: the way to the clubhouse, and sales told within the same transaction."""
    visit, kind = act.visit(visit_id)
    if visit.state is v.State.DIRECTED:
        return Acted(visit_id, visit_id, again=True)
    require(v.may_direct(kind, visit))
    if where not in kind.directions:
        raise words.one_of("place", where, list(kind.directions))
    _asked(act, kind, visit, "direct")
    place = act.plan.places[where]
    phrase = place.say_vehicle if visit.mode == "vehicle" and place.say_vehicle else place.say
    seq = act.append(ev.VisitDirected(visit_id, where, phrase), rule_of(kind, visit))
    _tell(act, kind, visit, "direct")
    return Acted(seq, visit_id)


def close(act: Act, visit_id: int, override: str) -> Acted:
    """The visitor has left. What is outstanding then is on record with the reason; a card that is out is lost, and so blocked."""
    visit, kind = act.visit(visit_id)
    if visit.state is v.State.CLOSED:
        return Acted(visit_id, visit_id, again=True)
    override = override.strip()
    short(override)
    require(v.may_close(visit, override))
    left = v.outstanding(visit)
    made = (
        ev.VisitClosed(visit_id, "override", override, left) if left else ev.VisitClosed(visit_id, "settled", override)
    )
    seq = act.append(made, rule_of(kind, visit))
    for card in visit.cards:
        if card.state is Stock.ISSUED:
            act.append(ev.CardLost(card.card, visit_id, override), rule_of(kind, visit))
    return Acted(seq, visit_id)


def _asked(act: Act, kind: Kind, visit: v.Visit, end: str) -> None:
    """What a kind asks for must be typed before it is let in, or before its only sort of end."""
    if end != "admit" and "admit" in kind.ends:
        return
    (was,) = q.visit_rows(act.con, "v.visit = ?", visit.id)
    empty = [name for name in kind.asks.get(visit.mode, ()) if not was[name]]
    if empty:
        raise words.missing(empty)


def _tell(act: Act, kind: Kind, visit: v.Visit, end: str) -> None:
    for tell in kind.tell.get(end, ()):
        made = ev.NoticeSent(tell.to, visit.id, tell.about, visit.plate, visit.unit)
        act.append(made, rule_of(kind, visit))
