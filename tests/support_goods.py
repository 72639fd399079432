"""Goods at a desk for tests: permits as people write them, a store of specimens, and what the camera was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.desk.files import read_goods
from edge.desk.goods import Goods
from edge.desk.goods_permits import ItemInput, PermitInput
from edge.domain.courtesy import curt
from edge.domain.goods import Counted
from edge.errors import GateError
from edge.orders import HEAD_OFFICE, Person
from tests.support_desk import CONFIG, LI, AtTheDesk, at_the_desk
from tests.support_photos import photos_in

BOSS, OFFICE = Person("leader", "leader"), Person("zhang", HEAD_OFFICE)
JPEG = b"\xff\xd8\xff" + b"signature" * 20
SOFA = ItemInput("沙发", 1, "套", "furniture")
BOXES = ItemInput("纸箱", 5, "箱", "household")
DRILL = ItemInput("电锤", 2, "把", "tools")


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The action is not possible, and this is why; what the guard reads has a next step and nothing curt."""
    with pytest.raises(GateError) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.hint
    assert not curt(caught.value.message)
    assert not curt(caught.value.hint)


class WithGoods:
    """The actions of the goods service without `await`, by the guard Li if nobody else is named."""

    def __init__(self, at: AtTheDesk, goods: Goods) -> None:
        self.at, self.goods, self.snapped = at, goods, list[tuple[str, str, int]]()
        at.gate.snap = lambda lane, moment, seq: self.snapped.append((lane, moment, seq))

    def __getattr__(self, name: str) -> Any:
        action = getattr(self.goods, name)
        return lambda *args, by=LI, **more: self.at.loop.run_until_complete(action(by, *args, **more))

    def paper(self, **more: Any) -> PermitInput:
        """An owner's permit for today: a sofa and five boxes, signed and stamped."""
        given = PermitInput(
            *("owner", self.at.today.isoformat(), (SOFA, BOXES)),
            number="CZ-1",
            unit="11栋201",
            signer="周杰",
            bearer="王小明",
            stamped=True,
            stamp="章-3",
            paper=True,
        )
        return replace(given, **more)

    def day(self, days: int) -> str:
        """A local date from now."""
        return (self.at.today + timedelta(days=days)).isoformat()

    def permit(self, **more: Any) -> int:
        """Registered; its number."""
        number: int = self.register(self.paper(**more)).about
        return number

    def out(self, permit: int, *found: int, **more: Any) -> Any:
        """Released on foot, with so many of each item."""
        counted = [Counted(n, count) for n, count in enumerate(found)]
        return self.release(permit, counted, **{"genuine": True, **more})

    def see(self, permit: int, by: Person = LI, plate: str = "") -> Any:
        return self.goods.permit(by, permit, plate)


@contextmanager
def with_goods(folder: Path, *, camera: bool = False) -> Iterator[WithGoods]:
    """As long as the block lasts; at its end the journal verifies and every table comes out of it again."""
    with at_the_desk(folder) as at:
        plan = read_goods(CONFIG, at.phrases)
        made = WithGoods(at, Goods(at.gate, plan, at.phrases, photos_in(folder / "photos", at.store, at.clock)))
        made.goods.sees = lambda lane: camera
        if camera:
            made.goods._exits = lambda: ["exit"]
        yield made
