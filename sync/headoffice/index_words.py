"""What of an event can be searched for: pure text, no database.

    event's bytes + its personal part ─▶ entry_of ─▶ when, kind, lane, actor, visit, pass, and words: (sort, text, field)

A word has a sort (plate, card, unit, company, who, kind, name, phone) and one way of being written (`normal`). An index holds every end
of a word («伟明», «明» of «王伟明»), so that finding what *contains* a text is finding what *begins* with it; two signs of Chinese are enough, which
trigrams would not be. Ends of plates are written with look-alikes written alike (8 for B, 0 for D, O and Q, 2 for Z, 5 for S, 1 for I).
Names are found by their spelling too («zw», «zhouwei», «wei» for 周伟): as further ends of the same word, so they go with it when it is erased.

Words of the sorts in `PERSONAL` come from the personal part alone, each with the field that it is of, so that they go with that field. What a
gate journals beside a passage (the arm was seen going up, a loop was taken) is in no index: it is found in the passage's story at the gate.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sync.personal import DamagedPart
from sync.personal import read as read_part
from sync.pinyin import initials, spelled, syllables

PLATE, CARD, UNIT, COMPANY, WHO, KIND, NAME, PHONE = "plate", "card", "unit", "company", "who", "kind", "name", "phone"
PERSONAL = (NAME, PHONE)
LAST = "\U0010ffff"
"""Greater than every sign of a text: the end of a range of words that begin alike."""
_BODY = {
    "plate": PLATE,
    "plate_read": PLATE,
    "plate_bound": PLATE,
    "plate_was": PLATE,
    "entry_plate": PLATE,
    "plates": PLATE,
    "card": CARD,
    "cards": CARD,
    "credential": CARD,
    "label": CARD,
    "unit": UNIT,
    "company": COMPANY,
    "user": WHO,
}
_BODY_OF = {"plate.read": {"text": PLATE}, "plate.corrected": {"was": PLATE}}
_PART = {
    **dict.fromkeys(("name", "names", "host", "owner", "holder", "driver", "bearer", "signer"), NAME),
    "phone": PHONE,
}
_NOISE = frozenset(("barrier.observed", "vehicle.waiting", "card.counting", "card.counted"))
_BEGINS_PASS = ("access.decided", "pass.opened")
_ALIKE = str.maketrans("BDOQZSI", "8000251")
_GAPS = re.compile(r"[\s·•・.:\-_]+")
_SEVERAL = re.compile(r"[,，、;；/]+")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an event; `field`: of the personal part it is from, empty: of the body."""

    sort: str
    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of an event. `detail`: by what it is counted (a decision, a direction, «guard reason» of an opening by hand). `visit`, `passed`: numbers of the events that began them, 0 none. `at_ms`: UTC, the gate's own clock."""

    seq: int
    at_ms: int
    kind: str
    lane: str
    actor: str
    visit: int
    passed: int
    words: tuple[Word, ...]
    detail: str = ""


_COUNTED = {"access.decided": "decision", "vehicle.crossed": "direction", "fault.began": "code", "visit.opened": "kind"}
BY_HAND = ("pass.opened", "barrier.commanded")


def normal(text: str) -> str:
    """A word as the index writes it: full-width signs made plain, capitals, without gaps."""
    return plain(_GAPS.sub("", unicodedata.normalize("NFKC", text)).upper())


def fold(text: str) -> str:
    """A plate in its normal form, signs that look alike written alike."""
    return text.translate(_ALIKE)


def forms(sort: str, text: str) -> tuple[str, ...]:
    """How a word may be typed: a plate with look-alikes written alike; a name in characters, by its initials, in letters."""
    if sort == PLATE:
        return (fold(text),)
    if sort == NAME and not text.isascii():
        return text, initials(text).upper(), spelled(text).upper()
    return (text,)


def ends(sort: str, text: str) -> list[str]:
    """Under what a word is found: itself and all its ends; a name also by two initials or more («zw», «zhw» not), and in letters from any syllable on."""
    written = forms(sort, text)[0]
    found = dict.fromkeys(written[n:] for n in range(len(written)))
    if sort == NAME and not text.isascii():
        said = [one.upper() for one in syllables(text)]
        short = "".join(one[0] for one in said)
        found |= dict.fromkeys(short[n:] for n in range(len(short) - 1))
        found |= dict.fromkeys("".join(said[n:]) for n in range(len(said)))
    return list(found)


