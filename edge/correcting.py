"""What a guard knows better than the gate: added to a pass, a plate as it really is, where a card's holder is, what a camera looks at (V2).

Each is an event of its own, once for each key; what it corrects stays in the journal as it was.
"""

from __future__ import annotations

from edge.domain.events import PassbackForgiven, PassNoted
from edge.domain.events_plates import CameraViewAccepted, PlateCorrected
from edge.domain.plates import normal
from edge.errors import NotFound
from edge.orders import Person
from edge.service import Acted, Doing, Service
from edge.store import queries, queries_plates


class Correcting(Service):
    """Over a Gate; lives in its loop. All return the number of the event, and raise NotFound for what there is not."""

    async def note_pass(
        self, person: Person, pass_seq: int, plate: str | None, driver: str | None, passengers: int | None, key: str
    ) -> int:
        """Plate, driver, passengers of a pass (None: as it was); the first reading of the plate is kept."""

        def act(d: Doing) -> Acted:
            was = queries.pass_plate(d.con, pass_seq)
            if was is None:
                raise NotFound(
                    f"没有第 {pass_seq} 号通行记录", "请在登记表中重新选择 · choose it again in the register"
                )
            count = -1 if passengers is None else passengers
            return Acted(d.append(PassNoted(pass_seq, normal(plate or ""), was, count, driver or ""), "V2"))

        return (await self.do(person, key, act)).seq

    async def forgive(self, person: Person, credential: str, reason: str, key: str) -> int:
        """Set a credential's whereabouts right: its next presentation is taken as it comes."""

        def act(d: Doing) -> Acted:
            was = queries.presence(d.con, credential)
            if was is None:
                raise NotFound(f"没有这张卡的进出记录：{credential}", "请先刷一次卡 · present the card first")
            return Acted(d.append(PassbackForgiven(credential, was, reason), "V2"))

        return (await self.do(person, key, act)).seq

    async def plate_is(self, person: Person, lane: str, reading: int, plate: str, key: str) -> int:
        """Which plate a reading really is (as normal writes it): typed, chosen or confirmed."""

        def act(d: Doing) -> Acted:
            was = queries_plates.reading(d.con, reading)
            if was is None or was["lane"] != lane:
                raise NotFound(f"没有第 {reading} 号车牌识别 · no such reading", "请重新选择 · choose it again")
            offered = (*was["known"], *was["candidates"])
            how = "confirmed" if plate == was["text"] else "chosen" if plate in offered else "typed"
            return Acted(d.append(PlateCorrected(lane, reading, plate, was["text"], how, was["pass_seq"]), "V2"))

        return (await self.do(person, key, act)).seq

    async def accept_view(self, person: Person, lane: str, key: str) -> int:
        """What this lane's camera looks at now is what it is to look at."""
        return (await self.do(person, key, lambda d: Acted(d.append(CameraViewAccepted(lane))))).seq
