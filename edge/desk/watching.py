"""The watch list: who fits it is told to the shift leader at once, and comes in only on a leader's word. The guard reads a neutral sentence.

Looked at in the transaction in which something about a visitor became known (name, plate, telephone, document), so that nobody is admitted
between the two. A visit and an entry meet once. Reasons are for leaders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edge.desk import words
from edge.desk.act import Act, Acted, require, rule_of, short
from edge.desk.office import not_ours
from edge.domain import documents
from edge.domain import events_desk as desk
from edge.domain import events_visits as ev
from edge.domain import expected as x
from edge.domain import visits as v
from edge.domain.plates import normal
from edge.service import Doing
from edge.store import queries_visits as q

ABOUT = "help-at-gate"
DECISIONS = ("admit", "decline")


@dataclass(frozen=True, slots=True)
class WatchInput:
    """Whom to look out for: at least one of name, number (of a document), plate, phone. `until`: last local day, ISO, or ""."""

    name: str = ""
    number: str = ""
    plate: str = ""
    phone: str = ""
    reason: str = ""
    until: str = ""


def look(act: Act, done: Acted) -> Acted:
    """After something became known of a visitor: does the visit fit an entry that it did not fit before?"""
    visit = q.seen(act.con, done.about) if done.about and not done.again else None
    if visit is None:
        return done
    known = {row["entry"] for row in q.matched(act.con, done.about)}
    met = False
    for entry in q.watched(act.con):
        by = x.fits(entry, visit, act.today) if entry.entry not in known else ()
        if by:
            act.append(ev.WatchMatched(done.about, entry.entry, by))
            met = True
    if met:
        facts, kind = act.visit(done.about)
        told = desk.NoticeSent("leader", facts.id, ABOUT, facts.plate, facts.unit)
        act.append(told, rule_of(kind, facts))
    return done


def add(doing: Doing, given: WatchInput) -> Acted:
    """An entry. The document's number is kept as a digest alone."""
    texts = (given.name, given.number, given.plate, given.phone, given.reason)
    short(*texts)
    if not any(text.strip() for text in texts[:4]):
        raise words.bad("watch-needed")
    if not given.reason.strip():
        raise words.bad("watch-reason")
    until = _day(given.until)
    if until and doing.local is not None and until < doing.local.date().isoformat():
        raise words.bad("until-over")  # it would stand in the list and never fit
    number = x.digest(given.number) if documents.normal(given.number) else ""
    made = ev.WatchAdded(
        normal(given.plate), until, given.name.strip(), number, given.phone.strip(), given.reason.strip()
    )
    return Acted(seq := doing.append(made), seq)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise words.bad("until-form") from None


def remove(doing: Doing, entry: int, why: str) -> Acted:
    """Nobody looks out for them any more."""
    short(why)
    not_ours(doing, "watch", entry)
    if not any(row["entry"] == entry for row in q.watch_rows(doing.con)):
        raise words.not_found("entry", entry)
    return Acted(doing.append(ev.WatchRemoved(entry, why.strip())), entry)


def decide(act: Act, visit_id: int, decision: str, remark: str) -> Acted:
    """A leader's word on a visit: its steps go on, or it is declined politely."""
    visit, kind = act.visit(visit_id)
    require(v.may_change(visit) or ("" if visit.watched else "watch-none"))
    if decision not in DECISIONS:
        raise words.one_of("decision", decision, list(DECISIONS))
    short(remark)
    if visit.watched == decision:
        return Acted(visit_id, visit_id, again=True)
    return Acted(act.append(ev.WatchDecided(visit_id, decision, remark.strip()), rule_of(kind, visit)), visit_id)
