"""Every route of the API: who may, with which key, and that every «no» has the one shape and both languages."""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import BaseRoute

import edge.api
from edge.api import models_register, models_system
from edge.api.app import PARTS
from edge.api.auth import GUARDING, LEADING, TECHNICAL, idempotency_key, signed_in
from edge.api.system import metrics_router
from tests.support_page import Client, RealGate

pytest_plugins = ["tests.support_page_fixtures"]
ROUTERS = (*(part.router for part in PARTS), metrics_router)
ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
OPEN = {
    ("GET", "/api/v1/people"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/ca.crt"),
    ("GET", "/metrics"),
}
"""What needs no session: to sign in, to see that the process lives and is well, and the certificate that a tablet installs first."""
FILL = defaultdict(lambda: "1", lane="entry", digest="0" * 64, user="leader", key="k" * 16)
"""What stands in a path; numbers where nothing else is said."""


def name(route: APIRoute) -> str:
    return f"{next(iter(route.methods))} {route.path}"


def needs(route: APIRoute) -> set[Any]:
    """All dependencies of a route, however deep."""
    found, queue = set(), [route.dependant]
    while queue:
        dependant = queue.pop()
        found.add(dependant.call)
        queue += dependant.dependencies
    return found


def one_shape(answer: httpx.Response) -> dict[str, str]:
    error: dict[str, str] = answer.json()["error"]
    assert set(answer.json()) == {"error"}
    assert set(error) == {"code", "message", "hint"}
    assert error["code"]
    assert error["message"]
    assert "Traceback" not in answer.text
    return error


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_what_changes_something_needs_a_person_and_a_key(route: APIRoute) -> None:
    method, required = next(iter(route.methods)), needs(route)
    if (method, route.path) not in OPEN:
        assert signed_in in required
    if method != "GET":
        assert idempotency_key in required
    if route.path.startswith("/api/v1/technician"):
        assert TECHNICAL in required
    if route.path.startswith("/api/v1/users") or route.path == "/api/v1/registry":
        assert LEADING in required
    if method != "GET" and not {"/api/v1/session", "/api/v1/simulate"} & {route.path}:
        assert required & {GUARDING, LEADING, TECHNICAL}


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_without_a_session_every_other_route_asks_to_sign_in(route: APIRoute, gate: RealGate) -> None:
    method, path = next(iter(route.methods)), route.path.removeprefix("/api/v1").format_map(FILL)
    answer = gate.client().request(
        method, path, headers={"Idempotency-Key": secrets.token_hex(8)}, json={} if method in ("POST", "PUT") else None
    )
    if (method, route.path) in OPEN - {("GET", "/api/v1/session")}:
        assert answer.status_code in (200, 404, 422)
    else:
        assert answer.status_code == 401
        assert one_shape(answer)["code"] == "sign-in"


def test_a_change_without_a_key_or_with_a_bad_one_is_refused_and_says_so(gate: RealGate) -> None:
    leader = gate.leader()
    body = {"action": "open", "tick": 0}
    for headers, code in (
        ({}, "key-missing"),
        ({"Idempotency-Key": "short"}, "key-malformed"),
        ({"Idempotency-Key": "x" * 65}, "key-malformed"),
    ):
        answer = leader.request("POST", "/lanes/entry/command", json=body, headers=headers)
        assert answer.status_code == 422
        error = one_shape(answer)
        assert error["code"] == code
        assert error["hint"]


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/nothing", "GET", 404, "no-such-address"),
        ("/health", "DELETE", 405, "method"),
        ("/lanes/nowhere", "GET", 404, "not-found"),
        ("/passes/999999", "GET", 404, "not-found"),
        ("/passes?limit=0", "GET", 422, "bad-input"),
        ("/pictures/xyz", "GET", 422, "bad-input"),
        ("/pictures/" + "a" * 64, "GET", 404, "not-found"),
    ],
)
def test_every_no_has_one_shape_in_both_languages(
    gate: RealGate, path: str, method: str, status: int, code: str
) -> None:
    leader = gate.leader()
    said = {}
    for tag, cookie in (("zh", ""), ("en", "en")):
        headers = {"Idempotency-Key": secrets.token_hex(8), "Accept-Language": f"{tag};q=0.9, de"}
        if cookie:
            headers["Cookie"] = f"lang=en; gate_session={leader.cookies['gate_session']}"
        answer = leader.request(method, path, headers=headers)
        assert answer.status_code == status
        error = one_shape(answer)
        assert error["code"] == code
        said[tag] = error["message"]
    assert re.search("[一-鿿]", said["zh"])
    assert not re.search("[一-鿿]", said["en"])


def test_an_unknown_or_wrong_field_is_named(gate: RealGate) -> None:
    answer = gate.leader().post("/lanes/entry/command", {"action": "explode", "tick": 0, "speed": 9})
    error = one_shape(answer)
    assert "action" in error["message"]
    assert "speed" in error["message"]


