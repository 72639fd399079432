"""The gate's configuration as it runs: shown, compared, applied on trial, confirmed, reverted.

    apply ──▶ all that is wrong with it, named          ──▶ refused
          ──▶ an arm that moves, somebody under it      ──▶ refused: what to wait for
          ──▶ text on the disk ─▶ config.applied ─▶ on trial ─▶ its devices alone made anew, or the process begins again
                                                        ├ confirmed within a minute  ─▶ config.confirmed: it stays
                                                        ├ not confirmed, whatever the reason (nobody there, page cut off, killed, crashed)
                                                        └ cannot be started          ─▶ config.reverted: what was before is back

One at a time: while a version is on trial no other is taken. Whoever applies names the version that they started from, so two technicians
cannot undo each other unseen. Going back to an old version is applying its text again, with the same trial; giving up the version on trial is
immediate, because what it comes back to has been seen to work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

from edge import config_text as texts
from edge.config_change import IDENTITY, Change, change
from edge.config_start import WITHIN_S
from edge.config_waits import refuse_while, waits
from edge.domain.event import decode
from edge.domain.events_config import ConfigApplied, ConfigConfirmed, ConfigReverted
from edge.errors import BadInput, GateError, NotExecuted, NotFound, SettingsError, StoreError
from edge.gate import Gate
from edge.orders import Person
from edge.places import parse_settings
from edge.service import Acted, Service
from edge.settings import Settings
from edge.store import queries
from edge.store.config_versions import Trial, Version, Versions

log = logging.getLogger(__name__)
Row = dict[str, Any]
STARTING_S = 120
"""A process that begins anew may take so long until it is ready; then the minute begins."""
PATIENCE_MS = 30_000
"""A reversion waits at most so long for somebody who stands under an arm; nothing moves by itself after a start either."""
Adopt = Callable[[Settings], Awaitable[None]]


class Configuring(Service):
    """Over a gate; lives in its loop. `adopt` makes the running gate one of other settings (edge.wiring)."""

    def __init__(self, gate: Gate, settings: Settings, versions: Versions | None, adopt: Adopt) -> None:
        super().__init__(gate)
        self.settings, self._versions, self._adopt = settings, versions, adopt
        self.begin_again = asyncio.Event()
        """Set when the process has to begin anew."""
        self._busy = asyncio.Lock()

    @property
    def versions(self) -> Versions:
        """Raises NotFound where the gate was started without a file (a replay)."""
        if self._versions is None:
            raise NotFound(
                "这个门岗没有配置文件 · this gate was started without a configuration file", "python -m edge run FILE"
            )
        return self._versions

    # ---- looking

    def status(self) -> Row:
        """What is in force, what is on trial, every version: JSON."""
        versions = self.versions
        trial = versions.trial
        left = max(0, trial.until_mono_ms - self._gate.clock.mono_ms()) if trial else 0
        return {
            "active": versions.active,
            "trial": trial
            and {"version": trial.version, "back": trial.back, "left_ms": left, "restart": trial.restart},
            "versions": [asdict(version) for version in versions.all()],
        }

    def text(self, number: int) -> str:
        """A version's text without its passwords; 0: what is in force. Raises NotFound."""
        return texts.hidden(self.versions.text(number or self.versions.active))

    def edited(self, text: str, changes: list[tuple[str, Any]]) -> str:
        """A text with some keys set. Raises BadInput."""
        return texts.edited(text, changes)

    def compared(self, text: str) -> Row:
        """What applying this text would mean: `problems`, `keys`, `devices`, `lanes`, `restart`, `waits`, `diff`."""
        current = self.versions.text(self.versions.active)
        found: Row = {"problems": [], "keys": [], "devices": [], "lanes": [], "restart": [], "waits": []}
        try:
            new = self._read(text, current)
        except SettingsError as e:
            found["problems"] = [texts.hidden(problem) for problem in e.problems]
        except BadInput as e:
            found["problems"] = [e.message]
        else:
            differs = change(self.settings, new)
            found |= {name: list(getattr(differs, name)) for name in ("keys", "devices", "lanes", "restart")}
            found["waits"] = waits(self._gate.lanes, differs)
        return found | {"diff": texts.difference(texts.hidden(current), texts.hidden(text))}

    def _read(self, text: str, current: str) -> Settings:
        """Raises SettingsError, BadInput."""
        new = parse_settings(texts.restored(text, current), "config")
        strange = [key for key in IDENTITY if _at(new, key) != _at(self.settings, key)]
        if strange:
            raise SettingsError(
                "这会变成另一个门岗 · that would be another gate",
                [f"{key}: 只能在配置文件里手工修改 · only by hand, in the file" for key in strange],
            )
        return new

    # ---- changing

    async def apply(self, person: Person, text: str, base: int, reason: str, source: str, key: str = "") -> Row:
        """Put a text on trial. Raises SettingsError (as BadInput), NotExecuted, StoreError."""
        versions = self.versions
        async with self._busy:
            if (old := self._answered(person, key)) is not None:
                return self._told(versions.one(old), True)
            self._may_apply(base)
            current = versions.text(versions.active)
            try:
                new = self._read(text, current)
            except SettingsError as e:
                wrong = texts.hidden("; ".join(e.problems))
                raise BadInput(f"{e.message}: {wrong}", e.hint, code="config-wrong") from None
            whole = texts.restored(text, current)
            if whole == current:
                raise BadInput(
                    "没有任何改动 · nothing is different", "先修改，再应用 · change something first", code="config-same"
                )
            differs = change(self.settings, new)
            refuse_while(waits(self._gate.lanes, differs))
            return await self._try(person, whole, new, differs, reason, source, key)

    def _may_apply(self, base: int) -> None:
        versions = self.versions
        if versions.trial is not None:
            raise NotExecuted(
                f"第 {versions.trial.version} 版还在等待确认 · version {versions.trial.version} waits for its confirmation",
                "先确认或恢复 · confirm or revert it first",
                code="config-trial",
            )
        if base != versions.active:
            by = versions.one(versions.active).by
            raise NotExecuted(
                f"配置已被 {by} 改为第 {versions.active} 版 · {by} has made version {versions.active} meanwhile",
                "重新载入后再改 · load it again, then change it",
                code="config-changed",
            )

    async def _try(
        self, person: Person, text: str, new: Settings, differs: Change, reason: str, source: str, key: str
    ) -> Row:
        versions, clock = self.versions, self._gate.clock
        version = versions.write(text, at_ms=clock.now_ms(), by=person.actor, source=source, reason=reason)
        said = ConfigApplied(
            version.number,
            version.digest,
            versions.active,
            source,
            differs.keys,
            differs.devices,
            bool(differs.restart),
            WITHIN_S,
            reason,
        )
        try:
            await self.do(person, key, lambda d: Acted(d.append(said), version.number))
        except BaseException:
            versions.drop(version)
            raise
        within = WITHIN_S * 1000
        room = STARTING_S * 1000 if differs.restart else 0
        until = clock.mono_ms() + within + room
        restart = bool(differs.restart)
        versions.begin(
            version, Trial(version.number, versions.active, clock.boot, until, within, restart, ready=not restart)
        )
        if restart:
            self.begin_again.set()
            return self._told(version, False)
        if not await self._take_over(new):
            await self._give_up("cannot-start")
            raise NotExecuted(
                f"第 {version.number} 版无法启动，已恢复原配置 · version {version.number} could not be started; what was before is back",
                "见日志 · the log says why",
                code="config-failed",
            )
        return self._told(version, False)

    async def confirm(self, person: Person, number: int, key: str = "") -> Row:
        """Somebody sees that it works. Raises NotExecuted when it is not, or no more, on trial."""
        versions = self.versions
        async with self._busy:
            if (old := self._answered(person, key)) is not None:
                return self._told(versions.one(old), True)
            trial = versions.trial
            if trial is None or trial.version != number:
                raise NotExecuted(
                    f"第 {number} 版不在等待确认 · version {number} does not wait for a confirmation",
                    f"现行是第 {versions.active} 版 · version {versions.active} is in force",
                    code="config-no-trial",
                )
            version = versions.one(number)
            said = ConfigConfirmed(number, version.digest)
            await self.do(person, key, lambda d: Acted(d.append(said), number))
            return self._told(versions.confirm(), False)

    async def revert(self, person: Person, number: int, reason: str, source: str, key: str = "") -> Row:
        """Back to a kept version: from a trial at once, else as a new trial. Raises as `apply`, NotFound."""
        versions = self.versions
        if versions.trial is None:
            why = reason or f"回到第 {number} 版 · back to version {number}"
            return await self.apply(person, versions.text(number), versions.active, why, source, key)
        async with self._busy:
            if (old := self._answered(person, key)) is not None:
                return self._told(versions.one(old), True)
            trial = versions.trial
            if trial is None or trial.back != number:
                self._may_apply(versions.active)
                raise NotExecuted(
                    "试用已经结束 · the trial is over", "重新载入 · load the page again", code="config-no-trial"
                )
            refuse_while(waits(self._gate.lanes, change(self.settings, self._before(trial))))
            said = _reverted(versions, trial, "asked")
            await self.do(person, key, lambda d: Acted(d.append(said), number))
            await self._back(trial)
            return self._told(versions.one(number), False)

    # ---- by itself

    async def ready(self) -> None:
        """The process serves: what was decided before there was a journal is told, and a trial that began with it begins to count."""
        if self._versions is None:
            return
        versions = self._versions
        if versions.untold:
            owed = tuple(decode(one["kind"], one["body"]) for one in versions.untold)
            await self._gate.record(owed)
            versions.told()
        trial = versions.trial
        if trial is not None:
            until = trial.until_mono_ms if trial.ready else self._gate.clock.mono_ms() + trial.within_ms
            versions.update(replace(trial, starting=False, ready=True, until_mono_ms=until))

    async def watch(self) -> None:
        """A chore: a trial whose time is over ends."""
        trial = self._versions.trial if self._versions else None
        if trial is None or self._busy.locked() or self.begin_again.is_set():
            return
        late = self._gate.clock.mono_ms() - trial.until_mono_ms
        if late < 0 or (late < PATIENCE_MS and waits(self._gate.lanes, change(self.settings, self._before(trial)))):
            return
        async with self._busy:
            await self._give_up("unconfirmed")

    async def _give_up(self, why: str) -> None:
        """Nobody has to be able to write for that: the record waits for the disk if it must."""
        versions = self.versions
        trial = versions.trial
        assert trial is not None
        log.warning("version %d of the configuration is given up: %s", trial.version, why)
        said = _reverted(versions, trial, why)
        try:
            await self._gate.record((said,))
        except StoreError:
            self._gate.note((said,))
        await self._back(trial)

    async def _back(self, trial: Trial) -> None:
        """What was before is in force again."""
        old = self._before(trial)
        restart = bool(change(self.settings, old).restart)
        self.versions.revert()
        if restart or not await self._take_over(old):
            self.begin_again.set()
        self._gate.changed()

    def _before(self, trial: Trial) -> Settings:
        return parse_settings(self.versions.text(trial.back), f"version {trial.back}")

    async def _take_over(self, new: Settings) -> bool:
        """The running gate becomes one of these settings; False: it cannot be, and may be half of one."""
        try:
            await self._adopt(new)
        except Exception as e:  # whatever a driver makes of it: the gate must come back to what worked
            log.error("a configuration could not be started: %s", e, exc_info=None if isinstance(e, GateError) else e)
            return False
        finally:
            self.settings = new
        self._gate.changed()
        return True

    def _answered(self, person: Person, key: str) -> int | None:
        """The version of an answer that was given under this key already."""
        with self._gate.store.reader() as con:
            old = queries.answered(con, key, person.user)
        return int(old.partition(" ")[2]) if old else None

    def _told(self, version: Version, again: bool) -> Row:
        trial = self.versions.trial
        mine = trial is not None and trial.version == version.number
        return {
            "version": version.number,
            "again": again,
            "trial": mine,
            "restart": bool(mine and trial and trial.restart),
        }


def _reverted(versions: Versions, trial: Trial, why: str) -> ConfigReverted:
    return ConfigReverted(trial.version, trial.back, versions.one(trial.version).digest, why)


def _at(settings: Settings, key: str) -> object:
    table, _, name = key.partition(".")
    return getattr(getattr(settings, table), name)
