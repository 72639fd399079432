"""Devices that are pulled out and put back: a fault in words, begun once and ended once; the other lane goes on; then it works again."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.rig.guest import ENTRY_OPEN, EXIT_OPEN, rig, until
from tests.rig.yard import LINES, Yard

SHORTEST_S, LONGEST_S = 0.48, 1.5
"""A pulse of 0.5 s; the guest shares a busy machine and is held up now and then, so it may be longer, never shorter."""


@pytest.fixture(scope="module", autouse=True)
def running(guest: Yard) -> None:
    """The gate runs, the arms are down."""
    if guest.unit("ActiveState") != "active":
        guest.start()
    guest.at_rest()
    for lane in LINES:
        guest.down(lane)


def open_faults(guest: Yard, device: str) -> list[dict[str, Any]]:
    """What the page says of this device."""
    return [f for f in guest.api("GET", "/faults") if f["device"] == device]


def faults_since(guest: Yard, device: str, head: int) -> list[tuple[str, str]]:
    """Which of its faults began and ended, in order."""
    return [
        (e["kind"], e["body"]["code"])
        for e in guest.events(after=head)
        if e["kind"].startswith("fault.") and e["body"]["device"] == device
    ]


def card_opens(guest: Yard, lane: str, number: int) -> None:
    """A card at this lane moves its relay."""
    began = guest.ask("now")
    (guest.entry if lane == "entry" else guest.exit).card(number)
    _, length = guest.pulse(ENTRY_OPEN if lane == "entry" else EXIT_OPEN, began)
    assert SHORTEST_S <= length <= LONGEST_S
    guest.through(lane)


def test_a_reader_is_pulled_out_and_put_back(guest: Yard, figures: dict[str, Any]) -> None:
    head = guest.head()
    began = time.monotonic()
    guest.unplug()
    found = until("the page says so", lambda: open_faults(guest, "exit.reader"))
    figures["USB reader pulled out: fault after, s (host)"] = round(time.monotonic() - began, 1)
    figures["USB reader pulled out: words"] = f"{found[0]['code']}: {found[0]['detail']}"
    assert [f["code"] for f in found] == ["gone"]
    card_opens(guest, "entry", 55)
    guest.sh("sleep 12")  # several attempts to open it
    began = time.monotonic()
    guest.plug()
    until("it is back", lambda: not open_faults(guest, "exit.reader"))
    figures["USB reader put back: works after, s (host)"] = round(time.monotonic() - began, 1)
    card_opens(guest, "exit", 66)
    assert faults_since(guest, "exit.reader", head) == [("fault.began", "gone"), ("fault.ended", "gone")]


def test_a_camera_is_pulled_out_and_put_back(guest: Yard, figures: dict[str, Any]) -> None:
    until("it sees", lambda: not open_faults(guest, "entry.camera"))
    head = guest.head()
    began = time.monotonic()
    rig("cam-unplug")
    found = until("the page says so", lambda: open_faults(guest, "entry.camera"))
    figures["camera pulled out: fault after, s (host)"] = round(time.monotonic() - began, 1)
    figures["camera pulled out: words"] = f"{found[0]['code']}: {found[0]['detail']}"
    guest.sh("sleep 3")  # the last picture is of this moment for two seconds
    card_opens(guest, "entry", 77)
    missed = guest.event("picture.missed", head, lane="entry")
    assert missed["body"]["why"] == "no-frame"
    guest.sh("sleep 12")
    began = time.monotonic()
    rig("cam-plug")
    until("it sees again", lambda: not open_faults(guest, "entry.camera"))
    figures["camera put back: sees after, s (host)"] = round(time.monotonic() - began, 1)
    assert faults_since(guest, "entry.camera", head) == [("fault.began", "gone"), ("fault.ended", "gone")]


def test_noise_on_the_line_is_a_fault_and_ends(guest: Yard) -> None:
    head = guest.head()
    guest.entry.send(bytes(range(128, 256)) * 3)
    until("noise", lambda: any(f["code"] == "noise" for f in open_faults(guest, "entry.reader")))
    card_opens(guest, "entry", 88)
    until("quiet", lambda: not open_faults(guest, "entry.reader"))
    assert faults_since(guest, "entry.reader", head) == [("fault.began", "noise"), ("fault.ended", "noise")]


def test_two_processes_cannot_have_one_pin(guest: Yard, figures: dict[str, Any]) -> None:
    """Somebody else holds the pin of an input when the gate starts: a fault with the pin's number, and the other lane works."""
    guest.stop()
    holder = "import lgpio, time; h = lgpio.gpiochip_open(0); lgpio.gpio_claim_input(h, 26); time.sleep(600)"
    pid = guest.sh(f"cd /run && (setsid /opt/venv/bin/python -c '{holder}' >/dev/null 2>&1 & echo $!)")
    until("the pin is taken", lambda: "lg" in guest.sh("gpioinfo gpiochip0 | grep GPIO26"))
    guest.start()
    found = open_faults(guest, "exit.pins")
    figures["pin taken by another process: words"] = [f"{f['code']}: {f['detail']}" for f in found]
    assert [f["code"] for f in found] == ["gone"]
    assert "pin 26" in found[0]["detail"]
    card_opens(guest, "entry", 99)
    guest.exit.card(99)
    until("the guard is told", lambda: (guest.lane("exit")["prompt"] or {}).get("code") == "no-relays")
    guest.stop()
    guest.sh(f"kill {pid}")
    guest.start()
    assert open_faults(guest, "exit.pins") == []
