"""Gates at a glance: what the pages show of every gate, from the database alone (so it is right for any number of receivers)."""

from __future__ import annotations

import time
from typing import Any

from sync.headoffice.store import Store


def glance(store: Store, site: str) -> dict[str, Any]:
    """Every gate's newest chain, last word and alarms. Raises StoreUnavailable."""
    chains = store.chains(site)
    heard = {h.gate: h for h in store.heard(site)}
    newest = {c.where.gate: c for c in chains}
    alarms = store.alarms(site)
    waiting: dict[str, int] = {}
    for told in store.told(site, only_open=True):
        waiting[told.gate] = waiting.get(told.gate, 0) + 1
    indexed = {
        (gate, epoch): seq
        for gate, epoch, seq in store.run("SELECT gate, epoch, seq FROM index_chains WHERE site = ?", (site,))
    }
    gates = []
    for gate in sorted({*newest, *heard, *(a.where.gate for a in alarms)}):
        chain, said = newest.get(gate), heard.get(gate)
        applied = chain.mark.seq if chain else 0
        same = chain is not None and said is not None and said.epoch == chain.where.epoch
        details = said.details if said else {}
        faults = details.get("faults")
        gates.append(
            {
                "gate": gate,
                "epoch": chain.where.epoch if chain else said.epoch if said else "",
                "online": said.online if said else None,
                "heard_ms": said.at_ms if said else 0,
                "applied": applied,
                "missing": max(0, said.high - (applied if same else 0)) if said else 0,
                "last_ms": chain.at_ms if chain else 0,
                "older": sum(c.where.gate == gate for c in chains) - 1 if chain else 0,
                "quarantined": sum(c.quarantined for c in chains if c.where.gate == gate),
                "registry": str(details.get("registry", "")),
                "clock": str(details.get("clock", "")),
                "version": str(details.get("version", "")),
                "lanes": details.get("lanes", {}) if isinstance(details.get("lanes", {}), dict) else {},
                "faults": [str(fault) for fault in faults] if isinstance(faults, list) else [],
                "waiting": waiting.get(gate, 0),
                "indexed": indexed.get((gate, chain.where.epoch), 0) if chain else 0,
                "alarms": [
                    {"code": a.code, "detail": a.detail, "count": a.count, "first_ms": a.first_ms, "last_ms": a.last_ms}
                    for a in alarms
                    if a.where.gate == gate
                ],
            }
        )
    return {"site": site, "now_ms": time.time_ns() // 1_000_000, "gates": gates}
