"""Proof of a range of a gate's journal: verified here, now, and said in a file that others can check without us.

    {"says": {...}, "key": "…", "signature": "…"}          signature: Ed25519 by head office over DOMAIN + the canonical JSON of `says`

`says` names the chain, the first and last number, the chain's hash **before** the first event and **after** the last one, how many
events that is, and the gate's own signature over the newest event that head office has (`mark`), up to which the chain was walked: from there backwards nothing can be
another without the gate's key. Whoever has the range's exact bytes (`export_range`: a line an event) computes the hash after the last one themselves:

    python -m sync.headoffice check-certificate FILE --key HEX --events RANGE.jsonl

Bytes with a line break in them, which no gate writes but the protocol allows, stand as `b64:…`.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.headoffice.intake import ChainId, Row, disagreement
from sync.headoffice.signing import SigningKey
from sync.headoffice.store import Store
from sync.protocol import ZERO, Checkpoint, chain, predecessor

DOMAIN = b"gate-edge certificate v1\n"
MOST = 2_000_000
"""Events of one certificate."""
PAGE = 1000


class NotProven(Exception):
    """The range cannot be certified; the message says why, and from which event on."""


class NotTrue(Exception):
    """A certificate, or what it is about, is not what it says."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a walk has shown. `personal`: how many of the events still have their personal part (each checked as far as it is there)."""

    where: ChainId
    first: int
    last: int
    before: bytes
    after: bytes
    personal: int
    key: bytes
    checkpoint: Checkpoint


def rows_from(store: Store, where: ChainId, first: int, last: int) -> Iterator[Row]:
    """Events of a chain, in order. Raises StoreUnavailable."""
    at = first - 1
    while at < last:
        found = store.run(_ROWS, (*where, at, min(last, at + PAGE)))
        yield from (Row(seq, bytes(d), bytes(h), None if p is None else bytes(p)) for seq, d, h, p in found)
        at += PAGE


_ROWS = """SELECT e.seq, e.data, e.hash, p.data FROM events e
    LEFT JOIN personal p ON (p.site, p.gate, p.epoch, p.seq) = (e.site, e.gate, e.epoch, e.seq)
    WHERE (e.site, e.gate, e.epoch) = (?, ?, ?) AND e.seq > ? AND e.seq <= ? ORDER BY e.seq"""


def prove(store: Store, where: ChainId, first: int, last: int) -> Proof:
    """Walk from `first` to the newest event of the chain, which the gate has signed. Raises NotProven, StoreUnavailable."""
    found = next((c for c in store.chains(where.site) if c.where == where), None)
    if found is None:
        raise NotProven("there is no such chain")
    if not 1 <= first <= last <= found.mark.seq:
        raise NotProven(f"the chain has events up to {found.mark.seq}")
    if last - first >= MOST:
        raise NotProven(f"more than {MOST} events: ask for a part")
    before = prev = _before(store, where, first)
    after, personal, seq = ZERO, 0, first - 1
    for row in rows_from(store, where, first, found.mark.seq):
        if row.seq != seq + 1:
            raise NotProven(f"event {seq + 1} is missing")
        wrong = disagreement(row.data, row.personal, where, row.seq, prev)
        if wrong is not None:
            raise NotProven(wrong.detail)
        prev, seq = chain(prev, row.data), row.seq
        if prev != row.hash:
            raise NotProven(f"event {seq} does not have the hash stored with it")
        if seq == last:
            after = prev
        personal += seq <= last and row.personal is not None
    if (seq, prev) != (found.mark.seq, found.mark.hash):
        raise NotProven(f"the watermark says {found.mark.seq}, the last event is {seq}")
    key = store.key_of(where.site, where.gate)
    checkpoint = Checkpoint(*where, seq, prev, found.signature)
    if key is None or not checkpoint.verified_by(key):
        raise NotProven("the gate's signature over the last event does not verify")
    return Proof(where, first, last, before, after, personal, key, checkpoint)


def _before(store: Store, where: ChainId, first: int) -> bytes:
    if first == 1:
        return ZERO
    held = store.hash_at(where, first - 1)
    if held is not None:
        return held
    begins = next(rows_from(store, where, first, first), None)
    was = predecessor(begins.data) if begins else None  # a restored journal goes on where an older epoch had come to
    held = store.hash_at(where._replace(epoch=was), first - 1) if was else None
    if held is None:
        raise NotProven(f"event {first - 1} is missing")
    return held


def certificate(proof: Proof, by: str, key: SigningKey) -> bytes:
    """The file, signed."""
    mark = proof.checkpoint
    says = {
        **dict(zip(("site", "gate", "epoch"), proof.where, strict=True)),
        "first": proof.first,
        "last": proof.last,
        "count": proof.last - proof.first + 1,
        "personal": proof.personal,
        "before": proof.before.hex(),
        "hash": proof.after.hex(),
        "mark": {"seq": mark.seq, "hash": mark.hash.hex(), "signature": mark.signature.hex(), "key": proof.key.hex()},
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "by": by,
    }
    signature = key.sign(DOMAIN + _canonical(says))
    whole = {"says": says, "key": key.public.hex(), "signature": signature.hex()}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def export_range(store: Store, where: ChainId, first: int, last: int) -> Iterator[bytes]:
    """The exact bytes of each event, a line each; without personal parts. Raises StoreUnavailable."""
    for row in rows_from(store, where, first, last):
        yield (b"b64:" + base64.b64encode(row.data) if b"\n" in row.data else row.data) + b"\n"


def check(file: bytes, key: bytes, events: Iterable[bytes] | None = None) -> dict[str, Any]:
    """What a certificate says, once all of it that can be checked was. `key`: head office's, known from elsewhere; `events`: the
    lines of an export of the range. Raises NotTrue."""
    try:
        whole = json.loads(file)
        says, signature = whole["says"], bytes.fromhex(whole["signature"])
        mark = says["mark"]
        where = ChainId(says["site"], says["gate"], says["epoch"])
        prev, last_hash = bytes.fromhex(says["before"]), bytes.fromhex(says["hash"])
        checkpoint = Checkpoint(*where, mark["seq"], bytes.fromhex(mark["hash"]), bytes.fromhex(mark["signature"]))
        gate_key = bytes.fromhex(mark["key"])
        first, last = int(says["first"]), int(says["last"])
    except (ValueError, KeyError, TypeError) as e:
        raise NotTrue("this is no certificate of ours") from e
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, DOMAIN + _canonical(says))
    except (InvalidSignature, ValueError) as e:
        raise NotTrue("it is not signed with this key") from e
    if not checkpoint.verified_by(gate_key):
        raise NotTrue("the gate's own signature in it does not verify")
    if last == checkpoint.seq and last_hash != checkpoint.hash:
        raise NotTrue("the gate has signed another last event")
    seq = first - 1
    for seq, line in enumerate(events or (), first):
        data = _bytes(line.rstrip(b"\r\n"))
        wrong = disagreement(data, None, where, seq, prev)
        if wrong is not None:
            raise NotTrue(wrong.detail)
        prev = chain(prev, data)
    if events is not None and (seq, prev) != (last, last_hash):
        raise NotTrue(f"the events do not give the hash of the certificate (they end at {seq}, it says {last})")
    return dict(says)


def _bytes(line: bytes) -> bytes:
    if not line.startswith(b"b64:"):
        return line
    try:
        return base64.b64decode(line[4:], validate=True)
    except binascii.Error as e:
        raise NotTrue("a line is no event") from e


def _canonical(says: Any) -> bytes:
    return json.dumps(says, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
