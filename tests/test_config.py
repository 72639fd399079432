"""The configuration of a gate that runs (issue 4, point 8): changed devices alone, on trial for a minute, back by itself, every version kept."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.base import FaultCode
from drivers.readers import rdm6300
from drivers.serial_port import SerialReader
from drivers.wire import PtyWire
from edge import config_start, config_text, hardware, upkeep, wiring
from edge.__main__ import main
from edge.clock import Clock
from edge.config_change import DEVICE, change
from edge.config_start import Begun, begin
from edge.errors import BadInput, GateError, NotExecuted, SettingsError
from edge.instructions import Instructions
from edge.orders import Person
from edge.places import in_force, parse_settings
from edge.settings_gate import DeskTable
from edge.settings_lane import LaneTable, ReaderTable
from edge.store.config_versions import Versions
from sync.instructions import Instruction
from tests.support_gate import CONFIG, Whole, config_file, events_of, whole
from tests.support_process import ready, start
from tests.support_sync import free_port

LI, WU = Person("li", "technician"), Person("wu", "technician")
CARD = "0a003f8a11"
STRANGERS = itertools.count(1)


class HandClock(Clock):
    """This machine's clock, as far on as the test has moved it."""

    ahead = 0

    def mono_ms(self) -> int:
        return super().mono_ms() + HandClock.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[HandClock]:
    monkeypatch.setattr(wiring, "Clock", HandClock)
    monkeypatch.setattr(HandClock, "ahead", 0)
    return HandClock


def made(folder: Path, **ports: str) -> Path:
    """A configuration file without cameras whose lanes have these readers' ports (the others: none)."""
    path = config_file(folder, 0)
    changes: list[tuple[str, object]] = []
    for n, lane in enumerate(("entry", "exit")):
        changes.append((f"lane[{n}].camera", None))
        changes.append((f"lane[{n}].reader", {"driver": "rdm6300", "port": ports[lane]} if lane in ports else None))
    changes.append(("desk", None))
    path.write_text(config_text.edited(path.read_text("utf-8"), changes), "utf-8")
    return path


def started(path: Path) -> Begun:
    return begin(path, HandClock())


@asynccontextmanager
async def running(path: Path, folder: Path, rate: float = 10.0) -> AsyncIterator[Whole]:
    begun = started(path)
    async with whole(folder / "gate", settings=begun.settings, versions=begun.versions, rate=rate) as gate:
        await gate.house.configuring.ready()
        yield gate


def with_port(gate: Whole, port: str, lane: int = 0) -> str:
    config = gate.house.configuring
    return config.edited(config.text(0), [(f"lane[{lane}].reader.port", port)])


async def apply(gate: Whole, text: str, person: Person = LI, base: int = 0, key: str = "") -> int:
    config = gate.house.configuring
    done = await config.apply(person, text, base or config.versions.active, "test", "page", key)
    return int(done["version"])


async def heard(gate: Whole, line: PtyWire, lane: str) -> None:
    """Real frames on that line, one stranger's card after the other, are decided at that lane."""
    before = gate.head()
    await gate.hears(
        lambda: line.write(rdm6300.encode(b"\x0b" + next(STRANGERS).to_bytes(4, "big"), rdm6300.Options())),
        lambda: gate.all("access.decided", before, lane=lane),
    )


# ---- one gate, from version to version -----------------------------------------------------------------------------


