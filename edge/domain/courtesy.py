"""Courtesy (D7): the time of day in a greeting, and the right title. The sentences stand in the dictionaries.

The seed greets with «周先生早上好» and «周先生晚上好»; midday and afternoon have the ordinary 中午好 and 下午好.
"""

from __future__ import annotations

from datetime import datetime

_PARTS = ((5, "morning"), (11, "noon"), (13, "afternoon"), (18, "evening"))


def daypart(local: datetime | None) -> str:
    """morning from 5, noon from 11, afternoon from 13, evening from 18 to 5; "any" («您好») when the clock is not known."""
    if local is None:
        return "any"
    return next((name for hour, name in reversed(_PARTS) if local.hour >= hour), "evening")
