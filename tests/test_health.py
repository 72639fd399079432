"""The machine under the gate, and the gate's own word on how it is."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from edge import machine
from edge.clock import Clock
from edge.domain.event import Event
from edge.faults import Faults
from edge.health import Health, devices, rank, worst_first
from edge.machine import Machine
from tests.support_gate import ROOT, laptop
from tests.support_page import RealGate

pytest_plugins = ["tests.support_page_fixtures"]
SOUND = Machine(10 << 30, 30 << 30, 50.0, 0, 1, False)


def pi(root: Path, **files: str) -> Path:
    """A kernel's files, by short names."""
    places = {
        "zone": "sys/class/thermal/thermal_zone0/type",
        "temp": "sys/class/thermal/thermal_zone0/temp",
        "throttled": "sys/devices/platform/soc/soc:firmware/get_throttled",
        "life": "sys/block/mmcblk0/device/life_time",
        "reserve": "sys/block/mmcblk0/device/pre_eol_info",
        "volt": "sys/class/hwmon/hwmon1/name",
        "alarm": "sys/class/hwmon/hwmon1/in0_lcrit_alarm",
    }
    for name, text in files.items():
        path = root / places[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return root


def test_a_pi_is_read_from_the_kernels_files(tmp_path: Path) -> None:
    root = pi(tmp_path, zone="cpu-thermal", temp="61320", throttled="50005", life="0x02 0x03", reserve="0x01")
    seen = machine.read(tmp_path, root, ask=lambda: "throttled=0x0")
    assert (seen.temperature_c, seen.throttled) == (61.32, 0x50005)
    assert (seen.wear_tenths, seen.spent) == (3, False)
    assert seen.disk_free is not None
    assert seen.disk_total is not None
    assert 0 < seen.disk_free < seen.disk_total


def test_power_is_asked_of_the_tool_and_then_of_the_driver(tmp_path: Path) -> None:
    assert machine.read(tmp_path, tmp_path, ask=lambda: "throttled=0x50000\n").throttled == 0x50000
    root = pi(tmp_path, volt="rpi_volt", alarm="1")
    assert machine.read(tmp_path, root, ask=lambda: "").throttled == machine.UNDER_VOLTAGE


@pytest.mark.parametrize("text", ["", "nonsense", "0xZZ", "-"])
def test_what_cannot_be_read_is_unknown_and_no_fault(tmp_path: Path, text: str) -> None:
    root = pi(tmp_path, zone="cpu-thermal", temp=text, throttled=text, life=text, reserve=text)
    seen = machine.read(tmp_path / "nowhere", root, ask=lambda: text)
    assert seen == Machine()
    assert list(machine.judge(seen, lambda _device, _code: False)) == []


@pytest.mark.parametrize(
    ("now", "wrong"),
    [
        (SOUND, set()),
        (Machine(disk_free=(500 << 20) - 1), {"filling"}),
        (Machine(disk_free=400 << 20, disk_total=32 << 30), {"filling"}),
        (Machine(disk_free=400 << 20, disk_total=4 << 30), set()),
        (Machine(temperature_c=80.0), {"too-hot"}),
        (Machine(throttled=0x1), {"under-voltage"}),
        (Machine(throttled=0x50000), set()),  # it was so once since the start: nothing to do now
        (Machine(throttled=0x4), {"throttled"}),
        (Machine(throttled=0x7), {"under-voltage"}),  # that it is slow is what follows
        (Machine(throttled=0xE, temperature_c=70.0), {"too-hot"}),
        (Machine(wear_tenths=9), {"worn"}),
        (Machine(wear_tenths=8), set()),
        (Machine(spent=True), {"worn"}),
    ],
)
def test_what_is_a_fault(now: Machine, wrong: set[str]) -> None:
    assert {f.code for f in machine.judge(now, lambda _device, _code: False) if f.active} == wrong


@pytest.mark.parametrize(
    ("looks", "wrong"),
    [
        ((0x50000, 0x50000), [set(), set()]),  # before this start: nobody can do anything about it now
        ((0x0, 0x10000, 0x10000), [set(), {"under-voltage"}, set()]),  # a dip between two looks counts at the next one
        ((0x10000, 0x50000), [set(), {"throttled"}]),
        ((0x0, 0x10001, 0x10000), [set(), {"under-voltage"}, set()]),
    ],
)
def test_a_dip_between_two_looks_is_not_missed(looks: tuple[int, ...], wrong: list[set[str]]) -> None:
    before, said = Machine(), []
    for bits in looks:
        now = Machine(throttled=bits)
        said.append({f.code for f in machine.judge(now, lambda _device, _code: False, before) if f.active})
        before = now
    assert said == wrong


def test_a_value_on_the_edge_does_not_fill_the_journal(tmp_path: Path) -> None:
    noted: list[Event] = []
    faults = Faults(Clock(), noted.extend)
    health = Health(laptop(tmp_path), tmp_path, faults, 0)
    for degrees in (79.9, 80.0, 79.0, 80.1, 76.0, 75.1, 80.0, 74.9, 79.9):
        health.look = lambda degrees=degrees: Machine(temperature_c=degrees)
        asyncio.run(health.watch())
    assert [type(e).__name__ for e in noted] == ["FaultBegan", "FaultEnded"]


def test_the_worst_comes_first_in_words_that_say_what_to_do() -> None:
    faults = Faults(Clock(), lambda _events: None)
    for device, code in (
        ("storage", "worn"),
        ("entry.camera", "dark"),
        ("entry.reader", "gone"),
        ("entry.barrier", "did-not-fall"),
        ("store", "disk-full"),
    ):
        faults.set(device, code, True)
    said = [fault.code for fault in worst_first(faults.now())]
    assert said == ["disk-full", "did-not-fall", "gone", "dark", "worn"]
    for language in ("zh-CN", "en"):
        words = json.loads((ROOT / "edge" / "tablet" / f"{language}.json").read_text("utf-8"))
        for code in (*said, "filling", "too-hot", "under-voltage", "throttled"):
            assert words[f"fault.{code}"]
            assert len(words[f"fault.{code}.do"]) > 5
        for device in ("disk", "machine", "storage"):
            assert words[f"device.{device}"]


def test_a_gate_that_cannot_record_is_live_and_not_ready(tmp_path: Path) -> None:
    settings = laptop(tmp_path)
    faults = Faults(Clock(), lambda _events: None)
    health = Health(settings, tmp_path, faults, 7)
    assert health.report()["ready"]
    assert {row["state"] for row in health.report()["devices"]} == {"ok"}
    assert {row["since_ms"] for row in health.report()["devices"]} == {7}
    faults.set("store", "disk-full", True)
    faults.set("entry.reader", "gone", True, "/dev/ttyUSB0 of 192.0.2.7")
    said = health.report()
    assert said["live"]
    assert not said["ready"]
    assert [row["code"] for row in said["devices"][:3]] == ["disk-full", "gone", ""]
    assert "192.0.2.7" not in json.dumps(said)
    faults.set("store", "disk-full", False)
    well = next(row for row in health.report()["devices"] if row["device"] == "store")
    assert well["state"] == "ok"
    assert well["since_ms"] > 7
    assert {row["device"] for row in said["devices"]} == set(devices(settings))
    assert rank("something new") == 3


def test_over_the_network(gate: RealGate) -> None:
    """What Prometheus reads is its text format, each metric under its type, and says nothing about anybody."""
    client = gate.client()
    said = client.get("/health").json()
    assert said["live"]
    assert said["ready"]
    assert {"entry.reader", "exit.camera", "store"} <= {row["device"] for row in said["devices"]}
    answer = client.get(f"{gate.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert lines.count("# TYPE gate_device_ok gauge") == 1
    metric = re.compile(r'[a-z_]+(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? -?[0-9.e+-]+')
    values = [line for line in lines if not line.startswith("#")]
    assert all(metric.fullmatch(line) for line in values), values
    names = [re.match(r"[a-z_]+", line).group() for line in values]
    assert names == sorted(names, key=names.index)  # those of one name stand together
    assert {"gate_ready", "gate_journal_seq", "gate_sync_unsent", "process_open_fds"} <= set(names)
    assert "班长" not in answer.text
