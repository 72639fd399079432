"""The decoder's process (camera/apart.py says why): an order on standard input, frames on standard output.

It ends when its parent's thread does, when nobody reads, and when the camera is gone, after a sentence why. Nothing else is open here.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from camera.base import Source

MEMORY_BYTES = 2 << 30
"""Address space: libraries and their buffers need half of it; a stream that promises gigabytes gets an error."""
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Read the order, hand over frames; the exit code is 0 when the camera was gone and this could be said."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    with contextlib.suppress(OSError, ValueError):  # a sandbox that forbids it bounds the memory itself
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    out = os.dup(1)
    os.dup2(2, 1)  # what a library prints does not come between the frames
    from camera.apart import FRAME, HEADER, MOST_WORDS, WORDS
    from camera.opencv_source import Film, Stream

    kinds: dict[str, Callable[..., Source]] = {"stream": Stream, "film": Film}
    source = kinds[order.pop("kind")](order.pop("address"), **order)
    try:
        source.open()
        while (image := source.read()) is not None:
            height, width = image.shape[:2]
            _write(out, HEADER.pack(FRAME, height, width, image.nbytes))
            _write(out, image.reshape(-1).data)
        why = "the camera gives no more pictures"
    except BrokenPipeError:
        return 0
    except (OSError, MemoryError, ValueError) as error:
        why = str(error) or type(error).__name__
    words = why.encode()[:MOST_WORDS]
    with contextlib.suppress(BrokenPipeError):
        _write(out, HEADER.pack(WORDS, 0, 0, len(words)) + words)
    return 0


def _write(out: int, data: bytes | memoryview) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(out, left) :]


if __name__ == "__main__":
    sys.exit(main())
