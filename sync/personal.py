"""The personal part of an event as bytes: one line a field, so that each can go when its own time is over.

    ["name","5f0c…32 hex digits","王小明"]        a field: its name, its own salt, its value, as canonical JSON
    ["number","e3b0…64 hex digits"]              a field that was erased: the SHA-256 of the line that stood here

Lines are sorted by name and separated by a newline (JSON escapes those within a text). The event vouches for

    digest = SHA-256 over the concatenated SHA-256 of all lines, an erased line giving the digest that it kept

so what is left still proves itself after any part of it has gone; and with its salt gone too, nothing is left that a list of names
or numbers could be tried against. A part of which everything was erased is no bytes at all (None), and then only the event's
digest remains. The same file serves at both ends: gate and head office erase in the same way.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Mapping
from typing import Any

SALT_BYTES = 16
_ERASED = re.compile(rb'\["[^"\\]*","([0-9a-f]{64})"\]')
"""A field's salt has 32 digits, so no field that is there looks like this."""


class DamagedPart(ValueError):
    """Bytes that are no personal part."""


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def make(fields: Mapping[str, Any]) -> bytes:
    """The part of these fields, each with a new salt. Raises ValueError on what JSON has no word for."""
    return b"\n".join(_canonical([name, os.urandom(SALT_BYTES).hex(), fields[name]]) for name in sorted(fields))


def read(part: bytes) -> dict[str, Any]:
    """The fields that are still there. Raises DamagedPart."""
    return {line[0]: line[2] for line in _lines(part) if len(line) == 3}


def digest(part: bytes) -> bytes:
    """What the event vouches for: 32 bytes. Parses nothing: this runs for every event that head office takes in."""
    return hashlib.sha256(b"".join(map(_line_digest, part.split(b"\n")))).digest()


def without(part: bytes, names: Collection[str]) -> bytes | None:
    """The part with these fields erased; the same bytes when none of them was there, None when nothing is left."""
    rows = part.split(b"\n")
    there = {line[0]: len(line) == 3 for line in _lines(part)}
    left = [
        _canonical([name, hashlib.sha256(row).hexdigest()]) if whole and name in names else row
        for (name, whole), row in zip(there.items(), rows, strict=True)
    ]
    return b"\n".join(left) if any(whole and name not in names for name, whole in there.items()) else None


def _lines(part: bytes) -> list[list[Any]]:
    try:
        lines = [json.loads(row) for row in part.split(b"\n")]
    except (ValueError, RecursionError) as e:
        raise DamagedPart("not a personal part") from e
    for line in lines:
        if not isinstance(line, list) or len(line) not in (2, 3) or not all(isinstance(said, str) for said in line[:2]):
            raise DamagedPart("not a personal part")
    return lines


def _line_digest(line: bytes) -> bytes:
    erased = _ERASED.fullmatch(line)
    return bytes.fromhex(erased[1].decode("ascii")) if erased else hashlib.sha256(line).digest()
