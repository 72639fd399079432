"""The desk's routes on a whole gate: P3 to the end, refusals, roles, keys, and what lists show of people."""

from __future__ import annotations

import secrets

import pytest

from edge.api import cards, visits
from tests.support_page import Client, RealGate
from tests.support_visits import admitted, begin, do, licence, somebody, stock

pytest_plugins = ["tests.support_page_fixtures"]
CARD, SPARE, VEHICLE = "0a00d20001", "0a00d20002", "0a00d20003"


@pytest.fixture
def guard(gate: RealGate) -> Client:
    stock(gate, (CARD, "visitor", "A-01"), (SPARE, "visitor", "A-02"), (VEHICLE, "vehicle", "C-01"))
    return gate.user("guard-d", "guard")


def refused(client: Client, path: str, body: object) -> dict[str, str]:
    answer = client.post(path, body)
    assert answer.status_code in (404, 409, 422), answer.text
    error: dict[str, str] = answer.json()["error"]
    assert set(error) == {"code", "message", "hint"}
    assert error["message"]
    assert error["hint"]
    return error


def test_p3_from_the_question_to_the_goodbye(guard: Client) -> None:
    head = guard.state()["journal_seq"]
    before = guard.get("/visits").json()["counts"]
    visit = admitted(guard, CARD)
    assert visit["state"] == "admitted"
    assert sorted(visit["outstanding"]) == ["card", "document"]
    counts = guard.get("/visits").json()["counts"]
    assert counts["people"] == before["people"] + 1
    assert counts["documents"] == before["documents"] + 1
    assert counts["cards_rack"] == before["cards_rack"] - 1
    path = f"/visits/{visit['visit']}"
    assert refused(guard, f"{path}/close", {})["code"] == "outstanding-card-document"
    do(guard, visit, "card/return")
    assert refused(guard, f"{path}/close", {})["code"] == "outstanding-document"
    do(guard, visit, "document/return")
    after = do(guard, visit, "close")
    assert after["state"] == "closed"
    assert after["outstanding"] == []
    assert visit["visit"] not in [row["visit"] for row in guard.get("/visits").json()["rows"]]
    kinds = [
        e["kind"] for e in guard.events(after=head) if e["kind"].split(".")[0] in ("visit", "host", "document", "card")
    ]
    assert kinds == [
        "visit.opened",
        "visit.step",
        "host.called",
        "document.held",
        "card.issued",
        "visit.admitted",
        "card.returned",
        "document.returned",
        "visit.closed",
    ]


def test_nobody_is_let_in_before_the_host_agreed(guard: Client) -> None:
    visit = begin(guard)
    path = f"/visits/{visit['visit']}"
    assert refused(guard, f"{path}/admit", {})["code"] == "first-question"
    do(guard, visit, "answer", step="appointment", answer="no")
    assert refused(guard, f"{path}/card", {"card": SPARE})["code"] == "first-call"
    after = do(guard, visit, "call", result="no-answer")
    assert after["step"] == "host"
    assert refused(guard, f"{path}/admit", {})["code"] == "first-call"
    assert do(guard, visit, "refuse", reason="no-answer")["state"] == "refused"


def test_an_identity_card_is_never_held_and_a_wrong_digit_is_named(guard: Client) -> None:
    visit = begin(guard)
    do(guard, visit, "answer", step="appointment", answer="yes")
    do(guard, visit, "call", result="agreed")
    path, number = f"/visits/{visit['visit']}/document", licence()
    assert refused(guard, path, {"how": "hold", "kind": "resident-id", "number": number})["code"] == "not-held"
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    assert refused(guard, path, {"how": "check", "kind": "resident-id", "number": wrong})["code"] == "id-check"
    after = do(guard, visit, "document", how="check", kind="resident-id", number=number)
    assert after["outstanding"] == []
    assert after["documents"][0]["how"] == "checked"
    do(guard, visit, "refuse", reason="left")


def test_a_visit_ends_with_something_outstanding_only_with_a_reason(guard: Client) -> None:
    visit = admitted(guard, SPARE)
    closed = do(guard, visit, "close", override="card-lost")
    assert closed["how"] == "override"
    assert closed["reason"] == "card-lost"
    state = {row["card"]: row["state"] for row in guard.get("/cards").json()["rows"]}
    assert state[SPARE] == "lost"
    held = [slot for slot in guard.get("/rack").json()["rows"] if slot["visit"] == visit["visit"]]
    assert len(held) == 1, "the document still lies in the rack"
    do(guard, visit, "document/return")
    assert guard.post("/cards/return", {"card": SPARE}).status_code == 200