def entry_of(seq: int, data: bytes, part: bytes | None) -> Entry | None:
    """What is kept of an event; None when nobody would look for it. What cannot be read is found by its number alone, so it is left out too."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    body, kind, actor = said.get("body"), plain(said.get("kind")), plain(said.get("actor"))
    person = actor != "gate" and not actor.startswith("device:")
    if not isinstance(body, dict) or kind in _NOISE or (kind == "barrier.commanded" and not person):
        return None
    visit = seq if kind == "visit.opened" else _number(body.get("visit"))
    passed = seq if kind in _BEGINS_PASS else _number(body.get("pass_seq")) or _number(body.get("vehicle"))
    words = {} if kind == "picture.taken" else _words(kind, body, actor if person else "", part)
    at_ms, lane = time_of(str(said.get("at", ""))), plain(body.get("lane"))
    return Entry(seq, at_ms, kind, lane, actor, visit, passed, tuple(words), _detail(kind, body, actor))


def _detail(kind: str, body: dict[str, Any], actor: str) -> str:
    if kind in BY_HAND:
        return f"{actor.partition(':')[2] or actor} {plain(body.get('reason'))}"
    return plain(body.get(_COUNTED.get(kind, "")))


def _also_called(kind: str, body: dict[str, Any]) -> str:
    """What people ask for by itself: decisions that did not simply open, and openings by hand by their reason («access.decided.refused»)."""
    more = plain(body.get({"access.decided": "decision", "pass.opened": "reason"}.get(kind, "")))
    return f"{kind}.{more}" if more and more != "granted" else ""


def plain(value: Any) -> str:
    """What any database takes as a text: a gate's word must not be able to hold up the follower."""
    text = "" if value is None else str(value)
    return text.replace("\0", "").encode("utf-8", "ignore").decode()[:_LONGEST]


def _words(kind: str, body: dict[str, Any], actor: str, part: bytes | None) -> dict[Word, None]:
    found: dict[Word, None] = {Word(KIND, normal(kind)): None}
    if said := _also_called(kind, body):
        found[Word(KIND, normal(said))] = None

    def add(sort: str, value: Any, field: str = "") -> None:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and (text := normal(one)):
                found[Word(sort, text, field)] = None

    for field, sort in (_BODY | _BODY_OF.get(kind, {})).items():
        add(sort, body.get(field))
    add(WHO, actor.partition(":")[2] or actor)
    for field, value in _fields(part).items():
        wanted = _PART.get(field)
        if wanted and isinstance(value, str):
            add(wanted, [piece for piece in _SEVERAL.split(value) if piece], field)
    return found


def _fields(part: bytes | None) -> dict[str, Any]:
    if part is None:
        return {}
    try:
        return read_part(part)
    except DamagedPart:
        return {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 62 else 0


def time_of(at: str) -> int:
    """An event's `at` as UTC ms; 0 when it is none."""
    try:
        return round(datetime.fromisoformat(at).astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


# ---- what is typed


@dataclass(frozen=True, slots=True)
class Pattern:
    """A typed word. `core`: the longest run without a wildcard, which an index can find; `rule`: what the whole must contain."""

    core: str
    rule: re.Pattern[str]
    wild: bool

    def fits(self, sort: str, text: str) -> bool:
        """Whether a word of the index contains it (a name: in any of its forms)."""
        if self.wild:
            return any(map(self.rule.search, forms(sort, text)))
        return any(one.startswith(self.core) for one in ends(sort, text))


def pattern(sort: str, typed: str) -> Pattern | None:
    """What was typed, for words of this sort: `?` stands for one sign, `*` for any number. None when nothing else is left."""
    text = normal(typed)
    text = fold(text) if sort == PLATE else text
    pieces = ["".join(run) for wild, run in groupby(text, lambda sign: sign in "?*") if not wild]
    if not pieces:
        return None
    rule = "".join("." if sign == "?" else ".*" if sign == "*" else re.escape(sign) for sign in text.strip("*"))
    return Pattern(max(pieces, key=len), re.compile(rule), wild=bool(set(text) & {"?", "*"}))
