"""Certificates for real: head office's commands, a real mosquitto on the files that they write, gates that come, renew and are thrown out."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from edge.domain.events import PictureTaken
from edge.enrolled import RENEW_DAYS, Enrolled
from sync import certificates as c
from sync.enrolment import Offer, Request, code, same_code
from sync.fields import ProtocolError
from sync.headoffice.__main__ import main
from sync.headoffice.authority import Authority
from sync.headoffice.broker import access_list
from tests.support_gate import config_file, whole, without_cameras
from tests.support_sync import MOSQUITTO, ROOT, eventually, free_port, signer, start_process

SITE = "zhenyuan"
CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\b")


def test_a_code_is_typed_as_people_type_and_stands_for_every_byte() -> None:
    shown = code("gate", b"what it stands for")
    assert CODE.fullmatch(shown)
    assert same_code(shown.lower().replace("-", " "), shown)
    assert same_code(shown.replace("0", "o").replace("1", "l"), shown)
    assert not same_code(shown[:-1] + ("0" if shown[-1] != "0" else "1"), shown)
    assert shown != code("headoffice", b"what it stands for")
    assert shown != code("gate", b"what it stands foR")


def test_a_request_that_somebody_has_touched_is_none() -> None:
    key, journal = c.new_key(), signer("journal")
    csr, public = c.request(key, "main").decode(), journal.public_key().public_bytes_raw()
    real = Request(SITE, "main", csr, public, journal.sign(Request.signed(SITE, "main", csr, public)))
    assert Request.from_bytes(real.to_bytes()) == real
    other = c.request(c.new_key(), "main").decode()
    for wrong in (
        Request(SITE, "main", other, public, real.signature),
        Request(SITE, "east", csr, public, real.signature),
        Request(SITE, "main", "-----BEGIN CERTIFICATE REQUEST-----", public, real.signature),
    ):
        with pytest.raises(ProtocolError):
            Request.from_bytes(wrong.to_bytes())
    for junk in (b"", b"{}", b"\xff" * 40, real.to_bytes()[:-5], real.to_bytes() + b" " * 20_000):
        with pytest.raises(ProtocolError):
            Request.from_bytes(junk)
        with pytest.raises(ProtocolError):
            Offer.from_bytes(junk)


def test_the_authority_gives_our_names_and_forgets_no_revocation(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    key = c.new_key()
    asked = c.request(key, "whatever it calls itself")
    made = authority.issue(SITE, "main", asked)
    assert c.common_name(c.load(made).subject) == "zhenyuan:main"
    assert authority.issue(SITE, "main", asked) == made, "the same question has the same answer"
    assert (tmp_path / "pki" / "ca.key").stat().st_mode & 0o077 == 0
    for site, gate in (("a:b", "c"), ("a", "b:c"), ("a", "+"), ("a", "b/c")):
        with pytest.raises(ValueError, match="certificate"):
            authority.issue(site, gate, asked)
    assert authority.good() == [(SITE, "main")]
    assert authority.revoke(SITE, "main", "stolen") == 1
    again = Authority(tmp_path / "pki")  # another process
    assert again.good() == []
    assert [i.revoked for i in again.issued()] == ["stolen"]
    assert b"BEGIN X509 CRL" in again.crl()
    assert again.issue(SITE, "main", asked) != made, "what is revoked does not come back"
    (tmp_path / "pki" / "revoked.json").write_text("{")
    with pytest.raises(Exception, match="damaged"):
        again.crl()


def test_the_access_list_has_no_patterns_and_keeps_gates_apart() -> None:
    text = access_list([(SITE, "east"), (SITE, "headoffice"), (SITE, "main")])
    assert "pattern" not in text
    east = text.split("user zhenyuan:east\n")[1].split("\n\n")[0]
    assert "/main/" not in east
    assert "topic write gate/v1/zhenyuan/east/events" in east
    assert "write gate/v1/zhenyuan/headoffice" not in east
    assert text.count("user zhenyuan:headoffice") == 1


# ---- with a real broker


@dataclass
class Broker:
    """mosquitto on the files that `python -m sync.headoffice broker` has written."""

    folder: Path
    port: int
    enrol_port: int
    config: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.port}"

    def client(self, pem: str, name: str = "probe") -> Client:
        """Somebody with this certificate ("": none)."""
        client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5)
        client.tls_set(str(self.folder / "pki" / "ca.pem"), pem or None, pem or None)
        return client


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    if MOSQUITTO is None:
        pytest.skip("no mosquitto on this machine: apt-get install mosquitto")
    port, enrol_port, files = free_port(), free_port(), tmp_path / "broker"
    pid = tmp_path / "mosquitto.pid"
    config = tmp_path / "headoffice.toml"
    config.write_text(
        f"""site = "{SITE}"\nbroker = "mqtts://localhost:{port}"\ndb = "office.sqlite"\ntrust = "enrolled"
