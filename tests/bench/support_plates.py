"""One process, one core, one reader over all pictures: `python -m tests.bench.support_plates OURS|PLAIN|QUICK FOLDER` prints JSON lines.

{"file", "plate", "text", "certain", "wall_ms", "cpu_ms"} for each picture of labels.csv, and at last {"rss_mb"} and {"before_mb"}: the process's memory
with all read and before the models were loaded. QUICK: what cannot be done with less, once the detector and each network over one strip.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import psutil

from camera.base import Frame, Image
from camera.plates import models, straighten, views
from camera.plates.detect import Detector
from camera.plates.reader import load
from camera.plates.recognise import made_for_plates, made_for_text
from camera.plates.session import Session
from camera.plates.views import Eyes

Said = tuple[str, bool]


def ours() -> Callable[[Image], Said]:
    """The gate's reader."""
    reader = load()

    def read(image: Image) -> Said:
        found = reader.read([Frame(image, 0, 0)])
        return (found.text, found.certain) if found else ("", False)

    return read


def plain() -> Callable[[Image], Said]:
    """RapidOCR."""
    from tests.bench.support_rapidocr import RapidOcr

    reader = RapidOcr()
    return lambda image: (reader.plate(image), False)


def quick() -> Callable[[Image], Said]:
    """The three networks once each; nothing is read."""
    found = models.find()
    detector = Detector(Session(found.detector))
    eyes = Eyes(made_for_plates(found.plate_recogniser, found.plate_signs), made_for_text(found.text_recogniser))

    def read(image: Image) -> Said:
        if image.shape[0] > 200:
            detector.find(image, 640, 0.4)
        eyes.one_row(image, straighten.whole(image), views.QUICK)
        return "", False

    return read


def main(way: str, folder: Path) -> None:
    """Read all pictures, the process tied to one core."""
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    process = psutil.Process()
    before = process.memory_info().rss
    read = {"OURS": ours, "PLAIN": plain, "QUICK": quick}[way]()
    read(np.full((720, 1280, 3), 90, np.uint8))
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            image = cv2.imdecode(np.frombuffer((folder / line["file"]).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
            wall, cpu = time.perf_counter(), time.process_time()
            text, certain = read(image)
            told = {"file": line["file"], "plate": line["plate"], "text": text, "certain": certain}
            told |= {"wall_ms": (time.perf_counter() - wall) * 1000, "cpu_ms": (time.process_time() - cpu) * 1000}
            print(json.dumps(told, ensure_ascii=False), flush=True)
    print(json.dumps({"rss_mb": process.memory_info().rss / 2**20, "before_mb": before / 2**20}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
