"""A personal part: each field can go, and what is left still proves itself (sync/personal.py)."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import personal

NAMES = st.sampled_from(["name", "number", "phone", "host", "remark"])
FIELDS = st.dictionaries(NAMES, st.text(max_size=30) | st.integers() | st.lists(st.text(max_size=5)), min_size=1)


@given(FIELDS, st.lists(st.sets(NAMES), max_size=4))
def test_whatever_is_erased_in_whatever_order_the_digest_stays(
    fields: dict[str, object], rounds: list[set[str]]
) -> None:
    part = personal.make(fields)
    vouched, left = personal.digest(part), dict(fields)
    assert personal.read(part) == fields
    for gone in rounds:
        after = personal.without(part, gone)
        left = {name: value for name, value in left.items() if name not in gone}
        if after is None:
            assert not left
            return
        assert (personal.read(after), personal.digest(after)) == (left, vouched)
        part = after


@given(FIELDS, NAMES, st.text(max_size=10))
def test_a_field_that_was_changed_or_added_does_not_prove_itself(
    fields: dict[str, object], name: str, value: str
) -> None:
    part = personal.make(fields)
    lines = [json.loads(line) for line in part.split(b"\n")]
    changed = [[n, salt, value if n == name else old] for n, salt, old in lines]
    if name not in fields:
        changed.append([name, "00" * 16, value])
    elif fields[name] == value:
        return
    forged = b"\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() for line in changed)
    assert personal.digest(forged) != personal.digest(part)


def test_what_is_erased_leaves_neither_value_nor_salt() -> None:
    part = personal.make({"name": "王小明", "number": "440305199003071236"})
    salt = json.loads(part.split(b"\n")[1])[1]
    left = personal.without(part, {"number"})
    assert left is not None
    assert b"440305199003071236" not in left
    assert salt.encode() not in left
    assert "王小明".encode() in left
    assert personal.without(left, {"number"}) == left
    assert personal.without(left, {"name"}) is None


def test_the_digest_is_that_of_the_lines() -> None:
    """So that another program can check it with nothing but SHA-256."""
    part = personal.make({"b": "2", "a": "1"})
    lines = part.split(b"\n")
    assert [json.loads(line)[0] for line in lines] == ["a", "b"]
    assert personal.digest(part) == hashlib.sha256(b"".join(hashlib.sha256(line).digest() for line in lines)).digest()


@pytest.mark.parametrize("damaged", [b"", b"{}", b'["name"]', b'["name",1,"x"]', b"\xff", b'["a","b","c"]\n'])
def test_bytes_that_are_no_part_are_said_so(damaged: bytes) -> None:
    with pytest.raises(personal.DamagedPart):
        personal.read(damaged)
    with pytest.raises(personal.DamagedPart):
        personal.without(damaged, {"name"})
