"""Export: what Excel opens, what a program reads, and the right time where the journal knows it."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Stamp
from edge.domain import events as ev
from edge.domain.event import Event
from edge.errors import BadInput
from edge.store import export, journal
from edge.store.db import Tx
from tests.support_store import NAME, T0, a_morning, decided, opened, put


def _append(event: Event, when: Stamp, tx: Tx) -> int:
    return tx.append(event, actor="a", stamp=when)


def exported(path: Path, **options: Any) -> str:
    out = io.StringIO(newline="")
    export.write(path, out, **options)
    return out.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with opened(tmp_path / "g.db") as store:
        put(store, *a_morning())
    return tmp_path / "g.db"


def test_csv_of_events_begins_with_a_mark_and_has_every_event(path: Path) -> None:
    text = exported(path)
    assert text.startswith("\ufeffat,")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert [int(row["seq"]) for row in rows] == list(range(1, 12))
    assert rows[0]["at"] == rows[0]["written_at"] == journal.iso(T0)
    assert json.loads(rows[2]["personal"]) == {"holder": NAME}


def test_json_lines_carry_the_exact_bytes(path: Path) -> None:
    lines = [json.loads(line) for line in exported(path, form="jsonl").splitlines()]
    previous = journal.ZERO
    for line in lines:
        previous = journal.chain(previous, line["data"].encode())
        assert previous.hex() == line["hash"]
    assert len(lines) == 11


def test_csv_of_passes_is_the_register(path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(path, what="passes")[1:])))
    assert [row["outcome"] for row in rows] == ["crossed", "crossed"]
    first = rows[0]
    assert (first["holder"], first["driver"], first["plate"], first["passengers"]) == (NAME, "王师傅", "粤B12346", "2")
    assert (first["at"], first["up_at"], first["crossed_at"]) == tuple(journal.iso(T0 + n) for n in (2, 4, 6))


def test_a_range_includes_its_beginning_and_not_its_end(path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(path, begin_ms=T0 + 2, end_ms=T0 + 5)[1:])))
    assert [int(row["seq"]) for row in rows] == [3, 4, 5]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_is_never_a_formula(tmp_path: Path, start: str) -> None:
    with opened(tmp_path / "g.db") as store:
        put(store, decided(holder=f'{start}HYPERLINK("http://evil")'), ev.PassNoted(1, driver=f"{start}1+1"))
    (row,) = csv.DictReader(io.StringIO(exported(tmp_path / "g.db", what="passes")[1:], newline=""))
    assert row["holder"].startswith(f"'{start}")
    assert row["driver"].startswith(f"'{start}")


def test_times_of_an_unset_clock_are_corrected_by_the_steady_clock_of_that_boot(tmp_path: Path) -> None:
    """A Pi wakes up in 1970, opens for a car, loses a minute more to a jump, and then hears a time server."""

    def at(mono: int, wall: int, clock: str, boot: str = "b") -> Stamp:
        return Stamp(wall, boot, mono, clock)

    events = [
        (decided(), at(10_000, 10_000, "unset")),
        (ev.VehicleCrossed("in1", "in", 1), at(15_000, 15_000, "unset")),
        (ev.ClockChanged("unset", "unset", 60_000), at(20_000, 80_000, "unset")),
        (ev.VehicleWaiting("in1"), at(25_000, 85_000, "unset")),
        (ev.ClockChanged("ntp", "unset", 1), at(30_000, T0, "ntp")),
        (ev.VehicleWaiting("in1"), at(35_000, T0 + 5_000, "ntp")),
        (ev.ClockChanged("restored", "ntp", 1), at(36_000, T0 + 900_000, "restored")),
        (ev.VehicleWaiting("in1"), at(40_000, T0 + 904_000, "restored")),
        (ev.VehicleWaiting("in1"), at(1_000, 7, "unset", "other boot")),
    ]
    path = tmp_path / "g.db"
    with opened(path) as store:
        for event, when in events:
            store.transact_sync(partial(_append, event, when))
    lines = [json.loads(line) for line in exported(path, form="jsonl").splitlines()]
    right = [T0 - 20_000, T0 - 15_000, T0 - 10_000, T0 - 5_000, T0, T0 + 5_000, T0 + 6_000, T0 + 10_000, 7]
    assert [line["at"] for line in lines] == [journal.iso(ms) for ms in right]
    assert [line["written_at"] for line in lines] == [journal.iso(when.at_ms) for _, when in events]
    assert [line["corrected"] for line in lines] == [True] * 4 + [False, False, True, True, False]
    (row,) = csv.DictReader(io.StringIO(exported(path, what="passes", begin_ms=T0 - 60_000)[1:]))
    assert (row["at"], row["crossed_at"]) == (journal.iso(T0 - 20_000), journal.iso(T0 - 15_000))


def test_what_cannot_be_exported_is_named(path: Path) -> None:
    with pytest.raises(BadInput, match="xlsx"):
        exported(path, form="xlsx")


def test_export_reads_beside_a_running_gate(path: Path) -> None:
    with opened(path):
        assert exported(path).count("\r\n") == 12
