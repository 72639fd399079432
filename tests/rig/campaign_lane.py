"""A vehicle's way on real pins and lines: card, arm, loops, auto-close; what keeps the arm up; contacts that are normally closed; bounce.

The campaign plays the barrier machine and the vehicles: it answers a relay's pulse with the limit switches. Times are of the
guest, in which Python is some nine times slower than outside; what counts is order, and that pulses have their length.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest

from tests.rig.guest import ENTRY_CLOSE, ENTRY_OPEN, EXIT_CLOSE, EXIT_OPEN, until
from tests.rig.yard import CLOSE_RELAY, LINES, Yard

SHORTEST_S, LONGEST_S = 0.48, 1.5
"""A pulse of 0.5 s; the guest shares a busy machine and is held up now and then, so it may be longer, never shorter."""
QUIET_S = 5.0
"""So long is watched for a close pulse that must not come (auto_close_s is 1.5)."""
FIRE = 4
APPROACH, UP = LINES["entry"]["approach"][0], LINES["entry"]["up_limit"][0]


def order(guest: Yard, lane: str, action: str) -> dict[str, Any]:
    """A guard's command, pressed now."""
    tick = guest.api("GET", "/health")["tick"]
    wanted = {"action": action, "reason": "rig", "tick": tick, "age_ms": 0}
    answer: dict[str, Any] = guest.api("POST", f"/lanes/{lane}/command", wanted, f"rig-{time.monotonic_ns()}")
    return answer


def release(guest: Yard, lane: str) -> bool:
    """A guard lets go of a held arm; whether that was done."""
    return "error" not in order(guest, lane, "release")


def about_the_arm(event: dict[str, Any]) -> bool:
    """A fault of the barrier."""
    return bool(event["kind"].startswith("fault.") and event["body"]["device"] == "entry.barrier")


def no_close(guest: Yard, since: float) -> None:
    """Nothing lowers an arm, for a while."""
    guest.sh(f"sleep {QUIET_S}")
    assert [each for each in guest.closures(since) if each[0] in (ENTRY_CLOSE, EXIT_CLOSE)] == []


@pytest.fixture(scope="module", autouse=True)
def running(guest: Yard) -> None:
    """The gate runs, the arms are down."""
    guest.at_rest()
    guest.start()
    for lane in LINES:
        guest.down(lane)


def test_a_card_opens_a_vehicle_crosses_and_the_arm_closes(guest: Yard, figures: dict[str, Any]) -> None:
    head, began = guest.head(), guest.ask("now")
    guest.feel("entry", "approach", True)
    guest.event("vehicle.waiting", head, lane="entry")
    sent = guest.ask("now")
    guest.entry.card(11)
    at, length = guest.pulse(ENTRY_OPEN, began)
    figures["card's first byte to relay, s (guest time, the campaign's own way included)"] = round(at - sent, 3)
    figures["open pulse of 0.5 s, s"] = round(length, 4)
    assert SHORTEST_S <= length <= LONGEST_S
    guest.up("entry")
    guest.enter("entry")
    no_close(guest, began)
    clear = guest.leave("entry", head)
    closed_at, closed_for = guest.pulse(ENTRY_CLOSE, began)
    figures["loop clear to close relay, auto_close_s 1.5, s"] = round(closed_at - clear, 2)
    assert closed_at - clear >= 1.5
    assert SHORTEST_S <= closed_for <= LONGEST_S
    guest.down("entry")
    kinds = [e["kind"] for e in guest.events(after=head) if e["kind"] in ("access.decided", "barrier.commanded")]
    assert kinds == ["access.decided", "barrier.commanded", "barrier.commanded"]
    assert {"card", "crossing"} <= {e["body"]["moment"] for e in guest.events("picture.taken", head)}


def test_the_other_lane_usb_reader_and_active_low_relay(guest: Yard) -> None:
    head, began = guest.head(), guest.ask("now")
    guest.exit.card(11)
    _, length = guest.pulse(EXIT_OPEN, began)
    assert SHORTEST_S <= length <= LONGEST_S
    guest.through("exit")
    assert guest.events("vehicle.crossed", head)[-1]["body"]["pass_seq"] > 0


