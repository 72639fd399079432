"""What a role may see: names of owners and drivers are for guards and shift leaders, not for technicians (procedures.md)."""

from __future__ import annotations

from typing import Any

SEES_NAMES = ("guard", "leader")
_NAMES = ("holder", "driver", "surname")


def sees_names(role: str) -> bool:
    """Whether this role's work needs the names of people who pass."""
    return role in SEES_NAMES


def for_role(snapshot: dict[str, Any], role: str) -> dict[str, Any]:
    """The snapshot without what this role need not see. The given one is left as it is."""
    if sees_names(role):
        return snapshot
    return {**snapshot, "lanes": [_nameless(lane) for lane in snapshot["lanes"]]}


def row_for_role(row: dict[str, Any], role: str) -> dict[str, Any]:
    """A record of the register without the names that this role need not see."""
    return row if sees_names(role) else _blank(row)


def _blank(row: dict[str, Any]) -> dict[str, Any]:
    return {key: "" if key in _NAMES else value for key, value in row.items()}


def _nameless(lane: dict[str, Any]) -> dict[str, Any]:
    last, prompt = lane.get("last"), lane.get("prompt")
    return {
        **lane,
        "last": last and _blank(last),
        "prompt": prompt and {**prompt, "params": _blank(prompt.get("params", {}))},
    }
