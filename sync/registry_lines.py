"""The registry as lines: what head office keeps, sends and counts, and what a gate's tables are compared with. The same file at both ends.

A line is canonical JSON, one for each credential (with its holder and plates), each span of a schedule, each holiday, and each entry of
another list (lists.py: permits, expected visitors, the watch list …):

    ["c", uid, credential, category, status, valid_from, valid_until, schedule, vehicle, [plates], person, name, surname, title,
     supervisor, unit, photo]        ["h", day, name]        ["s", schedule, days, begin_min, end_min]        ["l", list, key, {data}]

The first fields are its key (`key_of`). The digest of a list is the sum of the lines' SHA-256 modulo 2^256: the same in any order, and
a change of one line among 100,000 costs two hashes (AdHash; Bellare and Micciancio 1997). It finds mistakes and gaps. Against forgery
stands the signature (registry_protocol.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from sync.fields import ProtocolError
from sync.roster import Entry, Roster

_MODULUS = 1 << 256
_KEYS = {"c": 1, "h": 1, "l": 2, "s": 3}
"""Kind → how many fields are its key."""
_SHAPES: dict[str, tuple[type, ...]] = {
    "c": (*(str,) * 9, list, *(str,) * 4, int, str, str),
    "h": (str, str, str),
    "l": (str, str, str, dict),
    "s": (str, str, str, int, int),
}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def line_of(fields: Iterable[Any]) -> str:
    """The one way to write it."""
    return _ENCODER.encode(list(fields))


def key_of(fields: list[Any]) -> str:
    """What it replaces when it comes: kind and key, as text; head office sorts by it."""
    return line_of(fields[: 1 + _KEYS[fields[0]]])


def parsed(line: str) -> list[Any]:
    """The fields of a line, of the shape that its kind has. Raises ProtocolError, whatever the text."""
    try:
        fields = json.loads(line)
        shape = _SHAPES[fields[0]]
        if tuple(map(type, fields)) == shape and (fields[0] != "c" or all(type(plate) is str for plate in fields[9])):
            return list(fields)
    except (ValueError, RecursionError, LookupError, TypeError) as e:
        raise ProtocolError("no line of a registry") from e
    raise ProtocolError("no line of a registry")


def cards_of(text: str) -> list[tuple[Any, ...]] | None:
    """The columns of lines that are all cards, read at once; None where one of them is not, or not as it should be: then each is looked at by itself.

    It is the same as reading each line (a test compares). No line break can stand in a string, and each line begins with `["c",` and ends with `]`:
    so a value that went on over a line's end would have a list where a card has none.
    """
    breaks = text.count("\n")
    if not (text.startswith('["c",') and text.endswith("]") and text.count(']\n["c",') == breaks):
        return None
    try:
        rows = json.loads("[" + text.replace("\n", ",\n") + "]")
        if len(rows) != breaks + 1 or set(map(type, rows)) != {list} or set(map(len, rows)) != {len(_SHAPES["c"])}:
            return None
    except (ValueError, RecursionError):
        return None
    columns = list(zip(*rows, strict=True))
    if any(set(map(type, column)) != {kind} for column, kind in zip(columns, _SHAPES["c"], strict=True)):
        return None
    if not set(map(type, chain.from_iterable(columns[9]))) <= {str}:
        return None
    return columns if all(columns[1]) and all(columns[2]) and all(columns[10]) else None


def hashes_of(text: str) -> list[int]:
    """Of each line of a text."""
    sha, number = hashlib.sha256, int.from_bytes
    return [number(sha(line).digest(), "big") for line in text.encode().split(b"\n")]


def hash_of(line: str) -> int:
    """A line's part of the digest."""
    return int.from_bytes(hashlib.sha256(line.encode()).digest(), "big")


def added(total: int, more: Iterable[int] = (), less: Iterable[int] = ()) -> int:
    """The sum with some lines put in and others taken out."""
    return (total + sum(more) - sum(less)) % _MODULUS


def hexed(total: int) -> str:
    """The digest as it is said: 64 hexadecimal digits."""
    return f"{total:064x}"


def entry_fields(e: Entry, holder: Entry | None = None) -> list[Any]:
    """A credential's line; `holder`: the entry that says who the person is, where one has several cards."""
    p = holder or e
    card = (e.uid, e.credential, e.category, e.status, e.valid_from, e.valid_until, e.schedule, e.vehicle)
    return ["c", *card, sorted(e.plates), p.person, p.name, p.surname, p.title, p.supervisor, p.unit, p.photo]


def fields_of(found: Roster) -> list[tuple[list[Any], str]]:
    """All lines of a list that was read, with where each serves (roster.serves). The first row of a person says who that is."""
    people: dict[str, Entry] = {}
    lines: list[tuple[list[Any], str]] = [(["h", *h], "") for h in found.holidays or ()]
    lines += [(["s", *s], "") for s in found.schedules or ()]
    lines += [(entry_fields(e, people.setdefault(e.person, e)), e.gates) for e in found.entries]
    return lines
