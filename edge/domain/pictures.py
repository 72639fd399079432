"""Pictures by what they are kept for: how important each class is, how long it stays, how much room it may take, who may see it. Pure.

    pass       cards and crossings that went as they should      person     a visitor's picture
    refusal    refused, asked about, alarms                      document   a visitor's document
    goods      what left or stayed, loads looked into            violation  evidence (P8, D5)
    specimen   how somebody signs; leaves when it is withdrawn, never by time

When room is needed, the oldest of the least important class goes first (`rank`), and of these first what head office has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

PASS, REFUSAL, PERSON, DOCUMENT, GOODS, VIOLATION, SPECIMEN = (
    *("pass", "refusal", "person", "document", "goods", "violation", "specimen"),
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """`rank`: 0 goes first. `days`: kept so long (0: until withdrawn). `share`: per cent of all room it may take while head office has
    its pictures. `first`: sent to head office before all others."""

    rank: int
    days: int
    share: int
    first: bool = False


CLASSES: Mapping[str, Keeping] = {
    PASS: Keeping(0, 90, 60),
    PERSON: Keeping(1, 90, 25),
    DOCUMENT: Keeping(2, 30, 20),
    GOODS: Keeping(3, 180, 25),
    REFUSAL: Keeping(4, 180, 30, first=True),
    VIOLATION: Keeping(5, 365, 25, first=True),
    SPECIMEN: Keeping(6, 0, 10),
}


def with_shares(shares: Mapping[str, int]) -> Mapping[str, Keeping]:
    """The classes, with these shares in the place of their own."""
    return {name: replace(kept, share=shares.get(name, kept.share)) for name, kept in CLASSES.items()}


FIRST = tuple(name for name, kept in CLASSES.items() if kept.first)
_OF_MOMENT = {"goods": GOODS, "load": GOODS, "violation": VIOLATION, "complaint": VIOLATION}


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture in the store, as its event names it: SHA-256, bytes, class, and the thumbnail's SHA-256 ("": none)."""

    digest: str
    size: int
    keep: str = PASS
    thumbnail: str = ""


def class_of(moment: str) -> str:
    """The class of a picture that is taken at this moment, where nothing else is said."""
    return _OF_MOMENT.get(moment, PASS)


class Snap(Protocol):
    """Takes a picture of a lane and returns at once."""

    def __call__(self, lane: str, moment: str, pass_seq: int, keep: str = "", vehicle: int = 0) -> None:
        """`moment`: what for (card, crossing, manual, goods …); `pass_seq`: of which matter; `keep`: its class, "" by the moment;
        `vehicle`: which one, when it has no pass (events.VehicleCrossed)."""


def no_snap(lane: str, moment: str, pass_seq: int, keep: str = "", vehicle: int = 0) -> None:
    """Where there are no cameras."""
