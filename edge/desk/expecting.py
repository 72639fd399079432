"""Expected visitors: an appointment is made, changed, cancelled; found by its code or QR code; and used once, when they are here (P3, P4, V3).

A wrong code is an answer with a record, so looking for one is an action too: the record is written, and then the refusal is raised.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from edge.desk import codes, visiting, watching, words
from edge.desk.act import Act, Acted, StepInput, VisitInput, require
from edge.desk.codes import Here
from edge.domain import events_visits as ev
from edge.domain import expected as x
from edge.domain.plan import Kind
from edge.orders import HEAD_OFFICE
from edge.store import queries_visits as q
from edge.store import tables_codes
from sync import codes as signed

TOKEN_BYTES = 12
BY = ("list", "code", "qr")
_DATA = ("unit", "plate", "vehicle", "companions", "company", "purpose", "title", "name", "phone", "host", "remark")


@dataclass(frozen=True, slots=True)
class AppointmentInput:
    """Who is expected, and when (UTC ms)."""

    kind: str
    from_ms: int
    until_ms: int
    who: VisitInput
    token: str = ""
    """The name of the signed code that goes with it; only head office gives one."""


def make(act: Act, given: AppointmentInput) -> Acted:
    """A new one, with a code that no valid one has. Its visitor may have shown their signed code before it arrived: then it is here already."""
    _may(act)
    kind, who = _checked(act, given)
    there = q.by_token(act.con, given.token) if given.token else 0
    found = q.appointment(act.con, there)
    if found is None:
        require("appointment-revoked" if given.token and tables_codes.revoked(act.con, given.token) else "")
        seq = act.append(made(act, given, x.SOURCES.get(act.person.role, "host")), kind.rule[who.mode])
        return Acted(seq, seq)
    if found.state is not x.State.VALID:
        return Acted(there, there, again=True)
    told = ev.AppointmentChanged(there, given.kind, who.mode, given.from_ms, given.until_ms, **_data(who))
    return Acted(act.append(told, kind.rule[who.mode]), there)


def made(act: Act, given: AppointmentInput, source: str) -> ev.AppointmentMade:
    """The event of a new one. Raises BadInput."""
    _, who = _checked(act, given)
    now = act.stamp.at_ms
    code = next(c for c in iter(_code, "") if not q.code_taken(act.con, c, now))
    token = given.token or secrets.token_hex(TOKEN_BYTES)
    return ev.AppointmentMade(given.kind, who.mode, given.from_ms, given.until_ms, code, token, source, **_data(who))


def _code() -> str:
    return str(x.FIRST_CODE + secrets.randbelow(x.CODES))


def change(act: Act, number: int, given: AppointmentInput) -> Acted:
    """All its data anew; its code stays."""
    _may(act)
    require(x.may_change(q.appointment(act.con, number), act.person.role))
    kind, who = _checked(act, given)
    made = ev.AppointmentChanged(number, given.kind, who.mode, given.from_ms, given.until_ms, **_data(who))
    return Acted(act.append(made, kind.rule[who.mode]), number)


def cancel(act: Act, number: int, reason: str) -> Acted:
    """They will not come."""
    _may(act)
    found = q.appointment(act.con, number)
    if found is not None and found.state is x.State.CANCELLED:
        return Acted(number, number, again=True)
    require(x.may_change(found, act.person.role))
    return Acted(act.append(ev.AppointmentCancelled(number, reason.strip())), number)


def _may(act: Act) -> None:
    """Raises NotAllowed where the plan gives this to others."""
    if act.person.role not in (*act.plan.may["appointment"], HEAD_OFFICE):
        raise words.not_allowed()


def _checked(act: Act, given: AppointmentInput) -> tuple[Kind, VisitInput]:
    kind = act.plan.kinds.get(given.kind)
    if kind is None:
        raise words.one_of("kind", given.kind, list(act.plan.kinds))
    who = visiting.tidy(given.who)
    if who.mode not in kind.rule:
        raise words.one_of("mode", who.mode, list(kind.rule))
    if not (who.name or who.plate):
        raise words.bad("who-needed")
    if wrong := x.problem_with_time(given.from_ms, given.until_ms, act.stamp.at_ms if act.local else given.from_ms):
        raise words.bad(wrong)
    return kind, who


def _data(who: VisitInput) -> dict[str, Any]:
    return {name: getattr(who, name) for name in _DATA}


# ---- here they are -------------------------------------------------------------------------------------------------


def find(act: Act, here: Here, text: str) -> Acted:
    """The appointment that a code or QR code names; `about` 0: none that may be used, and the reason is on record."""
    if signed.is_code(x.normal_text(text)):
        return _find_signed(act, here, x.normal_text(text))
    what = x.shown(text)
    if what is None:
        if not x.is_token(text):
            raise words.not_found("appointment", text.strip())
        return Acted(act.append(ev.AppointmentTried("unreadable", "qr")))
    now = act.stamp.at_ms
    if what.code and q.tries(act.con, act.person.actor, now - x.TRIES_MS) >= x.TRIES:
        require("codes-rest")
    if what.gate and what.gate != here.gate:
        return Acted(act.append(ev.AppointmentTried("other-gate", what.by)))
    number = q.by_code(act.con, what.code, now) if what.code else q.by_token(act.con, what.token)
    why = x.may_arrive(q.appointment(act.con, number), now if act.local else None)
    if why:
        return Acted(act.append(ev.AppointmentTried(why.removeprefix("appointment-"), what.by)))
    return Acted(0, number)


def _find_signed(act: Act, here: Here, text: str) -> Acted:
    found = codes.find(act, here, text)
    if isinstance(found, Acted):
        return found
    given = AppointmentInput(found.kind, found.from_ms, found.until_ms, codes.who(found), found.token)
    kind, who = _checked(act, given)
    seq = act.append(made(act, given, "headoffice"), kind.rule[who.mode])
    return Acted(seq, seq)


def arrive(act: Act, number: int, by: str) -> Acted:
    """One tap: the visit begins with what is known, and the question for an appointment is answered."""
    found = q.appointment(act.con, number)
    require(x.may_arrive(found, act.stamp.at_ms if act.local else None))
    assert found is not None
    if by not in BY:
        raise words.one_of("by", by, list(BY))
    (row,) = q.appointment_rows(act.con, "a.appointment = ?", number)
    who = VisitInput(found.mode, **{name: row[name] for name in _DATA})
    done = visiting.open_visit(act, found.kind, who)
    _, kind = act.visit(done.about)
    step = next((s for s in kind.of(found.mode) if s.expected), None)
    if step is not None and not done.again:
        visiting.answer(act, done.about, step.id, step.expected, StepInput())
    act.append(ev.AppointmentUsed(number, done.about, by), kind.rule.get(found.mode, ""))
    watching.look(act, done)
    return replace(done, again=False)
