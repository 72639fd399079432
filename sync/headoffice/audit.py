"""Head office's own proof, months later: is the record of a gate whole and unaltered?

Walks every chain of the gate from its first event: no number missing, each event's bytes give the next hash, each says
inside whose and which it is, each personal part that is still kept is the one vouched for, the watermark is the last one,
and the gate's own signature over it verifies with the enrolled key. Names the first thing that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.headoffice.intake import disagreement
from sync.headoffice.store import Chain, Store
from sync.protocol import ZERO, Checkpoint, chain, predecessor


@dataclass(frozen=True, slots=True)
class Finding:
    """One chain: how many events were walked, how many still have their personal part, and what is wrong (empty: nothing)."""

    chain: Chain
    events: int
    personal: int
    wrong: str


def audit(store: Store, found: Chain) -> Finding:
    """Walk one chain. Raises StoreUnavailable."""
    seq, prev, personal, count = 0, ZERO, 0, 0

    def finding(wrong: str) -> Finding:
        return Finding(found, count, personal, wrong)

    for row in store.rows(found.where):
        was = predecessor(row.data) if count == 0 and row.seq > 1 else None
        if was is not None:  # a restored journal: it goes on where an older epoch had come to
            seq = row.seq - 1
            prev = store.hash_at(found.where._replace(epoch=was), seq) or ZERO
        if row.seq != seq + 1:
            return finding(f"event {seq + 1} is missing")
        wrong = disagreement(row.data, row.personal, found.where, row.seq, prev)
        if wrong is not None:
            return finding(wrong.detail)
        prev = chain(prev, row.data)
        if prev != row.hash:
            return finding(f"event {row.seq} does not have the hash stored with it")
        seq, count = seq + 1, count + 1
        personal += row.personal is not None
    if (seq, prev) != (found.mark.seq, found.mark.hash):
        return finding(f"the watermark says {found.mark.seq}, the last event is {seq}")
    key = store.key_of(found.where.site, found.where.gate)
    if key is None:
        return finding("the gate has no enrolled key")
    if not Checkpoint(*found.where, seq, prev, found.signature).verified_by(key):
        return finding("the gate's signature over the last event does not verify")
    return finding("")
