"""Help for a camera at night and against the sun, where its controls can be set; pure.

A camera's own automatic suits its makers' living room: it lifts the whole picture until a lit plate burns out, and darkens it for
headlamps until there is no car. So the light of the picture (health.py measures it once a second) moves a ladder of five rungs, one at
a time, never sooner than REST_S after the last (an automatic needs seconds itself), and home again when the reason is gone:

    -2   short exposure by hand, gain low: headlamps straight into the lens
    -1   automatic, no compensation for back light
     0   as the camera was made
    +1   automatic, gain high, compensation for back light, exposure may take more than a frame's time
    +2   long exposure by hand (vehicles stand), gain full

A value is a share of the control's own range; a control that the device has not is left out. Where nothing can be set the caller
says so with the fault: then it takes a lamp, or the camera's own page.
"""

from __future__ import annotations

from dataclasses import dataclass

REST_S = 8.0
TOO_DARK, LIGHT_AGAIN = 40.0, 110.0
"""Mean brightness, 0 to 255: a rung up below, a rung back down above. A rung changes less than lies between them."""
TOO_WHITE, DRAWN_AGAIN = 0.20, 0.04
"""Share of the picture without drawing: a rung down above, a rung back up below."""

AUTO, BY_HAND = "auto", "by-hand"
LONG_MS, SHORT_MS = 40.0, 2.0


@dataclass(frozen=True, slots=True)
class Rung:
    """What is set: mode; exposure in ms (by hand only); the others as shares of their range, None for the maker's value."""

    mode: str = AUTO
    exposure_ms: float = 0.0
    gain: float | None = None
    backlight: float | None = None
    slow_frames: bool = False


LADDER = {
    -2: Rung(BY_HAND, SHORT_MS, 0.25, 0.0),
    -1: Rung(backlight=0.0),
    0: Rung(),
    1: Rung(gain=0.75, backlight=1.0, slow_frames=True),
    2: Rung(BY_HAND, LONG_MS, 1.0, 1.0),
}


class Ladder:
    """Where one camera stands."""

    def __init__(self) -> None:
        self.level = 0
        self._since_ns: int | None = None

    def feed(self, light: float, glare: float, mono_ns: int) -> Rung | None:
        """What the picture is like now → the rung to set, or None: stay."""
        if self._since_ns is not None and mono_ns - self._since_ns < REST_S * 1e9:
            return None
        wanted = self.level + self._way(light, glare)
        if wanted == self.level or wanted not in LADDER:
            return None
        self.level, self._since_ns = wanted, mono_ns
        return LADDER[wanted]

    def _way(self, light: float, glare: float) -> int:
        if glare > TOO_WHITE:
            return -1
        if light < TOO_DARK:
            return 1
        if self.level > 0 and light > LIGHT_AGAIN:
            return -1
        if self.level < 0 and glare < DRAWN_AGAIN and light < LIGHT_AGAIN:
            return 1
        return 0
