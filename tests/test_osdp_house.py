"""A whole gate with two OSDP readers on one bus, a sign and a voice: settings, keys, cards, install mode in the journal."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osdp as osdp_lib
import pytest

from drivers import base as d
from drivers.osdp.reader import OsdpReader
from drivers.signs import fk
from drivers.wire import wire
from edge import hardware, osdp, signage
from edge.errors import SettingsError
from edge.load_settings import parse
from tests.support_drivers import Inbox
from tests.support_gate import CONFIG, PATIENCE_S, Said, Whole, laptop, whole, without_cameras
from tests.support_osdp import Cable, Reader

OWNER = "3c00ce754c"


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    made.close()


def on_bus(url: str, sign: str = "") -> Any:
    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        for address, lane in enumerate(raw["lane"]):
            lane["reader"] = {"driver": "osdp", "port": url, "options": {"address": address}, "repeat_s": 0.2}
            lane["sensors"].pop("approach")
        if sign:
            raw["lane"][0]["sign"] = {"port": sign}

    return change


async def up(reader: OsdpReader) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not reader.up:
            await asyncio.sleep(0.01)


def test_cards_install_mode_and_a_sign(tmp_path: Path, cable: Cable) -> None:
    asyncio.run(_cards_install_mode_and_a_sign(tmp_path, cable))


async def _cards_install_mode_and_a_sign(tmp_path: Path, cable: Cable) -> None:
    board, shown = wire("house-sign"), Inbox[bytes]()
    board.on_received = shown
    keys = osdp.Keys(tmp_path)
    entry = cable.reader(0, key=None)
    leave = cable.reader(1, key=keys.of("exit.reader"))
    async with whole(tmp_path, on_bus(cable.url, board.url), rate=1.0) as gate:
        readers = gate.house.devices.osdp.readers
        await gate.event("fault.began", device="entry.reader", code="key")
        await up(readers["exit.reader"])
        readers["entry.reader"].install(20)
        await gate.event("fault.began", device="entry.reader", code="install")
        await up(readers["entry.reader"])
        await gate.event("fault.ended", device="entry.reader", code="install")
        await gate.event("fault.ended", device="entry.reader", code="key")
        one = await _presented(gate, entry, "0badc0de01")
        two = await _presented(gate, leave, "0badc0de02")
        assert (one.lane, two.lane) == ("entry", "exit")
        await asyncio.to_thread(shown.wait, lambda items: _said("请稍候") in items)
        async with asyncio.timeout(PATIENCE_S):
            while osdp_lib.Command.LED not in entry.kinds():
                await asyncio.sleep(0.01)
        written = b"".join(path.read_bytes() for path in tmp_path.glob("gate.sqlite*"))
        for name in ("entry.reader", "exit.reader"):
            key = keys.of(name)
            assert key not in written
            assert key.hex().encode() not in written


async def _presented(gate: Whole, reader: Reader, card: str) -> Said:
    """A card, again and again: the first two seconds after the line came (no loop tells of a vehicle) count nothing."""
    found: list[Said] = await gate.hears(
        lambda: reader.tap(bytes.fromhex(card)), lambda: gate.all("access.decided", card=card), every_s=0.5
    )
    return found[0]


def _said(text: str) -> bytes:
    return fk.frames(d.Message("ask", ("您好", "请稍候"), f"您好，{text}"), fk.Options())[2]


def test_keys_are_made_once_kept_private_and_a_credential_comes_first(tmp_path: Path) -> None:
    keys = osdp.Keys(tmp_path)
    first = keys.of("entry.reader")
    assert len(first) == 16
    assert keys.of("entry.reader") == osdp.Keys(tmp_path).of("entry.reader") == first
    assert keys.of("exit.reader") != first
    path = tmp_path / osdp.KEYS
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    keys.of("entry.reader")
    assert path.stat().st_mode & 0o777 == 0o600
    given = tmp_path / "gate-edge.osdp-keys"
    given.write_text('{"entry.reader": "' + "ab" * 16 + '"}')
    both = osdp.Keys(tmp_path, given)
    assert both.of("entry.reader") == b"\xab" * 16
    assert both.of("exit.reader") == keys.of("exit.reader")


@pytest.mark.parametrize("damage", ["", "[]", '{"entry.reader": "zz"}', '{"entry.reader": "abcd"}', '{"a": 1}'])
def test_a_damaged_key_file_is_said_without_showing_it(tmp_path: Path, damage: str) -> None:
    (tmp_path / osdp.KEYS).write_text(damage)
    with pytest.raises(d.DeviceGone, match="damaged") as said:
        osdp.Keys(tmp_path).of("entry.reader")
    assert "abcd" not in str(said.value)


def test_a_gate_with_damaged_keys_runs_and_says_so(tmp_path: Path, cable: Cable) -> None:
    asyncio.run(_a_gate_with_damaged_keys_runs_and_says_so(tmp_path, cable))


async def _a_gate_with_damaged_keys_runs_and_says_so(tmp_path: Path, cable: Cable) -> None:
    (tmp_path / osdp.KEYS).write_text("?")
    async with whole(tmp_path, on_bus(cable.url)) as gate:
        assert ("entry.reader", "gone") in gate.faults()


def text(change: Any) -> str:
    """The laptop's configuration with something changed, as TOML is read: parse() takes the text, so it is built from parts."""
    raw = tomllib.loads((CONFIG / "laptop.toml").read_text("utf-8"))
    change(raw)
    return _toml(raw)


