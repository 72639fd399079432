"""Who may look at head office's pages: people with roles, their sessions, and what they looked at.

    viewer   gates, live feed, search without persons and pictures, charts
    clerk    and what names persons, and pictures; hands in lists of the registry
    auditor  the list of who looked at what, and certificates; no persons
    admin    everything, and people; publishes the registry
    staff    a department's: its own requests of the gates' desks with what names persons there; of all else what a viewer sees

Anybody may belong to a department, whose requests are shown first; only `staff` is held to it.

Passwords are argon2id. Five wrong ones lock an account for a minute, each further one for twice as long, up to an hour. A session is 32 random bytes
in a cookie, of which the table has the SHA-256; it ends after two hours without a press, after twelve in any case, and with a new password or role.

`office_looks` says who saw which person's data or picture and when; it names events, never what was typed: a name that is erased must not live on in the list
of who looked for it. It is only ever added to (a trigger refuses the rest).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sync.headoffice.photo_index import Database
from sync.headoffice.tables import append_only, in_both

ROLES = ("viewer", "clerk", "auditor", "admin", "staff")
MAY = {
    "persons": ("clerk", "admin"),
    "documents": ("admin",),
    "looks": ("auditor", "admin"),
    "certify": ("auditor", "admin"),
    "people": ("admin",),
    "publish": ("admin",),
    "requests": ("clerk", "admin", "staff"),
}
"""What only some may."""
IDLE_S, LONGEST_S = 2 * 3600, 12 * 3600
TRIES, LOCK_S, LOCK_MAX_S = 5, 60, 3600
SHORTEST = 10
SAVED = 50
_TABLES = in_both("""
CREATE TABLE IF NOT EXISTS office_users (
    name {text} PRIMARY KEY, role {text} NOT NULL, hash {text} NOT NULL, enabled {int} NOT NULL, fresh {int} NOT NULL, failed {int} NOT NULL,
    locked_ms {int} NOT NULL, at_ms {int} NOT NULL);
CREATE TABLE IF NOT EXISTS office_sessions (
    token {text} PRIMARY KEY, name {text} NOT NULL, began_ms {int} NOT NULL, used_ms {int} NOT NULL);
CREATE TABLE IF NOT EXISTS office_searches (
    name {text} NOT NULL, title {text} NOT NULL, asked {text} NOT NULL, PRIMARY KEY (name, title));
CREATE TABLE IF NOT EXISTS office_looks (
    number {serial}, at_ms {int} NOT NULL, name {text} NOT NULL, what {text} NOT NULL, gate {text} NOT NULL, about {text} NOT NULL);
""")
TABLES = _TABLES + append_only("office_looks", "looks_are", "looks are kept")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DEPARTMENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$bzf7/wm1rE6A3tQhc1M/tg$WhJAygafV812Tz0CsgNA7vvbGHbtSed8O78DKgqz98Y"
"""What the password of somebody who does not exist is compared with: takes as long as anybody's. Made with `_HASHER`, which would take 50 ms of each start."""


class NotIn(Exception):
    """Name and password do not fit, or the account is shut."""


class Locked(Exception):
    """Too many wrong passwords; `seconds` to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"locked for {seconds} s")
        self.seconds = seconds


class Unfit(ValueError):
    """What is wanted of an account cannot be; `code` says what."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class User:
    """Somebody. `fresh`: the password is somebody else's making, and must be changed before anything else."""

    name: str
    role: str
    enabled: bool = True
    fresh: bool = False
    locked_ms: int = 0
    department: str = ""

    @property
    def only(self) -> str:
        """The department to which this person is held; empty: to none."""
        return self.department if self.role == "staff" else ""

    def may(self, what: str) -> bool:
        """Whether this role may do one of `MAY`."""
        return self.role in MAY[what]


