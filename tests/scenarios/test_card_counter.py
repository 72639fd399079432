"""A number on writable cards, rewritten at each pass: over ptys, with real frames and cards that remember (V2, issue 4: 4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.sim_mifare import MemoryCard, MemoryReader
from edge.domain import card_counter as cc
from edge.domain.events import JournalRestored
from edge.domain.events_cards import CardCopied, CardCounted, CardCounting, CardTrusted
from edge.errors import SettingsError
from edge.store import tables_cards as table
from edge.store import verify
from edge.wiring import read_settings
from tests.support_counter import lifted, on_pty
from tests.support_desk import at_the_desk
from tests.support_gate import CONFIG, LEADER, Whole, whole, without_cameras

UID = bytes.fromhex("3f8a21c4")


@asynccontextmanager
async def gate_at(folder: Path, family: str, port: str, **policy: Any) -> AsyncIterator[Whole]:
    people = folder / "people.csv"
    people.write_text(_people(), "utf-8")

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["lane"][0]["reader"] = {"driver": family, "port": port, "options": {"poll_ms": 20}, "repeat_s": 2.0}
        raw["counter"] = {"kinds": ["owner"]}
        raw["policy"] = {"anti_passback": "off", **policy}
        raw["simulation"] = {"registry": str(people)}

    async with whole(folder, change) as gate:
        yield gate


def _people() -> str:
    """The laptop's register, with one owner whose card is a MIFARE card."""
    lines = (CONFIG / "laptop-registry.csv").read_text("utf-8").splitlines()
    return "\n".join(line.replace("0A003F8A11", UID.hex().upper()) for line in lines) + "\n"


async def present(gate: Whole, reader: MemoryReader, card: MemoryCard, *, counted: bool = True) -> dict[str, Any]:
    """Lay it on, wait for the decision (and what is written after it), lift it; the next time is a new presentation."""
    before = gate.head()
    reader.card = card
    decided = await gate.event("access.decided", before, lane="entry")
    if decided.decision == "granted" and counted:
        (begun,) = gate.all("card.counting", before)
        assert begun.seq > decided.seq
    await gate.house.bridge.drain()  # until it is written, or gone
    await lifted(reader)
    serial = gate.gate.counters.readers["entry.reader"]
    serial.again()
    gate.gate.lanes["entry"].granted.clear()  # the car has passed: another story tells that
    return {"decision": decided.decision, "reason": decided.reason, "seq": decided.seq}


@pytest.mark.parametrize("family", ["rdm880", "yhy523", "pn532"])
def test_v2_a_copy_is_betrayed_by_its_old_number(tmp_path: Path, family: str) -> None:
    """The original passes after it was copied; then the copy comes, then the original: both stay out until a leader has looked."""

    async def run() -> None:
        with on_pty(family) as (reader, port):
            async with gate_at(tmp_path, family, port) as gate:
                key = gate.gate.counters.options.site_key
                card = MemoryCard(UID)
                assert (await present(gate, reader, card))["reason"] == "ok", (
                    "a card that was never written is trusted once"
                )
                assert cc.read([card.at(4), card.at(5)], UID, key) == 1
                copy = card.copied()
                for number in (2, 3):
                    assert (await present(gate, reader, card))["decision"] == "granted"
                    assert cc.read([card.at(4), card.at(5)], UID, key) == number
                assert await present(gate, reader, copy) | {"seq": 0} == {
                    "decision": "refused",
                    "reason": "counter-copy",
                    "seq": 0,
                }
                await gate.says("refused.counter-copy")
                (betrayed,) = gate.all("card.copied")
                assert (betrayed.found, betrayed.confirmed, betrayed.begun) == (1, 3, 3)
                (alarm,) = gate.all("notice.sent", about="card-copied")
                assert alarm.to == "leader"
                assert (await present(gate, reader, card))["reason"] == "counter-suspect"
                assert len(gate.all("card.copied")) == len(gate.all("notice.sent")) == 1, "one alarm"
                (row,) = gate.live.desk.suspects()
                assert (row["card"], row["kind"]) == (UID.hex(), "owner")
                await gate.live.desk.act(LEADER, "trust", {"card": UID.hex(), "reason": "真卡在手"}, "key-trust")
                assert (await present(gate, reader, card))["decision"] == "granted"
                assert (await present(gate, reader, copy))["reason"] == "counter-copy"

    asyncio.run(run())


