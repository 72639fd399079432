"""The gate process that `bench_day` measures: a whole day of a busy community, RATE times as fast as life.

    python -m tests.bench.support_day CONFIG RATE HOURS SHARE   → one line of JSON at the end

Vehicles drive up at the lowest seam (cards as bytes, loops as pins), as scenarios play them; guards work through the whole API
(HTTP without a socket, in the gate's own loop), one visit after the other from the first question to the card and document handed back.
SHARE of the day's vehicles, visitors and requests come (1: 3,000, 800 and 40).
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from drivers.serial_port import SerialReader
from edge.domain.documents import check_digit
from edge.scenario import Scenario, Step
from edge.simulation import Told
from edge.store import queries
from edge.wiring import House, read_settings
from tests.bench.support_gate import opened

VEHICLES, VISITORS, REQUESTS, CARDS = 3_000, 800, 40, 400
RUSH = ((0.25, 0.0, 7.0), (0.35, 7.0, 9.5), (0.6, 9.5, 17.0), (0.95, 17.0, 20.0), (1.0, 20.0, 24.0))
"""Of a day's arrivals: this share until then, between these hours."""
UNIT = "11栋201"


class Guard:
    """Somebody at the tablet: every press is measured, whatever is answered."""

    def __init__(self, house: House) -> None:
        transport = httpx.ASGITransport(app=house.app, client=("127.0.0.1", 1))
        self._client = httpx.AsyncClient(
            transport=transport,
            base_url="http://127.0.0.1/api/v1",
            headers={"Authorization": f"Bearer {house.console}"},
        )
        self.times: dict[str, list[float]] = {}
        self.wrong: Counter[str] = Counter()

    async def do(self, name: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST; the answer, {} when it was refused."""
        begun = time.perf_counter()
        answer = await self._client.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(8)})
        self.times.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            self.wrong[f"{name}: {answer.json().get('error', {}).get('code', answer.status_code)}"] += 1
            return {}
        found: dict[str, Any] = answer.json()
        return found

    async def look(self, name: str, path: str) -> None:
        """GET."""
        begun = time.perf_counter()
        answer = await self._client.get(path)
        self.times.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            self.wrong[f"{name}: {answer.status_code}"] += 1


def moment(rng: random.Random, hours: float) -> float:
    """Seconds since midnight (of a day squeezed into `hours`), with the two rushes."""
    at = rng.random()
    first, last = next((first, last) for share, first, last in RUSH if at <= share)
    return rng.uniform(first, last) / 24 * hours * 3600


async def visit(guard: Guard, house: House, n: int, at_s: float, stays_s: float, rack: list[str]) -> bool:
    """P3, whole: register, admit; later card and document back, closed. Whether it was all done. `rack`: the cards in it.

    There are more visitors in the rush than slots for documents: then it is looked at and handed straight back, as a guard would.
    """
    sleep = house.clock.seconds
    await asyncio.sleep(sleep(round(at_s * 1000)))
    number = f"44030119900101{n % 1000:03d}"
    opened = await guard.do(
        "open", "/visits", {"kind": "business", "name": f"访客{n:04d}", "title": "mr", "unit": UNIT}
    )
    one = (opened.get("visit") or {}).get("visit")
    if not one:
        return False
    path = f"/visits/{one}"
    await guard.do("answer", f"{path}/answer", {"step": "appointment", "answer": "yes"})
    await guard.do("call", f"{path}/call", {"result": "agreed"})
    held = {"kind": "driving-licence", "number": number + check_digit(number), "owner": f"访客{n:04d}", "how": "hold"}
    kept = await guard.do("document", f"{path}/document", held)
    if not kept and not await guard.do("document looked at", f"{path}/document", held | {"how": "check"}):
        kept = await guard.do("document", f"{path}/document", held)  # a slot has come free in between
    card = rack.pop(0)
    await guard.do("card", f"{path}/card", {"card": card})
    admitted = await guard.do("admit", f"{path}/admit")
    await guard.look("list", "/visits")
    await asyncio.sleep(sleep(round(stays_s * 1000)))
    if await guard.do("card back", f"{path}/card/return"):
        rack.append(card)
    if kept:
        await guard.do("document back", f"{path}/document/return", {})
    return bool(await guard.do("close", f"{path}/close", {})) and bool(admitted)


async def request(guard: Guard, house: House, at_s: float) -> bool:
    """D2: received and passed on; done; the owner asked."""
    await asyncio.sleep(house.clock.seconds(round(at_s * 1000)))
    made = await guard.do("request", "/requests", {"category": "repair", "unit": UNIT, "words": "水龙头漏水"})
    one = (made.get("request") or {}).get("request")
    if not one:
        return False
    await asyncio.sleep(house.clock.seconds(1_800_000))
    await guard.do("finish", f"/requests/{one}/done", {})
    return bool(await guard.do("ask", f"/requests/{one}/ask", {"answer": "satisfied"}))


async def day(config: Path, rate: float, hours: float, share: float) -> dict[str, Any]:
    """Everything; what came of it."""
    rng = random.Random(1)
    house = await House.build(read_settings(config), rate=rate)
    try:
        await house.start()
        await opened(list(house.devices.of(SerialReader).values()))
        await house.seen()
        guard = Guard(house)
        for n in range(CARDS):
            await guard.do("stock", "/cards", {"card": f"0a00bb{n:04x}", "kind": "visitor", "label": f"V{n:03d}"})
        count = round(VEHICLES * share)
        steps = [
            Step(
                at_s=moment(rng, hours),
                lane="in" if n % 2 else "out",
                who="owner",
                expect="granted",
                outcome="crossed",
            )
            for n in range(count)
        ]
        rack = [f"V{n:03d}" for n in range(CARDS)]
        visits = [
            visit(guard, house, n, moment(rng, hours) * 0.85, rng.uniform(600, 7_200) * hours / 24, rack)
            for n in range(round(VISITORS * share))
        ]
        asked = [request(guard, house, moment(rng, hours) * 0.9) for _ in range(round(REQUESTS * share))]
        assert house.stage is not None
        begun = time.perf_counter()
        played: list[Told]
        played, closed, done = await asyncio.gather(
            house.stage.run(Scenario(title="a day", step=tuple(steps))), asyncio.gather(*visits), asyncio.gather(*asked)
        )
        seconds = time.perf_counter() - begun
        assert house.playground is not None
        with house.store.reader() as con:
            head = queries.head(con).seq
        return {
            "seconds": seconds,
            "vehicles": count,
            "as_expected": sum(not told.wrong for told in played),
            "why": dict(Counter(told.wrong for told in played if told.wrong)),
            "violations": len(house.playground.world.violations),
            "visits": len(closed),
            "closed": sum(closed),
            "requests": len(done),
            "satisfied": sum(done),
            "refusals": dict(guard.wrong),
            "times": guard.times,
            "events": head,
        }
    finally:
        await house.stop("asked")


if __name__ == "__main__":
    given = sys.argv[1:]
    print(json.dumps(asyncio.run(day(Path(given[0]), *map(float, given[1:4])))), flush=True)
