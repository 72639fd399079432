"""The journal as the uplink sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.domain import events as ev
from edge.store import journal
from edge.store.db import Store
from edge.store.keys import JournalKey
from edge.store.source import JournalSource
from sync import journal_source, personal, protocol
from tests.support_store import a_morning, opened, put


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "g.db") as store:
        yield store


@pytest.fixture
def source(store: Store, tmp_path: Path) -> JournalSource:
    return JournalSource(store, JournalKey.load(tmp_path), lambda: {"version": "1"})


def test_it_is_what_the_protocol_asks_for(source: JournalSource, store: Store) -> None:
    wanted: journal_source.JournalSource = source
    assert (wanted.site, wanted.gate, wanted.epoch) == ("z", "main", store.epoch)
    assert wanted.state() == {"version": "1"}
    assert len(wanted.sign(b"x")) == 64
    assert len(wanted.public_key()) == 32


def test_an_empty_journal(source: JournalSource) -> None:
    assert source.head() == (0, journal.ZERO)
    assert source.after(0, 10, 1000) == []
    assert source.hash_of(0) == journal.ZERO
    with pytest.raises(LookupError):
        source.hash_of(1)


def test_entries_are_the_stored_bytes_and_chain(store: Store, source: JournalSource) -> None:
    put(store, *a_morning())
    entries = source.after(0, 100, 1 << 20)
    previous = journal.ZERO
    for n, entry in enumerate(entries, 1):
        assert entry.seq == n
        assert entry.hash == protocol.chain(previous, entry.data) == source.hash_of(n)
        previous = entry.hash
    assert source.head() == (11, previous)
    third = entries[2]
    assert third.personal is not None
    assert personal.digest(third.personal).hex().encode() in third.data


def test_limits_of_count_and_of_bytes_but_always_one(store: Store, source: JournalSource) -> None:
    put(store, *a_morning())
    whole = source.after(0, 100, 1 << 20)
    assert [e.seq for e in source.after(3, 2, 1 << 20)] == [4, 5]
    first_two = len(whole[0].data) + len(whole[1].data)
    assert [e.seq for e in source.after(0, 100, first_two)] == [1, 2]
    assert [e.seq for e in source.after(0, 100, first_two - 1)] == [1]
    assert [e.seq for e in source.after(0, 100, 1)] == [1]


def test_the_cursor_is_kept_over_a_restart_and_may_go_back(store: Store, source: JournalSource, tmp_path: Path) -> None:
    put(store, *a_morning())
    for seq in (3, 9, 7):
        source.set_acked(seq, source.hash_of(seq))
        assert source.acked() == seq
    store.close()
    with opened(tmp_path / "g.db") as again:
        assert JournalSource(again, JournalKey.load(tmp_path), dict).acked() == 7


def test_it_can_be_read_from_many_threads_while_the_gate_writes(store: Store, source: JournalSource) -> None:
    wrong: list[str] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            head, hash_ = source.head()
            if source.hash_of(head) != hash_:
                wrong.append("hash")
            seqs = [e.seq for e in source.after(max(0, head - 5), 5, 1 << 20)]
            if seqs != list(range(max(0, head - 5) + 1, max(0, head - 5) + 1 + len(seqs))):
                wrong.append(f"hole {seqs}")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(100):
        put(store, ev.VehicleWaiting("in1"), at=n)
    ended.set()
    for reader in readers:
        reader.join(10)
    assert wrong == []
