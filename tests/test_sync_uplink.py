"""The uplink against a head office that a test plays by hand, over the broker inside the process."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sync.batch import Batch
from sync.journal_source import Entry
from sync.link import Backoff, Link, Message, NotConnected, Will
from sync.memory import MemoryBroker, MemoryLink
from sync.protocol import WANT_EPOCH, ZERO, Ack, GateState, HeadOfficeState, Topics
from sync.uplink import Uplink, UplinkOptions, UplinkStatus
from tests.support_sync import EPOCH, FAST, GATE, SITE, ListSource, Recorder, entries, eventually

TOPICS = Topics(SITE, GATE)


class PlayedOffice:
    """Head office's side of the line; says only what the test says."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.seen = Recorder()
        self.link = MemoryLink(broker, "headoffice", backoff=Backoff(0.01, 0.05))
        self.link.subscribe(TOPICS.events, 1)
        self.link.subscribe(TOPICS.state, 1)
        self.link.connect(self.seen)
        self.seen.wait(lambda s: s.limits)
        self.sessions = 0

    def say(self, online: bool) -> None:
        self.sessions += online
        self.link.publish(TOPICS.headoffice, HeadOfficeState(online, f"s{self.sessions}").to_bytes(), retain=True)

    def ack(self, source: ListSource, seq: int, **more: object) -> None:
        ack = replace(Ack(source.epoch, seq, source.hash_of(seq)), **more)
        self.link.publish(TOPICS.ack, ack.to_bytes(), qos=0)

    def batches(self) -> list[Batch]:
        with self.seen.changed:
            messages = list(self.seen.messages)
        for m in messages:
            self.link.ack(m)
        return [Batch.from_payload(m.payload, m.content_type) for m in messages if m.topic == TOPICS.events]

    def states(self) -> list[GateState]:
        with self.seen.changed:
            return [GateState.from_bytes(m.payload) for m in self.seen.messages if m.topic == TOPICS.state]

    def wait(self, seen: Callable[[list[tuple[int, int]]], object], timeout: float = 10.0) -> list[tuple[int, int]]:
        """Until the batches (first, last) are as wanted."""
        eventually(lambda: seen([(b.first, b.last) for b in self.batches()]), timeout)
        return [(b.first, b.last) for b in self.batches()]


class Scene:
    """A broker, a gate's journal and uplink, and the played head office."""

    def __init__(self) -> None:
        self.broker = MemoryBroker(receive_maximum=50)
        self.office = PlayedOffice(self.broker)
        self.source = ListSource()
        self.told: list[UplinkStatus] = []
        self.uplink: Uplink | None = None

    def up(self, events: int = 0, options: UplinkOptions = FAST, link: Link | None = None) -> Uplink:
        if events:
            self.source.extend(events)
        self.uplink = Uplink(self.source, link or MemoryLink(self.broker, "gate", backoff=Backoff(0.01, 0.05)), options)
        self.uplink.on_status(self.told.append)
        self.uplink.start()
        return self.uplink

    def status(self, seen: Callable[[UplinkStatus], object]) -> UplinkStatus:
        assert self.uplink is not None
        eventually(lambda: self.uplink is not None and seen(self.uplink.status()))
        return self.uplink.status()

    def close(self) -> None:
        if self.uplink is not None:
            self.uplink.stop()
        self.office.link.close()


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.close()


def test_nothing_is_sent_while_head_office_is_offline(scene: Scene) -> None:
    scene.up(10)
    scene.status(lambda s: s.connected)
    scene.source.extend(500)
    assert scene.uplink is not None
    scene.uplink.notify()
    scene.status(lambda s: s.head == 510)
    assert scene.office.batches() == []
    scene.office.say(False)
    scene.office.seen.wait(lambda s: s.answers)
    assert scene.uplink.status().headoffice_online is False
    scene.office.say(True)
    scene.office.wait(lambda b: b[-1:] == [(501, 510)])
    scene.office.say(False)
    scene.status(lambda s: not s.headoffice_online)
    sent = len(scene.office.batches())
    scene.source.extend(100)
    scene.uplink.notify()
    scene.status(lambda s: s.head == 610)
    assert len(scene.office.batches()) == sent


