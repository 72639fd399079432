"""Commands through the API on the real simulated gate: honest answers, once for each key, never late."""

from __future__ import annotations

from tests.support_page import Client, RealGate, until

pytest_plugins = ["tests.support_page_fixtures"]


def test_one_raise_from_the_press_to_the_register(gate: RealGate) -> None:
    guard = gate.user("guard-1", "guard")
    guard.at_rest()
    head = guard.state()["journal_seq"]
    answer = guard.command("open", reason="delivery", plate="粤B11111", key="raise-once-0001").json()
    assert answer["result"] == "pulsed"
    assert answer["ms"] < 1000
    again = guard.command("open", reason="delivery", plate="粤B11111", key="raise-once-0001").json()
    assert (again["result"], again["seq"]) == ("again", answer["seq"])
    arm = guard.get("/lanes/entry/arm", params={"after": answer["seq"], "timeout_s": 10}).json()
    assert arm["phase"] == "up"
    assert 1000 < arm["ms"] < 9000
    opened = [e for e in guard.events("barrier.commanded", head) if e["body"]["action"] == "open"]
    assert len(opened) == 1, "the same key twice moves once"
    assert guard.get("/commands/raise-once-0001").json()["recorded"]
    row = guard.get(f"/passes/{answer['seq']}").json()["row"]
    assert (row["decision"], row["plate"], row["reason"]) == ("by-hand", "粤B11111", "delivery")
    note_and_read(guard, answer["seq"])
    guard.at_rest()


def note_and_read(guard: Client, seq: int) -> None:
    """What a guard adds to a pass is kept beside the first reading."""
    noted = guard.post(f"/passes/{seq}/note", {"plate": "粤B·22222", "driver": "陈师傅", "passengers": 3})
    assert noted.status_code == 200
    found = guard.get(f"/passes/{seq}").json()
    assert (found["row"]["plate_read"], found["row"]["plate"]) == ("粤B11111", "粤B22222")
    assert (found["row"]["driver"], found["row"]["passengers"]) == ("陈师傅", 3)
    assert "陈师傅" not in str(found["events"])
    assert found["events"][0]["kind"] == "pass.opened"
    assert guard.post(f"/passes/{seq}/note", {"passengers": 100}).status_code == 422


def test_a_late_press_is_not_executed_and_says_why(gate: RealGate) -> None:
    leader = gate.leader()
    leader.at_rest()
    tick, head = leader.get("/health").json()["tick"], leader.state()["journal_seq"]
    for n, body in enumerate(
        (
            {"tick": tick - 2500},
            {"tick": tick - 9000, "age_ms": 1000},
            {"tick": tick + 60_000},
            {"tick": tick - 5500, "age_ms": 5400},
        )
    ):
        answer = leader.post("/lanes/entry/command", {"action": "open", **body}, f"late-press-{n}")
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "late"
        assert answer.json()["error"]["hint"]
        known = leader.get(f"/commands/late-press-{n}").json()
        assert (known["recorded"], known["refused"]) == (True, "late")
    assert not leader.get("/commands/never-pressed").json()["recorded"]
    assert leader.events("barrier.commanded", head) == []
    assert len(until(lambda: leader.events("command.refused", head))) == 4
    assert leader.lane()["phase"] == "down"


def test_an_unknown_lane_is_named(gate: RealGate) -> None:
    answer = gate.leader().command("open", "nowhere")
    assert answer.status_code == 404
    assert "nowhere" in answer.json()["error"]["message"]
