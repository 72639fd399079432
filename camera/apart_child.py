"""The decoder's process (camera/apart.py says why): an order on standard input, frames on standard output.

It ends when its parent's thread does, when nobody reads, and when the camera is gone, after a sentence why. Nothing else is open here.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any

from camera.base import Source
from camera.child import bounded, mouth, speak

MEMORY_BYTES = 2 << 30
"""Address space: libraries and their buffers need half of it; a stream that promises gigabytes gets an error."""


def main() -> int:
    """Read the order, hand over frames; the exit code is 0 when the camera was gone and this could be said."""
    bounded(MEMORY_BYTES)
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    out = mouth()
    from camera.apart import FRAME, HEADER, MOST_WORDS, WORDS
    from camera.opencv_source import Film, Stream

    kinds: dict[str, Callable[..., Source]] = {"stream": Stream, "film": Film}
    source = kinds[order.pop("kind")](order.pop("address"), **order)
    try:
        source.open()
        while (image := source.read()) is not None:
            height, width = image.shape[:2]
            speak(out, HEADER.pack(FRAME, height, width, image.nbytes))
            speak(out, image.reshape(-1).data)
        why = "the camera gives no more pictures"
    except BrokenPipeError:
        return 0
    except (OSError, MemoryError, ValueError) as error:
        why = str(error) or type(error).__name__
    words = why.encode()[:MOST_WORDS]
    with contextlib.suppress(BrokenPipeError):
        speak(out, HEADER.pack(WORDS, 0, 0, len(words)) + words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
