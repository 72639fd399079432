"""One lane's relays and inputs, on gpiozero.

Relays. The thread `gate-relays` closes the contact and opens it again; `pulse` waits until it is closed. So nothing that holds up
the caller, at whatever point, can lengthen a pulse: not even between the closing and the setting of its end. At most one relay of a lane is closed at any moment: a new
pulse first opens the others (an open cancels a running close at once), break before make. The same action again begins its
time anew without a gap.

Inputs. gpiozero calls us on its own thread with each edge and the kernel's time of it, which go into the line's debouncer.
When the time of what is pending is over, `gate-inputs` asks whether all edges up to now have come (`Pins.when_heard`), and when
they have, the pin is looked at: an edge that is still under way must not be overtaken by a look. Every `RESAMPLE_S` all pins are
looked at, so that an edge that the kernel dropped is late, not lost. Changes go to the sink in the order in which they were found.

Locks: `_relay_lock` and `_input_lock` never wait for each other, and the sink is called under `_input_lock` (that is what
keeps the order); so it must not block. `read` takes no lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from gpiozero import DigitalInputDevice, DigitalOutputDevice

from drivers.base import Action, DeviceGone, Edge, FaultCode, Line, Sink
from drivers.debounce import Change, Debouncer
from drivers.faults import Faults
from drivers.pins import INSTANT_LINES, InputOptions, LaneOptions, Pins, Watched
from drivers.timers import Timer

RESAMPLE_S = 0.5
UNHEARD = 4
"""After so many of them without an answer from the edges' thread, pins are looked at without it: late is better than never."""
CLOCK_NS = 10_000_000_000
"""An edge older than this, or of the future, has the time of another clock (kernels before 5.7)."""
GIVE_BACK_S = 1.0
ANSWER_S = 2.0
"""The relays' thread answers within less than a millisecond; an order lives two seconds."""
log = logging.getLogger(__name__)


