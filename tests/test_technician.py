"""What a technician does, through the API of a whole gate whose readers are real lines: ptys, and libosdp's own peripheral device."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from drivers.base import Action
from drivers.port_search import Times
from drivers.readers import line, rdm6300
from drivers.wire import PtyWire
from edge import osdp
from tests.support_gate import Whole, whole
from tests.support_osdp import Cable
from tests.support_search import Talking

OWNER = bytes.fromhex("3C00CE754C")
UID = bytes.fromhex("3F8A21C4")
FRAME = rdm6300.encode(OWNER, rdm6300.Options())


class Api:
    """The gate's API for one person."""

    def __init__(self, gate: Whole) -> None:
        self.gate = gate
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=gate.house.app), base_url="http://localhost/api/v1", timeout=30
        )

    async def sign_in(self, user: str, pin: str) -> None:
        assert (await self.post("/session", {"user": user, "pin": pin})).status_code == 200

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, key: str = "") -> httpx.Response:
        return await self.http.post(path, json=body, headers={"Idempotency-Key": key or secrets.token_hex(8)})

    async def done(self, path: str, body: Any = None) -> Any:
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, path: str, body: Any, code: str, status: int = 409) -> None:
        answer = await self.post(path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
        assert answer.json()["error"]["hint"]

    async def until(self, path: str, good: Callable[[Any], Any], seconds: float = 90.0) -> Any:
        """Ask until it is so."""
        async with asyncio.timeout(seconds):
            while not good(found := await self.get(path)):
                await asyncio.sleep(0.05)
            return found


@pytest.fixture
def cable() -> Iterator[Cable]:
    made = Cable()
    yield made
    made.close()


class Bench:
    """A gate, its API, and the far ends of its lines."""

    def __init__(self, gate: Whole, api: Api, entry: PtyWire, desk: PtyWire, scanner: PtyWire) -> None:
        self.gate, self.api, self.entry, self.desk, self.scanner = gate, api, entry, desk, scanner


@asynccontextmanager
async def bench(folder: Path, cable: Cable) -> AsyncIterator[Bench]:
    dev = folder / "dev"
    (dev / "serial" / "by-id").mkdir(parents=True)
    entry = PtyWire(dev / "serial" / "by-id" / "usb-Adapter_A")
    desk = PtyWire(dev / "serial" / "by-id" / "usb-Adapter_B")
    scanner = PtyWire()

    def change(raw: dict[str, Any]) -> None:
        raw["lane"][0]["reader"] = {"driver": "rdm6300", "port": entry.url}
        raw["lane"][0]["scanner"] = {"port": scanner.url}
        raw["lane"][1]["reader"] = {"driver": "osdp", "port": cable.url, "options": {"address": 1}}
        raw["lane"][1].pop("camera")
        raw["desk"]["reader"] = {"driver": "line", "port": desk.url, "options": {"digits": 10}, "repeat_s": 0.2}

    async with whole(folder / "gate", change, rate=1.0) as gate:
        gate.house.technician.dev = dev
        api = Api(gate)
        await _people(gate)
        await api.sign_in("tech", "602914")
        yield Bench(gate, api, entry, desk, scanner)
        await api.http.aclose()
    for each in (entry, desk, scanner):
        each.unplug()


async def _people(gate: Whole) -> None:
    from edge.store.users import CONSOLE, UserChange

    for user, role, pin in (("tech", "technician", "602914"), ("wang", "leader", "731842"), ("li", "guard", "582013")):
        await gate.house.users.save(CONSOLE, UserChange(user, user.title(), role, pin=pin), secrets.token_hex(8))


def test_seen_bytes_captures_and_a_search(tmp_path: Path, cable: Cable) -> None:
    asyncio.run(_readers(tmp_path, cable))


async def _readers(tmp_path: Path, cable: Cable) -> None:
    async with bench(tmp_path, cable) as b:
        await _seen(b)
        await _bytes(b)
        await _captures(b)
        await _search(b)


async def _seen(b: Bench) -> None:
    found = await b.api.get("/technician/devices")
    rows = {row["device"]: row for row in found["configured"]}
    assert (rows["entry.reader"]["state"], rows["entry.reader"]["there"]) == ("ok", True)
    assert rows["entry.reader"]["name"] == rdm6300.NAME
    ports = {port["names"][0].rpartition("/")[2]: port["bound"] for port in found["serial"] if port["names"]}
    assert ports == {"usb-Adapter_A": ["entry.reader"], "usb-Adapter_B": ["desk.reader"]}
    assert {pin["pin"]: pin["bound"] for pin in found["pins"]}[17] == "entry.open"
    b.gate.gate.faults.set("clock", "unset", True)
    rows = {row["device"]: row for row in (await b.api.get("/technician/devices"))["configured"]}
    assert (rows["clock"]["kind"], rows["clock"]["state"]) == ("other", "fault")
    b.gate.gate.faults.set("clock", "unset", False)
    b.desk.unplug()

    def away(now: Any) -> Any:
        return next((r for r in now["configured"] if r["device"] == "desk.reader" and r["faults"]), None)

    found = await b.api.until("/technician/devices", away)
    assert (away(found)["state"], away(found)["faults"][0]["code"]) == ("absent", "gone")
    good = [row["state"] in ("ok", "secure") for row in found["configured"]]
    assert good == sorted(good), "what is wrong stands first"
    b.desk.plug()


async def _bytes(b: Bench) -> None:
    with b.gate.live.technician.listen("entry.reader") as listening:
        rows = listening.rows(60.0)
        b.entry.write(b"\x00\x37" + FRAME)
        found: list[Any] = []
        async for row in rows:
            assert row is not None, found
            found += row["found"]
            if any(each["what"] == "card" for each in found):
                break
    assert [(each["what"], each["uid"], each["bytes"]) for each in found] == [
        ("noise", "", 2),
        ("card", OWNER.hex(), len(FRAME)),
    ]
    with b.gate.live.technician.listen("entry.scanner") as listening:
        b.scanner.write("预约:12\r\n".encode())
        async for row in listening.rows(60.0):
            assert row is not None
            assert [(each["what"], each["why"]) for each in row["found"]] == [("text", "预约:12")]
            break
    assert (await b.api.http.get("/technician/readers/none/raw")).status_code == 404
    await b.gate.event("access.decided", reader="entry.reader")


async def _captures(b: Bench) -> None:
    wanted = {"device": "entry.reader", "seconds": 60}
    begun = (await b.api.post("/technician/captures", wanted, "one-capture")).json()
    assert (await b.api.post("/technician/captures", wanted, "one-capture")).json() == {**begun, "again": True}
    assert b.gate.all("capture.began", device="entry.reader")[0].seq == begun["seq"]
    await b.api.refused("/technician/captures", {"device": "entry.reader"}, "already")
    await b.api.until("/technician/captures", lambda now: now["running"] and now["files"])
    decided = len(b.gate.all("access.decided"))
    while not (await b.api.get("/technician/captures"))["running"][0]["bytes"]:
        b.entry.write(b"\x99" + FRAME + FRAME)
        await asyncio.sleep(0.05)
    await b.api.done("/technician/captures/entry.reader/stop")
    ended = await b.gate.event("capture.ended", why="asked")
    assert ended.actor == "user:tech"
    text = (await b.api.http.get(f"/technician/captures/{ended.name}")).text
    assert text.startswith("#gate-capture 1 ")
    assert text.endswith("#end asked\n")
    assert (await b.api.http.get("/technician/captures/..%2fgate.sqlite")).status_code == 404
    seen = len(b.gate.all("access.decided"))
    for wanted in ({"name": ended.name}, {"text": text}):
        replayed = await b.api.done("/technician/replay", wanted)
        assert [read["uid"] for read in replayed["reads"]] == [OWNER.hex()], "repeats are one presentation"
        assert (replayed["driver"], replayed["baud"], replayed["ended"]) == ("rdm6300", 9600, "asked")
        assert replayed["noise"] >= 1
    other = await b.api.done(
        "/technician/replay", {"name": ended.name, "driver": "rdm6300", "options": {"variant": "id12la"}}
    )
    assert (other["reads"], other["noise"]) == ([], other["bytes"])
    assert len(b.gate.all("access.decided")) == seen >= decided, "nothing of a replay reaches the gate"
    long = text.removesuffix("#end asked\n") + "".join(f"{at} 99\n" for at in range(9_000_000, 9_020_000))
    replayed = await b.api.done("/technician/replay", {"text": long})
    assert (len(long) > 200_000, replayed["ended"], replayed["more"] > 10_000) == (True, "", True), (
        "what can be downloaded can be sent in"
    )
    for wanted in ({"text": "x"}, {"name": ended.name, "driver": "osdp"}, {"name": ended.name, "driver": "none"}):
        assert (await b.api.post("/technician/replay", wanted)).status_code == 422


async def _search(b: Bench) -> None:
    reader = Talking([FRAME], 9600)
    try:
        for port in ("/dev/null", reader.url):  # nothing is opened that is not listed as a serial port
            await b.api.refused("/technician/search", {"port": port, "mode": "push"}, "bad-input", 422)
        (b.gate.house.technician.dev / "serial" / "by-id" / "usb-Adapter_C").symlink_to(reader.url)
        await b.api.done("/technician/search", {"port": reader.url, "mode": "push"})
        found = (await b.api.until("/technician/search", lambda now: not now["search"]["running"]))["search"]
        best = found["found"][0]
        assert (best["driver"], best["baud"], best["certain"], best["cards"]) == ("rdm6300", 9600, True, [OWNER.hex()])
        port = b.gate.house.technician.dev / "serial" / "by-id" / "usb-Adapter_C"
        assert best["config"] == f'[lane.reader]\ndriver = "rdm6300"\nport = "{port}"\n'
        assert not b.gate.all("reader.released"), "a port that nobody uses: nothing is changed by listening"
    finally:
        reader.close()
    wanted = {"port": b.entry.url, "mode": "push"}
    await b.api.refused("/technician/search", wanted, "port-in-use")
    await b.api.done("/technician/search", {**wanted, "release": True})
    assert ("entry.reader", "released") in b.gate.faults()
    rows = {row["device"]: row["state"] for row in (await b.api.get("/technician/devices"))["configured"]}
    assert rows["entry.reader"] == "released"
    await b.api.refused("/technician/search", wanted, "already")
    await b.api.until("/technician/search", lambda now: now["search"]["baud"])
    await b.api.done("/technician/search/stop")
    returned = await b.gate.event("reader.returned", device="entry.reader")
    assert (returned.actor, returned.found) == ("gate", ""), "it comes back by itself"
    assert b.gate.all("reader.released", device="entry.reader")[0].actor == "user:tech"
    await b.gate.until(lambda: ("entry.reader", "released") not in b.gate.faults())
    before = b.gate.head()
    await b.gate.hears(lambda: b.entry.write(FRAME), lambda: b.gate.all("access.decided", before))  # it reads again


def test_calibration_install_mode_inputs_relays_and_cameras(tmp_path: Path, cable: Cable) -> None:
    asyncio.run(_rest(tmp_path, cable))


async def _rest(tmp_path: Path, cable: Cable) -> None:
    far = cable.reader(1, key=None)
    async with bench(tmp_path, cable) as b:
        await _install(b)
        await _inputs_and_relays(b)
        await _calibration(b, far)
        await _camera(b)


async def _install(b: Bench) -> None:
    await b.gate.event("fault.began", device="exit.reader", code="key")
    await b.api.refused("/technician/readers/entry.reader/install", {"seconds": 60}, "not-found", 404)
    assert (await b.api.post("/technician/readers/exit.reader/install", {"seconds": 901})).status_code == 422
    await b.api.done("/technician/readers/exit.reader/install", {"seconds": 60})
    asked = await b.gate.event("osdp.install", device="exit.reader")
    assert (asked.actor, asked.seconds) == ("user:tech", 60)
    await b.gate.event("fault.began", device="exit.reader", code="install")
    await b.gate.event("fault.ended", device="exit.reader", code="install")
    rows = await b.api.until(
        "/technician/devices",
        lambda now: any(r["device"] == "exit.reader" and r["state"] == "secure" for r in now["configured"]),
    )
    await b.api.refused("/technician/readers/exit.reader/install", {"seconds": 60}, "already")
    await _osdp_search(b)
    key = osdp.Keys(b.gate.data).of("exit.reader").hex()
    assert key not in str(rows) + str([e.body for e in b.gate.journal()])


async def _osdp_search(b: Bench) -> None:
    """The bus is released, its reader answers at its address, and its channel stands again afterwards."""
    b.gate.house.technician.searching.times = Times(answer_s=1.0)
    port = b.gate.house.settings.lane[1].reader.port
    await b.api.done("/technician/search", {"port": port, "mode": "osdp", "release": True})
    found = (await b.api.until("/technician/search", lambda now: now["search"]["found"]))["search"]["found"]
    assert [(one["driver"], one["baud"], one["options"]) for one in found] == [("osdp", 9600, {"address": 1})]
    assert found[0]["identity"]["vendor"]
    await b.api.done("/technician/search/stop")
    returned = await b.gate.event("reader.returned", device="exit.reader")
    assert returned.found == "osdp address 1 at 9600"
    await b.api.until(
        "/technician/devices",
        lambda now: any(r["device"] == "exit.reader" and r["state"] == "secure" for r in now["configured"]),
    )


async def _shown(b: Bench, wanted: dict[str, Any], present: Callable[[], object]) -> Any:
    """A calibration step: wait, present the card, the result."""
    await b.api.done("/technician/calibration", wanted)
    async with asyncio.timeout(90):
        while (now := (await b.api.get("/technician/calibration"))["calibration"])["waiting"]:
            present()
            await asyncio.sleep(0.1)
    return now["result"]


async def _calibration(b: Bench, far: Any) -> None:
    """The desk's line reader sends numbers of an unknown rule; the card's UID is known."""
    turned = line.Options(digits=10, order="lsb")
    result = await _shown(
        b, {"device": "desk.reader", "known": UID.hex(), "kind": "uid"}, lambda: b.desk.write(line.encode(UID, turned))
    )
    assert (result["state"], result["options"]) == ("found", {"order": "lsb", "digits": 10})
    assert result["config"] == 'options = { order = "lsb", digits = 10 }'
    # a card that reads the same from both ends cannot tell; the next one does
    same = bytes.fromhex("11222211")
    wanted = {"device": "desk.reader", "known": same.hex(), "kind": "uid"}
    result = await _shown(b, wanted, lambda: b.desk.write(line.encode(same, turned)))
    assert (result["state"], len(result["rules"])) == ("several", 2)
    result = await _shown(
        b,
        {"device": "desk.reader", "known": UID.hex(), "kind": "uid", "more": True},
        lambda: b.desk.write(line.encode(UID, turned)),
    )
    assert (result["state"], result["options"]["order"]) == ("found", "lsb")
    wrong = {"device": "desk.reader", "known": "3F8A21C5", "kind": "uid"}
    assert (await _shown(b, wrong, lambda: b.desk.write(line.encode(UID, turned))))["state"] == "none"
    # the printed number of a card at the lane's reader; and two readers that shall say the same
    result = await _shown(
        b, {"device": "entry.reader", "known": "0013530444", "kind": "printed"}, lambda: b.entry.write(FRAME)
    )
    assert (result["state"], result["same"]) == ("found", True)
    await b.gate.until(lambda: not b.gate.lane()["approach"])
    result = await _shown(b, {"device": "exit.reader", "kind": "reader"}, lambda: far.tap(OWNER[::-1]))
    assert (result["state"], result["options"]["order"]) == ("found", "lsb"), "the same card is one credential at both"
    for bad in ({"kind": "uid", "known": "xyz"}, {"kind": "printed", "known": ""}):
        assert (await b.api.post("/technician/calibration", {"device": "desk.reader", **bad})).status_code == 422
    await b.api.refused(
        "/technician/calibration", {"device": "desk.reader", "kind": "printed", "known": "9999999999"}, "no-one-card"
    )


async def _inputs_and_relays(b: Bench) -> None:
    gate, api = b.gate, b.api
    now = await api.get("/technician/inputs")
    inputs = {(row["lane"], row["line"]): row for row in now["inputs"]}
    assert {line for lane, line in inputs if lane == "exit"} == {"approach", "under", "beam", "up_limit", "down_limit"}
    assert inputs["exit", "down_limit"]["active"]
    assert inputs["exit", "approach"]["edges"] == 0
    pin = gate.house.devices.pins.factory.pin(inputs["exit", "approach"]["pin"])
    for _ in range(3):
        pin.drive_low()
        pin.drive_high()
    pin.drive_low()
    now = await api.until(
        "/technician/inputs", lambda now: any(row["active"] and row["line"] == "approach" for row in now["inputs"])
    )
    row = next(row for row in now["inputs"] if (row["lane"], row["line"]) == ("exit", "approach"))
    assert (row["edges"], row["bounces"], row["level"]) == (7, 6, True)
    assert row["since_ms"] < 10_000

    async def pulse(action: str, leader: str = "wang", secret: str = "731842", key: str = "") -> httpx.Response:
        tick = gate.live.now_tick()
        body = {"action": action, "leader": leader, "pin": secret, "tick": tick, "age_ms": 0}
        return await api.post("/technician/lanes/exit/pulse", body, key)

    def code(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["error"]["code"]

    assert code(await pulse("open")) == (409, "not-free")
    pin.drive_high()
    await gate.until(lambda: not gate.lane("exit")["approach"])
    assert code(await pulse("open", secret="000000")) == (401, "wrong-pin")
    assert code(await pulse("open", "li", "582013")) == (403, "not-allowed")
    assert gate.phase("exit") == "down"
    assert not gate.all("relay.tested")
    before = gate.head()
    done = await pulse("open", key="the-same-press")
    assert done.status_code == 200, done.text
    again = await pulse("open", key="the-same-press")
    assert again.json() == {"seq": done.json()["seq"], "again": True}
    opened, commanded, tested = (
        e for e in gate.journal(before) if e.kind in ("pass.opened", "barrier.commanded", "relay.tested")
    )
    assert (opened.seq, opened.reason) == (done.json()["seq"], "test")
    assert commanded.action == Action.OPEN.value
    assert (tested.actor, tested.agreed, tested.lane) == ("user:tech", "wang", "exit"), "on record with both names"
    await gate.until(lambda: gate.phase("exit") == "up")
    assert code(await pulse("stop")) == (409, "already")
    assert (await pulse("close")).status_code == 200
    await gate.until(lambda: gate.phase("exit") == "down")


async def _camera(b: Bench) -> None:
    await b.gate.frames()
    first = await b.api.get("/technician/cameras/entry")
    assert first["sharpness"] > 40
    assert "blurred" not in first["hints"]
    newer = await b.api.get(f"/technician/cameras/entry?after={first['number']}")
    assert newer["number"] > first["number"]
    picture = await b.api.http.get("/technician/cameras/entry/picture.jpg")
    assert picture.content.startswith(b"\xff\xd8")
    assert (await b.api.http.get("/technician/cameras/exit")).status_code == 404


def test_only_a_technician_is_let_in(tmp_path: Path, cable: Cable) -> None:
    asyncio.run(_only_a_technician(tmp_path, cable))


async def _only_a_technician(tmp_path: Path, cable: Cable) -> None:
    async with bench(tmp_path, cable) as b:
        for user, pin in (("li", "582013"), ("wang", "731842")):
            await b.api.sign_in(user, pin)
            assert (await b.api.http.get("/technician/devices")).status_code == 403
            assert (await b.api.post("/technician/search", {"port": "/dev/x"})).status_code == 403
