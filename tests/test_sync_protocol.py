"""Messages: what goes in comes out, byte for byte; whatever else arrives is one ProtocolError."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import batch as batch_module
from sync.batch import MAX_FRAME, PLAIN, ZLIB, Batch
from sync.fields import ProtocolError, valid_name
from sync.headoffice.intake import Mark
from sync.protocol import WANT_EPOCH, ZERO, Ack, Checkpoint, GateState, HeadOfficeState, Topics, gate_of
from tests.support_sync import EPOCH, GATE, SITE, batch_of, entries, signer

PARTS = st.lists(st.tuples(st.binary(max_size=300), st.none() | st.binary(max_size=100)), min_size=1, max_size=20)


def a_batch(parts: list[tuple[bytes, bytes | None]], first: int = 1) -> Batch:
    return Batch(
        epoch=EPOCH,
        first=first,
        last=first + len(parts) - 1,
        prev=ZERO,
        hash=bytes(range(32)),
        signature=bytes(64),
        key=bytes(32),
        events=tuple(p[0] for p in parts),
        personal=tuple(p[1] for p in parts),
    )


@given(PARTS, st.integers(1, 10**9))
def test_a_batch_carries_any_bytes_unchanged(parts: list[tuple[bytes, bytes | None]], first: int) -> None:
    batch = a_batch(parts, first)
    assert Batch.from_payload(*batch.to_payload()) == batch


def test_the_content_type_names_the_encoding() -> None:
    assert a_batch([(b"{}", None)]).to_payload()[1] == PLAIN
    payload, content_type = batch_of(entries(100), ZERO).to_payload()
    assert content_type == ZLIB
    assert len(payload) < sum(len(e.data) for e in entries(100)) / 2


@given(st.binary(max_size=400), st.sampled_from([PLAIN, ZLIB, "", "text/plain"]))
def test_garbage_is_a_protocol_error(payload: bytes, content_type: str) -> None:
    with pytest.raises(ProtocolError):
        Batch.from_payload(payload, content_type)


@given(st.data())
def test_a_damaged_frame_never_raises_anything_else(data: st.DataObject) -> None:
    frame = bytearray(batch_of(entries(2), ZERO)._frame())
    for _ in range(data.draw(st.integers(1, 5))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    for damaged in (bytes(frame), bytes(frame[:cut]), bytes(frame) + b"x" * cut):
        try:
            read = Batch.from_payload(damaged, PLAIN)
        except ProtocolError:
            continue
        assert read._frame()  # still a batch: its signature will not verify


def test_every_truncation_is_refused() -> None:
    for payload, content_type in (batch_of(entries(1), ZERO).to_payload(), batch_of(entries(9), ZERO).to_payload()):
        for end in range(len(payload)):
            with pytest.raises(ProtocolError):
                Batch.from_payload(payload[:end], content_type)


def test_inflating_is_bounded() -> None:
    bomb = zlib.compress(bytes(200 * MAX_FRAME), 9)
    assert len(bomb) < MAX_FRAME
    with pytest.raises(ProtocolError, match="inflates to more"):
        Batch.from_payload(bomb, ZLIB)


def test_a_frame_that_no_receiver_takes_is_not_made() -> None:
    with pytest.raises(ProtocolError, match="at most"):
        a_batch([(bytes(MAX_FRAME), None)]).to_payload()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"first": 0}, "first"),
        ({"first": True}, "first"),
        ({"last": 10**6}, "events in a batch"),
        ({"last": 0}, "last"),
        ({"epoch": "a/b"}, "epoch"),
        ({"epoch": "\ud800"}, "epoch"),
        ({"epoch": "x" * 65}, "epoch"),
        ({"prev": "00"}, "prev"),
        ({"prev": "zz" * 32}, "prev"),
        ({"prev": " " * 64}, "prev"),
        ({"checkpoint": None}, "checkpoint"),
        ({"key": 5}, "key"),
    ],
)
def test_a_wrong_head_is_refused(change: dict[str, object], why: str) -> None:
    frame = a_batch([(b"{}", None)])._frame()
    length = int.from_bytes(frame[4:8], "big")
    head = json.dumps({**json.loads(frame[8 : 8 + length]), **change}).encode()
    with pytest.raises(ProtocolError, match=why):
        Batch.from_payload(frame[:4] + len(head).to_bytes(4, "big") + head + frame[8 + length :], PLAIN)


@given(
    st.integers(0, 2**53), st.binary(min_size=32, max_size=32), st.integers(-1, 2**53), st.sampled_from(["", "fork"])
)
def test_ack_round_trip(seq: int, hash_: bytes, want: int, refused: str) -> None:
    ack = Ack(EPOCH, seq, hash_, want, refused)
    assert Ack.from_bytes(ack.to_bytes()) == ack


def test_states_round_trip() -> None:
    state = GateState(True, EPOCH, 12, 10, bytes(32), {"lanes": ["entry"], "version": "0.1.0"})
    assert GateState.from_bytes(state.to_bytes()) == state
    office = HeadOfficeState(True, "abcd")
    assert HeadOfficeState.from_bytes(office.to_bytes()) == office
    assert WANT_EPOCH < 0 < Mark(1).seq


def test_details_cannot_take_the_place_of_the_gates_own_words() -> None:
    state = GateState(False, EPOCH, 12, 10, bytes(32), {"online": True, "high": -1})
    assert GateState.from_bytes(state.to_bytes()) == GateState(False, EPOCH, 12, 10, bytes(32))


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b"nul", b"[" * 4000, b'{"epoch":' * 400, b"{" + b" " * 5000 + b"}", b"\xff"]
)
def test_small_messages_refuse_garbage(payload: bytes) -> None:
    for read in (Ack.from_bytes, HeadOfficeState.from_bytes, GateState.from_bytes):
        with pytest.raises(ProtocolError):
            read(payload)


def test_a_state_that_is_too_long_is_not_made() -> None:
    with pytest.raises(ProtocolError, match="at most"):
        GateState(True, EPOCH, 1, 1, bytes(32), {"faults": "x" * 70_000}).to_bytes()


def test_a_checkpoint_is_about_exactly_these_five() -> None:
    key = signer()
    public = key.public_key().public_bytes_raw()
    bare = Checkpoint(SITE, GATE, EPOCH, 7, bytes(32))
    signed = replace(bare, signature=key.sign(bare.message()))
    assert signed.verified_by(public)
    assert not signed.verified_by(signer("other").public_key().public_bytes_raw())
    assert not signed.verified_by(b"short")
    for other in (
        replace(signed, site="s2"),
        replace(signed, gate="side"),
        replace(signed, epoch="e2"),
        replace(signed, seq=8),
        replace(signed, hash=bytes(31) + b"\x01"),
    ):
        assert not other.verified_by(public)


def test_names_are_levels_of_a_topic() -> None:
    assert valid_name("臻园")
    assert not any(map(valid_name, ["", "a/b", "+", "#", "a b", "a\x00", "$SYS", "x" * 65]))
    assert Topics("s", "g").events == "gate/v1/s/g/events"
    assert Topics("s", "+").headoffice == "gate/v1/s/headoffice/state"
    for site, gate in (("s", "headoffice"), ("s/", "g"), ("+", "g"), ("s", "")):
        with pytest.raises(ProtocolError):
            Topics(site, gate)
    assert gate_of("gate/v1/s/g/events") == ("g", "events")
    for topic in ("gate/v1/s/g", "gate/v1/s/g/photo/x", "gate/v1/s//events"):
        with pytest.raises(ProtocolError):
            gate_of(topic)


def test_the_frames_limits_agree() -> None:
    assert batch_module.MAX_EVENTS >= 100
