"""The window over a line that loses, doubles, reorders and delays, and the intake at its other end; time is a number."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync.batch import Batch
from sync.headoffice.intake import Accept, ChainId, Duplicate, Fork, Gap, Mark, Refused, Row, decide, verify
from sync.protocol import ZERO, Ack
from sync.window import NEVER, Window
from tests.support_sync import EPOCH, GATE, SITE, batch_of, entries, signer

WHERE = ChainId(SITE, GATE, EPOCH)
KEY = signer().public_key().public_bytes_raw()


def opened(acked: int = 0, head: int = 0, **options: float) -> Window:
    window = Window(acked, head, **options)
    window.opened(100.0)
    return window


def test_a_few_events_wait_for_more_and_a_full_batch_does_not() -> None:
    window = opened()
    window.grown(3, 100.0)
    assert not window.due(100.04)
    assert window.wake_at() == 100.05
    assert window.due(100.05)
    window.grown(100, 100.01)
    assert window.due(100.01)


def test_a_backlog_is_due_at_once_and_at_most_twenty_batches_are_under_way() -> None:
    window = opened(0, 10_000)
    while window.due(100.0):
        window.put(window.sent + 100, 100.0)
    assert window.sent == 2000
    assert window.under_way == 20
    window.acknowledged(300, 100.5)
    assert window.under_way == 17
    assert window.due(100.5)


def test_nothing_is_sent_while_head_office_is_away() -> None:
    window = Window(0, 500)
    assert not window.due(1e9)
    assert window.wake_at() == NEVER
    window.opened(0.0)
    window.put(100, 0.0)
    window.closed()
    assert (window.sent, window.under_way, window.due(1e9)) == (0, 0, False)


def test_a_stall_narrows_and_lengthens_until_something_is_acknowledged() -> None:
    window = opened(0, 1000)
    while window.due(100.0):
        window.put(window.sent + 100, 100.0)
    assert window.wake_at() == 103.0
    assert not window.tick(102.9)
    assert window.tick(103.0)
    assert window.sent == 0
    window.put(100, 103.0)
    assert not window.due(103.0), "one batch at a time"
    assert window.wake_at() == 109.0, "twice as long"
    assert window.tick(109.0)
    window.put(100, 109.0)
    window.acknowledged(100, 109.5)
    window.put(200, 109.5)
    assert window.due(109.5)
    assert window.wake_at() == -NEVER


def test_a_refusal_waits_longer_each_time_but_once_for_a_window() -> None:
    window = opened(0, 1000)
    for _ in range(3):
        window.put(window.sent + 100, 100.0)
    for _ in range(3):
        window.refused(100.0)
    assert window.sent == 0
    assert window.wake_at() == 101.0
    assert not window.due(100.9)
    window.put(100, 101.0)
    window.refused(101.0)
    assert window.wake_at() == 103.0


def test_the_echo_of_a_hole_is_not_answered_twice() -> None:
    window = opened(0, 1000)
    for _ in range(5):
        window.put(window.sent + 100, 102.0)
    assert window.wanted(0, 102.1)
    window.put(100, 102.1)
    assert not window.wanted(0, 102.2)
    assert window.sent == 100


def test_head_office_that_lost_data_gets_it_again() -> None:
    window = opened(500, 1000)
    assert window.wanted(200, 100.1)
    assert (window.acked, window.sent) == (200, 200)


def test_blocked_means_no_spinning() -> None:
    window = opened(0, 1000)
    window.blocked = True
    assert not window.due(200.0)
    assert window.wake_at() == NEVER


class Orders(RuleBasedStateMachine):
    """Any order of inputs: the numbers stay in order, the window stays bounded, and it always knows when to wake."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.window = Window(0, 0)

    @rule(by=st.floats(0, 5))
    def time(self, by: float) -> None:
        self.now += by

    @rule(more=st.integers(0, 400))
    def grow(self, more: int) -> None:
        self.window.grown(self.window.head + more, self.now)

    @rule()
    def send(self) -> None:
        if self.window.due(self.now):
            self.window.put(min(self.window.head, self.window.sent + 100), self.now)

    @rule(part=st.floats(0, 1))
    def acknowledge(self, part: float) -> None:
        self.window.acknowledged(int(self.window.head * part), self.now)

    @rule(part=st.floats(0, 1))
    def want(self, part: float) -> None:
        self.window.wanted(int(self.window.acked * part), self.now)

    @rule(what=st.sampled_from(["opened", "refused", "tick"]))
    def event(self, what: str) -> None:
        getattr(self.window, what)(self.now)

    @rule()
    def close(self) -> None:
        self.window.closed()

    @invariant()
    def in_order(self) -> None:
        w = self.window
        assert 0 <= w.acked <= w.sent <= w.head
        assert 0 <= w.under_way <= 20
        assert (w.under_way > 0) >= (w.sent > w.acked), "what is sent and not acknowledged is under way"
        if w.open and w.sent < w.head and w.under_way == 0:
            assert w.wake_at() <= self.now + 30.0, "there is something to send and nothing to wait for"


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@dataclass
class BadLine:
    """Two ends and what is between them: each message is lost, doubled, late. Then the weather clears."""

    seed: int
    loss: float
    double: float
    delay: float
    now: float = 0.0
    flying: list[tuple[float, int, Batch | Ack]] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def send(self, what: Batch | Ack, *, clear: bool) -> None:
        for _ in range(1 + (not clear and self.rng.random() < self.double)):
            if clear or self.rng.random() >= self.loss:
                late = 0.01 if clear else self.rng.random() * self.delay
                self.number += 1
                heapq.heappush(self.flying, (self.now + late, self.number, what))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.6), st.floats(0, 0.5), st.floats(0, 4), st.integers(1, 60))
