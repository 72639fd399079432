"""For the tests of head office's index and pages: a chain of events of any kind, with personal parts, as a gate makes them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from sync import personal
from sync.headoffice.intake import ChainId, Mark, Row
from sync.headoffice.store import Chunk, Store
from sync.protocol import ZERO, Checkpoint, chain
from tests.support_sync import EPOCH, GATE, ROOT, SITE, signer

WHERE = ChainId(SITE, GATE, EPOCH)
Said = tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], Mapping[str, Any]]


def is_utf8(event: Mapping[str, Any]) -> bool:
    """Whether all of it can be written as UTF-8."""
    return "\\ud8" not in json.dumps(event)


def take_in(
    store: Store,
    said: Sequence[Said],
    *,
    gate: str = GATE,
    actor: str = "guard:li",
    day: int = 1,
    epoch: str = EPOCH,
    follows: Mark | None = None,
    site: str = SITE,
) -> list[int]:
    """Head office takes in events of these kinds, bodies and personal fields, a minute apart; their numbers. `follows`: of a restored
    journal, where the epoch before had come to."""
    where = WHERE._replace(site=site, gate=gate, epoch=epoch)
    mark = follows or store.mark(where)
    store.enrol(site, gate, signer(gate).public_key().public_bytes_raw(), "test", 1)
    rows: list[Row] = []
    seq, prev = mark.seq, mark.hash if mark.seq else ZERO
    for kind, body, *more in said:
        seq += 1
        part = personal.make(more[0]) if more else None
        event = {
            "actor": actor,
            "at": f"2026-10-{day:02d}T{seq // 60 % 24:02d}:{seq % 60:02d}:00.000Z",
            "body": dict(body),
            "boot": "b1",
            "clock": "ntp",
            "epoch": where.epoch,
            "gate": gate,
            "kind": kind,
            "mono_ms": seq,
            "personal": personal.digest(part).hex() if part else None,
            "prev": prev.hex(),
            "rule": "V2",
            "seq": seq,
        }
        data = json.dumps(event, ensure_ascii=not is_utf8(event), sort_keys=True, separators=(",", ":")).encode()
        prev = chain(prev, data)
        rows.append(Row(seq, data, prev, part))
    signature = signer(gate).sign(Checkpoint(*where, seq, prev).message())
    store.apply(
        [
            Chunk(
                where, Mark(mark.seq, mark.hash if mark.seq else ZERO), tuple(rows), signature, new=follows is not None
            )
        ],
        time.time_ns() // 1_000_000,
    )
    return [row.seq for row in rows]


VISIT: list[Said] = [
    ("visit.opened", {"kind": "business", "mode": "foot", "unit": "3-1201", "company": "顺丰"}, {"name": "王小明", "phone": "13800138000", "host": "李四"}),
    ("visit.noted", {"visit": 1, "unit": "3-1201"}, {"name": "王小明", "remark": "高个子"}),
    ("visit.admitted", {"visit": 1}),
    ("access.decided", {"lane": "entry", "direction": "in", "card": "04a1b2c3", "credential": "C1", "decision": "granted", "reason": "ok", "plate_read": "粤B12345"}, {"holder": "张三"}),
    ("picture.taken", {"lane": "entry", "moment": "pass", "digest": "d" * 64, "size": 9, "pass_seq": 4, "keep": "pass"}),
    ("barrier.observed", {"lane": "entry", "was": "down", "now": "up", "cause": "command"}),
    ("vehicle.crossed", {"lane": "entry", "direction": "in", "pass_seq": 4, "plate": "粤B12345"}),
]  # fmt: skip


READY = re.compile(r"ready · (http://[\d.:]+)(?: · first sign-in: (\S+) (\S+))?")


class Office:
    """`python -m sync.headoffice serve` as a process over an SQLite file or a PostgreSQL URL; signed in by `client`."""

    def __init__(self, folder: Path, db: str, site: str = SITE, more: str = "") -> None:
        self.config = folder / "headoffice.toml"
        self.config.write_text(
            f'site = "{site}"\ndb = "{db}"\nsigning_key = "sign.key"\nphotos = "photos"\nphotos_key = "photos.key"\n{more}',
            encoding="utf-8",
        )
        self.command = [sys.executable, "-m", "sync.headoffice", "--config", str(self.config)]
        self.process = subprocess.Popen(
            [*self.command, "serve", "--listen", "127.0.0.1:0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        found = READY.search(self.process.stdout.readline())
        assert found, "head office did not say that it is ready"
        self.url, self.admin, self.password = found.groups()

    def client(self, name: str = "", password: str = "") -> httpx.Client:
        """A browser without a page."""
        made = httpx.Client(base_url=self.url + "/api/v1", timeout=30, headers={"Idempotency-Key": "0123456789abcdef"})
        if name:
            answer = made.post("/session", json={"name": name, "password": password})
            assert answer.status_code == 200, answer.text
        return made

    def close(self) -> None:
        """End it as systemd would."""
        self.process.terminate()
        assert self.process.wait(20) in (0, -15)
        assert self.process.stdout
        self.process.stdout.close()
