"""The receiver over the broker inside the process: hand-made batches, then a whole gate at the other end."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sync.batch import Batch
from sync.headoffice.audit import audit
from sync.headoffice.intake import ChainId
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.status import GateStatus
from sync.headoffice.store import Chunk, StoreUnavailable
from sync.headoffice.store_sqlite import SqliteStore
from sync.journal_source import Entry
from sync.link import Backoff, Handler, Limits, Problem, Will
from sync.memory import MemoryBroker, MemoryLink
from sync.protocol import WANT_EPOCH, ZERO, Ack, GateState, HeadOfficeState, Topics
from sync.uplink import Uplink
from tests.support_sync import (
    EPOCH,
    FAST,
    GATE,
    SITE,
    ListSource,
    Recorder,
    batch_of,
    batches,
    entries,
    eventually,
    signer,
    stored,
)

WHERE = ChainId(SITE, GATE, EPOCH)
TOPICS = Topics(SITE, GATE)
OPTIONS = ReceiverOptions(SITE, trust_first_contact=True, ack_interval_s=0.1, want_interval_s=0.2, retry_s=(0.05, 0.1))


class FailingStore(SqliteStore):
    """A store whose disk can be taken away, or which forgets to commit."""

    down = False
    writes = 0

    def apply(self, chunks: Sequence[Chunk], at_ms: int) -> None:
        self._check()
        super().apply(chunks, at_ms)
        self.writes += 1

    def chains(self, site: str = "") -> list:
        self._check()
        return super().chains(site)

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("the disk is away", "put it back")


class Office:
    """A receiver on a memory broker, and a gate's link that a test plays by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "headoffice.sqlite"
        self.broker = MemoryBroker(receive_maximum=500)
        self.seen = Recorder()
        self.link = MemoryLink(self.broker, "gate", backoff=Backoff(0.01, 0.05))
        for topic in (TOPICS.ack, TOPICS.headoffice):
            self.link.subscribe(topic)
        self.link.connect(self.seen)
        self.seen.wait(lambda s: s.limits)

    def start(self, options: ReceiverOptions = OPTIONS) -> Receiver:
        self.store = FailingStore(self.path)
        self.receiver = Receiver(
            MemoryLink(self.broker, "headoffice", backoff=Backoff(0.01, 0.05)), self.store, options
        )
        self.receiver.start()
        self.seen.wait(lambda s: self.office(s) == [True])
        return self.receiver

    def office(self, seen: Recorder) -> list[bool]:
        """Online or not, as last said."""
        return [HeadOfficeState.from_bytes(m.payload).online for m in seen.messages if m.topic == TOPICS.headoffice][
            -1:
        ]

    def send(self, *made: Batch) -> None:
        for b in made:
            payload, content_type = b.to_payload()
            self.link.publish(TOPICS.events, payload, content_type=content_type)

    def acks(self) -> list[Ack]:
        with self.seen.changed:
            return [Ack.from_bytes(m.payload) for m in self.seen.messages if m.topic == TOPICS.ack]

    def forget(self) -> None:
        with self.seen.changed:
            self.seen.messages[:] = [m for m in self.seen.messages if m.topic != TOPICS.ack]

    def acked(self, seq: int) -> Ack:
        eventually(lambda: any(a.seq == seq for a in self.acks()))
        return next(a for a in self.acks() if a.seq == seq)

    def events(self) -> list[tuple[int, bytes, bytes, bytes | None]]:
        reader = SqliteStore(self.path)
        rows = [(r.seq, r.data, r.hash, r.personal) for r in stored(reader)]
        reader.close()
        return rows

    def gate(self) -> GateStatus:
        found = [g for g in self.receiver.status().gates if g.gate == GATE]
        return found[0] if found else GateStatus(GATE)

    def alarms(self) -> list[str]:
        return [a.code for a in self.receiver.status().alarms]

    def close(self) -> None:
        self.receiver.stop()
        self.link.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    made.start()
    yield made
    made.close()


def tuples(made: Sequence[Entry]) -> list[tuple[int, bytes, bytes, bytes | None]]:
    return [(e.seq, e.data, e.hash, e.personal) for e in made]


def test_what_is_acknowledged_is_in_the_database(office: Office) -> None:
    made = entries(25)
    office.send(*batches(made, 10))
    ack = office.acked(25)
    assert ack == Ack(EPOCH, 25, made[-1].hash)
    assert office.events() == tuples(made)
    status = office.gate()
    assert (status.epoch, status.applied, status.hash, status.missing, status.forked) == (
        EPOCH,
        25,
        made[-1].hash,
        0,
        False,
    )
    assert status.last_ms > 0


