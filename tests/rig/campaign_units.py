"""The product's own units on a real systemd: installed from wheels by `systemd/install`, READY, watched, hardened, upgraded, put back.

One story: each test goes on where the one before has ended. Times are the guest's: a Pi is some ten times quicker.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.conftest import KEEP
from tests.rig.guest import ENTRY_CLOSE, ENTRY_OPEN, EXIT_OPEN, RELAYS, rig, until
from tests.rig.installed import CONFIG, CURRENT, Installed

GO_ON = os.environ.get("RIG_GO_ON") == "1"
"""While working on the campaign itself: what an earlier run has installed (RIG_KEEP) is taken as it is."""
WATCHDOG_S = 30
"""WatchdogSec= of the unit."""


@pytest.fixture(scope="module")
def site() -> Iterator[Installed]:
    it = Installed()
    try:
        if GO_ON:
            it._trees = int(it.sh("ls /root/trees | wc -l"))
        else:
            it.emptied()
            it.wheels()
        yield it
    finally:
        if KEEP:
            it.gone()
        else:
            it.off()


def released(site: Installed) -> bool:
    return all(site.ask("get", line=pin) != closed for pin, closed in RELAYS.items())


def in_mid_pulse(site: Installed, number: int, card: int) -> float:
    """A card opens, and in the middle of the relay's pulse the process gets this signal. Returns when it was asked for."""
    began = float(site.ask("now"))
    site.ask("trap", line=ENTRY_OPEN, value=1, pid=site.pid, number=number)
    site.entry.card(card)
    return began


def test_installed_from_wheels_alone_and_ready(site: Installed, figures: dict[str, Any]) -> None:
    usb = site.sh("ls /dev/serial/by-id/* | head -n 1")
    began = site.ask("now")
    status, said = site.installer(site.tree(), "--with-headoffice", "--config", site.configuration(usb))
    assert status == 0, said
    figures["units: first installation, s"] = round(site.ask("now") - began)
    assert site.unit("ActiveState") == "active"
    assert site.unit("Type") == "notify"
    ready = int(site.unit("ActiveEnterTimestampMonotonic")) - int(site.unit("ExecMainStartTimestampMonotonic"))
    figures["units: start to READY, s"] = round(ready / 1e6, 1)
    site.running()
    assert site.sh("systemctl is-enabled gate-edge") == "enabled"
    assert site.closures(began) == []
    faults = {(f["device"], f["code"]) for f in site.api("GET", "/faults")}
    assert not {f for f in faults if f[1] in ("gone", "busy")}, faults
    assert site.sh(f"stat -c '%a %U %G' {CONFIG}") == "640 root gate-edge"
    assert site.sh(f"stat -c %U /proc/{site.pid}") == "gate-edge"


def test_head_office_beside_it(site: Installed) -> None:
    site.sh("install -m 640 -g gate-headoffice /root/my/headoffice.toml /etc/gate-edge/headoffice.toml")
    slow = "/run/systemd/system/gate-edge-headoffice.service.d"
    site.sh(
        f"mkdir -p {slow} && printf '[Service]\\nTimeoutStartSec=600\\n' > {slow}/slow.conf && systemctl daemon-reload"
    )
    site.sh("systemctl reset-failed gate-edge-headoffice; systemctl restart gate-edge-headoffice")
    assert site.sh("systemctl is-active gate-edge-headoffice") == "active"
    said = site.edge(f"registry import config/laptop-registry.csv --config {CONFIG}")
    assert "✓" in said
    until("nothing unsent", lambda: site.api("GET", "/state")["sync"]["unsent"] == 0)