class GpioLane:
    """Satisfies drivers.base.LaneIO. When one of its pins cannot be claimed it moves none: DeviceGone says which one and why."""

    def __init__(self, options: LaneOptions, pins: Pins, sink: Sink) -> None:
        self.options = options
        self.pins = pins
        self.device = f"{options.lane}.relays"
        """The name under which a relay's fault is reported."""
        self._sink = sink
        self._relay_lock = threading.Lock()
        self._input_lock = threading.Lock()
        self._relays: dict[Action, Any] = {}
        self._inputs: dict[Line, _Input] = {}
        self._running: Action | None = None
        self._pulse_number = 0
        self._faults = Faults(self.device, sink)
        self._reporting = False
        self._unheard = 0
        self._closed = False
        name, pin = "", -1
        try:
            for action, relay in options.relays.items():
                name, pin = action.value, relay.pin
                self._relays[action] = DigitalOutputDevice(
                    pin, active_high=relay.active_high, initial_value=False, pin_factory=pins.factory
                )
            for line, each in options.inputs.items():
                name, pin = line.value, each.pin
                self._inputs[line] = _Input(line, each, pins, self._seen)
        except pins.errors as error:
            self._keep_inputs()
            self.close()
            raise DeviceGone(
                f"lane {options.lane}: pin {pin} ({name}) cannot be used: {error}",
                f"Is GPIO {pin} used by something else (another program, an overlay in config.txt), or not on this board?",
            ) from error

    def start(self) -> None:
        """Begin to report edges; the lines as they are at this moment are in `read` and are not reported."""
        with self._input_lock:
            for each in self._inputs.values():
                each.begin()
            self._reporting = True
        self._resample()

    def close(self) -> None:
        """Release every relay, give all pins back. May be called twice."""
        with self._relay_lock:
            self._closed = True
            self._release()
            relays, self._relays = self._relays, {}
        with self._input_lock:
            self._reporting = False
            inputs, self._inputs = self._inputs, {}
        until = time.monotonic() + GIVE_BACK_S
        for device in (*relays.values(), *(each.device for each in inputs.values())):
            self._give_back(device, until)

    def _give_back(self, device: Any, until: float) -> None:
        """Close a device. lgpio's own thread holds a line with edges a little longer than its owner does, and until then it is
        «GPIO busy»: nothing tells when it is free, so it is tried again."""
        while True:
            try:
                device.close()
            except self.pins.errors as error:
                if time.monotonic() >= until:
                    log.warning("lane %s: a pin was not given back: %s", self.options.lane, error)
                    return
                time.sleep(0.005)
            else:
                return

    def _keep_inputs(self) -> None:
        """A lane that could not be made keeps the inputs that it has, silent, until the gate's pins are closed: closing one
        input under lgpio ends the edges of all the others, the other lanes' too (gpiozero issue 1189; seen on the rig)."""
        kept, self._inputs = self._inputs, {}
        for each in kept.values():
            each.device.seen = None
            self.pins.kept.append(each.device)

    # ---- relays

    def pulse(self, action: Action) -> None:
        """Close this relay for its time and return at once. Raises DeviceGone when there is none or it cannot be moved."""
        if action not in self._relays:
            raise DeviceGone(
                f"lane {self.options.lane} has no relay for {action.value}",
                f"Wire it and name its pin as {action.value} in the configuration.",
            )
        answer: SimpleQueue[DeviceGone | None] = SimpleQueue()
        asked = self.pins.relay_timers.at(time.monotonic_ns(), lambda: answer.put(self._begin(action)))
        try:
            error = answer.get(timeout=ANSWER_S)
        except Empty:
            asked.cancel()  # a pulse that comes later than that must not come at all
            raise DeviceGone(
                f"lane {self.options.lane}: the relays' thread does not answer",
                "Move the arm with the machine's own switch.",
            ) from None
        if error is not None:
            raise error

    def _begin(self, action: Action) -> DeviceGone | None:
        """On `gate-relays`: close it, and set the pulse's end."""
        with self._relay_lock:
            if action not in self._relays:
                return DeviceGone(f"lane {self.options.lane} is closed")
            try:
                if self._running not in (None, action):
                    self._relays[self._running].off()
                self._relays[action].on()
            except self.pins.errors as error:
                self._release()
                self._faults.be(FaultCode.GONE, True, f"{action.value}: {error}")
                gone = DeviceGone(
                    f"lane {self.options.lane}: the relay for {action.value} cannot be moved: {error}",
                    "Move the arm with the machine's own switch, and have the controller's pins looked at.",
                )
                gone.__cause__ = error
                return gone
            self._faults.be(FaultCode.GONE, False)
            self._running = action
            self._pulse_number += 1
            ends = time.monotonic_ns() + self.pins.nanoseconds(self.options.relays[action].pulse_ms)
            self.pins.relay_timers.at(ends, partial(self._pulse_over, self._pulse_number))
        return None

    def _pulse_over(self, number: int) -> None:
        """On `gate-relays`. A pulse that was followed by another one has nothing to end."""
        with self._relay_lock:
            if number == self._pulse_number:
                self._release()

    def _release(self) -> None:
        """Open every relay; one that fails must not keep the others closed."""
        self._running = None
        for action, relay in self._relays.items():
            try:
                relay.off()
            except self.pins.errors as error:
                self._faults.be(FaultCode.GONE, True, f"{action.value} was not released: {error}")

    # ---- inputs

    def read(self) -> dict[Line, bool]:
        """The debounced inputs, only those that are configured."""
        return {line: each.debouncer.active for line, each in self._inputs.items()}

    def watch(self) -> dict[Line, Watched]:
        """Every input as it is now, with what its contact did. Any thread."""
        return {line: each.watched() for line, each in list(self._inputs.items())}

    def _seen(self, each: _Input, level: bool, at_ns: int) -> None:
        """An edge, on gpiozero's thread."""
        with self._input_lock:
            self._settle(at_ns, each)
            self._take(each, each.debouncer.edge(level, at_ns))

    def _due(self, each: _Input) -> None:
        """On `gate-inputs`: by the clock the time of what is pending is over."""
        self.pins.when_heard(partial(self._look, each))

    def _look(self, each: _Input, heard_ns: int) -> None:
        """A look at the pin, after all edges until then. Read under the lock: or an edge in between would be overtaken by it."""
        with self._input_lock:
            try:
                level = each.level()
            except self.pins.errors:
                return  # closed, or the chip is gone: the next pulse says so
            self._settle(heard_ns, each)
            self._take(each, each.debouncer.look(level, heard_ns))

    def _settle(self, heard_ns: int, but: _Input) -> None:
        """What the other lines have waited for and has lasted by then comes first, the oldest first: after a stall, or at the look at all
        pins, an arm must not be seen at its upper end before it has been seen to leave the lower one."""
        own = but.debouncer.deadline_ns
        until = heard_ns if own is None else min(heard_ns, own)
        others = (each for each in self._inputs.values() if each is not but)
        for each in sorted(others, key=lambda each: each.debouncer.deadline_ns or until):
            if changes := each.debouncer.settle(until):
                self._take(each, changes)

    def _take(self, each: _Input, changes: tuple[Change, ...]) -> None:
        if each.pending is not None:
            each.pending.cancel()
        deadline = each.debouncer.deadline_ns
        at = None if deadline is None else deadline + self.pins.transit_ns
        each.pending = None if at is None else self.pins.input_timers.at(at, partial(self._due, each))
        if self._reporting:
            for change in changes:
                self._sink(Edge(self.options.lane, each.line, change.active, change.since_ns))

    def _resample(self) -> None:
        self._unheard += 1
        if self._unheard > UNHEARD:
            self._look_at_all(time.monotonic_ns())
        self.pins.when_heard(self._look_at_all)
        if self._reporting:
            self.pins.input_timers.at(time.monotonic_ns() + round(RESAMPLE_S * 1e9), self._resample)

    def _look_at_all(self, heard_ns: int) -> None:
        self._unheard = 0
        for each in list(self._inputs.values()):
            self._look(each, heard_ns)


