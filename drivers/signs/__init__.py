"""Signs, one module each; a file in this folder is a driver, and its name is the name in the configuration.

    NAME          what the page calls this family
    DEFAULT_BAUD  bits a second, where the configuration names no other
    Options       a frozen dataclass; its fields are the keys that the configuration may set; ValueError on nonsense
    frames        frames(message, options) -> what to send, in order; pure, and never raises whatever the text is
    SAMPLES       (frame, message, options, source): frames that are known to be right

drivers/sign_port.py holds the line. A sign is only ever told to show and to speak: no driver here knows a command that moves
anything, whatever else a board can do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.base import Message


@dataclass(frozen=True, slots=True)
class Sample:
    """What a message and its options give. `frame` is one of the frames."""

    frame: bytes
    message: Message
    options: Any
    source: str


class SignModule(Protocol):
    """What a module of this folder offers."""

    NAME: str
    DEFAULT_BAUD: int
    Options: Callable[..., Any]
    frames: Callable[[Message, Any], list[bytes]]
    SAMPLES: Sequence[Sample]
