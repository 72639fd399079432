"""Recognition in a process of its own: it has a core and an interpreter to itself, and is the first to wait when there are too few.

    gate process, `plates` thread: Apart.look ── frame ──▶ camera/plates/apart_child.py ── reading so far (JSON), crop ──▶

Its beam search is Python: in the gate's own process it holds the interpreter's lock, and a thread that is nice and has the lock keeps
everybody waiting for as long as the kernel keeps it waiting (figures: edge/DECISIONS.md). A process has a lock of its own. What onnxruntime or the decoders do to themselves stays there too.

The frame goes over a pipe (2.8 MB, about 1 ms). What comes back is JSON and a crop of bounded size: nothing of it is executed. A child
that says nothing for LOOK_S is killed; the next vehicle begins another one.
"""

from __future__ import annotations

import json
import struct
import time
from typing import Any

import numpy as np

from camera.base import Frame, PlateCandidate, PlateRead
from camera.child import Child

HEADER = struct.Struct("<4sQIII")
"""To the child: FRAME, the frame's number, height, width, bytes. From the child: WORD, 0, crop's height, width, bytes of JSON."""
BEGIN, FRAME, WORD, ABSENT = b"GBEG", b"GFRM", b"GWRD", b"GABS"
LOAD_S, LOOK_S = 60.0, 15.0
MOST_WORDS, MOST_CROP = 1 << 16, 1 << 22


class Absent(RuntimeError):
    """The child has nothing to read plates with; the sentence says what is missing."""


class Apart:
    """Satisfies camera.burst.Looker. For one thread; `close` from any."""

    def __init__(self) -> None:
        """Starts the child and waits for its models. Raises Absent, OSError."""
        self._child = Child("camera.plates.apart_child", "plates")
        self._read: PlateRead | None = None
        self._start()

    def _start(self) -> None:
        self._child.start()
        self._answer(time.monotonic() + LOAD_S)

    def begin(self) -> None:
        """Another vehicle. Raises OSError when no child can be had."""
        self._read = None
        if self._child.process is None:
            self._start()
        self._send(HEADER.pack(BEGIN, 0, 0, 0, 0))

    def look(self, frame: Frame) -> None:
        """Raises OSError when the child has ended or hangs; the next `begin` starts another one."""
        height, width = frame.image.shape[:2]
        self._send(HEADER.pack(FRAME, frame.number, height, width, frame.image.nbytes))
        self._send(memoryview(np.ascontiguousarray(frame.image).data).cast("B"))
        try:
            self._read = self._answer(time.monotonic() + LOOK_S)
        except OSError:
            self._child.close()
            raise

    def together(self) -> PlateRead | None:
        """What the child said last."""
        return self._read

    def close(self) -> None:
        """End the child, and whoever waits for it."""
        self._child.interrupt()

    def _send(self, data: bytes | memoryview) -> None:
        try:
            self._child.write(data, time.monotonic() + LOOK_S)
        except OSError:
            self._child.close()
            raise

    def _answer(self, until: float) -> PlateRead | None:
        head = bytearray(HEADER.size)
        self._child.fill(memoryview(head), until)
        if self._child.stopped:
            raise OSError("closed")
        what, _, height, width, count = HEADER.unpack(head)
        if what not in (WORD, ABSENT) or count > MOST_WORDS or height * width * 3 > MOST_CROP:
            raise OSError("plates: what the recogniser says is nonsense")
        words = bytearray(count)
        self._child.fill(memoryview(words), until)
        if what == ABSENT:
            self._child.close()
            raise Absent(words.decode("utf-8", "replace"))
        crop = np.empty((height, width, 3), np.uint8) if height * width else None
        if crop is not None:
            self._child.fill(memoryview(crop.data).cast("B"), until)
        said: dict[str, Any] | None = json.loads(words)
        if said is None:
            return None
        said["characters"] = tuple(said["characters"])
        said["alternatives"] = tuple(tuple((sign, share) for sign, share in each) for each in said["alternatives"])
        said["corners"] = tuple((x, y) for x, y in said["corners"])
        said["candidates"] = tuple(PlateCandidate(*each) for each in said["candidates"])
        return PlateRead(**said, crop=crop)