def test_everything_arrives_exactly_once_over_a_bad_line(
    seed: int, loss: float, double: float, delay: float, count: int
) -> None:
    made = entries(count)
    line = BadLine(seed, loss, double, delay)
    window = Window(0, 0, full=5)
    mark = Mark()
    kept: list[Row] = []
    window.opened(0.0)
    window.grown(count, 0.0)
    sent = 0
    ack_at = 0.0
    while window.acked < count:
        assert line.now < 300, "it never ends"
        clear = line.now > 30
        window.tick(line.now)
        while window.due(line.now):
            piece = made[window.sent : window.sent + 5]
            line.send(batch_of(piece, (piece[0].seq > 1 and made[piece[0].seq - 2].hash) or ZERO), clear=clear)
            window.put(piece[-1].seq, line.now)
            sent += 1
        if line.now >= ack_at:
            line.send(Ack(EPOCH, mark.seq, mark.hash), clear=clear)
            ack_at = line.now + 2.0
        arrival = line.flying[0][0] if line.flying else NEVER
        line.now = max(line.now, min(arrival, window.wake_at(), ack_at))
        while line.flying and line.flying[0][0] <= line.now:
            _, _, what = heapq.heappop(line.flying)
            if isinstance(what, Batch):
                verdict = decide(verify(WHERE, what), mark, KEY, lambda seq: made[seq - 1].hash)
                assert not isinstance(verdict, Fork | Refused)
                if isinstance(verdict, Accept):
                    kept += verdict.rows
                    mark = verdict.mark
                assert isinstance(verdict, Accept | Duplicate | Gap)
                want = verdict.want if isinstance(verdict, Gap) else 0
                line.send(Ack(EPOCH, mark.seq, mark.hash, want), clear=clear)
            else:
                window.acknowledged(what.seq, line.now)
                if what.want:
                    window.wanted(what.want - 1, line.now)
    assert [(r.seq, r.data, r.hash) for r in kept] == [(e.seq, e.data, e.hash) for e in made]
    assert sent <= 20 * (300 + count), "no flood"
