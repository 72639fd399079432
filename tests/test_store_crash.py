"""What was said to be committed is there, whatever happens to the process (rule 1 of the house: journal, then act)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.domain import events as ev
from edge.store import verify
from tests.support_store import opened, put

_LOOP = """
import sys
from pathlib import Path
from concurrent.futures import wait
from edge.clock import Stamp
from edge.domain import events as ev
from edge.store.db import Store
store = Store.open(Path(sys.argv[1]), gate="main", site="z", ballast=0)
n = 0
while True:
    some = []
    for _ in range(3):
        n += 1
        event = ev.AccessDecided("in1", "in", "r", f"c{n}", f"P{n % 50}", "owner", "refused", "ok", holder="holder of a card")
        some.append(store._writer.submit(lambda tx, e=event: tx.append(e, actor="t", stamp=Stamp(n, "b", n, "ntp"))))
    for one in some:
        print(one.result(), flush=True)
"""


@pytest.mark.parametrize("after", [1, 40, 200])
def test_kill_9_loses_nothing_that_was_said_to_be_committed(tmp_path: Path, after: int) -> None:
    path = tmp_path / "g.db"
    printed: list[int] = []
    for _round in range(2):
        with subprocess.Popen([sys.executable, "-c", _LOOP, str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                printed.append(int(line))
                if len(printed) % after == 0:
                    break
            process.kill()
            printed += [int(line) for line in process.stdout if line.endswith("\n")]
            process.wait(10)
        report = verify.verify_file(path)
        assert report.ok, report.text()
        assert report.head >= printed[-1]
    assert printed == sorted(set(printed))
    with opened(path) as store:
        (seq,) = put(store, ev.VehicleWaiting("in1"))
        assert seq == report.head + 1
        assert verify.rebuild(store).changed == ()
