"""Days of gates that do not exist, as head office has taken them in: passes by the hour, visitors, openings by hand, requests; always the same ones."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync import personal
from sync.headoffice.intake import ChainId, Mark, Row
from sync.headoffice.store import Chunk, Store
from sync.protocol import ZERO, Checkpoint, chain
from tests.support_sync import signer

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
EAST_MS = 8 * HOUR_MS
BUSY = (1, 0, 0, 0, 0, 2, 8, 26, 30, 14, 8, 7, 6, 6, 7, 9, 14, 24, 28, 20, 12, 8, 5, 2)
"""Cars an hour, of a working day."""
GUARDS = ("zhaolei", "sunyan", "zhoujie")
PEOPLE = (
    ("粤B12345", "0A003F8A11", "5栋1402", "周杰"), ("粤B7K215", "0A00441C07", "11栋201", "郑伟"), ("粤B88K06", "0A0051D2E3", "3栋2503", "赵涛"),
    ("粤BD81635", "0A00612F90", "9栋1603", "杨霞"), ("粤A6P903", "0A0072B4C5", "8栋1202", "吴芳"), ("粤B3H7E2", "0A0083AA19", "6栋401", "黄艳"),
)  # fmt: skip
Event = tuple[int, str, str, Mapping[str, Any], Mapping[str, Any]]
"""UTC ms, who, kind, body, personal part. In a body `pass_seq`, `visit`, `request`: how many events before this one (its number is not known yet)."""


def _through(lane: str, way: str, plate: str, raised: tuple[str, int], when: tuple[int, int, int]) -> Iterator[Event]:
    """The arm rises (`raised`: why, ms), a vehicle passes, the arm comes down."""
    cause, ms = raised
    up, crossed, down = when
    yield up, "gate", "barrier.observed", {"lane": lane, "was": "rising", "now": "up", "cause": cause, "ms": ms}, {}
    yield crossed, "gate", "vehicle.crossed", {"lane": lane, "direction": way, "pass_seq": -2, "plate": plate}, {}
    yield down, "gate", "barrier.observed", {"lane": lane, "was": "falling", "now": "down", "cause": "auto", "ms": 2100}, {}  # fmt: skip


class Days:
    """A gate's, made with `seed`; `scale`: of the cars of `BUSY`."""

    def __init__(self, seed: int, scale: float) -> None:
        self._some, self._scale = random.Random(seed), scale

    def of(self, begin_ms: int, end_ms: int) -> Iterator[Event]:
        """All that happens between two moments."""
        hour = begin_ms // HOUR_MS * HOUR_MS
        while hour < end_ms:
            local = (hour + EAST_MS) // HOUR_MS % 24
            weekend = 0.6 if (hour + EAST_MS) // DAY_MS % 7 in (2, 3) else 1.0
            cars = round(BUSY[local] * self._scale * weekend * self._some.uniform(0.8, 1.2))
            for at in sorted(self._some.randrange(HOUR_MS - 60_000) for _ in range(cars)):
                if begin_ms <= hour + at and hour + at + 60_000 < end_ms:
                    yield from self._car(hour + at, local)
            hour += HOUR_MS

    def _car(self, at: int, local: int) -> Iterator[Event]:
        lane, way = ("entry", "in") if self._some.random() < (0.3 if local < 11 else 0.65) else ("exit", "out")
        guard, chance = f"guard:{GUARDS[local // 8]}", self._some.random()
        plate, card, unit, name = self._some.choice(PEOPLE)
        yield at, "gate", "vehicle.waiting", {"lane": lane}, {}
        if chance < 0.08:
            reason = self._some.choice(("visitor", "visitor", "delivery", "card-trouble", "checked"))
            yield (
                at + self._wait(9000),
                guard,
                "pass.opened",
                {"lane": lane, "direction": way, "reason": reason, "plate": ""},
                {},
            )
            yield from _through(lane, way, "", ("guard", 2100), (at + 20_000, at + 24_000, at + 28_000))
            return
        refused = chance < 0.11
        body = {"lane": lane, "direction": way, "reader": f"{lane}-reader", "card": card, "credential": f"C-{card[-4:]}", "category": "owner",
                "decision": "refused" if refused else "granted", "reason": self._some.choice(("expired", "unknown-card", "lost")) if refused else "ok",
                "plate_bound": plate, "plate_read": plate, "plate_match": "match"}  # fmt: skip
        yield at + self._wait(1500), "reader:card", "access.decided", body, {"holder": name}
        if refused:
            return
        up = at + 4000 + self._wait(1500)
        yield from _through(lane, way, plate, ("card", 2050), (up, at + 12_000, at + 15_000))
        if self._some.random() < 0.06 and lane == "entry":
            yield from self._visitor(at + 16_000, guard, unit, name)

    def _visitor(self, at: int, guard: str, unit: str, host: str) -> Iterator[Event]:
        kind = self._some.choice(("business", "guest", "delivery"))
        person = {
            "name": self._some.choice(("李建国", "陈静", "孙丽", "何平")),
            "phone": f"139{self._some.randrange(10**8):08d}",
            "host": host,
        }
        label = f"B-{self._some.randint(1, 20):02d}"
        yield at, guard, "visit.opened", {"kind": kind, "mode": "foot", "unit": unit}, person
        yield (
            at + 15_000,
            guard,
            "card.issued",
            {"card": f"0A00C1{label[-2:]}", "kind": "visitor", "label": label, "visit": -1},
            {},
        )
        yield at + 18_000, guard, "visit.admitted", {"visit": -2}, {}
        yield at + 25_000, guard, "card.returned", {"card": f"0A00C1{label[-2:]}", "visit": -3}, {}
        yield at + 26_000, guard, "visit.closed", {"visit": -4, "how": "settled"}, {}

    def _wait(self, most: int) -> int:
        return int(min(most, most * self._some.expovariate(3)))


