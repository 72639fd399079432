"""Notices from head office (D5): from when until when one is shown, and what is said to somebody who asks. Pure.

Shown from `show_ms` (for pest control a day before it begins) until `until_ms`. While the wall clock cannot be relied on, everything
that was not withdrawn is shown: a notice too many does less harm than one too few.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from edge.domain.courtesy import Phrases

MINUTE_MS = 60_000
LONGEST_MS = 366 * 24 * 3_600_000
"""A notice that ends later than this after its beginning is a slip."""


@dataclass(frozen=True, slots=True)
class Times:
    """When. All UTC ms; `until` 0: until withdrawn; `restored` 0: not known."""

    begin: int
    until: int
    restored: int = 0


def wrong(times: Times, *, has_restoration: bool) -> str:
    """ "" or the code of what cannot be."""
    if times.begin <= 0:
        return "bulletin-begin"
    if times.until and not times.begin < times.until <= times.begin + LONGEST_MS:
        return "bulletin-until"
    if times.restored and (not has_restoration or times.restored < times.begin):
        return "bulletin-restored"
    return ""


def show_from(begin_ms: int, ahead_min: int) -> int:
    """From when it is shown."""
    return begin_ms - ahead_min * MINUTE_MS


def phase(show_ms: int, until_ms: int, now_ms: int, *, withdrawn: bool, clock: bool) -> str:
    """coming, shown, over, withdrawn."""
    if withdrawn:
        return "withdrawn"
    if not clock:
        return "shown"
    if until_ms and now_ms >= until_ms:
        return "over"
    return "shown" if now_ms >= show_ms else "coming"


# ---- what is said ----------------------------------------------------------------------------------------------------


def day(at: date, today: date, english: bool) -> str:
    """今天, 明天, 昨天, 11月24日; in English today, tomorrow, yesterday, on 24 November."""
    near = {0: ("今天", "today"), 1: ("明天", "tomorrow"), -1: ("昨天", "yesterday")}.get((at - today).days)
    if near:
        return near[english]
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    return f"on {at.day} {months[at.month - 1]}" if english else f"{at.month}月{at.day}日"


def moment(at: datetime, now: datetime, english: bool) -> str:
    """今天18:00; in English today at 18:00."""
    named = day(at.date(), now.date(), english)
    return f"{named} at {at:%H:%M}" if english else f"{named}{at:%H:%M}"


def when(begin: datetime, end: datetime | None, now: datetime, said: Phrases, english: bool) -> str:
    """今天09:00到12:00; with no end 今天09:00起."""
    first = moment(begin, now, english)
    if end is None:
        return said.sentence("bulletin-since", begin=first)
    same = end.date() == begin.date()
    last = f"{end:%H:%M}" if same else moment(end, now, english)
    return said.sentence("bulletin-span", begin=first, end=last)


def sentence(
    key: str,
    text: str,
    span: tuple[datetime, datetime | None, datetime | None],
    now: datetime,
    said: Phrases,
    english: bool,
) -> str:
    """What a guard says to somebody who asks. `span`: begin, end, restored, local times; the cause and the restoration where known."""
    begin, end, restored = span
    back = (
        said.sentence("bulletin-restored", time=moment(restored, now, english))
        if restored
        else said.sentence("bulletin-restoring")
    )
    return said.sentence(
        key,
        text=text,
        when=when(begin, end, now, said, english),
        cause=said.sentence("bulletin-cause", text=text) if text else "",
        restored=back,
    )
