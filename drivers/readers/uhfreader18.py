"""UHFReader18 and its many name plates: long-range UHF tags (EPC Gen 2) on windscreens, RS-232, RS-485 or TCP.

57600 baud, 8N1.

    request   len | adr | command | data …          | CRC-16, low byte first
    answer    len | adr | command | status | data … | CRC-16                    `len` counts everything after itself

CRC-16: polynomial 8408 (reflected 1021), start FFFF, over everything before it. There is no start mark: a frame is found by the
address, a command that we know, a status and a length that go together with it, and the CRC.

    01              inventory. Status 01 (done), 02 (time was over), 03 (more follows), 04 (memory is full):
                    number of tags | length, EPC | length, EPC …       some models put a byte of RSSI after each EPC; it is ignored
                    status FB: no tag
    33 on off n     buzzer and light, n times, in units of 50 ms
    EE              push mode («active», «scan»): status 00 | the bytes of one tag, sent whenever it is seen
    56 00 00 00 00 00   push mode's heartbeat, these six bytes, without a CRC

Both modes are understood at any time; `push` only says not to ask. Many tags are seen in a pass, each again and again: each has a
presentation of its own (SEVERAL).

What a push report holds depends on the reader's settings (EPC or TID, from which byte, how many); so that a tag has the same
identity in both modes and on two readers, `epc_from` and `epc_bytes` cut it (0: to the end).

Sources: «UHF RFID Reader UHFReader18 User's Manual V2.0» (format, statuses, 57600 baud); github.com/loblik/uhfreader18 (CRC, byte
order); push frame and heartbeat: capture in github.com/xynogen/uhfreader18 docs/PROTOCOL.md. Command 33 is from the manual by
memory. No captured answer to an inventory was to be had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from drivers.base import Answer, Card
from drivers.orders import Beep, Done, Failure, Order
from drivers.readers import Sample
from drivers.readers._dialogue import Ask, Pause, Script, Talker, Task

NAME = "UHFReader18 (UHF, EPC Gen 2)"
DEFAULT_BAUD = 57600
SEVERAL = True
CHECKED = True
LIMIT = 256
INVENTORY, BUZZER, REPORT = 0x01, 0x33, 0xEE
HEARTBEAT = bytes.fromhex("56 00 00 00 00 00")
WITH_TAGS = frozenset({0x01, 0x02, 0x03, 0x04})
NO_TAG = 0xFB
LONGEST_EPC = 62
"""An EPC has at most 496 bits (Gen 2: five bits of length, in words)."""
ANSWER_MS = 3500
"""An inventory takes as long as the reader is set to: 3 s at most, as delivered 1 s."""


def _table() -> list[int]:
    found = list(range(256))
    for _ in range(8):
        found = [value >> 1 ^ 0x8408 if value & 1 else value >> 1 for value in found]
    return found


_CRC = _table()


def crc(data: bytes | bytearray) -> bytes:
    """CRC-16/MCRF4XX, low byte first."""
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _CRC[(value ^ byte) & 0xFF]
    return value.to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class Options:
    """`address` of the reader; `push`: it reports by itself; `epc_from`, `epc_bytes`: the part of a report that is the tag."""

    address: int = 0
    push: bool = False
    poll_ms: int = 100
    epc_from: int = 0
    epc_bytes: int = 0

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("address", self.address, 0, 254),
            ("poll_ms", self.poll_ms, 20, 5000),
            ("epc_from", self.epc_from, 0, LONGEST_EPC - 1),
            ("epc_bytes", self.epc_bytes, 0, LONGEST_EPC),
        ):
            if not least <= value <= most:
                raise ValueError(f"{name} must be {least} to {most}, not {value}")

    def tag(self, data: bytes) -> bytes:
        """The tag's identity in what the reader says of it."""
        end = self.epc_from + self.epc_bytes if self.epc_bytes else None
        return data[self.epc_from : end]


PUSHED = tuple(Options(address, push=True) for address in range(8))
"""As delivered a reader has address 0; few stand on one bus."""


def measure(address: int, buffer: bytearray, at: int) -> int | str:
    """What begins at this place: see drivers/readers/_frames.py."""
    there = len(buffer) - at
    if buffer[at] == HEARTBEAT[0] and HEARTBEAT.startswith(buffer[at : at + len(HEARTBEAT)]):
        return len(HEARTBEAT) if there >= len(HEARTBEAT) else 0
    length = buffer[at]
    if length < 5 or (there >= 2 and buffer[at + 1] != address):
        return "no frame begins here"
    wrong = _wrong(buffer, at, there, length)
    if wrong:
        return wrong
    if there < length + 1:
        return 0
    end = at + length - 1
    return length + 1 if crc(buffer[at:end]) == buffer[end : end + 2] else "checksum is wrong"