def requests(begin_ms: int, days: int, open_: Sequence[str]) -> list[Event]:
    """Weeks of a desk: what was done, in time or not, and (units of) what is still open."""
    some, said = random.Random(7), []
    for n in range(days):
        for category, department, words in (
            ("repair", "engineering", "厨房水龙头漏水"),
            ("cleaning", "cleaning", "楼道有积水"),
            ("gardening", "gardening", "树枝挡住车位"),
        ):
            if some.random() < 0.25:
                continue
            at = begin_ms + n * DAY_MS + some.randrange(8, 20) * HOUR_MS
            unit, name = some.choice(PEOPLE)[2:]
            took = round(some.uniform(0.4, 2.2) * HOUR_MS * 2)
            due = at + 2 * HOUR_MS
            said += [
                _received(at, category, department, unit, name, words, due),
                (
                    at + 60_000,
                    "guard:zhaolei",
                    "request.passed",
                    {"request": -1, "department": department, "round": 1, "due_ms": due},
                    {},
                ),
            ]
            if took > 2 * HOUR_MS:
                said.append((due + 1000, "gate", "request.overdue", {"request": -2, "round": 1, "due_ms": due}, {}))
            said.append(
                (
                    at + took,
                    "headoffice:wang",
                    "request.done",
                    {"request": -3 if took > 2 * HOUR_MS else -2, "round": 1, "due_ms": at + DAY_MS},
                    {"note": "已处理"},
                )
            )
            answer = "satisfied" if some.random() < 0.97 else "unreached"
            said.append(
                (
                    at + took + HOUR_MS,
                    "headoffice:chen",
                    "request.asked",
                    {"request": -4 if took > 2 * HOUR_MS else -3, "round": 1, "answer": answer},
                    {},
                )
            )
    now = time.time_ns() // 1_000_000
    for n, unit in enumerate(open_):
        at = now - (n + 1) * 100 * 60_000
        said += [_received(at, "repair", "engineering", unit, PEOPLE[n][3], ("大堂门禁关不上", "对讲机没有声音")[n % 2], at + 2 * HOUR_MS), (at + 60_000, "guard:zhoujie", "request.passed", {"request": -1, "department": "engineering", "round": 1, "due_ms": at + 2 * HOUR_MS}, {})]  # fmt: skip
    return said


def _received(at: int, category: str, department: str, unit: str, name: str, words: str, due: int) -> Event:
    body = {
        "sort": "request",
        "category": category,
        "department": department,
        "unit": unit,
        "title": "mr",
        "due_ms": due,
        "follow_up": True,
        "source": "telephone",
    }
    return at, "guard:zhaolei", "request.received", body, {"name": name, "phone": "13800138000", "words": words}


def arrive(store: Store, site: str, gate: str, events: Sequence[Event]) -> int:
    """Head office takes them in; the last number."""
    where = ChainId(site, gate, "made-up")
    store.enrol(site, gate, signer(gate).public_key().public_bytes_raw(), "test", 1)
    mark = store.mark(where)
    seq, prev = mark.seq, mark.hash if mark.seq else ZERO
    begun = events[0][0]
    for n in range(0, len(events), 2000):
        rows = []
        for at, actor, kind, body, part in events[n : n + 2000]:
            seq += 1
            kept = personal.make(part) if part else None
            event = {
                "actor": actor, "at": _iso(at), "body": {k: seq + v if k in ("pass_seq", "visit", "request") and v < 0 else v for k, v in body.items()},
                "boot": "b1", "clock": "ntp", "epoch": where.epoch, "gate": gate, "kind": kind, "mono_ms": at - begun,
                "personal": personal.digest(kept).hex() if kept else None, "prev": prev.hex(), "rule": "V2", "seq": seq,
            }  # fmt: skip
            data = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            prev = chain(prev, data)
            rows.append(Row(seq, data, prev, kept))
        signature = signer(gate).sign(Checkpoint(*where, seq, prev).message())
        after = mark if mark.seq else Mark(0, ZERO)
        store.apply([Chunk(where, after, tuple(rows), signature)], time.time_ns() // 1_000_000)
        mark = store.mark(where)
    return seq


def _iso(at_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms / 1000)) + f".{at_ms % 1000:03d}Z"
