"""A card on the desk's reader is looked at again, written, and only then given out: over a pty, with cards that remember (P3, issue 4: 5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.readers import pn532
from drivers.sim_mifare import MemoryCard, MemoryReader
from edge.domain import card_counter as cc
from edge.errors import NotExecuted
from tests.support_counter import on_pty
from tests.support_desk import id_number
from tests.support_drivers import Inbox
from tests.support_gate import LEADER, Whole, whole, without_cameras

ONE, OTHER = bytes.fromhex("3f8a21c4"), bytes.fromhex("aa00aa55")


@asynccontextmanager
async def desk_at(folder: Path, family: str, port: str, kinds: list[str]) -> AsyncIterator[Whole]:
    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["desk"]["reader"] = {"driver": family, "port": port, "repeat_s": 0.5}
        if family != "rdm6300":
            raw["desk"]["reader"]["options"] = {"poll_ms": 20}
        raw["counter"] = {"kinds": kinds}

    async with whole(folder, change) as gate:
        for uid, label in ((ONE, "A01"), (OTHER, "A02")):
            await gate.live.desk.act(
                LEADER, "stock", {"card": f"0x{uid.hex()}", "kind": "visitor", "label": label}, f"stock-{label}"
            )
        yield gate


async def at_card_step(gate: Whole, name: str = "王小明") -> int:
    """A business visitor whose host has agreed and whose document was looked at: the card is next."""
    act = gate.live.desk.act
    visit: int = (
        await act(LEADER, "open", {"kind": "business", "mode": "foot", "name": name, "unit": "管理处"}, f"open-{name}")
    )["visit"]
    await act(LEADER, "answer", {"visit": visit, "step": "appointment", "answer": "yes"}, f"answer-{name}")
    await act(LEADER, "call", {"visit": visit, "result": "agreed"}, f"call-{name}")
    paper = {"visit": visit, "slot": None, "kind": "resident-id", "number": id_number(), "owner": name}
    await act(LEADER, "check", paper, f"check-{name}")
    return visit


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(NotExecuted) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.hint


async def hold(gate: Whole, reader: MemoryReader, card: MemoryCard | None) -> None:
    """Put it on the reader, and wait until the page has heard of it; one that lies there already may have been heard of."""
    with gate.gate.hub.subscribe() as changes:
        lies, reader.card = reader.card is card, card
        while card is not None:
            if lies and gate.live.desk.issuing._last.uid == card.uid:
                return
            change = await asyncio.wait_for(changes.get(), 15)
            if change is not None and change.kind == "tap" and change.data["card"] == card.uid.hex():
                return


def issue(gate: Whole, visit: int, card: str, key: str) -> Any:
    return gate.live.desk.act(LEADER, "issue", {"visit": visit, "card": card, "until": "", "at_reader": True}, key)


async def stages(gate: Whole, doing: Any) -> list[str]:
    """What the pages heard of it; raises what it raised."""
    with gate.gate.hub.subscribe() as changes:
        try:
            await doing
        finally:
            heard = []
            while not heard or heard[-1].split()[0] not in ("done", "failed"):
                change = await asyncio.wait_for(changes.get(), 15)
                if change is not None and change.kind == "issuing":
                    heard.append(f"{change.data['stage']} {change.data['try']}")
    return heard


def number(gate: Whole, card: MemoryCard) -> int | None:
    return cc.read([card.at(4), card.at(5)], card.uid, gate.gate.counters.options.site_key)


@pytest.mark.parametrize("family", ["pn532", "rdm880"])
def test_p3_the_card_is_written_before_it_is_given_out(tmp_path: Path, family: str) -> None:
    async def run() -> None:
        with on_pty(family) as (reader, port):
            async with desk_at(tmp_path, family, port, ["visitor"]) as gate:
                visit, card = await at_card_step(gate), MemoryCard(ONE)
                await hold(gate, reader, card)
                before, beeped = gate.head(), Inbox[bytes]()
                reader.on_asked = lambda request: beeped(request) if request[3] == 0x89 else None
                assert await stages(gate, issue(gate, visit, ONE.hex(), "issue")) == [
                    "look 1",
                    "write 1",
                    "done 1",
                ]
                assert [e.kind for e in gate.journal(before) if e.kind.startswith("card.")] == [
                    "card.counting",
                    "card.counted",
                    "card.issued",
                ]
                assert number(gate, card) == 1
                again = await issue(gate, visit, ONE.hex(), "issue")
                assert again["again"], "the same press on bad Wi-Fi issues and writes nothing more"
                assert number(gate, card) == 1
                if family == "rdm880":
                    await asyncio.to_thread(beeped.wait_count, 1)
                    (beep,) = [request for request in reader.asked if request[3] == 0x89]
                    assert beep[-3] == 1

    asyncio.run(run())


def test_p3_what_goes_wrong_has_its_sentence_and_nothing_is_given_out(tmp_path: Path) -> None:
    """Swapped before, swapped while it is written, taken away and put back, never to be written."""

    async def run() -> None:
        with on_pty("pn532") as (reader, port):
            async with desk_at(tmp_path, "pn532", port, ["visitor"]) as gate:
                visit, card, other = await at_card_step(gate), MemoryCard(ONE), MemoryCard(OTHER)
                await hold(gate, reader, card)
                await hold(gate, reader, other)
                with refused("card-swapped"):
                    await stages(gate, issue(gate, visit, ONE.hex(), "swapped"))
                await hold(gate, reader, card)

                def swap(request: bytes) -> None:
                    if request[6] == pn532.EXCHANGE and request[8] == 0xA0:
                        reader.on_asked = lambda request: None
                        reader.card = other

                reader.on_asked = swap
                with refused("card-swapped"):
                    await stages(gate, issue(gate, visit, ONE.hex(), "swapped-2"))
                assert number(gate, other) is None, "the first one's number is not on the second"
                await hold(gate, reader, other)
                await hold(gate, reader, card)
                card.torn_after = 9  # pulled away in the middle of the write; the guard puts it back
                with gate.gate.hub.subscribe() as changes:
                    doing = asyncio.ensure_future(stages(gate, issue(gate, visit, ONE.hex(), "torn")))
                    while (heard := await asyncio.wait_for(changes.get(), 15)) is None or heard.data.get(
                        "stage"
                    ) != "wait":
                        assert heard is None or heard.data.get("stage") != "failed", heard.data
                    reader.card = card
                    assert [stage.split()[0] for stage in await doing][-3:] == ["wait", "write", "done"]
                assert number(gate, card) == gate.all("card.counting")[-1].begun
                locked = MemoryCard(OTHER, key=b"secret")
                second = await at_card_step(gate, "李四")
                await hold(gate, reader, locked)
                with refused("card-not-written"):
                    await stages(gate, issue(gate, second, OTHER.hex(), "locked"))
                assert [e.card for e in gate.all("card.issued")] == [ONE.hex()]
                reader.card = None
                with refused("card-gone"):
                    await stages(gate, issue(gate, second, OTHER.hex(), "gone"))

    asyncio.run(run())


def test_p3_a_reader_that_only_pushes_goes_on_as_it_did(tmp_path: Path) -> None:
    """No second look, no beep; but the card that was held to it last is the one that is issued."""

    async def run() -> None:
        def change(raw: dict[str, Any]) -> None:
            without_cameras(raw)

        async with whole(tmp_path, change) as gate:
            first, second = "0a00d49901", "0a00d49902"
            for uid, label in ((first, "B01"), (second, "B02")):
                await gate.live.desk.act(
                    LEADER, "stock", {"card": uid, "kind": "visitor", "label": label}, f"stock-{label}"
                )
            visit = await at_card_step(gate)
            assert gate.world is not None
            for uid in (first, second):
                with gate.gate.hub.subscribe() as changes:
                    gate.world.desk_card(bytes.fromhex(uid))
                    while (heard := await asyncio.wait_for(changes.get(), 15)) is None or heard.kind != "tap":
                        pass
            with refused("card-swapped"):
                await issue(gate, visit, first, "first")
            assert await stages(gate, issue(gate, visit, second, "second")) == ["done 1"]
            assert [e.card for e in gate.all("card.issued")] == [second]

    asyncio.run(run())
