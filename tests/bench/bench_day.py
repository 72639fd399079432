"""A day of a busy community at 100 times its speed: 3,000 vehicles, 800 visitors, 40 requests, in a quarter of an hour.

A whole gate (both simulated cameras, head office in the process) in a process of its own (support_day). At that rate the arm's
three seconds are thirty milliseconds, so what is measured of vehicles is order and function, not their times: how many came through as
expected, and that no arm came down on one. What is measured of the tablet is real: milliseconds of every press, while all of that goes
on. Afterwards `verify` walks the journal and derives every table again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

from edge.store.verify import verify_file
from tests.bench.support_data import KEPT, ROOT
from tests.bench.support_run import Wrong, gate_toml, row

Row = dict[str, Any]
RATE, HOURS = 100.0, 24.0
OWNERS = 3_000
GOAL_MS = 100.0


def run(*, rate: float = RATE, hours: float = HOURS, share: float = 1.0) -> list[Row]:
    """The table's rows. `hours`: of simulated time; `share`: of the day's traffic."""
    folder = KEPT / "day"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        said = _process(folder, rate, hours, share)
        report = verify_file(folder / "gate" / "gate.sqlite")
        if not report.ok:
            raise Wrong(report.text())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    presses = sorted(ms for times in said["times"].values() for ms in times)
    p99 = presses[int(0.99 * (len(presses) - 1))]
    if said["why"] or said["refusals"]:
        print(f"  not as expected: {said['why']} {said['refusals']}")
    return [
        row(f"a day at {rate:.0f}×", said["seconds"], "s", hours * 3600 / rate),
        row("vehicles as expected", said["as_expected"], "", said["vehicles"]),
        row("arm on a vehicle", said["violations"], "", goal="0", met=said["violations"] == 0),
        row("visitors registered, admitted, let go", said["closed"], "", said["visits"], "all", said["closed"] == said["visits"]),
        row("requests done", said["satisfied"], "", said["requests"], "all", said["satisfied"] == said["requests"]),
        row("events, chain and tables verified", report.events, ""),
        row("a press on the tablet, p50", presses[len(presses) // 2], "ms"),
        row("a press on the tablet, p99", p99, "ms", goal=f"≤ {GOAL_MS:.0f}", met=p99 <= GOAL_MS),
    ]  # fmt: skip


def _process(folder: Any, rate: float, hours: float, share: float) -> dict[str, Any]:
    rows = "\n".join(f"0a{n:08x},业主,正常,P{n:06d},张伟{n:04d},先生,,11栋201,粤B{n:05d}" for n in range(OWNERS))
    (folder / "registry.csv").write_text(f"卡号,类别,状态,编号,姓名,称呼,主管,房号,车牌\n{rows}\n", encoding="utf-8")
    ports = {"entry": "sim://entry-reader", "exit": "sim://exit-reader"}
    text = gate_toml(folder / "gate", ports, "memory")
    text = text.replace('registry = "config/laptop-registry.csv"', f'registry = "{folder / "registry.csv"}"')
    (folder / "gate.toml").write_text(text, encoding="utf-8")
    words = [sys.executable, "-m", "tests.bench.support_day", folder / "gate.toml", rate, hours, share]
    done = subprocess.run(list(map(str, words)), cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise Wrong(f"the gate ended with {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    from tests.bench.__main__ import table

    given = [float(word) for word in sys.argv[1:]]
    print(table(run(**dict(zip(("rate", "hours", "share"), given, strict=False)))))
