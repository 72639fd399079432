"""Head office's decision on a batch, and that nothing wrong is ever believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sync.batch import Batch
from sync.headoffice.intake import (
    Accept,
    ChainId,
    Duplicate,
    Fork,
    Gap,
    Mark,
    Refusal,
    Refused,
    Verdict,
    decide,
    verify,
)
from sync.journal_source import Entry
from sync.protocol import ZERO, chain
from tests.support_sync import EPOCH, GATE, SITE, batch_of, entries, event_bytes, signer

WHERE = ChainId(SITE, GATE, EPOCH)
KEY = signer().public_key().public_bytes_raw()
MADE = entries(30)


def on(mark: int, batch: Batch, key: bytes | None = KEY, made: Sequence[Entry] = MADE) -> Verdict:
    at = Mark(mark, made[mark - 1].hash if mark else ZERO)
    return decide(verify(WHERE, batch), at, key, lambda seq: made[seq - 1].hash)


def piece(first: int, last: int, made: Sequence[Entry] = MADE) -> Batch:
    return batch_of(made[first - 1 : last], made[first - 2].hash if first > 1 else ZERO)


@pytest.mark.parametrize(
    ("mark", "first", "last", "rows"), [(0, 1, 10, 10), (10, 11, 20, 10), (10, 5, 20, 10), (10, 10, 11, 1)]
)
def test_what_continues_is_accepted_and_only_what_is_new(mark: int, first: int, last: int, rows: int) -> None:
    verdict = on(mark, piece(first, last))
    assert isinstance(verdict, Accept)
    assert [r.seq for r in verdict.rows] == list(range(last - rows + 1, last + 1))
    assert [(r.data, r.hash, r.personal) for r in verdict.rows] == [
        (e.data, e.hash, e.personal) for e in MADE[last - rows : last]
    ]
    assert verdict.mark == Mark(last, MADE[last - 1].hash)


@pytest.mark.parametrize(("first", "last"), [(1, 10), (5, 10), (3, 7), (10, 10)])
def test_what_is_here_already_is_a_duplicate(first: int, last: int) -> None:
    assert isinstance(on(10, piece(first, last)), Duplicate)


def test_a_hole_is_asked_for() -> None:
    assert on(10, piece(12, 20)) == Gap(11)
    assert on(0, piece(2, 3)) == Gap(1)


@pytest.mark.parametrize(("mark", "first", "last"), [(10, 11, 20), (10, 1, 20), (10, 1, 5), (10, 10, 10), (30, 1, 30)])
def test_another_history_is_a_fork(mark: int, first: int, last: int) -> None:
    other = entries(30, mark="other")
    assert isinstance(on(mark, piece(first, last, other)), Fork)


def test_a_fork_begins_where_the_histories_part() -> None:
    other = [*MADE[:10], *entries(10, after=MADE[9], mark="other")]
    assert isinstance(on(10, piece(5, 15, other)), Accept), "nothing is known yet of what comes after 10"
    verdict = on(12, piece(5, 15, other))
    assert isinstance(verdict, Fork)
    assert verdict.seq == 12


def test_an_unknown_key_and_another_key() -> None:
    verdict = on(0, piece(1, 5), key=None)
    assert isinstance(verdict, Refused)
    assert verdict.why == Refusal.NOT_ENROLLED
    assert KEY.hex() in verdict.detail, "so that it can be enrolled"
    stranger = batch_of(MADE[:5], ZERO, key=signer("stranger"))
    verdict = on(0, stranger)
    assert isinstance(verdict, Refused)
    assert verdict.why == Refusal.KEY


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("signature", Refusal.SIGNATURE),
        ("other site", Refusal.SIGNATURE),
        ("hash", Refusal.CHAIN),
        ("prev", Refusal.CHAIN),
        ("a byte of an event", Refusal.CHAIN),
        ("last event changed", Refusal.CHAIN),
        ("an event left out", Refusal.IDENTITY),
        ("two swapped", Refusal.IDENTITY),
        ("not JSON", Refusal.IDENTITY),
        ("not an object", Refusal.IDENTITY),
        ("deep", Refusal.IDENTITY),
        ("other gate", Refusal.IDENTITY),
        ("other epoch", Refusal.IDENTITY),
        ("seq is true", Refusal.IDENTITY),
        ("personal part changed", Refusal.PERSONAL),
        ("personal part of another", Refusal.PERSONAL),
    ],
)
def test_a_tampered_batch_is_refused(what: str, why: Refusal) -> None:
    b = piece(1, 9)
    e = list(b.events)
    changed = {
        "signature": replace(b, signature=b.signature[:-1] + bytes([b.signature[-1] ^ 1])),
        "other site": batch_of(MADE[:9], ZERO, site="elsewhere"),
        "hash": replace(b, hash=bytes(32)),
        "prev": replace(b, prev=bytes(31) + b"\x01"),
        "a byte of an event": replace(b, events=(*e[:3], e[3].replace(b"entry", b"exit_"), *e[4:])),
        "last event changed": replace(b, events=(*e[:8], e[8].replace(b"entry", b"exit_"))),
        "an event left out": replace(b, last=8, events=(*e[:3], *e[4:]), personal=(*b.personal[:3], *b.personal[4:])),
        "two swapped": replace(b, events=(e[1], e[0], *e[2:]), personal=(None, None, *b.personal[2:])),
        "not JSON": replace(b, events=(*e[:4], b"\xff", *e[5:])),
        "not an object": replace(b, events=(*e[:4], b"[1]", *e[5:])),
        "deep": replace(b, events=(*e[:4], b"[" * 100_000, *e[5:])),
        "other gate": batch_of(entries(9, gate="side"), ZERO),
        "other epoch": batch_of(entries(9, epoch="e2"), ZERO),
        "seq is true": replace(b, events=(e[0].replace(b'"seq":1}', b'"seq":"1"}'), *e[1:])),
        "personal part changed": replace(b, personal=(None, None, b"{}", *b.personal[3:])),
        "personal part of another": replace(b, personal=(b.personal[2], *b.personal[1:])),
    }[what]
    verdict = on(0, changed)
    assert isinstance(verdict, Refused), verdict
    assert verdict.why == why
    assert ascii(verdict.detail).isascii()


def test_the_first_wrong_event_is_named() -> None:
    b = piece(11, 20)
    events = (*b.events[:4], b.events[4].replace(b"entry", b"exit_"), *b.events[5:])
    verdict = on(10, replace(b, events=events))
    assert isinstance(verdict, Refused)
    assert verdict.seq == 16, "15 was changed: the first that does not follow is 16"


def test_an_erased_personal_part_is_no_fault() -> None:
    b = piece(1, 9)
    assert isinstance(on(0, replace(b, personal=(None,) * 9)), Accept)


def test_a_gate_that_lies_consistently_cannot_name_another() -> None:
    data = event_bytes("side", EPOCH, 1, ZERO, None)
    lie = batch_of([Entry(1, data, chain(ZERO, data), None)], ZERO)
    verdict = on(0, lie)
    assert isinstance(verdict, Refused)
    assert "side" in verdict.detail
