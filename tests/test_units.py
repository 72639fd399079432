"""The units: sound for systemd, as closed as they can be, and the installer with its way back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support_gate import ROOT, config_file, events_of

SYSTEMD = ROOT / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.glob("*.service"))
LOCKS = ("requirements.lock", "requirements-models.lock")
PARTS = ("edge", "drivers", "camera", "sync", "config", "systemd", "README.md", *LOCKS)
analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here (apt: systemd)")


def settings(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (SYSTEMD / name).read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


@analyze
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    """With the paths of this tree, since it is not installed."""
    text = (SYSTEMD / name).read_text("utf-8")
    (tmp_path / "tree").symlink_to(ROOT)  # its own path may have a space
    (tmp_path / "python").symlink_to(sys.executable)
    text = text.replace("/opt/gate-edge/current/.venv/bin/python", str(tmp_path / "python"))
    (tmp_path / name).write_text(text.replace("/opt/gate-edge/current", str(tmp_path / "tree")), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert name not in done.stderr  # what it only warns of is wrong too


@analyze
@pytest.mark.parametrize("name", UNITS)
def test_exposure_is_at_most_two(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", SYSTEMD / name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_gates_unit_allows_what_a_gate_needs() -> None:
    """Learnt on the rig (tests/rig/README.md): each of these, done otherwise, breaks something on a real Pi."""
    said = settings("gate-edge.service")
    assert said["SystemCallFilter"][-1] == "adjtimex clock_adjtime"  # after what is taken away
    assert "ProtectClock" not in said
    assert "ProcSubset" not in said
    assert "PrivateDevices" not in said
    assert any(f"LG_WD=/run/{name}" in said["Environment"][0] for name in said["RuntimeDirectory"])
    kinds = {line.split()[0].removeprefix("char-") for line in said["DeviceAllow"]}
    assert kinds >= {"gpiochip", "ttyUSB", "ttyACM", "ttyS", "ttyAMA", "video4linux", "alsa"}
    assert said["StartLimitIntervalSec"] == ["0"]
    assert "safe" in said["ExecStopPost"][0]
    assert int(said["WatchdogSec"][0]) >= 4 * 5  # a commit on a bad card takes seconds


def test_files_for_users_folders_and_devices_are_sound(tmp_path: Path) -> None:
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("no systemd-sysusers here")
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "--dry-run", SYSTEMD / "sysusers.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" not in done.stderr:  # 252 has no --dry-run for it
        assert done.returncode == 0, done.stderr
    (tmp_path / "etc").mkdir(exist_ok=True)
    shutil.copy("/etc/passwd", tmp_path / "etc")
    shutil.copy("/etc/group", tmp_path / "etc")
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "sysusers.conf"], check=True)
    assert "gate-edge:" in (tmp_path / "etc/passwd").read_text()
    assert "gate-edge" in next(x for x in (tmp_path / "etc/group").read_text().splitlines() if x.startswith("gpio:"))


def test_who_may_read_what_in_etc() -> None:
    """Head office has a user of its own and its file in the same folder: it passes through, and reads nothing else there."""
    rows = [line.split() for line in (SYSTEMD / "tmpfiles.conf").read_text("utf-8").splitlines() if line[:1] in "dz"]
    modes = {path: (mode, group) for _, path, mode, _, group, *_ in rows}
    assert modes["/etc/gate-edge"] == ("0751", "gate-edge")
    assert modes["/etc/gate-edge/gate.toml"] == ("0640", "gate-edge")
    assert modes["/etc/gate-edge/headoffice.toml"] == ("0640", "gate-headoffice")
    for name in ("gate-edge-headoffice.service", "gate-edge-headoffice-pages.service"):
        assert settings(name)["Group"] == ["gate-headoffice"]


def test_the_boards_watchdog() -> None:
    """systemd's own manager understands it, within what a Pi's timer can count (15.999 s), and a hanging reboot ends too."""
    said = settings("watchdog.conf")
    assert set(said) == {"RuntimeWatchdogSec", "RebootWatchdogSec"}
    assert (SYSTEMD / "watchdog.conf").read_text("utf-8").splitlines().count("[Manager]") == 1
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here (apt: systemd)")
    found = {}
    for key, (value,) in said.items():
        done = subprocess.run(["systemd-analyze", "timespan", value], capture_output=True, text=True, check=True)
        found[key] = int(done.stdout.split("s:")[1].split()[0]) / 1e6
    assert 5 <= found["RuntimeWatchdogSec"] < 16 < found["RebootWatchdogSec"] <= 600


# ---- the installer -------------------------------------------------------------------------------------------------


@dataclass
class Machine:
    """Another root, and the installer of some tree run on it."""

    root: Path
    config: Path

    def install(self, source: Path, *args: str, ready_s: int = 60) -> subprocess.CompletedProcess[str]:
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("NOTIFY", "JOURNAL"))}
        environ |= {"DESTDIR": str(self.root), "VENV": sys.prefix, "READY_S": str(ready_s)}
        environ |= {"SYSTEMCTL": str(self.root / "systemctl")}
        command = ["sh", source / "systemd" / "install", *args]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=300)

    @property
    def current(self) -> str:
        return str((self.root / "opt/gate-edge/current").readlink())

    def asked(self) -> list[str]:
        return (self.root / "asked").read_text().splitlines()

    def log(self) -> str:
        return (self.root / "run/log").read_text(errors="replace")

    def files(self) -> dict[str, str | int]:
        """Everything under the root but what the stand-in wrote."""
        return {
            str(p.relative_to(self.root)): str(p.readlink()) if p.is_symlink() else p.stat().st_mtime_ns
            for p in self.root.rglob("*")
            if p.is_symlink() or (p.is_file() and p.relative_to(self.root).parts[0] not in ("asked", "run", "var"))
        }


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    root = tmp_path / "root"
    data = root / "var/lib/gate-edge"
    data.mkdir(parents=True)
    config = config_file(tmp_path, 0, {f'"{tmp_path / "gate"}"': f'"{data}"', 'link = "memory"': 'link = "off"'})
    stand_in = root / "systemctl"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/support_systemctl.py" "$@"\n')
    stand_in.chmod(0o755)
    made = Machine(root, config)
    yield made
    if (root / "etc/systemd/system/gate-edge.service").exists():
        subprocess.run([stand_in, "stop", "gate-edge.service"], env={**os.environ, "DESTDIR": str(root)}, check=True)


def tree(to: Path, changes: dict[str, str]) -> Path:
    """A copy of this tree with other contents in some files: another version."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, to / part)
    for name, text in changes.items():
        (to / name).write_text(text, "utf-8")
    return to


