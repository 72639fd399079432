"""PN532 on its serial port (HSU): the issuing reader on the desk; reads and writes MIFARE Classic and Ultralight.

115200 baud, 8N1.

    00 00 FF | LEN | LCS | TFI | data … | DCS | 00      LEN counts TFI and data; LEN + LCS = 0; TFI + data + DCS = 0 (mod 256)
    00 00 FF 00 FF 00                                   ACK: the command was understood, its answer follows
    00 00 FF 01 FF 7F 81 00                             the command was not understood

A sum does not notice a lost 00, and the next frame's first byte can pass for this one's last; so what follows at once must be a
beginning. TFI is D4 to the chip and D5 from it; the first data byte of an answer is the command's plus one. Extended frames (LEN and LCS both
FF) are never needed here and are noise.

The chip sleeps after power-up and hangs after some hours. So the script begins with the wake-up bytes and SAMConfiguration, and
begins again whenever the chip does not answer; the first answer may take 1.5 s on a Pi's USB serial.

    55 55 00 …          wake up
    14 01 00 01         SAMConfiguration: no secure module
    32 05 FF 01 02      RFConfiguration: give up looking for a card after three tries instead of never
    4A 01 00            InListPassiveTarget: one ISO 14443A card: number | target | ATQA, 2 | SAK | length, UID | perhaps an ATS
    40 01 …             InDataExchange with it: 60 block key uid (log in), 30 block (read), A0 block data, A2 page data (write)

SAK tells the memory: 08, 09, 18 and the like are MIFARE Classic (log in, blocks of 16 bytes), 00 is Ultralight and NTAG (pages of 4,
no log-in). Such modules have no buzzer; the page beeps.

Sources: NXP UM0701-02 «PN532 User Manual»; times and wake-up: nfcpy clf/pn532.py, esphome/issues#3281; frames: captures quoted in
public projects (SAMPLES). SAK values: NXP AN10833.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from drivers.base import Answer, Card
from drivers.card_numbers import check_order, turned
from drivers.orders import Done, Failure, Order, ReadBlock, WriteBlock
from drivers.readers import Sample
from drivers.readers._dialogue import Ask, Pause, Script, Talker, Task, check_poll

NAME = "PN532 (MIFARE, 13.56 MHz, issuing reader)"
DEFAULT_BAUD = 115200
SEVERAL = False
CHECKED = True
START = b"\x00\x00\xff"
ACK = bytes.fromhex("00 00 FF 00 FF 00")
NACK = bytes.fromhex("00 00 FF FF 00 00")
FROM_CHIP, ERROR = 0xD5, 0x7F
LONGEST = 96
LIMIT = LONGEST + 7
WAKE = b"\x55\x55" + bytes(14)
SAM, RF, LIST, EXCHANGE = 0x14, 0x32, 0x4A, 0x40
FIRST_MS, ANSWER_MS, AGAIN_MS = 1500, 500, 1000
CLASSIC = 0x08
"""This bit of SAK is set in every MIFARE Classic (AN10833)."""
LOST = frozenset({0x01, 0x02, 0x03, 0x05, 0x13, 0x27, 0x2B})
"""Errors of an exchange that a card gives which is on its way out: time-out, parity, framing, not there."""


@dataclass(frozen=True, slots=True)
class Options:
    """`poll_ms`: how often to look for a card. `order`: lsb where the gate's other readers give UIDs reversed."""

    poll_ms: int = 150
    order: str = "msb"

    def __post_init__(self) -> None:
        check_poll(self.poll_ms)
        check_order(self.order)


def measure(buffer: bytearray, at: int) -> int | str:
    """What begins at this place: see drivers/readers/_frames.py."""
    head = bytes(buffer[at : at + 6])
    if not START.startswith(head[:3]):
        return "no frame begins here"
    if len(head) < 5:
        return 0
    if head[3:5] in (ACK[3:5], NACK[3:5]):
        return _short(head)
    length = head[3]
    if (length + head[4]) & 0xFF or not 1 <= length <= LONGEST:
        return "length's checksum is wrong"
    if len(head) > 5 and head[5] not in (FROM_CHIP, ERROR):
        return "not from the chip"
    if len(buffer) - at < length + 7:
        return 0
    if sum(buffer[at + 5 : at + 6 + length]) & 0xFF:
        return "checksum is wrong"
    if buffer[at + 6 + length] != 0:
        return "no end mark where the length says"
    follows = bytes(buffer[at + 7 + length : at + 10 + length])
    return length + 7 if START.startswith(follows) else "more follows than the length says"


def _short(head: bytes) -> int | str:
    if len(head) < 6:
        return 0
    return 6 if head[5] == 0 else "no end mark where the length says"


def frame(data: bytes) -> bytes:
    """A whole frame around TFI and data."""
    size = len(data)
    return START + bytes([size, -size & 0xFF]) + data + bytes([-sum(data) & 0xFF, 0])


def encode(uid: bytes, options: Options) -> bytes:
    """The chip's answer while this card is near. ValueError when uid has not 4 bytes (Classic) or 7 (Ultralight)."""
    if len(uid) not in (4, 7):
        raise ValueError(f"a MIFARE card has 4 or 7 bytes, not {len(uid)}")
    kind = b"\x00\x04\x08\x04" if len(uid) == 4 else b"\x00\x44\x00\x07"
    return frame(bytes([FROM_CHIP, LIST + 1, 1, 1]) + kind + turned(uid, options.order))


