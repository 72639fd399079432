"""What head office tells a gate to do: a numbered, signed list, carried out once, answered in the journal. The same file at both ends.

    head office: instruct(gate, act, data) → number n, stored
                 sent in order, again every few seconds, until …
    gate:        signature right? addressed here? newer than the last one carried out, and nothing missing before it?
                 → carried out → `headoffice.instructed {number, result}` in the journal
    head office: … that event arrives with the journal: done, with its result

So the downlink has no acknowledgement of its own: the journal is the answer, and says for ever who told what and what became of
it. Any message may come twice, late or out of order. `after` names the instruction before this one that was still open when it
was sent (0: none): a gate that has not carried that one out waits for it. `until_ms` is the end of an instruction that is worth
nothing later (raise the barrier: seconds; a notice: never); the gate's own clock judges it and says «expired».

The signature is Ed25519 over the exact bytes of the instruction, with a first line that keeps it from meaning anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.fields import ProtocolError, dump, get_hex, get_int, get_name, get_text, parse_object

MAX_INSTRUCTION = 64 * 1024
"""Bytes of the whole message."""
_DOMAIN = b"gate-edge instruction v1\n"
Sign = Callable[[bytes], bytes]


class NotSigned(ProtocolError):
    """The signature is not head office's."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One. `act`: a word that the gate knows; `data`: its JSON; `by`: who at head office; `until_ms`: 0 for ever."""

    site: str
    gate: str
    number: int
    after: int
    act: str
    data: Mapping[str, Any]
    by: str
    at_ms: int
    until_ms: int = 0

    def to_bytes(self, sign: Sign) -> bytes:
        """As sent: the instruction's exact text and the signature over it. Raises ProtocolError when it is too long."""
        text = json.dumps(
            {
                "site": self.site,
                "gate": self.gate,
                "number": self.number,
                "after": self.after,
                "act": self.act,
                "data": dict(self.data),
                "by": self.by,
                "at_ms": self.at_ms,
                "until_ms": self.until_ms,
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        payload = dump({"instruction": text, "signature": sign(_DOMAIN + text.encode()).hex()})
        if len(payload) > MAX_INSTRUCTION:
            raise ProtocolError(f"an instruction of {len(payload)} bytes; at most {MAX_INSTRUCTION}")
        return payload

    @classmethod
    def from_bytes(cls, payload: bytes, key: bytes) -> Instruction:
        """As received and signed with `key` (32 bytes). Raises NotSigned, ProtocolError, whatever the bytes."""
        outer = parse_object(payload, MAX_INSTRUCTION)
        text, signature = outer.get("instruction"), get_hex(outer, "signature", 64)
        if not isinstance(text, str):
            raise ProtocolError("no instruction")
        try:
            signed = _DOMAIN + text.encode()
            Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
        except (InvalidSignature, ValueError) as e:  # ValueError: a lone surrogate, or a key of another length
            raise NotSigned("not signed by head office") from e
        o = parse_object(signed[len(_DOMAIN) :], MAX_INSTRUCTION)
        data = o.get("data")
        if not isinstance(data, dict):
            raise ProtocolError("an instruction without data")
        return cls(
            get_name(o, "site"),
            get_name(o, "gate"),
            get_int(o, "number", 1),
            get_int(o, "after"),
            get_text(o, "act"),
            data,
            get_text(o, "by"),
            get_int(o, "at_ms"),
            get_int(o, "until_ms"),
        )
