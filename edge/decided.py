"""A decision as the event that stands for it in the journal."""

from __future__ import annotations

from edge.domain import events as ev
from edge.domain.credentials import Credential
from edge.domain.policy import Decision
from edge.lane import Lane


def decided(
    lane: Lane,
    reader: str,
    decision: Decision,
    credential: Credential | None,
    *,
    card: str = "",
    plate: str = "",
    category: str = "",
) -> ev.AccessDecided:
    """`reader`: what saw the card, or «plate»; `plate`: as it was read; `category`: of somebody without a credential. The holder's name is
    its personal part."""
    c = credential
    return ev.AccessDecided(
        lane=lane.id,
        direction=lane.table.direction,
        reader=reader,
        card=card,
        credential=c.id if c else "",
        category=c.category.value if c else category,
        decision=decision.answer.value,
        reason=decision.reason.value,
        plate_bound=c.plates[0] if c and c.plates else "",
        plate_read=plate,
        plate_match=decision.plate_match,
        salute=decision.salute,
        holder=c.holder if c else "",
    )
