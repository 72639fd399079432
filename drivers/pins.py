"""What a lane's pins are, and the gate's access to pins at all.

Inputs are dry contacts. With `pull` up (or none: a resistor on the board pulls up) the contact connects the pin to ground,
with `pull` down to 3.3 V. A contact that is normally open closes to say «active»; one that is normally closed opens to say
it, and so a broken wire says «active» too: the choice for beams and loops that protect people.

    pull      contact   pin     normally open   normally closed
    up/none   open      high    -               active
    up/none   closed    low     active          -
    down      open      low     -               active
    down      closed    high    active          -
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from gpiozero.exc import GPIOZeroError

from drivers.base import Action, DeviceGone, Line
from drivers.timers import Timers

log = logging.getLogger(__name__)

INSTANT_LINES = frozenset({Line.UNDER, Line.BEAM, Line.FIRE})
"""Becoming active is believed at once on these, unless the configuration says otherwise."""


PULLED_UP_ON_THE_BOARD = frozenset({2, 3})
"""BCM numbers. The I2C pins have 1.8 kΩ to 3.3 V, and are high whenever nobody drives them."""


@dataclass(frozen=True, slots=True)
class InputOptions:
    """One input, by its BCM number. `debounce_ms`: how long it must be stable; `instant`: becoming active counts at the first edge."""

    pin: int
    pull: Literal["up", "down", "none"] = "up"
    normally: Literal["open", "closed"] = "open"
    debounce_ms: float = 20.0
    instant: bool | None = None
    """None: as is right for the line (`INSTANT_LINES`)."""

    def __post_init__(self) -> None:
        if self.pull not in ("up", "down", "none"):
            raise ValueError(f"pull {self.pull!r} is none of up, down, none")
        if self.normally not in ("open", "closed"):
            raise ValueError(f"normally {self.normally!r} is neither open nor closed")
        if self.debounce_ms < 0:
            raise ValueError(f"debounce_ms {self.debounce_ms} is below 0")

    @property
    def closed_level(self) -> bool:
        """The pin's level while the contact is closed."""
        return self.pull == "down"

    @property
    def active_level(self) -> bool:
        """The pin's level while the line is active."""
        return self.closed_level == (self.normally == "open")


@dataclass(frozen=True, slots=True)
class Watched:
    """An input for a technician. `level`: not debounced, None when the pin cannot be read; `last_ns`: monotonic, 0: no edge yet."""

    options: InputOptions
    active: bool
    level: bool | None
    edges: int
    bounces: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """One output, by its BCM number. `pulse_ms`: how long the contact stays closed; `active_high`: the level that closes it."""

    pin: int
    pulse_ms: float = 500.0
    active_high: bool = True

    def __post_init__(self) -> None:
        if self.pulse_ms <= 0:
            raise ValueError(f"pulse_ms {self.pulse_ms} is not above 0")


@dataclass(frozen=True, slots=True)
class LaneOptions:
    """One lane's pins; any relay or input may be absent. ValueError when a pin is named twice."""

    lane: str
    relays: Mapping[Action, RelayOptions] = field(default_factory=lambda: MappingProxyType({}))
    inputs: Mapping[Line, InputOptions] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for action, relay in self.relays.items():
            if relay.active_high and relay.pin in PULLED_UP_ON_THE_BOARD:
                raise ValueError(
                    f"lane {self.lane}: GPIO {relay.pin} has a pull-up on the board: an active-high relay for "
                    f"{action.value} would close whenever nobody drives it, as at boot; take another pin"
                )
        seen: dict[int, str] = {}
        for name, pin in self.pins():
            if pin in seen:
                raise ValueError(f"lane {self.lane}: pin {pin} is both {seen[pin]} and {name}")
            seen[pin] = name

    def pins(self) -> Iterator[tuple[str, int]]:
        """Every name and its pin."""
        yield from ((action.value, relay.pin) for action, relay in self.relays.items())
        yield from ((line.value, each.pin) for line, each in self.inputs.items())


Heard = Callable[[int], None]
"""Called when every edge before that time (monotonic ns) has been told."""


def at_once(call: Heard) -> None:
    """For pins whose edges are told by whoever makes them, before anything else happens (gpiozero's MockFactory)."""
    call(time.monotonic_ns())


class Pins:
    """The gate's access to pins: a gpiozero factory and two threads, `gate-relays` and `gate-inputs`, for all lanes.

    Two threads, so that nothing that happens to an input can keep a relay closed. `rate` is how many times faster than
    life a simulation runs: pulses and debounce times are divided by it. A real gate has rate 1.
    """

    def __init__(
        self,
        factory: Any,
        *,
        rate: float = 1.0,
        errors: tuple[type[Exception], ...] = (),
        when_heard: Callable[[Heard], None] = at_once,
        transit_ns: int = 0,
    ) -> None:
        self.factory = factory
        self.when_heard = when_heard
        """Calls back, on whatever thread, when all edges that there were have been told; never, when edges have ceased to come."""
        self.transit_ns = transit_ns
        """So much less than the time of asking is then heard."""
        self.rate = rate
        self.errors: tuple[type[Exception], ...] = (GPIOZeroError, OSError, *errors)
        self.relay_timers = Timers("gate-relays")
        self.input_timers = Timers("gate-inputs")
        self.kept: list[Any] = []
        """Inputs of lanes that could not be made; they must not be closed while others listen (GpioLane)."""

    def nanoseconds(self, milliseconds: float) -> int:
        """A configured time as real nanoseconds at this rate."""
        return round(milliseconds * 1e6 / self.rate)

    def close(self) -> None:
        """End the threads and give the factory back. Close the lanes first."""
        self.relay_timers.close()
        self.input_timers.close()
        try:
            self.factory.close()
        except (
            self.errors
        ) as error:  # a line that is still busy: the kernel gives all of them back when the process ends
            log.warning("the pins were not all given back: %s", error)


def raspberry_pi() -> Pins:
    """The pins of this Raspberry Pi, through lgpio. Raises DeviceGone; never stands anything else in their place.

    lgpio writes a pipe `.lgd-nfy*` into $LG_WD or the working directory when it is imported, and with LG_WD set it changes the
    process's working directory as well: that is put back.
    """
    try:
        with contextlib.chdir(Path.cwd()):
            import lgpio

            from drivers.pi_factory import TRANSIT_NS, PiFactory
    except (ImportError, OSError) as error:
        raise DeviceGone(
            f"lgpio cannot be loaded: {error}", "Install what requirements.lock names; see README."
        ) from error
    errors = (lgpio.error,)
    try:
        factory = PiFactory()
        return Pins(factory, errors=errors, when_heard=factory.when_heard, transit_ns=TRANSIT_NS)
    except (GPIOZeroError, OSError, *errors) as error:
        raise DeviceGone(
            f"the pins of this machine cannot be opened: {error}",
            "Is this a Raspberry Pi, does /dev/gpiochip0 exist, and may this user open it (group gpio)?",
        ) from error
