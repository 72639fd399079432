"""The real processes: a gate over MQTT to a head office, with kill -9 of gate, broker and receiver in turn while cars drive.

Afterwards head office's table is the gate's journal, event by event: nothing lost, nothing doubled, the chain whole at both ends,
and no pass is there twice.
"""

from __future__ import annotations

import itertools
import json
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from edge.errors import GateError
from edge.settings import Settings
from edge.simulate import TOKEN, local_call
from edge.store import verify
from edge.wiring import read_settings
from tests.support_gate import ROOT, chain_rows, config_file, events_of, headoffice_rows
from tests.support_sync import Mosquitto, eventually, free_port, postgres, start_process

SITE = "zhenyuan"
Rows = list[tuple[int, bytes, bytes]]


class Programs:
    """Gate, broker and head office, each a process of its own that may be killed and started again."""

    def __init__(self, folder: Path, db: str, change: dict[str, str] | None = None) -> None:
        self.folder, self.db = folder, db
        self.broker = Mosquitto(folder)
        change = {'link = "memory"': f'link = "mqtt"\nurl = "{self.broker.url}"', **(change or {})}
        self.config = config_file(folder, free_port(), change)
        self.settings: Settings = read_settings(self.config)
        self.data = folder / "gate"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        if name == "broker":
            self.broker.start()
            return
        args = {
            "gate": ("edge", "run", self.config),
            "headoffice": (
                *("sync.headoffice", "run", "--site", SITE, "--db", self.db),
                *("--broker", self.broker.url, "--trust", "first-contact"),
            ),
        }
        if name == "gate":
            (self.data / TOKEN).unlink(missing_ok=True)
        self._running[name] = start_process(*args[name], log=self.folder / f"{name}.log")
        if name == "gate":
            eventually(self._answers, 30)

    def kill(self, name: str) -> None:
        """kill -9."""
        if name == "broker":
            self.broker.kill()
        else:
            process = self._running.pop(name)
            process.kill()
            process.wait()

    def end(self, name: str) -> None:
        """SIGTERM; it ends in order."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, (self.folder / f"{name}.log").read_text("utf-8")[-3_000:]

    def close(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self.broker.kill()

    def ask(self, method: str, path: str, said: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        return local_call(self.settings, method, path, json.dumps(said).encode() if said else None, **headers)

    def _answers(self) -> bool:
        assert self._running["gate"].poll() is None, (self.folder / "gate.log").read_text("utf-8")[-3_000:]
        try:
            return bool(self.ask("GET", "/api/v1/state")["lanes"])
        except GateError:
            return False


class Traffic:
    """Cars in both lanes, and presses that come too late (one event each), until the block ends; a gate that is down is no news."""

    def __init__(self, programs: Programs) -> None:
        self._programs, self._over = programs, threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic")
        self.sent = 0

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for number in itertools.count():
            if self._over.wait(0.02):
                return
            if number % 50 == 0:
                lane = ("entry", "exit")[number // 50 % 2]
                self._do("/api/v1/simulate", {"name": "owner", "lane": lane})
            self._do("/api/v1/lanes/entry/command", {"action": "stop", "reason": "late", "tick": 0})

    def _do(self, path: str, said: dict[str, Any]) -> None:
        try:
            self._programs.ask("POST", path, said)
        except GateError as e:
            self.sent += e.code == "late"


@contextmanager
def running(folder: Path, db: str, change: dict[str, str] | None = None) -> Iterator[Programs]:
    with ExitStack() as stack:
        programs = Programs(folder, db, change)
        stack.callback(programs.close)
        programs.start("headoffice")
        programs.start("gate")
        yield programs


def same_everywhere(programs: Programs, headoffice: Callable[[], Rows]) -> Rows:
    """Wait until head office has all, then compare both ends; returns the journal."""
    eventually(lambda: programs.ask("GET", "/api/v1/state")["sync"]["unsent"] == 0, 30)
    programs.end("gate")
    journal = chain_rows(programs.data)
    eventually(lambda: len(headoffice()) >= len(journal), 10)
    assert headoffice() == journal
    assert [seq for seq, _, _ in journal] == list(range(1, len(journal) + 1))
    report = verify.verify_file(programs.data / "gate.sqlite")
    assert report.ok, report.text()
    return journal


def test_kill_9_of_each_in_turn_loses_and_doubles_nothing(tmp_path: Path) -> None:
    db = tmp_path / "headoffice.sqlite"
    with running(tmp_path, str(db)) as programs:
        with Traffic(programs) as traffic:
            for name in ("gate", "broker", "headoffice"):
                head = len(chain_rows(programs.data))
                eventually(lambda head=head: len(chain_rows(programs.data)) > head + 15, 15)
                programs.kill(name)
                programs.start(name)
            eventually(lambda: any(e.kind == "vehicle.crossed" for e in events_of(programs.data)), 30)
        journal = same_everywhere(programs, lambda: headoffice_rows(db))
        programs.end("headoffice")
        audit = [sys.executable, "-m", "sync.headoffice", "--site", SITE, "--db", str(db), "verify", "main"]
        status = subprocess.run(audit, capture_output=True, text=True, check=False, cwd=ROOT)
    assert status.returncode == 0, status.stdout + status.stderr
    assert f"{len(journal)} events" in status.stdout
    events = events_of(programs.data)
    starts = [e for e in events if e.kind == "gate.started"]
    assert [e.previous for e in starts] == ["first", "crash"]
    assert events[-1].kind == "gate.stopped"
    late = [e for e in events if e.kind == "command.refused"]
    assert len(late) >= traffic.sent >= 50, "each press that was answered is on record"
    crossed = [e.pass_seq for e in events if e.kind == "vehicle.crossed"]
    assert len(set(crossed)) == len(crossed), "no pass is used twice"


def test_the_same_table_in_postgresql_and_the_gate_says_when_it_is_cut_off(tmp_path: Path) -> None:
    """One kill of the receiver is enough here: the rest is the same program."""
    with postgres() as url, running(tmp_path, url) as programs:

        def rows() -> Rows:
            with closing(psycopg.connect(url)) as con:
                found = con.execute("SELECT seq, data, hash FROM events WHERE gate = 'main' ORDER BY seq").fetchall()
                return [(seq, bytes(data), bytes(hash_)) for seq, data, hash_ in found]

        def sync() -> dict[str, Any]:
            said: dict[str, Any] = programs.ask("GET", "/api/v1/state")["sync"]
            return said

        with Traffic(programs) as traffic:
            eventually(lambda: sync()["headoffice_online"] and sync()["acked"] > 20, 30)
            programs.kill("headoffice")
            eventually(lambda: not sync()["headoffice_online"] and sync()["unsent"] > 0, 30)
            before = traffic.sent
            eventually(lambda: traffic.sent > before + 20, 30)
            programs.start("headoffice")
            eventually(lambda: sync()["headoffice_online"], 30)
        assert len(same_everywhere(programs, rows)) > 40
