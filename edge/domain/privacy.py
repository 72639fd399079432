"""Privacy: how long each kind of personal data is kept, and what must not be erased yet. Pure.

Personal data is «gone when its time is over, while the rest of the record stays provable» (procedures.md, what the record is for;
个人信息保护法 art. 19: the shortest time that the purpose needs, art. 47: erased when it is over or when the person asks).
A field of an event's personal part belongs to one group; each group has its own time, counted from the event:

    name     who came, whom they visited, who drove          phone    telephone numbers
    number   of documents: needed least, gone first          remark   free text, which may name somebody
    picture.CLASS   what cameras took (a file, named by its digest), each class with its own time (edge/domain/pictures.py)

Not yet erased is what still goes on (a visitor who has not left, a document that is held, an open request) and what a shift leader
keeps for a matter that is being looked into (保全), until that is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.domain.pictures import CLASSES

PICTURE = "picture."
GROUPS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name", "host", "owner", "holder", "driver", "surname", "names", "signer", "bearer"}),
    "phone": frozenset({"phone"}),
    "number": frozenset({"line", "number"}),
    "remark": frozenset({"remark", "words", "note", "reason", "customs", "wishes"}),
}
"""Group → the fields of personal parts that belong to it. A test walks all kinds of events and finds each field in one of them."""
TIMED = tuple(name for name, kept in CLASSES.items() if kept.days)
"""Classes of pictures that have a time."""
SUBJECTS = ("visit", "pass_seq", "document", "request", "appointment", "entry", "permit", "specimen", "convoy")
"""Fields of an event's body that say to which matter it belongs."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days each group is kept. A class of pictures of which nothing is said has its own time (pictures.CLASSES)."""

    days: Mapping[str, int]

    def limit_ms(self, group: str, now_ms: int) -> int:
        """What happened before this moment has had its time."""
        return now_ms - self.of(group) * 24 * 3_600_000

    def of(self, group: str) -> int:
        """The days of a group."""
        return self.days[group] if group in self.days else CLASSES[group.removeprefix(PICTURE)].days


def picture_group(keep: str) -> str:
    """The group of a class of pictures."""
    return PICTURE + keep


def matters(seq: int, body: Mapping[str, Any]) -> frozenset[int]:
    """The numbers under which an event's matter may be known: its own, and those that its body names."""
    named = {body[key] for key in SUBJECTS if isinstance(body.get(key), int)}
    return frozenset({seq, *named} - {0})
