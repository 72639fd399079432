"""RDM880: MIFARE cards, 13.56 MHz, RS-232 or RS-485; the reader answers and never talks by itself.

9600 baud, 8N1.

    request   AA | station | len | command | data … | BCC | BB
    answer    AA | station | len | status  | data … | BCC | BB         status 00 is success, else data is a code

`len` counts command (or status) and data; BCC is the XOR of everything between AA and itself; station 00 is «any reader» in a
request. Nothing is stuffed: AA and BB may stand anywhere, so a frame is cut by its length. An answer does not say to which
command: it is told by its length.

    25 mode halt               serial number: 00 | flag | 4, 7 or 10 bytes of UID     (mode 26: cards that were not halted)
    20 mode count block key    read blocks:   00 | 4 bytes of UID | 16 bytes a block  (mode 01: key A, all cards)
    21 mode count block key …  write blocks:  00 | 4 bytes of UID
    87 / 88 time times         light 1 / 2;   89 time times  buzzer                   (time in units of 20 ms)

Read and write select a card anew and say which one they took; so a card swapped in between is noticed even after the fact.

Sources: frames and lengths of the serial number: a technician's notes with both captures (SAMPLES); commands 87 to 89 and status
codes: github.com/murzz/rdm880; read: github.com/MakerLabsVan/ACM reader_test.ino. The unit of the times is from memory of the data
sheet and was not checked on a reader. A 21-byte answer with one block in it follows from the reader_test's printing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import xor

from drivers.base import Answer, Card
from drivers.card_numbers import check_order, turned
from drivers.orders import Beep, Colour, Done, Failure, Light, Order, ReadBlock, WriteBlock
from drivers.readers import Sample
from drivers.readers._dialogue import Ask, Pause, Script, Talker, Task, check_poll

NAME = "RDM880 (MIFARE, 13.56 MHz)"
DEFAULT_BAUD = 9600
SEVERAL = False
CHECKED = True
STX, ETX = 0xAA, 0xBB
LONGEST = 0x52
"""The reader takes and sends no more than 80 bytes of data."""
LIMIT = LONGEST + 5
UID_BYTES = (4, 7, 10)
ANSWER_MS = 300
NO_CARD = 0x83


@dataclass(frozen=True, slots=True)
class Options:
    """`station`: 0 is any; on a bus of several readers the one meant. `poll_ms`: how often to look for a card."""

    station: int = 0
    poll_ms: int = 150
    order: str = "msb"

    def __post_init__(self) -> None:
        if not 0 <= self.station <= 255:
            raise ValueError(f"station must be 0 to 255, not {self.station}")
        check_poll(self.poll_ms)
        check_order(self.order)


def measure(station: int, buffer: bytearray, at: int) -> int | str:
    """What begins at this place: see drivers/readers/_frames.py."""
    if buffer[at] != STX:
        return "no frame begins here"
    there = len(buffer) - at
    if there >= 2 and station and buffer[at + 1] != station:
        return "another station"
    if there < 3:
        return 0
    size = buffer[at + 2]
    if not 1 <= size <= LONGEST:
        return "no length of a frame"
    total = size + 5
    if there < total:
        return 0
    if buffer[at + total - 1] != ETX:
        return "no end mark where the length says"
    if reduce(xor, buffer[at + 1 : at + total - 2]) != buffer[at + total - 2]:
        return "checksum is wrong"
    return total


def frame(station: int, body: bytes) -> bytes:
    """A whole frame around command or status and data."""
    inner = bytes([station, len(body)]) + body
    return bytes([STX]) + inner + bytes([reduce(xor, inner), ETX])


def encode(uid: bytes, options: Options) -> bytes:
    """The reader's answer while this card is near. ValueError when uid has not 4, 7 or 10 bytes."""
    if len(uid) not in UID_BYTES:
        raise ValueError(f"a MIFARE card has 4, 7 or 10 bytes, not {len(uid)}")
    return frame(options.station, b"\0\0" + turned(uid, options.order))


