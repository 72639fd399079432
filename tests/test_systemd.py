"""What systemd hears of the gate and gives it, and relays that are opened after the gate is gone."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from drivers.base import Action
from drivers.gpio import GpioLane
from drivers.pins import InputOptions, LaneOptions, RelayOptions
from drivers.simulated import mock_pins
from edge import runtime, safe, systemd
from edge.errors import StoreError
from edge.hardware import lane_pins
from edge.load_settings import load
from edge.store.keys import JournalKey
from tests.support_gate import CONFIG, ROOT
from tests.support_store import opened
from tests.support_sync import free_port

EXAMPLE = CONFIG / "gate.example.toml"


def test_every_relay_is_opened_even_when_one_is_held_by_somebody() -> None:
    """Whatever a gate that was killed in the middle of a pulse left driven."""
    settings = load(EXAMPLE)
    pins = mock_pins(1.0)
    try:
        entry = lane_pins(settings.lane[0]).relays
        for table in settings.lane:
            for relay in lane_pins(table).relays.values():
                pins.factory.pin(relay.pin).function = "output"
                pins.factory.pin(relay.pin).state = relay.active_high  # closed, and nobody there
        stolen = entry[Action.CLOSE].pin
        holder = GpioLane(LaneOptions("other", {Action.OPEN: RelayOptions(stolen)}), pins, lambda _said: None)
        done = list(safe.release(settings, pins))
        holder.close()
    finally:
        pins.close()
    trouble = {each.pin: each.trouble for each in done}
    assert len(done) == 6
    assert trouble.pop(stolen)
    assert set(trouble.values()) == {""}


def test_an_active_low_relay_is_released_high() -> None:
    settings = load(EXAMPLE)
    barrier = settings.lane[0].barrier
    low = barrier.model_copy(update={"open": barrier.open.model_copy(update={"active": "low"})})
    settings = settings.model_copy(update={"lane": (settings.lane[0].model_copy(update={"barrier": low}),)})
    pins = mock_pins(1.0)
    levels: dict[int, bool] = {}
    seen = GpioLane.close

    def close(self: GpioLane) -> None:
        for relay in self.options.relays.values():
            levels[relay.pin] = bool(pins.factory.pin(relay.pin).state)
        seen(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GpioLane, "close", close)
        assert all(not each.trouble for each in safe.release(settings, pins))
    pins.close()
    assert levels[barrier.open.pin] is True
    assert levels[barrier.close.pin] is False


def test_safe_takes_no_inputs_and_ends_well_or_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    settings = load(EXAMPLE)
    assert safe.run(settings, lambda: mock_pins(1.0)) == 0
    assert capsys.readouterr().out.count("✓") == 6
    taken = mock_pins(1.0)
    options = LaneOptions("x", {}, {next(iter(lane_pins(settings.lane[0]).inputs)): InputOptions(17)})
    holder = GpioLane(options, taken, lambda _said: None)
    assert safe.run(settings, lambda: taken) == 1
    holder.close()
    assert "✗ entry.open GPIO 17" in capsys.readouterr().out


def test_the_watchdog_hears_of_a_writer_that_hangs(tmp_path: Path) -> None:
    async def ask() -> tuple[bool, bool, bool]:
        go = threading.Event()
        with opened(tmp_path / "gate.sqlite") as store:
            well = await runtime.answers(store, 5.0)
            stuck = asyncio.create_task(store.transact(lambda _tx: go.wait(20)))
            await asyncio.sleep(0)  # it is queued
            hung = await runtime.answers(store, 0.2)
            go.set()
            await stuck
            return well, hung, await runtime.answers(store, 5.0)

    assert asyncio.run(ask()) == (True, False, True)


def test_a_full_disk_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> bool:
        with opened(tmp_path / "gate.sqlite") as store:

            async def full(*_work: object, **_more: object) -> None:
                raise StoreError("full")

            monkeypatch.setattr(store, "transact", full)
            return await runtime.answers(store, 1.0)

    assert asyncio.run(ask())


def test_a_pin_does_not_go_into_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    assert runtime.not_into_the_journal("PIN 123456") == "PIN 123456"  # a terminal
    monkeypatch.setattr(systemd, "to_journal", lambda _stream: True)
    said = runtime.not_into_the_journal("PIN 123456")
    assert "123456" not in said
    path = Path(said.split()[-1])
    assert "123456" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o077 == 0


def test_each_line_has_its_priority() -> None:
    form = systemd.JournalFormatter("%(name)s: %(message)s")
    try:
        raise ValueError("no")
    except ValueError:
        trace = sys.exc_info()
    record = logging.LogRecord("edge.x", logging.ERROR, "", 0, "it failed", None, trace)
    lines = form.format(record).splitlines()
    assert lines[0] == "<3>edge.x: it failed"
    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines)
    assert form.format(logging.LogRecord("a", 25, "", 0, "b", None, None)) == "<6>a: b"


def test_a_stream_is_the_journals_only_when_systemd_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "log").open("w") as stream:
        at = (tmp_path / "log").stat()
        assert not systemd.to_journal(stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{at.st_dev}:{at.st_ino}")
        assert systemd.to_journal(stream)
        monkeypatch.setenv("JOURNAL_STREAM", "1:2")
        assert not systemd.to_journal(stream)


def test_keys_given_as_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    assert systemd.credential("journal-key") is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert systemd.credential("journal-key") is None
    own = JournalKey.load(tmp_path / "a")
    (given / "gate-edge.journal-key").write_bytes((tmp_path / "a" / "journal.key").read_bytes())
    again = JournalKey.load(tmp_path / "b", systemd.credential("journal-key"))
    assert again.public_key() == own.public_key()
    assert not (tmp_path / "b").exists()  # it is written nowhere
    assert systemd.resolved(tmp_path, Path("credential:journal-key")) == given / "gate-edge.journal-key"
    assert systemd.resolved(tmp_path, Path("credential:none")) == Path("/etc/credstore/gate-edge.none")
    assert systemd.resolved(tmp_path, Path("a/b")) == tmp_path / "a" / "b"


def test_head_offices_pages_say_that_they_are_ready_over_tls_and_log_no_password(tmp_path: Path) -> None:
    """As the unit starts them: [pages] tells where, an authority of their own, the first password in /run alone, one health for machines."""
    (tmp_path / "run").mkdir()
    config = tmp_path / "headoffice.toml"
    config.write_text('db = "h.sqlite"\n[pages]\nlisten = "127.0.0.1:0"\ntls = "own"\n', "utf-8")
    address = tmp_path / "notify"
    environ = os.environ | {"NOTIFY_SOCKET": str(address), "RUNTIME_DIRECTORY": str(tmp_path / "run")}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(address))
        listening.settimeout(60)
        process = subprocess.Popen(
            [sys.executable, "-m", "sync.headoffice", "--config", str(config), "serve"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            ready = listening.recv(4096).decode()
            assert ready.startswith("READY=1\nSTATUS=https://127.0.0.1:")
            assert listening.recv(4096) == b"WATCHDOG=1"
            url = ready.partition("STATUS=")[2] + "/api/v1"
            assert process.stdout
            said = process.stdout.readline()
            name, password = (tmp_path / "run" / "sign-in").read_text("utf-8").split()
            assert password not in said
            assert "run/sign-in" in said
            trust = ssl.create_default_context(cafile=str(tmp_path / "pages-tls" / "ca.crt"))
            with httpx.Client(verify=trust, headers={"Idempotency-Key": "0123456789"}) as client:
                health = client.get(f"{url}/health")
                assert (health.status_code, health.json()["ready"], health.json()["index_problem"]) == (200, True, "")
                assert client.get(f"{url}/ca.crt").content == (tmp_path / "pages-tls" / "ca.crt").read_bytes()
                answer = client.post(f"{url}/session", json={"name": name, "password": password})
                assert (answer.status_code, "Secure" in answer.headers["set-cookie"]) == (200, True)
            process.terminate()
            while (said_last := listening.recv(4096)) != b"STOPPING=1":
                assert said_last == b"WATCHDOG=1"
            assert process.wait(20) in (0, -15)
        finally:
            process.kill()
            process.communicate()


def test_head_office_says_that_it_is_ready_and_that_it_stops(tmp_path: Path) -> None:
    """Also with no broker there: it will be there later."""
    address = tmp_path / "notify"
    log = (tmp_path / "log").open("w+")
    at = os.fstat(log.fileno())
    environ = os.environ | {"NOTIFY_SOCKET": str(address), "JOURNAL_STREAM": f"{at.st_dev}:{at.st_ino}"}
    command = [sys.executable, "-m", "sync.headoffice", "--db", str(tmp_path / "h.sqlite")]
    command += ["--broker", f"mqtt://127.0.0.1:{free_port()}"]
    with log, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(address))
        listening.settimeout(30)
        process = subprocess.Popen([*command, "run"], cwd=ROOT, env=environ, stderr=log)
        try:
            assert listening.recv(4096).startswith(b"READY=1\nSTATUS=")
            process.terminate()
            said = b""
            while said != b"STOPPING=1":
                said = listening.recv(4096)
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        lines = log.read().splitlines()
    assert lines
    assert all(re.match(r"<[2-7]>", line) for line in lines), lines
