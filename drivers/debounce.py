"""When has a contact really changed? When it has stayed so for its debounce time.

    contact   ____|‾|_|‾‾‾‾‾‾‾‾‾‾‾‾‾‾|_|‾|______________
    reported  ________________|‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|______      (N ms after the last change)
    at once   ____|‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|______      (`instant_on`: the loop under the arm, the light beam)

`instant_on` is for the lines that keep the arm off a car: becoming active is believed at the first edge, only becoming
clear must last. A line that chatters for ever keeps its last state, and an instant line stays active: the safe side.

Whose time. An edge counts at the moment in which the kernel saw it, not when this process got round to it. That nothing has
happened for 20 ms is known only when all edges of these 20 ms have been heard: on a busy machine they come 60 ms late, and a
look at the pin at the end of «its» 20 ms, while the edges in between were still under way, once took a chattering limit
switch for an arm that is up (found on the rig). So `look` is told up to when edges have been heard. A pin that says otherwise than
its edges lost one on the way: its time begins anew.

Pure: one object a line, time comes in as monotonic nanoseconds. gpiozero's `bounce_time` is not used, because its
MockFactory ignores it and a simulation would then test another program than the one at the gate.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """The line is now so; the contact has been since then."""

    active: bool
    since_ns: int


class Debouncer:
    """One line. `active` is its debounced state."""

    def __init__(self, active: bool, debounce_ns: int, *, instant_on: bool = False) -> None:
        self.active = active
        self._level = active
        self._since_ns = 0
        self._debounce_ns = debounce_ns
        self._instant_on = instant_on
        self.edges = self.changes = self.last_ns = 0
        """What a technician looks at: edges so far, changes that came of them, when the last edge was (0: none)."""

    @property
    def bounces(self) -> int:
        """Edges of which no change came: a contact that chatters, a wire beside a motor."""
        pending = self._level != self.active
        return max(0, self.edges - self.changes - pending)

    def edge(self, level: bool, at_ns: int) -> tuple[Change, ...]:
        """The contact changed to this level at that time. What has changed by it: also what had lasted until then and was
        never looked at. The same level again: an edge in between was lost, so what was before it did not last."""
        self.edges, self.last_ns = self.edges + 1, at_ns
        lasted = self._lasted(at_ns) if level != self._level else ()
        self._level, self._since_ns = level, at_ns
        if level and self._instant_on and not self.active:
            self.active = True
            self.changes += 1
            return (*lasted, Change(True, at_ns))
        return lasted

    def settle(self, heard_ns: int) -> tuple[Change, ...]:
        """Every edge before `heard_ns` has been told. What has changed by then, whatever the pin says now."""
        return self._lasted(heard_ns)

    def look(self, level: bool, heard_ns: int) -> tuple[Change, ...]:
        """The pin says this now, and every edge before `heard_ns` has been told. What has changed by it."""
        return self._lasted(heard_ns) if level == self._level else self._restart(level, heard_ns)

    def _restart(self, level: bool, at_ns: int) -> tuple[Change, ...]:
        self._level = level  # what was before lasted until nobody knows when
        return self.edge(level, at_ns)

    def _lasted(self, until_ns: int) -> tuple[Change, ...]:
        deadline = self.deadline_ns
        if deadline is None or until_ns < deadline:
            return ()
        self.active = self._level
        self.changes += 1
        return (Change(self.active, self._since_ns),)

    @property
    def deadline_ns(self) -> int | None:
        """Up to when edges must have been heard for the change to count, or None while nothing is pending."""
        return None if self._level == self.active else self._since_ns + self._debounce_ns
