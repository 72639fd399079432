"""A Pi has no clock of its own. It wakes up in 1970, works, and is told the time later: a fault, then an event with the offset."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.rig.guest import ENTRY_OPEN, until
from tests.rig.yard import Yard

DAY_MS = 86_400_000


@pytest.fixture(scope="module", autouse=True)
def in_1970(guest: Yard) -> None:
    """The gate starts on the second of January 1970."""
    guest.stop()
    guest.sh("systemctl stop headoffice; date -us '1970-01-02 00:00:00'")
    guest.start()
    guest.sh("systemctl start headoffice")
    guest.at_rest()
    guest.down("entry")


def test_it_is_a_fault_and_cards_still_open(guest: Yard) -> None:
    assert ("clock", "unset") in {(f["device"], f["code"]) for f in guest.api("GET", "/faults")}
    assert guest.api("GET", "/state")["clock"]["trust"] == "unset"
    head, began = guest.head(), guest.ask("now")
    guest.entry.card(11)
    guest.pulse(ENTRY_OPEN, began)
    guest.through("entry")
    decided = guest.events("access.decided", head)[-1]
    assert decided["clock"] == "unset"
    assert decided["at"].startswith("1970-01-02")
    assert decided["body"]["decision"] == "granted"


def test_the_clock_is_set_and_that_is_an_event(guest: Yard, figures: dict[str, Any]) -> None:
    head = guest.head()
    guest.sh(f"date -us @{int(time.time())}")
    changed = guest.event("clock.changed", head)
    now = time.time() * 1000
    figures["clock.changed"] = changed["body"]
    assert changed["body"]["was"] == "unset"
    assert changed["body"]["trust"] in ("restored", "ntp")
    assert changed["body"]["offset_ms"] == pytest.approx(now - DAY_MS, abs=DAY_MS)
    until("the fault is over", lambda: not any(f["device"] == "clock" for f in guest.api("GET", "/faults")))
    assert len(guest.events("clock.changed", head)) == 1


def test_a_year_forward_and_back(guest: Yard) -> None:
    """A wrong time server: a jump each way, each with its offset; sessions and deadlines are on the steady clock."""
    head, year = guest.head(), 365 * DAY_MS
    guest.sh(f"date -us @{int(time.time()) + 365 * 86400}")
    there = guest.event("clock.changed", head)
    assert there["body"]["offset_ms"] == pytest.approx(year, abs=60_000)
    guest.sh(f"date -us @{int(time.time())}")
    back = guest.event("clock.changed", there["seq"])
    assert back["body"]["offset_ms"] == pytest.approx(-year, abs=60_000)
    began = guest.ask("now")
    guest.entry.card(22)
    guest.pulse(ENTRY_OPEN, began)


def test_the_journal_is_in_order_whatever_the_clock_said(guest: Yard) -> None:
    until("head office has it", lambda: guest.api("GET", "/state")["sync"]["unsent"] == 0)
    guest.stop()
    said = guest.sh(
        "cd /opt/gate-edge && runuser -u pi -- /opt/venv/bin/python -m edge verify --config tests/rig/gate.toml"
    )
    assert said
    guest.start()
