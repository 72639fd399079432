"""Head office's figures: scraped over HTTP from a running receiver's database, in the text that Prometheus reads."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sync.headoffice import metrics
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.store_sqlite import SqliteStore
from sync.memory import MemoryBroker, MemoryLink
from sync.uplink import Uplink
from tests.support_sync import FAST, ROOT, SITE, ListSource, entries, eventually, free_port

Sample = tuple[str, tuple[tuple[str, str], ...]]


def scrape(port: int) -> dict[Sample, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(gate: str, name: str) -> Sample:
    return f"headoffice_gate_{name}", (("gate", gate),)


def test_figures_of_each_gate_and_a_database_that_is_away_is_one(tmp_path: Path) -> None:
    path, port, broker = tmp_path / "o.sqlite", free_port(), MemoryBroker()
    receiver = Receiver(
        MemoryLink(broker, "office"),
        SqliteStore(path),
        ReceiverOptions(SITE, trust_first_contact=True, want_interval_s=0.05),
    )
    gates = {name: ListSource(entries(n, gate=name), gate=name) for name, n in (("east", 250), ("main", 40))}
    gates["east"].details = {"faults": ["entry.reader:gone"], "clock": "restored"}
    gates["main"].details = {"faults": [], "clock": "ntp"}
    uplinks = {name: Uplink(source, MemoryLink(broker, name), FAST) for name, source in gates.items()}
    receiver.start()
    end = metrics.serve(lambda: SqliteStore(path), SITE, f"127.0.0.1:{port}")
    try:
        for uplink in uplinks.values():
            uplink.start()
        eventually(lambda: uplinks["east"].status().acked == 250 and uplinks["main"].status().acked == 40)
        eventually(lambda: len(scrape(port)) > 10 and of("east", "faults") in scrape(port), 15)
        seen = scrape(port)
        assert seen[of("east", "events_total")] == 250
        assert seen[of("east", "faults")] == 1
        assert (seen[of("east", "clock_trusted")], seen[of("main", "clock_trusted")]) == (0, 1)
        assert (seen[of("main", "online")], seen[of("main", "missing")]) == (1, 0)
        assert seen[of("main", "last_event_seconds")] < 60
        assert seen[("headoffice_database_up", ())] == 1
        uplinks["main"].stop()
        eventually(lambda: scrape(port)[of("main", "online")] == 0, 15)
        store = SqliteStore(path)
        store.alarm(store.chains()[0].where, "fork", "two histories", 5)
        store.close()
        alarms = [
            value
            for (name, labels), value in scrape(port).items()
            if name == "headoffice_alarms_total" and ("code", "fork") in labels
        ]
        assert alarms == [1]
    finally:
        for uplink in uplinks.values():
            uplink.stop()
        receiver.stop()
        end()


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "o.sqlite").write_text("this is no database, and long enough to be read as one" * 20)
    port = free_port()
    end = metrics.serve(lambda: SqliteStore(tmp_path / "o.sqlite"), SITE, f"127.0.0.1:{port}")
    try:
        assert scrape(port) == {("headoffice_database_up", ()): 0}
    finally:
        end()
    for wrong in ("9108", "127.0.0.1:x", ""):
        with pytest.raises(ValueError, match="host:port"):
            metrics.serve(lambda: SqliteStore(tmp_path / "x"), SITE, wrong)


def test_rules_and_the_page_name_the_figures_that_there_are() -> None:
    there = set(re.findall(r'"(headoffice_\w+)", "', Path(metrics.__file__).read_text("utf-8")))
    there |= set(re.findall(r'"(headoffice_\w+)", about', Path(metrics.__file__).read_text("utf-8")))
    there |= set(re.findall(r'"(headoffice_gate_\w+)",\n', Path(metrics.__file__).read_text("utf-8")))
    for page in ("config/prometheus/gate-edge.rules.yml", "docs/headoffice.md"):
        named = set(re.findall(r"\bheadoffice_\w+", (ROOT / page).read_text("utf-8")))
        assert {name.removesuffix("_total") for name in named} <= there, page
        assert len(named) >= 4
