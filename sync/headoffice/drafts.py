"""A table that somebody handed in, read and compared with what is in force; and those that wait to be published from the pages.

A draft lies in memory, for some hours, for all who may publish: a clerk hands in, an administrator publishes. Nothing of it is in force, or on the
disk, before that; one that is lost by a restart is handed in again. It knows on which version it was compared: when another was published
meanwhile it is compared anew before anybody may publish it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sync import lists, roster
from sync.headoffice.registry import Registry
from sync.headoffice.registry_plan import CARDS, Plan
from sync.headoffice.store import Conflict, Store
from sync.lists_kinds import KINDS
from sync.lists_words import Words

MAX_BYTES = 64 << 20
KEPT_DAYS = 60
"""What was in force before is known for so long, so that a gate that was away catches up by a change set."""
_DAY_MS = 86_400_000
WAIT_S = 8 * 3600
MOST = 6
"""Drafts that wait; the oldest goes for a new one."""
LISTS = (CARDS, *KINDS)


class Stale(Exception):
    """Somebody has published meanwhile: compare again."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A table as it was handed in. `whole`: what is not in it goes; else only its rows are added or changed. `gates`: where rows serve that
    name none, comma between."""

    list: str
    data: bytes
    name: str
    whole: bool = True
    gates: str = ""


def prepare(registry: Registry, handed: Handed) -> tuple[Plan | None, list[str]]:
    """What publishing it would change, or all that is wrong with it. Raises StoreUnavailable."""
    if len(handed.data) > MAX_BYTES:
        return None, [f"文件过大 larger than {MAX_BYTES >> 20} MB: is it the right file?"]
    plan, problems = (_cards if handed.list == CARDS else _other)(registry, handed)
    if plan is not None and not problems:
        problems = registry.problems(plan)
    return (None if problems else plan), problems


def _cards(registry: Registry, handed: Handed) -> tuple[Plan | None, list[str]]:
    found = roster.read(handed.data, handed.name)
    registry.complete(found)
    found.serve_by_default(handed.gates)
    if not found.entries and not found.problems:
        found.problems.append("名单为空 the list has no rows: nobody could pass any more")
    return (None if found.problems else registry.plan(found, whole=handed.whole)), found.problems


def _other(registry: Registry, handed: Handed) -> tuple[Plan | None, list[str]]:
    if not registry.counts()[CARDS]:
        return None, [
            "总部还没有住户与卡的名单，下发后门岗会把自己的名单换成空的 head office has no cards yet, and gates would lose theirs "
            "— 请先导入住户、员工与卡 import people and cards first"
        ]
    found = lists.read(KINDS[handed.list], handed.data, handed.name, Words.load())
    return (None if found.problems else registry.plan_list(found, whole=handed.whole)), found.problems


def publish(store: Store, registry: Registry, site: str, plan: Plan, source: str, by: str) -> int:
    """Make it the next version, on its way to the gates. Raises Stale, StoreUnavailable."""
    if plan.base != registry.newest()[0]:
        raise Stale
    now = time.time_ns() // 1_000_000
    said = (h.details.get("registry_at") for h in store.heard(site))
    above = max((s["number"] for s in said if isinstance(s, dict) and type(s.get("number")) is int), default=0)
    try:
        number = registry.take(plan, source, by, now, above)
    except Conflict as e:
        raise Stale from e
    registry.forget(now - KEPT_DAYS * _DAY_MS)
    return number


@dataclass(slots=True)
class Draft:
    """One that waits."""

    number: str
    by: str
    at: float
    handed: Handed
    plan: Plan | None
    problems: list[str]


@dataclass
class Drafts:
    """Those of one process. `clock`: seconds."""

    clock: Callable[[], float] = time.time
    _kept: dict[str, Draft] = field(default_factory=dict)

    def keep(self, by: str, handed: Handed, plan: Plan | None, problems: list[str]) -> Draft:
        """One more."""
        self._tidy()
        draft = Draft(secrets.token_urlsafe(9), by, self.clock(), handed, plan, problems)
        self._kept[draft.number] = draft
        while len(self._kept) > MOST:
            del self._kept[min(self._kept, key=lambda n: self._kept[n].at)]
        return draft

    def of(self, number: str) -> Draft | None:
        """One; None when it is gone."""
        self._tidy()
        return self._kept.get(number)

    def all(self) -> list[Draft]:
        """The newest first."""
        self._tidy()
        return sorted(self._kept.values(), key=lambda d: -d.at)

    def drop(self, number: str) -> None:
        """Published, or not wanted."""
        self._kept.pop(number, None)

    def _tidy(self) -> None:
        for number in [n for n, d in self._kept.items() if self.clock() - d.at > WAIT_S]:
            del self._kept[number]