def test_a_readers_port_is_tried_given_up_tried_again_and_kept(tmp_path: Path, clock: type[HandClock]) -> None:
    old, new, other = PtyWire(), PtyWire(), PtyWire()
    path = made(tmp_path, entry=old.url, exit=other.url)

    async def story() -> None:
        async with running(path, tmp_path, rate=1.0) as gate:
            house = gate.house
            await heard(gate, old, "entry")
            await heard(gate, other, "exit")
            exit_reader, pins = house.devices.made["exit.reader"], house.devices.made["entry.pins"]
            text = with_port(gate, new.url)
            found = house.configuring.compared(text)
            assert found["keys"] == ["lane[0].reader.port"]
            assert (found["devices"], found["lanes"], found["restart"]) == (["entry.reader"], [], [])
            assert [line for line in found["diff"] if line[0] in "+-"] == [
                f'-port = "{old.url}"',
                f'+port = "{new.url}"',
            ]

            assert await apply(gate, text) == 2
            await heard(gate, new, "entry")
            assert house.devices.made["exit.reader"] is exit_reader
            assert house.devices.made["entry.pins"] is pins
            await heard(gate, other, "exit")
            said = await gate.event("config.applied")
            assert (said.version, said.back, said.keys, said.devices) == (
                2,
                1,
                ["lane[0].reader.port"],
                ["entry.reader"],
            )
            assert said.actor == "user:li"
            assert new.url not in str(said.body)

            clock.ahead += house.configuring.status()["trial"]["left_ms"] - 10_000
            await house.configuring.watch()
            assert house.configuring.versions.trial is not None
            clock.ahead += 10_001
            back = await gate.event("config.reverted")  # by the chore, by itself
            assert (back.version, back.to, back.why, back.actor) == (2, 1, "unconfirmed", "gate")
            await heard(gate, old, "entry")
            assert house.settings.lane[0].reader is not None
            assert house.settings.lane[0].reader.port == old.url

            assert await apply(gate, text, key="k-apply-3") == 3
            assert await apply(gate, text, key="k-apply-3") == 3  # the same press again
            await house.configuring.confirm(WU, 3)
            assert (await gate.event("config.confirmed", version=3)).actor == "user:wu"
            clock.ahead += 3_600_000
            await house.configuring.watch()
            await heard(gate, new, "entry")
            assert house.configuring.status()["active"] == 3

            done = await house.configuring.revert(LI, 1, "", "page")  # one tap back, with the same trial
            assert done["trial"]
            await heard(gate, old, "entry")
            await house.configuring.confirm(LI, done["version"])
            assert in_force(path)[0].lane[0].reader == house.settings.lane[0].reader
            numbers = [v["number"] for v in house.configuring.status()["versions"]]
            assert numbers == [4, 3, 2, 1]
            assert house.configuring.versions.text(2) == text
            assert not gate.faults()

    asyncio.run(story())


