"""What the uplink says about itself, and the figures it works with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UplinkStatus:
    """What the page shows: head office has everything up to `acked`, `unsent` events it has not.

    `last_ack_mono`: seconds of time.monotonic() when head office last said so. `problem` is a word for the page's
    dictionary, None when nothing is wrong: fork · event-too-large · pruned (the journal no longer holds what head office
    lacks) · journal (cannot be read) · stalled · nobody-listens · broker-refused · refused-… (a word of head office's
    intake.Refusal) · link-… (a word of link.Problem) · died. `detail` is for the technician.
    """

    connected: bool = False
    headoffice_online: bool = False
    acked: int = 0
    head: int = 0
    unsent: int = 0
    last_ack_mono: float | None = None
    problem: str | None = None
    forked: bool = False
    detail: str = ""

    def urgent(self) -> tuple[object, ...]:
        """What nobody should wait for: compared to see whether a change is told at once."""
        return self.connected, self.headoffice_online, self.problem, self.forked, self.unsent == 0


@dataclass(frozen=True, slots=True)
class UplinkOptions:
    """The figures of sync.md; tests make them smaller."""

    batch_events: int = 100
    batch_bytes: int = 48 * 1024
    linger_s: float = 0.05
    window: int = 20
    stall_s: float = 3.0
    state_interval_s: float = 5.0
    cursor_interval_s: float = 1.0
    will_delay_s: int = 30
