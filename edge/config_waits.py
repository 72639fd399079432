"""What has to be over before a configuration can be taken over: an arm that moves, a vehicle that is under it or passing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edge.config_change import Change
from edge.errors import NotExecuted
from edge.lane import Lane

Row = dict[str, Any]
_WHY = {
    "arm-moves": ("栏杆正在动作", "the arm moves"),
    "vehicle-under": ("杆下有车", "something stands under the arm"),
    "vehicle-passes": ("有车正在通过", "a vehicle is passing"),
    "held": ("栏杆被保持打开", "the arm is held open"),
}


def waits(lanes: Mapping[str, Lane], differs: Change) -> list[Row]:
    """Lane and why, of those that the change concerns."""
    concerned = list(lanes.values()) if differs.restart else [lanes[name] for name in differs.lanes if name in lanes]
    return [{"lane": lane.id, "why": why} for lane in concerned if (why := _busy(lane, bool(differs.restart)))]


def refuse_while(found: Sequence[Row]) -> None:
    """Raises NotExecuted, naming them, when there are any."""
    if not found:
        return
    chinese = "；".join(f"{one['lane']}：{_WHY[one['why']][0]}" for one in found)
    english = "; ".join(f"{one['lane']}: {_WHY[one['why']][1]}" for one in found)
    raise NotExecuted(
        f"现在不能改：{chinese} · not now: {english}",
        "等一下再应用 · wait until that is over, then apply again",
        code="config-wait",
    )


def _busy(lane: Lane, restart: bool) -> str:
    """Why this lane must not be touched now; empty: nothing speaks against it."""
    if lane.moving:
        return "arm-moves"
    if lane.state.under or lane.state.beam:
        return "vehicle-under"
    if restart and lane.granted:
        return "vehicle-passes"
    return "held" if restart and lane.state.holders else ""