class _Contact(DigitalInputDevice):  # type: ignore[misc]  # gpiozero has no types
    """An input that tells of every edge with its time, also of one that follows an edge like itself (one between was lost)."""

    def __init__(self, pin: int, **more: Any) -> None:
        self.seen: Callable[[bool, int], None] | None = None
        super().__init__(pin, **more)

    def _fire_events(self, ticks: float, new_active: bool) -> None:
        """gpiozero's own hook: `ticks` is the time of the edge in seconds of CLOCK_MONOTONIC."""
        super()._fire_events(ticks, new_active)
        if self.seen is not None:
            at, now = round(ticks * 1e9), time.monotonic_ns()
            self.seen(bool(new_active), at if 0 <= now - at < CLOCK_NS else now)


class _Input:
    """One line: its pin, its debouncer, and the timer for what is pending."""

    def __init__(
        self, line: Line, options: InputOptions, pins: Pins, seen: Callable[[_Input, bool, int], None]
    ) -> None:
        self.line = line
        self.options = options
        self.pending: Timer | None = None
        self._errors = pins.errors
        pull_up = {"up": True, "down": False, "none": None}[options.pull]
        self.device = _Contact(
            options.pin,
            pull_up=pull_up,
            active_state=options.closed_level if pull_up is None else None,
            pin_factory=pins.factory,
        )
        self._debounce_ns = pins.nanoseconds(options.debounce_ms)
        self._instant = line in INSTANT_LINES if options.instant is None else options.instant
        self.begin()
        # gpiozero's «active» is «contact closed»: see the table in drivers/pins.py.
        closed_is = options.normally == "open"
        self.device.seen = lambda closed, at_ns: seen(self, closed == closed_is, at_ns)

    def begin(self) -> None:
        """What the pin says now is the line's state."""
        self.debouncer = Debouncer(self.level(), self._debounce_ns, instant_on=self._instant)

    def level(self) -> bool:
        """Whether the line is active at this moment, not debounced."""
        return bool(self.device.is_active) == (self.options.normally == "open")

    def watched(self) -> Watched:
        """For a technician."""
        said = self.debouncer
        try:
            level = self.level()
        except self._errors:
            level = None
        return Watched(self.options, said.active, level, said.edges, said.bounces, said.last_ns)
