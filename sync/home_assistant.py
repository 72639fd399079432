"""Home Assistant's MQTT discovery, read-only: messages alone, no I/O. Source: Home Assistant's documentation, «MQTT Discovery», «Cover», «Binary sensor», «Sensor».

    {prefix}/{component}/{object}/config   retained: what there is, once for each session
    gate-edge/{site}/{gate}/…              retained: how it is
    gate-edge/{site}/{gate}/available      online, or offline by the last will

Nothing has a command topic: a house's automation sees the barrier and cannot move it. Nothing says who passed; the last plate is
what stands on a car for everybody to read, and can be left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Topic = str
_COVER = {"down": "closed", "up": "open", "rising": "opening", "falling": "closing", "held": "open"}
"""What an arm does, in the words of a cover; everything else (unknown, stopped, fault) is None: unknown."""


class Messages:
    """Of one gate. `prefix`: Home Assistant's discovery prefix."""

    def __init__(
        self, site: str, gate: str, name: str, version: str, prefix: str = "homeassistant", *, plates: bool = True
    ) -> None:
        self._base, self._prefix, self._plates = f"gate-edge/{site}/{gate}", prefix, plates
        self._id = f"gate_edge_{site}_{gate}".replace("-", "_")
        self._device = {"identifiers": [self._id], "name": name, "sw_version": version, "manufacturer": "gate-edge"}

    @property
    def available(self) -> Topic:
        """Where «online» stands, and the last will's «offline»."""
        return f"{self._base}/available"

    def discovery(self, lanes: Iterable[Mapping[str, Any]]) -> dict[Topic, bytes]:
        """What there is. `lanes`: rows of the live state (id, name, beam)."""
        found: dict[Topic, bytes] = {}
        for lane in lanes:
            at, name = lane["id"], lane["name"]
            found |= self._entity("cover", f"{at}_barrier", name, f"{at}/barrier", device_class="garage")
            for line in ("approach", "under", "beam"):
                if lane.get(line) is not None:
                    found |= self._entity(
                        "binary_sensor", f"{at}_{line}", f"{name} {line}", f"{at}/{line}", device_class="occupancy"
                    )
            found |= self._entity(
                "binary_sensor", f"{at}_fault", f"{name} fault", f"{at}/fault", device_class="problem"
            )
            if self._plates:
                found |= self._entity("sensor", f"{at}_plate", f"{name} plate", f"{at}/plate", icon="mdi:car")
        return found | self._entity("binary_sensor", "fault", "fault", "fault", device_class="problem")

    def _entity(self, component: str, what: str, name: str, state: str, **more: str) -> dict[Topic, bytes]:
        key = f"{self._id}_{what}".replace("-", "_")
        said = {
            "name": name,
            "unique_id": key,
            "object_id": key,
            "state_topic": f"{self._base}/{state}",
            "availability_topic": self.available,
            "device": self._device,
            **more,
        }
        return {f"{self._prefix}/{component}/{key}/config": json.dumps(said, ensure_ascii=False).encode()}

    def states(self, snapshot: Mapping[str, Any]) -> dict[Topic, bytes]:
        """How it is, from the live state."""
        found = {f"{self._base}/fault": _on(bool(snapshot["faults"]))}
        for lane in snapshot["lanes"]:
            at = f"{self._base}/{lane['id']}"
            found[f"{at}/barrier"] = _COVER.get(lane["phase"], "None").encode()
            found[f"{at}/fault"] = _on(bool(lane["faults"]))
            for line in ("approach", "under", "beam"):
                if lane.get(line) is not None:
                    found[f"{at}/{line}"] = _on(bool(lane[line]))
            last = lane.get("last") or {}
            if self._plates and last.get("plate"):
                found[f"{at}/plate"] = str(last["plate"]).encode()
        return found


def _on(value: bool) -> bytes:
    return b"ON" if value else b"OFF"
