"""A stand-in for systemctl where no systemd runs: it reads the installed units and really starts what they say.

    SYSTEMCTL=this DESTDIR=root systemctl restart gate-edge.service

ExecStart and ExecStopPost are run with the root put before every absolute path; `restart` returns when the program has said READY=1 (0) or has
ended (1). It knows no sandbox, no users and no restarts. What it was asked is kept in root/asked.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(os.environ["DESTDIR"])
RUN = ROOT / "run"


def unit(name: str) -> dict[str, str]:
    """The settings of an installed unit (the last of each name)."""
    lines = (ROOT / "etc/systemd/system" / name).read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def inside(text: str) -> list[str]:
    """A command line with this root before its paths."""
    return [f"{ROOT}{word}" if word.startswith("/") else word for word in shlex.split(text)]


def environment(said: dict[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    given = dict(pair.split("=", 1) for pair in shlex.split(said.get("Environment", "")))
    (RUN / "gate-edge").mkdir(parents=True, exist_ok=True)
    return {**kept, **given, "LG_WD": str(RUN / "gate-edge")}


def pid_of(name: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        pid = int((RUN / f"{name}.pid").read_text())
        if "-m" in Path(f"/proc/{pid}/cmdline").read_text().split("\0"):
            return pid
    return 0


def stop(name: str) -> None:
    pid = pid_of(name)
    said = unit(name)
    if pid:
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 40
        while pid_of(name) and time.monotonic() < until:
            time.sleep(0.05)  # another process's child: there is nothing to wait on
        if pid_of(name):
            os.kill(pid, signal.SIGKILL)
        after(said)


def after(said: dict[str, str]) -> None:
    if "ExecStopPost" in said:
        with (RUN / "log").open("ab") as log:
            subprocess.run(
                inside(said["ExecStopPost"]),
                cwd=f"{ROOT}{said['WorkingDirectory']}",
                env=environment(said),
                stdout=log,
                stderr=log,
                check=False,
            )


def start(name: str) -> int:
    said = unit(name)
    address = RUN / f"{name}.notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening, (RUN / "log").open("ab") as log:
        listening.bind(str(address))
        listening.settimeout(0.2)
        process = subprocess.Popen(
            inside(said["ExecStart"]),
            cwd=f"{ROOT}{said['WorkingDirectory']}",
            env={**environment(said), "NOTIFY_SOCKET": str(address)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        (RUN / f"{name}.pid").write_text(str(process.pid))
        while process.poll() is None:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in listening.recv(4096):
                    return 0
    after(said)
    return 1


def main() -> int:
    RUN.mkdir(parents=True, exist_ok=True)
    with (ROOT / "asked").open("a") as asked:
        print(*sys.argv[1:], file=asked)
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    match words:
        case ["restart", name]:
            stop(name)
            return start(name)
        case ["stop", name]:
            stop(name)
        case ["disable", name] if "--now" in sys.argv:
            stop(name)
        case ["is-active", name]:
            return 0 if pid_of(name) else 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