def test_two_technicians_at_once_and_what_is_refused(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-two")

    async def refused(gate: Whole, code: str, text: str, **more: object) -> GateError:
        with pytest.raises((NotExecuted, BadInput)) as e:
            await apply(gate, text, **more)
        assert e.value.code == code
        return e.value

    async def story() -> None:
        async with running(path, tmp_path) as gate:
            config = gate.house.configuring
            text = with_port(gate, "sim://config-two-b")
            wrong = text.replace("repeat_s", "repaet_s").replace(
                'driver = "rdm6300"', 'driver = "rdm6300"\nbuad = 9600'
            )
            wrong += "\n[polcy]\ntimezone = 1\n"
            error = await refused(gate, "config-wrong", wrong)
            assert "lane[0].reader.buad: unknown key «buad»; did you mean «baud»?" in error.message
            problems = config.compared(wrong)["problems"]
            assert len(problems) == 2, problems
            assert all(problem in error.message for problem in problems)
            await refused(gate, "config-same", config.text(0))
            await refused(gate, "config-wrong", text.replace('id = "main"', 'id = "other"'))
            results = await asyncio.gather(
                apply(gate, text, LI), apply(gate, with_port(gate, "sim://config-two-c"), WU), return_exceptions=True
            )
            assert results[0] == 2
            assert isinstance(results[1], NotExecuted)
            assert results[1].code == "config-trial"
            with pytest.raises(NotExecuted) as late:
                await config.confirm(WU, 1)
            assert late.value.code == "config-no-trial"
            await config.confirm(LI, 2)
            error = await refused(gate, "config-changed", with_port(gate, "sim://config-two-d"), person=WU, base=1)
            assert "user:li" in error.message
            assert not list((tmp_path / "gate" / "config").glob("000003*"))

            done = await config.revert(WU, 1, "", "page")
            assert done["trial"]
            done = await config.revert(LI, 2, "", "page", "k-revert-1")  # given up: at once, nothing to confirm
            assert (done["trial"], config.status()["active"]) == (False, 2)
            assert (await gate.event("config.reverted", why="asked")).actor == "user:li"
            assert (await config.revert(LI, 2, "", "page", "k-revert-1"))["again"]

    asyncio.run(story())


def test_an_arm_that_moves_is_waited_for_and_times_come_at_rest(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-arm", exit="sim://config-arm-x")

    async def story() -> None:
        async with running(path, tmp_path) as gate:
            config, lane = gate.house.configuring, gate.gate.lanes["entry"]
            text = config.edited(config.text(0), [("lane[0].barrier.auto_close_s", 0.5), ("lane[0].name", "南入口")])
            assert config.compared(text)["lanes"] == ["entry"]
            started = asyncio.create_task(gate.steps({"who": "owner", "lane": "in", "outcome": "crossed"}))
            await gate.until(lambda: lane.state.phase.value == "rising")
            assert config.compared(text)["waits"] == [{"lane": "entry", "why": "arm-moves"}]
            with pytest.raises(NotExecuted) as e:
                await apply(gate, text)
            assert e.value.code == "config-wait"
            assert "栏杆正在动作" in e.value.message
            await gate.until(lambda: lane.state.under and not lane.moving)
            assert config.compared(text)["waits"] == [{"lane": "entry", "why": "vehicle-under"}]
            other = config.edited(config.text(0), [("lane[1].barrier.auto_close_s", 0.5)])
            assert config.compared(other)["waits"] == []  # nobody is in the way there
            await started
            await apply(gate, text)
            assert (lane.state.config.auto_close_ms, gate.lane()["name"]) == (500, "南入口")
            (told,) = await gate.steps({"who": "owner", "lane": "in", "outcome": "crossed"})
            assert told.wrong == ""
            started = asyncio.create_task(gate.steps({"who": "owner", "lane": "in", "outcome": "crossed"}))
            await gate.until(lambda: lane.state.under)
            clock.ahead += config.status()["trial"]["left_ms"] + 1
            await config.watch()
            assert lane.state.config.auto_close_ms == 500  # the reversion waits too
            await started
            await gate.event("config.reverted", why="unconfirmed")
            assert lane.state.config.auto_close_ms == 1500

    asyncio.run(story())


def test_what_cannot_be_started_is_back_at_once(
    tmp_path: Path, clock: type[HandClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driver that breaks over an option that no schema forbids."""
    path = made(tmp_path, entry="sim://config-bad")
    real, broken = hardware.open_reader, ["sim://config-bad-b"]

    def opened(device: str, reader: ReaderTable, *rest: Any) -> SerialReader:
        if reader.port in broken:
            raise RuntimeError("the driver is broken")
        return real(device, reader, *rest)

    monkeypatch.setattr(hardware, "open_reader", opened)

    async def story() -> None:
        async with running(path, tmp_path) as gate:
            config = gate.house.configuring
            with pytest.raises(BadInput, match="protocol 'nonsense' not known"):
                await apply(gate, with_port(gate, "nonsense://x"))
            with pytest.raises(NotExecuted) as e:
                await apply(gate, with_port(gate, "sim://config-bad-b"))
            assert e.value.code == "config-failed"
            back = await gate.event("config.reverted", why="cannot-start")
            assert (back.version, back.to, config.versions.trial) == (2, 1, None)
            assert not config.begin_again.is_set()
            gate.tap(CARD)
            await gate.event("access.decided", back.seq, card=CARD)
            broken.append("sim://config-bad")
            with pytest.raises(NotExecuted):
                await apply(gate, with_port(gate, "sim://config-bad-b"))
            assert config.begin_again.is_set()  # what was before cannot be made either: a new process can

    asyncio.run(story())


def test_a_device_that_is_not_there_is_a_fault_and_no_reason(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-gone")

    async def story() -> None:
        async with running(path, tmp_path) as gate:
            await apply(gate, with_port(gate, "/dev/serial/by-id/nobody"))
            await gate.event("fault.began", device="entry.reader", code=FaultCode.GONE.value)
            assert gate.house.configuring.status()["trial"]["version"] == 2
            await gate.house.configuring.revert(LI, 1, "", "page")
            await gate.event("fault.ended", device="entry.reader", code=FaultCode.GONE.value)
            assert not gate.faults()

    asyncio.run(story())


def test_head_office_changes_it_with_the_same_rule(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-office")

    async def story() -> None:
        async with running(path, tmp_path) as gate:
            house = gate.house
            office = house.outside.headquarters
            assert office is not None
            assert office.receiver is not None
            text = with_port(gate, "sim://config-office-b")
            for number, (act, data) in enumerate(
                (("config.apply", {"text": text, "reason": "换型"}), ("config.confirm", {"version": 2})), 1
            ):
                told = Instruction("zhenyuan", "main", number, 0, act, data, "zhang", 0)
                await _carried_out(gate, told)
                done = await gate.event("headoffice.instructed", number=number)
                assert (done.result, done.about) == ("done", 2)
            said = await gate.event("config.applied")
            assert (said.source, said.actor) == ("headoffice", "headoffice:zhang")
            assert (await gate.event("config.confirmed")).actor == "headoffice:zhang"
            await _carried_out(
                gate, Instruction("zhenyuan", "main", 3, 0, "config.apply", {"text": "[gate]"}, "zhang", 0)
            )
            assert (await gate.event("headoffice.instructed", number=3)).result == "config-wrong"

    asyncio.run(story())


async def _carried_out(gate: Whole, told: Instruction) -> None:
    from edge.acts import acts
    from sync.headoffice.signing import SigningKey

    key = SigningKey.load(gate.data / "test-signing.key")
    await Instructions(gate.gate, key.public, acts(gate.live)).carry_out(told.to_bytes(key.sign))


# ---- between two processes -----------------------------------------------------------------------------------------


def tried(folder: Path, path: Path) -> Versions:
    """A gate that has put version 2 on trial and is gone."""

    async def story() -> None:
        async with running(path, folder) as gate:
            await apply(gate, with_port(gate, "sim://config-next-b"))

    asyncio.run(story())
    return started(path).versions


def port(begun: Begun) -> str:
    reader = begun.settings.lane[0].reader
    assert reader is not None
    return reader.port


def test_killed_between_the_trial_goes_on_and_ends(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-next")
    versions = tried(tmp_path, path)
    trial = versions.trial
    assert trial is not None
    assert trial.starting  # `tried` has begun with it once more
    versions.update(config_start.replace(trial, starting=False))

    clock.ahead += trial.until_mono_ms - HandClock().mono_ms() - 30_000
    begun = started(path)  # half of its time is over
    assert port(begun) == "sim://config-next-b"
    assert begun.versions.trial is not None
    assert begun.versions.trial.until_mono_ms == trial.until_mono_ms
    begun.versions.update(config_start.replace(begun.versions.trial, starting=False))

    clock.ahead += 31_000
    begun = started(path)
    assert (port(begun), begun.versions.trial) == ("sim://config-next", None)

    async def story() -> None:
        async with whole(tmp_path / "gate", settings=begun.settings, versions=begun.versions) as gate:
            await gate.house.configuring.ready()
            (said,) = gate.all("config.reverted")
            assert (said.version, said.to, said.why) == (2, 1, "unconfirmed")

    asyncio.run(story())
    assert started(path).versions.untold == ()


@pytest.mark.parametrize("why", ["cannot-start", "another-boot", "failed", "unreadable"])
def test_a_trial_that_does_not_survive_its_start(
    tmp_path: Path, clock: type[HandClock], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path, entry="sim://config-next")
    versions = tried(tmp_path, path)  # begun with it, and never got ready
    trial = versions.trial
    assert trial is not None
    if why == "another-boot":
        versions.update(config_start.replace(trial, starting=False, boot="another"))
    elif why == "failed":
        versions.update(config_start.replace(trial, starting=False))
        begun = started(path)
        assert begun.failed(OSError("no"))
        assert not begun.failed(OSError("no"))  # the one before it has nothing to go back to
    elif why == "unreadable":
        versions.update(config_start.replace(trial, starting=False))
        (tmp_path / "gate" / "config" / "000002.toml").write_text("[gate", "utf-8")
    begun = started(path)
    assert (port(begun), begun.versions.trial, begun.versions.active) == ("sim://config-next", None, 1)
    assert begun.versions.untold[-1]["body"]["why"] == ("unconfirmed" if why == "another-boot" else "cannot-start")


def test_a_file_edited_by_hand_is_the_newest_word(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-hand")
    assert started(path).versions.active == 1
    path.write_text(path.read_text("utf-8").replace("sim://config-hand", "sim://config-hand-b"), "utf-8")
    begun = started(path)
    assert (port(begun), begun.versions.active, begun.versions.trial) == ("sim://config-hand-b", 2, None)
    (owed,) = begun.versions.untold
    assert (owed["kind"], owed["body"]["source"], owed["body"]["keys"]) == (
        "config.applied",
        "file",
        ("lane[0].reader.port",),
    )
    assert begun.versions.one(2).by == "file"
    assert started(path).versions.active == 2


def test_a_backup_has_what_is_in_force_and_every_version(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-next")
    tried(tmp_path, path).confirm()
    copy = tmp_path / "gate.gebak"
    assert upkeep.backup(path, copy, keys=False, photos=False, replace=False) == 0
    shutil.rmtree(tmp_path / "gate")
    assert upkeep.restore(path, copy, over_newer=False) == 0
    assert port(started(path)) == "sim://config-next-b"
    assert "config-next-b" in (tmp_path / "gate" / "restored-gate.toml").read_text("utf-8")
    assert started(path).versions.text(1) == path.read_text("utf-8")


def test_a_list_that_is_damaged_is_put_aside(tmp_path: Path, clock: type[HandClock]) -> None:
    path = made(tmp_path, entry="sim://config-next")
    tried(tmp_path, path)
    index = tmp_path / "gate" / "config" / "versions.json"
    index.write_bytes(b"{")
    begun = started(path)
    assert (port(begun), begun.versions.active) == ("sim://config-next", 3)  # number 2 is taken by a text
    assert index.with_name("versions.json.damaged").exists()
    (index.parent / "000003.toml").unlink()
    with pytest.raises(SettingsError, match="没有一个可用"):
        started(path)


def test_under_systemd_the_unit_starts_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that ExecStopPost opens the relays first; elsewhere the process takes its own place."""
    begun: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _program, words: begun.append(words))
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    assert config_start.again() == 0
    assert begun == []
    monkeypatch.delenv("NOTIFY_SOCKET")
    config_start.again()
    assert begun == [[sys.executable, *sys.orig_argv[1:]]]


# ---- text ----------------------------------------------------------------------------------------------------------


def test_passwords_are_shown_to_nobody_and_stay() -> None:
    text = (CONFIG / "gate.example.toml").read_text("utf-8")
    shown = config_text.hidden(text)
    assert "secret" in text
    assert "secret" not in shown
    assert config_text.restored(shown, text) == text
    moved = shown.replace("192.0.2.10", "192.0.2.11")
    with pytest.raises(BadInput, match=r"viewer@192\.0\.2\.11"):
        config_text.restored(moved, text)
    again = moved.replace(config_text.DOTS, "other")
    assert config_text.restored(again, text) == again


@pytest.mark.parametrize(
    ("changes", "restart"),
    [
        ([("lane[0].reader.driver", "rdm880")], False),
        ([("lane[0].camera", None), ("lane[1].camera.fps", 3)], False),
        ([("lane[0].camera", None), ("lane[1].camera", None)], True),
        ([("lane[1].sign", {"driver": "fk", "port": "/dev/sign"})], False),
        ([("policy.anti_passback", "soft"), ("retention.name_days", 90), ("convoy.before_min", 20)], False),
        ([("lane[0].barrier.open", {"pin": 10})], True),
        ([("lane[0].sensors.under.debounce_ms", 60)], True),
        ([("api.port", 8081)], True),
        ([("lane[1]", None), ("green_way.lanes", ["entry"])], True),
    ],
)
def test_what_a_change_means(changes: list[tuple[str, object]], restart: bool) -> None:
    text = (CONFIG / "gate.example.toml").read_text("utf-8")
    old = parse_settings(text, "old")
    new_text = config_text.edited(text, changes)
    means = change(old, parse_settings(new_text, "new"))
    assert bool(means.restart) is restart
    assert means.keys
    kept = [line for line in text.splitlines() if line.strip().startswith("#")]
    lost = set(kept) - set(new_text.splitlines())
    assert len(lost) <= 1, lost  # a comment goes only with what it stands in
    assert "# ---- the whole gate" in new_text


def test_every_device_of_a_lane_can_be_changed_alone() -> None:
    """Whatever a lane gets later (a table of its own, none by default) is a device that is made anew by itself."""
    devices = {name for name, field in LaneTable.model_fields.items() if field.default is None}
    assert {name for name in devices if DEVICE.fullmatch(f"lane[0].{name}.port")} == devices
    devices = {name for name, field in DeskTable.model_fields.items() if field.default is None}
    assert {name for name in devices if DEVICE.fullmatch(f"desk.{name}")} == devices


def test_keys_that_are_none(tmp_path: Path) -> None:
    bad: list[tuple[str, Callable[[str], bool]]] = [("lane..x", bool), ("gate.name.more", bool), ("lane[7].name", bool)]
    for key, _ in bad:
        with pytest.raises(BadInput):
            config_text.edited('[gate]\nname = "x"\n[[lane]]\nid = "a"\n', [(key, 1)])
    with pytest.raises(BadInput):
        config_text.edited("[gate", [])


# ---- processes -----------------------------------------------------------------------------------------------------


@pytest.mark.alone
@pytest.mark.timeout(240)
def test_a_process_that_begins_anew_is_killed_and_comes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the command line, as a technician at the console: what needs a start of the process gets one, with the same rule."""
    path = config_file(tmp_path, free_port())
    text = config_text.edited(path.read_text("utf-8"), [("lane[0].camera", None), ("lane[1].camera", None)])
    path.write_text(text, "utf-8")
    new = tmp_path / "new.toml"
    new.write_text(config_text.edited(text, [("api.session_h", 9)]), "utf-8")

    def tell(*words: str, code: int = 0) -> str:
        assert main(["config", *words, "--config", str(path)]) == code
        said = capsys.readouterr()
        return said.out + said.err

    process = start(path)
    try:
        ready(process)
        new.write_text(config_text.edited(text, [("lane[0].name", "南入口")]), "utf-8")
        assert "is on trial" in tell("apply", str(new))
        assert "version 1 已恢复" in tell("revert")
        assert "不在等待确认" in tell("confirm", "2", code=1)
        assert "is on trial" in tell("apply", str(new))
        assert "version 3 stays" in tell("confirm")
        new.write_text(config_text.edited(tell("show"), [("api.session_h", 9)]), "utf-8")
        assert "api.session_h" in tell("diff", str(new)).partition("restart because of:")[2]
        assert "begins anew" in tell("apply", str(new), "--reason", "longer")
        assert "stopped" in ready(process)
        assert "ready" in ready(process)  # the same process, begun anew
        assert "session_h = 9" in tell("show")
        listed = tell("list")
        assert "?    4" in listed
        assert "longer" in listed
        assert main(["check", str(path), "--with-data"]) == 0
        process.kill()
        process.communicate()
        kinds = [(e.kind, e.body.get("version")) for e in events_of(tmp_path / "gate") if e.kind.startswith("config.")]
        assert kinds == [
            ("config.applied", 2),
            ("config.reverted", 2),
            ("config.applied", 3),
            ("config.confirmed", 3),
            ("config.applied", 4),
        ]
        begun = begin(path)
        assert (begun.settings.api.session_h, begun.versions.active) == (9, 4)
        assert begun.versions.trial is not None  # what the next process would go on with
    finally:
        process.kill()
        process.communicate()