def test_an_answer_of_the_broker_does_not_move_the_cursor(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(150, replace(FAST, stall_s=0.2))
    scene.office.wait(lambda b: (101, 150) in b)
    status = scene.status(lambda s: s.problem == "stalled")
    assert (status.acked, status.unsent, scene.source.cursor) == (0, 150, 0)
    scene.office.ack(scene.source, 100)
    scene.status(lambda s: (s.acked, s.unsent) == (100, 50))
    scene.office.ack(scene.source, 150)
    scene.status(lambda s: (s.unsent, s.problem) == (0, None))
    eventually(lambda: scene.source.cursor == 150)


def test_a_batch_is_a_valid_piece_of_the_chain(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(250)
    scene.office.wait(lambda b: len(b) == 3)
    prev = ZERO
    for b in scene.office.batches():
        piece = scene.source.made[b.first - 1 : b.last]
        assert b.prev == prev
        assert b.events == tuple(e.data for e in piece)
        assert b.personal == tuple(e.personal for e in piece)
        assert b.checkpoint(SITE, GATE).verified_by(scene.source.public_key())
        prev = b.hash


def test_lost_messages_are_sent_again_from_the_cursor(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(300, replace(FAST, stall_s=0.2))
    scene.office.wait(lambda b: len(b) >= 3)
    scene.office.ack(scene.source, 100)
    scene.office.wait(lambda b: b.count((101, 200)) >= 2)
    scene.office.ack(scene.source, 300)
    scene.status(lambda s: s.unsent == 0)


def test_late_doubled_and_foreign_acknowledgements_do_no_harm(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(300)
    scene.office.wait(lambda b: len(b) >= 3)
    for seq in (300, 100, 200, 300, 0):
        scene.office.ack(scene.source, seq)
    scene.office.link.publish(TOPICS.ack, Ack("another-epoch", 5, bytes(32), want=WANT_EPOCH).to_bytes(), qos=0)
    scene.office.link.publish(TOPICS.ack, b"garbage", qos=0)
    scene.office.link.publish(TOPICS.headoffice, b"garbage")
    scene.source.extend(1)
    assert scene.uplink is not None
    scene.uplink.notify()
    scene.office.wait(lambda b: b[-1] == (301, 301))
    status = scene.uplink.status()
    assert (status.acked, status.forked, status.problem) == (300, False, None)


def test_a_wish_is_granted(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(300, replace(FAST, stall_s=30))
    scene.office.wait(lambda b: len(b) >= 3)
    scene.office.ack(scene.source, 100)
    threading.Event().wait(1.05)  # later than the echo of the first sending
    scene.office.ack(scene.source, 100, want=101)
    scene.office.wait(lambda b: b[3:5] == [(101, 200), (201, 300)])


def test_head_office_restored_from_an_old_copy_gets_it_again(scene: Scene) -> None:
    scene.source.cursor = 300
    scene.office.say(True)
    scene.up(300)
    scene.status(lambda s: s.headoffice_online)
    scene.office.ack(scene.source, 120, want=121)
    scene.office.wait(lambda b: b[:2] == [(121, 220), (221, 300)])
    assert scene.status(lambda s: s.acked == 120).unsent == 180
    eventually(lambda: scene.source.cursor == 120)


def test_what_is_no_longer_in_the_journal_is_a_problem_in_words(scene: Scene) -> None:
    scene.source.extend(300)
    del scene.source.made[:200]
    scene.source.cursor = 300
    scene.office.say(True)
    scene.up()
    scene.status(lambda s: s.headoffice_online)
    ack = Ack(EPOCH, 120, bytes(32), want=121)
    scene.office.link.publish(TOPICS.ack, ack.to_bytes(), qos=0)
    assert "121" in scene.status(lambda s: s.problem == "pruned").detail


@pytest.mark.parametrize("how", ["another hash", "more than the journal", "asked"])
def test_a_fork_stops_the_drain_for_good(scene: Scene, how: str) -> None:
    scene.office.say(True)
    scene.up(100, replace(FAST, stall_s=0.1))
    scene.office.wait(lambda b: b)
    ack = {
        "another hash": Ack(EPOCH, 50, bytes(32)),
        "more than the journal": Ack(EPOCH, 101, bytes(32)),
        "asked": Ack(EPOCH, 0, ZERO, want=WANT_EPOCH, refused="fork"),
    }[how]
    scene.office.link.publish(TOPICS.ack, ack.to_bytes(), qos=0)
    scene.status(lambda s: s.forked and s.problem == "fork")
    sent, reads = len(scene.office.batches()), scene.source.reads
    scene.office.say(True)
    scene.source.extend(100)
    assert scene.uplink is not None
    scene.uplink.notify()
    scene.status(lambda s: s.head == 200)
    assert len(scene.office.batches()) == sent
    assert scene.source.reads == reads
    assert scene.source.cursor == 0


def test_an_event_that_no_packet_carries_is_a_problem_and_does_not_spin(scene: Scene) -> None:
    scene.broker = MemoryBroker(max_packet=4000)
    scene.office.link.close()
    scene.office = PlayedOffice(scene.broker)
    scene.source.extend(20)
    scene.source.made.append(Entry(21, secrets.token_bytes(8000), bytes(32), None))  # nothing that zlib could shrink
    scene.office.say(True)
    scene.up()
    scene.status(lambda s: s.problem == "event-too-large")
    eventually(
        lambda: scene.office.batches() and scene.office.batches()[-1].last == 20
    )  # everything before it has gone
    sent = scene.office.batches()
    assert [b.first for b in sent] == sorted(b.first for b in sent)
    scene.office.ack(scene.source, 20)
    status = scene.status(lambda s: s.acked == 20)
    assert status.problem == "event-too-large"
    assert "21" in status.detail
    reads = scene.source.reads
    scene.status(lambda s: s.head == 21)
    threading.Event().wait(0.3)
    assert scene.source.reads == reads


def test_batches_shrink_to_what_the_broker_takes(scene: Scene) -> None:
    scene.broker = MemoryBroker(max_packet=2500, receive_maximum=100)
    scene.office.link.close()
    scene.office = PlayedOffice(scene.broker)
    scene.office.say(True)
    scene.up(200)
    eventually(lambda: scene.office.batches() and scene.office.batches()[-1].last >= 100)
    assert scene.uplink is not None
    assert scene.uplink.status().problem is None
    assert max(len(b.events) for b in scene.office.batches()) < 100


def test_a_new_session_of_head_office_starts_again_from_the_cursor(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(100, replace(FAST, stall_s=30))
    scene.office.wait(lambda b: b == [(1, 100)])
    scene.office.say(True)
    scene.office.wait(lambda b: b == [(1, 100), (1, 100)])


def test_a_new_session_of_the_link_starts_again_from_the_cursor(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(100, replace(FAST, stall_s=30))
    scene.office.wait(lambda b: b == [(1, 100)])
    scene.broker.cut("gate")
    scene.office.wait(lambda b: b == [(1, 100), (1, 100)])
    assert any(s.problem == "link-lost" for s in scene.told)


def test_nobody_listening_is_said_and_not_flooded(scene: Scene) -> None:
    scene.office.say(True)
    scene.office.link.close()
    scene.up(100)
    scene.status(lambda s: s.problem == "nobody-listens")
    assert scene.source.reads == 1
    scene.office = PlayedOffice(scene.broker)
    scene.office.say(True)
    scene.office.wait(lambda b: b == [(1, 100)])
    scene.office.ack(scene.source, 100)
    scene.status(lambda s: (s.unsent, s.problem) == (0, None))


def test_what_head_office_refuses_is_said_and_not_flooded(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(100, replace(FAST, stall_s=0.1))
    scene.office.wait(lambda b: b)
    scene.office.ack(scene.source, 0, refused="not-enrolled")
    scene.status(lambda s: s.problem == "refused-not-enrolled")
    sent = len(scene.office.batches())
    threading.Event().wait(0.5)
    assert len(scene.office.batches()) == sent


def test_a_journal_that_cannot_be_read_is_a_problem_that_ends(scene: Scene) -> None:
    scene.source.broken.set()
    scene.office.say(True)
    scene.up(10)
    scene.status(lambda s: s.problem == "journal")
    scene.source.broken.clear()
    scene.office.wait(lambda b: b == [(1, 10)])
    scene.office.ack(scene.source, 10)
    scene.status(lambda s: s.unsent == 0)
    scene.source.broken.set()
    scene.source.extend(5)
    assert scene.uplink is not None
    scene.uplink.notify()
    scene.status(lambda s: s.problem == "journal")
    scene.source.broken.clear()
    scene.office.wait(lambda b: b[-1] == (11, 15))
    scene.status(lambda s: s.problem is None)


def test_the_state_is_retained_and_ends_with_offline(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(3)
    eventually(scene.office.states)
    first = scene.office.states()[0]
    assert (first.online, first.epoch, first.key, first.details) == (
        True,
        EPOCH,
        scene.source.public_key(),
        {"version": "0.1.0"},
    )
    scene.source.details = {"faults": ["camera"]}
    eventually(lambda: scene.office.states()[-1].details == {"faults": ["camera"]})
    scene.source.details = {"faults": "x" * 70_000}
    eventually(lambda: scene.office.states()[-1].details == {})
    assert scene.uplink is not None
    scene.uplink.stop()
    eventually(lambda: scene.office.states()[-1].online is False)
    said = len(scene.office.states())
    assert said < 20, "only when it changes"


def test_a_broken_line_leaves_the_gate_offline(scene: Scene) -> None:
    link = MemoryLink(scene.broker, "gate", backoff=Backoff(60, 60))
    scene.up(3, link=link)
    eventually(scene.office.states)
    scene.broker.cut("gate")
    eventually(lambda: scene.office.states()[-1].online is False)


def test_a_few_events_go_together(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(0, replace(FAST, linger_s=0.2))
    scene.status(lambda s: s.headoffice_online)
    assert scene.uplink is not None
    for _ in range(10):
        scene.source.extend(1)
        scene.uplink.notify()
    scene.office.wait(lambda b: b == [(1, 10)])


def test_a_full_window_waits(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(3000, replace(FAST, stall_s=30))
    scene.office.wait(lambda b: len(b) >= 20)
    threading.Event().wait(0.1)
    assert len(scene.office.batches()) == 20
    scene.office.ack(scene.source, 500)
    scene.office.wait(lambda b: len(b) == 25)


def test_the_brokers_receive_maximum_does_not_lose_anything(scene: Scene) -> None:
    scene.broker = MemoryBroker(receive_maximum=2)
    scene.office.link.close()
    scene.office = PlayedOffice(scene.broker)
    scene.office.say(True)
    scene.up(1500, replace(FAST, stall_s=30))
    scene.office.wait(lambda b: b == [(i, i + 99) for i in range(1, 1500, 100)])


def test_status_is_told_at_once_when_it_matters_and_seldom_otherwise(scene: Scene) -> None:
    scene.office.say(True)
    scene.up(1000)
    scene.office.wait(lambda b: b and b[-1][1] == 1000)
    for seq in range(1, 1001):
        scene.office.ack(scene.source, seq)
    status = scene.status(lambda s: s.unsent == 0)
    eventually(lambda: scene.told[-1] == status)
    assert status.last_ack_mono is not None
    assert status.last_ack_mono <= time.monotonic()
    assert 2 <= len(scene.told) < 40


def test_notify_is_cheap_and_never_waits() -> None:
    class Silent:
        def subscribe(self, topic: str, qos: int = 1) -> None: ...
        def connect(self, handler: object, will: Will | None = None) -> None: ...
        def publish(self, *_: object, **__: object) -> int:
            raise NotConnected

        def ack(self, message: Message) -> None: ...
        def close(self, timeout: float = 5.0) -> None: ...

    uplink = Uplink(ListSource(), Silent(), FAST)  # not started: nobody empties the queue
    for _ in range(100_000):
        uplink.notify()
    assert len(uplink._inbox.take(0, most=10)) == 1
    uplink.stop()


def test_stop_before_anything_and_twice(scene: Scene) -> None:
    uplink = scene.up(1)
    uplink.stop()
    uplink.stop()
    assert threading.active_count() < 20
    broken = ListSource(entries(1))
    broken.broken.set()
    second = Uplink(broken, MemoryLink(scene.broker, "other"), FAST)
    second.start()
    second.stop()
    assert second._thread is not None
    assert not second._thread.is_alive()