def no_card(request: bytes, options: Options) -> bytes:
    """What a reader without a card answers, for the simulator."""
    return frame(options.station, b"\x00\x80" if request[3] >= 0x80 else bytes([1, NO_CARD]))


class Decoder(Talker):
    """Polls for serial numbers; takes orders."""

    def __init__(self, options: Options) -> None:
        self._options = options
        super().__init__(
            partial(measure, options.station),
            self._card,
            self._look,
            self._do,
            frozenset({Beep, Light, ReadBlock, WriteBlock}),
        )

    def _card(self, whole: bytes) -> Sequence[Card | Answer]:
        body = whole[3:-2]
        if body[0] == 0 and len(body) - 2 in UID_BYTES:
            return [Card(turned(body[2:], self._options.order), whole)]
        return [Answer(whole, "no card" if body[0] and body[1:2] == bytes([NO_CARD]) else f"status {body[:2].hex()}")]

    def _ask(self, *body: int) -> Ask:
        return Ask(frame(self._options.station, bytes(body)), ANSWER_MS, lambda _whole: True)

    def _look(self) -> Script:
        yield self._ask(0x25, 0x26, 0x00)
        yield Pause(self._options.poll_ms, idle=True)

    def _do(self, order: Order) -> Task:
        match order:
            case Beep(right):
                answer = yield self._ask(0x89, 10, 1 if right else 3)
            case Light(colour):
                number = 0x88 if colour is Colour.RED else 0x87
                answer = yield self._ask(number, 0 if colour is Colour.OFF else 50, 1)
            case ReadBlock() | WriteBlock():
                return (yield from self._memory(order))
        if answer is None:
            return Done(order, failure=Failure.SILENT, why="no answer")
        return Done(order, failure=Failure.REFUSED if answer[3] else None, why=answer[3:-2].hex())

    def _memory(self, order: ReadBlock | WriteBlock) -> Task:
        size = 16
        if len(order.uid) != 4 or (isinstance(order, WriteBlock) and len(order.data) != size):
            return Done(order, failure=Failure.UNSUPPORTED, why="only blocks of cards with 4-byte UIDs")
        answer = yield self._ask(0x25, 0x26, 0x00)
        if answer is None:
            return Done(order, failure=Failure.SILENT, why="no answer")
        if answer[3]:
            return Done(order, failure=Failure.NO_CARD, why=answer[3:-2].hex())
        if turned(answer[5:-2], self._options.order) != order.uid:
            return Done(order, failure=Failure.SWAPPED, why=answer[5:-2].hex())
        write = isinstance(order, WriteBlock)
        data = order.data if isinstance(order, WriteBlock) else b""
        answer = yield self._ask(0x21 if write else 0x20, 0x01, 1, order.block, *order.key, *data)
        if answer is None:
            return Done(order, failure=Failure.SILENT, why="no answer")
        status, body = answer[3], answer[4:-2]
        if status:
            return Done(
                order, failure=Failure.NO_CARD if body[:1] == bytes([NO_CARD]) else Failure.REFUSED, why=body.hex()
            )
        if turned(body[:4], self._options.order) != order.uid:
            return Done(order, failure=Failure.SWAPPED, why=body[:4].hex())
        if len(body) != (4 if write else 4 + size):  # a late answer to something else
            return Done(order, failure=Failure.REFUSED, why=f"an answer of {len(body)} bytes")
        return Done(order, b"" if write else body[4:])


_SOURCE = "notes on «RDM880 command from PC/PLC to RFID device» with the replies for a 4- and a 7-byte UID"
SAMPLES = (
    Sample(bytes.fromhex("AA 00 06 00 00 16 0F F4 7F 94 BB"), bytes.fromhex("160FF47F"), Options(), _SOURCE),
    Sample(
        bytes.fromhex("AA 00 09 00 00 04 C0 BA 3A 8E 3A 80 79 BB"), bytes.fromhex("04C0BA3A8E3A80"), Options(), _SOURCE
    ),
)
