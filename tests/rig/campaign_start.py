"""Start and stop on real pins: to «ready», no relay closes by itself, what is left when the process dies or stands still.

What holds a relay when the process is gone. Raspberry Pi's kernel keeps an output driven after its owner has died
(persist_gpio_outputs; gpio-sim's `persist` here): a process that is killed in the middle of a pulse leaves the relay closed
until somebody drives the pin again. A stopped process (SIGSTOP, a debugger, a frozen cgroup) is no better: the thread that
ends pulses stands still with it. So a pulse ends by itself whatever the *loop* does, not whatever the *process* does; for that
the unit has to release the pins when the process has ended (ExecStopPost=), and to notice that it stands still (WatchdogSec=).
"""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.rig.guest import ENTRY_OPEN, RELAYS, until
from tests.rig.yard import Yard

SHORTEST_S, LONGEST_S = 0.48, 1.5
"""A pulse of 0.5 s; the guest shares a busy machine and is held up now and then, so it may be longer, never shorter."""


def released(guest: Yard) -> bool:
    """No relay is closed."""
    return all(guest.ask("get", line=pin) != closed for pin, closed in RELAYS.items())


def test_starts_to_ready_and_moves_nothing(guest: Yard, figures: dict[str, Any]) -> None:
    began = guest.ask("now")
    figures["start to ready, first, empty data folder, s"] = round(guest.start(), 1)
    assert guest.unit("ActiveState") == "active"
    assert guest.closures(began) == []
    assert {lane["phase"] for lane in guest.api("GET", "/lanes")} == {"unknown"}
    faults = {(f["device"], f["code"]) for f in guest.api("GET", "/faults")}
    assert not {f for f in faults if f[1] == "gone"}, faults


def test_lgpio_works_where_it_is_told_to(guest: Yard) -> None:
    assert guest.sh("ls -A /run/gate-edge | grep -c lgd-nfy") == "1"
    strays = guest.sh("find /opt/gate-edge /var/lib/gate-edge /tmp -name '.lgd-nfy*' 2>/dev/null | wc -l")
    assert strays == "0"


def test_a_registry_is_imported_into_the_running_gate(guest: Yard) -> None:
    said = guest.sh(
        "cd /opt/gate-edge && runuser -u pi -- /opt/venv/bin/python -m edge registry import"
        " config/laptop-registry.csv --config tests/rig/gate.toml"
    )
    assert "✓" in said


def test_head_office_hears_of_it(guest: Yard, figures: dict[str, Any]) -> None:
    until("nothing unsent", lambda: guest.api("GET", "/state")["sync"]["unsent"] == 0)
    figures["RSS of the gate, camera running, MB"] = rss(guest)


def test_stop_moves_nothing_and_leaves_nothing_closed(guest: Yard, figures: dict[str, Any]) -> None:
    began = guest.ask("now")
    figures["stop, s"] = round(guest.stop(), 1)
    assert guest.unit("Result") == "success"
    assert guest.closures(began) == []
    assert released(guest)
    for pin in RELAYS:  # and not floating: still driven, so that a relay board without resistors stays open too
        assert "output" in guest.sh(f"gpioinfo gpiochip0 | grep -w GPIO{pin}")
    assert "not given back" not in guest.sh(
        "journalctl _SYSTEMD_INVOCATION_ID=$(systemctl show gate-edge -P InvocationID) --no-pager -o cat"
    )


def test_second_start(guest: Yard, figures: dict[str, Any]) -> None:
    began = guest.ask("now")
    figures["start to ready, s"] = round(guest.start(stall=True), 1)
    assert guest.closures(began) == []
    assert guest.events("gate.started")[-1]["body"]["previous"] == "clean"


def test_a_stalled_loop_leaves_no_relay_closed(guest: Yard, figures: dict[str, Any]) -> None:
    """The loop sleeps for 3 s from the moment in which the relay closes."""
    began = guest.ask("now")
    guest.ask("trap", line=ENTRY_OPEN, value=1, pid=guest.pid, number=signal.SIGUSR1)
    guest.entry.card(11)
    _, length = guest.pulse(ENTRY_OPEN, began)
    figures["pulse while the loop is stalled for 3 s, s"] = round(length, 3)
    guest.through("entry")
    assert SHORTEST_S <= length <= LONGEST_S


def test_a_process_that_stands_still_keeps_its_relay_closed(guest: Yard, figures: dict[str, Any]) -> None:
    """Not a wish, a fact that the unit has to know: the pulse ends when the process goes on, not before."""
    began, pid = guest.ask("now"), guest.pid
    guest.ask("trap", line=ENTRY_OPEN, value=1, pid=pid, number=signal.SIGSTOP)
    guest.entry.card(22)
    until("the process stands still", lambda: guest.sh(f"ps -o stat= -p {pid}").startswith("T"))
    guest.sh("sleep 3")
    still_closed = guest.ask("get", line=ENTRY_OPEN) == 1
    guest.sh(f"kill -CONT {pid}")
    _, length = guest.pulse(ENTRY_OPEN, began)
    figures["SIGSTOP in mid-pulse"] = f"closed while stopped: {still_closed}; pulse {length:.1f} s, ends at SIGCONT"
    guest.through("entry")
    assert still_closed
    assert released(guest)


@pytest.mark.parametrize("persist", ["Y", "N"])
def test_killed_in_the_middle_of_a_pulse(guest: Yard, figures: dict[str, Any], persist: str) -> None:
    """kill -9: the Pi's kernel (Y) keeps the relay closed until the next start; mainline (N) lets it go."""
    guest.sh(f"echo {persist} > /sys/module/gpio_sim/parameters/persist")
    if guest.unit("ActiveState") != "active":
        guest.start()
    guest.ask("trap", line=ENTRY_OPEN, value=1, pid=guest.pid, number=signal.SIGKILL)
    guest.entry.card(33 if persist == "Y" else 44)
    until("it is dead", lambda: guest.unit("ActiveState") == "failed")
    guest.sh("sleep 2")
    closed = guest.ask("get", line=ENTRY_OPEN) == 1
    before = guest.ask("now")
    guest.start()
    figures[f"kill -9 in mid-pulse, persist={persist}"] = (
        f"relay closed afterwards: {closed}; after the next start: {not released(guest)}"
    )
    assert closed is (persist == "Y")
    assert released(guest)
    assert [each for each in guest.closures(before) if each[2] >= 0 and each[1] > before] == []
    assert guest.events("gate.started")[-1]["body"]["previous"] == "crash"
    guest.sh("echo Y > /sys/module/gpio_sim/parameters/persist")


def rss(guest: Yard) -> float:
    """Resident memory of the gate, MB."""
    return round(int(guest.sh(f"grep VmRSS /proc/{guest.pid}/status").split()[1]) / 1024, 1)