authority = "pki"\nbroker_files = "broker"\nbroker_reload = "pkill -HUP -F {pid}"\n"""
    )
    pid.write_text("")
    ports = ["--port", str(port), "--enrol-port", str(enrol_port)]
    main(["--config", str(config), "broker", "localhost", "127.0.0.1", *ports])
    conf = files / "gate-edge.conf"
    conf.write_text(f"user root\npid_file {pid}\nlog_dest stderr\nlog_type all\n" + conf.read_text())
    with (tmp_path / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([str(MOSQUITTO), "-c", str(conf)], stderr=log)
    eventually(lambda: pid.read_text().strip() == str(process.pid))
    yield Broker(tmp_path, port, enrol_port, config, process)
    process.kill()
    process.wait()


@contextmanager
def talk(*args: str | Path) -> Iterator[tuple[IO[str], IO[str], subprocess.Popen[str]]]:
    """A command with somebody at its keyboard."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", *map(str, args)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdin, process.stdout, process
        finally:
            process.kill()


def _code(said: IO[str]) -> str:
    for line in said:
        if found := CODE.search(line):
            return found[0]
    raise AssertionError("no code was shown")


def _enrol(broker: Broker, gate_file: Path) -> None:
    """Two people with two codes, one of whom mistypes at first."""
    office = ("sync.headoffice", "--config", broker.config, "enrol", "main")
    gate = ("edge", "enrol", f"mqtts://localhost:{broker.enrol_port}", "--config", gate_file)
    with talk(*office) as (tell_office, office_says, at_office), talk(*gate) as (tell_gate, gate_says, at_gate):
        offices, gates = _code(office_says), _code(gate_says)
        tell_office.write(f"{offices}\n{gates.lower()}\n")
        tell_office.flush()
        tell_gate.write(f"{offices}\n")
        tell_gate.flush()
        assert at_gate.wait(30) == 0, gate_says.read()
        assert at_office.wait(30) == 0, office_says.read()
        assert "is enrolled" in office_says.read()
        assert broker.url in gate_says.read()


def _tries(client: Client, broker: Broker, *topics: str) -> dict[str, str]:
    """What the broker answers to somebody who publishes there, and who subscribes: `{topic: reason}`; `{"": reason}` when it does not let them in."""
    ended, answers = threading.Event(), dict[str, str]()

    def up(_client: Any, _user: Any, _flags: Any, reason: Any, _props: Any) -> None:
        if reason.is_failure:
            answers[""] = str(reason)
            ended.set()
            return
        for topic in topics:
            tokens[client.publish(topic, b"{}", 1).mid] = topic
            client.subscribe(topic, 1)

    def published(_client: Any, _user: Any, mid: int, reason: Any, _props: Any) -> None:
        answers[tokens[mid]] = str(reason)
        if len(answers) == len(topics):
            ended.set()

    def down(_client: Any, _user: Any, _flags: Any, reason: Any, _props: Any) -> None:
        answers.setdefault("", str(reason))
        ended.set()

    tokens: dict[int, str] = {}
    client.on_connect, client.on_publish, client.on_disconnect = up, published, down
    try:
        client.connect("localhost", broker.port)
        client.loop_start()
        assert ended.wait(15)
    except OSError as e:
        answers[""] = str(e)
    finally:
        client.on_disconnect = None
        client.disconnect()
        client.loop_stop()
    return answers


