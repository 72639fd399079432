"""What the registry is made of: versions, what an import would change, and the sums by which gates compare their lists (registry.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sync.registry_lines import added, hash_of

Lines = Mapping[str, tuple[str, str]]
"""Key → line, and where it serves."""
Statement = tuple[str, Sequence[tuple[object, ...]]]
"""A statement, and its rows of values."""
CARDS = "cards"
"""The list of cards with their people, schedules and holidays."""


class Database(Protocol):
    """A Store as this file uses it."""

    def run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """One statement in a transaction of its own. Raises StoreUnavailable."""

    def at_once(self, statements: Sequence[Statement]) -> None:
        """Each statement for each of its rows of values, all in one transaction. Raises Conflict, StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Version:
    """One import. `rows`: lines that are in force with it."""

    number: int
    at_ms: int
    by: str
    source: str
    rows: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class ListAt:
    """The list of one gate under one version: its digest, its credentials, all its lines."""

    number: int
    digest: str
    cards: int
    lines: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would change: key → (line, gates); `changed` key → (old, new); `same`: rows that stay as they are; `lacks`: columns that the
    table does not have."""

    base: int
    added: Lines
    changed: Mapping[str, tuple[tuple[str, str], tuple[str, str]]]
    removed: Lines
    same: int = 0
    lacks: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the list says what is in force already."""
        return not (self.added or self.changed or self.removed)


def compared(base: int, old: Lines, new: Lines, lacks: tuple[str, ...]) -> Plan:
    """What changes when `old` becomes `new`."""
    changed = {key: (old[key], value) for key, value in new.items() if key in old and old[key] != value}
    added_ = {key: value for key, value in new.items() if key not in old}
    removed = {key: value for key, value in old.items() if key not in new}
    return Plan(base, added_, changed, removed, len(new) - len(added_) - len(changed), lacks)


@dataclass(slots=True)
class Sum:
    """Of the lines that serve at the same gates."""

    total: int = 0
    cards: int = 0
    lines: int = 0

    def more(self, key: str, line: str) -> None:
        """One comes."""
        self.total = added(self.total, (hash_of(line),))
        self.cards += key.startswith('["c"')
        self.lines += 1

    def less(self, key: str, line: str) -> None:
        """One goes."""
        self.total = added(self.total, (), (hash_of(line),))
        self.cards -= key.startswith('["c"')
        self.lines -= 1
