"""The recogniser's process (camera/plates/apart.py says why): frames on standard input, the reading so far on standard output."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import fields

import numpy as np

from camera.base import Frame, Image, PlateRead
from camera.child import bounded, mouth, speak

MEMORY_BYTES = 3 << 30
NICE = 10
CROP = "crop"


def main() -> int:
    """Load, look at what comes, until nobody asks any more."""
    bounded(MEMORY_BYTES, nice=NICE)
    out = mouth()
    from camera.plates import models, reader
    from camera.plates.apart import ABSENT, BEGIN, FRAME, HEADER, WORD

    try:
        recogniser = reader.load()
    except (models.RecognitionAbsent, OSError, ValueError, ImportError) as absent:
        words = str(absent).encode()
        speak(out, HEADER.pack(ABSENT, 0, 0, 0, len(words)) + words)
        return 0
    speak(out, HEADER.pack(WORD, 0, 0, 0, 4) + b"null")
    while head := _take(HEADER.size):
        what, number, height, width, count = HEADER.unpack(head)
        if what == BEGIN:
            recogniser.begin()
        elif what == FRAME:
            image = np.frombuffer(_take(count), np.uint8).reshape(height, width, 3)
            recogniser.look(Frame(image, 0, number))
            words, crop = _told(recogniser.together())
            rows, columns = crop.shape[:2] if crop is not None else (0, 0)
            speak(out, HEADER.pack(WORD, 0, rows, columns, len(words)) + words)
            if crop is not None:
                speak(out, np.ascontiguousarray(crop).reshape(-1).data)
    return 0


def _told(read: PlateRead | None) -> tuple[bytes, Image | None]:
    if read is None:
        return b"null", None
    said = {field.name: getattr(read, field.name) for field in fields(read) if field.name != CROP}
    said["candidates"] = [(each.text, each.kind, each.share) for each in read.candidates]
    return json.dumps(said).encode(), read.crop


def _take(count: int) -> bytes:
    """So many bytes of standard input; nothing when it has ended."""
    found = bytearray()
    while len(found) < count:
        data = os.read(0, count - len(found))
        if not data:
            return b""
        found += data
    return bytes(found)


if __name__ == "__main__":
    sys.exit(main())
