"""The simulated desk: whoever the guard's page shows stands before it, and lays a made-up document down when asked for one.

Visit → a specimen (edge/specimens.py), the same one each time; it has the visitor's name where that is whole. Who is looked at changes, a moment
passes, the document slides in and lies still, as on a real desk; two looks in three it is a driving licence, which may be held.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from camera.base import Source
from camera.document_art import IDENTITY, LICENCE, Specimen
from camera.simulated_desk import DeskCamera, DeskScene
from edge.settings_lane import CameraTable
from edge.specimens import person

SLIDE_S = 0.8


class DeskPlay:
    """Called in the loop (`somebody`) and on the cameras' threads (`scene`)."""

    def __init__(self, rate: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._now_s = rate, now_s
        self._lock = threading.Lock()
        self._shown: tuple[int, Specimen | None, float, float] = (0, None, 0.0, 0.0)
        self.cameras: dict[str, DeskCamera] = {}

    def somebody(self, visit: int, name: str, _of: str) -> None:
        """This visit stands at the desk now."""
        with self._lock:
            if self._shown[0] != visit:
                chance = random.Random(visit)
                kind = IDENTITY if visit % 3 == 0 else LICENCE
                said = _valid(chance, licence=kind == LICENCE)
                whole = len(name) >= 2 and all("一" <= sign <= "鿿" for sign in name)
                specimen = Specimen(kind, **(said | ({"name": name} if whole else {})))
                self._shown = (visit, specimen, self._now_s(), chance.uniform(-9, 9))

    def scene(self) -> DeskScene:
        """How the desk is now."""
        with self._lock:
            visit, specimen, since, angle = self._shown
        laid = min(1.0, (self._now_s() - since) * self._rate / SLIDE_S)
        return DeskScene(specimen, round(laid, 2), angle, visit)

    def source(self, of: str, camera: CameraTable) -> Source:
        """One of the desk's cameras: person, document."""
        made = DeskCamera(of, self.scene, fps=camera.fps, width=camera.width, height=camera.height)
        self.cameras[of] = made
        return made


def _valid(chance: random.Random, *, licence: bool) -> dict[str, str]:
    """Somebody whose document is in force."""
    today = datetime.now(UTC).date().isoformat()
    while True:
        said = person(chance, licence=licence)
        if not said["valid_until"] or said["valid_until"] > today:
            return said