def _toml(raw: dict[str, Any]) -> str:
    def value(v: Any) -> str:
        if isinstance(v, dict):
            return "{" + ", ".join(f"{k} = {value(x)}" for k, x in v.items()) + "}"
        if isinstance(v, list):
            return "[" + ", ".join(map(value, v)) + "]"
        return str(v).lower() if isinstance(v, bool) else f'"{v}"' if isinstance(v, str) else str(v)

    return "\n".join(f"{k} = {value(v)}" for k, v in raw.items())


def read(change: Any) -> Any:
    return parse(text(change), "config", hardware.check_reader, signage.check_sign)


def test_two_lanes_may_share_a_bus() -> None:
    settings = read(on_bus("/dev/ttyUSB0"))
    assert [lane.reader.port for lane in settings.lane] == ["/dev/ttyUSB0"] * 2


@pytest.mark.parametrize(
    ("lane", "reader", "what"),
    [
        (1, {"driver": "osdp", "port": "/dev/ttyUSB0"}, "address 0. is used twice"),
        (1, {"driver": "rdm6300", "port": "/dev/ttyUSB0"}, "is an OSDP bus"),
        (1, {"driver": "osdp", "port": "/dev/ttyUSB0", "baud": 115200, "options": {"address": 1}}, "the same baud"),
        (1, {"driver": "osdp", "port": "sim://x"}, "cannot be simulated"),
        (1, {"driver": "osdp", "port": "/dev/ttyUSB1", "options": {"address": 200}}, "0 to 126"),
        (1, {"driver": "osdp", "port": "/dev/ttyUSB1", "options": {"scbk": "00"}}, "scbk"),
    ],
)
def test_what_an_osdp_bus_refuses(lane: int, reader: dict[str, Any], what: str) -> None:
    def change(raw: dict[str, Any]) -> None:
        on_bus("/dev/ttyUSB0")(raw)
        raw["lane"][lane]["reader"] = reader

    with pytest.raises(SettingsError) as refused:
        read(change)
    assert any(re.search(what, problem) for problem in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("sign", "what"),
    [
        ({"driver": "fkk", "port": "/dev/ttyUSB9"}, "did you mean 'fk'"),
        ({"port": "/dev/ttyUSB9", "options": {"lines": 9}}, "lines must be"),
        ({"port": "/dev/ttyUSB9", "options": {"gate": 1}}, "gate"),
        ({"port": "sim://exit-reader"}, "is used twice"),
        ({"port": "/dev/ttyUSB9", "colour": "red"}, "unknown key"),
    ],
)
def test_what_a_sign_refuses(sign: dict[str, Any], what: str) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["lane"][0]["sign"] = sign

    with pytest.raises(SettingsError) as refused:
        read(change)
    assert any(what in problem for problem in refused.value.problems), refused.value.problems


def test_a_voice_that_is_missing_is_a_fault_and_no_more(tmp_path: Path) -> None:
    asyncio.run(_a_voice_that_is_missing_is_a_fault_and_no_more(tmp_path))


async def _a_voice_that_is_missing_is_a_fault_and_no_more(tmp_path: Path) -> None:
    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["lane"][0]["voice"] = {"folder": str(tmp_path / "nowhere")}

    async with whole(tmp_path / "gate", change) as gate:
        await gate.event("fault.began", device="entry.voice", code="gone")
        await gate.play("owner")


def test_the_configuration_holds_no_key() -> None:
    dumped = laptop(Path("x"), on_bus("/dev/ttyUSB0")).model_dump_json()
    assert "scbk" not in dumped
    assert osdp.KEYS not in dumped


def test_the_relay_comes_before_sign_and_light(tmp_path: Path) -> None:
    asyncio.run(_the_relay_comes_first(tmp_path))


async def _the_relay_comes_first(tmp_path: Path) -> None:
    order: list[str] = []
    async with whole(tmp_path, without_cameras) as gate:
        lane = gate.gate.lanes["entry"]
        inner = lane.relays
        assert inner is not None

        class Watched:
            def pulse(self, action: str) -> None:
                order.append(action)
                inner.pulse(action)

        lane.relays = Watched()
        lane.announce = lambda prompt: order.append(prompt.code)
        lane.tell = order.append
        await gate.play("owner")
    assert order.index("open") < order.index("granted") < order.index("greet")
