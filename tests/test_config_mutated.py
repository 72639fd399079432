"""1,000 spoilt configurations: each is refused with a named key, or starts (issue 4, point 11). All of them whole: tests/soak_config.py."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from edge import hardware, osdp
from edge.devices import Devices
from edge.lane import Lane
from edge.settings import Settings
from edge.wiring import House
from tests.support_config import taken, texts
from tests.support_gate import laptop, without_cameras


class Yard:
    """A gate beside which the devices of any configuration can be made; none of their threads begins."""

    def __init__(self, folder: Path) -> None:
        self.loop, self.data = asyncio.new_event_loop(), folder
        self.house = self.loop.run_until_complete(House.build(laptop(folder / "gate", without_cameras)))

    def make(self, given: Settings) -> None:
        self.loop.run_until_complete(self._make(given))

    async def _make(self, given: Settings) -> None:
        gate = self.house.gate
        ZoneInfo(given.policy.timezone)
        for table in given.lane:
            config = hardware.barrier_config(table, given.fire is not None)
            gate.lanes[table.id] = Lane(
                table,
                config,
                gate.clock,
                gate.record,
                gate.note,
                gate.bridge.spawn,
                gate.changed,
                gate.faults.set,
                gate.snap,
            )
        keys = osdp.Keys(self.data)
        devices = Devices(gate, self.house.post.hearing, self.data, keys, self.house.post.desk.phrases, ({}, {}))
        pins = given.pins.model_copy(update={"factory": "simulated"})
        try:
            devices.build(given.model_copy(update={"pins": pins}))
        finally:
            devices.release()
            await devices.stop()
            await devices.close_pins()

    def close(self) -> None:
        self.loop.run_until_complete(self.house.stop("asked"))
        self.loop.close()


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    yard = Yard(tmp_path_factory.mktemp("yard"))
    yield yard
    yard.close()


def test_each_is_refused_with_a_named_key_or_its_devices_are_made(yard: Yard) -> None:
    seen: Counter[bool] = Counter()

    @settings(
        max_examples=1000, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(text=texts())
    def each(text: str) -> None:
        found = taken(text)
        seen[found is not None] += 1
        if found is not None:
            yard.make(found)

    each()
    assert seen[False] > 300, seen
    assert seen[True] > 100, seen
