"""Head office after three years: a PostgreSQL cluster in a folder of its own, filled once, kept, started to be asked, and stopped again.

    python -m tests.bench.support_office 50          make 50 million events and their index (an hour of one core; 1 GB of disk a million)

What a gate journals for a crossing is fourteen events (config/scenarios/morning.toml), seven of which nobody would ever look for: they lie in `events`
and in no index. Here every crossing is those fourteen: a car waits, a plate is read, a card decides, the arm moves, pictures, and one event of what else goes on at
a gate (a visitor, an opening by hand, a refusal). Twenty gates, 200,000 people with plate, card, unit and name, most of whom come to their own gate and few of whom come often;
100 guards; a partition of `events` for each of the 36 months, as intake makes them.

The rows are made by SQL, a month at a time, as intake and the follower would have written them (tests/test_headoffice_scale.py compares the two on a small piece); the words and their
ends are the follower's own (`ends`). Chains do not verify: the hashes are none. Texts are as long as real ones (about 460 bytes).

Filled with fsync off and without log where PostgreSQL allows it, asked with everything on. `VERSION` belongs to the folder's name: raise it when what is made changes.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from sync.headoffice.index_tables import FORM
from sync.headoffice.index_words import COMPANY, ends, normal
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.waits import BOUNDS
from tests.support_sync import ROOT, free_port

VERSION = 1
KEPT = Path(os.environ.get("BENCH_KEPT", ROOT / "build" / "bench-data"))
SITE, GATES, GUARDS, MONTHS, PER_CROSSING = "bench", 20, 100, 36, 14
BEGIN = (2023, 11)
END_MS = 1_793_491_200_000
"""2026-11-01."""
ASKING = "shared_buffers=6GB effective_cache_size=16GB max_wal_size=8GB checkpoint_timeout=15min wal_compression=on random_page_cost=1.1 max_connections=30"
"""As docs/headoffice.md recommends, for a machine with 24 GB."""
FILLING = "shared_buffers=2GB fsync=off synchronous_commit=off full_page_writes=off wal_level=minimal max_wal_senders=0 max_wal_size=2GB maintenance_work_mem=1GB work_mem=256MB autovacuum=off max_parallel_maintenance_workers=0 max_parallel_workers_per_gather=0"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰红建国文辉志玲婷雪梅宇浩凯健俊帆晨鑫悦怡佳琪欣颖子涵梓轩"
KINDS = (
    *("plate.read", "access.decided", "picture.taken", "vehicle.crossed", "visit.opened", "pass.opened"),
    *("vehicle.tailgated", "command.refused", "visit.admitted"),
)


class Cluster:
    """A cluster in `folder`/data; `settings` as «name=value name=value»."""

    def __init__(self, folder: Path, settings: str) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
        if not found:
            raise SystemExit("no PostgreSQL server on this machine: apt-get install postgresql")
        self.folder, self.bin, self.port = folder, found[-1], free_port()
        self._user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._settings = " ".join(f"-c {setting}" for setting in settings.split())
        self.url = f"postgresql://gates@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """An empty one."""
        self.folder.mkdir(parents=True)
        if self._user:
            shutil.chown(self.folder, "postgres")
        self._run(
            *(self.bin / "initdb", "-D", self.folder / "data", "-U", "gates", "-A", "trust", "-E", "UTF8"),
            *("--locale=C", "--no-sync"),
        )

    def start(self) -> None:
        """Until it answers. One that a bench which was killed has left running is stopped before."""
        if (self.folder / "data" / "postmaster.pid").exists():
            with suppress(subprocess.CalledProcessError):  # its process may be gone
                self.stop()
        options = f"-p {self.port} -k /tmp -c listen_addresses=127.0.0.1 {self._settings}"
        self._control("-l", self.folder / "log", "-o", options, "-t", "300", "start")

    def stop(self) -> None:
        """With everything written."""
        self._control("-m", "fast", "-t", "600", "stop")

    def _control(self, *more: object) -> None:
        self._run(self.bin / "pg_ctl", "-D", self.folder / "data", "-s", "-w", *more)

    def _run(self, *command: object) -> None:
        subprocess.run([*self._user, *map(str, command)], cwd="/tmp", check=True, stdout=subprocess.DEVNULL)


@contextmanager
def running(folder: Path, settings: str) -> Iterator[Cluster]:
    """The cluster of a folder, for a while."""
    cluster = Cluster(folder, settings)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def folder_of(millions: float) -> Path:
    """Where so many events are kept."""
    return KEPT / f"office-{millions:g}m-v{VERSION}"


def prepared(millions: float) -> Path:
    """The folder with so many events; made when it is not there."""
    folder = folder_of(millions)
    if folder.exists():
        return folder
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    Cluster(draft, FILLING).make()
    begun = time.perf_counter()
    with running(draft, FILLING) as cluster:
        store = PostgresStore(cluster.url)
        store.chains(SITE)  # opens it, which makes the tables
        store.close()
        with psycopg.connect(cluster.url, autocommit=True) as con:
            size = fill(con, int(millions * 1_000_000))
    draft.rename(folder)
    print(f"  made in {time.perf_counter() - begun:.0f} s, {size / 1e9:.1f} GB: {folder}", flush=True)
    return folder


# ---- people


def people_of(count: int) -> list[tuple[str, str, str, str, str]]:
    """Plate, card, unit, name, telephone of so many people, always the same."""
    some = random.Random(11)
    made = []
    for _ in range(count):
        place = "粤B" if some.random() < 0.75 else "粤" + some.choice("ACDEFGHS") if some.random() < 0.8 else some.choice("京沪湘赣桂") + some.choice("ABCDE")  # fmt: skip
        signs = [some.choice("0123456789") for _ in range(5)]
        for _n in range(some.choice((0, 0, 1, 1, 2))):
            signs[some.randrange(5)] = some.choice("ABCDEFGHJKLMNPQRSTUVWXYZ")
        plate = place + ("D" if some.random() < 0.2 else "") + "".join(signs)
        name = some.choice(SURNAMES) + "".join(some.choice(GIVEN) for _ in range(some.choice((1, 2, 2))))
        unit = f"{some.randint(1, 60)}-{some.randint(1, 32):02d}{some.randint(1, 4):02d}"
        made.append((plate, f"{some.getrandbits(32):08X}", unit, name, f"13{some.randrange(10**9):09d}"))
    return made


def _words(con: psycopg.Connection[Any], people: list[tuple[str, str, str, str, str]]) -> None:
    """The words with their ends, and the people with their words' numbers."""
    numbers: dict[tuple[str, str], int] = {}

    def number(sort: str, text: str) -> int:
        return numbers.setdefault((sort, normal(text)), len(numbers) + 1)

    for kind in KINDS:
        number("kind", kind)
    for n in range(GUARDS):
        number("who", f"guard{n}")
    for n in range(300):
        number(COMPANY, f"公司{n}")
    with con.cursor() as cur:
        cur.execute("CREATE UNLOGGED TABLE people (k int, plate text, card text, unit text, name text, phone text, plate_w bigint, card_w bigint, unit_w bigint, name_w bigint, phone_w bigint, cred_w bigint)")  # fmt: skip
        with cur.copy("COPY people FROM STDIN") as copy:
            for k, person in enumerate(people):
                sorts = zip(("plate", "card", "unit", "name", "phone"), person, strict=True)
                copy.write_row((k, *person, *(number(sort, text) for sort, text in sorts), number("card", f"C{k}")))
        with cur.copy("COPY index_words (word, sort, text) FROM STDIN") as copy:
            for (sort, text), word in numbers.items():
                copy.write_row((word, sort, text))
        with cur.copy("COPY index_parts (sort, part, word) FROM STDIN") as copy:
            rows = [(sort, part, word) for (sort, text), word in numbers.items() for part in ends(sort, text)]
            for row in sorted(rows):
                copy.write_row(row)
        cur.execute("SELECT setval(pg_get_serial_sequence('index_words', 'word'), %s)", (len(numbers),))
        cur.execute("CREATE UNIQUE INDEX ON people (k)")
        cur.execute("ANALYZE people")


