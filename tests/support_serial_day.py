"""A day at the gate's serial lines: cars pass with their cards on pseudo-terminals, while each line is disturbed at random.

    an hour's worth of trouble for each line: bursts of random bytes, half frames, the plug pulled and put back
    what is asked afterwards: every car decided once and through once, no card that nobody held, each fault once on record,
    the journal's chain whole, head office has the same

A frame that is sent while the plug is out is lost, as on a real cable; a driver whose card was not answered holds it there again. So
«nothing lost» means: no car stays, and «nothing doubled»: however often a card was held and repeated, it is one pass.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from drivers.readers import rdm6300
from drivers.sim_vehicle import Manners, SimulatedVehicle
from drivers.wire import PtyWire
from edge.store import verify
from tests.support_gate import Whole, chain_rows, headoffice_rows, laptop, whole, without_cameras

LANES = ("entry", "exit")
PATIENT = Manners(speed=6.0, presents_after_s=0.3, reacts_after_s=0.3, patience_s=1e6, listens_s=1e6)
AGAIN_S = 3.0
"""Real seconds after which an unanswered driver holds the card there again: a card that was read is answered long before, however busy
the machine, or the second holding would rightly be a second question."""
HEADOFFICE = "headoffice.sqlite"


@dataclass(slots=True)
class Day:
    """What was done to the gate, to be held against its journal."""

    seed: int
    cars: dict[str, list[str]] = field(default_factory=lambda: {lane: [] for lane in LANES})
    """Lane → the card of each car that went through."""
    pulled: Counter[str] = field(default_factory=Counter)
    bursts: int = 0
    octets: int = 0
    held: int = 0

    def __str__(self) -> str:
        cars = sum(map(len, self.cars.values()))
        return (
            f"seed {self.seed}: {cars} cars, cards held {self.held} times, {self.bursts} bursts of {self.octets} bytes, "
            f"plug pulled {sum(self.pulled.values())} times"
        )


async def day(folder: Path, seed: int, seconds: float, rate: float) -> Day:
    """Let it happen for so many real seconds, and ask afterwards. AssertionError with what is not as it must be."""
    done = Day(seed)
    folder.mkdir(parents=True, exist_ok=True)
    lines = {lane: PtyWire(folder / f"{lane}-reader") for lane in LANES}

    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["policy"] = {"anti_passback": "off", "two_places_s": 0.0}
        for lane in raw["lane"]:
            lane["reader"]["port"] = lines[lane["id"]].url
            lane["barrier"] |= {"rise_s": 60.0, "fall_s": 60.0}  # a busy machine is not a broken arm
            lane["sensors"] |= {"authorisation_s": 600.0}

    try:
        async with whole(folder / "data", settings=laptop(folder / "data", change), rate=rate) as gate:
            assert gate.world is not None
            for lane, line in lines.items():
                gate.world.world.fit_reader(lane, line, lambda uid: rdm6300.encode(uid, rdm6300.Options()))
            await gate.until(lambda: all(gate.house.devices.made[f"{lane}.reader"]._port.is_open for lane in LANES))
            over = asyncio.get_running_loop().time() + seconds
            async with asyncio.TaskGroup() as group:
                for number, lane in enumerate(LANES):
                    stop = asyncio.Event()
                    group.create_task(_traffic(gate, lane, done, over, stop, number))
                    group.create_task(_trouble(gate, lane, lines[lane], done, stop, random.Random(f"{seed} {lane}")))
            await gate.house.settled()
            await gate.until(lambda: not gate.faults(), "every fault has ended")
            await gate.house.bridge.drain()
            await gate.told()
            _hold_against(gate, done)
        assert verify.verify_file(folder / "data" / "gate.sqlite").ok
        assert headoffice_rows(folder / "data" / HEADOFFICE) == chain_rows(folder / "data")
    finally:
        for line in lines.values():
            line.unplug()
    return done


async def _traffic(gate: Whole, lane: str, done: Day, over: float, stop: asyncio.Event, number: int) -> None:
    """One car after the other; whoever is not answered holds the card there again."""
    assert gate.world is not None
    with gate.house.store.reader() as con:
        wanted = "SELECT uid FROM credentials WHERE status = 'active' AND category = 'owner' AND valid_until = '' AND schedule = '' ORDER BY uid"
        cards = [uid for (uid,) in con.execute(wanted)][number::2]
    while asyncio.get_running_loop().time() < over:
        card = cards[len(done.cars[lane]) % len(cards)]
        before = gate.head()
        car = gate.world.world.car(lane, f"粤B·{len(done.cars[lane]):05d}", bytes.fromhex(card), manners=PATIENT)
        done.held += 1
        await _decided(gate, lane, card, car, before, done)
        await gate.event("vehicle.crossed", before, lane=lane)
        await asyncio.to_thread(car.done.wait, 30)
        assert car.outcome == "crossed"
        done.cars[lane].append(card)
    stop.set()


async def _decided(gate: Whole, lane: str, card: str, car: SimulatedVehicle, before: int, done: Day) -> None:
    """Until the card is answered; a presentation on a line that was out or drowned in noise was none."""
    for _ in range(40):
        try:
            async with asyncio.timeout(AGAIN_S):
                await gate.event("access.decided", before, lane=lane, card=card)
                return
        except TimeoutError:
            if car.phase == "waiting":
                gate.tap(card, lane)
                done.held += 1
    raise AssertionError(f"{lane}: {card} was never answered\n{gate.faults()}")


async def _trouble(gate: Whole, lane: str, line: PtyWire, done: Day, stop: asyncio.Event, dice: random.Random) -> None:
    """Noise and a loose plug, until the last car is through; then the plug is in."""
    device = f"{lane}.reader"
    while not stop.is_set():
        try:
            async with asyncio.timeout(dice.uniform(0.02, 0.5)):
                await stop.wait()
        except TimeoutError:
            pass
        if dice.random() < 0.6:
            noise = dice.randbytes(dice.choice((1, 7, 14, 60, 300)))
            if dice.random() < 0.4:  # half a frame of a card that nobody holds
                noise += rdm6300.encode(bytes.fromhex("7f00000000"), rdm6300.Options())[: dice.randint(1, 13)]
            done.bursts += 1
            done.octets += line.write(noise)
        else:
            before = gate.head()
            line.unplug()
            done.pulled[device] += 1
            await gate.event("fault.began", before, device=device, code="gone")
            line.plug()
            await gate.event("fault.ended", before, device=device, code="gone")
    line.write(rdm6300.encode(bytes.fromhex("7f00000001"), rdm6300.Options()))  # a good frame ends what noise there was


def _hold_against(gate: Whole, done: Day) -> None:
    """The journal against what was done."""
    strangers = {"7f00000001"}
    decided = [e for e in gate.all("access.decided") if e.card not in strangers]
    for lane, cards in done.cars.items():
        told = [e.card for e in decided if e.lane == lane]
        differs = next((n for n, pair in enumerate(zip(told, cards, strict=False)) if pair[0] != pair[1]), len(cards))
        assert told == cards, (
            f"{lane}: {len(cards)} cards, {len(told)} decisions; from the {differs}th on {told[differs:][:3]}"
        )
        passes = [e.seq for e in decided if e.lane == lane]
        crossed = [e.pass_seq for e in gate.all("vehicle.crossed", lane=lane)]
        assert crossed == passes, f"{lane}: decided {passes}, crossed {crossed}"
    assert {e.decision for e in decided} == {"granted"}
    assert len(gate.all("access.decided")) - len(decided) <= len(LANES)
    assert gate.all("vehicle.tailgated") == gate.all("access.lapsed") == []

    events = sorted(gate.all("fault."), key=lambda e: (e.device, e.code, e.seq))
    for (device, code), group in groupby(events, key=lambda e: (e.device, e.code)):
        kinds = [e.kind for e in group]
        assert kinds == ["fault.began", "fault.ended"] * (len(kinds) // 2), f"{device} {code}: {kinds}"
        assert code in ("gone", "noise"), f"{device} {code}"
        if code == "gone":
            assert len(kinds) == 2 * done.pulled[device], f"{device}: pulled {done.pulled[device]}, {kinds}"
    assert {e.device for e in events} <= {f"{lane}.reader" for lane in LANES}
