"""What changes hands at the desk: documents, cards, notices (P3, P7, V3, V5). Each function is one action."""

from __future__ import annotations

import re

from edge.desk import words
from edge.desk.act import Act, Acted, DocumentInput, require, rule_of, short
from edge.domain import cards as c
from edge.domain import custody, documents
from edge.domain import events_desk as ev
from edge.domain import visits as v
from edge.domain.events_cards import CardTrusted
from edge.domain.plan import Paper, Step
from edge.store import queries_desk as q
from edge.store import tables_cards as counters

_UID = re.compile(r"^(?:[0-9a-f]{2}){4,10}$")


# ---- documents -------------------------------------------------------------------------------------------------------


def check_document(act: Act, visit_id: int, given: DocumentInput) -> Acted:
    """Seen, registered, handed straight back: what this community does not keep, and what a full rack has no slot for."""
    visit, kind = act.visit(visit_id)
    require(v.may_change(visit))
    paper, number, owner = _document(act, visit_id, given)
    full = custody.full(q.taken_slots(act.con), act.plan.slots)
    require(custody.may_only_check(paper, v.step_of(kind, visit, "document"), no_slot=full))
    if before := q.checked_already(act.con, visit_id, paper.id, number):
        return Acted(before, visit_id, again=True)
    why = words.RACK_FULL if full and paper.hold else paper.why_zh
    made = ev.DocumentChecked(visit_id, paper.id, why, owner=owner, number=number)
    return Acted(act.append(made, rule_of(kind, visit)), visit_id)


def hold_document(act: Act, visit_id: int, given: DocumentInput, slot: int | None) -> Acted:
    """押证: into a slot of the rack."""
    visit, kind = act.visit(visit_id)
    require(v.may_change(visit))
    paper, number, owner = _document(act, visit_id, given)
    require("document-held-already" if visit.held else custody.may_hold(paper))
    free = custody.slot_for(q.taken_slots(act.con), act.plan.slots, slot)
    if isinstance(free, str):
        raise words.stop(free)
    made = ev.DocumentHeld(visit_id, paper.id, free, owner=owner, number=number)
    return Acted(act.append(made, rule_of(kind, visit)), visit_id)


def _document(act: Act, visit_id: int, given: DocumentInput) -> tuple[Paper, str, str]:
    """Kind, normal number and owner's name. Raises BadInput."""
    paper = act.plan.papers.get(given.kind)
    if paper is None:
        raise words.one_of("document", given.kind, list(act.plan.papers))
    number = documents.normal(given.number)
    if paper.number in ("resident-id", "licence"):
        number = documents.whole(number)
    short(number, given.owner)
    if wrong := documents.problem(paper.number, number, act.today):
        raise words.bad(wrong)
    (was,) = q.visit_rows(act.con, "v.visit = ?", visit_id)
    return paper, number, given.owner.strip() or was["name"]


def return_document(act: Act, visit_id: int, to: str) -> Acted:
    """Back to its owner, also long after the visit was closed by an override."""
    visit, kind = act.visit(visit_id)
    held = q.held_document(act.con, visit_id)
    if held is None:
        raise words.stop("nothing-held")
    short(to)
    return Acted(act.append(ev.DocumentReturned(visit_id, *held, to or "owner"), rule_of(kind, visit)), visit_id)


# ---- cards -----------------------------------------------------------------------------------------------------------


def issue_card(act: Act, visit_id: int, named: str, until: str) -> Acted:
    """Bind a card of the rack to the visit, to its plate, and to a last day."""
    found = may_issue(act, visit_id, named, until)
    if isinstance(found, Acted):
        return found
    visit, kind = act.visit(visit_id)
    return Acted(act.append(found, rule_of(kind, visit)), visit_id)


def may_issue(act: Act, visit_id: int, named: str, until: str) -> Acted | ev.CardIssued:
    """What issuing it would record; or it was issued to this visit already. Raises what stands against it. Records nothing."""
    visit, kind = act.visit(visit_id)
    require(v.may_change(visit))
    card = q.card(act.con, named.strip())
    if card is None:
        raise words.not_found("card", named)
    if card.state is c.Stock.ISSUED and card.visit == visit_id:
        return Acted(visit_id, visit_id, again=True)
    require(v.may_hand_over(kind, visit))
    require(c.may_issue(card, visit_id, v.cards_wanted(kind, visit)))
    step = next(s for s in kind.of(visit.mode) if s.does == "card" and s.card == card.kind)
    if card.kind == "vehicle" and not visit.plate:
        require("first-plate")
    last = _last_day(act, step, until)
    plate = visit.plate if card.kind == "vehicle" else ""
    return ev.CardIssued(card.card, visit_id, card.kind, card.label, plate, last)