def test_hardening_leaves_pins_lines_and_camera(site: Installed, figures: dict[str, Any]) -> None:
    began = float(site.ask("now"))
    site.entry.card(11)
    _, length = site.pulse(ENTRY_OPEN, began)
    figures["units: open pulse of 0.5 s, s"] = round(length, 3)
    site.through("entry")
    assert site.pulse(ENTRY_CLOSE, began)[1] > 0
    site.exit.card(33)
    site.pulse(EXIT_OPEN, began)
    site.through("exit")
    until("a picture is on record", lambda: site.events("picture.taken"))
    status = site.sh(f"grep -E '^(NoNewPrivs|Seccomp|CapEff):' /proc/{site.pid}/status")
    assert re.findall(r"\S+$", status, re.MULTILINE) == ["0000000000000000", "1", "2"]
    said = site.sh("systemd-analyze security --no-pager gate-edge.service gate-edge-headoffice.service")
    exposure = [float(found) for found in re.findall(r"exposure level for \S+: ([\d.]+)", said)]
    figures["units: exposure on a running systemd"] = exposure
    assert len(exposure) == 2
    assert max(exposure) <= 2.0
    # of the disk it sees to write only what is its own
    mounts = site.sh(f"grep -E ' (/|/var/lib/gate-edge|/etc/gate-edge) ' /proc/{site.pid}/mountinfo")
    options = {line.split()[4]: line.split()[5] for line in mounts.splitlines()}
    assert "ro" in options["/"].split(",")
    assert "rw" in options["/var/lib/gate-edge"].split(",")


def test_names_by_socket_and_groups(site: Installed) -> None:
    """/dev/gate/… is there after the installer's udev rules, and leads to the adapter that is read."""
    link = site.sh("readlink -f /dev/gate/*")
    assert link == "/dev/ttyUSB0"
    assert site.sh("stat -c '%G %a' /dev/gpiochip0") == "gpio 660"
    assert {"gpio", "dialout", "video"} <= set(site.sh("id -nG gate-edge").split())


def test_the_log_is_the_journals(site: Installed) -> None:
    lines = [line for line in site.log() if isinstance(line.get("MESSAGE"), str)]
    assert {line["PRIORITY"] for line in lines} <= {"3", "4", "5", "6"}
    assert any(line["PRIORITY"] == "6" for line in lines)
    assert not [line for line in lines if line["MESSAGE"].startswith(("<", "INFO", "WARNING", "Traceback"))]
    assert site.sh("stat -c %a /run/gate-edge/sign-in") in ("600", "400")
    pin = re.search(r"PIN (\d{6})", site.sh("cat /run/gate-edge/sign-in"))
    assert pin is not None
    assert not [line for line in lines if pin.group(1) in line["MESSAGE"]]


def test_killed_in_mid_pulse_the_unit_opens_the_relay_and_starts_again(
    site: Installed, figures: dict[str, Any]
) -> None:
    restarts = int(site.unit("NRestarts"))
    began = in_mid_pulse(site, signal.SIGKILL, 44)
    _, length = site.pulse(ENTRY_OPEN, began)
    figures["units: kill -9 in mid-pulse: relay opened by ExecStopPost after, s"] = round(length, 1)
    site.running()
    assert int(site.unit("NRestarts")) > restarts
    assert released(site)
    assert site.events("gate.started")[-1]["body"]["previous"] == "crash"
    assert [line for line in site.log() if f"GPIO {ENTRY_OPEN}" in str(line["MESSAGE"])], "edge safe has said so"
    assert len([each for each in site.closures(began) if each[0] == ENTRY_OPEN]) == 1


def test_a_process_that_stands_still_is_ended_by_the_watchdog(site: Installed, figures: dict[str, Any]) -> None:
    restarts = int(site.unit("NRestarts"))
    began = in_mid_pulse(site, signal.SIGSTOP, 22)
    _, length = site.pulse(ENTRY_OPEN, began, WATCHDOG_S * 6)
    figures["units: SIGSTOP in mid-pulse: relay open again after, s (WatchdogSec 30)"] = round(length, 1)
    site.running()
    assert int(site.unit("NRestarts")) > restarts
    assert released(site)
    assert any("Watchdog timeout" in str(line["MESSAGE"]) for line in site.log())


