"""A thousand gates at one broker and one head office, each over TLS with a certificate of its own, each sending.

Real parts: the certificate authority and the broker's files as `python -m sync.headoffice broker` writes them, mosquitto, PostgreSQL, the
receiver; the gates are the product's own uplink and link (three threads each), 250 in a process, over journals in memory. First
all connect at once, as after a power cut of the broker; then each sends what has gathered (50 events); then each has one event every
two seconds, as a busy lane has, and what is measured is how long an event waits for «committed at head office».

The limit: the same 50,000 events from **one** gate on the same broker, receiver and database, in the same run. Everything shares the machine.

    python tests/bench/bench_thousand.py [GATES]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sync import certificates as c  # noqa: E402 - the root must be on the path first
from sync.headoffice.authority import Authority  # noqa: E402
from sync.headoffice.broker import BrokerFiles  # noqa: E402
from sync.mqtt import MqttLink, MqttOptions, Tls  # noqa: E402
from sync.protocol import Entry  # noqa: E402
from sync.status import UplinkStatus  # noqa: E402
from sync.uplink import Uplink, UplinkOptions  # noqa: E402
from tests.support_sync import SITE, ListSource, Mosquitto, entries, eventually, free_port, postgres, start_process  # noqa: E402

GATES, PROCESSES, BACKLOG = 1000, 4, 50
EVERY_S, STEADY_S = 2.0, 20.0
PATIENCE_S = 300.0
WORKER = "tests.bench.bench_thousand"


def run(gates: int = GATES) -> list[dict[str, Any]]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory() as name, postgres() as url:
        folder = Path(name)
        names = [f"g{n:04d}" for n in range(gates)]
        _certificates(folder, [*names, "alone"])
        port = free_port()
        conf = BrokerFiles(Authority(folder / "pki"), folder / "broker").set_up(("localhost",), port, free_port())
        broker = Mosquitto(folder, port=port, conf=conf)
        office = folder / "headoffice.toml"
        office.write_text(
            f'site = "{SITE}"\nbroker = "mqtts://localhost:{port}"\nauthority = "pki"\ndb = "{url}"\ntrust = "first-contact"\n'
        )
        process = start_process("sync.headoffice", "--config", office, "run", log=folder / "office.log")
        try:
            alone = _work(folder, port, [["alone"]], backlog=gates * BACKLOG, steady=False)
            share = -(-gates // PROCESSES)
            many = _work(folder, port, [names[at : at + share] for at in range(0, gates, share)], backlog=BACKLOG)
        finally:
            process.terminate()
            process.wait(15)
            broker.kill()
    events = gates * BACKLOG
    limit = events / (max(w["drained"] for w in alone) - min(w["connected"] for w in alone))
    began, connected = min(w["began"] for w in many), max(w["connected"] for w in many)
    rate = events / (max(w["drained"] for w in many) - began)
    delays = sorted(d for w in many for d in w["delays"])
    return [
        row("events of one gate, acknowledged", limit, "events/s"),
        row(
            f"{gates} gates over TLS: all connected",
            connected - began,
            "s",
            goal="all",
            met=sum(w["gates"] for w in many) == gates,
        ),
        row("their backlogs, connecting included", rate, "events/s", limit=limit, ratio=rate / limit),
        row("an event until acknowledged, median", statistics.median(delays) * 1000, "ms"),
        row("an event until acknowledged, p99", delays[int(len(delays) * 0.99)] * 1000, "ms"),
        row("events sent meanwhile", len(delays), "", goal=f"≥ {gates}", met=len(delays) >= gates),
    ]


def row(name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    """A row without a limit."""
    return {"name": name, "value": value, "unit": unit, "limit": None, "ratio": None, **more}


def _certificates(folder: Path, names: list[str]) -> None:
    authority = Authority(folder / "pki")
    authority.keep_own(SITE, folder / "pki" / f"headoffice-{SITE}.pem")
    for name in names:
        key = c.new_key()
        (folder / f"{name}.pem").write_bytes(authority.issue(SITE, name, c.request(key, name)) + c.key_pem(key))


def _work(
    folder: Path, port: int, shares: list[list[str]], *, backlog: int, steady: bool = True
) -> list[dict[str, Any]]:
    """One process for each share of the gates; what each has measured, on one clock."""
    started = []
    for number, names in enumerate(shares):
        out = folder / f"worker-{number}.json"
        out.unlink(missing_ok=True)
        args = json.dumps(
            {"folder": str(folder), "port": port, "names": names, "backlog": backlog, "steady": steady, "out": str(out)}
        )
        started.append((start_process(WORKER, "work", args, log=folder / f"worker-{number}.log"), out, number))
    found = []
    for process, out, number in started:
        if process.wait(PATIENCE_S) != 0:
            raise RuntimeError((folder / f"worker-{number}.log").read_text()[-2000:])
        found.append(json.loads(out.read_text()))
    return found


class Gate:
    """One simulated gate: its journal, its uplink, and when each of its events was acknowledged."""

    def __init__(self, name: str, folder: Path, port: int, backlog: int) -> None:
        self.source = ListSource(entries(backlog, gate=name), gate=name)
        tls = Tls(str(folder / "pki" / "ca.pem"), str(folder / f"{name}.pem"))
        link = MqttLink(MqttOptions("localhost", port, f"{SITE}-{name}", tls=tls, timeout_s=60.0, keepalive_s=60))
        self.uplink = Uplink(self.source, link, UplinkOptions(stall_s=20.0))
        self.connected, self.drained = threading.Event(), threading.Event()
        self.backlog, self.sent, self.delays = backlog, dict[int, float](), list[float]()
        self.uplink.on_status(self._told)

    def _told(self, status: UplinkStatus) -> None:
        now = time.monotonic()
        if status.connected:
            self.connected.set()
        if status.acked >= self.backlog:
            self.drained.set()
        for seq in [s for s in self.sent if s <= status.acked]:
            self.delays.append(now - self.sent.pop(seq))

    def event(self) -> None:
        """Something happens."""
        self.source.extend(1)
        last: Entry = self.source.made[-1]
        self.sent[last.seq] = time.monotonic()
        self.uplink.notify()


def work(folder: Path, port: int, names: list[str], backlog: int, steady: bool, out: Path) -> None:
    """The other process."""
    threading.stack_size(256 * 1024)
    gates = [Gate(name, folder, port, backlog) for name in names]
    began = time.monotonic()
    for gate in gates:
        gate.uplink.start()
    for gate in gates:
        if not gate.connected.wait(PATIENCE_S):
            raise TimeoutError(f"{gate.source.gate} is not connected: {gate.uplink.status()}")
    connected = time.monotonic()
    for gate in gates:
        if not gate.drained.wait(PATIENCE_S):
            raise TimeoutError(f"{gate.source.gate} is not drained: {gate.uplink.status()}")
    drained = time.monotonic()
    until, turn, pause = drained + (STEADY_S if steady else 0), 0, threading.Event()
    while time.monotonic() < until:
        gates[turn % len(gates)].event()
        turn += 1
        pause.wait(max(0.0, drained + turn * EVERY_S / len(gates) - time.monotonic()))
    eventually(lambda: not any(gate.sent for gate in gates), 60)
    said = {
        "began": began,
        "connected": connected,
        "drained": drained,
        "gates": len(gates),
        "delays": [d for g in gates for d in g.delays],
    }
    out.write_text(json.dumps(said))
    for gate in gates:
        gate.uplink.stop(timeout=0.1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        given = json.loads(sys.argv[2])
        work(
            Path(given["folder"]), given["port"], given["names"], given["backlog"], given["steady"], Path(given["out"])
        )
    else:
        from tests.bench.__main__ import table

        print(table(run(*map(int, sys.argv[1:]))))
