"""One suite over both links: paho against a real mosquitto, and the broker inside the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from sync.link import NO_SUBSCRIBERS, SUCCESS, Backoff, Busy, Link, NotConnected, TooLarge, Will, packet_size
from sync.memory import MemoryBroker, MemoryLink
from sync.memory_broker import matches
from sync.mqtt import MqttLink
from tests.support_sync import Mosquitto, Recorder, eventually

PACKET = 64 * 1024


class Bench(Protocol):
    """A broker that can be stopped, started and asked for links."""

    def link(self, name: str, receive_maximum: int = 100) -> Link: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...
    def cut(self, name: str) -> None: ...
    def close(self) -> None: ...


class MemoryBench:
    def __init__(self, folder: Path) -> None:
        self.broker = MemoryBroker(max_packet=PACKET, receive_maximum=10, max_queued=2000)
        self.stop, self.start, self.cut = self.broker.stop, self.broker.start, self.broker.cut

    def link(self, name: str, receive_maximum: int = 100) -> Link:
        return MemoryLink(self.broker, name, receive_maximum=receive_maximum, backoff=Backoff(0.02, 0.1))

    def close(self) -> None:
        self.broker.stop()


class MosquittoBench:
    def __init__(self, folder: Path) -> None:
        self.broker = Mosquitto(
            folder, f"max_packet_size {PACKET}", "max_inflight_messages 10", "max_queued_messages 2000"
        )
        self.stop, self.start, self.close = self.broker.kill, self.broker.start, self.broker.kill
        self._links: dict[str, MqttLink] = {}

    def link(self, name: str, receive_maximum: int = 100) -> Link:
        made = self._links[name] = self.broker.link(name, receive_maximum=receive_maximum)
        return made

    def cut(self, name: str) -> None:
        session = self._links[name]._session
        assert session is not None
        sock = session.client.socket()
        assert sock is not None
        sock.close()


@pytest.fixture(params=[MemoryBench, MosquittoBench], ids=["memory", "mosquitto"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = request.param(tmp_path)
    yield made
    made.close()


class Ends:
    """Links that are closed at the end, whatever happens."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.links: list[Link] = []

    def up(
        self, name: str, *topics: str, will: Will | None = None, receive_maximum: int = 100, qos: int = 1
    ) -> tuple[Link, Recorder]:
        link, seen = self.bench.link(name, receive_maximum), Recorder()
        self.links.append(link)
        for topic in topics:
            link.subscribe(topic, qos)
        link.connect(seen, will)
        seen.wait(lambda s: s.limits)
        return link, seen


@pytest.fixture
def ends(bench: Bench) -> Iterator[Ends]:
    made = Ends(bench)
    yield made
    for link in made.links:
        link.close()


def send(link: Link, seen: Recorder, topic: str, payload: bytes) -> int:
    """Publish, waiting as long as the link is busy."""
    while True:
        with suppress(Busy):
            return link.publish(topic, payload)
        before = len(seen.answers)
        seen.wait(lambda s, n=before: len(s.answers) > n)


def test_a_message_arrives_as_it_was_sent(ends: Ends) -> None:
    _, there = ends.up("b", "gate/v1/s/+/events")
    link, here = ends.up("a")
    payload = bytes(range(256)) * 20
    token = link.publish("gate/v1/s/g/events", payload, content_type="application/x")
    here.wait(lambda s: s.answers.get(token) == SUCCESS)
    there.wait(lambda s: s.messages)
    (message,) = there.messages
    assert (message.topic, message.payload, message.content_type) == ("gate/v1/s/g/events", payload, "application/x")
    assert not message.retain
    assert message.token


def test_quality_zero_has_no_answer_and_nothing_to_acknowledge(ends: Ends) -> None:
    _, there = ends.up("b", "t", qos=0)
    link, here = ends.up("a")
    assert link.publish("t", b"0", qos=0) == 0
    token = link.publish("t", b"1")
    here.wait(lambda s: token in s.answers)
    there.wait(lambda s: len(s.messages) == 2)
    assert [(m.payload, m.token) for m in there.messages] == [(b"0", 0), (b"1", 0)]
    assert here.answers[token] == SUCCESS
    for i in range(200):  # more than the broker's Receive Maximum: it does not count them
        link.publish("t", str(i).encode(), qos=0)
    there.wait(lambda s: len(s.messages) == 202)
    assert send(link, here, "t", b"end")


