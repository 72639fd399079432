"""Background readers give way while a card is under way, and only for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import Stamp
from edge.domain import events as ev
from edge.store.db import HUSH_S, Store
from edge.store.keys import JournalKey
from edge.store.source import JournalSource


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "gate.sqlite", gate="main", site="zhenyuan", ballast=0)
    yield opened
    opened.close()


def test_the_uplink_waits_while_a_reader_speaks_and_then_reads(store: Store, tmp_path: Path) -> None:
    stamp = Stamp(1_793_000_000_000, "b", 1, "ntp")
    store.transact_sync(lambda tx: tx.append(ev.GateStopped("asked"), actor="gate", stamp=stamp))
    source = JournalSource(store, JournalKey.load(tmp_path), dict)
    store.hush()
    begun = time.monotonic()
    assert [entry.seq for entry in source.after(0, 10, 1_000)] == [1]
    assert time.monotonic() - begun >= HUSH_S * 0.9


def test_nobody_waits_when_nothing_is_urgent(store: Store) -> None:
    begun = time.monotonic()
    for _ in range(1_000):
        store.give_way()
    assert time.monotonic() - begun < HUSH_S * 1_000 / 10


def test_a_line_that_never_falls_silent_holds_up_each_piece_for_a_moment_only(store: Store) -> None:
    ended = threading.Event()

    def noise() -> None:
        while not ended.wait(HUSH_S / 10):
            store.hush()

    line = threading.Thread(target=noise)
    line.start()
    pieces = [_seconds(store) for _ in range(5)]
    ended.set()
    line.join()
    assert max(pieces) < 2.0, "one wait each, however long the line speaks"


def _seconds(store: Store) -> float:
    begun = time.monotonic()
    store.give_way()
    return time.monotonic() - begun