def test_no_close_while_the_loop_is_covered_and_reopening(guest: Yard, figures: dict[str, Any]) -> None:
    """Neither by itself nor by a guard; and a car that comes under an arm whose close relay is closed raises it again."""
    head, began = guest.head(), guest.ask("now")
    guest.entry.card(22)
    guest.pulse(ENTRY_OPEN, began)
    guest.up("entry")
    guest.enter("entry")
    assert order(guest, "entry", "close")["error"]["code"] == "occupied"
    no_close(guest, began)
    guest.leave("entry", head)
    until("the close relay is closed", lambda: guest.ask("get", line=ENTRY_CLOSE) == 1, every_s=0.02)
    middle = guest.ask("now")
    entered = guest.feel("entry", "under", True)
    at, _ = guest.pulse(ENTRY_OPEN, middle)
    closed_at, closed_for = guest.pulse(ENTRY_CLOSE, began)
    figures["car under the falling arm to open relay, ms"] = round((at - entered) * 1000)
    assert closed_at + closed_for <= at + 0.005, "both relays were closed at once"
    guest.phase("entry", "up")  # the upper limit was never left
    guest.feel("entry", "under", False)
    guest.shown("entry", "under", False)
    if guest.lane("entry")["phase"] == "up":
        order(guest, "entry", "close")
    guest.down("entry")


def test_a_broken_beam_is_a_normally_closed_contact(guest: Yard) -> None:
    head, began = guest.head(), guest.ask("now")
    guest.entry.card(44)
    guest.pulse(ENTRY_OPEN, began)
    guest.up("entry")
    guest.enter("entry")
    guest.feel("entry", "beam", True)
    guest.shown("entry", "beam")
    guest.leave("entry", head)
    no_close(guest, began)
    assert order(guest, "entry", "close")["error"]["code"] == "beam"
    guest.feel("entry", "beam", False)
    guest.pulse(ENTRY_CLOSE, began)
    guest.down("entry")


def test_bounce_is_one_change(guest: Yard) -> None:
    """An approach loop whose relay bounces is one vehicle. Debounced for 250 ms here: in a guest that is held up, the gaps of
    1.5 ms become some tens."""
    head = guest.head()
    guest.ask("bounce", line=APPROACH, level=1, times=12, gap_ms=1.5)
    guest.event("vehicle.waiting", head, lane="entry")
    guest.ask("bounce", line=APPROACH, level=0, times=12, gap_ms=1.5)
    guest.event("vehicle.turned-back", head, lane="entry")
    assert len(guest.events("vehicle.waiting", head)) == 1


def test_a_chattering_limit_switch_is_nothing(guest: Yard, figures: dict[str, Any]) -> None:
    """The upper switch of an arm that is down, at the usual 20 ms, on a busy machine (edges come some tens of ms late): as long
    as it never stays closed for its 20 ms the gate must not believe it. When it did stay, that is no bounce, and it is tried again."""
    began, longest = guest.ask("now"), []
    guest.sh("for n in 1 2; do (timeout 60 sh -c 'while :; do :; done' >/dev/null 2>&1 &); done")
    for _ in range(30):
        guest.phase("entry", "down")
        head = guest.head()
        took = guest.ask("bounce", line=UP, level=1, times=15, gap_ms=1.0)
        guest.sh("sleep 0.5")
        if took < 20:
            longest.append(took)
            assert [e for e in guest.events(after=head) if e["kind"].startswith("barrier.") or about_the_arm(e)] == []
        if len(longest) == 6:
            break
    figures["limit switch chattered at 20 ms without being believed: longest closed, ms"] = [round(t) for t in longest]
    assert longest, "no bounce was short enough to be one: the machine is too busy"
    assert guest.closures(began) == []


def test_fire_raises_and_holds(guest: Yard, figures: dict[str, Any]) -> None:
    """The contact of the alarm system is normally closed: a cut wire is a fire."""
    began = guest.ask("now")
    cut = guest.pull(FIRE, 1)
    at, _ = guest.pulse(ENTRY_OPEN, began)
    guest.pulse(EXIT_OPEN, began)
    figures["fire contact to open relay, ms"] = round((at - cut) * 1000)
    for lane in LINES:
        guest.up(lane)
    assert guest.lane("entry")["held_by"] == ["fire"]
    guest.pull(FIRE, 0)
    no_close(guest, began)
    released = guest.ask("now")
    for lane, close in CLOSE_RELAY.items():
        # a busy guest may be slower than the two seconds that a command lives: then it is refused as late, and pressed again
        until(f"{lane} released", partial(release, guest, lane))
        guest.pulse(close, released)  # whoever held it has let go, and nothing is in the way
        guest.down(lane)
