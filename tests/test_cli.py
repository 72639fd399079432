"""`python -m edge …`: what each command says and returns. Whatever goes wrong is said in words, with what to do next."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.settings import Settings
from edge.wiring import read_settings
from tests.support_gate import CONFIG, chain_rows, config_file, events_of, whole, without_cameras
from tests.support_process import ready, start
from tests.support_sync import eventually, free_port

GOOD = """卡号,类别,姓名,车牌
0A003F8A11,业主,郑伟,粤BT1590
0A003F8A22,业主,肖明,粤BC3186
"""
BAD = """卡号,类别,姓名,车牌
0A003F8A11,业主,郑伟,粤BT1590
nonsense,业主,肖明,粤BC3186
0A003F8A33,大象,刘霞,粤BU9603
"""
Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a gate at which an owner came in; without its last words at head office."""
    folder = tmp_path_factory.mktemp("morning") / "gate"

    async def run() -> None:
        async with whole(folder, without_cameras, rate=40.0) as gate:
            await gate.sign_in()
            (told,) = await gate.steps({"who": "owner"})
            assert told.outcome == "crossed"

    asyncio.run(run())
    return folder


@pytest.fixture
def config(morning: Path, tmp_path: Path) -> Path:
    """A configuration whose data are a copy of that."""
    shutil.copytree(morning, tmp_path / "gate")
    return config_file(tmp_path, 0)


def data_of(config: Path) -> Path:
    return config.parent / "gate"


