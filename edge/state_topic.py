"""The gate's own part of its state topic (sync.md): what head office sees of a gate between two events."""

from __future__ import annotations

from typing import Any

from edge import __version__
from edge.enrolled import Enrolled
from edge.gate import Gate
from edge.store import queries, registry_down, tables_headoffice


class State:
    """Called on the uplink's thread, so it only reads what changes as a whole."""

    def __init__(self, gate: Gate, enrolled: Enrolled, links: list[str]) -> None:
        self._gate, self._enrolled, self._links = gate, enrolled, links

    def __call__(self) -> dict[str, Any]:
        """As it is now."""
        gate = self._gate
        with gate.store.reader() as con:
            known = queries.registry(con)
            number, digest = registry_down.state(con)
            refused, open_ = registry_down.refused(con), tables_headoffice.not_taken(con)
        csr = self._enrolled.renewal()
        return {
            **({"csr": csr} if csr else {}),
            "links": self._links,
            "registry": known["version"],
            "registry_at": {"number": number, "digest": digest, "since_ms": known["imported_ms"]},
            **({"registry_refused": refused} if refused else {}),
            **({"registry_open": open_} if open_ else {}),
            "boot": gate.clock.boot,
            "clock": gate.clock.trust,
            "lanes": {lane.id: lane.state.phase.value for lane in list(gate.lanes.values())},
            "faults": sorted(f"{f.device}:{f.code}" for f in gate.faults.now()),
            "version": __version__,
        }
