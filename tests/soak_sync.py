"""`python -m tests.soak_sync [MINUTES [SEED]]` (`make soak ARGS="sync 5"`): head office under faults, and then a count of everything.

A dozen gates (the product's uplinks, a process each, events and pictures), mosquitto with TLS and a certificate for each end, two receivers that
share the gates, PostgreSQL. For minutes, in an order that the seed gives, alone and two at once:

    kill -9 of gates, the broker, a receiver · PostgreSQL shut down as by a crash · a line that is slow, stalls, is cut (gates', receivers')

Then all faults end, the gates write no more, and everything must arrive by itself. The count: each gate's journal is in the database event by
event (number, bytes, hash, personal part; none missing, none twice), its chain verifies, no alarm was raised, and each picture opens to the bytes
that the gate had. Ends with an error at whatever is not so.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sync import certificates as c
from sync.headoffice.audit import audit
from sync.headoffice.authority import Authority
from sync.headoffice.broker import BrokerFiles
from sync.headoffice.photo_places import Folder
from sync.headoffice.photo_receiver import Archive
from sync.headoffice.store_postgres import PostgresStore
from sync.sealing import MasterKey
from tests.support_line import Line
from tests.support_soak_gate import ENOUGH, pictures, written
from tests.support_sync import SITE, Mosquitto, Postgres, Process, eventually, free_port, start_process

GATES, EVERY_S = 12, 0.3
RECEIVERS = ("a", "b")
ARRIVES_S = 240.0
Fault = Callable[[], Callable[[], None]]
"""Does it; what it returns ends it."""


class World:
    """All of it, running. `close` ends every process."""

    def __init__(self, folder: Path, gates: int, every_s: float) -> None:
        self.folder, self.names = folder, [f"g{n:02d}" for n in range(gates)]
        self._ends = ExitStack()
        try:
            self._build(every_s)
        except BaseException:
            self.close()
            raise

    def _build(self, every_s: float) -> None:
        folder, ends = self.folder, self._ends
        self.postgres = Postgres()
        ends.callback(shutil.rmtree, self.postgres.folder, ignore_errors=True)
        ends.callback(self._end_postgres)
        self._certificates()
        port = free_port()
        conf = BrokerFiles(Authority(folder / "pki"), folder / "broker").set_up(("localhost",), port, free_port())
        self.broker = Mosquitto(folder, port=port, conf=conf)
        ends.callback(self.broker.kill)
        self.lines = [Line(port), Line(port), Line(port)]
        for line in self.lines:
            ends.callback(line.close)
        self.office_line, *gate_lines = self.lines
        (folder / "headoffice.toml").write_text(
            f'site = "{SITE}"\nbroker = "mqtts://localhost:{self.office_line.port}"\nauthority = "pki"\ndb = "{self.postgres.url}"\n'
            'trust = "first-contact"\nphotos = "photos"\nphotos_key = "pictures.key"\nsigning_key = "signing.key"\n'
        )
        MasterKey.load(folder / "pictures.key")
        self.receivers = {name: self._process(self._receiver, name) for name in RECEIVERS}
        self.gates = {
            name: self._process(self._gate, name, gate_lines[i % 2].port, every_s) for i, name in enumerate(self.names)
        }

    def _process(self, start: Callable[..., subprocess.Popen[bytes]], *about: object) -> Process:
        made = Process(lambda: start(*about))
        self._ends.callback(made.kill)
        return made

    def _certificates(self) -> None:
        authority = Authority(self.folder / "pki")
        authority.keep_own(SITE, self.folder / "pki" / f"headoffice-{SITE}.pem")
        for name in self.names:
            key = c.new_key()
            (self.folder / f"{name}.pem").write_bytes(
                authority.issue(SITE, name, c.request(key, name)) + c.key_pem(key)
            )

    def _receiver(self, name: str) -> subprocess.Popen[bytes]:
        args = ("--config", self.folder / "headoffice.toml", "run", "--receiver", name)
        return start_process("sync.headoffice", *args, log=self.folder / f"receiver-{name}.log")

    def _gate(self, name: str, port: int, every_s: float) -> subprocess.Popen[bytes]:
        args = (name, str(self.folder), str(port), str(every_s))
        return start_process("tests.support_soak_gate", *args, log=self.folder / f"{name}.log")

    def _end_postgres(self) -> None:
        if (self.postgres.folder / "data" / "postmaster.pid").exists():
            self.postgres.kill()

    def close(self) -> None:
        """End everything."""
        self._ends.close()

    # ---- faults

    def _line(self, line: Line, rng: random.Random) -> Callable[[], None]:
        how = rng.choice(("slow", "stall", "cut"))
        if how == "slow":
            line.slow(rng.choice((6_000, 40_000)))
        elif how == "stall":
            line.stall()
        else:
            line.cut()
        return line.mend

    def _some_gates(self, rng: random.Random) -> Callable[[], None]:
        starts = [
            self.gates[name].kill() for name in rng.sample(self.names, rng.randint(1, max(1, len(self.names) // 4)))
        ]
        return lambda: [start() for start in starts] and None

    def _a_receiver(self, rng: random.Random) -> Callable[[], None]:
        return self.receivers[rng.choice(RECEIVERS)].kill()

    def _broker(self) -> Callable[[], None]:
        self.broker.kill()
        return self.broker.start

    def _database(self) -> Callable[[], None]:
        self.postgres.kill()
        return self.postgres.start

    def faults(self, rng: random.Random) -> dict[str, Fault]:
        """What may go wrong, by name."""
        return {
            "gates": lambda: self._some_gates(rng),
            "broker": self._broker,
            "receiver": lambda: self._a_receiver(rng),
            "database": self._database,
            "gates' line": lambda: self._line(rng.choice(self.lines[1:]), rng),
            "receivers' line": lambda: self._line(self.office_line, rng),
        }

    # ---- the count

    def wrong(self) -> tuple[list[str], Counter[str]]:
        """What is not as it should be, and how much there is."""
        found, counts = list[str](), Counter[str]()
        store = PostgresStore(self.postgres.url)
        try:
            chains = {chain.where.gate: chain for chain in store.chains(SITE)}
            if sorted(chains) != self.names or len(store.chains(SITE)) != len(self.names):
                found.append(f"chains of {sorted(chains)}")
            archive = Archive(store, SITE, Folder(self.folder / "photos"), MasterKey.load(self.folder / "pictures.key"))
            for name, chain in chains.items():
                said = written(self.folder / f"{name}.sqlite")
                kept = [(r.seq, r.data, r.hash, r.personal) for r in store.rows(chain.where)]
                found += [f"{name}: {text}" for text in _differ(said, kept)]
                found += [f"{name}: {text}" for text in [audit(store, chain).wrong] if text]
                counts["events"] += len(said)
                for digest, data, over in pictures(self.folder / f"{name}.sqlite"):
                    if not over or archive.get(name, digest) != data:
                        found.append(f"{name}: picture {digest[:12]}, {'over' if over else 'not over'}")
                    counts["pictures"] += 1
            found += [f"alarm: {alarm}" for alarm in store.alarms(SITE)]
        finally:
            store.close()
        for log in sorted(self.folder.glob("*.log")):
            text = log.read_text(errors="replace")
            if "Traceback" in text and log.name != "mosquitto.log":
                found.append(f"{log.name}: {text[text.index('Traceback') :][:1500]}")
            counts["times that receivers came or went"] += (
                text.count("receivers alive") if log.name.startswith("receiver") else 0
            )
        return found, counts


def _differ(
    said: list[tuple[int, bytes, bytes, bytes | None]], kept: list[tuple[int, bytes, bytes, bytes | None]]
) -> Iterator[str]:
    numbers = Counter(row[0] for row in kept)
    twice = [seq for seq, count in numbers.items() if count > 1]
    if twice:
        yield f"event {twice[0]} is there twice ({len(twice)} such)"
    missing = [row[0] for row in said if row[0] not in numbers]
    if missing:
        yield f"event {missing[0]} is missing ({len(missing)} such)"
    here = {row[0]: row for row in kept}
    other = [row[0] for row in said if row[0] in here and here[row[0]] != row]
    if other:
        yield f"event {other[0]} has other bytes ({len(other)} such)"
    if len(kept) > len(said):
        yield f"{len(kept)} events here, {len(said)} at the gate"


@contextmanager
def _world(folder: Path, gates: int, every_s: float) -> Iterator[World]:
    world = World(folder, gates, every_s)
    try:
        yield world
    finally:
        world.close()


def campaign(
    folder: Path, seconds: float, seed: int, gates: int = GATES, every_s: float = EVERY_S, longest_s: float = 8.0
) -> str:
    """Run it; what was counted, in a line. Raises AssertionError with all that was wrong."""
    rng, pause, done = random.Random(seed), threading.Event(), Counter[str]()
    with _world(folder, gates, every_s) as world:
        store = PostgresStore(world.postgres.url)
        eventually(lambda: len([chain for chain in store.chains(SITE) if chain.mark.seq]) == gates, 60)
        store.close()
        until = time.monotonic() + seconds
        faults, order = world.faults(rng), list[str]()
        while time.monotonic() < until:
            order = order or rng.sample(sorted(faults), len(faults))  # each in turn, in an order of its own
            now = [order.pop() for _ in range(2 if rng.random() < 0.35 else 1) if order]
            ends = [faults[name]() for name in now]
            done.update(now)
            pause.wait(min(rng.uniform(0.2, longest_s), max(0.2, until - time.monotonic())))
            for end in ends:
                end()
            pause.wait(rng.uniform(0.2, longest_s / 2))
        ended = time.monotonic()
        (folder / ENOUGH).touch()
        late = [name for name, gate in world.gates.items() if _ended(gate, ended + ARRIVES_S) != 0]
        took = time.monotonic() - ended
        codes = {name: receiver.end(20) for name, receiver in world.receivers.items()}
        found, counts = world.wrong()
        found += [f"{name} did not get rid of everything: {_tail(folder / f'{name}.log')}" for name in late]
        found += [
            f"receiver {name} ended with {code}: {_tail(folder / f'receiver-{name}.log')}"
            for name, code in codes.items()
            if code
        ]
        assert not found, f"seed {seed}, {dict(done)}:\n" + "\n".join(found)
        assert min(counts["events"], counts["pictures"]) > gates
        said = ", ".join(f"{count} {name}" for name, count in (counts + Counter()).items())
        return f"seed {seed}: {said}; {dict(done)}; everything there {took:.1f} s after the last fault"


def _ended(gate: Process, until: float) -> int:
    try:
        return gate.now.wait(max(0.1, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return -1


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:]


def main(minutes: float, seed: int) -> int:
    """0 when nothing was wrong. What was there stays in its folder when something was."""
    folder = Path(tempfile.mkdtemp(prefix="gate-soak-sync-"))
    try:
        print(campaign(folder, minutes * 60, seed), flush=True)
    except AssertionError as e:
        print(f"{e}\nthe logs and journals are in {folder}", flush=True)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(float(given[0]) if given else 5, int(given[1]) if len(given) > 1 else random.randrange(10_000)))
