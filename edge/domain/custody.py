"""Custody of documents (押证): which slot of the rack, and never two documents in one."""

from __future__ import annotations

from collections.abc import Collection

from edge.domain.plan import Paper, Step


def slot_for(taken: Collection[int], slots: int, wanted: int | None) -> int | str:
    """The slot to use, or the code of what stands against it: slot-unknown, slot-taken, rack-full."""
    if wanted is not None:
        if not 1 <= wanted <= slots:
            return "slot-unknown"
        return "slot-taken" if wanted in taken else wanted
    return next((slot for slot in range(1, slots + 1) if slot not in taken), "rack-full")


def full(taken: Collection[int], slots: int) -> bool:
    """Whether there is no slot for one more. (A rack that was made smaller may hold more than it has slots.)"""
    return slot_for(taken, slots, None) == "rack-full"


def may_hold(paper: Paper) -> str:
    """ "" when the community keeps this kind, else not-held: it is looked at and handed straight back."""
    return "" if paper.hold else "not-held"


def may_only_check(paper: Paper, step: Step | None, *, no_slot: bool) -> str:
    """ "" when looking is enough, else to-be-held: this kind is kept, the visit's step asks for that, and there is a slot for it."""
    return "to-be-held" if paper.hold and step is not None and step.hold and not no_slot else ""
