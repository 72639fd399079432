"""Who is told again where it stands: whoever may not know."""

from __future__ import annotations

import pytest

from sync.headoffice.answers import Answers
from sync.headoffice.ledger import Ledger
from sync.link import Link, NotConnected
from sync.protocol import Ack, Topics
from tests.support_sync import SITE


class Listening(Link):
    """Keeps what is said; `gone`: there is no session."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Ack]] = []
        self.gone = False

    def publish(self, topic: str, payload: bytes, **_: object) -> int:
        if self.gone:
            raise NotConnected
        gate = next(g for g in ("a", "b", "theirs") if topic == Topics(SITE, g).ack)
        self.said.append((gate, Ack.from_bytes(payload)))
        return 0

    def again(self) -> list[tuple[str, int, int]]:
        said, self.said = self.said, []
        return [(gate, ack.seq, ack.want) for gate, ack in said]


class Book(Ledger):
    """A ledger with these marks."""

    def __init__(self, **marks: int) -> None:
        self.at = marks

    def acks(self) -> list[tuple[str, Ack]]:
        return [(gate, Ack("e", seq, bytes(32))) for gate, seq in self.at.items()]

    def lost(self, gate: str, epoch: str, acked: int, now: float) -> Ack | None:
        seq = self.at[gate]
        return Ack(epoch, seq, bytes(32), seq + 1) if acked > seq else None


def test_an_acknowledgement_is_repeated_until_the_gate_says_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("sync.headoffice.answers.time.monotonic", lambda: now)
    link, book = Listening(), Book(a=10, b=5, theirs=7)
    answers = Answers(link, book, SITE, lambda gate: gate != "theirs", 2.0)
    answers.repeat(now)
    assert link.again() == [("a", 10, 0), ("b", 5, 0)]
    assert answers.repeat_at == 102.0
    now = 102.0
    answers.heard("a", "e", 10)
    answers.heard("b", "e", 4)
    answers.heard("theirs", "e", 9)
    answers.repeat(now)
    assert link.again() == [("b", 5, 0)], "it was told up to 4"
    now = 102.5
    answers.repeat(now)
    assert link.again() == [], "just told"
    answers.repeat(now, everyone=True)
    assert link.again() == [("a", 10, 0), ("b", 5, 0)]
    now = 104.0
    book.at["a"] = 11
    answers.repeat(now)
    assert link.again() == [("a", 11, 0), ("b", 5, 0)]
    now = 106.0
    answers.heard("a", "other", 11)
    answers.heard("b", "e", 5)
    answers.repeat(now)
    assert link.again() == [("a", 11, 0)], "it speaks of another epoch"


def test_who_was_told_of_more_than_is_here_is_asked_for_it() -> None:
    link, book = Listening(), Book(a=10)
    answers = Answers(link, book, SITE, lambda _: True, 2.0)
    answers.heard("a", "e", 30)
    answers.repeat(100.0)
    assert link.again() == [("a", 10, 11)]


def test_what_could_not_be_said_is_said_by_the_next_round() -> None:
    link, book = Listening(), Book(a=10)
    answers = Answers(link, book, SITE, lambda _: True, 2.0)
    link.gone = True
    answers.repeat(100.0)
    link.gone = False
    answers.repeat(102.0)
    assert link.again() == [("a", 10, 0)]
