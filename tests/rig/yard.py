"""What moves at the gate: the barrier machines and the vehicles, played on the guest's contacts."""

from __future__ import annotations

from tests.rig.guest import ENTRY_CLOSE, EXIT_CLOSE, Guest, until

LINES = {
    "entry": {"up_limit": (5, 0), "down_limit": (6, 0), "approach": (12, 1), "under": (13, 0), "beam": (16, 1)},
    "exit": {"up_limit": (19, 1), "down_limit": (26, 1), "approach": (20, 0), "under": (21, 1)},
}
"""Each input's pin and the level that says «active»."""
CLOSE_RELAY = {"entry": ENTRY_CLOSE, "exit": EXIT_CLOSE}


class Yard(Guest):
    """The guest, and the hand that moves arms and vehicles."""

    def feel(self, lane: str, name: str, active: bool) -> float:
        """A line of a lane says active, or does not. Returns when."""
        line, level = LINES[lane][name]
        return self.pull(line, level if active else 1 - level)

    def shown(self, lane: str, name: str, value: bool = True) -> None:
        """Wait until the page shows a loop or the beam so."""
        until(f"{lane}: {name} {value}", lambda: self.lane(lane)[name] is value)

    def up(self, lane: str) -> None:
        """The machine raises the arm."""
        self.feel(lane, "down_limit", False)
        self.feel(lane, "up_limit", True)
        until(f"{lane} up", lambda: self.lane(lane)["phase"] in ("up", "held"))

    def down(self, lane: str) -> None:
        """The machine lowers it."""
        self.feel(lane, "up_limit", False)
        self.feel(lane, "down_limit", True)
        self.phase(lane, "down")

    def enter(self, lane: str) -> None:
        """A vehicle drives up and stands under the arm."""
        self.feel(lane, "approach", True)
        self.shown(lane, "approach")
        self.feel(lane, "under", True)
        self.shown(lane, "under")
        self.feel(lane, "approach", False)
        self.shown(lane, "approach", False)

    def leave(self, lane: str, after: int) -> float:
        """It drives on, and has crossed. Returns when the loop became clear."""
        clear = self.feel(lane, "under", False)
        self.event("vehicle.crossed", after, lane=lane)
        return clear

    def through(self, lane: str) -> None:
        """The arm rises for whoever was admitted, a vehicle goes through, the arm comes down: the next card begins anew."""
        head, began = self.head(), float(self.ask("now"))
        self.up(lane)
        self.enter(lane)
        self.leave(lane, head)
        self.pulse(CLOSE_RELAY[lane], began)
        self.down(lane)
