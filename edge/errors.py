"""One error tree. Each error says what is wrong (`str`), which kind it is (`code`), and what to do next (`hint`).

A code is a stable word for programs and for the page's dictionary; the sentence and the hint are for the guard or the
technician who stands in front of it, Chinese first. An error never carries a stack trace to a tablet.
"""

from __future__ import annotations


class GateError(Exception):
    """Base of all errors that a person may see. `status` is the HTTP status the API answers with."""

    code = "error"
    status = 500

    def __init__(self, message: str, hint: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code


class SettingsError(GateError, ValueError):
    """A configuration file that cannot be used; `problems` lists everything that is wrong with it, one sentence each."""

    code = "settings"

    def __init__(self, message: str, problems: list[str], hint: str = "") -> None:
        super().__init__(message, hint)
        self.problems = problems


class StoreError(GateError):
    """The database cannot be opened, read or written."""

    code = "store"
    status = 503


class DatabaseNewer(StoreError):
    """The database was written by a newer version of this program."""

    code = "database-newer"


class DiskFull(StoreError, OSError):
    """Nothing more can be recorded: and so nothing that needs a record may be done."""

    code = "disk-full"


class DatabaseLocked(StoreError):
    """Another process holds the database."""

    code = "database-locked"


class DatabaseDamaged(StoreError):
    """The database file or the journal's chain is damaged; the message names the first wrong event."""

    code = "database-damaged"


class ImportRefused(GateError, ValueError):
    """An import with at least one bad row: nothing of it was taken; `rows` names each bad row and why."""

    code = "import-refused"
    status = 422

    def __init__(self, message: str, rows: list[str], hint: str = "") -> None:
        super().__init__(message, hint)
        self.rows = rows


class NotFound(GateError, LookupError):
    """There is no such lane, pass, user …"""

    code = "not-found"
    status = 404


class NotAllowed(GateError, PermissionError):
    """This person may not do that."""

    code = "not-allowed"
    status = 403


class SignInNeeded(GateError):
    """Nobody is signed in on this tablet, or the session has ended."""

    code = "sign-in"
    status = 401


class LockedOut(GateError):
    """Too many wrong PINs."""

    code = "locked-out"
    status = 429


class NotExecuted(GateError):
    """A command that was not carried out, and why: late, unsafe, or against the state of the barrier."""

    code = "not-executed"
    status = 409


class BadInput(GateError, ValueError):
    """A request that does not make sense; the message names the field."""

    code = "bad-input"
    status = 422


class DeviceError(GateError, OSError):
    """A device that cannot be opened or does not answer."""

    code = "device"
    status = 503
