"""YHY523U and YHY632 (Ehuoyan): MIFARE cards, 13.56 MHz; the reader answers and never talks by itself.

115200 baud, 8N1 (some are set to 19200).

    AA BB | length, 2 bytes | reserved, 2 bytes | command, 2 bytes | data …           | XOR       little endian
          |                 \\_________________ `length` bytes with the XOR __________________/
    answer: the same with a status before the data, 00 is success

The XOR is over everything after the length. An AA after the header is followed by a stuffed 00 that the length does not count;
an AA that is not followed by 00 is therefore the header of another frame, and this one was cut off. Reserved is FF FF in requests
(the YHY523U takes nothing else) and 00 00 in answers.

    0201 52    is a card there: its type, 2 bytes (4400: Ultralight)     0203 uid        select
    0202 04    anticollision: 4 bytes of UID                              0207 60 block key   log in with key A
    0212       Ultralight: 7 bytes of UID                                 0208 block      read 16 bytes
    0106 n     beep n × 10 ms                                             0209 block data write
    0107 bits  lights: 1 red, 2 blue (shown where green is asked for)

There is no end mark: when a byte of the UID is lost or put in, one wrong frame in 256 has a right XOR, and no eight bits can do better.
What else the protocol says twice is used: the reserved bytes; what follows a frame at once must be a whole header (the byte too many gives
the wrong frame away when it came in the same piece); and once the decoder has asked, a card is believed only as the answer to the command
that asks for cards, so noise on a silent line is never one. What is left: fewer than one damaged frame in 10,000 (tests/support_fuzz.py
says how that is counted), with a UID that no register knows.

Answers that report an error have been seen with an XOR that is just the status («… 01 02 14 | 14»); they carry no card and are
taken as they are.

Sources: github.com/mdeverdelhan/YHY523U-driver (commands, stuffing, reserved bytes); answers: captures quoted in three public
projects' comments (SAMPLES).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor

from drivers.base import Answer, Card
from drivers.card_numbers import check_order, turned
from drivers.orders import Beep, Colour, Done, Failure, Light, Order, ReadBlock, WriteBlock
from drivers.readers import Sample
from drivers.readers._dialogue import Ask, Pause, Script, Talker, Task, check_poll

NAME = "YHY523U / YHY632 (MIFARE, 13.56 MHz)"
DEFAULT_BAUD = 115200
SEVERAL = False
CHECKED = True
HEADER = b"\xaa\xbb"
RESERVED = frozenset(part[:n] for part in (b"\xff\xff", b"\0\0") for n in range(3))
"""What may stand after the length, as far as it has come."""
SHORTEST, LONGEST = 6, 48
LIMIT = 4 + 2 * LONGEST
REQUEST, ANTICOLLISION, SELECT, LOGIN, READ, WRITE, ULTRALIGHT = 0x0201, 0x0202, 0x0203, 0x0207, 0x0208, 0x0209, 0x0212
BEEP, LED = 0x0106, 0x0107
IS_ULTRALIGHT = b"\x44\x00"
ANSWER_MS = 250
LED_BITS = {Colour.OFF: 0, Colour.RED: 1, Colour.GREEN: 2}


@dataclass(frozen=True, slots=True)
class Options:
    """`poll_ms`: how often to look for a card. `order`: lsb for a reader that sends the UID's last byte first."""

    poll_ms: int = 150
    order: str = "msb"

    def __post_init__(self) -> None:
        check_poll(self.poll_ms)
        check_order(self.order)


def measure(buffer: bytearray, at: int) -> int | str:
    """What begins at this place: see drivers/readers/_frames.py."""
    head = buffer[at : at + 4]
    if not HEADER.startswith(head[:2]):
        return "no frame begins here"
    if len(head) < 4:
        return 0 if len(head) < 3 or SHORTEST <= head[2] <= LONGEST else "no length of a frame"
    length = head[2] | head[3] << 8
    if not SHORTEST <= length <= LONGEST:
        return "no length of a frame"
    if bytes(buffer[at + 4 : at + 6]) not in RESERVED:
        return "no answer and no request"
    place, total = at + 4, 0
    for left in range(length, 0, -1):
        if place >= len(buffer):
            return 0
        byte = buffer[place]
        place += 1
        if left == 1:
            plain = length == SHORTEST and buffer[at + 8] != 0 and byte == buffer[at + 8]
            if byte != total and not plain:
                return "checksum is wrong"
            follows = buffer[place : place + 2]
            return place - at if HEADER.startswith(follows) else "more follows than the length says"
        total ^= byte
        if byte == HEADER[0]:
            if place >= len(buffer):
                return 0
            if buffer[place] != 0:
                return "a header inside the frame: it was cut off"
            place += 1
    return 0


def frame(command: int, data: bytes, reserved: bytes = b"\xff\xff") -> bytes:
    """A whole frame; in an answer `data` begins with the status."""
    body = reserved + command.to_bytes(2, "little") + data
    stuffed = body.replace(HEADER[:1], HEADER[:1] + b"\0")
    return HEADER + (len(body) + 1).to_bytes(2, "little") + stuffed + bytes([reduce(xor, body)])


