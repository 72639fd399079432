"""1,000 spoilt configurations: each is refused with a named key, or starts (issue 4, point 11). All of them whole: tests/soak_config.py."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from edge import hardware, osdp
from edge.bridge import Bridge
from edge.clock import Clock
from edge.desk import read_files
from edge.desk.green import GreenWay
from edge.desk.reader import DeskReader
from edge.devices import Devices
from edge.domain.policy import Rules
from edge.gate import Gate
from edge.hearing import Hearing
from edge.lane import Lane
from edge.places import CONFIG
from edge.settings import Settings
from edge.store.db import Store
from tests.support_config import taken, texts


class Yard:
    """A gate in which the devices of any configuration can be made; none of their threads begins."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.data = folder
        self.store = Store.open(folder / "gate.sqlite", gate="main", site="zhenyuan")
        _, self.said = read_files(CONFIG)

    def make(self, given: Settings) -> None:
        self.loop.run_until_complete(self._make(given))

    async def _make(self, given: Settings) -> None:
        clock, bridge = Clock(), Bridge(asyncio.get_running_loop())
        gate = Gate(self.store, clock, bridge, Rules(), given.policy.timezone)
        for table in given.lane:
            config = hardware.barrier_config(table, given.fire is not None)
            gate.lanes[table.id] = Lane(
                table, config, clock, gate.record, gate.note, bridge.spawn, gate.changed, gate.faults.set, gate.snap
            )
        hearing = Hearing(gate, DeskReader(gate), GreenWay(gate, given.green_way.lanes))
        devices = Devices(gate, hearing, self.data, osdp.Keys(self.data), self.said, ({}, {}))
        pins = given.pins.model_copy(update={"factory": "simulated"})
        try:
            devices.build(given.model_copy(update={"pins": pins}))
        finally:
            devices.release()
            await devices.stop()
            await devices.close_pins()

    def close(self) -> None:
        self.store.close()
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
