"""Instructions on the line: signed over their exact bytes, read bounded, whatever arrives."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.fields import ProtocolError
from sync.instructions import MAX_INSTRUCTION, Instruction, NotSigned
from tests.support_sync import signer

OFFICE = signer("headoffice")
KEY = OFFICE.public_key().public_bytes_raw()
ONE = Instruction("s1", "main", 7, 5, "notice", {"text": "明天停水"}, "张经理", 1_793_000_000_000, 0)


def test_what_is_signed_arrives_as_it_was() -> None:
    assert Instruction.from_bytes(ONE.to_bytes(OFFICE.sign), KEY) == ONE


def test_another_key_and_any_other_byte_is_refused() -> None:
    payload = ONE.to_bytes(OFFICE.sign)
    with pytest.raises(NotSigned):
        Instruction.from_bytes(payload, signer("somebody").public_key().public_bytes_raw())
    with pytest.raises(NotSigned):
        Instruction.from_bytes(payload.replace(b"main", b"east"), KEY)
    with pytest.raises(NotSigned):
        Instruction.from_bytes(payload, b"")
    outer = json.loads(payload)
    other = replace(ONE, number=8).to_bytes(OFFICE.sign)
    with pytest.raises(NotSigned):
        Instruction.from_bytes(json.dumps({**outer, "signature": json.loads(other)["signature"]}).encode(), KEY)


def test_a_signature_over_something_else_is_no_instruction() -> None:
    text = json.loads(ONE.to_bytes(OFFICE.sign))["instruction"]
    bare = json.dumps({"instruction": text, "signature": OFFICE.sign(text.encode()).hex()}).encode()
    with pytest.raises(NotSigned):
        Instruction.from_bytes(bare, KEY)


@pytest.mark.parametrize(
    "wrong",
    [{"number": 0}, {"number": "1"}, {"data": []}, {"act": 3}, {"gate": "a/b"}, {"until_ms": -1}, {"by": "x" * 65}],
)
def test_signed_nonsense_is_a_protocol_error(wrong: dict[str, Any]) -> None:
    said = {**json.loads(json.loads(ONE.to_bytes(OFFICE.sign))["instruction"]), **wrong}
    text = json.dumps(said)
    signature = OFFICE.sign(b"gate-edge instruction v1\n" + text.encode()).hex()
    with pytest.raises(ProtocolError):
        Instruction.from_bytes(json.dumps({"instruction": text, "signature": signature}).encode(), KEY)


@given(
    st.binary(max_size=300)
    | st.text(max_size=100).map(lambda t: json.dumps({"instruction": t, "signature": "00" * 64}).encode())
)
def test_whatever_arrives_is_an_error_of_one_kind(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        Instruction.from_bytes(payload, KEY)


def test_one_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(ProtocolError, match="at most"):
        replace(ONE, data={"text": "x" * MAX_INSTRUCTION}).to_bytes(OFFICE.sign)