def test_an_answer_is_no_delivery_and_says_when_nobody_listened(ends: Ends) -> None:
    link, here = ends.up("a")
    token = link.publish("nobody/here", b"x")
    here.wait(lambda s: s.answers.get(token) == NO_SUBSCRIBERS)


def test_order_is_kept(ends: Ends) -> None:
    other, there = ends.up("b", "t")
    link, here = ends.up("a")
    for i in range(500):
        send(link, here, "t", str(i).encode())
        for message in there.messages[max(0, i - 20) :]:
            other.ack(message)
    done = 0
    while done < 500:
        there.wait(lambda s, n=done: len(s.messages) > n)
        other.ack(there.messages[done])
        done += 1
    assert [m.payload for m in there.messages] == [str(i).encode() for i in range(500)]
    here.wait(lambda s: len(s.answers) == 500)


def test_limits_are_told_and_kept(ends: Ends) -> None:
    _, there = ends.up("b", "t")
    link, here = ends.up("a")
    assert here.limits[0].max_packet == PACKET
    assert here.limits[0].receive_maximum == 10
    room = PACKET - packet_size("t", b"", "")
    with pytest.raises(TooLarge) as caught:
        link.publish("t", bytes(room + 1))
    assert caught.value.limit == PACKET
    token = link.publish("t", bytes(room))
    here.wait(lambda s: s.answers.get(token) == SUCCESS)
    there.wait(lambda s: s.messages)
    assert not here.problems, "nothing was sent that the broker would have hung up for"


def test_what_we_do_not_acknowledge_holds_up_the_rest(ends: Ends) -> None:
    other, there = ends.up("b", "t", receive_maximum=3)
    link, here = ends.up("a")
    for i in range(8):
        send(link, here, "t", bytes([i]))
    here.wait(lambda s: len(s.answers) == 8)
    there.wait(lambda s: len(s.messages) == 3)
    other.ack(there.messages[0])
    there.wait(lambda s: len(s.messages) == 4)
    assert [m.payload for m in there.messages] == [bytes([i]) for i in range(4)]


def test_retained_messages_greet_who_comes_later(ends: Ends) -> None:
    link, here = ends.up("a")
    for payload in (b"old", b"new"):
        token = link.publish("s/state", payload, retain=True, content_type="application/json")
        here.wait(lambda s, t=token: t in s.answers)
    _, there = ends.up("b", "s/#")
    there.wait(lambda s: s.messages)
    assert [(m.payload, m.retain, m.content_type) for m in there.messages] == [(b"new", True, "application/json")]
    token = link.publish("s/state", b"", retain=True)
    here.wait(lambda s: token in s.answers)
    there.wait(lambda s: len(s.messages) == 2)
    third, seen = ends.up("c", "s/#", "mark")
    third.publish("mark", b"m")
    seen.wait(lambda s: s.messages)
    assert [m.payload for m in seen.messages] == [b"m"], "an empty one clears"


def test_a_broken_line_leaves_the_last_will_and_an_orderly_end_does_not(ends: Ends) -> None:
    _, there = ends.up("watcher", "will/#")
    _, cut = ends.up("cut", will=Will("will/cut", b"gone"))
    orderly, _ = ends.up("orderly", will=Will("will/orderly", b"gone"))
    orderly.close()
    ends.bench.cut("cut")
    there.wait(lambda s: s.messages)
    cut.wait(lambda s: s.problems and len(s.limits) == 2)
    assert [(m.topic, m.payload) for m in there.messages] == [("will/cut", b"gone")]


def test_a_broker_that_dies_and_returns(ends: Ends) -> None:
    other, there = ends.up("b", "t")
    link, here = ends.up("a")
    ends.bench.stop()
    here.wait(lambda s: s.problems)
    there.wait(lambda s: s.problems)
    with pytest.raises(NotConnected):
        link.publish("t", b"x")
    ends.bench.start()
    here.wait(lambda s: len(s.limits) == 2)
    there.wait(lambda s: len(s.limits) == 2)
    token = link.publish("t", b"again")
    here.wait(lambda s: s.answers.get(token) == SUCCESS)
    there.wait(lambda s: s.messages)
    assert [m.payload for m in there.messages] == [b"again"], "subscribed again, and nothing old came by itself"
    other.ack(there.messages[0])