def test_a_dry_run_says_every_step_and_does_none(machine: Machine) -> None:
    before = machine.files()
    done = machine.install(ROOT, "--dry-run", "--with-headoffice", "--config", str(machine.config))
    assert done.returncode == 0, done.stderr
    assert "--with-data" in done.stdout
    assert "restart gate-edge.service" in done.stdout
    for word in (
        "compileall",
        "gate-edge.service",
        "gate-edge-headoffice.service",
        "gate-edge-headoffice-pages.service",
        "70-gate-edge.rules",
        "ln -sfn",
    ):
        assert word in done.stdout
    assert machine.files() == before


def test_on_a_machine_with_systemd_its_own_systemctl_is_called(machine: Machine, tmp_path: Path) -> None:
    """Found on the rig: the word `systemctl` is a function of the installer's, and it called itself until the shell gave up."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "systemctl").write_text("#!/bin/sh\necho 'systemd 252'\n")
    (folder / "systemctl").chmod(0o755)
    environ = {"PATH": f"{folder}:{os.environ['PATH']}", "SYSTEMD_AT": str(folder), "VENV": sys.prefix}
    command = ["sh", ROOT / "systemd" / "install", "--dry-run", "--config", machine.config]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert f"{folder}/systemctl daemon-reexec" in done.stdout
    assert f"{folder}/systemctl restart gate-edge.service" in done.stdout


@pytest.mark.slow
def test_installed_again_upgraded_put_back_and_taken_away(machine: Machine, tmp_path: Path) -> None:
    """One story, because each step needs the one before: with the real program, started as the installed unit says."""
    done = machine.install(ROOT, "--config", str(machine.config))
    assert done.returncode == 0, done.stdout + done.stderr + machine.log()
    first = machine.current
    data = machine.root / "var/lib/gate-edge"
    assert events_of(data)[-1].kind != "gate.stopped"  # it runs
    watchdog = machine.root / "etc/systemd/system.conf.d/50-gate-edge.conf"
    assert watchdog.read_bytes() == (SYSTEMD / "watchdog.conf").read_bytes()
    assert machine.asked().count("daemon-reexec") == 1
    assert list((machine.root / "opt/gate-edge/current/edge").rglob("*.pyc"))

    # again: nothing to do
    before, asked = machine.files(), len(machine.asked())
    done = machine.install(ROOT, "--config", str(machine.config))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "runs already" in done.stdout
    assert machine.files() == before
    assert not any(line.startswith(("restart", "stop")) for line in machine.asked()[asked:])

    # a version that does not fit this database is never switched to
    refused = tree(tmp_path / "refused", {"edge/store/schema/900.sql": "CREATE TABLE journal (x);\n"})
    done = machine.install(refused)
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert machine.current == first
    assert events_of(data)[-1].kind != "gate.stopped"

    # one that changes the database's form and is then never ready: back to the one before, with the database as it was
    broken = tree(
        tmp_path / "broken",
        {
            "edge/store/schema/900.sql": "CREATE TABLE newer (x INTEGER);\n",
            "edge/runtime.py": (ROOT / "edge/runtime.py")
            .read_text("utf-8")
            .replace("        await house.start()\n", "        raise DeviceError('no', '')\n", 1),
        },
    )
    done = machine.install(broken)
    assert done.returncode == 1
    assert "is in force again" in done.stderr
    assert machine.current == first
    events = events_of(data)
    assert [e.kind for e in events].count("journal.restored") == 1
    assert events[-1].kind != "gate.stopped"  # the first version runs again
    assert "pins are simulated" in machine.log()  # ExecStopPost was run

    # a good one
    better = tree(tmp_path / "better", {"edge/__init__.py": '"""Newer."""\n\n__version__ = "0.9.9"\n'})
    done = machine.install(better)
    assert done.returncode == 0, done.stdout + done.stderr + machine.log()
    assert machine.current.startswith("versions/0.9.9-")
    started = [e for e in events_of(data) if e.kind == "gate.started"]
    assert started[-1].version == "0.9.9"
    assert started[-1].previous == "clean"

    done = machine.install(better, "--remove")
    assert done.returncode == 0, done.stderr
    assert str(data) in done.stdout
    assert not (machine.root / "opt/gate-edge").exists()
    assert not (machine.root / "etc/systemd/system/gate-edge.service").exists()
    assert not watchdog.exists()
    assert events_of(data)[-1].kind == "gate.stopped"
    assert (machine.root / "etc/gate-edge/gate.toml").exists()


def test_without_a_configuration_nothing_is_started(machine: Machine) -> None:
    """Example pins must never move a real barrier."""
    done = machine.install(ROOT)
    assert done.returncode == 0, done.stderr
    assert "describe your gate" in done.stdout
    assert not any(line.startswith(("restart", "start", "enable")) for line in machine.asked())
    assert machine.current.startswith("versions/")
