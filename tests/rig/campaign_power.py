"""The plug is pulled in the middle of traffic, three times. Then: the journal is whole, nothing that was committed (told to the
page, acknowledged by head office) is gone, the gate comes up by itself and moves nothing, head office goes on without a gap.

QEMU is killed and the same disk boots again. What the guest had not flushed is lost with it, as on a real machine.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.rig.guest import until
from tests.rig.page import Page
from tests.rig.yard import Yard

CUTS = 3
PIN = "728419"
HEADOFFICE = "/var/lib/headoffice/headoffice.sqlite"
VERIFY = "cd /opt/gate-edge && runuser -u pi -- /opt/venv/bin/python -m edge verify --config tests/rig/gate.toml"


def traffic(guest: Yard, over: threading.Event) -> None:
    """Cards at both lanes, one after the other, until the machine is gone. Most of them nobody knows: each is asked about, so there
    is always something to record; the others raise the arm."""
    number = 0
    try:
        while not over.wait(0.15):
            number = number % 99 + 1
            guest.entry.card(number)
            guest.exit.send(b"\x02" + b"0A003F8A" + f"{number:02d}".encode() + b"00\x03")  # checksum wrong: noise
    except OSError:
        return


def chain(guest: Yard, db: str, table: str) -> dict[int, tuple[str, str]]:
    """Number → the exact bytes and hash."""
    return {
        seq: (data, digest) for seq, data, digest in guest.sql(f"SELECT seq, data, hash FROM {table} ORDER BY seq", db)
    }


@pytest.mark.parametrize("cut", range(1, CUTS + 1))
def test_power_is_cut_in_traffic(guest: Yard, figures: dict[str, Any], cut: int) -> None:
    if guest.unit("ActiveState") != "active":
        guest.start()
    guest.sh("systemctl is-active headoffice || systemctl start headoffice")
    person = {"user": f"rig{cut}", "name": "李强", "role": "guard", "pin": PIN}
    guest.api("POST", "/users", person, f"rig-user-{guest.head()}")
    page = Page(f"rig{cut}", PIN)
    page.start()
    before = guest.head()
    over = threading.Event()
    cars = threading.Thread(target=traffic, args=(guest, over), daemon=True)
    cars.start()
    assert page.wait_told(10 * cut, 600), f"told of {len(page.told)} events; the traffic goes on: {cars.is_alive()}"
    guest.powercut()
    over.set()
    cars.join(5)
    for wire in (
        guest.entry,
        guest.exit,
    ):  # the traffic may have taken hold of the old machine's line just before its end
        wire.cut()
    page.join(70)

    # the unit is enabled: it comes up by itself
    until("the gate is ready again", lambda: guest.unit("ActiveState") == "active", 300, 1)
    began = 0.0  # the trace begins with the agent, which begins before the gate is ready
    journal = chain(guest, "/var/lib/gate-edge/gate.sqlite", "journal")
    head = max(journal)
    told = max(page.told)
    figures[f"power cut {cut}"] = (
        f"told up to {told}, acknowledged up to {page.acked}; journal after the boot up to {head}"
    )
    assert sorted(journal) == list(range(1, head + 1))
    assert told <= head
    assert page.acked <= head
    assert told > before
    events = {e["seq"]: e for e in guest.events(after=before)}
    for seq, seen in page.told.items():
        assert events[seq]["kind"] == seen["kind"], f"event {seq} is another one"
    started = guest.events("gate.started")[-1]
    assert started["body"]["previous"] == "crash"
    assert started["seq"] > told

    # nothing moves
    assert {lane["phase"] for lane in guest.api("GET", "/lanes")} == {"unknown"}
    assert list(guest.events("barrier.commanded", started["seq"])) == []
    guest.sh("sleep 3")
    assert guest.closures(began) == []

    # head office goes on where it was
    until("head office has everything", lambda: guest.api("GET", "/state")["sync"]["unsent"] == 0, 180)
    journal = chain(guest, "/var/lib/gate-edge/gate.sqlite", "journal")
    received = chain(guest, HEADOFFICE, "events")
    assert sorted(received) == list(range(1, max(received) + 1))
    assert all(journal[seq] == both for seq, both in received.items())
    assert guest.sql("SELECT code, detail FROM alarms", HEADOFFICE) == []


def test_the_whole_journal_verifies_at_both_ends(guest: Yard, figures: dict[str, Any]) -> None:
    guest.stop()
    figures["verify"] = guest.sh(VERIFY).split("\n")
    office = "/opt/venv/bin/python -m sync.headoffice verify rig --db " + HEADOFFICE
    figures["head office"] = guest.sh(f"cd /opt/gate-edge && runuser -u pi -- {office}")
    assert "whole and unaltered" in figures["head office"]