# ---- events


_JSON = """convert_to(format('{"actor":"%%s","at":"%%s","body":%%s,"boot":"5d1c0b3e-8a57-4f53-9d37-2a1f6b0c9e11","clock":"ntp","epoch":"%%s","gate":"gate%%s","kind":"%%s","mono_ms":%%s,"personal":%%s,"prev":"%%s","rule":"%%s","seq":%%s}',
    e.actor, to_char(to_timestamp((c.at_ms + e.ms) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), e.body, c.epoch, c.chain, e.kind, c.at_ms %% 1000000000 + e.ms,
    CASE WHEN e.part = '' THEN 'null' ELSE '"' || repeat(md5(e.part), 2) || '"' END, repeat(md5(c.chain || ' ' || c.base + e.o), 2), e.rule, c.base + e.o), 'UTF8')"""
_EVENTS = """FROM crossing c CROSS JOIN LATERAL (VALUES
    (0, 0, 'vehicle.waiting', 'device:' || c.lane || '.loop', format('{"lane":"%%s","since_ms":%%s}', c.lane, c.at_ms), '', 'V1'),
    (1, 300, 'plate.read', 'device:' || c.lane || '.camera', format('{"camera":"%%s","confidence":0.993,"lane":"%%s","ms":182,"text":"%%s","votes":3}', c.lane || '.camera', c.lane, c.plate), '', 'V2'),
    (2, 700, 'access.decided', 'device:' || c.lane || '.reader', format('{"card":"%%s","credential":"C%%s","decision":"%%s","direction":"%%s","lane":"%%s","plate_bound":"%%s","plate_read":"%%s","reason":"%%s","reader":"%%s.reader","salute":true,"unit":"%%s"}',
        c.card, c.k, c.decision, c.direction, c.lane, c.plate, c.plate, CASE c.decision WHEN 'granted' THEN 'ok' ELSE 'expired' END, c.lane, c.unit), format('["holder","%%s","%%s"]', md5(c.n::text), c.name), 'V2'),
    (3, 720, 'barrier.commanded', 'gate', format('{"by":"card","command":"open","lane":"%%s","pass_seq":%%s}', c.lane, c.base + 2), '', 'G1'),
    (4, 730, 'barrier.observed', 'gate', format('{"after_ms":0,"cause":"card","lane":"%%s","now":"rising","pass_seq":%%s,"was":"down"}', c.lane, c.base + 2), '', 'G1'),
    (5, 760, 'picture.taken', 'gate', format('{"digest":"%%s","keep":"pass","lane":"%%s","moment":"card","pass_seq":%%s,"size":118000}', repeat(md5(c.n::text), 2), c.lane, c.base + 2), '', ''),
    (6, 3700, 'barrier.observed', 'gate', format('{"after_ms":3010,"cause":"card","lane":"%%s","now":"up","pass_seq":%%s,"was":"rising"}', c.lane, c.base + 2), '', 'G1'),
    (7, 6000, 'picture.taken', 'gate', format('{"digest":"%%s","keep":"pass","lane":"%%s","moment":"crossing","pass_seq":%%s,"size":121000}', repeat(md5((c.n + 1)::text), 2), c.lane, c.base + 2), '', ''),
    (8, 7100, 'vehicle.crossed', 'gate', format('{"direction":"%%s","lane":"%%s","ms":2400,"pass_seq":%%s}', c.direction, c.lane, c.base + 2), '', 'V2'),
    (9, 7140, 'picture.taken', 'gate', format('{"digest":"%%s","keep":"pass","lane":"%%s","moment":"after","pass_seq":%%s,"size":117000}', repeat(md5((c.n + 2)::text), 2), c.lane, c.base + 2), '', ''),
    (10, 8600, 'barrier.commanded', 'gate', format('{"by":"auto","command":"close","lane":"%%s","pass_seq":%%s,"reopen":true}', c.lane, c.base + 2), '', 'G1'),
    (11, 8610, 'barrier.observed', 'gate', format('{"after_ms":0,"cause":"auto","lane":"%%s","now":"falling","pass_seq":%%s,"was":"up"}', c.lane, c.base + 2), '', 'G1'),
    (12, 12100, 'barrier.observed', 'gate', format('{"after_ms":3499,"cause":"auto","lane":"%%s","now":"down","pass_seq":%%s,"was":"falling"}', c.lane, c.base + 2), '', 'G1'),
    (13, 15000, c.other, CASE c.other WHEN 'vehicle.tailgated' THEN 'gate' ELSE 'guard:guard' || c.guard END, CASE c.other
        WHEN 'visit.opened' THEN format('{"company":"公司%%s","kind":"%%s","mode":"car","plate":"%%s","unit":"%%s"}', c.n %% 300, CASE WHEN c.n %% 3 = 0 THEN 'delivery' ELSE 'business' END, c.v_plate, c.unit)
        WHEN 'pass.opened' THEN format('{"direction":"in","lane":"%%s","reason":"%%s"}', c.lane, (ARRAY['resident', 'delivery', 'ambulance', 'reader'])[1 + c.n %% 4])
        WHEN 'vehicle.tailgated' THEN format('{"lane":"%%s","pass_seq":%%s}', c.lane, c.base + 2)
        WHEN 'command.refused' THEN format('{"code":"lane-busy","command":"open","lane":"%%s"}', c.lane)
        ELSE format('{"lane":"%%s","visit":%%s}', c.lane, greatest(1, c.base - 1)) END,
        CASE c.other WHEN 'visit.opened' THEN format(E'["host","%%s","%%s"]\\n["name","%%s","%%s"]\\n["phone","%%s","%%s"]', md5(c.n::text), c.name, md5(c.n::text), c.v_name, md5(c.n::text), c.v_phone) ELSE '' END, 'P3')
    ) AS e (o, ms, kind, actor, body, part, rule)"""