def opened(whole: bytes) -> tuple[int, int, bytes]:
    """Command, status and data of a whole answer."""
    body = whole[4:-1].replace(HEADER[:1] + b"\0", HEADER[:1])
    return int.from_bytes(body[2:4], "little"), body[4], body[5:]


def encode(uid: bytes, options: Options) -> bytes:
    """The reader's answer while this card is near. ValueError when uid has not 4 or 7 bytes."""
    if len(uid) not in (4, 7):
        raise ValueError(f"a MIFARE card has 4 or 7 bytes, not {len(uid)}")
    command = ANTICOLLISION if len(uid) == 4 else ULTRALIGHT
    return frame(command, b"\0" + turned(uid, options.order), b"\0\0")


def no_card(request: bytes, options: Options) -> bytes:
    """What a reader without a card answers, for the simulator."""
    command = int.from_bytes(request[6:8], "little")
    return frame(command, b"\0" if command in (BEEP, LED) else b"\x14", b"\0\0")


def _answers(command: int) -> Callable[[bytes], bool]:
    return lambda whole: opened(whole)[0] == command


Reply = tuple[int, bytes] | None
Question = Generator[Ask | Pause, bytes | None, Reply]


class Decoder(Talker):
    """Polls for cards; takes orders."""

    def __init__(self, options: Options) -> None:
        self._options = options
        orders = frozenset({Beep, Light, ReadBlock, WriteBlock})
        super().__init__(measure, self._card, self._look, self._do, orders)

    def _card(self, whole: bytes) -> Sequence[Card | Answer]:
        command, status, data = opened(whole)
        if status == 0 and (command, len(data)) in ((ANTICOLLISION, 4), (ULTRALIGHT, 7)):
            if self.talking and not self.awaits(whole):
                return [Answer(whole, "a card that nobody asked for")]
            return [Card(turned(data, self._options.order), whole)]
        return [Answer(whole, f"command {command:04x}, status {status:02x}")]

    def _ask(self, command: int, data: bytes = b"") -> Question:
        answer = yield Ask(frame(command, data), ANSWER_MS, _answers(command))
        if answer is None:
            return None
        _, status, found = opened(answer)
        return status, found

    def _look(self) -> Script:
        yield from self._find()
        yield Pause(self._options.poll_ms, idle=True)

    def _find(self) -> Question:
        """The UID of the card that lies there, as it was sent."""
        kind = yield from self._ask(REQUEST, b"\x52")
        if kind is None or kind[0]:
            return kind
        if kind[1] == IS_ULTRALIGHT:
            return (yield from self._ask(ULTRALIGHT))
        return (yield from self._ask(ANTICOLLISION, b"\x04"))

    def _do(self, order: Order) -> Task:
        match order:
            case Beep(True):
                reply = yield from self._ask(BEEP, bytes([20]))
            case Beep():
                for _ in range(3):
                    reply = yield from self._ask(BEEP, bytes([8]))
                    yield Pause(160)
            case Light(colour):
                reply = yield from self._ask(LED, bytes([LED_BITS[colour]]))
            case ReadBlock() | WriteBlock():
                return (yield from self._memory(order))
        return _ended(order, reply)

    def _memory(self, order: ReadBlock | WriteBlock) -> Task:
        if len(order.uid) != 4 or (isinstance(order, WriteBlock) and len(order.data) != 16):
            return Done(order, failure=Failure.UNSUPPORTED, why="only blocks of cards with 4-byte UIDs")
        reply = yield from self._find()
        if reply is None:
            return _ended(order, reply)
        status, uid = reply
        if status:
            return Done(order, failure=Failure.NO_CARD, why=f"status {status:02x}")
        if turned(uid, self._options.order) != order.uid:
            return Done(order, failure=Failure.SWAPPED, why=uid.hex())
        for command, data in ((SELECT, uid), (LOGIN, bytes([0x60, order.block]) + order.key)):
            reply = yield from self._ask(command, data)
            if reply is None or reply[0]:
                return _ended(order, reply)
        if isinstance(order, WriteBlock):
            return _ended(order, (yield from self._ask(WRITE, bytes([order.block]) + order.data)))
        reply = yield from self._ask(READ, bytes([order.block]))
        if reply is None or reply[0] or len(reply[1]) != 16:
            return _ended(order, reply if reply is None or reply[0] else (0xFF, reply[1]))
        return Done(order, reply[1])


def _ended(order: Order, reply: Reply) -> Done:
    if reply is None:
        return Done(order, failure=Failure.SILENT, why="no answer")
    return Done(order, failure=Failure.REFUSED if reply[0] else None, why=f"status {reply[0]:02x}")


SAMPLES = (
    Sample(
        bytes.fromhex("AA BB 0A 00 00 00 02 02 00 5A EF C6 04 77"),
        bytes.fromhex("5AEFC604"),
        Options(),
        "an answer to 0202, quoted as READ_ID_RIGHT in a public Android project that uses the module",
    ),
    Sample(
        bytes.fromhex("AA BB 0A 00 00 00 02 02 00 ED 0F 2A 61 A9"),
        bytes.fromhex("612A0FED"),
        Options(order="lsb"),
        "an answer to 0202, quoted in a public Qt project, which takes it for card 0x612A0FED",
    ),
)
