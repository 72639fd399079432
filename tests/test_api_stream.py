"""The live stream: order, what was missed, when to read afresh, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.api.context import Context, Options, Reads
from edge.api.stream import MISSED, _Stream
from edge.api.who import Who
from edge.bridge import Change, Hub
from edge.clock import Stamp
from edge.domain.events import VehicleWaiting
from edge.store.db import Store
from edge.store.queries import head
from tests.support_page import Client, RealGate

pytest_plugins = ["tests.support_page_fixtures"]
Events = list[tuple[str, int | None, dict[str, Any]]]


def parsed(block: str) -> tuple[str, int | None, dict[str, Any]]:
    lines = dict(line.split(": ", 1) for line in block.strip().splitlines())
    return lines["event"], int(lines["id"]) if "id" in lines else None, json.loads(lines["data"])


def hear(client: Client, enough: Callable[[Events], bool], **more: Any) -> Events:
    """What a new connection gets, until it is enough."""
    found: Events = []
    with client.stream("GET", "/stream", **more) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = ""
        for piece in answer.iter_text():
            text += piece
            *blocks, text = text.split("\n\n")
            found += [parsed(block) for block in blocks]
            if enough(found):
                return found
    raise AssertionError(f"the stream ended: {found}")


def of(kind: str, events: Events) -> Events:
    return [event for event in events if event[0] == kind]


def test_a_new_tablet_gets_hello_the_state_and_a_beat_every_two_seconds(gate: RealGate) -> None:
    leader = gate.leader()
    events = hear(leader, lambda found: len(of("beat", found)) >= 2)
    assert [kind for kind, _, _ in events[:2]] == ["hello", "state"]
    assert events[0][2]["who"]["role"] == "leader"
    beats = [data for _, _, data in of("hello", events) + of("beat", events)]
    gaps = [b["tick"] - a["tick"] for a, b in itertools.pairwise(beats)]
    assert gaps
    assert all(1000 < gap < 4500 for gap in gaps)


def test_what_was_missed_comes_in_order_with_the_journals_numbers(gate: RealGate) -> None:
    leader = gate.leader()
    before = leader.state()["journal_seq"]
    for n in range(5):
        leader.post("/lanes/entry/command", {"action": "open", "tick": 0}, f"missed-number-{n}")
    for headers, params in (
        ({"Last-Event-ID": str(before)}, {}),
        ({}, {"after": before, "epoch": leader.state()["gate"]["epoch"]}),
    ):
        events = hear(leader, lambda found: len(of("journal", found)) >= 5, headers=headers, params=params)
        missed = [number for _, number, _ in of("journal", events)]
        assert missed[:5] == list(range(before + 1, before + 6))
        assert events[0][0] == "hello"


@pytest.mark.parametrize("params", [{"after": 10**9}, {"after": 1, "epoch": "another"}])
def test_another_journal_is_read_afresh(gate: RealGate, params: dict[str, Any]) -> None:
    kinds = [kind for kind, _, _ in hear(gate.leader(), lambda found: len(found) >= 3, params=params)][:3]
    assert kinds == ["hello", "reset", "state"]


def test_without_a_session_there_is_no_stream(gate: RealGate) -> None:
    assert gate.client().get("/stream").status_code == 401


def test_the_stream_ends_with_its_session(gate: RealGate) -> None:
    leader = gate.leader()
    ended: list[str] = []
    with leader.stream("GET", "/stream") as answer:
        lines = answer.iter_lines()
        next(lines)
        other = gate.client(cookies=leader.cookies)
        other.request("DELETE", "/session", headers={"Idempotency-Key": "end-of-session"})
        with contextlib.suppress(httpx.RemoteProtocolError):
            ended = [line for line in lines if line.startswith("event:")]
    assert ended[-1] == "event: end"


def test_the_consoles_token_keeps_its_stream(gate: RealGate) -> None:
    """The command line has no session that could end: beats go on."""
    token = (gate.database.parent / "console.token").read_text().split()[0]
    headers = {"Authorization": f"Bearer {token}"}
    events = hear(gate.client(), lambda found: len(of("beat", found)) >= 2, headers=headers)
    assert events[0][2]["who"]["user"] == "console"
    assert of("end", events) == []


class Port:
    """The little of a gate that the stream needs, over a real store."""

    def __init__(self, store: Store) -> None:
        self.store, self.hub, self.ticks = store, Hub(size=5), 0

    def now_tick(self) -> int:
        self.ticks += 1
        return self.ticks

    def snapshot(self) -> dict[str, Any]:
        with self.store.reader() as con:
            seq = head(con).seq
        return {"gate": {"epoch": self.store.epoch}, "now_ms": 0, "journal_seq": seq, "lanes": []}

    def subscribe(self) -> contextlib.AbstractContextManager[Any]:
        return self.hub.subscribe()

    async def waiting(self, count: int, *, told: bool = True) -> None:
        stamp = Stamp(1_800_000_000_000, "boot", 1, "ntp")
        for _ in range(count):
            seq = await self.store.transact(lambda tx: tx.append(VehicleWaiting("entry"), actor="gate", stamp=stamp))
            if told:
                self.hub.publish(Change("journal", seq, {"kind": "vehicle.waiting", "body": {}}))


class People:
    """Whoever comes is signed in, until `over`."""

    over = False

    def session(self, _token: str, *, used: bool = False) -> object | None:
        return None if self.over else object()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Port]:
    store = Store.open(tmp_path / "gate.sqlite", gate="main", site="test", ballast=0)
    yield Port(store)
    store.close()


def context(port: Port, beat_s: float = 30.0) -> Context:
    return Context(port, People(), Options(beat_s=beat_s, coalesce_s=0.01), Reads(port), "build")


async def take(stream: Any, count: int) -> list[str]:
    return [parsed((await anext(stream)).decode())[0] for _ in range(count)]


def opened(ctx: Context, known: int | None = None) -> Any:
    return _Stream(ctx, Who("leader", "班长", "leader"), "token").run(known, "")


def test_up_to_two_hundred_missed_events_are_sent_and_one_more_is_a_reset(port: Port) -> None:
    async def story() -> None:
        ctx = context(port)
        await port.waiting(MISSED + 1, told=False)
        stream = opened(ctx, 1)
        assert await take(stream, MISSED + 2) == ["hello", *["journal"] * MISSED, "state"]
        await stream.aclose()
        stream = opened(ctx, 0)
        assert await take(stream, 3) == ["hello", "reset", "state"]
        await stream.aclose()
        ctx.reads.close()

    asyncio.run(story())


def test_an_event_between_reading_and_listening_comes_once(port: Port) -> None:
    async def story() -> None:
        ctx = context(port)
        await port.waiting(2)
        stream = opened(ctx, 1)
        assert await take(stream, 1) == ["hello"]
        await port.waiting(1)
        numbers = []
        while len(numbers) < 2:
            kind, number, _ = parsed((await anext(stream)).decode())
            numbers += [number] if kind == "journal" else []
        assert numbers == [2, 3]
        await stream.aclose()
        ctx.reads.close()

    asyncio.run(story())


def test_a_tablet_that_is_too_slow_is_told_to_read_afresh(port: Port) -> None:
    async def story() -> None:
        ctx = context(port)
        stream = opened(ctx)
        assert await take(stream, 2) == ["hello", "state"]
        rest = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        await port.waiting(1)
        await rest
        await port.waiting(20)
        kinds = []
        while "reset" not in kinds:
            kinds += await take(stream, 1)
        assert kinds.count("journal") <= 20
        await stream.aclose()
        ctx.reads.close()

    asyncio.run(story())


def test_many_changes_at_once_are_one_state(port: Port) -> None:
    async def story() -> None:
        ctx = context(port)
        stream = opened(ctx)
        await take(stream, 2)
        for _ in range(4):
            port.hub.publish(Change("state"))
        assert await take(stream, 1) == ["state"]
        slow = asyncio.ensure_future(anext(stream))
        done, _ = await asyncio.wait({slow}, timeout=0.2)
        assert not done, "four changes made more than one state"
        slow.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await slow
        ctx.reads.close()

    asyncio.run(story())


def test_the_gate_going_down_ends_the_stream(port: Port) -> None:
    async def story() -> None:
        ctx = context(port)
        stream = opened(ctx)
        await take(stream, 2)
        ctx.closing.set()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        ctx.reads.close()

    asyncio.run(story())