def _last_day(act: Act, step: Step, until: str) -> str:
    """The card's last local day, ISO. While the clock is wrong: what the guard wrote, and only a card of one day goes without."""
    if act.today is None and not until:
        require("until-needed" if step.days > 1 else "")
        return ""
    day = c.last_day(step, act.today, until)
    if isinstance(day, str):
        raise words.bad(day) if day in words.INPUTS else words.stop(day)
    return day.isoformat()


def take_back(act: Act, named: str, visit_id: int) -> Acted:
    """A card is in the guard's hand again: by itself, or all that the visit has."""
    if named.strip():
        card = q.card(act.con, named.strip())
        if card is None:
            raise words.not_found("card", named)
        require(c.may_take_back(card))
        if visit_id and card.visit != visit_id:
            require("card-of-another")
        cards = [card]
    else:
        cards = [card for card in act.visit(visit_id)[0].cards if card.state is not c.Stock.LOST]
        if not cards:
            require("card-in-rack")
    seqs = [act.append(ev.CardReturned(card.card, card.visit), _rule(act, card.visit)) for card in cards]
    return Acted(seqs[0], cards[0].visit)


def lost(act: Act, named: str, reason: str) -> Acted:
    """Lost: no lane opens for it from this record on."""
    card = _named(act, named, reason)
    if card.state is c.Stock.LOST:
        return Acted(card.visit, card.visit, again=True)
    return Acted(act.append(ev.CardLost(card.card, card.visit, reason), _rule(act, card.visit)), card.visit)


def block(act: Act, named: str, reason: str) -> Acted:
    """Out of use, wherever it is."""
    card = _named(act, named, reason)
    if card.state is c.Stock.BLOCKED:
        return Acted(card.visit, card.visit, again=True)
    return Acted(act.append(ev.CardBlocked(card.card, card.visit, reason), _rule(act, card.visit)), card.visit)


def trust(act: Act, named: str, reason: str) -> Acted:
    """A card of which there were two is in order again: the leader holds the true one, or it has been replaced (edge/counting.py)."""
    uid = uid_of(named)
    if not reason.strip():
        raise words.bad("reason-needed")
    short(reason)
    if not counters.known(act.con, uid).suspect:
        raise words.stop("card-not-suspect")
    return Acted(act.append(CardTrusted(uid, reason.strip())))


def stock(act: Act, named: str, kind: str, label: str) -> Acted:
    """A new card, or a blocked one put in order."""
    if kind not in act.plan.cards:
        raise words.one_of("kind of card", kind, list(act.plan.cards))
    uid, label = uid_of(named), label.strip()
    short(label)
    card = q.card(act.con, uid)
    uid = card.card if card else uid
    if card is not None and (card.kind, card.label, card.state) == (kind, label, c.Stock.RACK):
        return Acted(0, 0, again=True)
    require(c.may_stock(card, q.registered(act.con, uid)))
    other = q.card(act.con, label) if label else None
    if other is not None and other.card != uid:
        require("label-taken")
    return Acted(act.append(ev.CardStocked(uid, kind, label)))


def uid_of(named: str) -> str:
    """UID in lower-case hex, or the four bytes of a printed ten-digit number. Raises BadInput.

    Ten digits are taken for the printed number: a hex UID with no letter in it comes from the reader with a colon or 0x before it.
    """
    text = named.strip().lower()
    if text.isascii() and text.isdigit() and len(text) == 10 and int(text) < 1 << 32:
        return f"{int(text):08x}"
    text = text.removeprefix("0x").replace(":", "").replace(" ", "")
    if not _UID.match(text):
        raise words.bad("card-form")
    return text


def _named(act: Act, named: str, reason: str) -> c.Card:
    card = q.card(act.con, named.strip())
    if card is None:
        raise words.not_found("card", named)
    if not reason.strip():
        raise words.bad("reason-needed")
    short(reason)
    return card


def _rule(act: Act, visit_id: int) -> str:
    """The rule of the visit that a card is bound to; of none, the kind's own rules."""
    if not visit_id:
        return ""
    visit, kind = act.visit(visit_id)
    return rule_of(kind, visit)


# ---- notices ---------------------------------------------------------------------------------------------------------


def acknowledge(act: Act, notice: int, by: str) -> Acted:
    """They have heard it."""
    waiting = q.notice_open(act.con, notice)
    if waiting is None:
        raise words.not_found("notice", notice)
    if not waiting:
        return Acted(notice, again=True)
    if by not in ("radio", "page"):
        raise words.one_of("by", by, ["radio", "page"])
    return Acted(act.append(ev.NoticeAcknowledged(notice, by)))
