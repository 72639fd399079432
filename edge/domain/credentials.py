"""Credentials: what a person or a vehicle holds that may let it pass, and when it is good for it.

A card's number is a claim, not a proof: EM4100 and MIFARE Classic are copied with cheap tools (shared readers.md). So a
credential knows its plates, its days and hours, where it was last seen and on which side it is.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime

from edge.domain.card_counter import Said


class Category(enum.StrEnum):
    """Whose credential it is: owner's vehicle, company vehicle, staff (P1), temporary vehicle card (V3, V5)."""

    OWNER = "owner"
    COMPANY = "company"
    STAFF = "staff"
    TEMPORARY = "temporary"


class Status(enum.StrEnum):
    """What head office or a guard has said of it."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    LOST = "lost"


class Where(enum.StrEnum):
    """On which side of the gate a credential is, as far as crossings tell."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of a day: minutes from midnight, `begin` included, `end` not; an end before the begin runs past midnight."""

    days: frozenset[int]
    """0 is Monday; 7 stands for holidays."""
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a credential serves. A holiday follows its own spans (day 7) if the schedule has any, else the weekday's."""

    name: str
    spans: tuple[Span, ...]

    def allows(self, at: datetime, holidays: frozenset[date]) -> bool:
        """Whether local time `at` lies within a span, the one that began yesterday included."""
        minute = at.hour * 60 + at.minute
        today, yesterday = at.date(), date.fromordinal(at.date().toordinal() - 1)
        for span in self.spans:
            if span.begin < span.end:
                inside = self._on(span, today, holidays) and span.begin <= minute < span.end
            else:
                inside = (self._on(span, today, holidays) and minute >= span.begin) or (
                    self._on(span, yesterday, holidays) and minute < span.end
                )
            if inside:
                return True
        return False

    def _on(self, span: Span, day: date, holidays: frozenset[date]) -> bool:
        if day in holidays and any(7 in s.days for s in self.spans):
            return 7 in span.days
        return day.weekday() in span.days


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential of the registry. `schedule` None: at any time; dates are local and included at both ends."""

    id: str
    category: Category
    status: Status = Status.ACTIVE
    plates: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    schedule: Schedule | None = None
    schedule_missing: bool = False
    """The registry names a schedule that it does not contain."""
    holder: str = ""
    surname: str = ""
    title: str = ""
    """mr or ms, for «周先生» and «王小姐»; empty when not known."""
    supervisor: bool = False
    """主管级以上: saluted (P1)."""
    vehicle: str = ""
    """What kind of vehicle it is for, as registry or visit say; "" unknown."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a card of the desk's stock is bound to (V3, V5). `visit` 0: it lies in the rack, or should.

    `outstanding`: what else has to change hands before the visit ends, besides this card (card: another one; document).
    """

    visit: int
    kind: str
    admitted: bool
    outstanding: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardFacts:
    """All that is known when a card is presented."""

    credential: Credential | None
    where: Where = Where.UNKNOWN
    forgiven: bool = False
    """A guard has set its whereabouts right: the next presentation is taken as it comes."""
    last_lane: str = ""
    last_ago_ms: int | None = None
    """How long ago, by the steady clock of this boot, it was presented at `last_lane`."""
    holidays: frozenset[date] = frozenset()
    plate_read: str = ""
    bound: Bound | None = None
    """Only for a temporary card of the desk."""
    counter: Said = Said.NOTHING
    """What the counter on the card says, where its kind has one."""
    load: str = ""
    """At an exit, of a truck (G2): due, done, goods (edge/domain/goods.py); "" is none."""