# ---- check -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["laptop.toml", "gate.example.toml"])
def test_check_of_the_files_that_we_ship(name: str, capsys: Said) -> None:
    assert main(["check", str(CONFIG / name)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("✓")
    assert ("not for a real gate" in out) == (name == "laptop.toml")


def test_check_says_everything_at_once(tmp_path: Path, capsys: Said) -> None:
    path = config_file(tmp_path, 0, {'name = "入口"': 'nmae = "入口"', "open = { pin = 23 }": "open = { pin = 17 }"})
    assert main(["check", str(path)]) == 1
    err = capsys.readouterr().err
    assert "«nmae»" in err
    assert "did you mean «name»" in err
    assert re.search(r"pin 17 is used twice: lane\[0\].* and lane\[1\]", err)
    assert "→" in err


def test_a_file_that_is_not_there(capsys: Said) -> None:
    assert main(["check", "no/such/file.toml"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("✗")
    assert "→" in err


def test_bad_usage_is_2(capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2
    assert "fly" in capsys.readouterr().err


# ---- export ------------------------------------------------------------------------------------------------------


def test_export_of_events_as_csv(config: Path, capsys: Said) -> None:
    path = config.parent / "out.csv"
    assert main(["export", "--config", str(config), "-o", str(path)]) == 0
    rows = chain_rows(data_of(config))
    assert f"✓ {len(rows)}" in capsys.readouterr().err
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "or Excel shows no Chinese"
    table = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [int(row["seq"]) for row in table] == [seq for seq, _, _ in rows]
    assert [bytes.fromhex(row["hash"]) for row in table] == [hash_ for _, _, hash_ in rows]
    decided = next(row for row in table if row["kind"] == "access.decided")
    assert json.loads(decided["body"])["plate_bound"] == "粤BT1590"
    assert json.loads(decided["personal"])["holder"] == "郑伟"


def test_export_of_passes_as_csv_and_as_lines(config: Path, capsys: Said) -> None:
    assert main(["export", "passes", "--config", str(config)]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out.removeprefix("\ufeff"), newline=""))
    assert (row["holder"], row["plate"], row["outcome"]) == ("郑伟", "粤BT1590", "crossed")
    assert main(["export", "passes", "--format", "jsonl", "--config", str(config)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["card"] == "0a003f8a11"


def test_export_of_a_range(config: Path, capsys: Said) -> None:
    """Both ends in the gate's own time: the begin is in it, the end is not."""
    events = events_of(data_of(config))

    def exported(*args: str) -> list[int]:
        assert main(["export", "--format", "jsonl", "--config", str(config), *args]) == 0
        return [json.loads(json.loads(line)["data"])["seq"] for line in capsys.readouterr().out.splitlines()]

    def local(ms: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000 + 8 * 3600)) + f".{ms % 1000:03d}"

    begin, end = events[3].at_ms, events[-1].at_ms
    assert exported("--from", local(begin), "--to", local(end)) == [e.seq for e in events if begin <= e.at_ms < end]
    assert exported("--to", "2020-01-01") == []
    assert exported("--from", "2020-01-01") == [e.seq for e in events]
    assert main(["export", "--config", str(config), "--from", "yesterday"]) == 1
    assert "yesterday" in capsys.readouterr().err


def test_export_without_a_database(tmp_path: Path, capsys: Said) -> None:
    assert main(["export", "--config", str(config_file(tmp_path, 0))]) == 1
    err = capsys.readouterr().err
    assert err.startswith("✗")
    assert "→" in err


# ---- verify and rebuild ------------------------------------------------------------------------------------------


def test_verify_and_rebuild(config: Path, capsys: Said) -> None:
    assert main(["verify", "--config", str(config)]) == 0
    assert capsys.readouterr().out.startswith("✓")
    assert main(["rebuild", "--config", str(config)]) == 0
    assert "the same bytes as before" in capsys.readouterr().out
    with closing(sqlite3.connect(data_of(config) / "gate.sqlite")) as con, con:
        con.execute("UPDATE passes SET plate = '粤B00000'")
    assert main(["verify", "--config", str(config)]) == 1
    assert "passes" in capsys.readouterr().out
    assert main(["rebuild", "--config", str(config)]) == 0
    assert "changed: passes" in capsys.readouterr().out
    assert main(["verify", "--config", str(config)]) == 0


def test_verify_names_the_first_wrong_event(config: Path, capsys: Said) -> None:
    (seq,) = (e.seq for e in events_of(data_of(config)) if e.kind == "vehicle.crossed")
    with closing(sqlite3.connect(data_of(config) / "gate.sqlite")) as con, con:
        con.execute("DROP TRIGGER journal_no_update")
        con.execute("UPDATE journal SET data = CAST(replace(data, 'entry', 'exit') AS BLOB) WHERE seq >= ?", (seq,))
    assert main(["verify", "--config", str(config)]) == 1
    assert f"event {seq} (" in capsys.readouterr().out


# ---- registry and pin --------------------------------------------------------------------------------------------


def test_registry_import_all_or_nothing(config: Path, capsys: Said) -> None:
    good, bad = config.parent / "good.csv", config.parent / "bad.csv"
    good.write_text(GOOD, "utf-8")
    bad.write_text(BAD, "utf-8")

    def shown() -> dict[str, object]:
        assert main(["registry", "show", "--config", str(config)]) == 0
        said: dict[str, object] = json.loads(capsys.readouterr().out)
        return said

    before = shown()
    assert main(["registry", "import", str(bad), "--config", str(config)]) == 1
    err = capsys.readouterr().err
    assert re.search(r"row 3 \[卡号\] 'NONSENSE'|row 3 \[卡号\] 'nonsense'", err)
    assert "row 4 [类别] '大象'" in err
    assert "→" in err
    assert shown() == before, "nothing of it was taken"
    assert main(["registry", "import", str(good), "--config", str(config)]) == 0
    assert "2 张卡" in capsys.readouterr().out
    assert shown()["rows"] == 2
    for words in (
        ("--config", str(config), "import", str(good)),
        ("import", "--config", str(config), str(good)),
        ("import", str(good), "--config", str(config)),
    ):
        assert main(["registry", *words]) == 0
        assert "2 张卡" in capsys.readouterr().out
    assert main(["registry", "import", "--config", str(config)]) == 1
    assert main(["registry", "import", "no.csv", "--config", str(config)]) == 1
    assert "no.csv" in capsys.readouterr().err


def test_pin(config: Path, capsys: Said) -> None:
    assert main(["pin", "leader", "--config", str(config)]) == 0
    assert re.search(r"✓ leader: \d{6}$", capsys.readouterr().out.strip())
    assert main(["pin", "nobody", "--config", str(config)]) == 1
    assert "nobody" in capsys.readouterr().err
    saved = [e for e in events_of(data_of(config)) if e.kind == "user.saved"]
    assert saved[-1].pin_changed


# ---- simulate ----------------------------------------------------------------------------------------------------


def test_simulate_lists_what_there_is(capsys: Said) -> None:
    assert main(["simulate"]) == 0
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert names == {path.stem for path in (CONFIG / "scenarios").glob("*.toml")} | {"desk-card"}


def test_simulate_without_a_gate(tmp_path: Path, capsys: Said) -> None:
    assert main(["simulate", "owner", "--config", str(config_file(tmp_path, 0))]) == 1
    assert "→" in capsys.readouterr().err


def test_replay_of_a_scenario(tmp_path: Path, capsys: Said) -> None:
    """Returns 0 when all is as expected, 1 when not, and says for each step what came."""
    good = tmp_path / "good.toml"
    good.write_text('title = "t"\n[[step]]\nwho = "staff"\nexpect = "granted"\noutcome = "crossed"\n', "utf-8")
    data = tmp_path / "data"
    args = ["simulate", "--scenario", str(good), "--speed", "50", "--config", str(CONFIG / "laptop.toml")]
    assert main([*args, "--data", str(data)]) == 0
    assert "1 of 1 as expected" in capsys.readouterr().out
    assert [e.kind for e in events_of(data)][-1] == "gate.stopped"
    bad = tmp_path / "bad.toml"
    bad.write_text(good.read_text("utf-8").replace("granted", "blocked"), "utf-8")
    args[2] = str(bad)
    assert main([*args, "--data", str(data)]) == 1
    out = capsys.readouterr().out
    assert "expected blocked, the gate said granted ok" in out
    assert "0 of 1 as expected" in out


@pytest.mark.parametrize(
    ("text", "speed", "named"),
    [
        ('title = "t"\n[[step]]\nwho = "owner"\ncolour = "red"\n', "50", "colour"),
        ('title = "t"\n', "50", "step"),
        ("title = ", "50", "TOML"),
        ('title = "t"\n[[step]]\n', "500", "500"),
    ],
)
def test_a_scenario_that_is_none_is_refused_in_words(
    text: str, speed: str, named: str, tmp_path: Path, capsys: Said
) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, "utf-8")
    assert main(["simulate", "--scenario", str(path), "--speed", speed]) == 1
    err = capsys.readouterr().err
    assert err.startswith("✗")
    assert named in err


# ---- run ---------------------------------------------------------------------------------------------------------


def ended(process: subprocess.Popen[str], number: int) -> None:
    """The gate ends in order when it is told to."""
    process.send_signal(number)
    out, err = process.communicate(timeout=40)
    assert process.returncode == 0, err
    assert "stopped" in out
    assert "Traceback" not in err


def test_run_until_sigterm_and_again_until_sigint(tmp_path: Path, capsys: Said) -> None:
    port = free_port()
    config = config_file(tmp_path, port)
    data = data_of(config)
    process = start(config)
    try:
        line = ready(process)
        assert f"http://127.0.0.1:{port}" in line
        assert re.search(r"PIN \d{6}", line)
        ended(process, signal.SIGTERM)
        assert [e.kind for e in events_of(data)][-1] == "gate.stopped"
        process = start(config)
        assert f"http://127.0.0.1:{port}" in ready(process)
        _beside_a_running_gate(config, port, capsys)
        ended(process, signal.SIGINT)
    finally:
        process.kill()
        process.communicate()
    events = events_of(data)
    assert [e.previous for e in events if e.kind == "gate.started"] == ["first", "clean"]
    assert events[-1].kind == "gate.stopped"


def _beside_a_running_gate(config: Path, port: int, capsys: Said) -> None:
    """What needs no database of its own works; a second gate is refused, and what it would do says so."""
    settings: Settings = read_settings(config)
    assert settings.api.port == port
    other = config.parent / "other"
    other.mkdir()
    assert main(["run", str(config_file(other, port))]) == 1
    err = capsys.readouterr().err
    assert f":{port}" in err
    assert "→" in err
    same_data = config.parent / "same.toml"
    same_data.write_text(config.read_text("utf-8").replace(f"port = {port}", "port = 0"), "utf-8")
    assert main(["run", str(same_data)]) == 1
    err = capsys.readouterr().err
    assert "占用" in err
    assert "→" in err
    assert main(["pin", "leader", "--config", str(config)]) == 1
    assert "→" in capsys.readouterr().err
    good = config.parent / "good.csv"
    good.write_text(GOOD, "utf-8")
    assert main(["registry", "import", str(good), "--config", str(config)]) == 0, capsys.readouterr().err
    assert main(["simulate", "owner", "--config", str(config)]) == 0, capsys.readouterr().err
    eventually(lambda: any(e.kind == "vehicle.waiting" for e in events_of(data_of(config))), 30)
    assert main(["verify", "--config", str(config)]) == 0
    assert main(["export", "--config", str(config)]) == 0
    assert "registry.imported" in capsys.readouterr().out
