"""Requests, notices and the change of shift through the API of a whole gate: answers, roles, and what a tablet learns at once."""

from __future__ import annotations

import secrets

from edge.api import models_post as p
from tests.support_page import RealGate, until

pytest_plugins = ["tests.support_page_fixtures"]


def test_d2_a_request_from_the_call_to_a_satisfied_owner(gate: RealGate) -> None:
    guard = gate.user("gao", "guard")
    kinds = guard.get("/requests/kinds").json()
    p.RequestKindsOut.model_validate(kinds)
    assert kinds["kinds"][0]["category"] == "repair"
    body = {"category": "repair", "unit": "11栋201", "words": "水龙头漏水"}
    key = secrets.token_hex(8)
    done = guard.post("/requests", body, key).json()
    assert guard.post("/requests", body, key).json()["again"]
    p.RequestActed.model_validate(done)
    number = done["request"]["request"]
    assert done["request"]["state"] == "passed"
    assert guard.post(f"/requests/{number}/ask", {"answer": "satisfied"}).json()["error"]["code"] == "request-open"
    guard.post(f"/requests/{number}/done", {"note": "已换阀芯"})
    back = guard.post(f"/requests/{number}/ask", {"answer": "unsatisfied"}).json()["request"]
    assert (back["state"], back["round"]) == ("passed", 2)
    guard.post(f"/requests/{number}/done", {})
    assert guard.post(f"/requests/{number}/ask", {"answer": "satisfied"}).json()["request"]["state"] == "satisfied"
    assert guard.get(f"/requests/{number}").json()["steps"][2]["note"] == "已换阀芯"
    assert guard.get("/requests/999999").status_code == 404
    assert gate.user("tech-2", "technician").get("/requests").status_code == 403


def test_d4_a_picture_of_the_lane_is_kept_with_a_violation(gate: RealGate) -> None:
    guard = gate.user("gao", "guard")
    until(lambda: guard.get("/lanes/entry/live.jpg").status_code == 200)
    done = guard.post("/requests", {"category": "violation", "words": "逆行", "lane": "entry"}).json()["request"]
    assert done["state"] == "closed"
    assert guard.get(f"/pictures/{done['picture']}").content[:2] == b"\xff\xd8"


def test_d5_a_notice_reaches_the_live_state_and_is_read_and_withdrawn(gate: RealGate) -> None:
    leader, guard = gate.leader(), gate.user("gao", "guard")
    now = leader.state()["now_ms"]
    body = {"notice": "water-cut", "text": "水管检修", "from_ms": now - 1000, "until_ms": now + 3_600_000}
    assert guard.post("/bulletins", body).status_code == 403
    number = leader.post("/bulletins", body).json()["about"]
    (shown,) = until(lambda: [one for one in guard.state()["post"]["bulletins"] if one["bulletin"] == number])
    assert "停水" in shown["say_zh"]
    guard.post(f"/bulletins/{number}/read", {"version": 1, "device": "t"})
    (row,) = [one for one in guard.get("/bulletins").json()["rows"] if one["bulletin"] == number]
    assert row["reads"][0]["actor"] == "gao"
    leader.post(f"/bulletins/{number}/correct", {**body, "text": "水管爆裂"})
    leader.post(f"/bulletins/{number}/withdraw", {"reason": "已恢复"})
    assert number not in [one["bulletin"] for one in guard.state()["post"]["bulletins"]]


def test_d6_counted_taken_over_and_the_old_session_ended(gate: RealGate) -> None:
    leader, old = gate.leader(), gate.user("gao", "guard")
    leader.post("/users", {"user": "sun", "name": "孙", "role": "guard", "pin": "602914"})
    new = gate.client()
    new.cookies.update(old.cookies)
    assert new.post("/session", {"user": "sun", "pin": "602914", "taking_over": True}).status_code == 200
    assert old.get("/session").status_code == 200, "on duty until the hand-over"
    empty = dict.fromkeys(("documents", "cards_rack", "cards_out", "visitors", "requests"), 0)
    count = new.post("/duty/count", {**empty, "documents": 9_000}).json()
    p.CountOut.model_validate(count)
    assert "documents" in count["differences"]
    assert count["counted"][-1] == -1
    duty = new.get("/duty").json()
    p.DutyOut.model_validate(duty)
    assert duty["count"]["count"] == count["count"]
    wanted = {"count": count["count"], "outgoing": ["gao"], "reason": ""}
    refused = new.post("/duty/hand-over", wanted).json()["error"]
    assert refused["code"] == "difference-reason"
    assert new.post("/duty/hand-over", {**wanted, "reason": "试点"}).status_code == 200
    assert old.get("/session").status_code == 401
    last = new.get("/duty").json()["handovers"][0]
    assert (last["incoming_names"], last["reason"]) == (["孙"], "试点")
    assert new.get("/duty/overview").status_code == 403
    p.OverviewOut.model_validate(leader.get("/duty/overview").json())


def test_d6_a_card_is_given_on_the_people_page_and_a_pin_or_ticket_is_needed(gate: RealGate) -> None:
    leader = gate.leader()
    leader.post("/users", {"user": "wei", "name": "韦", "role": "guard", "pin": "602914", "card": "0004164129"})
    assert [u["card"] for u in leader.get("/users").json()["users"] if u["user"] == "wei"] == ["003f8a21"]
    assert (
        leader.put("/users/wei", {"name": "韦", "role": "guard", "card": "xyz"}).json()["error"]["code"] == "card-form"
    )
    kept = leader.put("/users/wei", {"name": "韦", "role": "guard"}).json()
    assert kept["card"] == "003f8a21"
    nobody = gate.client()
    assert nobody.get("/people").json()["card"] is None
    assert nobody.post("/session", {"user": "wei"}).status_code == 422
    assert nobody.post("/session", {"user": "wei", "ticket": "00" * 16}).json()["error"]["code"] == "card-over"
