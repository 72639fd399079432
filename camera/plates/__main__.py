"""Reads plates in picture files: `python -m camera.plates FILE…` prints a line of JSON for each file, in order.

{"file": …, "text": "粤B12345" or null (no plate), "certain": …, "confidence": …, "colour": …, "kind": …, "rows": …, "characters": […],
"candidates": [[text, share], …], "corners": [[x, y], …], "ms": …}; a file that is no picture: {"file": …, "error": …}. Exit code: 0; 1 when a
file could not be read; 2 when recognition is absent. Chinese names of files are no matter. `--together`: the files are frames of one vehicle.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from camera.base import Frame, Image, PlateRead
from camera.plates.models import RecognitionAbsent
from camera.plates.reader import load


def picture(path: Path) -> Image:
    """Raises OSError when it cannot be read or is no picture."""
    image = cv2.imdecode(np.frombuffer(path.read_bytes() or b"\0", np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise OSError("no picture")
    return image.astype(np.uint8, copy=False)


def told(read: PlateRead | None) -> dict[str, Any]:
    """A reading without its crop, for JSON."""
    if read is None:
        return {"text": None, "certain": False}
    return {
        "text": read.text,
        "certain": read.certain,
        "confidence": round(read.confidence, 4),
        "colour": read.colour,
        "kind": read.kind,
        "rows": read.rows,
        "characters": [round(each, 3) for each in read.characters],
        "candidates": [[each.text, round(each.share, 4)] for each in read.candidates],
        "corners": [[round(x, 1), round(y, 1)] for x, y in read.corners],
        "certain_frames": read.certain_frames,
    }


def main(words: list[str]) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m camera.plates", description="Read number plates in pictures.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--together", action="store_true", help="the files are frames of one vehicle: one reading")
    asked = parser.parse_args(words)
    try:
        reader = load()
    except RecognitionAbsent as absent:
        print(f"no recognition: {absent}", file=sys.stderr)
        return 2
    code = 0
    frames: list[Frame] = []
    for number, path in enumerate(asked.files):
        try:
            frame = Frame(picture(path), 0, number)
        except OSError as error:
            print(json.dumps({"file": str(path), "error": str(error)}, ensure_ascii=False), flush=True)
            code = 1
            continue
        if asked.together:
            frames.append(frame)
        else:
            begun = time.perf_counter()
            said = told(reader.read([frame]))
            said["ms"] = round((time.perf_counter() - begun) * 1000, 1)
            print(json.dumps({"file": str(path), **said}, ensure_ascii=False), flush=True)
    if asked.together:
        print(json.dumps(told(reader.read(frames)), ensure_ascii=False))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
