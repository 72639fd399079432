"""Head office gives out codes: it signs one, tells each gate of it, and can take it back.

    issue   the token, and for each of its gates the instruction `appointment.make` with the token's name: the gate that has not heard of it
            yet believes the token itself, and knows that both are one when the instruction arrives
    revoke  `code.revoke` to each gate: the token is worth nothing there from the moment it arrives

A token for several gates serves once at each: a gate without a network cannot know what another gate has seen. So name one gate where you can.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.codes import Code, new_token
from sync.fields import ProtocolError, valid_name
from sync.headoffice.store import Store
from sync.instructions import Sign

DAY_MS = 86_400_000
LONGEST_MS = 31 * DAY_MS
"""What a gate takes (edge/domain/expected.py)."""
_IN_CODE = ("mode", "plate", "name", "title", "unit", "companions")


@dataclass(frozen=True, slots=True)
class Issued:
    """A code that was given out: what it says, its text for the QR code, and the instructions on their way (gate → number)."""

    code: Code
    text: str
    told: Mapping[str, int]


def issue(
    store: Store, site: str, gates: tuple[str, ...], wanted: Mapping[str, Any], sign: Sign, by: str, now_ms: int
) -> Issued:
    """A code for the appointment `wanted` (fields as in `appointment.make`; without times: from now, for a day). Raises ProtocolError for
    what cannot be in a code, StoreUnavailable."""
    if not gates or not all(map(valid_name, gates)):
        raise ProtocolError("at which gates does it serve? their names, separated by commas")
    begin = int(wanted.get("from_ms", now_ms))
    until = int(wanted.get("until_ms", begin + DAY_MS))
    if not begin < until <= max(begin, now_ms) + LONGEST_MS or until <= now_ms:
        raise ProtocolError("its end is after its beginning, still to come, and within 31 days")
    said = {name: wanted[name] for name in _IN_CODE if wanted.get(name)}
    if not (said.get("plate") or said.get("name")):
        raise ProtocolError("a code is for a person or a plate: name or plate is missing")
    if said.get("plate") and "mode" not in wanted:
        said["mode"] = "vehicle"
    try:
        code = Code(new_token(), site, gates, str(wanted["kind"]), begin, until, **said)
        text = code.text(sign)
    except (KeyError, TypeError, AttributeError) as e:
        raise ProtocolError(f"an appointment has a kind, and texts: {e}") from None
    data = dict(wanted) | {"from_ms": begin, "until_ms": until, "token": code.token} | ({"mode": code.mode})
    told = {
        g: store.instruct(site, g, "appointment.make", json.dumps(data, ensure_ascii=False), by, now_ms, 0)
        for g in gates
    }
    return Issued(code, text, told)


def revoke(store: Store, code: Code, reason: str, by: str, now_ms: int) -> Mapping[str, int]:
    """It is worth nothing any more, at each of its gates as soon as that is told. Raises StoreUnavailable."""
    data = json.dumps({"token": code.token, "reason": reason}, ensure_ascii=False)
    return {g: store.instruct(code.site, g, "code.revoke", data, by, now_ms, 0) for g in code.gates}