def test_the_acknowledgement_is_repeated(office: Office) -> None:
    office.send(*batches(entries(5), 5))
    office.acked(5)
    office.forget()
    office.acked(5)


def test_duplicate_and_late_batches_change_nothing_and_are_acknowledged(office: Office) -> None:
    made = entries(30)
    b = batches(made, 10)
    office.send(b[0], b[0], b[1], b[0], b[2], b[1], batch_of(made[4:25], made[3].hash))
    office.acked(30)
    office.send(b[0])
    assert office.events() == tuples(made)
    assert office.alarms() == []
    assert {a.refused for a in office.acks()} == {""}


def test_a_hole_is_asked_for_once_and_nothing_behind_it_is_written(office: Office) -> None:
    made = entries(60)
    b = batches(made, 10)
    office.send(b[0], b[2], b[3], b[4], b[5])
    eventually(lambda: any(a.want == 11 for a in office.acks()))
    assert office.events() == tuples(made[:10])
    assert sum(a.want == 11 for a in office.acks()) == 1
    office.send(*b[1:])
    office.acked(60)
    assert office.events() == tuples(made)


def test_out_of_order_batches_are_put_right_by_sending_again(office: Office) -> None:
    made = entries(30)
    b = batches(made, 10)
    office.send(b[2], b[1], b[0])
    eventually(lambda: office.acks() and office.acks()[-1].seq == 10)
    office.send(*b)
    office.acked(30)
    assert office.events() == tuples(made)


def test_a_tampered_event_and_a_wrong_signature_are_refused_with_an_alarm(office: Office) -> None:
    made = entries(20)
    good, then = batches(made, 10)
    office.send(good)
    office.acked(10)
    events = (*then.events[:5], then.events[5].replace(b"entry", b"exit_"), *then.events[6:])
    office.send(replace(then, events=events))
    eventually(lambda: any(a.refused == "chain" for a in office.acks()))
    office.send(replace(then, signature=bytes(64)))
    eventually(lambda: any(a.refused == "signature" for a in office.acks()))
    office.send(batch_of(made[10:], made[9].hash, key=signer("thief")))
    eventually(lambda: any(a.refused == "key" for a in office.acks()))
    office.link.publish(TOPICS.events, b"garbage", content_type="text/plain")
    eventually(lambda: office.alarms() == ["chain", "signature", "key", "unreadable"])
    assert office.events() == tuples(made[:10])
    assert max(a.seq for a in office.acks()) == 10
    office.send(then)
    office.acked(20)


def test_nobody_can_call_a_gate_head_office(office: Office) -> None:
    payload, content_type = batch_of(entries(3, gate="headoffice"), ZERO, gate="headoffice").to_payload()
    for topic in ("gate/v1/s1/headoffice/events", "gate/v1/s1/headoffice/state", "gate/v1/s1/$x/events"):
        office.link.publish(topic, payload, content_type=content_type)
    office.send(*batches(entries(3), 3))
    office.acked(3)
    assert [g.gate for g in office.receiver.status().gates] == [GATE]
    assert office.receiver.alive


def test_a_fork_is_quarantined_and_not_acknowledged(office: Office) -> None:
    made, other = entries(20), entries(20, mark="other")
    office.send(*batches(made, 10))
    office.acked(20)
    office.forget()
    office.send(*batches(other, 10))
    eventually(lambda: any(a.want == WANT_EPOCH for a in office.acks()))
    eventually(lambda: office.gate().quarantined == 20)
    assert office.alarms() == ["fork"]
    assert office.gate().forked
    assert all(a.hash == made[19].hash for a in office.acks()), "what is acknowledged is our history"
    assert office.events() == tuples(made)
    office.send(*batches(entries(5, epoch="e2"), 5)[:0], batch_of(entries(5, epoch="e2"), ZERO, epoch="e2"))
    eventually(lambda: office.gate().epoch == "e2")
    assert (office.gate().applied, office.gate().older) == (5, 1)
    con = sqlite3.connect(office.path)
    assert con.execute("SELECT count(*), count(DISTINCT hash) FROM quarantine").fetchone() == (20, 20)
    con.close()


