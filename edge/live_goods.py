"""Goods and trucks as pages see them (edge.api.port_rooms.GoodsPort): rows become JSON, requests become calls of `edge.desk.goods.Goods`."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import asdict
from typing import Any

from edge.api.who import Who
from edge.desk.goods import Goods
from edge.desk.goods_permits import ItemInput, PermitInput
from edge.domain.goods import Counted
from edge.live_rows import Actions, carried_out, person_of
from edge.orders import Person
from edge.service import Acted

Row = dict[str, Any]


def _items(given: Iterable[Row]) -> tuple[ItemInput, ...]:
    return tuple(ItemInput(**item) for item in given)


class LiveGoods:
    """Satisfies edge.api.port_rooms.GoodsPort."""

    def __init__(self, goods: Goods) -> None:
        self._goods = goods
        self._actions: Actions = {
            "register": lambda p, g, key: goods.register(
                p, PermitInput(items=_items(g.pop("items")), paper=True, **g), key
            ),
            "release": self._release,
            "refuse": lambda p, g, key: goods.refuse(
                p, g.pop("permit"), g.pop("finding"), extra=_items(g.pop("extra")), key=key, **g
            ),
            "stop": lambda p, g, key: goods.stop(p, **g, key=key),
            "restore": lambda p, g, key: goods.restore(p, **g, key=key),
            "specimen": lambda p, g, key: goods.file_specimen(p, g.pop("role"), g.pop("picture"), key=key, **g),
            "withdraw": lambda p, g, key: goods.withdraw_specimen(p, **g, key=key),
            "truck": lambda p, g, key: goods.mark_truck(p, **g, key=key),
            "load": lambda p, g, key: goods.check_load(
                p, g.pop("lane"), g.pop("result"), extra=_items(g.pop("extra")), key=key, **g
            ),
            "plate": lambda p, g, key: goods.compare_plates(p, **g, key=key),
        }

    def _release(self, person: Person, given: Row, key: str) -> Awaitable[Acted]:
        counted = tuple(Counted(**item) for item in given.pop("items"))
        extra = _items(given.pop("extra"))
        return self._goods.release(person, given.pop("permit"), counted, extra=extra, key=key, **given)

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action. Raises GateError."""
        return await carried_out(self._actions, who, action, given, key, about="permit")

    def words(self, who: Who) -> Row:
        """Roles, categories, findings, sentences, what this person may; and the gate's own date."""
        return self._goods.show.words(who.role) | {"today": self._goods.today()}

    def specimens(self, text: str) -> list[Row]:
        """Signatures on file."""
        return [asdict(row) for row in self._goods.specimens(text)]

    def permits(self, who: Who, text: str) -> list[Row]:
        """Permits."""
        return [asdict(row) for row in self._goods.permits(person_of(who), text)]

    def permit(self, who: Who, permit: int, plate: str) -> Row:
        """One permit."""
        return asdict(self._goods.permit(person_of(who), permit, plate))

    def kept(self) -> list[Row]:
        """What stayed."""
        return [asdict(row) for row in self._goods.kept()]

    def trucks(self) -> list[Row]:
        """Trucks at the exits."""
        return [asdict(row) for row in self._goods.trucks()]

    def passages(self, visit: int) -> Row:
        """Entry and exit."""
        return self._goods.passages(visit)

    def counts(self) -> Row:
        """For the live snapshot."""
        return dict(self._goods.counts())
