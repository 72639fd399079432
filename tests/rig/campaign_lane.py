"""A vehicle's way on real pins and lines: card, arm, loops, auto-close; what keeps the arm up; contacts that are normally closed; bounce.

The campaign plays the barrier machine: it answers a relay's pulse with the limit switches. Times are of the guest, in which
Python is some nine times slower than outside; what counts is order, and that pulses have their length.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.rig.guest import (
    CONTACTS,
    ENTRY_CLOSE,
    ENTRY_OPEN,
    EXIT_CLOSE,
    EXIT_OPEN,
    Guest,
    until,
)

SHORTEST_S, LONGEST_S = 0.48, 1.5
"""A pulse of 0.5 s; the guest shares a busy machine and is held up now and then, so it may be longer, never shorter."""
UP, DOWN, APPROACH, UNDER, BEAM, FIRE = 5, 6, 12, 13, 16, 4
EXIT_UP, EXIT_DOWN, EXIT_APPROACH, EXIT_UNDER = 19, 26, 20, 21
INPUTS = {
    UP: 0,
    DOWN: 0,
    APPROACH: 1,
    UNDER: 0,
    BEAM: 1,
    FIRE: 1,
    EXIT_UP: 1,
    EXIT_DOWN: 1,
    EXIT_APPROACH: 0,
    EXIT_UNDER: 1,
}
"""Each input's level that says «active»."""
CLOSING = {ENTRY_CLOSE, EXIT_CLOSE}


def set_(guest: Guest, line: int, active: bool) -> float:
    """A contact says active, or does not."""
    return guest.pull(line, INPUTS[line] if active else 1 - INPUTS[line])


def up(guest: Guest, limits: tuple[int, int] = (UP, DOWN), lane: str = "entry") -> None:
    """The machine raises the arm."""
    set_(guest, limits[1], False)
    set_(guest, limits[0], True)
    until(f"{lane} up", lambda: guest.lane(lane)["phase"] in ("up", "held"))


def down(guest: Guest, limits: tuple[int, int] = (UP, DOWN), lane: str = "entry") -> None:
    """The machine lowers it."""
    set_(guest, limits[0], False)
    set_(guest, limits[1], True)
    guest.phase(lane, "down")


def order(guest: Guest, lane: str, action: str, key: str) -> dict[str, Any]:
    """A guard's command, pressed now."""
    tick = guest.api("GET", "/health")["tick"]
    answer: dict[str, Any] = guest.api(
        "POST", f"/lanes/{lane}/command", {"action": action, "reason": "rig", "tick": tick, "age_ms": 0}, key
    )
    return answer


def closing_pulses(guest: Guest, since: float) -> list[tuple[int, float, float]]:
    """What the close relays did."""
    return [each for each in guest.closures(since) if each[0] in CLOSING]


@pytest.fixture(scope="module", autouse=True)
def running(guest: Guest) -> None:
    """The gate runs, the arms are down."""
    if guest.unit("ActiveState") != "active":
        guest.start()
    guest.at_rest()
    down(guest)
    down(guest, (EXIT_UP, EXIT_DOWN), "exit")


def test_limit_switches_are_the_state(guest: Guest) -> None:
    assert guest.lane("entry")["phase"] == "down"
    assert guest.lane("exit")["phase"] == "down"


def test_a_card_opens_a_vehicle_crosses_and_the_arm_closes(guest: Guest, figures: dict[str, Any]) -> None:
    head, began = guest.head(), guest.ask("now")
    set_(guest, APPROACH, True)
    guest.event("vehicle.waiting", head, lane="entry")
    sent = guest.ask("now")
    guest.entry.card(11)
    at, length = guest.pulse(ENTRY_OPEN, began)
    figures["card's first byte to relay, s (guest time, RPC included)"] = round(at - sent, 3)
    figures["open pulse of 0.5 s, s"] = round(length, 4)
    assert SHORTEST_S <= length <= LONGEST_S
    up(guest)
    set_(guest, UNDER, True)
    set_(guest, APPROACH, False)
    guest.sh("sleep 3")
    assert closing_pulses(guest, began) == []
    clear = set_(guest, UNDER, False)
    crossed = guest.event("vehicle.crossed", head, lane="entry")
    closed_at, closed_for = guest.pulse(ENTRY_CLOSE, began)
    figures["loop clear to close relay, auto_close_s 1.5, s"] = round(closed_at - clear, 2)
    assert closed_at - clear >= 1.5
    assert SHORTEST_S <= closed_for <= LONGEST_S
    assert crossed["body"]["pass_seq"] > 0
    down(guest)
    kinds = [e["kind"] for e in guest.events(after=head) if e["kind"] in ("access.decided", "barrier.commanded")]
    assert kinds == ["access.decided", "barrier.commanded", "barrier.commanded"]


def test_a_picture_was_taken_of_it(guest: Guest) -> None:
    taken = guest.events("picture.taken")
    assert {"card", "crossing"} <= {e["body"]["moment"] for e in taken}


def test_the_other_lane_usb_reader_and_active_low_relay(guest: Guest, figures: dict[str, Any]) -> None:
    head, began = guest.head(), guest.ask("now")
    guest.exit.card(11)
    _, length = guest.pulse(EXIT_OPEN, began)
    assert SHORTEST_S <= length <= LONGEST_S
    up(guest, (EXIT_UP, EXIT_DOWN), "exit")
    set_(guest, EXIT_UNDER, True)
    guest.sh("sleep 1")
    set_(guest, EXIT_UNDER, False)
    guest.event("vehicle.crossed", head, lane="exit")
    guest.pulse(EXIT_CLOSE, began)
    down(guest, (EXIT_UP, EXIT_DOWN), "exit")