async def _lives(broker: Broker, data: Path, tmp_path: Path) -> None:
    """A gate whose certificate has a month left gets a new one by itself, and then is revoked and thrown out."""

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["sync"] = {"link": "mqtt", "url": broker.url}

    enrolled = Enrolled(data, SITE, "main")
    short = Authority(tmp_path / "pki").issue(SITE, "main", c.request(_renew_with(enrolled), "main"), days=30)
    enrolled.install(short)
    before = enrolled.client.read_bytes()
    async with whole(data, change) as gate:
        told = await gate.until(lambda: [e for e in gate.journal() if e.kind == "headoffice.instructed"])
        assert [(e.act, e.result) for e in told] == [("certificate.install", "done")]
        after = enrolled.client.read_bytes()
        left = enrolled.left()
        assert after != before
        assert left is not None
        assert left > timedelta(days=RENEW_DAYS)
        assert c.same_key(c.load(after), c.load_key(after))
        assert enrolled.renewal() == ""
        await gate.until(lambda: gate.house.outside.headquarters.status()["unsent"] == 0)
        picture = await asyncio.to_thread(gate.house.photos.put, b"\xff\xd8 over the second connection")
        await gate.gate.record((PictureTaken("entry", "card", picture, 30),))
        await gate.until(lambda: gate.house.outside.headquarters.status()["photos"]["sent"] == 1)
        assert main(["--config", str(broker.config), "revoke", "main", "--why", "stolen"]) == 0
        await gate.until(lambda: not gate.house.outside.headquarters.status()["connected"])
        await gate.until(lambda: gate.house.outside.headquarters.status()["problem"] not in ("", "lost", "taken-over"))
        assert not gate.house.outside.headquarters.status()["connected"]
        await gate.until(lambda: not gate.house.outside.headquarters.status()["photos"]["online"])


def _renew_with(enrolled: Enrolled) -> Any:
    return enrolled._next_key()  # the key that the gate would ask with


def test_from_the_first_code_to_the_last_connection(
    broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate_file = config_file(tmp_path, free_port())
    _enrol(broker, gate_file)
    data = tmp_path / "gate"
    pem = str(data / "mqtt" / "client.pem")
    assert Path(pem).stat().st_mode & 0o077 == 0
    assert not any(b"PRIVATE" in path.read_bytes() for path in (tmp_path / "pki" / "issued").glob("*"))
    at, other = f"gate/v1/{SITE}/main", f"gate/v1/{SITE}/east"
    wanted = [f"{at}/events", f"{at}/ack", f"{other}/events", f"{other}/state", f"gate/v1/{SITE}/headoffice/state", "x"]
    wanted += [f"{at}/photo/ab", f"{at}/photo-ack", f"{other}/photo/ab", f"gate/v1/{SITE}/headoffice/photos"]
    answers = _tries(broker.client(pem), broker, *wanted)
    for own in (f"{at}/events", f"{at}/photo/ab"):
        assert answers.pop(own) in ("Success", "No matching subscribers")
    assert set(answers.values()) == {"Not authorized"}, answers
    assert "" in _tries(broker.client(""), broker, "x"), "nobody without a certificate"
    stranger = tmp_path / "stranger.pem"
    key = c.new_key()
    stranger.write_bytes(Authority(tmp_path / "other-pki").issue(SITE, "main", c.request(key, "m")) + c.key_pem(key))
    assert "" in _tries(broker.client(str(stranger)), broker, "x"), "nobody of another authority"
    office = start_process("sync.headoffice", "--config", broker.config, "run", log=tmp_path / "office.log")
    try:
        asyncio.run(_lives(broker, data, tmp_path))
    finally:
        office.send_signal(signal.SIGTERM)
        assert office.wait(15) == 0, (tmp_path / "office.log").read_text()
    assert "" in _tries(broker.client(pem), broker, f"{at}/events"), "a revoked one stays out"
    capsys.readouterr()
    assert main(["--config", str(broker.config), "certificates"]) == 0
    said = capsys.readouterr().out
    assert said.count("revoked: stolen") == 3
    assert f"{SITE}/headoffice" in said
