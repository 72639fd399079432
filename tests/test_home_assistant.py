"""Home Assistant's discovery on a real broker: what there is, how it is, and that nothing there can move a barrier."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from edge.settings_gate import HomeAssistantTable
from sync.home_assistant import Messages
from tests.support_gate import whole, without_cameras
from tests.support_sync import Mosquitto, Recorder

ROW = {
    "id": "entry",
    "name": "入口",
    "phase": "rising",
    "faults": [],
    "approach": True,
    "under": False,
    "beam": None,
    "last": {"plate": "粤B12345"},
}


def test_words_of_a_cover_and_no_command_anywhere() -> None:
    made = Messages("s", "main", "正门", "1")
    found = made.discovery([ROW])
    entities = {topic: json.loads(said) for topic, said in found.items()}
    assert sorted(topic.split("/")[1] for topic in found) == ["binary_sensor"] * 4 + ["cover", "sensor"]
    assert not [key for said in entities.values() for key in said if "command" in key]
    assert len({said["unique_id"] for said in entities.values()}) == len(entities)
    states = made.states({"faults": [], "lanes": [ROW]})
    assert {said["state_topic"] for said in entities.values()} == set(states)
    assert states["gate-edge/s/main/entry/barrier"] == b"opening"
    for phase, word in (("down", b"closed"), ("held", b"open"), ("unknown", b"None"), ("fault", b"None")):
        assert made.states({"faults": [], "lanes": [{**ROW, "phase": phase}]})["gate-edge/s/main/entry/barrier"] == word
    without = Messages("s", "main", "正门", "1", plates=False)
    assert b"12345" not in b"".join(without.states({"faults": [], "lanes": [ROW]}).values())


def test_a_car_goes_through_in_a_house(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    try:
        asyncio.run(_car(broker, tmp_path / "gate"))
    finally:
        broker.kill()


async def _car(broker: Mosquitto, data: Path) -> None:
    def change(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        raw["home_assistant"] = {"url": broker.url}

    assert HomeAssistantTable(url=broker.url).prefix == "homeassistant"
    seen, link = Recorder(), broker.link("home-assistant")
    link.subscribe("#", 1)
    link.connect(seen)

    def said(topic: str) -> list[bytes]:
        return [m.payload for m in seen.messages if m.topic == f"gate-edge/zhenyuan/main/{topic}"]

    try:
        async with whole(data, change, rate=2.0) as gate:
            await asyncio.to_thread(seen.wait, lambda _: said("entry/barrier")[-1:] == [b"closed"], 15)
            assert said("available")[-1] == b"online"
            covers = [m for m in seen.messages if m.topic.startswith("homeassistant/cover/")]
            assert len(covers) == 2
            await gate.play("owner")
            await asyncio.to_thread(seen.wait, lambda _: b"open" in said("entry/barrier"), 20)
            await asyncio.to_thread(seen.wait, lambda _: said("entry/barrier")[-1] == b"closed", 30)
            assert said("entry/barrier").index(b"opening") < said("entry/barrier").index(b"open")
            assert said("entry/under")[0] == b"OFF"
            assert b"ON" in said("entry/under")
            await asyncio.to_thread(seen.wait, lambda _: said("entry/plate"), 15)
        await asyncio.to_thread(seen.wait, lambda _: said("available")[-1] == b"offline", 15)
    finally:
        link.close()
