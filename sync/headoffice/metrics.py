"""Figures for Prometheus, out of the database: intake, lag for each gate, forks, gaps.

They are asked of the database and not of a receiver, so that they are right for any number of receivers, and for none: a figure that goes
with the process that it is about cannot alarm anybody when that process is gone. Each scrape has a connection of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sync.headoffice.desk_ask import Requests
from sync.headoffice.store import Store, StoreUnavailable

Families = dict[str, Metric]


class Figures(Collector):
    """Everything of one site, anew for each scrape. `open_store` gives a connection, which is closed afterwards."""

    def __init__(self, open_store: Callable[[], Store], site: str) -> None:
        self._open_store, self._site = open_store, site

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client. A database that does not answer is a figure too."""
        up = GaugeMetricFamily("headoffice_database_up", "Whether the database answers")
        found: Families = {}
        store = self._open_store()
        try:
            _chains(found, store, self._site)
            _alarms(found, store, self._site)
            _requests(found, store, self._site)
            up.add_metric([], 1)
        except StoreUnavailable:
            found.clear()
            up.add_metric([], 0)
        finally:
            store.close()
        yield up
        yield from found.values()


def _chains(found: Families, store: Store, site: str) -> None:
    chains, heard = store.chains(site), {h.gate: h for h in store.heard(site)}
    newest = {c.where.gate: c for c in chains}
    now_ms = time.time_ns() // 1_000_000
    for gate in sorted({*newest, *heard}):
        chain, said = newest.get(gate), heard.get(gate)
        # a restored journal counts on in a new epoch: the highest number is the gate's
        total = max((c.mark.seq for c in chains if c.where.gate == gate), default=0)
        _counter(found, "headoffice_gate_events", "Events of a gate that are committed", total, gate=gate)
        if said is not None:
            same = chain is not None and said.epoch == chain.where.epoch
            missing = max(0, said.high - (chain.mark.seq if chain and same else 0))
            _gauge(
                found,
                "headoffice_gate_missing",
                "Events that the gate has told of and that are not here",
                missing,
                gate=gate,
            )
            _gauge(found, "headoffice_gate_online", "Whether the gate is connected", int(said.online), gate=gate)
            faults = said.details.get("faults")
            count = len(faults) if isinstance(faults, list) else 0
            _gauge(found, "headoffice_gate_faults", "What is wrong at the gate", count, gate=gate)
            trusted = int(said.details.get("clock") == "ntp")
            _gauge(
                found, "headoffice_gate_clock_trusted", "Whether a time server has set its clock", trusted, gate=gate
            )
        if chain is not None:
            age = max(0, now_ms - chain.at_ms) / 1000
            _gauge(found, "headoffice_gate_last_event_seconds", "Since the last event was committed", age, gate=gate)
            _gauge(found, "headoffice_gate_quarantined", "Events of another history", chain.quarantined, gate=gate)


def _alarms(found: Families, store: Store, site: str) -> None:
    for alarm in store.alarms(site):
        where = alarm.where
        about = "How often something was wrong: fork, signature, altered, mended …"
        _counter(found, "headoffice_alarms", about, alarm.count, gate=where.gate, epoch=where.epoch, code=alarm.code)
    _gauge(found, "headoffice_instructions_open", "Told and not answered yet", len(store.told(site, only_open=True)))


def _requests(found: Families, store: Store, site: str) -> None:
    for row in Requests(store, site).counts(time.time_ns() // 1_000_000):
        labels = {"gate": row["gate"], "department": row["department"]}
        _gauge(
            found, "headoffice_requests_open", "Requests of the gate's desk that are not settled", row["open"], **labels
        )
        _gauge(found, "headoffice_requests_overdue", "Of these, later than was promised", row["overdue"], **labels)


def _gauge(found: Families, name: str, about: str, value: float, **labels: str) -> None:
    family = found.setdefault(name, GaugeMetricFamily(name, about, labels=list(labels)))
    family.add_sample(name, labels, value)


def _counter(found: Families, name: str, about: str, value: float, **labels: str) -> None:
    family = found.setdefault(name, CounterMetricFamily(name, about, labels=list(labels)))
    family.add_sample(f"{name}_total", labels, value)


def serve(open_store: Callable[[], Store], site: str, address: str) -> Callable[[], None]:
    """Answer scrapes at `host:port` on threads of its own; returns what ends it. Raises OSError, ValueError for an address that is none."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError(f"an address is host:port, not {address!r}")
    registry = CollectorRegistry()
    registry.register(Figures(open_store, site))
    server, thread = start_http_server(int(port), host or "127.0.0.1", registry)

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)

    return end
