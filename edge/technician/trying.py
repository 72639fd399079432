"""What a technician tries that moves or changes something: pulse a relay, put an OSDP reader into install mode. On record, with names.

A relay is pulsed only while nothing stands before, under or in the beam of the arm, nobody waits or is expected there, nothing holds the arm, and a
shift leader stands by: their PIN is entered beside the arm. It goes the way of every command (gate.order): the state table decides, its
record and the agreement are one transaction, and it is too late after two seconds. So the table knows where the arm is, and
whatever it would refuse a guard it refuses here.
"""

from __future__ import annotations

from typing import Any

from edge.devices import Devices
from edge.domain.events_technician import OsdpInstall
from edge.errors import BadInput, NotAllowed, NotExecuted, NotFound
from edge.gate import Gate
from edge.lane import Lane
from edge.orders import Order, Person, old_answer
from edge.sentences import sentence
from edge.service import Acted, Service
from edge.store import queries
from edge.store.users import Users

Row = dict[str, Any]
ACTIONS = ("open", "close", "stop")
REASON = "test"
INSTALL_LONGEST_S = 900


def objection(lane: Lane) -> str:
    """Why no relay of this lane may be tried now, or an empty text."""
    state = lane.state
    if lane.relays is None:
        return "no-relays"
    if state.approach or state.under:
        return "not-free"
    if state.beam:
        return "beam-broken"
    if state.holders:
        return "held"
    if lane.asked or lane.granted or lane.deciding:
        return "somebody-waits"
    return ""


class Trying(Service):
    """Over a gate, its people and its devices."""

    def __init__(self, gate: Gate, users: Users, devices: Devices) -> None:
        super().__init__(gate)
        self._users, self._devices = users, devices

    def relays(self) -> list[Row]:
        """Each lane: its arm, which relays there are, and why none may be tried now."""
        rows = []
        for lane in self._gate.lanes.values():
            table = lane.table.barrier
            there = {"open": table.open, "close": table.close, "stop": table.stop}
            rows.append(
                {
                    "lane": lane.id,
                    "name": lane.table.name,
                    "phase": lane.state.phase.value,
                    "relays": [action for action, pin in there.items() if pin],
                    "objection": objection(lane),
                }
            )
        return rows

    async def pulse(self, person: Person, given: Row, key: str) -> Acted:
        """`lane`, `action`, `leader`, `pin`, `tick`, `age_ms`. Raises NotExecuted, SignInNeeded, LockedOut, NotAllowed."""
        lane, action = self._gate.lane(given["lane"]), given["action"]
        if action not in ACTIONS:
            raise BadInput(f"没有这个操作：{action} · there is no {action}", " / ".join(ACTIONS))
        with self._gate.store.reader() as con:
            old = queries.answered(con, key, person.user)
        if old is not None:
            done = old_answer(old, lane)
            return Acted(done.seq, again=True)
        self._possible(lane)
        leader = await self._users.vouch(given["leader"], given["pin"])
        if leader.role != "leader":
            raise NotAllowed(
                "要班长同意 · a shift leader has to agree", "请班长输入 PIN · the shift leader enters their PIN"
            )
        self._possible(lane)  # checking a PIN takes half a second on a Pi
        order = Order(lane.id, action, REASON, "", given["tick"], given["age_ms"], key, leader.user)
        done = await self._gate.order(person, order)
        return Acted(done.seq, again=done.again)

    def _possible(self, lane: Lane) -> None:
        if why := objection(lane):
            raise NotExecuted(*sentence(why), code=why)

    async def install(self, person: Person, device: str, seconds: int, key: str) -> Acted:
        """Accept the default key for so long; 0 ends it. Raises NotFound, NotExecuted."""
        if (old := self.done_before(person, key)) is not None:
            return old
        reader = self._devices.osdp.readers.get(device)
        if reader is None:
            raise NotFound(
                f"{device} 不是 OSDP 读卡器 · {device} is no OSDP reader", "只有 OSDP 要装机 · only OSDP is installed"
            )
        if not 0 <= seconds <= INSTALL_LONGEST_S:
            raise BadInput(f"0 – {INSTALL_LONGEST_S} s", "最长一刻钟 · a quarter of an hour at most")
        if reader.up and seconds:
            raise NotExecuted(
                "读卡器已有本门岗的密钥 · the reader has the gate's key already",
                "不需要装机；要换读卡器时先断开旧的 · nothing to do; to change it take the old one off first",
                code="already",
            )
        done = await self.do(person, key, lambda d: Acted(d.append(OsdpInstall(device, seconds))))
        if not done.again:
            reader.install(seconds)
        return done
