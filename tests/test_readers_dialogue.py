"""A reader that answers nonsense with right checksums: no script raises, and every order ends."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from drivers import loader
from drivers.orders import Beep, Colour, Done, Light, Order, ReadBlock, WriteBlock
from drivers.readers import m100, pn532, rdm880, uhfreader18, yhy523

UID = bytes.fromhex("3F8A21C4")
Dice = random.Random


def a_yhy(dice: Dice) -> bytes:
    command = dice.choice([0x0106, 0x0107, 0x0201, 0x0202, 0x0203, 0x0207, 0x0208, 0x0209, 0x0212])
    return yhy523.frame(command, bytes([dice.choice([0, 0, 0, 0x14])]) + nonsense(dice), b"\0\0")


def a_pn532(dice: Dice) -> bytes:
    command = dice.choice([pn532.SAM, pn532.RF, pn532.LIST, pn532.EXCHANGE]) + 1
    return dice.choice([pn532.ACK, b""]) + pn532.frame(bytes([0xD5, command]) + nonsense(dice))


def nonsense(dice: Dice) -> bytes:
    listed = bytes.fromhex("01 01 00 04 08 04") + UID
    return dice.choice([b"", UID, listed, b"\0" + dice.randbytes(16), dice.randbytes(dice.randrange(20))])


ANSWERS: dict[str, Callable[[Dice], bytes]] = {
    "rdm880": lambda dice: rdm880.frame(
        0, bytes([dice.choice([0, 0, 1])]) + dice.choice([b"\0" + UID, nonsense(dice)])
    ),
    "yhy523": a_yhy,
    "pn532": a_pn532,
    "uhfreader18": lambda dice: uhfreader18.frame(
        0, bytes([dice.choice([1, 0x33]), dice.choice([0, 1, 0xFB])]) + nonsense(dice)
    ),
    "m100": lambda dice: dice.choice([m100.encode(UID, m100.Options()), bytes.fromhex("BB 01 FF 00 01 15 16 7E")]),
}
ORDERS: list[Callable[[], Order]] = [
    lambda: Beep(True),
    lambda: Beep(False),
    lambda: Light(Colour.RED),
    lambda: ReadBlock(UID, 4),
    lambda: WriteBlock(UID, 4, bytes(16)),
    lambda: WriteBlock(UID, 4, bytes(4)),
]


@pytest.mark.parametrize("family", ANSWERS)
def test_nonsense_with_a_right_checksum(family: str) -> None:
    dice = random.Random(11)
    module = loader.load(family)
    decoder = module.Decoder(module.Options())
    given: list[Order] = []
    done: list[Done] = []
    now = 0
    for _ in range(4000):
        request, again = decoder.due(now)
        assert again > now or request
        heard = decoder.feed(ANSWERS[family](dice) if dice.random() < 0.8 else b"")
        done += [each for each in heard if isinstance(each, Done)]
        assert decoder.buffered < module.LIMIT
        if dice.random() < 0.1:
            order = dice.choice(ORDERS)()
            given.append(order)
            decoder.order(order)
        now = max(now + 1_000_000, again if dice.random() < 0.5 else now + dice.randrange(50_000_000))
    for _ in range(400):  # nobody answers any more: what is under way ends by itself
        _, now = decoder.due(now)
        done += [each for each in decoder.feed(b"") if isinstance(each, Done)]
    assert sorted(map(id, given)) == sorted(id(each.order) for each in done)
    assert {type(each.order) for each in done} == {Beep, Light, ReadBlock, WriteBlock}
    supported = [each for each in done if type(each.order) in decoder.orders]
    assert bool(supported) is bool(decoder.orders)