def no_card(request: bytes, options: Options) -> bytes:
    """What a chip without a card answers, for the simulator."""
    command = request[request.rindex(START) + 6]
    return ACK + frame(bytes([FROM_CHIP, command + 1]) + (b"\0" if command == LIST else b""))


def _listed(whole: bytes) -> tuple[bytes, int] | None:
    """UID as sent and SAK, if this is the answer that lists a card."""
    data = whole[5:-2]
    if data[:3] != bytes([FROM_CHIP, LIST + 1, 1]) or len(data) < 8:
        return None
    uid = data[8 : 8 + data[7]]
    return (uid, data[6]) if data[7] in (4, 7, 10) and len(uid) == data[7] else None


def _answers(command: int) -> Callable[[bytes], bool]:
    return lambda whole: whole[5:7] == bytes([FROM_CHIP, command + 1]) or whole[5:6] == bytes([ERROR])


Question = Generator[Ask | Pause, bytes | None, bytes | None]


class Decoder(Talker):
    """Polls for a card; reads and writes it; wakes the chip again when it hangs."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._awake = False
        super().__init__(measure, self._card, self._look, self._do, frozenset({ReadBlock, WriteBlock}))

    def _card(self, whole: bytes) -> Sequence[Card | Answer]:
        listed = _listed(whole)
        if listed is not None:
            return [Card(turned(listed[0], self._options.order), whole)]
        return [Answer(whole, "acknowledged" if whole == ACK else whole[5:-2].hex())]

    def _ask(self, *data: int, within_ms: int = ANSWER_MS, before: bytes = b"") -> Question:
        """The answer's data after its command byte; None when there is none, and then the chip is woken before the next."""
        answer = yield Ask(before + frame(bytes([0xD4, *data])), within_ms, _answers(data[0]))
        if answer is None or answer[5] == ERROR:
            self._awake = False
            return None
        return answer[7:-2]

    def _wake(self) -> Question:
        # An ACK makes the chip drop a command that it may still be at (UM0701-02, 6.2.1.3).
        if (yield from self._ask(SAM, 1, 0, 1, within_ms=FIRST_MS, before=WAKE + ACK)) is None:
            return None
        done = yield from self._ask(RF, 5, 0xFF, 1, 2)
        self._awake = done is not None
        return done

    def _find(self) -> Question:
        if not self._awake and (yield from self._wake()) is None:
            return None
        return (yield from self._ask(LIST, 1, 0, within_ms=FIRST_MS))

    def _look(self) -> Script:
        yield from self._find()
        yield Pause(self._options.poll_ms if self._awake else AGAIN_MS, idle=True)

    def _do(self, order: Order) -> Task:
        if not isinstance(order, ReadBlock | WriteBlock):
            yield Pause(0)
            return Done(order, failure=Failure.UNSUPPORTED, why="no buzzer and no light")
        found = yield from self._find()
        if found is None:
            return Done(order, failure=Failure.SILENT, why="no answer")
        listed = _listed(frame(bytes([FROM_CHIP, LIST + 1]) + found))
        if listed is None:
            return Done(order, failure=Failure.NO_CARD, why="no card")
        uid, sak = listed
        if turned(uid, self._options.order) != order.uid:
            return Done(order, failure=Failure.SWAPPED, why=uid.hex())
        size = 16 if sak & CLASSIC else 4
        if isinstance(order, WriteBlock) and len(order.data) != size:
            return Done(order, failure=Failure.UNSUPPORTED, why=f"this card is written {size} bytes at a time")
        if sak & CLASSIC:
            answer = yield from self._ask(EXCHANGE, 1, 0x60, order.block, *order.key, *uid[-4:])
            if not answer or answer[0] & 0x3F:
                return _ended(order, answer)
        if isinstance(order, WriteBlock):
            command = 0xA0 if sak & CLASSIC else 0xA2
            return _ended(order, (yield from self._ask(EXCHANGE, 1, command, order.block, *order.data)))
        return _ended(order, (yield from self._ask(EXCHANGE, 1, 0x30, order.block)), 16)


def _ended(order: Order, answer: bytes | None, size: int = 0) -> Done:
    if not answer:
        return Done(order, failure=Failure.SILENT, why="no answer")
    status = answer[0] & 0x3F
    if status:
        return Done(order, failure=Failure.NO_CARD if status in LOST else Failure.REFUSED, why=f"error {status:02x}")
    if len(answer) - 1 != size:
        return Done(order, failure=Failure.REFUSED, why=f"{len(answer) - 1} bytes instead of {size}")
    return Done(order, answer[1:])


SAMPLES = (
    Sample(
        bytes.fromhex("00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 FB 0E E2 0B D8 00"),
        bytes.fromhex("FB0EE20B"),
        Options(),
        "MIFARE Classic, «PN532 command (S50)» with its example answers",
    ),
    Sample(
        bytes.fromhex("00 00 FF 0F F1 D5 4B 01 01 00 44 00 07 04 41 6D 41 2B 02 89 EA 00"),
        bytes.fromhex("04416D412B0289"),
        Options(),
        "Ultralight, «successful card response observed» on a USB serial PN532 module",
    ),
)
