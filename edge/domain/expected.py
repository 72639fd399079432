"""Expected visitors and the watch list: what may be done, and what fits. Pure (P3, P4, P6, V3).

A six-digit code is short enough to be said on the telephone and therefore to be guessed: with 50 valid codes a blind try finds one
in 18,000. What protects it is not its length but that tries are few: `TRIES` wrong ones by one person within `TRIES_MS`, and then
codes rest while the list and the QR code go on. Each wrong try is on record.
"""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass
from datetime import date

from edge.domain.documents import normal as number_of
from edge.domain.finding import CODE, SCANNED
from edge.domain.plates import normal

CODES = 900_000
FIRST_CODE = 100_000
TRIES = 5
TRIES_MS = 10 * 60_000
LONGEST_MS = 31 * 86_400_000
TOKEN = re.compile(r"^[0-9a-f]{16,64}$")
"""The name of a code, as head office gives it."""
SOURCES = {"guard": "host", "leader": "leader", "headoffice": "headoffice"}
"""Role → whose word an appointment is: a guard only types what a host says on the telephone."""


class State(enum.StrEnum):
    """What an appointment's record says."""

    VALID = "valid"
    USED = "used"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Appointment:
    """The facts of an appointment."""

    id: int
    state: State
    kind: str
    mode: str
    from_ms: int
    until_ms: int
    source: str = ""
    """Whose word it is: host, leader, headoffice."""


def problem_with_time(from_ms: int, until_ms: int, now_ms: int) -> str:
    """ "" or a code: what is wrong with a span of time."""
    if until_ms <= from_ms:
        return "until-before"
    if until_ms <= now_ms:
        return "until-over"
    return "until-far" if until_ms - max(from_ms, now_ms) > LONGEST_MS else ""


def may_arrive(found: Appointment | None, now_ms: int | None) -> str:
    """ "" or why this appointment cannot be used: appointment-unknown, -used, -cancelled, -expired. `now_ms` None: no clock to judge by."""
    if found is None:
        return "appointment-unknown"
    if found.state is not State.VALID:
        return f"appointment-{found.state.value}"
    return "appointment-expired" if now_ms is not None and now_ms > found.until_ms else ""


def may_change(found: Appointment | None, role: str) -> str:
    """Until it is used or cancelled; what head office made only by head office, whose list says something else otherwise."""
    if found is None:
        return "appointment-unknown"
    if found.state is not State.VALID:
        return f"appointment-{found.state.value}"
    return "appointment-headoffice" if found.source == "headoffice" != role else ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a visitor showed: a `code`, or the `token` of a QR code and the `gate` it was made for."""

    code: str = ""
    token: str = ""
    gate: str = ""

    @property
    def by(self) -> str:
        """code, qr."""
        return "code" if self.code else "qr"


def shown(text: str) -> Shown | None:
    """A six-digit code or a scanned «GE1:gate:token»; None when it is something else."""
    text = normal_text(text)
    if CODE.match(text):
        return Shown(code=text)
    scanned = SCANNED.match(text)
    return Shown(token=scanned["token"].lower(), gate=scanned["gate"].lower()) if scanned else None


def normal_text(text: str) -> str:
    """Half width, without spaces: a scanner set to a Chinese keyboard types full-width signs and «：»."""
    folded = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)
    return "".join(folded.split())


def is_token(text: str) -> bool:
    """Whether somebody scanned one of our QR codes, readable or torn."""
    return normal_text(text).upper().startswith(("GE1:", "GE2:"))


# ---- the watch list --------------------------------------------------------------------------------------------------


def digest(number: str) -> str:
    """A document's number as the watch list knows it: SHA-256 of its normal form, in hex."""
    return hashlib.sha256(number_of(number).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Watched:
    """An entry of the list. `until` None: no end."""

    entry: int
    name: str = ""
    number: str = ""
    plate: str = ""
    phone: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a visitor. `numbers`: digests of the documents that were shown."""

    name: str = ""
    plate: str = ""
    phone: str = ""
    numbers: frozenset[str] = frozenset()


def fits(entry: Watched, seen: Seen, today: date | None) -> tuple[str, ...]:
    """By what a visitor fits an entry: of name, number, plate, phone; nothing when they do not, or its time is over."""
    if entry.until is not None and today is not None and today > entry.until:
        return ()
    same = {
        "name": bool(entry.name) and normal(entry.name) == normal(seen.name),
        "number": bool(entry.number) and entry.number in seen.numbers,
        "plate": bool(entry.plate) and normal(entry.plate) == normal(seen.plate),
        "phone": bool(entry.phone) and number_of(entry.phone) == number_of(seen.phone),
    }
    return tuple(name for name, fit in same.items() if fit)


# ---- planned stay -----------------------------------------------------------------------------------------------------


def due_ms(admitted_ms: int, stay_h: float) -> int | None:
    """When a visitor is expected to have left; None: the kind has no planned stay."""
    return admitted_ms + round(stay_h * 3_600_000) if stay_h else None
