"""What the technician's routes need of the gate. Rows are JSON-ready; edge.api.models_technician says what is in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from edge.api.who import Who

Row = dict[str, Any]


class RawPort(Protocol):
    """One page's view of a reader's bytes."""

    def rows(self, beat_s: float) -> AsyncIterator[Row | None]:
        """Chunks; None when nothing came for so long. Ends by itself after a quarter of an hour."""


class TechnicianPort(Protocol):
    """Bring-up as the API sees it. Called in the gate's loop, but for what says that it is called on a thread."""

    def around(self) -> Row:
        """Faults and states of what runs, for `look`."""

    def look(self, around: Row) -> Row:
        """What is plugged in, configured, missing. On a thread: it looks at /dev."""

    def listen(self, device: str) -> AbstractContextManager[RawPort]:
        """The live bytes of a reader. Raises NotFound, NotExecuted."""

    def captures(self) -> Row:
        """Files and what is being recorded."""

    def capture(self, name: str) -> str:
        """One file. On a thread. Raises NotFound."""

    def replay(self, name: str, text: str, driver: str, options: Row | None) -> Row:
        """What a decoder makes of a file, or of a text that was sent in. On a thread. Raises NotFound, BadInput."""

    def search(self) -> Row | None:
        """How far the search for a reader is."""

    def calibration(self) -> Row | None:
        """How far the calibration is."""

    async def calibrate(self, device: str, known: str, kind: str, more: bool) -> Row:
        """Wait for a card at a reader. Raises BadInput, NotFound, NotExecuted."""

    def inputs(self) -> Row:
        """Every input's level, last edge and bounces; each lane's relays."""

    def figures(self, lane: str, after: int) -> Row:
        """A camera's picture in figures. On a thread. Raises NotFound, NotExecuted."""

    def picture(self, lane: str) -> bytes:
        """The newest frame, JPEG. On a thread. Raises NotFound, NotExecuted."""

    def stop(self, what: str, device: str = "") -> Row:
        """End a search, a calibration or a capture. Raises NotFound."""

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """What is on record: capture, search, pulse, install: `{"seq", "again"}`. Raises GateError."""
