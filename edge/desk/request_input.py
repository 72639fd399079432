"""What pages and head office send when a request is taken down (D1–D4)."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.pictures import Stored


@dataclass(frozen=True, slots=True)
class RequestInput:
    """What a caller or owner wants. `then`: pass, keep, done. `department` and `minutes`: "" and 0 are the category's own.

    `phrase`: which sentence was said (D4); `lane`: of its camera a picture is taken.
    """

    category: str
    then: str = "pass"
    source: str = "telephone"
    name: str = ""
    title: str = ""
    unit: str = ""
    phone: str = ""
    words: str = ""
    department: str = ""
    minutes: int = 0
    phrase: str = ""
    lane: str = ""
    note: str = ""


async def no_camera(_lane: str, _keep: str) -> Stored | None:
    """A post without cameras."""
    return None
