"""Plates: how many are read, how many are called certain, how long it takes on one core; beside plain RapidOCR, on ../shared/plates.

Exact match: every sign, the province too. Times are of a process tied to one core; «processor» is what it used there, which other work on the
machine changes little. The limit of a time is the least that must be done: the detector once, and each network once over one strip.
Where the pictures are not at hand nothing is measured, and a row says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from camera.plates import models
from tests.bench.support_data import ROOT
from tests.bench.support_run import Wrong, row

Row = dict[str, Any]
GOALS = {"ccpd_base": 97.0, "lprnet_crops": 97.0, "ccpd_hard_overlay": 90.0, "ccpd_noplate": 100.0}
MEAN_MS = 150.0
RIGHT, SHARE = 99.5, 85.0


def pictures() -> Path | None:
    """Where the labelled pictures are."""
    for folder in (os.environ.get("PLATES", ""), ROOT.parent / "shared" / "plates"):
        if folder and (Path(folder) / "labels.csv").is_file():
            return Path(folder)
    return None


def run() -> list[Row]:
    """The table's rows."""
    folder = pictures()
    if folder is None or models.missing():
        return [row(f"not measured: {models.missing() or 'no labelled pictures beside this tree'}", 0.0, "")]
    quick, ours, plain = (_measured(way, folder) for way in ("QUICK", "OURS", "PLAIN"))
    rows: list[Row] = []
    for name, lines in ours["sets"].items():
        goal = GOALS.get(name)
        exact = _exact(lines)
        rows.append(
            row(
                f"{name}: exact, {len(lines)} pictures",
                exact,
                "%",
                goal=f"≥ {goal:g} %" if goal else "",
                met=exact >= goal if goal else None,
            )
        )
        rows.append(row("… plain RapidOCR", _exact(plain["sets"][name]), "%"))
    labelled = [line for lines in ours["sets"].values() for line in lines if line["plate"]]
    certain = [line for line in labelled if line["certain"]]
    share, right = 100 * len(certain) / len(labelled), _exact(certain)
    rows.append(row("given as certain", share, "%", goal=f"≥ {SHARE:g} %", met=share >= SHARE))
    rows.append(row("… of these right", right, "%", goal=f"≥ {RIGHT:g} %", met=right >= RIGHT))
    whole = [name for name in ours["sets"] if not name.endswith("crops")]
    for what, names in (("whole pictures", whole), ("crops", [name for name in ours["sets"] if name not in whole])):
        for kind, name in (("wall_ms", "on one core"), ("cpu_ms", "of the processor")):
            mine, least, theirs = (_times(each, names, kind) for each in (ours, quick, plain))
            mean = sum(mine) / len(mine)
            met = mean <= MEAN_MS if kind == "cpu_ms" else None
            rows.append(
                row(
                    f"{what}: mean {name}",
                    mean,
                    "ms",
                    sum(least) / len(least),
                    f"≤ {MEAN_MS:g} ms" if met is not None else "",
                    met,
                )
            )
            rows.append(row(f"{what}: p95 {name}", _p95(mine), "ms", _p95(least)))
            rows.append(row("… mean, plain RapidOCR", sum(theirs) / len(theirs), "ms"))
    rows.append(row("memory with all models, of the whole process", ours["rss_mb"], "MB"))
    rows.append(row("… before they were loaded", ours["before_mb"], "MB"))
    rows.append(row("… plain RapidOCR", plain["rss_mb"], "MB"))
    return rows


def _measured(way: str, folder: Path) -> dict[str, Any]:
    """What a process said, by sets. Raises Wrong when it ended badly."""
    command = [sys.executable, "-m", "tests.bench.support_plates", way, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(done.stderr[-2000:])
    *lines, last = (json.loads(line) for line in done.stdout.splitlines())
    sets: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        sets[line["file"].split("/")[0]].append(line)
    return {"sets": dict(sets), **last}


def _exact(lines: list[dict[str, Any]]) -> float:
    """Per cent of the pictures whose text is the label's; a picture without a plate is right when nothing is read."""
    return 100 * sum(line["text"] == line["plate"] for line in lines) / len(lines) if lines else 0.0


def _times(measured: dict[str, Any], names: list[str], kind: str) -> list[float]:
    return [line[kind] for name in names for line in measured["sets"][name]]


def _p95(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(0.95 * len(times)))]
