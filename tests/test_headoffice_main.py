"""`python -m sync.headoffice` as its users meet it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from sync.headoffice.__main__ import main
from sync.headoffice.config import Config, ConfigError
from sync.headoffice.intake import ChainId, Mark
from sync.headoffice.store import Chunk
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.store_sqlite import SqliteStore
from sync.protocol import ZERO, Checkpoint
from sync.uplink import Uplink
from tests.support_sync import (
    EPOCH,
    FAST,
    GATE,
    SITE,
    ListSource,
    Mosquitto,
    entries,
    eventually,
    free_port,
    rows_of,
    signer,
    start_process,
)

WHERE = ChainId(SITE, GATE, EPOCH)
KEY = signer().public_key().public_bytes_raw()


@pytest.fixture
def filled(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path / "h.sqlite")
    rows = rows_of(entries(12))
    store.enrol(SITE, GATE, KEY, "enrolled", 1)
    signature = signer().sign(Checkpoint(*WHERE, 12, rows[-1].hash).message())
    store.apply([Chunk(WHERE, Mark(0, ZERO), rows, signature)], 1_700_000_000_000)
    store.close()
    return store


def test_status(filled: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", str(filled.path), "status"]) == 0
    assert f"{SITE}/{GATE} {EPOCH}: nothing missing up to 12, 2023-11-14 22:13:20Z" in capsys.readouterr().out
    filled.alarm(WHERE, "fork", "event 3 has two histories", 1)
    filled.close()
    assert main(["status", "--db", str(filled.path)]) == 1
    assert "ALARM s1/main e1: fork: event 3 has two histories (1 times" in capsys.readouterr().out


def test_status_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", str(tmp_path / "new.sqlite"), "status"]) == 0
    assert "nothing has arrived yet" in capsys.readouterr().out


def test_verify(filled: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", GATE, "--db", str(filled.path)]) == 0
    assert "12 events, 4 personal: whole and unaltered" in capsys.readouterr().out
    filled.enrol(SITE, GATE, bytes(32), "enrolled", 2, replace=True)
    filled.close()
    assert main(["verify", GATE, "--db", str(filled.path)]) == 1
    assert "WRONG: the gate's signature" in capsys.readouterr().out
    assert main(["verify", "side", "--db", str(filled.path)]) == 1
    assert "nothing is here of a gate 'side'" in capsys.readouterr().err


def test_enrol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = ["--db", str(tmp_path / "h.sqlite")]
    other = signer("other").public_key().public_bytes_raw()
    for key, said in ((KEY, "enrolled\n"), (KEY, "already enrolled"), (other, "in place of " + KEY.hex())):
        assert main([*db, "enrol", "elsewhere", GATE, key.hex()]) == 0
        assert said in capsys.readouterr().out
    store = SqliteStore(tmp_path / "h.sqlite")
    assert store.key_of("elsewhere", GATE) == other
    store.close()
    assert main([*db, "enrol", SITE, GATE, "abc"]) == 2
    assert "64 hexadecimal digits" in capsys.readouterr().err


def test_a_database_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", f"postgresql://127.0.0.1:{free_port()}/x", "status"]) == 1
    said = capsys.readouterr().err
    assert "refused" in said
    assert "is the server running" in said


def test_config_file(tmp_path: Path) -> None:
    path = tmp_path / "h.toml"
    path.write_text('site = "臻园"\ndb = "h.sqlite"\nbroker = "mqtts://broker.example"\nca = "ca.pem"\n')
    config = Config.load(path, site=None, broker=None)
    assert config.site == "臻园"
    assert config.db == str(tmp_path / "h.sqlite")
    options = config.mqtt()
    assert options.tls is not None
    assert (options.port, options.tls.ca) == (8883, str(tmp_path / "ca.pem"))
    assert isinstance(config.open_store(), SqliteStore)
    assert Config.load(path, site="other").site == "other"
    assert isinstance(Config.load(None, db="postgresql://x/y").open_store(), PostgresStore)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('brocker = "x"', "unknown key 'brocker'; is 'broker' meant?"),
        ('broker = "http://x"', "broker"),
        ('site = "a/b"', "site"),
        ('trust = "everybody"', "trust"),
        ("site = 5", "site is not a text"),
        ("site", "h.toml"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "h.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"h\.toml|broker|site|trust"):
        Config.load(path)
    assert main(["--config", str(path)]) == 2
    assert said in capsys.readouterr().err
    assert main(["--config", str(tmp_path / "none.toml")]) == 2


def test_who_is_trusted() -> None:
    assert Config().trust_first_contact
    assert not Config(db="postgresql://x/y").trust_first_contact
    assert not Config(broker="mqtts://broker.example").trust_first_contact
    assert Config(db="postgresql://x/y", trust="first-contact").trust_first_contact
    assert not Config(trust="enrolled").trust_first_contact


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_waits_for_its_broker_receives_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    log, port = tmp_path / "log", free_port()
    args = ("--site", SITE, "--db", tmp_path / "h.sqlite", "--broker", f"mqtt://127.0.0.1:{port}")
    process = start_process("sync.headoffice", *args, log=log)
    try:
        eventually(lambda: "no connection to the broker: unreachable" in log.read_text(), 60)
        broker = Mosquitto(tmp_path, port=port)
        source = ListSource(entries(150))
        uplink = Uplink(source, broker.link("gate"), FAST)
        uplink.start()
        eventually(lambda: uplink.status().acked == 150, 60)
        process.send_signal(number)
        assert process.wait(30) == 0
        eventually(lambda: not uplink.status().headoffice_online, 30)
        uplink.stop()
        broker.kill()
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert "Traceback" not in said
    assert said.count("no connection to the broker") == 1, f"said once:\n{said}"
    assert "is heard for the first time" in said
    store = SqliteStore(tmp_path / "h.sqlite")
    assert store.mark(WHERE).seq == 150
    store.close()


def test_run_says_what_is_wrong_with_its_database(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = tmp_path / "log"
    process = start_process(
        "sync.headoffice",
        "--db",
        tmp_path / "file" / "h.sqlite",
        "--broker",
        f"mqtt://127.0.0.1:{free_port()}",
        log=log,
    )
    try:
        eventually(lambda: "the database does not answer" in log.read_text(), 20)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    assert "is the folder writable" in log.read_text()
