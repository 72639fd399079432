"""A table that somebody handed in, or rows that somebody wrote on the page, read and compared with what is in force; and made the next version.

A plan knows on which version it was compared: when another was published meanwhile it is compared anew before anybody may publish it.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from sync import lists, roster
from sync.headoffice import registry_view as view
from sync.headoffice.fit import unfit
from sync.headoffice.in_force import InForce
from sync.headoffice.registry import Registry
from sync.headoffice.registry_plan import CARDS, Plan, Statement
from sync.headoffice.store import Conflict, Store
from sync.lists_kinds import KINDS
from sync.lists_words import Words
from sync.problems import Problem
from sync.registry_lines import entry_fields
from sync.roster import Entry

MAX_BYTES = 64 << 20
KEPT_DAYS = 60
"""What was in force before is known for so long, so that a gate that was away catches up by a change set."""
_DAY_MS = 86_400_000
LISTS = (CARDS, *KINDS)


class Stale(Exception):
    """Somebody has published meanwhile: compare again."""


Tell = Callable[[int], None]
"""Told how far it is, in per cent."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A table as it was handed in. `whole`: what is not in it goes; else only its rows are added or changed. `gates`: where rows serve that
    name none, comma between. `edits`: `data` are entries written on the page (`edited`)."""

    list: str
    data: bytes
    name: str
    whole: bool = True
    gates: str = ""
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """An entry written on the page: `was`, its key in force ("": it is new), and its rows, cells in the order of the headings (none: it goes)."""

    was: str
    rows: tuple[tuple[str, ...], ...] = ()


def edited(list_: str, edits: Sequence[Edit]) -> Handed:
    """Entries as something that was handed in."""
    data = json.dumps([[e.was, e.rows] for e in edits], ensure_ascii=False).encode()
    return Handed(list_, data, "", whole=False, edits=True)


def edits_of(handed: Handed) -> list[Edit]:
    """The entries of such a thing."""
    return [Edit(was, tuple(tuple(row) for row in rows)) for was, rows in json.loads(handed.data)]


def with_edit(list_: str, before: Sequence[Edit], new: Edit) -> list[Edit]:
    """One more entry beside those that were written before; what was written of the same entry before is forgotten."""
    keys = _keys(list_, new)
    same = [e for e in before if (e.was == new.was if new.was else not e.was and _keys(list_, e) & keys)]
    return [*(e for e in before if e not in same), new]


def prepare(registry: Registry, handed: Handed, tell: Tell = lambda _share: None) -> tuple[Plan | None, list[Problem]]:
    """What publishing it would change, or all that is wrong with it. Raises StoreUnavailable."""
    if len(handed.data) > MAX_BYTES:
        return None, [Problem("file-large", of={"n": MAX_BYTES >> 20})]
    tell(5)
    data = _table(handed.list, edits_of(handed)) if handed.edits else handed.data
    if handed.list != CARDS and not registry.cards():
        return None, [Problem("cards-first")]
    gone = {e.was for e in edits_of(handed)} - {""} if handed.edits else frozenset[str]()
    plan: Plan | None
    there = None if handed.whole or handed.edits else InForce(registry, handed.list)
    if handed.list == CARDS:
        plan, problems = _cards(registry, handed, data, gone, there, tell)
    else:
        listed = lists.read(KINDS[handed.list], data, handed.name, Words.load(), there)
        tell(50)
        problems = listed.problems
        plan = None if problems else registry.plan_list(listed, whole=handed.whole, gone=gone)
    if plan is not None:
        tell(75)
        problems = unfit(registry, plan)
    if handed.edits:  # a form has no rows
        said = [replace(problem, row=0) for problem in problems]
        problems = [problem for n, problem in enumerate(said) if problem not in said[:n]]
    return (None if problems else plan), problems


_EMPTY = Problem("list-empty")


def _cards(
    registry: Registry, handed: Handed, data: bytes, gone: Set[str], there: InForce | None, tell: Tell
) -> tuple[Plan | None, list[Problem]]:
    found = roster.read(data, handed.name, there)
    tell(50)
    registry.complete(found)
    found.serve_by_default(handed.gates)
    if not (found.entries or found.problems or handed.edits):
        found.problems.append(_EMPTY)
    if found.problems:
        return None, found.problems
    if handed.edits:
        found.entries += _other_cards(registry, found.entries, gone)
    plan = registry.plan(found, whole=handed.whole, gone=gone)
    left = registry.cards() + sum(key.startswith('["c"') for key in plan.added) - len(plan.removed)
    return (None, [_EMPTY]) if handed.edits and left <= 0 else (plan, [])


def _other_cards(registry: Registry, entries: Sequence[Entry], gone: Set[str]) -> list[Entry]:
    """Who holds a card is written on each of theirs: the other cards of whoever is known otherwise now change with it."""
    holders = {e.person: e for e in entries if e.person != f"card:{e.uid}"}
    here = {e.uid for e in entries}
    made = []
    for key, line, gates in registry.sharing(list(holders)):
        _, uid, credential, category, status, begin, end, schedule, vehicle, plates, person, *who = json.loads(line)
        holder = holders.get(person)
        if holder is None or uid in here or key in gone:
            continue
        now = replace(holder, row=0, uid=uid, credential=credential, category=category, status=status, valid_from=begin)
        now = replace(now, valid_until=end, schedule=schedule, vehicle=vehicle, plates=tuple(plates), gates=gates)
        if entry_fields(now)[11:] != who:
            made.append(now)
    return made


def _table(list_: str, edits: Sequence[Edit]) -> bytes:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(view.headings(list_))
    table.writerows(row for e in edits for row in e.rows)
    return out.getvalue().encode()


def _keys(list_: str, edit: Edit) -> set[str]:
    """Of the entries that one makes; empty where its rows cannot be read."""
    data = _table(list_, [edit])
    if list_ == CARDS:
        return {e.uid for e in roster.read(data, "").entries}
    return {e.key for e in lists.read(KINDS[list_], data, "", Words.load()).entries}


def publish(
    store: Store, registry: Registry, site: str, plan: Plan, source: str, by: str, also: Sequence[Statement] = ()
) -> int:
    """Make it the next version, on its way to the gates; `also`: what is done in the same transaction. Raises Stale, StoreUnavailable."""
    if plan.base != registry.newest()[0]:
        raise Stale
    now = time.time_ns() // 1_000_000
    said = (h.details.get("registry_at") for h in store.heard(site))
    above = max((s["number"] for s in said if isinstance(s, dict) and type(s.get("number")) is int), default=0)
    try:
        number = registry.take(plan, source, by, now, above, also)
    except Conflict as e:
        raise Stale from e
    registry.forget(now - KEPT_DAYS * _DAY_MS)
    return number
