"""For the tests of the desk: cards in the stock, numbers that can be right, and a visitor brought to any point."""

from __future__ import annotations

import itertools
from typing import Any

from edge.domain.documents import check_digit
from tests.support_page import Client, RealGate

_people = itertools.count(1)
_SURNAMES = "王李张刘陈杨赵黄周吴"
_GIVEN = "伟芳娜敏静强磊军洋勇"


def somebody() -> str:
    """A name that no other test has used."""
    n = next(_people)
    return _SURNAMES[n % 10] + _GIVEN[n // 10 % 10] + _GIVEN[n // 100 % 10]


def licence() -> str:
    """The number of a driving licence, with its check digit."""
    first = f"44030119900101{next(_people):03d}"
    return first + check_digit(first)


def stock(gate: RealGate, *cards: tuple[str, str, str]) -> None:
    """Put cards into the stock: (UID, kind, label). One that is there already stays."""
    leader = gate.leader()
    known = {row["card"] for row in leader.get("/cards").json()["rows"]}
    for card, kind, label in cards:
        if card not in known:
            done = leader.post("/cards", {"card": card, "kind": kind, "label": label})
            assert done.status_code == 200, done.text


def begin(client: Client, kind: str = "business", **given: Any) -> dict[str, Any]:
    """A visit that has just begun."""
    done = client.post("/visits", {"kind": kind, "name": somebody(), "unit": "11栋201", **given})
    assert done.status_code == 200, done.text
    visit: dict[str, Any] = done.json()["visit"]
    return visit


def do(client: Client, visit: dict[str, Any], path: str, **body: Any) -> dict[str, Any]:
    """One action on a visit; the visit afterwards."""
    done = client.post(f"/visits/{visit['visit']}/{path}", body)
    assert done.status_code == 200, done.text
    after: dict[str, Any] = done.json()["visit"]
    return after


def admitted(client: Client, card: str, **given: Any) -> dict[str, Any]:
    """A business visitor (P3) who has gone in with a card, whose driving licence lies in the rack."""
    visit = begin(client, **given)
    visit = do(client, visit, "answer", step="appointment", answer="yes")
    visit = do(client, visit, "call", result="agreed")
    visit = do(client, visit, "document", how="hold", kind="driving-licence", number=licence(), owner=visit["name"])
    visit = do(client, visit, "card", card=card)
    return do(client, visit, "admit")
