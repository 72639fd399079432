"""The virtual Pi as the campaign sees it: rig.sh, the agent inside, the readers' lines, the gate's unit.

Nothing here waits by the clock where something can be waited for; what has no event of its own (a unit that stops, a line's
level) is asked for again until it is so.
"""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from drivers.readers import rdm6300

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
RIG = ROOT.parent / "shared" / "rig"
HOME = Path(os.environ.get("RIG_HOME") or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gate-rig")
ENTRY_OPEN, ENTRY_CLOSE, ENTRY_STOP, EXIT_OPEN, EXIT_CLOSE, EXIT_STOP = 17, 27, 22, 7, 8, 25
RELAYS = {ENTRY_OPEN: 1, ENTRY_CLOSE: 1, ENTRY_STOP: 1, EXIT_OPEN: 0, EXIT_CLOSE: 0, EXIT_STOP: 1}
"""Every relay's pin and the level that closes it (gate.toml)."""
CONTACTS = {5: 1, 6: 1, 12: 0, 13: 1, 16: 0, 19: 0, 26: 0, 20: 1, 21: 0, 4: 0}
"""Every input's pin and its level at rest: no limit reached, no vehicle, beam whole, no fire."""
BAUD = 9600
PATIENCE_S = 300.0
"""The guest is slow, and slower still while the machine is busy: how long to wait for what must come."""
T = TypeVar("T")


def until(what: str, ask: Callable[[], T | None], timeout_s: float = PATIENCE_S, every_s: float = 0.2) -> T:
    """Ask until the answer is something. AssertionError with `what` when the time is over."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = ask()
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"not within {timeout_s:.0f} s: {what}")


def rig(*words: str, timeout_s: float = 600) -> str:
    """A verb of rig.sh, at a low priority: the machine is shared. Raises CalledProcessError."""
    environment = {**os.environ, "RIG_REQUIREMENTS": str(ROOT / "requirements.lock")}
    command = ["nice", "-n", "10", str(RIG / "rig.sh"), *words]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=timeout_s,
        check=True,
        env=environment,
    )
    return done.stdout


def built_of(lock: Path) -> None:
    """The guest's disk, with the packages of this lock file: the rig fetches wheels where there are none, and those of another lock are of no use."""
    wheels, known = HOME / "wheels", HOME / "wheels.lock"
    if not (known.is_file() and known.read_bytes() == lock.read_bytes()):
        shutil.rmtree(wheels, ignore_errors=True)
    rig("build", timeout_s=1200)
    shutil.copyfile(lock, known)


class Wire:
    """The far end of a serial line: a reader that is held by hand. No faster than the baud rate (QEMU does not pace)."""

    def __init__(self, name: str) -> None:
        self._path = HOME / "state" / f"{name}.sock"
        self._sock: socket.socket | None = None

    def send(self, data: bytes) -> None:
        """These bytes, each in its time on a line of 9600 baud."""
        if self._sock is None:
            self._sock = socket.socket(socket.AF_UNIX)
            self._sock.connect(str(self._path))
        sock = self._sock  # `cut` may come from another thread: then this one is closed, and says so (OSError)
        try:
            for byte in data:
                sock.sendall(bytes([byte]))
                time.sleep(10 / BAUD)
        except OSError:
            self.cut()  # or every later card would go to a machine that is no more
            raise

    def card(self, number: int) -> None:
        """A card of config/laptop-registry.csv (11, 22, 33 … 99): one frame."""
        self.send(rdm6300.encode(bytes.fromhex(f"0A003F8A{number:02d}"), rdm6300.Options()))

    def cut(self) -> None:
        """The other end is gone: connect again next time."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None


class Guest:
    """The guest, up and with the product in it."""

    def __init__(self) -> None:
        built_of(ROOT / "requirements.lock")
        rig("up")
        self.entry, self.exit = Wire("ttyS1"), Wire("ttyUSB0")
        self._agent: subprocess.Popen[str] | None = None

    # ---- the agent

    def begin(self) -> None:
        """Start the agent (again, after a power cut)."""
        rig("push", str(HERE / "agent.py"), "/root/agent.py")
        command = [str(RIG / "rig.sh"), "run", "exec python3 -u /root/agent.py"]
        self._agent = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        self.ask("watch", lines=list(RELAYS))

    def ask(self, do: str, **given: Any) -> Any:
        """One command of the agent. RuntimeError with its words when it could not be done."""
        if self._agent is None:
            self.begin()
        agent = self._agent
        assert agent is not None
        assert agent.stdin is not None
        assert agent.stdout is not None
        agent.stdin.write(json.dumps({"do": do, **given}) + "\n")
        agent.stdin.flush()
        line = agent.stdout.readline()
        if not line:
            status = agent.wait()
            self.gone()  # the next question begins with a new one
            raise RuntimeError(f"the agent ended at {do} with status {status}; rig.sh: {rig('status').strip()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{do} {given}: {answer['error']}")
        return answer["is"]

    def sh(self, command: str) -> str:
        """A shell command in the guest that must succeed; what it said."""
        done = self.ask("sh", command=command)
        assert done["status"] == 0, f"{command}: {done['err']}{done['out']}"
        return str(done["out"]).strip()

    def pull(self, line: int, level: int) -> float:
        """A contact."""
        return float(self.ask("pull", line=line, level=level))

    def api(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The gate's API."""
        return self.ask("api", method=method, path=f"/api/v1{path}", body=body, key=key)

    def sql(self, query: str, db: str = "/var/lib/gate-edge/gate.sqlite") -> list[list[Any]]:
        """A query to the gate's database."""
        found: list[list[Any]] = self.ask("sql", db=db, query=query)
        return found

    # ---- the product

    def install(self) -> None:
        """HEAD as it is committed, and the campaign's own files as they are now; nothing of an earlier campaign."""
        tree = subprocess.run(["git", "-C", str(ROOT), "archive", "HEAD"], capture_output=True, check=True).stdout
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(fileobj=BytesIO(tree)) as archive:
                archive.extractall(folder, filter="data")
            place = Path(folder) / "tests" / "rig"
            place.mkdir(parents=True, exist_ok=True)
            for each in HERE.iterdir():
                if each.is_file():
                    (place / each.name).write_bytes(each.read_bytes())
            # /opt is read-only for the unit (ProtectSystem=strict), so bytecode has to be there: as an installation would do it.
            compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
            rig(
                "run",
                "systemctl stop gate-edge headoffice 2>/dev/null; rm -rf /opt/gate-edge /var/lib/gate-edge /var/lib/headoffice",
            )
            rig("push", folder, "/opt/gate-edge")
        self.sh("cp /opt/gate-edge/tests/rig/*.service /etc/systemd/system/ && systemctl daemon-reload")
        usb = self.sh("ls /dev/serial/by-id/* | head -n 1")
        self.sh(f"sed -i 's#/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL#{usb}#' /opt/gate-edge/tests/rig/gate.toml")
        self.sh(
            "chown -R pi: /opt/gate-edge; systemctl start mosquitto; systemctl enable -q rig-board gate-edge headoffice; systemctl start headoffice"
        )

    def installed(self) -> bool:
        """Whether the product is in the guest already (RIG_KEEP)."""
        return self.sh("test -e /opt/gate-edge/tests/rig/agent.py && echo yes || true") == "yes"

    def at_rest(self) -> None:
        """Every contact at rest, and the relay boards' own resistors: nothing is closed while nobody drives a pin."""
        for line, level in CONTACTS.items():
            self.pull(line, level)
        for line, closed in RELAYS.items():
            self.pull(line, 1 - closed)

    def start(self, stall: bool = False) -> float:
        """Start the gate and wait until it is ready; how many seconds that took. `stall`: with SIGUSR1 (stalled.py)."""
        run = "[Service]\\nExecStart=\\nExecStart=/opt/venv/bin/python tests/rig/stalled.py run tests/rig/gate.toml\\n"
        folder = "/run/systemd/system/gate-edge.service.d"
        change = f"mkdir -p {folder} && printf '{run}' > {folder}/stall.conf" if stall else f"rm -rf {folder}"
        self.sh(
            f"{change}; systemctl daemon-reload; systemctl reset-failed gate-edge 2>/dev/null; systemctl restart gate-edge"
        )
        began, ready = (
            int(self.unit(name)) for name in ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
        )
        until("the page answers", self.answers, 60)
        return (ready - began) / 1e6

    def answers(self) -> bool:
        """Whether the API is there: it listens a moment after the gate is ready for cards."""
        try:
            return bool(self.api("GET", "/health")["ok"])
        except RuntimeError:
            return False

    def stop(self) -> float:
        """Stop it as systemd does; seconds."""
        began = self.ask("now")
        self.sh("systemctl stop gate-edge")
        return float(self.ask("now") - began)

    def unit(self, name: str) -> str:
        """A property of the gate's unit."""
        return self.sh(f"systemctl show gate-edge -P {name}")

    @property
    def pid(self) -> int:
        """The gate's process, which runs."""
        number = int(self.unit("MainPID"))
        assert number, "the gate does not run"
        return number

    def events(self, kind: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Committed events after that number, the oldest first."""
        query = f"SELECT CAST(data AS TEXT) FROM journal WHERE seq > {after}"
        rows = self.sql(query + (f" AND kind = '{kind}'" if kind else "") + " ORDER BY seq")
        return [json.loads(row[0]) for row in rows]

    def head(self) -> int:
        """The newest event's number."""
        return int(self.sql("SELECT coalesce(max(seq), 0) FROM journal")[0][0])

    def lane(self, name: str) -> dict[str, Any]:
        """One lane as the page sees it."""
        found: dict[str, Any] = self.api("GET", f"/lanes/{name}")
        return found

    def phase(self, lane: str, wanted: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait for a lane's phase."""
        until(f"{lane} {wanted}", lambda: self.lane(lane)["phase"] == wanted, timeout_s)

    def event(self, kind: str, after: int, timeout_s: float = PATIENCE_S, **body: Any) -> dict[str, Any]:
        """Wait for an event with these values in its body."""

        def found() -> dict[str, Any] | None:
            return next((e for e in self.events(kind, after) if body.items() <= e["body"].items()), None)

        return until(f"{kind} {body} after {after}", found, timeout_s)

    # ---- the relays' trace

    def closures(self, since: float) -> list[tuple[int, float, float]]:
        """What the relays did after that time: (pin, closed at, closed for s); one that is still closed has -1."""
        done: list[tuple[int, float, float]] = []
        began: dict[int, float] = {}
        for at, line, value in self.ask("changes", since=since):
            if value == RELAYS[line]:
                began[line] = at
            elif line in began:
                done.append((line, began[line], at - began.pop(line)))
        return sorted([*done, *((line, at, -1.0) for line, at in began.items())], key=lambda each: each[1])

    def pulse(self, pin: int, since: float, timeout_s: float = PATIENCE_S) -> tuple[float, float]:
        """Wait for the end of a pulse on this pin: when it began and how long it was."""

        def ended() -> tuple[float, float] | None:
            return next(
                ((at, length) for line, at, length in self.closures(since) if line == pin and length >= 0), None
            )

        return until(f"a pulse on pin {pin}", ended, timeout_s)

    # ---- the USB reader

    def unplug(self) -> None:
        """The USB reader is pulled out."""
        self.exit.cut()
        rig("usb-unplug")

    def plug(self) -> None:
        """Into the same socket again: QEMU would take another one, and the adapter's serial number has the socket's in it."""
        rig("monitor", "device_add usb-serial,chardev=c2,id=ftdi0,always-plugged=on,bus=xhci.0,port=1")

    # ---- power

    def powercut(self) -> None:
        """The plug is pulled, and put in again."""
        self.gone()
        rig("powercut")

    def gone(self) -> None:
        """Forget what ended with the machine."""
        agent, self._agent = self._agent, None
        if agent is not None:
            agent.kill()
            with agent:  # closes its pipes and waits for its end
                pass
        self.entry.cut()
        self.exit.cut()

    def off(self) -> None:
        """Shut the guest down."""
        self.gone()
        rig("down")
