"""People, PINs and sessions: what is refused, what is locked and for how long, what survives a restart, what is never written."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from argon2 import PasswordHasher

from edge.clock import Clock
from edge.errors import BadInput, LockedOut, NotAllowed, SignInNeeded
from edge.store.db import Store
from edge.store.pins import Pins, check_pin, random_pin
from edge.store.users import UserChange, Users

T = TypeVar("T")
PIN = "602914"


class Steady:
    """A steady clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Wall(Clock):
    """A wall clock that a test moves."""

    at = 1_800_000_000_000
    sound = True

    def wall_ms(self) -> int:
        return self.at

    def disciplined(self) -> bool:
        return self.sound


class House:
    """Users over a real store, with cheap hashes and movable clocks."""

    def __init__(self, path: Path) -> None:
        self.path, self.steady, self.wall = path, Steady(), Wall()
        self.store = Store.open(path, gate="main", site="test", ballast=0)
        self.users = self._users()

    def _users(self) -> Users:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        return Users(self.store, self.wall, steady=self.steady, pins=Pins(hasher))

    def restart(self) -> None:
        self.close()
        self.store = Store.open(self.path, gate="main", site="test", ballast=0)
        self.users = self._users()

    def close(self) -> None:
        self.users.close()
        self.store.close()

    def kinds(self) -> list[str]:
        with self.store.reader() as con:
            return [kind for (kind,) in con.execute("SELECT kind FROM journal ORDER BY seq")]

    def everything_written(self) -> bytes:
        with self.store.reader() as con:
            return b"\n".join(bytes(line, "utf-8") for line in con.iterdump())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "gate.sqlite")
    yield made
    made.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def with_leader(house: House) -> None:
    await house.users.first_start()
    await house.users.save("leader", UserChange("leader", "班长", "leader", pin=PIN), "key-leader")


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "12345",
        "1234567890123",
        "12345a",
        "１２３４５６",
        "111111",
        "123456",
        "987654",
        "121212",
        "123123",
        "112112",
        "890123",
    ],
)
def test_a_pin_that_everybody_would_try_is_refused_with_a_hint(pin: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_pin(pin)
    assert refused.value.hint
    assert refused.value.code.startswith("pin-")


def test_random_pins_are_good_and_differ() -> None:
    pins = {random_pin() for _ in range(50)}
    assert len(pins) > 45
    for pin in pins:
        check_pin(pin)


def test_the_first_start_makes_one_leader_once_and_writes_the_pin_nowhere(house: House) -> None:
    async def story() -> None:
        made = await house.users.first_start()
        assert made is not None
        user, pin = made
        assert (user, house.users.accounts()[0].name) == ("leader", "班长")
        assert await house.users.first_start() is None
        await house.users.sign_in("leader", pin)
        assert pin.encode() not in house.everything_written()

    run(story())
    assert house.kinds() == ["user.saved", "session.began"]


def test_five_wrong_pins_lock_for_a_minute_and_each_further_one_twice_as_long(house: House) -> None:
    async def wrong() -> None:
        await house.users.sign_in("leader", "000000")

    async def story() -> None:
        await with_leader(house)
        for left in (4, 3, 2, 1):
            with pytest.raises(SignInNeeded, match=f"{left} 次"):
                await wrong()
        for lock in (60, 120, 240):
            with pytest.raises(LockedOut):
                await wrong()
            house.steady.now += lock - 1
            with pytest.raises(LockedOut):
                await house.users.sign_in("leader", PIN)
            house.steady.now += 1.1
        token, _ = await house.users.sign_in("leader", PIN)
        assert house.users.session(token)
        with pytest.raises(SignInNeeded, match="4 次"):
            await wrong()

    run(story())
    assert house.kinds().count("session.refused") == 8, "wrong PINs are in the journal; knocking while locked is not"


def test_the_lock_survives_a_restart_and_a_new_pin_by_the_leader_ends_it(house: House) -> None:
    async def lock() -> None:
        await with_leader(house)
        await house.users.save("leader", UserChange("guard-1", "李建国", "guard", pin=PIN), "key-guard-1")
        for _ in range(5):
            with pytest.raises((SignInNeeded, LockedOut)):
                await house.users.sign_in("guard-1", "000000")

    async def after() -> None:
        with pytest.raises(LockedOut):
            await house.users.sign_in("guard-1", PIN)
        await house.users.save("leader", UserChange("guard-1", "李建国", "guard", pin="771204"), "key-guard-2")
        await house.users.sign_in("guard-1", "771204")

    run(lock())
    house.restart()
    run(after())


def test_names_that_nobody_has_are_locked_too_and_wrong_pins_at_once_cannot_slip_past(house: House) -> None:
    async def story() -> None:
        await with_leader(house)
        answers = await asyncio.gather(
            *(house.users.sign_in(f"nobody-{n}", "000000") for n in range(9)), return_exceptions=True
        )
        assert sum(isinstance(a, SignInNeeded) for a in answers) == 4
        assert sum(isinstance(a, LockedOut) for a in answers) == 5
        answers = await asyncio.gather(
            *(house.users.sign_in("leader", "000000") for _ in range(9)), return_exceptions=True
        )
        assert sum(isinstance(a, SignInNeeded) for a in answers) == 4

    run(story())


def test_a_session_lasts_twelve_hours_from_its_last_use_and_survives_a_restart(house: House) -> None:
    async def begin() -> str:
        await with_leader(house)
        token, _ = await house.users.sign_in("leader", PIN, "tablet")
        assert token.encode() not in house.everything_written()
        house.steady.now += 11 * 3600
        house.wall.at += 11 * 3600_000
        assert house.users.session(token, used=True)
        await house.users.tend()
        return token

    token = run(begin())
    house.restart()
    house.steady.now += 11 * 3600
    assert house.users.session(token)
    house.steady.now += 2 * 3600
    assert house.users.session(token) is None
    run(house.users.tend())
    assert house.kinds()[-1] == "session.ended"


def test_what_a_page_fetches_by_itself_does_not_prolong_a_session(house: House) -> None:
    async def story() -> None:
        await with_leader(house)
        token, _ = await house.users.sign_in("leader", PIN)
        for _ in range(13):
            house.users.session(token)
            house.steady.now += 3600
        assert house.users.session(token) is None

    run(story())


def test_a_wall_clock_that_jumps_signs_nobody_out(house: House) -> None:
    async def begin() -> str:
        await with_leader(house)
        token, _ = await house.users.sign_in("leader", PIN)
        house.wall.at += 365 * 86400_000
        assert house.users.session(token), "a year forward"
        house.wall.at = 0
        return token

    token = run(begin())
    house.restart()
    assert house.users.session(token), "1970 after a restart: the wall clock says nothing"


def test_signing_in_again_on_the_same_tablet_ends_the_session_before(house: House) -> None:
    async def story() -> None:
        await with_leader(house)
        first, _ = await house.users.sign_in("leader", PIN)
        second, _ = await house.users.sign_in("leader", PIN, replacing=first)
        assert house.users.session(first) is None
        assert house.users.session(second)
        await house.users.sign_out(second)
        await house.users.sign_out(second)

    run(story())
    assert house.kinds().count("session.ended") == 2


def test_only_leaders_manage_people_and_one_leader_stays(house: House) -> None:
    async def story() -> None:
        await with_leader(house)
        await house.users.save("leader", UserChange("tech", "王工", "technician", pin=PIN), "key-tech-1")
        for by in ("tech", "nobody"):
            with pytest.raises(NotAllowed):
                await house.users.save(by, UserChange("tech", "王工", "leader"), "key-rise-1")
        for change in (UserChange("leader", "班长", "guard"), UserChange("leader", "班长", "leader", enabled=False)):
            with pytest.raises(BadInput, match="班长"):
                await house.users.save("leader", change, "key-last-1")
        with pytest.raises(BadInput):
            await house.users.save("leader", UserChange("tech", "王工", "emperor"), "key-emperor")

    run(story())


def test_a_repeated_key_changes_nothing_and_a_reused_one_is_refused(house: House) -> None:
    async def story() -> None:
        await with_leader(house)
        wanted = UserChange("guard-1", "李建国", "guard", pin=PIN)
        first = await house.users.save("leader", wanted, "the-same-key", new=True)
        events = len(house.kinds())
        assert await house.users.save("leader", wanted, "the-same-key", new=True) == first
        assert len(house.kinds()) == events
        with pytest.raises(BadInput) as refused:
            await house.users.save("leader", UserChange("guard-1", "别人", "guard"), "the-same-key")
        assert refused.value.code == "key-reused"
        with pytest.raises(BadInput) as refused:
            await house.users.save("leader", wanted, "another-key", new=True)
        assert refused.value.code == "user-exists"

    run(story())


def test_a_new_pin_or_a_disabled_account_ends_its_sessions(house: House) -> None:
    async def story() -> None:
        await with_leader(house)
        keys = (f"key-number-{n}" for n in itertools.count())
        await house.users.save("leader", UserChange("guard-1", "李", "guard", pin=PIN), next(keys))
        for change in (
            UserChange("guard-1", "李", "guard", pin="771204"),
            UserChange("guard-1", "李", "guard", enabled=False),
        ):
            token, _ = await house.users.sign_in("guard-1", "771204" if change.pin is None else PIN)
            await house.users.save("leader", change, next(keys))
            assert house.users.session(token) is None
        with pytest.raises(SignInNeeded) as refused:
            await house.users.sign_in("guard-1", "771204")
        assert refused.value.code == "disabled"

    run(story())


def test_the_console_gives_a_new_pin_to_whoever_forgot_theirs(house: House) -> None:
    async def story() -> None:
        await with_leader(house)
        pin = await house.users.reset_pin("leader")
        await house.users.sign_in("leader", pin)
        assert pin.encode() not in house.everything_written()

    run(story())


def test_the_hash_is_argon2id_of_the_documented_cost() -> None:
    async def story() -> str:
        pins = Pins()
        made = await pins.hash(PIN)
        assert await pins.right(made, PIN)
        assert not await pins.right(made, "602915")
        assert not await pins.right("", PIN)
        assert not await pins.right("rubbish", PIN)
        assert not pins.outdated(made)
        pins.close()
        return made

    assert run(story()).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_sign_in_that_is_on_its_way_does_not_put_an_old_account_back(house: House) -> None:
    """A shift leader changes a guard's PIN, and then disables the guard, while the guard signs in."""

    async def story() -> None:
        await with_leader(house)
        await house.users.save("leader", UserChange("gao", "高", "guard", pin=PIN, card="0a01"), "key-new", new=True)
        changed = UserChange("gao", "高", "guard", pin="730581")
        _, late = await asyncio.gather(
            house.users.save("leader", changed, "key-pin"), house.users.sign_in("gao", PIN), return_exceptions=True
        )
        assert isinstance(late, SignInNeeded)
        await house.users.sign_in("gao", "730581")
        gone = UserChange("gao", "高", "guard", enabled=False)
        await asyncio.gather(
            house.users.save("leader", gone, "key-gone"), house.users.sign_in_known("gao"), return_exceptions=True
        )
        with pytest.raises(SignInNeeded):
            await house.users.sign_in("gao", "730581")

    run(story())
