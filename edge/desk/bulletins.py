"""Notices from head office (D5): posted, corrected, withdrawn by head office or a shift leader; read by those at the post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from edge.desk import words
from edge.desk.office import not_ours
from edge.desk.post_words import bad, require, short
from edge.domain import bulletins as b
from edge.domain import events_bulletins as eb
from edge.domain.courtesy import Phrases
from edge.domain.post_plan import BulletinKind, PostPlan
from edge.gate import Gate
from edge.orders import HEAD_OFFICE, Person
from edge.service import Acted, Doing, Service
from edge.store import queries_post as q

LONGEST = 200
MAY_POST = (HEAD_OFFICE, "leader")
KEPT_MS = 24 * 3_600_000
"""So long the list still shows what is over."""


@dataclass(frozen=True, slots=True)
class BulletinInput:
    """A notice. Times are UTC ms; `until_ms` 0: until withdrawn; `restored_ms` 0: not known yet. `where`: buildings it is for."""

    notice: str
    text: str = ""
    from_ms: int = 0
    until_ms: int = 0
    restored_ms: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True)
class BulletinRow:
    """A notice as pages show it. `phase`: coming, shown, over, withdrawn; `say_*`: for somebody who asks; `reads`: who has read it."""

    bulletin: int
    version: int
    notice: str
    zh: str
    en: str
    text: str
    where: str
    from_ms: int
    until_ms: int
    show_ms: int
    restored_ms: int
    at_ms: int
    by: str
    phase: str
    say_zh: str
    say_en: str
    reads: tuple[dict[str, Any], ...]


class Bulletins(Service):
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate, plan: PostPlan, said: Mapping[str, Phrases], zone: str) -> None:
        super().__init__(gate)
        self._plan, self._said, self._zone = plan, said, ZoneInfo(zone)
        self._shown: frozenset[tuple[int, int]] = frozenset()

    # ---- looking (any thread) --------------------------------------------------------------------------------------

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds of notices."""
        return [asdict(kind) for kind in self._plan.bulletins.values()]

    def stored(self, con: q.Con | None = None) -> list[q.Row]:
        """The rows of which `rows` makes what is shown: those that are not over since a day."""
        since_ms = self._gate.clock.now_ms() - KEPT_MS
        if con is not None:
            return q.bulletins(con, since_ms)
        with self._gate.store.reader() as reader:
            return q.bulletins(reader, since_ms)

    def rows(self, stored: list[q.Row] | None = None) -> tuple[BulletinRow, ...]:
        """Notices in force, coming and just over, at this moment; the sentence says «today» and «tomorrow» as they are now."""
        now_ms = self._gate.clock.now_ms()
        return tuple(self._row(row, now_ms) for row in (self.stored() if stored is None else stored))

    def shown(self, stored: list[q.Row]) -> list[dict[str, Any]]:
        """Those that the tablets show now, for the live state."""
        return [asdict(row) for row in self.rows(stored) if row.phase == "shown"]

    def _row(self, row: q.Row, now_ms: int) -> BulletinRow:
        kind = self._kind(row["notice"])
        now = self._at(now_ms)
        end = self._at(row["until_ms"]) if row["until_ms"] else None
        back = self._at(row["restored_ms"]) if row["restored_ms"] else None
        span = (self._at(row["from_ms"]), end, back)
        zh, en = (b.sentence(kind.say, row["text"], span, now, said, lang == "en") for lang, said in self._said.items())
        return BulletinRow(
            bulletin=row["bulletin"],
            version=row["version"],
            notice=row["notice"],
            zh=kind.zh,
            en=kind.en,
            text=row["text"],
            where=row["place"],
            from_ms=row["from_ms"],
            until_ms=row["until_ms"],
            show_ms=row["show_ms"],
            restored_ms=row["restored_ms"],
            at_ms=row["at_ms"],
            by=row["by"].removeprefix("user:"),
            phase=b.phase(
                row["show_ms"],
                row["until_ms"],
                now_ms,
                withdrawn=bool(row["withdrawn"]),
                clock=self._gate.clock.usable,
            ),
            say_zh=zh,
            say_en=en,
            reads=tuple({**read, "actor": read["actor"].removeprefix("user:")} for read in row["reads"]),
        )

    def _at(self, ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1000, self._zone)

    def _kind(self, name: str) -> BulletinKind:
        known = self._plan.bulletins.get(name)
        return known or BulletinKind(name, name, name, 0, restored=True, say="bulletin-other")

    # ---- doing -----------------------------------------------------------------------------------------------------

    async def post(self, person: Person, given: BulletinInput, key: str = "") -> Acted:
        """Announce something. Raises NotExecuted for whoever may not, BadInput for times that cannot be."""
        return await self.do(person, key, lambda act: self.put(act, given, 0))

    async def correct(self, person: Person, bulletin: int, given: BulletinInput, key: str = "") -> Acted:
        """The whole notice as it is from now on; it is shown anew to everybody."""
        return await self.do(person, key, lambda act: self.put(act, given, bulletin))

    async def withdraw(self, person: Person, bulletin: int, reason: str = "", key: str = "") -> Acted:
        """Take it down (the power is back)."""
        return await self.do(person, key, lambda act: self.take_down(act, bulletin, reason))

    def put(self, act: Doing, given: BulletinInput, bulletin: int) -> Acted:
        """Within a transaction: a new one (`bulletin` 0), or another's text and times from now on. Raises as `post`, NotFound."""
        given, show_ms = self._checked(act.person, given)
        said = (
            *(given.notice, given.text, given.from_ms, given.until_ms),
            *(show_ms, given.restored_ms, given.where),
        )
        if not bulletin:
            seq = act.append(eb.BulletinPosted(*said))
            return Acted(seq, seq)
        not_ours(act, "notices", bulletin)
        was = _standing(act, bulletin)
        names = ("notice", "text", "from_ms", "until_ms", "show_ms", "restored_ms", "place")
        if all(was[name] == value for name, value in zip(names, said, strict=True) if name != "show_ms"):
            return Acted(bulletin, bulletin, again=True)
        return Acted(act.append(eb.BulletinCorrected(bulletin, was["version"] + 1, *said)), bulletin)

    def take_down(self, act: Doing, bulletin: int, reason: str) -> Acted:
        """Within a transaction: no longer shown."""
        require("" if act.person.role in MAY_POST else "bulletin-by")
        short(LONGEST, reason)
        not_ours(act, "notices", bulletin)
        was = q.bulletin(act.con, bulletin)
        if was is not None and was["withdrawn"]:
            return Acted(bulletin, bulletin, again=True)
        _standing(act, bulletin)
        return Acted(act.append(eb.BulletinWithdrawn(bulletin, reason.strip())), bulletin)

    async def read(self, person: Person, bulletin: int, version: int, device: str = "", key: str = "") -> Acted:
        """已读: this person, on this tablet, once for each version."""
        short(LONGEST, device)

        def action(act: Doing) -> Acted:
            was = q.bulletin(act.con, bulletin)
            if was is None or not 1 <= version <= was["version"]:
                raise words.not_found("notice", bulletin)
            if before := q.has_read(act.con, bulletin, version, person.actor, device):
                return Acted(before, bulletin, again=True)
            return Acted(act.append(eb.BulletinRead(bulletin, version, device)), bulletin)

        return await self.do(person, key, action)

    async def watch(self) -> None:
        """A chore: when one comes into force or ends, the pages are told."""
        shown = frozenset((row.bulletin, row.version) for row in self.rows() if row.phase == "shown")
        if shown != self._shown:
            self._shown = shown
            self._gate.changed()

    def _checked(self, person: Person, given: BulletinInput) -> tuple[BulletinInput, int]:
        """With tidy texts, and from when it is shown."""
        require("" if person.role in MAY_POST else "bulletin-by")
        kind = self._plan.bulletins.get(given.notice)
        if kind is None:
            raise words.one_of("notice", given.notice, list(self._plan.bulletins))
        text, where = given.text.strip(), given.where.strip()
        short(LONGEST, text, where)
        if not text and not kind.restored and not kind.ahead_min:
            raise bad("bulletin-text")
        if code := b.wrong(b.Times(given.from_ms, given.until_ms, given.restored_ms), has_restoration=kind.restored):
            raise bad(code)
        tidy = BulletinInput(given.notice, text, given.from_ms, given.until_ms, given.restored_ms, where)
        return tidy, b.show_from(given.from_ms, kind.ahead_min)


def _standing(act: Doing, bulletin: int) -> q.Row:
    """A notice that can still be changed."""
    was = q.bulletin(act.con, bulletin)
    if was is None:
        raise words.not_found("notice", bulletin)
    require("bulletin-over" if was["withdrawn"] else "")
    return was
