"""The command line's side of simulation: a scenario at a running gate, or a whole morning on a gate of its own.

`replay` starts a complete gate in this process (own data folder, free port unless one is asked for), plays the file `speed` times as
fast as life, and says for each step what was expected and what came. Everything runs faster together: vehicles, arms, the gate's own
timers and its clock; so what the journal says is what a slow morning would have said.
"""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import ssl
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from edge.errors import BadInput, GateError, NotAllowed, NotFound
from edge.places import SCENARIOS, folder, read_settings
from edge.scenario import Scenario, load
from edge.settings import Settings
from edge.simulation import DESK_CARD, Told
from edge.wiring import House

TOKEN = "console.token"
MOST = 100.0


def local_call(settings: Settings, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
    """Ask the gate that runs on this machine with these settings, as whoever may read its data folder. Raises GateError."""
    try:
        token, address = (folder(settings) / TOKEN).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        raise NotFound("门岗没有运行 · the gate does not run", "先启动 · start it: make run") from None
    request = urllib.request.Request(
        f"{address}{path}", body, {"Authorization": f"Bearer {token}", **headers}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60, context=_trusting(settings, address)) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as e:
        said = json.loads(e.read())["error"]
        raise GateError(said["message"], said["hint"], code=said["code"]) from None
    except (OSError, http.client.HTTPException) as e:  # not there, or gone in the middle of its answer
        why = getattr(e, "reason", e)
        raise NotFound(f"门岗没有应答 · no answer from {address}: {why}", "先启动 · start it: make run") from None


def _trusting(settings: Settings, address: str) -> ssl.SSLContext | None:
    """A gate with an authority of its own is trusted by it. Without TLS there is nothing to be read: that takes 15 ms each time."""
    if not address.startswith("https:"):
        return None
    ca = folder(settings) / "tls" / "ca.crt"
    return ssl.create_default_context(cafile=str(ca) if ca.exists() else None)


def at_running_gate(config: Path, name: str | None, lane: str | None, card: str = "") -> int:
    """Let a scenario happen at the gate that runs with this configuration; without a name, list them."""
    if name is None:
        for path in sorted(SCENARIOS.glob("*.toml")):
            print(f"{path.stem:16} {load(path).title}")
        print(f"{DESK_CARD:16} 在桌面读卡器上刷卡 (--card) · a card at the desk's reader")
        return 0
    body = json.dumps({"name": name, "lane": lane, "card": card}).encode()
    key = {"Idempotency-Key": secrets.token_hex(16)}
    done = local_call(
        read_settings(config), "POST", "/api/v1/simulate", body, **{"Content-Type": "application/json", **key}
    )
    print(f"✓ {done.get('title', name)}")
    return 0


async def replay(config: Path, scenario: Path, speed: float, data: str | None) -> int:
    """Play a file on a gate of its own; 0 when every step came to what it expects and nobody was hit."""
    if not 1 <= speed <= MOST:
        raise BadInput(f"速度要在 1 到 100 之间 · a speed of {speed:g} is not within 1 to 100", "--speed 60")
    told = load(scenario)
    settings = read_settings(config)
    if settings.pins.factory != "simulated":
        raise NotAllowed(f"{config} 是真实的门岗 · is a real gate", "用 config/laptop.toml · use config/laptop.toml")
    kept = Path(data) if data else Path(tempfile.mkdtemp(prefix="gate-replay-"))
    own = settings.model_copy(update={"gate": settings.gate.model_copy(update={"data": kept})})
    try:
        return await _play(own, told.title, speed, told)
    finally:
        if data is None:
            shutil.rmtree(kept, ignore_errors=True)


async def _play(settings: Settings, title: str, speed: float, scenario: Scenario) -> int:
    house = await House.build(settings, rate=speed)
    print(f"▶ {title} · {len(scenario.step)} steps, {speed:g}×", flush=True)
    try:
        await house.start()
        await house.seen()
        assert house.stage is not None
        steps = await house.stage.run(scenario, told=_tell)
        await house.settled()
        with house.store.reader() as con:
            events = con.execute("SELECT max(seq) FROM journal").fetchone()[0]
        hit = house.playground.world.violations if house.playground else ()
        inside = house.live.snapshot()["inside"]["total"]
    finally:
        await house.stop("scenario")
    wrong = [step for step in steps if step.wrong]
    print(
        f"■ {len(steps) - len(wrong)} of {len(steps)} as expected · {events} events · {inside} inside · arm on a car: {len(hit)}"
    )
    return 1 if wrong or hit else 0


def _tell(told: Told) -> None:
    what = (
        told.step.fault
        or f"{told.plate} {told.step.who} {told.step.behaviour} → {told.decision} {told.reason} {told.outcome}"
    )
    print(f"{'✗' if told.wrong else '✓'} {told.lane:6} {what} {told.wrong}", flush=True)


def announce(settings: Settings, token: str, address: str) -> None:
    """Leave token and address for the command line, readable by this user alone."""
    from edge.store.files import write_whole

    write_whole(folder(settings) / TOKEN, f"{token} {address}\n".encode())


def import_at_running_gate(settings: Settings, path: Path) -> str:
    """Hand a registry to the gate that runs (it alone may write its database); what it said."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise BadInput(f"打不开文件 · {path}: {e.strerror}", "检查路径 · check the path") from None
    headers = {
        "Content-Type": "application/octet-stream",
        "X-File-Name": path.name,
        "Idempotency-Key": secrets.token_hex(16),
    }
    done = local_call(settings, "POST", "/api/v1/registry", data, **headers)
    return f"{done['rows']} 行 rows · {done['version']}"
