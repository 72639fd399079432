"""A reader of 24 bits finds the card that it can only mean, and none when two share them; tags of windscreens can be registered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store import registry, short_numbers
from edge.store.db import Store
from tests.support_gate import whole
from tests.support_store import opened, stamp

ROSTER = """卡号,类别,姓名
3f8a21c4,业主,甲
408a21c4,业主,乙
3c00ce754c,业主,丙
e200001b411502231620c94b,业主,丁
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "g.db") as store:
        registry.import_bytes(store, ROSTER.encode(), "list.csv", stamp=stamp())
        yield store


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("ce754c", "3c00ce754c"),
        ("3c00ce", "3c00ce754c"),  # a reader that turns the bytes round
        ("8a21c4", "8a21c4"),  # two cards end so
        ("3f8a21", "3f8a21c4"),
        ("123456", "123456"),
        ("c4", "c4"),
        ("00ce754c", "00ce754c"),  # a printed number of four bytes is the registry's own business
        ("", ""),
    ],
)
def test_whole(store: Store, read: str, meant: str) -> None:
    with store.reader() as con:
        assert short_numbers.whole(con, read) == meant


def test_at_the_gate_the_decision_names_the_whole_card(tmp_path: Path) -> None:
    async def story() -> tuple[str, str]:
        async with whole(tmp_path) as gate:
            with gate.house.store.reader() as con:
                (uid,) = con.execute("SELECT uid FROM credentials ORDER BY uid LIMIT 1").fetchone()
            await gate.house.gate.card("entry", "entry.reader", bytes.fromhex(uid)[-3:])
            decided = [each for each in gate.journal() if each.kind == "access.decided"]
            return uid, decided[0].card

    uid, card = asyncio.run(story())
    assert card == uid