def test_an_acknowledgement_of_an_earlier_session_is_forgotten(ends: Ends) -> None:
    other, there = ends.up("b", "t", receive_maximum=1)
    link, here = ends.up("a")
    send(link, here, "t", b"1")
    there.wait(lambda s: len(s.messages) == 1)
    here.wait(lambda s: s.answers)
    ends.bench.stop()
    there.wait(lambda s: s.problems)
    ends.bench.start()
    there.wait(lambda s: len(s.limits) == 2)
    here.wait(lambda s: len(s.limits) == 2)
    send(link, here, "t", b"2")
    there.wait(lambda s: len(s.messages) == 2)
    other.ack(there.messages[0])
    send(link, here, "t", b"3")
    here.wait(lambda s: len(s.answers) == 3)
    assert len(there.messages) == 2, "the old token acknowledged nothing"
    other.ack(there.messages[1])
    there.wait(lambda s: len(s.messages) == 3)


def test_a_second_client_of_the_same_name_throws_the_first_out(ends: Ends) -> None:
    _, first = ends.up("same")
    ends.up("same")
    first.wait(lambda s: s.problems)
    assert first.problems[0].code in ("taken-over", "lost"), "mosquitto 2.0.11 hangs up without giving a reason"


def test_nothing_is_said_after_close(ends: Ends) -> None:
    link, seen = ends.up("a", "t")
    other, _ = ends.up("b")
    link.close()
    link.close()
    said = len(seen.problems), len(seen.messages)
    assert other.publish("t", b"late")
    with pytest.raises(NotConnected):
        link.publish("t", b"x")
    assert (len(seen.problems), len(seen.messages)) == said


def test_no_broker_at_first(ends: Ends) -> None:
    ends.bench.stop()
    link, seen = ends.bench.link("a"), Recorder()
    ends.links.append(link)
    link.connect(seen)
    seen.wait(lambda s: len(s.problems) >= 2)
    assert {p.code for p in seen.problems} == {"unreachable"}
    ends.bench.start()
    seen.wait(lambda s: s.limits)


def test_topic_filters() -> None:
    assert matches("a/+/c", "a/b/c")
    assert matches("a/#", "a/b/c")
    assert matches("#", "a")
    assert not matches("a/+", "a/b/c")
    assert not matches("a/b/c", "a/b")


def test_the_memory_broker_is_bounded() -> None:
    broker = MemoryBroker(max_queued=5, max_retained=3, receive_maximum=1000)
    slow, fast, seen, answers = (
        MemoryLink(broker, "slow", receive_maximum=1),
        MemoryLink(broker, "fast"),
        Recorder(),
        Recorder(),
    )
    slow.subscribe("t")
    slow.connect(seen)
    fast.connect(answers)
    seen.wait(lambda s: s.limits)
    answers.wait(lambda s: s.limits)
    for i in range(50):
        fast.publish("t", bytes([i]))
        fast.publish(f"r/{i}", b"x", retain=True)
    answers.wait(lambda s: len(s.answers) == 100)
    assert SUCCESS in answers.answers.values()
    third = MemoryLink(broker, "third")
    late = Recorder()
    third.subscribe("r/#")
    third.connect(late)
    late.wait(lambda s: len(s.messages) == 3)
    got = 0
    while got < 5:
        seen.wait(lambda s, n=got: len(s.messages) > n)
        slow.ack(seen.messages[got])
        got += 1
    for link in (slow, fast, third):
        link.close()
    assert len(seen.messages) <= 6, "what did not fit was dropped, though it was answered"


def test_backoff_doubles_with_jitter_up_to_its_limit() -> None:
    backoff = Backoff(0.5, 30)
    for ceiling in (0.5, 1, 2, 4, 8, 16, 30, 30, 30):
        assert ceiling / 2 <= backoff.next() <= ceiling
    backoff.reset()
    assert backoff.next() <= 0.5


def test_a_will_may_wait(tmp_path: Path) -> None:
    """In memory, a delayed will is not said when the client is back in time. What another broker makes of a delay when the
    session ends with the connection is its own affair (test_sync_mqtt.py)."""
    bench = MemoryBench(tmp_path)
    ends = Ends(bench)
    _, there = ends.up("watcher", "will/#")
    _, seen = ends.up("a", will=Will("will/a", b"gone", delay_s=1))
    bench.cut("a")
    seen.wait(lambda s: len(s.limits) == 2)
    eventually(lambda: not bench.broker._wills)
    assert there.messages == []
    for link in ends.links:
        link.close()
