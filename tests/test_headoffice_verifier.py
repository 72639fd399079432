"""The receiver's first half: verified ahead of the database, in order, and in nobody's books until it is written."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sync.headoffice import verifier
from sync.headoffice.intake import ChainId, Verified, verify
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.store import Chunk
from sync.headoffice.store_sqlite import SqliteStore
from sync.headoffice.verifier import Checked, Verifier
from sync.inbox import Inbox, Item, Published
from sync.link import Limits, Message, Problem
from sync.memory import MemoryBroker, MemoryLink
from sync.protocol import ZERO, Ack, Topics
from tests.support_sync import EPOCH, GATE, SITE, Recorder, batch_of, batches, entries, eventually, stored

TOPICS = Topics(SITE, GATE)
MADE = entries(300)
BATCHES = batches(MADE, 100)


def message(token: int, gate: str = GATE, what: str = "events", *, broken: bool = False) -> Message:
    payload, content_type = batch_of(entries(5, gate=gate), ZERO, gate=gate).to_payload()
    return Message(f"gate/v1/{SITE}/{gate}/{what}", payload[broken:], content_type, token=token)


@pytest.fixture
def out() -> Iterator[tuple[Verifier, Inbox]]:
    to = Inbox()
    made = Verifier(SITE, lambda gate: gate != "theirs", to)
    made.start()
    yield made, to
    made.stop()


def test_everything_comes_out_in_the_order_in_which_it_went_in(out: tuple[Verifier, Inbox]) -> None:
    made, to = out
    rng = random.Random(3)
    kinds = {
        "ours": lambda n: message(n, rng.choice((GATE, "side"))),
        "broken": lambda n: message(n, broken=True),
        "theirs": lambda n: message(n, "theirs"),
        "state": lambda n: message(n, what="state"),
        "head office's": lambda n: message(n, "headoffice"),
        "nobody's": lambda n: Message("gate/v1/x", b"", token=n),
        "session": lambda _: Limits(),
        "end": lambda _: Problem("lost"),
        "answer": lambda n: Published(n, 0),
    }
    names = [rng.choice(list(kinds)) for _ in range(200)]
    put: list[Item] = [kinds[name](n) for n, name in enumerate(names)]
    for item in put:
        made.handler.put(item)
    got: list[Item] = []
    while len(got) < len(put):
        got += to.take(10.0)
    for name, was, now in zip(names, put, got, strict=True):
        if name not in ("ours", "broken"):
            assert now is was
            continue
        assert isinstance(was, Message)
        assert isinstance(now, Checked)
        assert (now.token, now.topic) == (was.token, was.topic), "it is acknowledged to the broker like any other"
        if name == "ours":
            assert isinstance(now.found, Verified)
            assert [row.seq for row in now.found.rows] == [1, 2, 3, 4, 5]
        else:
            assert isinstance(now.found, str)


class SlowStore(SqliteStore):
    """A database that takes its time with everything after its first transaction."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writing, self.go_on = threading.Event(), threading.Event()

    def apply(self, chunks: Sequence[Chunk], at_ms: int) -> None:
        if chunks[0].after.seq:
            self.writing.set()
            assert self.go_on.wait(20)
        super().apply(chunks, at_ms)


def test_what_is_verified_and_not_yet_written_is_neither_acknowledged_nor_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch 2 is being written and batch 3 is verified. A kill -9 at this moment: nobody was told of either, and both come again."""
    verified = threading.Event()

    def watched(where: ChainId, batch: verifier.Batch) -> Verified:
        found = verify(where, batch)
        if batch.first == 201:
            verified.set()
        return found

    monkeypatch.setattr(verifier, "verify", watched)
    broker, seen = MemoryBroker(), Recorder()
    link = MemoryLink(broker, "gate")
    for topic in (TOPICS.ack, TOPICS.headoffice):
        link.subscribe(topic)
    link.connect(seen)
    store = SlowStore(tmp_path / "office.sqlite")
    options = ReceiverOptions(SITE, trust_first_contact=True)
    receiver = Receiver(MemoryLink(broker, "office"), store, options)
    receiver.start()

    def acked() -> int:
        with seen.changed:
            return max((Ack.from_bytes(m.payload).seq for m in seen.messages if m.topic == TOPICS.ack), default=0)

    def send(first: int) -> None:
        payload, content_type = BATCHES[first].to_payload()
        link.publish(TOPICS.events, payload, content_type=content_type)

    try:
        seen.wait(lambda s: any(m.topic == TOPICS.headoffice for m in s.messages))
        send(0)
        eventually(lambda: acked() == 100)
        send(1)
        assert store.writing.wait(10)
        send(2)
        assert verified.wait(10), "one verifies while the other waits for the database"
        after_the_kill = SqliteStore(tmp_path / "office.sqlite")  # what a receiver that starts now would find
        assert [row.seq for row in stored(after_the_kill)] == list(range(1, 101))
        assert after_the_kill.mark(ChainId(SITE, GATE, EPOCH)).seq == 100
        assert acked() == 100
        store.go_on.set()
        eventually(lambda: acked() == 300)
        assert [(row.seq, row.data, row.hash) for row in stored(after_the_kill)] == [
            (e.seq, e.data, e.hash) for e in MADE
        ]
        after_the_kill.close()
    finally:
        store.go_on.set()
        receiver.stop()
        link.close()


def test_a_receiver_whose_verifier_has_died_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not one that goes round and receives nothing: whoever watches over it starts it again."""
    told = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: told.set())
    monkeypatch.setattr(verifier, "verify", lambda *_: 1 // 0)
    broker = MemoryBroker()
    link, seen = MemoryLink(broker, "gate"), Recorder()
    link.subscribe(TOPICS.headoffice)
    link.connect(seen)
    receiver = Receiver(MemoryLink(broker, "office"), SqliteStore(tmp_path / "o.sqlite"), ReceiverOptions(SITE))
    receiver.start()
    seen.wait(lambda s: s.messages)
    payload, content_type = BATCHES[0].to_payload()
    link.publish(TOPICS.events, payload, content_type=content_type)
    eventually(lambda: not receiver.alive)
    assert told.is_set()
    link.close()