def test_a_new_epoch_begins_a_new_chain_and_the_old_one_stays(office: Office) -> None:
    old, new = entries(10), entries(7, epoch="e2")
    office.send(*batches(old, 10), batch_of(new, ZERO, epoch="e2"))
    eventually(lambda: office.gate().epoch == "e2" and office.gate().applied == 7)
    assert office.events() == tuples(old)
    reader = SqliteStore(office.path)
    assert [(c.where.epoch, c.mark.seq, audit(reader, c).wrong) for c in reader.chains()] == [
        (EPOCH, 10, ""),
        ("e2", 7, ""),
    ]
    reader.close()


def test_the_first_key_is_pinned(office: Office) -> None:
    office.send(*batches(entries(3), 3))
    office.acked(3)
    office.send(batch_of(entries(4, epoch="e2"), ZERO, epoch="e2", key=signer("thief")))
    eventually(lambda: office.alarms() == ["key"])
    assert office.gate().epoch == EPOCH


def test_without_trust_a_gate_must_be_enrolled(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.start(replace(OPTIONS, trust_first_contact=False))
    made = entries(3)
    office.send(*batches(made, 3))
    eventually(lambda: any(a.refused == "not-enrolled" for a in office.acks()))
    assert office.events() == []
    beside = SqliteStore(office.path)  # `enrol`, while it runs
    beside.enrol(SITE, GATE, signer().public_key().public_bytes_raw(), "enrolled", 1)
    office.send(*batches(made, 3))
    office.acked(3)
    beside.enrol(SITE, GATE, signer("new").public_key().public_bytes_raw(), "enrolled", 2, replace=True)
    beside.close()
    for epoch in ("e2", "e3"):  # the first one with the new key makes the receiver look again
        office.send(batch_of(entries(3, epoch=epoch), ZERO, epoch=epoch, key=signer("new")))
    eventually(lambda: office.gate().epoch == "e3")
    office.close()


def test_a_database_that_goes_away_means_offline_and_nothing_acknowledged(office: Office) -> None:
    made = entries(20)
    first, second = batches(made, 10)
    office.send(first)
    office.acked(10)
    office.store.down = True
    office.forget()
    office.send(second)
    office.seen.wait(lambda s: office.office(s) == [False])
    eventually(lambda: office.receiver.status().problem)
    assert office.receiver.status().hint == "put it back"
    assert [a for a in office.acks() if a.seq > 10] == []
    office.store.down = False
    office.seen.wait(lambda s: office.office(s) == [True])
    office.send(first, second)
    office.acked(20)
    assert office.events() == tuples(made)
    assert office.receiver.status().problem == ""


def test_sessions_have_new_words_and_an_end_says_offline(office: Office) -> None:
    office.send(*batches(entries(5), 5))
    office.acked(5)
    office.broker.cut("headoffice")
    office.seen.wait(lambda s: sum(m.topic == TOPICS.headoffice for m in s.messages) >= 3)
    office.acked(5)
    words = [HeadOfficeState.from_bytes(m.payload) for m in office.seen.messages if m.topic == TOPICS.headoffice]
    assert [w.online for w in words[:3]] == [True, False, True], "the last will in between"
    assert words[0].session != words[2].session
    office.receiver.stop()
    office.seen.wait(lambda s: office.office(s) == [False])
    assert not office.receiver.alive


def test_a_receiver_that_starts_again_knows_where_it_was(office: Office) -> None:
    made = entries(30)
    office.send(*batches(made, 10)[:2])
    office.acked(20)
    office.receiver.stop()
    office.forget()
    office.start()
    office.acked(20)
    assert office.gate().applied == 20
    office.send(*batches(made, 10))
    office.acked(30)
    assert office.events() == tuples(made)


def test_what_a_gate_says_of_itself_is_on_the_board(office: Office) -> None:
    key = signer().public_key().public_bytes_raw()
    office.send(*batches(entries(5), 5))
    office.acked(5)
    office.link.publish(TOPICS.state, GateState(True, EPOCH, 9, 5, key).to_bytes(), retain=True)
    eventually(lambda: office.gate().online)
    assert (office.gate().high, office.gate().missing) == (9, 4)
    office.link.publish(TOPICS.state, GateState(False, EPOCH, 0, 0, key).to_bytes(), retain=True)
    eventually(lambda: office.gate().online is False)
    assert office.gate().high == 9, "a last will knows less"
    office.link.publish(TOPICS.state, GateState(True, "e2", 3, 0, key).to_bytes(), retain=True)
    eventually(lambda: office.gate().epoch == "e2")
    assert (office.gate().applied, office.gate().missing, office.gate().older) == (0, 3, 1)


def test_many_gates_at_once(office: Office) -> None:
    sources = []
    for i in range(4):
        source = ListSource(entries(230, gate=f"gate{i}"), gate=f"gate{i}")
        uplink = Uplink(source, MemoryLink(office.broker, f"gate{i}", backoff=Backoff(0.01, 0.05)), FAST)
        uplink.start()
        sources.append((source, uplink))
    for source, uplink in sources:
        eventually(lambda s=source, u=uplink: u.status().acked == 230)
        uplink.stop()
        assert source.cursor == 230
    told = [(f"gate{i}", 230, 0) for i in range(4)]  # a moment after it has been acknowledged
    eventually(lambda: [(g.gate, g.applied, g.missing) for g in office.receiver.status().gates] == told)


def test_a_gate_head_office_and_a_line_that_breaks(office: Office) -> None:
    """Traffic, while the line is cut at either end, and the broker and the receiver are started again."""
    source = ListSource()
    uplink = Uplink(source, MemoryLink(office.broker, "main-gate", backoff=Backoff(0.01, 0.05)), FAST)
    uplink.start()
    pause = threading.Event()
    for i in range(60):
        source.extend(37)
        uplink.notify()
        if i % 5 == 1:
            office.broker.cut("main-gate")
        if i % 7 == 2:
            office.broker.cut("headoffice")
        if i % 20 == 10:
            office.broker.stop()
            office.broker.start()
        if i == 30:
            office.receiver.stop()
            office.start()
        pause.wait(0.01)
    eventually(lambda: uplink.status().acked == 60 * 37, 20)
    uplink.stop()
    assert office.events() == tuples(source.made)
    assert office.alarms() == []
    assert source.cursor == 60 * 37


def test_head_office_without_its_database_gets_everything_again(office: Office) -> None:
    source = ListSource(entries(250))
    uplink = Uplink(source, MemoryLink(office.broker, "main-gate", backoff=Backoff(0.01, 0.05)), FAST)
    uplink.start()
    eventually(lambda: uplink.status().acked == 250)
    office.receiver.stop()
    for path in office.path.parent.glob(f"{office.path.name}*"):
        path.unlink()
    office.start()
    source.extend(10)
    uplink.notify()
    eventually(lambda: uplink.status().acked == 260)
    uplink.stop()
    assert office.events() == tuples(source.made)


def test_a_cloned_gate_is_a_fork_at_both_ends(office: Office) -> None:
    """Two machines from one copied card: the second writes another history under the same epoch."""
    source = ListSource(entries(100))
    uplink = Uplink(source, MemoryLink(office.broker, "main-gate", backoff=Backoff(0.01, 0.05)), FAST)
    uplink.start()
    eventually(lambda: uplink.status().acked == 100)
    uplink.stop()
    clone = ListSource([*source.made[:50], *entries(80, after=source.made[49], mark="clone")])
    clone.cursor = 50
    second = Uplink(clone, MemoryLink(office.broker, "main-gate", backoff=Backoff(0.01, 0.05)), FAST)
    second.start()
    eventually(lambda: second.status().forked)
    second.stop()
    assert clone.cursor == 50
    assert office.events() == tuples(source.made)


class Late(MemoryLink):
    """A link that takes its time to find out that there is no broker."""

    def connect(self, handler: Handler, will: Will | None = None) -> None:
        self.handler = handler

    def close(self, timeout: float = 5.0) -> None:
        pass


def test_a_lost_connection_is_said_once_however_late_it_is_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    link = Late(MemoryBroker(), "office")
    receiver = Receiver(link, SqliteStore(tmp_path / "o.sqlite"), OPTIONS)
    receiver.start()

    def said(times: int) -> None:
        rounds = receiver.rounds
        eventually(lambda: receiver.rounds > rounds + 1)
        assert [r.message for r in caplog.records].count("no connection to the broker: unreachable nobody") == times

    try:
        eventually(lambda: receiver.rounds > 2)  # the database is open, and its board says «not connected yet»
        for times in (1, 1, 2):
            if times == 2:
                link.handler.gained(Limits())
            link.handler.lost(Problem("unreachable", "nobody"))
            said(times)
    finally:
        receiver.stop()
