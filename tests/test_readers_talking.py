"""Readers that are asked, over a line: polls, beeps, lights, blocks read and written, cards swapped, chips that hang."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from drivers import loader
from drivers.base import CardRead, DeviceFault, Edge, TextRead
from drivers.orders import Beep, Colour, Failure, OrderFailed, ReadBlock, WriteBlock, is_trailer
from drivers.readers import m100, pn532, uhfreader18, yhy523
from drivers.serial_port import PortOptions, SerialReader
from drivers.wire import Wire, wire
from tests.support_drivers import Inbox
from tests.support_readers import Card, FakeM100, FakePn532, FakeRdm880, FakeReader, FakeUhf, FakeYhy523

Said = CardRead | DeviceFault | Edge
MIFARE = {"rdm880": FakeRdm880, "yhy523": FakeYhy523, "pn532": FakePn532}
every_mifare = pytest.mark.parametrize("family", MIFARE)
DATA = bytes(range(0xA4, 0xB4))  # with an AA, which one family stuffs
ONE, OTHER = "3F8A21C4", "AA00AA55"


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Iterator[Wire]:
    found = wire(request.node.name)
    yield found
    found.plug()
    found.on_received = None


@contextlib.contextmanager
def reader(
    family: str, line: Wire, inbox: Inbox[Said], table: dict[str, object] | None = None, **port: float
) -> Iterator[SerialReader]:
    module = loader.load(family)
    options = loader.make_options(module, {"poll_ms": 20} if table is None else table)
    made = SerialReader(
        "desk",
        PortOptions(line.url, module.DEFAULT_BAUD, retry_first_s=0.01, several=module.SEVERAL, **port),
        lambda: module.Decoder(options),
        inbox,
    )
    made.start()
    try:
        assert line.wait_open(5)
        yield made
    finally:
        made.close()


def uids(items: list[Said]) -> list[str]:
    return [item.uid.hex().upper() for item in items if isinstance(item, CardRead)]


@every_mifare
def test_a_card_is_found_by_asking_and_is_one_presentation(family: str, line: Wire) -> None:
    inbox: Inbox[Said] = Inbox()
    fake = MIFARE[family](line)
    asked: Inbox[bytes] = Inbox()
    fake.on_asked = asked
    with reader(family, line, inbox):
        asked.wait_count(4)
        assert inbox.items == []
        fake.card = Card(ONE)
        inbox.wait(lambda items: uids(items) == [ONE])
        asked.wait_count(len(asked.items) + 12)
        fake.card = Card(OTHER)
        assert uids(inbox.wait(lambda items: len(uids(items)) > 1)) == [ONE, OTHER]
    assert not [item for item in inbox.items if isinstance(item, DeviceFault)]


@every_mifare
def test_a_block_is_written_and_read_back(family: str, line: Wire) -> None:
    fake = MIFARE[family](line)
    fake.card = Card(ONE)
    with reader(family, line, Inbox()) as port:
        uid = bytes.fromhex(ONE)
        assert port.write(uid, 4, DATA).result(10) == b""
        assert fake.card.blocks == {4: DATA}
        assert port.read(uid, 4).result(10) == DATA
        assert port.read(uid, 5).result(10) == bytes(16)


@every_mifare
@pytest.mark.parametrize(
    ("lies_there", "key", "failure"),
    [
        (None, b"\xff" * 6, Failure.NO_CARD),
        (OTHER, b"\xff" * 6, Failure.SWAPPED),
        (ONE, b"secret", Failure.REFUSED),
    ],
)
def test_what_goes_wrong_is_told_apart(
    family: str, lies_there: str | None, key: bytes, failure: Failure, line: Wire
) -> None:
    fake = MIFARE[family](line)
    fake.card = Card(lies_there, key) if lies_there else None
    with reader(family, line, Inbox()) as port, pytest.raises(OrderFailed) as failed:
        port.write(bytes.fromhex(ONE), 4, DATA).result(10)
    assert failed.value.failure is failure
    assert fake.card is None or fake.card.blocks == {}


@every_mifare
def test_a_card_that_is_taken_away_in_the_middle(family: str, line: Wire) -> None:
    """It lies there when it is looked for, and is gone when it is written."""
    fake = MIFARE[family](line)
    fake.card = Card(ONE)
    seen: Inbox[Said] = Inbox()
    with reader(family, line, seen) as port:
        seen.wait_count(1)
        finding = {"rdm880": 0x21, "yhy523": yhy523.SELECT & 0xFF, "pn532": pn532.EXCHANGE}[family]
        place = 3 if family == "rdm880" else 6

        def take_away(request: bytes) -> None:
            if request[place] == finding:
                fake.card = None

        fake.on_asked = take_away
        with pytest.raises(OrderFailed) as failed:
            port.write(bytes.fromhex(ONE), 4, DATA).result(10)
        assert failed.value.failure in (Failure.NO_CARD, Failure.REFUSED)


def test_ultralight_pages_on_the_issuing_reader(line: Wire) -> None:
    fake = FakePn532(line)
    fake.card = Card("04416D412B0289")
    with reader("pn532", line, Inbox()) as port:
        uid = fake.card.uid
        port.write(uid, 6, b"gate").result(10)
        assert port.read(uid, 5).result(10) == bytes(4) + b"gate" + bytes(8)
        with pytest.raises(OrderFailed, match="4 bytes"):
            port.write(uid, 8, DATA).result(10)


@pytest.mark.parametrize("family", ["rdm880", "yhy523", "uhfreader18"])
def test_beeps(family: str, line: Wire) -> None:
    fake: FakeReader = {**MIFARE, "uhfreader18": FakeUhf}[family](line)
    with reader(family, line, Inbox()) as port:
        port.beep(True).result(10)
        port.beep(False).result(10)
    place, command = {"rdm880": (3, 0x89), "yhy523": (6, 0x06), "uhfreader18": (2, 0x33)}[family]
    beeps = [request for request in fake.asked if request[place] == command]
    if family == "yhy523":
        beeps = [request for request in beeps if request[7] == 0x01]
        assert len(beeps) == 1 + 3
        assert beeps[0] == bytes.fromhex("AA BB 06 00 FF FF 06 01 14 13")
    else:
        assert [request[-3] for request in beeps] == [1, 3]


@pytest.mark.parametrize("family", ["rdm880", "yhy523"])
def test_lights(family: str, line: Wire) -> None:
    fake = MIFARE[family](line)
    with reader(family, line, Inbox()) as port:
        for colour in Colour:
            port.light(colour).result(10)
    place = 3 if family == "rdm880" else 6
    lights = {request[place : place + 3] for request in fake.asked if request[place] in (0x07, 0x87, 0x88)}
    assert len(lights) == 3


def test_what_a_family_cannot_do_is_said_at_once(line: Wire) -> None:
    FakePn532(line)
    with reader("pn532", line, Inbox()) as port:
        assert Beep not in port.orders
        with pytest.raises(OrderFailed, match="unsupported"):
            port.beep(True).result(0)
    with reader("rdm6300", line, Inbox(), {}) as port, pytest.raises(OrderFailed, match="unsupported"):
        port.read(b"1234", 4).result(0)


def test_an_order_ends_with_its_port(line: Wire) -> None:
    fake = FakeRdm880(line)
    fake.dumb = True
    with reader("rdm880", line, Inbox()) as port:
        order = port.beep(True)
        line.unplug()
        with pytest.raises(OrderFailed, match="silent"):
            order.result(10)
    with pytest.raises(OrderFailed, match="silent"):
        port.beep(True).result(10)


def test_a_reader_that_does_not_answer_is_silent_until_it_does(line: Wire) -> None:
    fake = FakeRdm880(line)
    fake.dumb = True
    inbox: Inbox[Said] = Inbox()

    def silences(items: list[Said]) -> list[bool]:
        return [item.active for item in items if isinstance(item, DeviceFault) and item.code.value == "silent"]

    with reader("rdm880", line, inbox, silent_s=0.4):
        inbox.wait(lambda items: silences(items) == [True])
        fake.dumb = False
        inbox.wait(lambda items: silences(items) == [True, False])


def test_a_chip_that_hangs_is_woken_again(line: Wire) -> None:
    fake = FakePn532(line)
    fake.card = Card(ONE)
    inbox: Inbox[Said] = Inbox()
    with reader("pn532", line, inbox, window_s=0.2):
        inbox.wait_count(1)
        assert fake.wakings == 1
        fake.card = Card(OTHER)
        fake.awake = False  # it hears nothing until it is woken
        inbox.wait(lambda items: uids(items) == [ONE, OTHER])
        assert fake.wakings == 2


TAGS = (bytes.fromhex("E200001B411502231620C94B"), bytes.fromhex("30751FEB705C5904E3D50D70"))


@pytest.mark.parametrize(("family", "fake_family"), [("uhfreader18", FakeUhf), ("m100", FakeM100)])
def test_two_windscreens_at_once_are_two_presentations(
    family: str, fake_family: type[FakeUhf | FakeM100], line: Wire
) -> None:
    fake = fake_family(line)
    fake.tags = TAGS
    asked: Inbox[bytes] = Inbox()
    fake.on_asked = asked
    inbox: Inbox[Said] = Inbox()
    with reader(family, line, inbox):
        asked.wait_count(10)
    assert [item.uid for item in inbox.items if isinstance(item, CardRead)] == list(TAGS)


def test_rssi_after_each_epc_is_ignored() -> None:
    listed = b"".join(bytes([len(tag)]) + tag + b"\xc4" for tag in TAGS)
    frame = uhfreader18.frame(0, bytes([1, 1, 2]) + listed)
    found = uhfreader18.Decoder(uhfreader18.Options()).feed(frame)
    assert [each.uid for each in found if not isinstance(each, uhfreader18.Answer)] == list(TAGS)


def test_a_push_reader_is_never_asked(line: Wire) -> None:
    fake = FakeUhf(line)
    inbox: Inbox[Said] = Inbox()
    options = uhfreader18.Options(push=True, epc_from=2, epc_bytes=6)
    with reader("uhfreader18", line, inbox, {"push": True, "epc_from": 2, "epc_bytes": 6}, silent_s=0.05):
        line.write(uhfreader18.HEARTBEAT + uhfreader18.encode(bytes.fromhex("2000708C2B380B2D00000000"), options))
        inbox.wait(lambda items: uids(items) == ["708C2B380B2D"])
    assert fake.asked == []
    assert len(inbox.items) == 1


def test_more_samples_of_the_m100() -> None:
    """Two frames that other drivers' authors noted, of other makes: their sums and the tags' CRCs hold."""
    for frame, uid in (
        ("BB 02 22 00 11 C4 30 00 E2 00 00 1D 73 15 01 65 21 40 8F C6 B8 3E C2 7E", "E200001D7315016521408FC6"),
        ("BB 02 22 00 11 CB 34 00 E2 00 47 1B B0 00 60 13 04 45 09 D0 95 82 D4 7E", "E200471BB0006013044509D0"),
    ):
        (card,) = m100.Decoder(m100.Options()).feed(bytes.fromhex(frame))
        assert not isinstance(card, m100.Answer)
        assert card.uid.hex().upper() == uid


def test_a_false_beginning_is_given_up_when_the_line_is_quiet(line: Wire) -> None:
    """A length that promises a hundred bytes holds the next frame for a quarter of a second, not until the next card."""
    fake = FakeRdm880(line)
    fake.dumb = True
    inbox: Inbox[Said] = Inbox()
    with reader("rdm880", line, inbox, quiet_s=0.05):
        line.write(b"\xaa\x00\x50" + bytes.fromhex("AA 00 06 00 00 16 0F F4 7F 94 BB"))
        assert uids(inbox.wait_count(1)) == ["160FF47F"]


def test_texts_of_a_scanner_are_no_cards(line: Wire) -> None:
    module = loader.load("line")
    options = loader.make_options(module, {"base": "text"})
    cards: Inbox[Said] = Inbox()
    texts: Inbox[TextRead] = Inbox()
    port = SerialReader("scanner", PortOptions(line.url), lambda: module.Decoder(options), cards, texts)
    port.start()
    assert line.wait_open(5)
    line.write("预约:42\r\n预约:42\r\nA1\r\n".encode())
    read = texts.wait_count(2)
    port.close()
    assert [(each.device, each.text) for each in read] == [("scanner", "预约:42"), ("scanner", "A1")]
    assert cards.items == []


@pytest.mark.parametrize("block", [0, 3, 7, 63, 127, 143, 255])
def test_blocks_that_are_never_written(block: int) -> None:
    assert block == 0 or is_trailer(block)
    with pytest.raises(ValueError, match="never written"):
        WriteBlock(b"1234", block, DATA)
    with pytest.raises(ValueError, match="never written"):
        WriteBlock(b"1234567", min(block, 3), b"page")


def test_orders_that_there_are_not() -> None:
    for wrong in (
        lambda: ReadBlock(b"1234", 256),
        lambda: ReadBlock(b"1234", 4, b"short"),
        lambda: WriteBlock(b"1", 4, b"12345"),
    ):
        with pytest.raises(ValueError, match=r"block|key"):
            wrong()


def test_a_key_is_in_no_log() -> None:
    assert "secret" not in repr(WriteBlock(b"1234", 4, DATA, b"secret"))