def test_a_viewer_is_directed_and_sales_are_told(guard: Client) -> None:
    visit = begin(guard, kind="viewer", name="", unit="")
    assert visit["may"]["admit"]
    after = do(guard, visit, "direct", where="clubhouse")
    assert after["state"] == "directed"
    assert "会所" in after["say_zh"]
    told = next(row for row in guard.get("/notices").json()["rows"] if row["visit"] == visit["visit"])
    assert told["to"] == "sales"
    assert told["acked_ms"] is None
    assert guard.post(f"/notices/{told['notice']}/acknowledge", {"by": "radio"}).status_code == 200
    again = next(row for row in guard.get("/notices").json()["rows"] if row["notice"] == told["notice"])
    assert again["acked_ms"]


def test_the_same_press_twice_is_one(guard: Client) -> None:
    key, body = secrets.token_hex(8), {"kind": "business", "name": somebody(), "unit": "2栋404"}
    first = guard.post("/visits", body, key).json()
    second = guard.post("/visits", body, key).json()
    assert second["again"]
    assert second["visit"]["visit"] == first["visit"]["visit"]
    other = guard.post("/visits", body).json()
    assert other["visit"]["visit"] == first["visit"]["visit"], "the same visitor on a second tablet is the same visit"
    do(guard, first["visit"], "refuse", reason="left")


def test_a_technician_sees_cards_but_nobody(gate: RealGate, guard: Client) -> None:
    technician = gate.user("tech-d", "technician")
    assert technician.get("/cards").status_code == 200
    assert technician.get("/visits/kinds").status_code == 200
    for path in ("/visits", "/visits/1", "/people-inside", "/rack", "/notices", "/suggest?text=w"):
        assert technician.get(path).status_code == 403, path
    assert technician.post("/visits", {"kind": "viewer"}).status_code == 403
    assert guard.post("/cards", {"card": "0a00d20009", "kind": "visitor"}).status_code == 403, (
        "the stock is the leader's"
    )


def test_numbers_are_masked_for_other_guards_and_in_lists(gate: RealGate, guard: Client) -> None:
    visit, number = begin(guard), licence()
    do(guard, visit, "answer", step="appointment", answer="yes")
    do(guard, visit, "call", result="agreed")
    mine = do(guard, visit, "document", how="hold", kind="driving-licence", number=number, owner=visit["name"])
    assert mine["documents"][0]["number"] == number
    other = gate.user("guard-e", "guard")
    assert number not in other.get(f"/visits/{visit['visit']}").text
    for path in ("/visits", "/rack", "/people-inside", "/events?limit=1000"):
        assert number not in guard.get(path).text, path
    do(guard, visit, "document/return")
    do(guard, visit, "refuse", reason="left")


def test_completion_finds_hosts_by_initials_and_visitors_seen_before(guard: Client) -> None:
    rows = guard.get("/suggest", params={"text": "zw"}).json()["rows"]
    assert {"what": "host", "name": "郑伟", "unit": "11栋201"}.items() <= rows[0].items()
    visit = begin(guard, name="欧阳小测", company="顺丰", plate="粤B7K9Q2", mode="vehicle")
    do(guard, visit, "refuse", reason="left")
    seen = guard.get("/suggest", params={"text": "欧阳小"}).json()["rows"]
    assert {"what": "visitor", "company": "顺丰", "plate": "粤B7K9Q2"}.items() <= seen[0].items()


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/visits", {"kind": "nobody"}, "bad-input"),
        ("/visits", {"kind": "business", "surprise": 1}, "bad-input"),
        ("/visits/999999/admit", {}, "not-found"),
        ("/cards/return", {"card": "nothing"}, "not-found"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(guard: Client, path: str, body: object, code: str) -> None:
    assert refused(guard, path, body)["code"] == code


def test_the_documentation_names_every_route_with_an_example(gate: RealGate) -> None:
    spec = gate.client().get("/openapi.json").json()
    for router in (visits.router, cards.router):
        for route in router.routes:
            method = next(iter(route.methods)).lower()
            operation = spec["paths"][route.path][method]
            assert operation["summary"]
            assert "200" in operation["responses"]
