"""For the tests of the API and the page: a whole simulated gate as a process of its own, a bad network, and a real browser.

`gate` starts `python -m edge run` on a copy of config/laptop.toml with its own data folder and a free port, once a session;
nothing of the gate is replaced. support_line.py stands between browser and gate and can cut, stall or slow the link.
"""

from __future__ import annotations

import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from playwright.sync_api import Page

from tests.support_time import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "build" / "shots"
LOOKED_AT = bool(os.environ.get("SHOTS"))
"""`SHOTS=1 pytest …`: somebody wants to look at the pages. Some 170 pictures of whole pages are a minute's drawing for two cores."""
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
"""Debian's Chromium. Its headless shell is the same engine without the browser's own windows: a page opens for two thirds of the work."""
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""Of a context: what pulses for ever is drawn sixty times a second by two cores that have other tests to run."""
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
READY = re.compile(r"ready · (http://[\d.:]+) .*PIN (\d{6})")


def until(condition: Callable[[], Any], seconds: float = 10.0, what: str = "") -> Any:
    """Ask until it is true; its value. Fails after so many seconds."""
    end = time.monotonic() + seconds * PATIENCE
    pause = threading.Event()
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        pause.wait(0.03)


class RealGate:
    """The process. `pin` is the one it printed at its first start; the user is `leader`. `calm`: rendered cameras are slow and the lanes'
    small (drawing took a third of a core for each gate, all through the suite)."""

    def __init__(self, data: Path, changes: dict[str, str] | None = None, *, calm: bool = False) -> None:
        config = (ROOT / "config" / "laptop.toml").read_text(encoding="utf-8")
        config = re.sub(r'(?m)^data = ".*"$', f'data = "{data / "gate"}"', config)
        config = re.sub(r"(?m)^port = 8080$", "port = 0", config)
        for old, new in (changes or {}).items():
            assert old in config
            config = config.replace(old, new)
        if calm:
            config = re.sub(r'(?m)^(source = "sim://.*")(\nfps = .*)?$', r"\g<1>\nfps = 2", config)
            config = re.sub(r'(?m)^source = "sim://(entry|exit)-camera"$', r"\g<0>\nwidth = 640\nheight = 360", config)
        if "[plates]" not in config:  # a recogniser costs a second and 120 MB: who asks about plates says so
            config += "\n[plates]\nread = false\n"
        self.config = data / "gate.toml"
        self.config.write_text(config, encoding="utf-8")
        self.database = data / "gate" / "gate.sqlite"
        self._clients: list[Client] = []
        self.process = self._begin()
        found = READY.search(self._line())
        assert found, "the gate did not say that it is ready"
        self.url, self.pin = found.groups()
        self.port = int(self.url.rpartition(":")[2])

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "edge", "run", str(self.config)], cwd=ROOT, stdout=subprocess.PIPE, bufsize=0
        )

    def _line(self) -> str:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        assert ready, "the gate said nothing for 30 s"
        return self.process.stdout.readline().decode()

    def client(self, **more: Any) -> Client:
        """Somebody with no session yet."""
        made = Client(self.url, **more)
        self._clients.append(made)
        return made

    def leader(self) -> Client:
        """The shift leader, signed in."""
        client = self.client()
        assert client.post("/session", {"user": "leader", "pin": self.pin}).status_code == 200
        return client

    def user(self, name: str, role: str, pin: str = "602914") -> Client:
        """Somebody of that role, made if needed, signed in."""
        leader, client, wanted = self.leader(), self.client(), {"name": name, "role": role, "pin": pin}
        leader.post("/users", {"user": name, **wanted})
        if client.post("/session", {"user": name, "pin": pin}).status_code != 200:  # another test has made them
            leader.put(f"/users/{name}", {**wanted, "enabled": True})
            assert client.post("/session", {"user": name, "pin": pin}).status_code == 200
        return client

    def close(self) -> None:
        """SIGTERM, and wait."""
        for client in self._clients:
            client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        if self.process.stdout:
            self.process.stdout.close()


class Client(httpx.Client):
    """Requests to /api/v1; a POST, PUT or DELETE carries a new key unless one is given."""

    def __init__(self, url: str, **more: Any) -> None:
        super().__init__(base_url=f"{url}/api/v1", timeout=30, trust_env=False, **more)

    def post(self, path: str, body: Any = None, key: str = "", **more: Any) -> httpx.Response:
        """POST with a key."""
        return self.request("POST", path, json=body, headers={"Idempotency-Key": key or secrets.token_hex(8)}, **more)

    def put(self, path: str, body: Any = None, key: str = "", **more: Any) -> httpx.Response:
        """PUT with a key."""
        return self.request("PUT", path, json=body, headers={"Idempotency-Key": key or secrets.token_hex(8)}, **more)

    def state(self) -> dict[str, Any]:
        """The snapshot."""
        found: dict[str, Any] = self.get("/state").json()
        return found

    def lane(self, name: str = "entry") -> dict[str, Any]:
        """One lane of it."""
        found: dict[str, Any] = self.get(f"/lanes/{name}").json()
        return found

    def command(self, action: str, lane: str = "entry", **more: Any) -> httpx.Response:
        """A command as fresh as can be."""
        key = more.pop("key", "")
        body = {"action": action, "tick": self.get("/health").json()["tick"], "age_ms": 0, **more}
        return self.post(f"/lanes/{lane}/command", body, key)

    def events(self, kind: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Events of the journal."""
        found: list[dict[str, Any]] = self.get("/events", params={"after": after, "kind": kind, "limit": 1000}).json()[
            "rows"
        ]
        return found

    def at_rest(self, lane: str = "entry") -> None:
        """Wait until the arm is down and nobody is there, lowering it where nothing else would."""

        def down() -> bool:
            state = self.lane(lane)
            if "guard" in state["held_by"]:
                self.command("release", lane)
            if state["phase"] in ("up", "held", "stopped") and not (
                state["approach"] or state["under"] or state["queue"]
            ):
                self.command("close", lane)
            return state["phase"] == "down" and not (state["approach"] or state["under"])

        until(down, 40, f"{lane} at rest")


def sign_in(page: Page, pin: str, user: str = "leader") -> None:
    """Tap the name and the digits."""
    page.locator(f'[data-user="{user}"]').click()
    for digit in pin:
        page.locator(".key", has_text=re.compile(f"^{digit}$")).click()
    page.locator(".key.enter").click()
    page.locator(".lane").first.wait_for()


def board(open_page: Callable[..., Page], url: str, leader: Client, *size: int) -> Page:
    """The page of somebody who is signed in already."""
    page = open_page("about:blank", *size)
    page.context.add_cookies([{"name": "gate_session", "value": leader.cookies["gate_session"], "url": url}])
    page.goto(url)
    page.locator(".lane").first.wait_for()
    return page


def axe(page: Page, options: dict[str, Any] | None = None) -> AxeResults:
    """What axe-core finds on the page; its half megabyte of script is read by a page once."""
    looks = Axe("0") if page.evaluate("'axe' in window") else Axe()
    return looks.run(page, options=options or DEFAULT_OPTIONS)


def shot(page: Page, name: str, *, full: bool = False) -> None:
    """Keep a picture of the page in build/shots for people to look at, if they want to (LOOKED_AT)."""
    if not LOOKED_AT:
        return
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=full)
