"""A lane as a guard would tell its stories: what happens, one sentence each, and what the table said to it."""

from __future__ import annotations

from typing import TypeVar

from edge.domain import barrier as b
from edge.domain.barrier import Line

E = TypeVar("E")
TRAVEL, TO_PASS = 3_000, 800
OPEN_FOR_CARD, CLOSE_BY_ITSELF = b.Pulse(b.Action.OPEN, "card"), b.Pulse(b.Action.CLOSE, "auto")
REOPEN = b.Pulse(b.Action.OPEN, "reopen")


class Lane:
    """A lane with its time; everything the table said since the last `heard` is in `said`."""

    def __init__(self, config: b.Config | None = None, *, up: bool = False) -> None:
        self.config = config or b.Config()
        self.state, self.now, self.said = b.initial(self.config), 0, list[b.Effect]()
        self.feed(b.Start(frozenset({Line.UP_LIMIT if up else Line.DOWN_LIMIT})))
        self.said.clear()

    def feed(self, given: b.Input) -> None:
        self.state, out = b.step(self.state, given, self.now)
        self.said += out.effects

    def wait(self, ms: int) -> None:
        """Ticks come at their deadlines."""
        end = self.now + ms
        while self.state.deadline is not None and self.state.deadline <= end:
            self.now = max(self.now, self.state.deadline)
            self.feed(b.Tick())
        self.now = end

    def on(self, line: Line) -> None:
        self.feed(b.Sensor(line, True))

    def off(self, line: Line) -> None:
        self.feed(b.Sensor(line, False))

    def heard(self, what: type[E]) -> list[E]:
        """What of this kind was said since the last time, whatever else; and forget it all."""
        mine = [e for e in self.said if isinstance(e, what)]
        self.said.clear()
        return mine

    def of(self, what: type[E]) -> list[E]:
        """As `heard`, and forgets nothing."""
        return [e for e in self.said if isinstance(e, what)]

    # ---- what happens at a gate

    def comes(self) -> None:
        self.on(Line.APPROACH)

    def card(self, pass_seq: int) -> None:
        self.feed(b.Authorised(pass_seq))

    def rises(self) -> None:
        self.off(Line.DOWN_LIMIT)
        self.wait(TRAVEL)
        self.on(Line.UP_LIMIT)

    def enters(self) -> None:
        self.on(Line.UNDER)
        self.wait(TO_PASS)
        self.off(Line.APPROACH)

    def leaves(self) -> None:
        self.wait(TO_PASS)
        self.off(Line.UNDER)

    def passes(self) -> None:
        self.enters()
        self.leaves()

    def asks_and_closes(self) -> None:
        """The way is free for auto_close_ms, the close is recorded, the arm leaves its upper limit."""
        self.wait(self.config.auto_close_ms)
        [ask] = self.of(b.Ask)
        self.feed(b.Recorded(ask.token))
        self.off(Line.UP_LIMIT)

    def opened_for(self, pass_seq: int) -> None:
        self.comes()
        self.card(pass_seq)
        self.rises()
