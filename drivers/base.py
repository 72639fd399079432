"""What the gate needs of hardware, and the values that hardware produces.

A driver owns its thread where a library forces one, and hands over frozen values through the callback it was given;
it never waits for the gate and never decides anything. `mono_ns` is CLOCK_BOOTTIME-like monotonic time
(`time.monotonic_ns()`) taken when the last byte or edge arrived.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.orders import Done


@dataclass(frozen=True, slots=True)
class Card:
    """What a decoder found in the bytes: the card's identity and the frame that said so."""

    uid: bytes
    """Canonical identity in the card's own order, as many bytes as the family has (EM4100: 5); see drivers/card_numbers.py."""
    frame: bytes


@dataclass(frozen=True, slots=True)
class Text:
    """A line that is no card number: what a QR scanner read."""

    text: str
    frame: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole, good frame that carries no card: a heartbeat, «no card», «done». It shows that the reader lives."""

    frame: bytes
    what: str


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are no frame of this family: dropped, counted, never guessed at."""

    data: bytes
    why: str


Found = Card | Text | Answer | Noise | Done
"""What can come out of bytes. Done: an order (drivers/orders.py) has ended."""


class Decoder(Protocol):
    """Sans-IO: bytes in, values out. Never raises on any input; holds at most `LIMIT` bytes of its module."""

    def feed(self, data: bytes) -> Sequence[Found]:
        """Take bytes as they come (any split, none at all) and return what became complete."""

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""


@dataclass(frozen=True, slots=True)
class CardRead:
    """One presentation of one card at one reader (repeats while it stays near are already folded)."""

    device: str
    uid: bytes
    mono_ns: int
    frame: bytes = b""


@dataclass(frozen=True, slots=True)
class TextRead:
    """One presentation of one text (a QR code) at one scanner."""

    device: str
    text: str
    mono_ns: int
    frame: bytes = b""


class FaultCode(enum.StrEnum):
    """What can be wrong with a device; the page has a sentence for each."""

    GONE = "gone"  # cannot be opened, was pulled out
    NOISE = "noise"  # bytes arrive, frames do not
    BUSY = "busy"  # somebody else has it open
    SILENT = "silent"  # should have answered and did not
    KEY = "key"  # answers, but there is no secure channel with the gate's key
    INSTALL = "install"  # a technician's act: the default key is accepted for a while
    TAMPER = "tamper"  # its housing is open
    POWER = "power"  # it says that its supply fails


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """A fault is a state: said once when it begins and once when it ends."""

    device: str
    code: FaultCode
    active: bool
    detail: str
    mono_ns: int


class Line(enum.StrEnum):
    """The inputs of a lane."""

    APPROACH = "approach"  # loop before the arm
    UNDER = "under"  # loop under the arm
    BEAM = "beam"  # light beam under the arm; active = broken
    UP_LIMIT = "up_limit"
    DOWN_LIMIT = "down_limit"
    FIRE = "fire"
    BUTTON = "button"  # of the post; active = pressed
    HAND = "hand"  # key switch or button at the machine; active = on
    TAMPER = "tamper"  # contact of a housing's door; active = open


@dataclass(frozen=True, slots=True)
class Edge:
    """An input changed and stayed so for its debounce time. `active` is in the meaning of the line, not its voltage."""

    lane: str
    line: Line
    active: bool
    mono_ns: int


class Action(enum.StrEnum):
    """What can be asked of a barrier machine: dry contacts, closed for a pulse that ends by itself."""

    OPEN = "open"
    CLOSE = "close"
    STOP = "stop"


class LaneIO(Protocol):
    """One lane's relays and inputs."""

    def pulse(self, action: Action) -> None:
        """Close the relay for its configured time; returns at once; the pulse ends by itself. Raises DeviceGone."""

    def read(self) -> dict[Line, bool]:
        """The inputs as they are now (debounced), only those that are configured."""

    def start(self) -> None:
        """Begin to report edges."""

    def close(self) -> None:
        """Leave every relay in its safe state (released) and give the pins back."""


class Verdict(enum.StrEnum):
    """What became of a card, for the person who holds it."""

    GRANTED = "granted"
    REFUSED = "refused"
    ASK = "ask"


class Feedback(Protocol):
    """A reader that answers a decision with its light or buzzer. Called after the commit; the relay never waits for it."""

    def verdict(self, verdict: Verdict) -> None:
        """Show it. Returns at once and never raises; a reader that cannot, or is away, does nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a sign shows and a voice says. `key` names it for recorded phrases; no `speech`: nothing is said."""

    key: str
    lines: tuple[str, ...]
    speech: str = ""


class Announcer(Protocol):
    """A sign or a voice: a thread of its own with room for one message; the newest wins."""

    def announce(self, message: Message) -> None:
        """Returns at once and never raises."""


class DeviceGone(OSError):
    """The device cannot be reached. `hint` says what a technician can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


Sink = Callable[[CardRead | DeviceFault | Edge], None]
"""Where a driver puts what it saw; called on the driver's own thread, must not block."""
