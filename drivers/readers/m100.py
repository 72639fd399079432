"""M100, QM100, YRM100, R200: small UHF modules (EPC Gen 2) that speak one protocol; the reader answers.

115200 baud, 8N1.

    BB | type | command | length, 2 bytes, high first | data … | sum | 7E          type 00 request, 01 answer, 02 notice

`sum` is the low byte of the sum from type to data. BB and 7E may stand in the data: cut by length.

    00 22        one inventory        answered by a notice a tag, or by 01 FF 15 (no tag)
    02 22        notice               RSSI | PC, 2 bytes | EPC | CRC-16, 2 bytes
    00 27 22 n   many inventories     (a module set to do so by itself is understood too: `push`)

The EPC's length stands in the PC (upper five bits, in words), and the CRC is the tag's own over PC and EPC. Both are checked: a
sum of eight bits alone would let one broken frame in 256 become another tag. RSSI is ignored.

Sources: «M100 command manual», example of a single inventory, as quoted by several public drivers (SAMPLES); the tag's CRC: EPC
Gen 2, annex F (CRC-16/GENIBUS), confirmed on the samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.base import Answer, Card
from drivers.orders import Done, Failure, Order
from drivers.readers import Sample
from drivers.readers._dialogue import Ask, Pause, Script, Talker, Task, check_poll

NAME = "M100 / YRM100 / R200 (UHF, EPC Gen 2)"
DEFAULT_BAUD = 115200
SEVERAL = True
CHECKED = True
HEADER, END = 0xBB, 0x7E
ANSWER, NOTICE = 0x01, 0x02
INVENTORY = 0x22
LONGEST_EPC = 62
LONGEST = LONGEST_EPC + 5
LIMIT = LONGEST + 7
POLL = bytes.fromhex("BB 00 22 00 00 22 7E")
NO_TAG = bytes.fromhex("BB 01 FF 00 01 15 16 7E")
RSSI, PC_BITS = 0xC9, 0x0400
"""What the manual's example has: -55 dBm, and a tag with user memory."""


def crc(data: bytes | bytearray) -> bytes:
    """CRC-16/GENIBUS, high byte first: a tag's own."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return (value ^ 0xFFFF).to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Options:
    """`poll_ms`: how often to look for tags. `push`: the module looks by itself and is not asked."""

    poll_ms: int = 100
    push: bool = False

    def __post_init__(self) -> None:
        check_poll(self.poll_ms)


PUSHED = (Options(push=True),)


def measure(buffer: bytearray, at: int) -> int | str:
    """What begins at this place: see drivers/readers/_frames.py."""
    if buffer[at] != HEADER:
        return "no frame begins here"
    head = buffer[at : at + 5]
    if len(head) > 1 and head[1] not in (ANSWER, NOTICE):
        return "no answer and no notice"
    if len(head) > 3 and head[3]:
        return "no length of a frame"
    if len(head) < 5:
        return 0
    length = head[4]
    if not 1 <= length <= LONGEST:
        return "no length of a frame"
    total = length + 7
    if len(buffer) - at < total:
        return 0
    data = buffer[at + 5 : at + 5 + length]
    if buffer[at + total - 1] != END:
        return "no end mark where the length says"
    if (sum(head[1:]) + sum(data)) & 0xFF != buffer[at + total - 2]:
        return "checksum is wrong"
    if head[1] == NOTICE and head[2] == INVENTORY and not _is_tag(data):
        return "the tag's own CRC or length is wrong"
    return total


def _is_tag(data: bytearray) -> bool:
    return len(data) > 5 and (data[1] >> 3) * 2 == len(data) - 5 and crc(data[1:-2]) == data[-2:]


def encode(uid: bytes, options: Options) -> bytes:
    """The module's notice while this tag is near. ValueError when uid is no EPC (an even number of bytes, 2 to 62)."""
    if len(uid) % 2 or not 2 <= len(uid) <= LONGEST_EPC:
        raise ValueError(f"an EPC has an even number of bytes up to {LONGEST_EPC}, not {len(uid)}")
    tag = (len(uid) // 2 << 11 | PC_BITS).to_bytes(2, "big") + uid
    data = bytes([RSSI]) + tag + crc(tag)
    inner = bytes([NOTICE, INVENTORY]) + len(data).to_bytes(2, "big") + data
    return bytes([HEADER]) + inner + bytes([sum(inner) & 0xFF, END])


def no_card(request: bytes, options: Options) -> bytes:
    """What a module without a tag answers, for the simulator."""
    return NO_TAG


def _read(whole: bytes) -> Sequence[Card | Answer]:
    if whole[1] == NOTICE and whole[2] == INVENTORY:
        return [Card(whole[8:-4], whole)]
    return [Answer(whole, f"command {whole[2]:02x}: {whole[5:-2].hex()}")]


class Decoder(Talker):
    """Looks for tags again and again."""

    def __init__(self, options: Options) -> None:
        self._options = options
        super().__init__(measure, _read, self._look, self._do, frozenset())

    def _look(self) -> Script:
        if not self._options.push:
            yield Ask(POLL, 300, lambda _whole: True)
        yield Pause(self._options.poll_ms, idle=True)

    def _do(self, order: Order) -> Task:
        yield Pause(0)
        return Done(order, failure=Failure.UNSUPPORTED, why="this family of readers cannot do it")


SAMPLES = (
    Sample(
        bytes.fromhex("BB 02 22 00 11 C9 34 00 30 75 1F EB 70 5C 59 04 E3 D5 0D 70 3A 76 EF 7E"),
        bytes.fromhex("30751FEB705C5904E3D50D70"),
        Options(),
        "the M100 command manual's example of a single inventory",
    ),
)
