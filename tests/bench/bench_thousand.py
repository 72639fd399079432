"""A thousand gates at one broker and one head office, each over TLS with a certificate of its own, each sending.

Real parts: the certificate authority and the broker's files as `python -m sync.headoffice broker` writes them, mosquitto, PostgreSQL, the
receiver. The gates are real MQTT clients, many on one thread (support_gates.py says why). First all connect at once, as after a power cut
of the broker, each in its turn of two processes; then each sends what has gathered (50 events); then each has one event every two seconds, as a busy lane
has, and what is measured is how long an event waits for «committed at head office», and what that costs whom.

The limit of the backlogs: the same number of events from **one** gate on the same broker, receiver and database, in the same run. Everything
shares the machine, and the gates' own handshakes and signatures are a good part of its work.

    python -m tests.bench.bench_thousand [GATES]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sync import certificates as c
from sync.headoffice.authority import Authority
from sync.headoffice.broker import BrokerFiles
from tests.bench.support_gates import Fleet, Gate
from tests.bench.support_usage import Usage
from tests.support_sync import SITE, Mosquitto, Postgres, free_port, start_process

GATES, PROCESSES, BACKLOG = 1000, 2, 50
EVERY_S, STEADY_S = 2.0, 20.0
PATIENCE_S = 300.0
WORKER = "tests.bench.bench_thousand"


def run(gates: int = GATES) -> list[dict[str, Any]]:
    """The rows of the table."""
    server = Postgres()
    try:
        with tempfile.TemporaryDirectory() as name:
            return _run(gates, Path(name), server)
    finally:
        server.kill()
        shutil.rmtree(server.folder, ignore_errors=True)


def _run(gates: int, folder: Path, server: Postgres) -> list[dict[str, Any]]:
    names = [f"g{n:04d}" for n in range(gates)]
    _certificates(folder, [*names, "alone"])
    port = free_port()
    conf = BrokerFiles(Authority(folder / "pki"), folder / "broker").set_up(("localhost",), port, free_port())
    broker = Mosquitto(folder, port=port, conf=conf)
    office = folder / "headoffice.toml"
    office.write_text(
        f'site = "{SITE}"\nbroker = "mqtts://localhost:{port}"\nauthority = "pki"\ndb = "{server.url}"\n'
        'trust = "first-contact"\nphotos = "off"\n'
    )
    process = start_process("sync.headoffice", "--config", office, "run", log=folder / "office.log")
    parts = {"broker": broker.pid, "receiver": process.pid, "database": server.pid}
    usage = Usage(parts, folder / "steady")
    try:
        alone = _work(folder, port, [["alone"]], backlog=gates * BACKLOG, steady=False)
        share = -(-gates // PROCESSES)
        with usage:
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
    all_in = sum(w["gates"] for w in many) == gates
    found = [
        row("events of one gate, acknowledged", limit, "events/s"),
        row(f"{gates} gates over TLS: all connected", connected - began, "s", goal="all", met=all_in),
        row("their backlogs, connecting included", rate, "events/s", limit=limit, ratio=rate / limit),
        row("an event until acknowledged, median", statistics.median(delays) * 1000, "ms"),
        row("an event until acknowledged, p99", delays[int(len(delays) * 0.99)] * 1000, "ms"),
        row("events sent meanwhile", len(delays), "", goal=f"≥ {gates}", met=len(delays) >= gates),
        row("sent again because nobody answered in 3 s", sum(w["stalls"] for w in many), ""),
        row("load of the machine at the end", os.getloadavg()[0], ""),
    ]
    for part in parts:
        found += [
            row(f"{part}: processor meanwhile, of one core", usage.share[part] * 100, "%"),
            row(f"{part}: memory at most", usage.memory_mb[part], "MB"),
        ]
    return found


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
            logs = [folder / f"worker-{number}.log", folder / "office.log", folder / "mosquitto.log"]
            raise RuntimeError("\n".join(f"{log.name}: …{log.read_text()[-2000:]}" for log in logs))
        found.append(json.loads(out.read_text()))
    return found


def work(folder: Path, port: int, names: list[str], backlog: int, steady: bool, out: Path) -> None:
    """The other process."""
    fleet = Fleet([Gate(name, folder, port, backlog) for name in names])
    gates = fleet.gates
    began = time.monotonic()
    fleet.connect()
    fleet.until(lambda gate: gate.online, PATIENCE_S)
    connected = time.monotonic()
    fleet.until(lambda gate: gate.drained, PATIENCE_S)
    drained = time.monotonic()
    (folder / "steady").touch()
    until, turn = drained + (STEADY_S if steady else 0), 0
    while (now := time.monotonic()) < until:
        due = drained + turn * EVERY_S / len(gates)
        if now >= due:
            gates[turn % len(gates)].event()
            turn += 1
        fleet.serve(min(due, until) - now)
    fleet.until(lambda gate: gate.drained, 60)
    said = {
        "began": began,
        "connected": connected,
        "drained": drained,
        "gates": len(gates),
        "delays": [d for g in gates for d in g.delays],
        "stalls": sum(g.stalls for g in gates),
    }
    out.write_text(json.dumps(said))


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        given = json.loads(sys.argv[2])
        work(
            Path(given["folder"]), given["port"], given["names"], given["backlog"], given["steady"], Path(given["out"])
        )
    else:
        from tests.bench.__main__ import table

        print(table(run(*map(int, sys.argv[1:]))))