@dataclass(frozen=True, slots=True)
class Look:
    """A line of who saw what. `what`: event, picture, certificate, export; `about`: numbers of events (epoch/seq …) or a digest."""

    at_ms: int
    name: str
    what: str
    gate: str
    about: str


class Users:
    """Over a Store of the caller's thread; all methods raise StoreUnavailable."""

    def __init__(self, store: Database) -> None:
        self._run = store.run

    def first_start(self) -> tuple[str, str] | None:
        """Without anybody: make `admin`; name and password, to be shown once. Else None."""
        if self._run("SELECT 1 FROM office_users LIMIT 1"):
            return None
        password = secrets.token_urlsafe(12)
        self._put("admin", "admin", password, fresh=True)
        return "admin", password

    def sign_in(self, name: str, password: str) -> tuple[str, User]:
        """A token and whose it is. Raises NotIn, Locked."""
        found = self._run(
            "SELECT role, hash, enabled, fresh, failed, locked_ms FROM office_users WHERE name = ?", (name,)
        )
        role, hash_, enabled, fresh, failed, locked_ms = found[0] if found else ("", _NOBODY, 0, 0, 0, 0)
        now = _now()
        if locked_ms > now:
            raise Locked(-(-(locked_ms - now) // 1000))
        if not (_right(hash_, password) and enabled):
            self._run("UPDATE office_users SET failed = failed + 1 WHERE name = ?", (name,))
            over = failed + 1 - TRIES
            if over >= 0:
                until = now + 1000 * min(LOCK_S << min(over, 10), LOCK_MAX_S)
                self._run("UPDATE office_users SET locked_ms = ? WHERE name = ?", (until, name))
            raise NotIn
        self._run("UPDATE office_users SET failed = 0, locked_ms = 0 WHERE name = ?", (name,))
        token = secrets.token_urlsafe(32)
        self._run("INSERT INTO office_sessions VALUES (?, ?, ?, ?)", (_sum(token), name, now, now))
        self._run("DELETE FROM office_sessions WHERE began_ms < ?", (now - 1000 * LONGEST_S,))
        return token, User(name, role, fresh=bool(fresh), department=self.department(name))

    def session(self, token: str, *, used: bool) -> User | None:
        """Whose token it is, None when it is nobody's any more. `used`: a person did something, which prolongs it."""
        now = _now()
        sql = """SELECT u.name, u.role, u.enabled, u.fresh, s.used_ms FROM office_sessions s JOIN office_users u ON u.name = s.name
                 WHERE s.token = ? AND s.began_ms > ? AND s.used_ms > ?"""
        found = self._run(sql, (_sum(token), now - 1000 * LONGEST_S, now - 1000 * IDLE_S))
        if not found or not found[0][2]:
            return None
        name, role, _, fresh, used_ms = found[0]
        if used and now - used_ms > 60_000:
            self._run("UPDATE office_sessions SET used_ms = ? WHERE token = ?", (now, _sum(token)))
        return User(name, role, fresh=bool(fresh), department=self.department(name))

    def department(self, name: str) -> str:
        """Which one somebody belongs to; empty: none."""
        found = self._run("SELECT department FROM office_departments WHERE name = ?", (name,))
        return str(found[0][0]) if found else ""

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._run("DELETE FROM office_sessions WHERE token = ?", (_sum(token),))

    def everybody(self) -> list[User]:
        """By name."""
        rows = self._run(
            """SELECT u.name, u.role, u.enabled, u.fresh, u.locked_ms, coalesce(d.department, '') FROM office_users u
               LEFT JOIN office_departments d ON d.name = u.name ORDER BY u.name"""
        )
        return [User(name, role, bool(enabled), bool(fresh), *rest) for name, role, enabled, fresh, *rest in rows]

    def save(
        self, name: str, role: str, *, enabled: bool = True, password: str = "", department: str | None = None
    ) -> None:
        """Add or change somebody; a new password must be changed by them, and unlocks. `department` None: as it was. Raises Unfit."""
        old = {user.name: user for user in self.everybody()}
        if role not in ROLES or not 1 <= len(name) <= 40 or not name.isprintable() or name != name.strip():
            raise Unfit("user")
        admins = {u.name for u in old.values() if u.role == "admin" and u.enabled} - {name}
        if not admins and not (role == "admin" and enabled):
            raise Unfit("last-admin")
        belongs = department if department is not None else old[name].department if name in old else ""
        if belongs and not _DEPARTMENT.fullmatch(belongs):
            raise Unfit("department")
        if role == "staff" and not belongs:
            raise Unfit("department-needed")
        if name not in old or password:
            self._put(name, role, password, fresh=True)
        if belongs != (old[name].department if name in old else ""):
            self._run(
                "INSERT INTO office_departments VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET department = excluded.department",
                (name, belongs),
            )
        self._run("UPDATE office_users SET role = ?, enabled = ? WHERE name = ?", (role, int(enabled), name))
        if name in old and (password or old[name].role != role or not enabled):
            self._run("DELETE FROM office_sessions WHERE name = ?", (name,))

    def own_password(self, user: User, old: str, new: str, token: str) -> None:
        """Somebody changes their password; their other sessions end. Raises NotIn, Unfit."""
        ((hash_,),) = self._run("SELECT hash FROM office_users WHERE name = ?", (user.name,))
        if not _right(hash_, old):
            raise NotIn
        if new == old:
            raise Unfit("password-same")
        self._put(user.name, user.role, new, fresh=False)
        self._run("DELETE FROM office_sessions WHERE name = ? AND token <> ?", (user.name, _sum(token)))

    def searches(self, user: User) -> list[tuple[str, str]]:
        """Somebody's saved searches: title and what is asked (JSON)."""
        rows = self._run("SELECT title, asked FROM office_searches WHERE name = ? ORDER BY title", (user.name,))
        return [(title, asked) for title, asked in rows]

    def keep_search(self, user: User, title: str, asked: str) -> None:
        """Save one; an empty `asked` removes it. Raises Unfit when there are too many."""
        self._run("DELETE FROM office_searches WHERE name = ? AND title = ?", (user.name, title))
        if asked:
            if len(self.searches(user)) >= SAVED:
                raise Unfit("searches")
            self._run("INSERT INTO office_searches VALUES (?, ?, ?)", (user.name, title, asked))

    def looked(self, user: User, what: str, gate: str, about: Sequence[str]) -> None:
        """On record before it is shown."""
        for n in range(0, len(about), 50):
            said = " ".join(about[n : n + 50])
            sql = "INSERT INTO office_looks (at_ms, name, what, gate, about) VALUES (?, ?, ?, ?, ?)"
            self._run(sql, (_now(), user.name, what, gate, said))

    def looks(self, name: str = "", limit: int = 200) -> list[Look]:
        """The newest first; of one person, or of all."""
        sql = f"""SELECT at_ms, name, what, gate, about FROM office_looks {"WHERE name = ?" if name else ""}
                  ORDER BY number DESC LIMIT ?"""
        return [Look(*row) for row in self._run(sql, (name, limit) if name else (limit,))]

    def _put(self, name: str, role: str, password: str, *, fresh: bool) -> None:
        if len(password) < SHORTEST or len(set(password)) < 5:
            raise Unfit("password-short")
        self._run(
            """INSERT INTO office_users VALUES (?, ?, ?, 1, ?, 0, 0, ?) ON CONFLICT (name) DO UPDATE
               SET hash = excluded.hash, fresh = excluded.fresh, failed = 0, locked_ms = 0""",
            (name, role, _HASHER.hash(password[:200]), int(fresh), _now()),
        )


def _right(hash_: str, password: str) -> bool:
    try:
        return _HASHER.verify(hash_, password[:200])
    except (VerificationError, InvalidHashError):
        return False


def _sum(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> int:
    return time.time_ns() // 1_000_000
