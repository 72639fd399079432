"""What an import would change of the registry, and the sums by which gates compare their lists (registry.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.registry_lines import added, hash_of

Lines = Mapping[str, tuple[str, str]]
"""Key → line, and where it serves."""
CARDS = "cards"
"""The list of cards with their people, schedules and holidays."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would change: key → (line, gates); `changed` key → (old, new); `same`: rows that stay as they are."""

    base: int
    added: Lines
    changed: Mapping[str, tuple[tuple[str, str], tuple[str, str]]]
    removed: Lines
    same: int = 0

    @property
    def empty(self) -> bool:
        """Whether the list says what is in force already."""
        return not (self.added or self.changed or self.removed)


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