def test_v2_torn_writes_are_accepted_and_survive_a_restart(tmp_path: Path) -> None:
    """A card pulled away before, in the middle of, or just after the write; and the gate's end between two passes."""

    async def run() -> None:
        with on_pty("yhy523") as (reader, port):
            card = MemoryCard(UID)
            async with gate_at(tmp_path, "yhy523", port) as gate:
                key = gate.gate.counters.options.site_key
                for torn in (0, 7, None, 3, 15, None):
                    card.torn_after = torn
                    assert (await present(gate, reader, card))["decision"] == "granted", torn
                    card.torn_after = None
                card.torn_after = 5
                assert (await present(gate, reader, card))["decision"] == "granted"
                old = card.copied()
                torn_at = gate.all("card.counting")[-1]
                assert not [e for e in gate.all("card.counted") if e.seq > torn_at.seq]
            async with gate_at(tmp_path, "yhy523", port) as gate:
                assert (await present(gate, reader, card))["decision"] == "granted", (
                    "old or new: both are right after a torn write"
                )
                assert cc.read([card.at(4), card.at(5)], UID, key) == torn_at.begun
                assert (await present(gate, reader, card))["decision"] == "granted"
                assert (await present(gate, reader, old))["reason"] == "counter-copy"

    asyncio.run(run())


def test_v2_a_wiped_card_is_asked_about_and_one_that_is_gone_is_asked_for_again(tmp_path: Path) -> None:
    """A copy of the number alone carries nothing; and a card that was taken away before it was read is no copy."""

    async def run() -> None:
        with on_pty("rdm880") as (reader, port):
            async with gate_at(tmp_path, "rdm880", port) as gate:
                card = MemoryCard(UID)
                await present(gate, reader, card)
                assert await present(gate, reader, MemoryCard(UID)) | {"seq": 0} == {
                    "decision": "ask",
                    "reason": "counter-unreadable",
                    "seq": 0,
                }

                def take_away(request: bytes) -> None:
                    if request[3] == 0x20:
                        reader.card = None

                reader.on_asked = take_away
                assert (await present(gate, reader, card))["reason"] == "counter-unread"
                await gate.says("ask.counter-unread")
                reader.on_asked = lambda request: None
                assert (await present(gate, reader, card))["decision"] == "granted"
                other = MemoryCard(UID, key=b"secret")
                assert (await present(gate, reader, other))["reason"] == "counter-unreadable"
                assert gate.all("card.copied") == []

    asyncio.run(run())


def test_v2_a_card_that_cannot_carry_a_number_passes_as_ever(tmp_path: Path) -> None:
    """Another key in that sector: nothing is written, nothing is promised, and nobody is sent away."""

    async def run() -> None:
        with on_pty("rdm880") as (reader, port):
            async with gate_at(tmp_path, "rdm880", port) as gate:
                other = MemoryCard(UID, key=b"secret")
                for _ in range(2):
                    assert (await present(gate, reader, other, counted=False))["decision"] == "granted"
                assert other.blocks == {}
                assert gate.all("card.") == []

    asyncio.run(run())


def test_v2_behind_a_simulated_reader_that_is_asked_cards_remember_too(tmp_path: Path) -> None:
    """`make run` with an RDM880: a card is laid on, read, written and lifted, as often as it comes."""

    async def run() -> None:
        async with gate_at(tmp_path, "rdm880", f"sim://asked-{tmp_path.name}") as gate:
            for number in (1, 2):
                gate.tap(UID.hex())
                await gate.event("card.counted", counter=number)
                gate.gate.counters.readers["entry.reader"].again()
                gate.gate.lanes["entry"].granted.clear()

    asyncio.run(run())


def test_after_a_restore_each_card_is_taken_at_its_next_word(tmp_path: Path) -> None:
    """What was written onto cards after the backup is not known; who was suspect stays so. The tables come out of the journal again."""
    with at_the_desk(
        tmp_path, proven=False
    ) as desk:  # a restored journal goes on under another epoch, which is not played here
        desk.append(CardCounting("aa", "entry", 4, 5), CardCounting("bb", "entry", 8, 9), CardCounted("bb", "entry", 9))
        with desk.store.reader() as con:
            assert table.known(con, "aa").stored == cc.Stored(4, 5)
            assert table.known(con, "bb").stored == cc.Stored(9, 9)
        desk.append(CardCopied("bb", "P1", "exit", 3, 9, 9), JournalRestored("before", 3, "00", "2026-11-25T22:00:00Z"))
        with desk.store.reader() as con:
            assert table.known(con, "aa") == cc.Known()
            assert table.known(con, "bb").suspect
            assert [row["card"] for row in table.suspects(con)] == ["bb"]
        assert verify.rebuild(desk.store).changed == ()
        desk.append(CardTrusted("bb", "真卡在手"))
        with desk.store.reader() as con:
            assert table.known(con, "bb") == cc.Known()


def test_counters_need_a_reader_that_writes(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    text = (CONFIG / "laptop.toml").read_text("utf-8")
    for more, wrong in (
        ('kinds = ["owner"]', "no lane has a reader"),
        ('kinds = ["owners"]', "owners"),
        ("block = 6", "block 7"),
    ):
        path.write_text(f"{text}\n[counter]\n{more}\n", "utf-8")
        with pytest.raises(SettingsError) as error:
            read_settings(path)
        assert wrong in str(error.value.problems)