def test_keys_as_credentials(site: Installed) -> None:
    site.sh("printf '{}' > /etc/credstore/gate-edge.osdp-keys && chmod 600 /etc/credstore/gate-edge.osdp-keys")
    site.sh("systemctl restart gate-edge")
    site.running()
    there = "/run/credentials/gate-edge.service/gate-edge.osdp-keys"
    assert site.sh(f"runuser -u gate-edge -- cat {there}") == "{}"
    assert site.sh(f"runuser -u pi -- cat {there} 2>/dev/null || echo no") == "no"
    site.sh("rm /etc/credstore/gate-edge.osdp-keys")


def test_again_is_nothing_to_do(site: Installed) -> None:
    pid = site.pid
    status, said = site.installer(f"/root/trees/{site._trees}")
    assert status == 0, said
    assert "runs already" in said
    assert site.pid == pid


def test_upgraded(site: Installed, figures: dict[str, Any]) -> None:
    began, head = site.ask("now"), site.head()
    newer = site.tree({"edge/__init__.py": ('__version__ = "', '__version__ = "9.')})
    status, said = site.installer(newer)
    assert status == 0, said
    figures["units: upgrade, s"] = round(site.ask("now") - began)
    site.running()
    started = site.events("gate.started", head)[-1]["body"]
    assert started["version"].startswith("9.")
    assert started["previous"] == "clean"
    assert site.closures(began) == []


def test_what_is_never_ready_is_put_back(site: Installed, figures: dict[str, Any]) -> None:
    began, before = site.ask("now"), site.sh(f"readlink {CURRENT}")
    broken = site.tree(
        {"edge/runtime.py": ("        await house.start()\n", '        raise SystemExit("never ready")\n')}
    )
    status, said = site.installer(broken)
    figures["units: a broken version put back after, s"] = round(site.ask("now") - began)
    assert status == 1
    assert "is in force again" in said
    assert site.sh(f"readlink {CURRENT}") == before
    site.running()
    assert site.closures(began) == []
    assert released(site)


def test_systemd_holds_the_boards_watchdog(site: Installed, figures: dict[str, Any]) -> None:
    """A board that hangs is reset. The guest gets a watchdog; PID 1 is frozen, as if the machine hung; the gate comes up by itself."""
    rig("monitor", "device_add i6300esb,id=dog")
    site.sh("modprobe i6300esb && systemctl daemon-reexec")
    assert site.sh("systemctl show -P RuntimeWatchdogUSec") == "15s"
    assert site.sh("systemctl show -P WatchdogDevice").startswith("/dev/watchdog")
    boot = site.sh("cat /proc/sys/kernel/random/boot_id")
    head = site.head()
    site.sh("sync; (sleep 1; echo 1 > /sys/fs/cgroup/init.scope/cgroup.freeze) >/dev/null 2>&1 &")
    site.gone()
    until("the board was reset and is up again", lambda: _boot(site) not in ("", boot), 600, 5)
    site.running()
    figures["units: board reset by its watchdog"] = "yes, and the gate came up by itself"
    assert site.events("gate.started", head)[-1]["body"]["previous"] == "crash"


def _boot(site: Installed) -> str:
    try:
        return rig("run", "cat /proc/sys/kernel/random/boot_id", timeout_s=40).strip()
    except (subprocess.SubprocessError, OSError):  # no ssh while it boots
        return ""


def test_taken_away_the_data_stays(site: Installed) -> None:
    status, said = site.installer("/root/trees/1", "--remove")
    assert status == 0, said
    assert "/var/lib/gate-edge" in said
    assert site.sh("test -e /opt/gate-edge && echo there || echo gone") == "gone"
    assert site.sh("systemctl is-active gate-edge || true") in ("inactive", "unknown")
    assert site.sh("ls /var/lib/gate-edge/gate.sqlite /etc/gate-edge/gate.toml | wc -l") == "2"
    assert site.sh("systemctl show -P RuntimeWatchdogUSec") in ("0", "infinity", "off")
    assert released(site)
