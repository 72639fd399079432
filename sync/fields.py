"""Bytes from a line, parsed bounded: every length is checked before it is believed, everything wrong is one error.

Small messages are JSON objects. Whatever arrives (hostile, truncated, of a newer version), these functions return a value
of the kind they name or raise ProtocolError, and never anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_SMALL = 4 * 1024
"""Bytes of an acknowledgement, of head office's state, of a batch's head."""
MAX_SEQ = 2**53


class ProtocolError(ValueError):
    """Bytes that are no message of this protocol: hostile, truncated, or of a newer version."""


_NAME = re.compile(r"[^/+#\x00-\x20\x7f]{1,64}")


def valid_name(name: str) -> bool:
    """Whether a site, gate or epoch may be called so: it is a level of a topic."""
    return _NAME.fullmatch(name) is not None and not name.startswith("$")


def parse_object(payload: bytes, limit: int) -> dict[str, Any]:
    """A JSON object of at most `limit` bytes. Raises ProtocolError, whatever the bytes."""
    if len(payload) > limit:
        raise ProtocolError(f"{len(payload)} bytes where at most {limit} are taken")
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as e:
        raise ProtocolError("not JSON") from e
    if not isinstance(value, dict):
        raise ProtocolError("not a JSON object")
    return value


def get_int(obj: Mapping[str, Any], name: str, low: int = 0) -> int:
    """A whole number from `low` to MAX_SEQ (true is no number)."""
    value = obj.get(name)
    if type(value) is not int or not low <= value <= MAX_SEQ:
        raise ProtocolError(f"{name} is not a whole number from {low}")
    return value


def get_text(obj: Mapping[str, Any], name: str, limit: int = 64) -> str:
    """A text of at most `limit` characters."""
    value = obj.get(name)
    if not isinstance(value, str) or len(value) > limit:
        raise ProtocolError(f"{name} is not a text of at most {limit} characters")
    if not value.isprintable():  # a lone surrogate, which JSON allows, is none either
        raise ProtocolError(f"{name} has characters that cannot be written")
    return value


def get_name(obj: Mapping[str, Any], name: str) -> str:
    """An epoch or another name."""
    value = get_text(obj, name)
    if not valid_name(value):
        raise ProtocolError(f"{name} is no name")
    return value


def get_hex(obj: Mapping[str, Any], name: str, size: int) -> bytes:
    """Exactly `size` bytes, in hexadecimal."""
    value = obj.get(name)
    if not isinstance(value, str) or len(value) != 2 * size:
        raise ProtocolError(f"{name} is not {size} bytes in hexadecimal")
    try:
        raw = bytes.fromhex(value)
    except ValueError as e:
        raise ProtocolError(f"{name} is not hexadecimal") from e
    if len(raw) != size:  # fromhex skips blanks
        raise ProtocolError(f"{name} is not {size} bytes in hexadecimal")
    return raw


def get_bool(obj: Mapping[str, Any], name: str) -> bool:
    """True or false."""
    value = obj.get(name)
    if not isinstance(value, bool):
        raise ProtocolError(f"{name} is neither true nor false")
    return value


def dump(obj: Mapping[str, Any]) -> bytes:
    """Canonical JSON: UTF-8, sorted keys, no blanks."""
    return json.dumps(obj, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