def _wrong(buffer: bytearray, at: int, there: int, length: int) -> str:
    """Whether command, status, number of tags and length contradict each other, as far as they have come."""
    command = buffer[at + 2] if there > 2 else None
    status = buffer[at + 3] if there > 3 else None
    data = length - 5
    if command not in (None, INVENTORY, BUZZER, REPORT):
        return "no command that we know"
    if status is None:
        return ""
    if command == REPORT and (status or not 1 <= data <= LONGEST_EPC):
        return "no report of a tag"
    if command == BUZZER and data:
        return "no answer to the buzzer"
    if command == INVENTORY:
        if status not in WITH_TAGS:
            return "no answer to an inventory" if status < 0xF8 or data else ""
        if data < 1 or not any(_fits(buffer[at + 4 : at + 4 + data], data, rssi) for rssi in (0, 1)):
            return "no list of tags"
    return ""


def _fits(come: bytearray, size: int, rssi: int) -> bool:
    """Whether the beginning of a list of tags, as far as it has come, can be one of this size."""
    at = 1
    for _ in range(come[0] if come else 0):
        if at >= len(come):
            return at < size
        if not 1 <= come[at] <= LONGEST_EPC:
            return False
        at += 1 + come[at] + rssi
    return at == size or not come


def tags(data: bytes) -> list[bytes] | None:
    """The EPCs in an inventory's data (number, then length and EPC, perhaps an RSSI); None when it does not come out even."""
    for rssi in (0, 1):
        found, at = [], 1
        while at < len(data):
            found.append(data[at + 1 : at + 1 + data[at]])
            at += 1 + data[at] + rssi
        if at == len(data) and len(found) == data[0] and all(found):
            return found
    return None


def frame(address: int, body: bytes) -> bytes:
    """A whole frame around command (and status) and data."""
    inner = bytes([len(body) + 3, address]) + body
    return inner + crc(inner)


def encode(uid: bytes, options: Options) -> bytes:
    """What the reader sends while this tag is near. ValueError when uid is no EPC (an even number of bytes, 2 to 62)."""
    if len(uid) % 2 or not 2 <= len(uid) <= LONGEST_EPC:
        raise ValueError(f"an EPC has an even number of bytes up to {LONGEST_EPC}, not {len(uid)}")
    if options.push:
        return frame(options.address, bytes([REPORT, 0]) + uid)
    return frame(options.address, bytes([INVENTORY, 1, 1, len(uid)]) + uid)


def no_card(request: bytes, options: Options) -> bytes:
    """What a reader without a tag answers, for the simulator."""
    return frame(options.address, bytes([INVENTORY, NO_TAG] if request[2] == INVENTORY else [request[2], 0]))


class Decoder(Talker):
    """Asks for tags, or listens to reports."""

    def __init__(self, options: Options) -> None:
        self._options = options
        super().__init__(partial(measure, options.address), self._cards, self._look, self._do, frozenset({Beep}))

    def _cards(self, whole: bytes) -> Sequence[Card | Answer]:
        if whole == HEARTBEAT:
            return [Answer(whole, "heartbeat")]
        command, status, data = whole[2], whole[3], whole[4:-2]
        if command == REPORT:
            found: list[bytes] | None = [data]
        elif command == INVENTORY and status in WITH_TAGS:
            found = tags(data)
        else:
            found = []
        if found is None:
            return [Answer(whole, "a list of tags that does not come out even")]
        cards = [Card(tag, whole) for each in found if (tag := self._options.tag(each))]
        return cards or [Answer(whole, "no tag" if status == NO_TAG else f"command {command:02x}, status {status:02x}")]

    def _look(self) -> Script:
        if not self._options.push:
            yield self._ask(INVENTORY)
        yield Pause(self._options.poll_ms, idle=True)

    def _ask(self, command: int, *data: int) -> Ask:
        def answers(whole: bytes) -> bool:
            return whole[2] == command and not (command == INVENTORY and whole[3] == 0x03)

        return Ask(frame(self._options.address, bytes([command, *data])), ANSWER_MS, answers)

    def _do(self, order: Order) -> Task:
        times = 1 if isinstance(order, Beep) and order.right else 3
        answer = yield self._ask(BUZZER, 2, 2, times)
        if answer is None:
            return Done(order, failure=Failure.SILENT, why="no answer")
        return Done(order, failure=Failure.REFUSED if answer[3] else None, why=f"status {answer[3]:02x}")


SAMPLES = (
    Sample(
        bytes.fromhex("11 00 EE 00 20 00 70 8C 2B 38 0B 2D 00 00 00 00 E0 56"),
        bytes.fromhex("2000708C2B380B2D00000000"),
        Options(push=True),
        "capture of an HW-VX6330K in push mode, github.com/xynogen/uhfreader18 docs/PROTOCOL.md",
    ),
    Sample(
        bytes.fromhex("13 00 01 01 01 0C E2 00 00 1B 41 15 02 23 16 20 C9 4B A1 99"),
        bytes.fromhex("E200001B411502231620C94B"),
        Options(),
        "composed after the manual's format with a tag of github.com/PietaTony/uhf (no captured frame was to be had)",
    ),
)
