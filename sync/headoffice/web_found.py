"""What is asked of the index through the pages, and how events are shown to this person or that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from sync.headoffice.feed import said
from sync.headoffice.search import Place, Question, Whole
from sync.headoffice.store import Store
from sync.headoffice.web_users import User, Users


class Asked(BaseModel):
    """A search. Times are UTC ms; `before`: `older` of the page before."""

    text: str = Field("", max_length=100)
    sort: Literal["", "plate", "card", "unit", "company", "who", "name", "phone"] = ""
    kinds: str = Field("", max_length=400)
    who: str = Field("", max_length=40)
    gate: str = Field("", max_length=64)
    lane: str = Field("", max_length=64)
    since: int = Field(0, ge=0, le=1 << 53)
    until: int = Field(0, ge=0, le=1 << 53)
    hour: int = Field(-1, ge=-1, le=23)
    east: int = Field(0, ge=-900, le=900)
    before: str = Field("", pattern=r"^(\d{1,15}\.\d{1,9}\.\d{1,15})?$")

    def question(self, user: User) -> Question:
        """As the index is asked."""
        before = Place(*map(int, self.before.split("."))) if self.before else None
        kinds = tuple(filter(None, self.kinds.split(",")))
        return Question(
            self.text,
            self.sort,
            kinds,
            self.who,
            self.gate,
            self.lane,
            self.hour,
            self.east,
            self.since,
            self.until,
            before,
            persons=user.may("persons"),
        )


def shown(store: Store, user: User, found: Sequence[Whole]) -> list[dict[str, Any]]:
    """Events as this person may see them; what names somebody is put on record before."""
    rows = []
    seen: dict[str, list[str]] = {}
    for whole in found:
        row = {**said(whole.hit.where, whole.event), "visit": whole.hit.visit, "pass": whole.hit.passed, "personal": {}}
        if whole.personal and user.may("persons"):
            row["personal"] = whole.personal
            seen.setdefault(whole.hit.where.gate, []).append(f"{whole.hit.where.epoch}/{whole.hit.place.seq}")
        elif whole.event.get("personal"):
            row["kept"] = bool(whole.personal)
        rows.append(row)
    for gate, about in seen.items():
        Users(store).looked(user, "person", gate, about)
    return rows