def test_no_close_while_the_loop_is_covered(guest: Guest) -> None:
    head, began = guest.head(), guest.ask("now")
    guest.entry.card(22)
    guest.pulse(ENTRY_OPEN, began)
    up(guest)
    set_(guest, UNDER, True)
    until("felt", lambda: guest.lane("entry")["under"])
    refused = order(guest, "entry", "close", "rig-close-occupied")
    assert refused["error"]["code"] == "occupied"
    guest.sh("sleep 5")
    assert closing_pulses(guest, began) == []
    assert guest.events("command.refused", head)[-1]["body"]["why"] == "occupied"
    # now it goes on, the arm comes down, and another car drives under it
    set_(guest, UNDER, False)
    guest.pulse(ENTRY_CLOSE, began)
    set_(guest, UP, False)
    falling = guest.ask("now")
    entered = set_(guest, UNDER, True)
    at, _ = guest.pulse(ENTRY_OPEN, falling)
    assert at - entered < 1.0
    up(guest)
    set_(guest, UNDER, False)
    guest.sh("sleep 3")
    order(guest, "entry", "close", "rig-close-after-reopen")
    guest.phase("entry", "falling")
    down(guest)


def test_reopening_is_quick(guest: Guest, figures: dict[str, Any]) -> None:
    """A car under a falling arm while the close relay is still closed: break before make."""
    began = guest.ask("now")
    guest.entry.card(33)
    guest.pulse(ENTRY_OPEN, began)
    up(guest)
    set_(guest, UNDER, True)
    guest.sh("sleep 1")
    set_(guest, UNDER, False)
    until("the close relay is closed", lambda: guest.ask("get", line=ENTRY_CLOSE) == 1, every_s=0.02)
    middle = guest.ask("now")
    entered = set_(guest, UNDER, True)
    at, _ = guest.pulse(ENTRY_OPEN, middle)
    closed_at, closed_for = guest.pulse(ENTRY_CLOSE, began)
    figures["car under the falling arm to open relay, ms"] = round((at - entered) * 1000)
    assert closed_at + closed_for <= at + 0.002
    assert closed_for < SHORTEST_S
    set_(guest, UNDER, False)
    guest.sh("sleep 3")
    order(guest, "entry", "close", "rig-close-after-quick")
    down(guest)


def test_a_broken_beam_is_a_normally_closed_contact(guest: Guest) -> None:
    began = guest.ask("now")
    guest.entry.card(44)
    guest.pulse(ENTRY_OPEN, began)
    up(guest)
    set_(guest, UNDER, True)
    set_(guest, BEAM, True)
    guest.sh("sleep 1")
    set_(guest, UNDER, False)
    until("the page sees the beam", lambda: guest.lane("entry")["beam"])
    guest.sh("sleep 4")
    assert closing_pulses(guest, began) == []
    assert order(guest, "entry", "close", "rig-close-beam")["error"]["code"] == "beam"
    set_(guest, BEAM, False)
    guest.pulse(ENTRY_CLOSE, began)
    down(guest)


def test_bounce_is_one_change(guest: Guest, figures: dict[str, Any]) -> None:
    """An approach loop whose relay bounces is one vehicle; the loop under the arm is believed at the first edge."""
    head = guest.head()
    guest.ask("bounce", line=APPROACH, level=1, times=12, gap_ms=1.5)
    guest.event("vehicle.waiting", head, lane="entry")
    guest.ask("bounce", line=APPROACH, level=0, times=12, gap_ms=1.5)
    until("gone", lambda: not guest.lane("entry")["approach"])
    guest.sh("sleep 1")
    assert len(guest.events("vehicle.waiting", head)) == 1
    began = guest.ask("now")
    guest.ask("bounce", line=UP, level=1, times=20, gap_ms=1.5)  # a limit switch that chatters and stays open
    guest.sh("sleep 1")
    assert guest.lane("entry")["phase"] == "down"
    assert guest.closures(began) == []


def test_fire_raises_and_holds(guest: Guest, figures: dict[str, Any]) -> None:
    """The contact of the alarm system is normally closed: a cut wire is a fire."""
    began = guest.ask("now")
    cut = set_(guest, FIRE, True)
    at, _ = guest.pulse(ENTRY_OPEN, began)
    guest.pulse(EXIT_OPEN, began)
    figures["fire contact to open relay, ms"] = round((at - cut) * 1000)
    up(guest)
    up(guest, (EXIT_UP, EXIT_DOWN), "exit")
    assert guest.lane("entry")["held_by"] == ["fire"]
    set_(guest, FIRE, False)
    guest.sh("sleep 4")
    assert closing_pulses(guest, began) == []
    for lane in ("entry", "exit"):
        assert "error" not in order(guest, lane, "release", f"rig-release-{lane}")
        assert "error" not in order(guest, lane, "close", f"rig-lower-{lane}")
    down(guest)
    down(guest, (EXIT_UP, EXIT_DOWN), "exit")


def test_rest(guest: Guest) -> None:
    """Every contact is as the next file expects it."""
    wanted = {**CONTACTS, DOWN: 0, EXIT_DOWN: 1}
    assert {line: guest.ask("get", line=line) for line in wanted} == wanted
