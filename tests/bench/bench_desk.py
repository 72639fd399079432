"""Every page action with five years of history in the database (support_history): 5,000,000 passes, 1,000,000 visits.

The gate runs as it always does (`python -m edge run`, no uplink), and is asked over HTTP on this machine: the times are those of the
answer at the browser's end without a network, so the server's own are a little less. Each action many times, with other names, plates
and cards each time; then p50 and p99. The limit beside them is the gate's cheapest answer (/health) in the same run.
"""

from __future__ import annotations

import random
import re
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.bench.support_data import ROOT, name, plate, uid
from tests.bench.support_history import COPIES, CREDENTIALS, PASSES, VISITS, person, prepared, visitor_plate
from tests.bench.support_run import Wrong, gate_toml, row

Row = dict[str, Any]
GOAL_MS, SEARCH_MS = 100.0, 150.0
READY = re.compile(rb"ready .* (http://[\d.:]+)(?: .*PIN (\d{6}))?")
PIN = re.compile(rb"leader: (\d{6})")


class Tablet:
    """A guard who is signed in; every request is timed."""

    def __init__(self, url: str, pin: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=60, trust_env=False)
        self.times: dict[str, list[float]] = {}
        self.post("sign in", "/session", {"user": "leader", "pin": pin})

    def get(self, what: str, path: str, **query: Any) -> dict[str, Any]:
        """GET, timed under `what`."""
        return self._timed(what, lambda: self.http.get(path, params=query))

    def post(self, what: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST with a key of its own, timed under `what`."""
        key = {"Idempotency-Key": secrets.token_hex(8)}
        return self._timed(what, lambda: self.http.post(path, json=body, headers=key))

    def _timed(self, what: str, send: Callable[[], httpx.Response]) -> dict[str, Any]:
        begun = time.perf_counter()
        answer = send()
        self.times.setdefault(what, []).append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise Wrong(f"{what}: {answer.status_code} {answer.text[:200]}")
        found: dict[str, Any] = answer.json()
        return found


def run(*, passes: int = PASSES, visits: int = VISITS, copies: int = COPIES, times: int = 200) -> list[Row]:
    """The table's rows."""
    data = prepared(passes, visits, copies)
    rows = [row(f"make {passes:,} passes, {visits:,} visits (kept)", data.seconds, "s")] if data.seconds else []
    with gate(data.folder) as tablet:  # in place: some hundred visits more do not matter among a million
        warm, rng = 5, random.Random(3)
        for n in range(warm + times):
            if n == warm:
                tablet.times.clear()
            actions(tablet, rng, n)
        return rows + _rows(tablet.times)


def actions(t: Tablet, rng: random.Random, n: int) -> None:
    """One round of everything that the page asks for."""
    t.get("nothing (/health)", "/health")
    t.get("live state", "/state")
    t.get("register of passes", "/passes")
    t.get("register, by plate", "/passes", plate=plate(rng.randrange(CREDENTIALS))[2:6])
    t.get("vehicles inside", "/inside")
    t.get("visits and counts", "/visits")
    t.get("notices", "/notices")
    t.get("cards", "/cards")
    t.get("document rack", "/rack")
    t.get("people inside", "/people-inside")
    t.get("muster list", "/muster")
    t.get("appointments", "/appointments")
    t.get("requests", "/requests")
    who = person(rng)
    t.get("completion: a surname", "/suggest", text=who[0])
    t.get("completion: a name", "/suggest", text=who)
    t.get("completion: initials", "/suggest", text=rng.choice(("zw", "lw", "wf", "zx", "ch")))
    t.get("search: a name", "/search", text=who)
    t.get("search: a surname", "/search", text=who[0])
    t.get("search: initials", "/search", text=rng.choice(("zw", "lw", "wf", "zx", "ch")))
    t.get("search: an owner's plate", "/search", text=plate(rng.randrange(CREDENTIALS)))
    t.get("search: a visitor's plate", "/search", text=visitor_plate(rng))
    t.get("search: a part of a plate", "/search", text=visitor_plate(rng)[3:6])
    t.get("search: a plate with ?", "/search", text=visitor_plate(rng)[:3] + "?" + visitor_plate(rng)[4:])
    t.get("search: a visitor card", "/search", text=f"V{rng.randrange(300):03d}")
    t.get("search: an owner's card", "/search", text=uid(rng.randrange(CREDENTIALS)))
    t.get("search: a unit", "/search", text=f"{n % 20 + 1}栋{n % 30 + 1:02d}0{n % 4 + 1}")
    found = t.get("search: an owner", "/search", text=name(rng.randrange(CREDENTIALS)))
    t.get("search: next page", "/search", text=who[0], before=found.get("older") or 0)
    signs = visitor_plate(rng)
    parts = {"two signs of a plate": signs[2:4], "two digits of a plate": signs[3:5], "all plates of a city": signs[:2]}
    parts |= {
        "a given name": who[1:],
        "a building": f"{n % 20 + 1}栋",
        "four digits of a card": uid(rng.randrange(CREDENTIALS))[-4:],
    }
    for what, text in parts.items():
        found = t.get(f"search: {what}", "/search", text=text)
        for _ in range(2):
            if found.get("older"):
                found = t.get(f"search: {what}, next pages", "/search", text=text, before=found["older"])
    whole_visit(t, rng, n)


def whole_visit(t: Tablet, rng: random.Random, n: int) -> None:
    """P3: registered, admitted, let go."""
    new = {
        "kind": "business",
        "name": person(rng) + secrets.token_hex(3),
        "title": "mr",
        "unit": "11栋201",
        "phone": "13800138000",
    }
    visit = t.post("visit: register", "/visits", new)["visit"]["visit"]
    at = f"/visits/{visit}"
    t.post("visit: appointment", f"{at}/answer", {"step": "appointment", "answer": "yes"})
    t.post("visit: host called", f"{at}/call", {"result": "agreed"})
    t.post(
        "visit: document",
        f"{at}/document",
        {"kind": "work-permit", "number": f"G{n:06d}", "owner": "某", "how": "hold"},
    )
    t.post("visit: card", f"{at}/card", {"card": f"V{n % 300:03d}"})
    t.post("visit: admit", f"{at}/admit", {})
    t.get("one visit", at)
    t.get("a visit's story", f"{at}/story")
    t.post("visit: card back", f"{at}/card/return", {})
    t.post("visit: document back", f"{at}/document/return", {})
    t.post("visit: close", f"{at}/close", {})
    request = t.post("request: receive", "/requests", {"category": "repair", "unit": "11栋201", "words": "漏水"})
    t.post("request: done", f"/requests/{request['request']['request']}/done", {})


@contextmanager
def gate(folder: Path) -> Iterator[Tablet]:
    """A running gate on that data."""
    ports = {"entry": "sim://entry-reader", "exit": "sim://exit-reader"}
    config = folder / "gate.toml"
    config.write_text(gate_toml(folder, ports, "off"), encoding="utf-8")
    edge = [sys.executable, "-m", "edge"]
    known = subprocess.run(
        [*edge, "pin", "leader", "--config", str(config)], cwd=ROOT, capture_output=True, check=False
    )
    pin = PIN.search(known.stdout)  # of a folder that has been used before; a new gate says it itself
    process = subprocess.Popen([*edge, "run", str(config)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        ready, _, _ = select.select([process.stdout], [], [], 120)
        said = READY.search(process.stdout.readline()) if ready else None
        if said is None or not (pin or said[2]):
            raise Wrong("the gate did not say that it is ready, or how to sign in")
        yield Tablet(said[1].decode(), (pin[1] if pin else said[2]).decode())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _rows(times: dict[str, list[float]]) -> list[Row]:
    limit = _quantile(times["nothing (/health)"], 0.99)
    rows = []
    for what, ms in times.items():
        goal = SEARCH_MS if what.startswith("search") else GOAL_MS
        p99 = _quantile(ms, 0.99)
        rows.append(row(f"{what}, p50", _quantile(ms, 0.5), "ms"))
        rows.append(row(f"{what}, p99", p99, "ms", limit, f"≤ {goal:.0f}", p99 <= goal))
    return rows


def _quantile(ms: list[float], q: float) -> float:
    ordered = sorted(ms)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