_SEEN = "e.kind NOT IN ('vehicle.waiting', 'barrier.observed', 'barrier.commanded')"


def fill(con: psycopg.Connection[Any], count: int) -> int:
    """`count` events and their index; the bytes of it."""
    run = con.execute
    crossings = count // PER_CROSSING
    people = people_of(max(1000, min(200_000, crossings // 16)))
    for n in range(1, GATES + 1):
        run("INSERT INTO index_chains VALUES (%s, %s, %s, md5(%s), 0)", (n, SITE, f"gate{n}", f"gate{n}"))
    run("ALTER TABLE index_parts DROP CONSTRAINT index_parts_pkey")
    _words(con, people)
    run("ALTER TABLE index_parts ADD PRIMARY KEY (sort, part, word)")
    indexes = _without_indexes(con)
    run("CREATE UNLOGGED TABLE made_hours (hour bigint, chain int, kind text, detail text, n bigint)")
    month, done, begun = BEGIN, 0, time.perf_counter()
    for n in range(MONTHS):
        last = crossings * (n + 1) // MONTHS
        _month(con, month, done, last, len(people))
        done, month = last, (month[0] + month[1] // 12, month[1] % 12 + 1)
        print(f"  month {n + 1} of {MONTHS}, {time.perf_counter() - begun:.0f} s", flush=True)
    run("DROP TABLE crossing")
    for sql in indexes:
        run(sql.encode())
    run("INSERT INTO chains SELECT site, gate, epoch, seq, '\\x00', '\\x00', 1, 1 FROM index_chains")
    print(f"  indexes, {time.perf_counter() - begun:.0f} s", flush=True)
    finish(con)
    print(f"  finished, {time.perf_counter() - begun:.0f} s", flush=True)
    size = run("SELECT pg_database_size(current_database())").fetchone()
    assert size
    return int(size[0])


_DAYS = "INSERT INTO index_days SELECT hour / 24, chain, kind, detail, " + ", ".join(f"sum(CASE WHEN hour % 24 = {h} THEN n ELSE 0 END)" for h in range(24)) + " FROM made_hours GROUP BY 1, 2, 3, 4"  # fmt: skip
_REASONS = ("resident", "delivery", "ambulance", "reader")


def finish(con: psycopg.Connection[Any]) -> None:
    """What follows from the rest: days, months, what a refusal and a reason is called, waits and stays (drawn at random: the events above say nothing of their lengths)."""
    run = con.execute
    run(_DAYS.encode())
    run("DROP TABLE made_hours")
    partitions = [name for (name,) in run("SELECT relname FROM pg_class WHERE relname ~ '^events_[0-9]+$' ORDER BY 1").fetchall()]  # fmt: skip
    for said in ("accessdecidedrefused", *(f"passopened{reason}" for reason in _REASONS)):
        _also_called(con, said.upper())
    for name in partitions:
        run(f"INSERT INTO index_months SELECT c.chain, {name[7:]}, min(e.seq), max(e.seq) FROM {name} e JOIN index_chains c USING (site, gate, epoch) GROUP BY 1".encode())  # fmt: skip
        run(f"""INSERT INTO index_postings SELECT w.word, r.at_ms, r.chain, r.seq
            FROM (SELECT c.chain, e.seq, CASE WHEN position('"kind":"access.decided"'::bytea IN data) > 0 AND position('"decision":"refused"'::bytea IN data) > 0 THEN 'ACCESSDECIDEDREFUSED'
                WHEN position('"kind":"pass.opened"'::bytea IN data) > 0 THEN 'PASSOPENED' || upper(substring(convert_from(data, 'UTF8') FROM '"reason":"([a-z]+)"')) END AS said
                FROM {name} e JOIN index_chains c USING (site, gate, epoch)) AS s JOIN index_rows r USING (chain, seq) JOIN index_words w ON w.sort = 'kind' AND w.text = s.said WHERE s.said IS NOT NULL""".encode())  # fmt: skip
    bounds = ", ".join(map(str, BOUNDS))
    hours = ", ".join(f"count(*) FILTER (WHERE at_ms / 3600000 % 24 = {h})" for h in range(24))
    run(f"""INSERT INTO index_wait_days SELECT at_ms / 86400000, chain, what, upto, {hours} FROM (SELECT at_ms, chain, CASE WHEN random() < 0.05 THEN 'refused' ELSE 'open' END AS what,
        (ARRAY[{bounds}])[1 + floor(28 * power(random(), 1.5))::int] AS upto FROM index_rows WHERE kind = 'access.decided') AS r GROUP BY 1, 2, 3, 4""".encode())  # fmt: skip
    stay = "INSERT INTO index_stays SELECT chain, seq + {}, '{}', 'business', 'vehicle', '{}', '{}', '粤B12345', '12-0304', seq, at_ms, at_ms, to_char(to_timestamp(at_ms / 1000), 'YYYY-MM-DD'), 0, CASE WHEN random() < 0.01 THEN at_ms + 18000000 ELSE 0 END, {}, 'left' FROM index_rows WHERE kind = 'visit.opened' AND {}"  # fmt: skip
    last = f"{END_MS - 7_200_000}"
    run(stay.format(0, "visit", "", "", f"CASE WHEN at_ms > {last} THEN 0 ELSE at_ms + 600000 + floor(14400000 * random())::bigint END", "true").encode())  # fmt: skip
    run(stay.format(1, "card", "V12", "04A1B2C3", f"CASE WHEN at_ms > {last} OR random() < 0.0002 THEN 0 WHEN random() < 0.02 THEN at_ms + 129600000 ELSE at_ms + 7200000 END", "seq % 5 = 0").encode())  # fmt: skip
    run(
        "INSERT INTO index_latest SELECT word, max(at_ms) / 86400000 * 86400000 + 86400000 FROM index_postings GROUP BY word"
    )
    run("INSERT INTO index_figured SELECT chain, seq FROM index_chains")
    run("INSERT INTO index_form VALUES (%s, %s)", (SITE, FORM))
    for table in ("index_rows", "index_postings", "index_named", "index_words", "index_parts", "index_latest", "index_days", "index_months", "index_wait_days", "index_stays", "personal", "people"):  # fmt: skip
        run(f"VACUUM (FREEZE, ANALYZE) {table}".encode())
    run("ANALYZE events")


def _also_called(con: psycopg.Connection[Any], text: str) -> None:
    made = con.execute("INSERT INTO index_words (sort, text) VALUES ('kind', %s) RETURNING word", (text,)).fetchone()
    assert made
    for part in ends("kind", text):
        con.execute("INSERT INTO index_parts VALUES ('kind', %s, %s)", (part, made[0]))


def _without_indexes(con: psycopg.Connection[Any]) -> list[str]:
    """Takes the keys and indexes of the big tables away; the statements that put them back."""
    back = []
    for table in ("index_rows", "index_postings", "index_named"):
        key = con.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND contype = 'p'", (table,)).fetchone()  # fmt: skip
        assert key
        con.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key[0]}".encode())
        back.append(f"ALTER TABLE {table} ADD CONSTRAINT {key[0]} {key[1]}")
        for name, sql in con.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", (table,)).fetchall():  # fmt: skip
            con.execute(f"DROP INDEX {name}".encode())
            back.append(sql)
    return back


def _month(con: psycopg.Connection[Any], month: tuple[int, int], first: int, last: int, people: int) -> None:
    begin = int(datetime(*month, 1, tzinfo=UTC).timestamp() * 1000)
    end = int(datetime(month[0] + month[1] // 12, month[1] % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)
    run, arrived = con.execute, month[0] * 100 + month[1]
    run("DROP TABLE IF EXISTS crossing")
    run(f"SELECT setseed({(arrived % 1000) / 1000})".encode())
    # few people come often: the square of an even share; nine of ten times to their own gate
    run(
        f"""CREATE UNLOGGED TABLE crossing AS
        WITH drawn AS MATERIALIZED (SELECT n, {begin}::bigint + (n - {first}) * ({end}::bigint - {begin}) / {max(1, last - first)} AS at_ms, floor({people} * power(random(), 2))::int AS k,
                CASE WHEN random() < 0.9 THEN 0 ELSE 1 + floor(random() * {GATES})::int END AS away, floor({people} * power(random(), 2))::int AS v, random() AS luck
            FROM generate_series({first}::bigint, {last - 1}) AS n),
        gated AS (SELECT *, CASE away WHEN 0 THEN 1 + k % {GATES} ELSE away END AS chain FROM drawn)
        SELECT n, at_ms, g.k, chain, h.epoch, h.seq + {PER_CROSSING} * (row_number() OVER (PARTITION BY chain ORDER BY n) - 1) + 1 AS base, (chain - 1) * 5 + n / 400 % 5 AS guard,
            p.plate, p.card, p.unit, p.name, p.plate_w, p.card_w, p.unit_w, p.name_w, p.cred_w, q.plate AS v_plate, q.name AS v_name, q.phone AS v_phone, q.plate_w AS v_plate_w, q.name_w AS v_name_w, q.phone_w AS v_phone_w,
            CASE WHEN n % 2 = 0 THEN 'entry' ELSE 'exit' END AS lane, CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END AS direction, CASE WHEN luck < 0.05 THEN 'refused' ELSE 'granted' END AS decision,
            (ARRAY['visit.opened', 'visit.opened', 'visit.opened', 'visit.opened', 'pass.opened', 'vehicle.tailgated', 'command.refused', 'visit.admitted', 'visit.admitted', 'visit.admitted'])[1 + floor(luck * 1000)::int % 10] AS other
        FROM gated g JOIN people p ON p.k = g.k JOIN people q ON q.k = g.v JOIN index_chains h USING (chain) ORDER BY n""".encode()
    )
    run("ANALYZE crossing")
    with con.transaction():
        run(f"CREATE TABLE events_{arrived} PARTITION OF events FOR VALUES IN ({arrived})".encode())
        run(f"INSERT INTO events_{arrived} SELECT '{SITE}', 'gate' || c.chain, c.epoch, c.base + e.o, {_JSON}, sha256(convert_to(c.chain || ' ' || c.base + e.o, 'UTF8')), {arrived} {_EVENTS}".replace("%%", "%").encode())  # fmt: skip
    run(f"VACUUM (FREEZE, ANALYZE) events_{arrived}".encode())
    run(f"INSERT INTO personal SELECT '{SITE}', 'gate' || c.chain, c.epoch, c.base + e.o, convert_to(e.part, 'UTF8') {_EVENTS} WHERE e.part <> ''".replace("%%", "%").encode())  # fmt: skip
    run(f"""INSERT INTO index_rows (chain, seq, at_ms, kind, lane, actor, visit, pass) SELECT c.chain, c.base + e.o, c.at_ms + e.ms, e.kind, CASE WHEN e.kind = 'visit.opened' THEN '' ELSE c.lane END, e.actor,
        CASE e.kind WHEN 'visit.opened' THEN c.base + e.o WHEN 'visit.admitted' THEN greatest(1, c.base - 1) ELSE 0 END,
        CASE WHEN e.kind IN ('picture.taken', 'vehicle.crossed', 'vehicle.tailgated') THEN c.base + 2 WHEN e.kind IN ('access.decided', 'pass.opened') THEN c.base + e.o ELSE 0 END
        {_EVENTS} WHERE {_SEEN}""".replace("%%", "%").encode())  # fmt: skip
    run("""INSERT INTO index_postings SELECT DISTINCT w.word, c.at_ms + e.ms, c.chain, c.base + e.o
        FROM crossing c CROSS JOIN LATERAL (VALUES (1, 300, 'plate.read'), (2, 700, 'access.decided'), (8, 7100, 'vehicle.crossed'), (13, 15000, c.other)) AS e (o, ms, kind)
        JOIN index_words k ON k.sort = 'kind' AND k.text = upper(replace(e.kind, '.', '')) JOIN index_words g ON g.sort = 'who' AND g.text = 'GUARD' || c.guard JOIN index_words f ON f.sort = 'company' AND f.text = '公司' || c.n % 300
        CROSS JOIN LATERAL unnest(CASE WHEN e.o = 1 THEN ARRAY[k.word, c.plate_w] WHEN e.o = 2 THEN ARRAY[k.word, c.plate_w, c.card_w, c.cred_w, c.unit_w, c.name_w] WHEN e.kind IN ('vehicle.crossed', 'vehicle.tailgated') THEN ARRAY[k.word]
            WHEN e.kind = 'visit.opened' THEN ARRAY[k.word, g.word, f.word, c.unit_w, c.v_plate_w, c.v_name_w, c.name_w, c.v_phone_w] ELSE ARRAY[k.word, g.word] END) AS w (word) ORDER BY 2""".encode())  # fmt: skip
    run("INSERT INTO index_named SELECT chain, base + 2, 'holder', name_w FROM crossing")
    run("""INSERT INTO index_named SELECT chain, base + 13, f.field, f.word FROM crossing c CROSS JOIN LATERAL (VALUES ('host', c.name_w), ('name', c.v_name_w), ('phone', c.v_phone_w)) AS f (field, word)
        WHERE c.other = 'visit.opened'""")
    run(f"""INSERT INTO made_hours SELECT (c.at_ms + e.ms) / 3600000, c.chain, e.kind, CASE e.kind WHEN 'access.decided' THEN c.decision WHEN 'vehicle.crossed' THEN c.direction
        WHEN 'visit.opened' THEN CASE WHEN c.n % 3 = 0 THEN 'delivery' ELSE 'business' END WHEN 'pass.opened' THEN 'guard' || c.guard || ' ' || (ARRAY['resident', 'delivery', 'ambulance', 'reader'])[1 + c.n % 4] ELSE '' END, count(*)
        {_EVENTS} WHERE {_SEEN} GROUP BY 1, 2, 3, 4""".replace("%%", "%").encode())  # fmt: skip
    run(f"UPDATE index_chains h SET seq = h.seq + {PER_CROSSING} * m.n FROM (SELECT chain, count(*) AS n FROM crossing GROUP BY chain) AS m WHERE m.chain = h.chain".encode())  # fmt: skip


if __name__ == "__main__":
    prepared(float(sys.argv[1]) if len(sys.argv) > 1 else 0.2)