def test_roles(gate: RealGate) -> None:
    guard, technician = gate.user("guard-1", "guard"), gate.user("tech-1", "technician")
    assert guard.get("/users").status_code == 403
    assert (
        one_shape(guard.post("/users", {"user": "x", "name": "x", "role": "leader", "pin": "602914"}))["code"]
        == "not-allowed"
    )
    assert technician.put("/users/tech-1", {"name": "x", "role": "leader"}).status_code == 403
    assert technician.command("open").status_code == 403
    assert technician.post("/passes/1/note", {"driver": "x"}).status_code == 403
    assert technician.get("/pictures/" + "a" * 64).status_code == 403
    assert technician.get("/state").status_code == 200
    assert guard.get("/lanes/entry/live.jpg").content[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9", 200),
        ("192.168.1.7", 200),
        ("[::1]:80", 200),
        ("localhost", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
def test_only_addresses_and_known_names_are_served(gate: RealGate, host: str, status: int) -> None:
    answer = gate.client().get("/health", headers={"Host": host})
    assert answer.status_code == status
    if status != 200:
        one_shape(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_cannot_press(gate: RealGate, headers: dict[str, str]) -> None:
    answer = gate.leader().request(
        "POST",
        "/lanes/entry/command",
        json={"action": "open", "tick": 0},
        headers={"Idempotency-Key": "k" * 16, **headers},
    )
    assert answer.status_code == 403
    assert one_shape(answer)["code"] == "cross-site"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(gate: RealGate) -> None:
    answer = gate.client().post("/session", {"user": "leader", "pin": gate.pin})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert gate.pin not in answer.text
    answer = gate.leader().request("DELETE", "/session", headers={"Idempotency-Key": "k" * 16})
    assert 'gate_session=""' in answer.headers["set-cookie"]


def test_a_sign_in_repeated_with_its_key_is_one_session(gate: RealGate) -> None:
    client = gate.client()
    body = {"user": "leader", "pin": gate.pin}
    client.post("/session", body, "one-and-the-same")
    first = client.cookies["gate_session"]
    client.post("/session", body, "one-and-the-same")
    assert client.cookies["gate_session"] == first
    assert (
        one_shape(client.post("/session", {"user": "leader", "pin": "1"}, "one-and-the-same"))["code"] == "key-reused"
    )


def test_large_bodies_are_refused_whatever_they_say_of_their_length(gate: RealGate) -> None:
    leader, big = gate.leader(), b"[" + b" " * 70_000
    headers = {"Idempotency-Key": "k" * 16, "Content-Type": "application/json"}
    for content in (big, iter([big[:40_000], big[40_000:]])):
        answer = leader.request("POST", "/lanes/entry/command", content=content, headers=headers)
        assert answer.status_code == 413
        one_shape(answer)


def test_every_answer_has_the_security_headers(gate: RealGate) -> None:
    client = gate.client()
    for path in ("/health", "/nothing", f"{gate.url}/", f"{gate.url}/api/docs"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_files_are_kept_for_ever_under_their_content_and_the_page_never(gate: RealGate) -> None:
    client = gate.client()
    page = client.get(f"{gate.url}/")
    assert page.headers["cache-control"] == "no-cache"
    files = re.findall(r'(?:src|href)="(/static/[0-9a-f]{12}/[\w.-]+)"', page.text)
    assert len(files) > 10
    for file in files:
        answer = client.get(gate.url + file)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    build = files[0].split("/")[2]
    assert client.get(gate.url + files[0].replace(build, "0" * 12)).status_code == 404
    assert client.get(f"{gate.url}/static/{build}/..%2f..%2fgate.toml").status_code == 404


def test_the_documentation_needs_no_internet_and_names_every_route(gate: RealGate) -> None:
    client = gate.client()
    page = client.get(f"{gate.url}/api/docs").text
    assert not re.search(r"(?:src|href)=['\"](?:https?:)?//", page)
    assert "<script" not in page
    spec = client.get("/openapi.json").json()
    assert {f"{m.upper()} {p}" for p, methods in spec["paths"].items() for m in methods} == {
        name(route) for route in ROUTES
    }
    for route in ROUTES:
        assert route.path in page
        operation = spec["paths"][route.path][next(iter(route.methods)).lower()]
        assert operation["description"]
        assert operation["responses"]["200"]["content"]


def test_examples_of_the_documentation_fit_their_models() -> None:
    """Those of every `models*.py`."""
    pages = [import_module(f"edge.api.{path.stem}") for path in Path(edge.api.__file__).parent.glob("models*.py")]
    shapes = {
        one for page in pages for one in vars(page).values() if isinstance(one, type) and issubclass(one, BaseModel)
    }
    checked = 0
    for model in shapes - {BaseModel}:
        for example in model.model_json_schema().get("examples", []):
            model.model_validate(example)
            checked += 1
    assert checked >= 30


def test_the_state_is_what_its_model_says(gate: RealGate) -> None:
    leader = gate.leader()
    state = models_system.State.model_validate(leader.state())
    assert [lane.id for lane in state.lanes] == ["entry", "exit"]
    models_register.Passes.model_validate(leader.get("/passes").json())
    models_system.Health.model_validate(leader.get("/health").json())


def test_a_registry_is_imported_by_a_leader_and_its_bad_rows_are_named(gate: RealGate) -> None:
    leader, guard = gate.leader(), gate.user("guard-1", "guard")
    headers = {"Idempotency-Key": secrets.token_hex(8), "X-File-Name": "bad.csv"}
    bad = "卡号,类别\nxyz,业主\n".encode()
    assert guard.request("POST", "/registry", content=bad, headers=headers).status_code == 403
    answer = leader.request("POST", "/registry", content=bad, headers=headers)
    assert answer.status_code == 422
    assert one_shape(answer)["code"] == "import-refused"


def test_no_route_of_the_app_is_hidden_from_this_walk(gate: RealGate) -> None:
    """What is served beside the API: page, files, documentation, nothing else."""
    others: list[BaseRoute] = [r for router in ROUTERS for r in router.routes if not isinstance(r, APIRoute)]
    assert others == []


def test_the_client_of_these_tests_uses_fresh_keys(gate: RealGate) -> None:
    client: Client = gate.leader()
    assert client.post("/simulate", {"name": "no-such"}).status_code == 404
    assert client.post("/simulate", {"name": "no-such"}).status_code == 404
