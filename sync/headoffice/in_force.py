"""Entries in force as cells of a table: what a table of changes leaves as it is (sync/lists.py asks by key)."""

from __future__ import annotations

from collections.abc import Sequence

from sync.headoffice import registry_form
from sync.headoffice import registry_view as view
from sync.headoffice.registry import FEW, Registry
from sync.headoffice.registry_plan import CARDS, Lines
from sync.lists import Cells
from sync.registry_lines import line_of


class InForce:
    """Of one list. A few are looked up one by one; when more are asked for, the list is read once."""

    def __init__(self, registry: Registry, list_: str) -> None:
        self._registry, self._list = registry, list_
        self._names = view.names(list_)
        self._asked = 0
        self._all: Lines | None = None

    def __call__(self, key: str) -> Sequence[Cells]:
        """The rows of an entry, none where there is none. Raises StoreUnavailable."""
        found = self._found(line_of(["c", key] if self._list == CARDS else ["l", self._list, key]))
        rows = registry_form.rows(self._list, *found) if found else []
        return [dict(zip(self._names, row, strict=True)) for row in rows]

    def _found(self, key: str) -> tuple[str, str] | None:
        self._asked += 1
        if self._asked <= FEW:
            return self._registry.entry(key)
        if self._all is None:
            self._all = {key: (line, gates) for key, line, gates in self._registry.in_force(self._list)}
        return self._all.get(key)
