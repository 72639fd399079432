"""When has a contact really changed? When it has stayed so for its debounce time.

    contact   ____|‾|_|‾‾‾‾‾‾‾‾‾‾‾‾‾‾|_|‾|______________
    reported  ________________|‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|______      (N ms after the last change)
    at once   ____|‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|______      (`instant_on`: the loop under the arm, the light beam)

`instant_on` is for the lines that keep the arm off a car: becoming active is believed at the first edge, only becoming
clear must last. A line that chatters for ever keeps its last state, and an instant line stays active: the safe side.

Pure: one object a line, time comes in as monotonic nanoseconds. gpiozero's `bounce_time` is not used, because its
MockFactory ignores it and a simulation would then test another program than the one at the gate.
"""

from __future__ import annotations


class Debouncer:
    """One line. `active` is its debounced state."""

    def __init__(self, active: bool, debounce_ns: int, *, instant_on: bool = False) -> None:
        self.active = active
        self.since_ns = 0
        """When the contact last changed: the time of the edge that `active` reports, not of the report."""
        self._level = active
        self._debounce_ns = debounce_ns
        self._instant_on = instant_on

    def sample(self, level: bool, mono_ns: int) -> bool:
        """The contact was seen at this level at this time. True when `active` has changed by it."""
        if level != self._level:
            self._level, self.since_ns = level, mono_ns
            if level and self._instant_on and not self.active:
                self.active = True
                return True
        deadline = self.deadline_ns
        if deadline is None or mono_ns < deadline:
            return False
        self.active = self._level
        return True

    @property
    def deadline_ns(self) -> int | None:
        """When to sample again for the change to count, or None while nothing is pending."""
        return None if self._level == self.active else self.since_ns + self._debounce_ns
