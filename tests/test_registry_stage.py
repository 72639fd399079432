"""A whole list gathered beside the database: read at once as line by line, refused by name, and nothing of it left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Clock
from edge.errors import DiskFull
from edge.store import queries_plates, registry, registry_stage
from edge.store.db import Store
from edge.store.registry_down import Intake
from edge.store.registry_rows import TABLES, Misfit
from edge.store.registry_stage import Stage, beside
from sync.fields import ProtocolError
from sync.registry_lines import added, cards_of, hash_of, hashes_of, hexed, line_of, parsed
from sync.registry_protocol import SNAPSHOT, Piece, Transfer, packed
from tests.support_store import opened, opened_as_before

CARD: list[Any] = ["c", "0a00000001", "C1", "owner", "active", "", "", "", "", ["粤B12345"], "7", "周杰", "周", "mr", 0, "11栋201", ""]  # fmt: skip
_FIELD = st.one_of(st.text(max_size=4), st.integers(-2, 2), st.none(), st.lists(st.one_of(st.text(max_size=3), st.integers(0, 1)), max_size=2))  # fmt: skip


def card(n: int = 1, **changes: Any) -> str:
    """A line. `changes`: field number as f7 → value."""
    fields = [*CARD]
    fields[1], fields[2], fields[10] = f"0a{n:08x}", f"C{n}", f"P{n}"
    for name, value in changes.items():
        fields[int(name[1:])] = value
    return line_of(fields)


def one_by_one(text: str) -> list[tuple[Any, ...]] | None:
    """What `cards_of` stands for."""
    try:
        rows = [parsed(line) for line in text.split("\n")]
    except ProtocolError:
        return None
    whole = all(row[0] == "c" and row[1] and row[2] and row[10] for row in rows)
    return list(zip(*rows, strict=True)) if whole else None


@given(
    st.lists(
        st.one_of(
            st.builds(lambda at, value: card(**{f"f{at}": value}), st.integers(0, 16), _FIELD),
            st.builds(lambda at: card()[:at], st.integers(0, 200)),
            st.builds(lambda at: card()[at:], st.integers(0, 200)),
            st.sampled_from(
                [card(), card(f9=[]), " " + card(), card() + "," + card(), '["h","2026-10-01","国庆"]', ""]
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_cards_read_at_once_are_the_same_as_line_by_line(lines: list[str]) -> None:
    text = "\n".join(lines)
    at_once = cards_of(text)
    assert at_once is None or at_once == one_by_one(text)
    if all(line in (card(), card(f9=[])) for line in lines):
        assert at_once is not None, "that is what it is for"
    assert hashes_of(text) == [hash_of(line) for line in text.split("\n")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "gate.db") as made:
        yield made


def fill(store: Store, lines: list[str]) -> int:
    """Into the next generation."""
    stage = Stage(beside(store, "coming"))
    try:
        stage.put("\n".join(lines))
        with registry.one_import:
            gen = registry.fresh_generation(store)
            stage.fill(store, gen)
        return gen
    finally:
        stage.close()


LIST = '["l","passes","SG1",{"name":"赵工"}]'
WRONG = {
    "twice": ([card(1), card(1, f2="C9")], '["c","0a00000001"]'),
    "name-taken": ([card(1), card(2, f2="C1")], '["c","0a00000002"]'),
    "person-differs": ([card(1), card(2, f10="P1", f11="周节"), card(3)], '["c","0a00000002"]'),
    "schedule-unknown": ([card(1), card(2, f7="夜班")], '["c","0a00000002"]'),
    "value": ([card(1), card(2, f3="guest")], '["c","0a00000002"]'),
    "value half a letter": ([card(1), card(2).replace("周杰", "\\ud800")], '["c","0a00000002"]'),
    "value too large": ([card(1), card(2, f14=1 << 70)], '["c","0a00000002"]'),
    "value empty": ([card(1), card(2, f10="")], '["c","0a00000002"]'),
    "twice plate": ([card(1, f9=["粤B1", "粤B1"])], '["c","0a00000001"]'),
    "twice list": ([card(1), LIST, LIST.replace("赵", "钱")], '["l","passes","SG1"]'),
    "twice day": ([card(1), '["h","2026-10-01",""]', '["h","2026-10-01","x"]'], '["h","2026-10-01"]'),
    "twice span": ([card(1), '["s","a","0",1,2]', '["s","a","0",1,3]'], '["s","a","0",1]'),
    "shape": ([card(1), card(2, f14="1")], ""),
}


def test_what_does_not_fit_is_named_and_leaves_nothing_behind(store: Store) -> None:
    for why, (lines, key) in WRONG.items():
        with pytest.raises(Misfit) as refused:
            fill(store, lines)
        assert (refused.value.why, refused.value.key) == (why.split()[0], key), why
    assert not [*store.path.parent.glob("*.stage-*")]
    seen = store.transact_sync(lambda tx: tx.con.execute("PRAGMA database_list").fetchall())
    assert {row[1] for row in seen}.isdisjoint({"coming", "sorted"})
    gen = fill(store, [card(1), card(2, f10="P1"), LIST])
    with store.reader() as con:
        counts = [con.execute(f"SELECT count(*) FROM {table} WHERE gen = ?", (gen,)).fetchone()[0] for table in TABLES]  # fmt: skip
    assert dict(zip(TABLES, counts, strict=True)) == {"registry_people": 1, "registry_credentials": 2, "registry_vehicles": 2, "registry_names": 2, "registry_words": 4, "registry_schedules": 0, "registry_holidays": 0, "registry_lists": 1}  # fmt: skip


def test_a_list_of_many_slices_is_whole_and_what_is_left_of_one_goes_piece_by_piece(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_stage, "SLICE", 7)
    monkeypatch.setattr(registry, "PIECE", 5)
    lines = [card(n, f10=f"P{n * 37 % 100}", f11=f"名{n * 37 % 100}", f9=[f"粤B{n * 71 % 100:05d}", "粤B"], f15="") for n in range(100)]  # fmt: skip
    gen = fill(store, lines)
    with store.reader() as con:
        assert con.execute("SELECT count(*), count(DISTINCT uid) FROM registry_credentials WHERE gen = ?", (gen,)).fetchone() == (100, 100)  # fmt: skip
        assert con.execute("SELECT count(*) FROM registry_words WHERE gen = ?", (gen,)).fetchone() == (200,)
    assert registry.fresh_generation(store) == gen, "it was never in force"
    with store.reader() as con:
        left = [con.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    assert left == [0] * len(TABLES)


def full_at(last: int, put: Callable[[Stage, Sequence[str]], None]) -> Callable[[Stage, Sequence[str]], None]:
    """The disk is full after so many calls."""
    calls = count(1)

    def full(stage: Stage, some: Sequence[str]) -> None:
        put(stage, some)
        if next(calls) == last:
            raise DiskFull("full", "")

    return full


def test_a_full_disk_in_the_middle_is_no_list_and_the_same_list_comes_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [card(n) for n in range(200)]
    transfer = Transfer(store.site, store.gate, SNAPSHOT, 0, "", 1, hexed(added(0, map(hash_of, lines))), 200, 1)
    pieces = [Piece(transfer, n, n == 1, packed(lines[n * 100 : n * 100 + 100])) for n in (0, 1)]
    intake = Intake(store, Clock())
    for broken in (3, 5, 99):  # in the first piece, in the second, nowhere
        with monkeypatch.context() as patch:
            patch.setattr(Stage, "_put", full_at(broken, Stage._put))
            patch.setattr(registry_stage, "AT_ONCE", 30)
            with pytest.raises(DiskFull) if broken < 99 else nullcontext():
                for piece in pieces:
                    intake.take(piece)
        with store.reader() as con:
            counted = con.execute("SELECT count(*) FROM credentials").fetchone()[0]
        assert (counted, intake.again()) == (0 if broken < 99 else 200, None)
    assert not [*store.path.parent.glob("*.stage-*")]


def test_a_database_of_before_finds_its_plates_names_and_units_in_the_new_tables(tmp_path: Path) -> None:
    with opened_as_before(tmp_path / "gate.db", 24) as old:
        for gen, plate in ((3, "粤B12345"), (4, "粤B99999")):
            old.executescript(f"""INSERT INTO registry_people VALUES ({gen}, '7', '周杰', '周', 'mr', 0, '11栋201', '');
                INSERT INTO registry_credentials VALUES ({gen}, '0a00000001', 'C1', 'owner', 'active', '7', '', '', '', '');
                INSERT INTO registry_vehicles VALUES ({gen}, '0a00000001', '{plate}'); UPDATE registry SET gen = 3;""")
    left = tmp_path / "gate.db.stage-coming"
    left.touch()
    with opened(tmp_path / "gate.db") as store, store.reader() as con:
        assert not left.exists(), "of a process that died"
        assert con.execute("SELECT * FROM cards_by_plate").fetchall() == [("粤B12345", "0a00000001")]
        assert con.execute("SELECT * FROM cards_by_unit").fetchall() == [("11栋201", "0a00000001")]
        assert queries_plates.uid_of(con, "C1") == "0a00000001"
        explained = con.execute("EXPLAIN QUERY PLAN SELECT uid FROM cards_by_plate WHERE plate = ?", ("x",))
        assert any("gen=? AND kind=? AND word=?" in row[3] for row in explained)
