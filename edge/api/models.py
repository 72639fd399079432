"""The shapes of requests and answers, with examples: what the OpenAPI page shows.

Requests are checked against these; answers are documented by them and compared with them in a test, but not filtered
through them at run time: a field that is missing in a corner of the state must never take the whole page down.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Phase = Literal["unknown", "down", "rising", "up", "falling", "stopped", "held", "fault"]
Direction = Literal["in", "out"]
Role = Literal["guard", "leader", "technician"]
Word = Annotated[str, Field(max_length=40)]


def shape(**example: Any) -> ConfigDict:
    """Model configuration with an example for the documentation."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class Strict(BaseModel):
    """A request: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


# ---- errors ------------------------------------------------------------------------------------------------------


class ErrorBody(BaseModel):
    """What is wrong, for a program (code) and for a person (message, hint)."""

    code: str
    message: str
    hint: str


class Error(BaseModel):
    """Every answer that is not the one asked for."""

    model_config = shape(
        error={"code": "late", "message": "指令到得太晚，未执行", "hint": "看清道闸现在的状态，需要时再按一次"}
    )
    error: ErrorBody


# ---- people and sessions -----------------------------------------------------------------------------------------


class SignIn(Strict):
    """Who taps, and the PIN."""

    user: str = Field(max_length=40, examples=["leader"])
    pin: str = Field("", max_length=32, examples=["602914"])
    device: str = Field("", max_length=40, description="what this tablet is called")
    ticket: str = Field(
        "", max_length=64, description="instead of the PIN, where a staff card is enough: see GET /people"
    )
    taking_over: bool = Field(False, description="whoever was signed in here stays on duty until the hand-over (D6)")

    @model_validator(mode="after")
    def _pin_or_card(self) -> SignIn:
        if not (self.pin or self.ticket):
            raise ValueError("pin: a PIN is needed")
        return self


class SessionOut(BaseModel):
    """Who is signed in here."""

    model_config = shape(user="leader", name="班长", role="leader", since_ms=1793000000000)
    user: str
    name: str
    role: Role
    since_ms: int


class PersonOut(BaseModel):
    """Somebody who can sign in."""

    user: str
    name: str
    role: Role


class People(BaseModel):
    """The names to tap."""

    model_config = shape(gate="正门", people=[{"user": "leader", "name": "班长", "role": "leader"}])
    gate: str
    people: list[PersonOut]
    card: dict[str, str] | None = Field(None, description="whose staff card was held to the desk reader just now")


class UserIn(Strict):
    """An account as a shift leader wants it. `pin` left out: stays."""

    name: str = Field(min_length=1, max_length=20, examples=["李建国"])
    role: Role = Field(examples=["guard"])
    enabled: bool = True
    pin: str | None = Field(None, max_length=32, examples=["602914"])
    card: str | None = Field(
        None, max_length=40, description="staff card (UID or printed number); left out: stays; empty: none"
    )


class UserNew(UserIn):
    """A new account."""

    user: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="small letters, digits, hyphens", examples=["guard-1"]
    )


class UserOut(BaseModel):
    """An account, without anything of its PIN."""

    model_config = shape(user="guard-1", name="李建国", role="guard", enabled=True)
    user: str
    name: str
    role: Role
    enabled: bool
    card: str = ""


class Users(BaseModel):
    """All accounts."""

    users: list[UserOut]


# ---- commands ----------------------------------------------------------------------------------------------------


class CommandIn(Strict):
    """A press on the page. Executed only when it is at most two seconds old by the gate's clock."""

    action: Literal["open", "close", "stop", "hold", "release"] = Field(examples=["open"])
    reason: Word = Field("", description="the chip that was tapped", examples=["visitor-registered"])
    plate: str = Field("", max_length=12, examples=["粤B12345"])
    tick: int = Field(description="`tick` of the last heartbeat (or of /state, for a program)", examples=[81236120])
    age_ms: int = Field(0, ge=0, description="how many ms before the press it had come", examples=[640])


class CommandOut(BaseModel):
    """`pulsed`: the relay was closed, `ms` after the command came in; `done`: recorded, and no pulse was needed (it is so
    already); `again`: this key was carried out before, nothing moved now."""

    model_config = shape(result="pulsed", seq=1234, ms=9, phase="rising")
    result: Literal["pulsed", "done", "again"]
    seq: int
    ms: int = 0
    phase: Phase


class ArmOut(BaseModel):
    """Where the arm is, and how many ms after the command it was up."""

    model_config = shape(phase="up", ms=2840)
    phase: Phase
    ms: int | None = None


class CommandKnown(BaseModel):
    """Whether a command with this key is on record (its answer may have been lost on the way); `refused`: why it was not
    executed, empty when it was."""

    model_config = shape(recorded=True, seq=1234, refused="")
    recorded: bool
    seq: int | None = None
    refused: str = ""


class NoteIn(Strict):
    """What a guard adds to a pass (V2). Left out: stays."""

    plate: str | None = Field(None, max_length=12, examples=["粤B12345"])
    driver: str | None = Field(None, max_length=20, examples=["周先生"])
    passengers: int | None = Field(None, ge=0, le=99, examples=[2])


class ForgiveIn(Strict):
    """A credential whose whereabouts the gate has wrong."""

    credential: str = Field(min_length=1, max_length=64, examples=["V0001"])
    reason: Word = Field(examples=["tailgated-out"])


class SimulateIn(Strict):
    """A scenario of the simulated gate."""

    name: Word = Field(examples=["owner"])
    lane: Word | None = Field(None, examples=["entry"])
    card: str = Field("", max_length=40, description="with desk-card: UID or label; empty: the next card of the rack")


class RegistryOut(BaseModel):
    """What is in force now."""

    model_config = shape(rows=4, version="2026-11-23")
    rows: int
    version: str


class Recorded(BaseModel):
    """The number of the event."""

    model_config = shape(seq=1234)
    seq: int


# ---- the live state ----------------------------------------------------------------------------------------------


class PassRow(BaseModel):
    """One record of the register. Names of people are empty for technicians and after their time is over."""

    pass_seq: int
    lane: str
    direction: Direction | Literal[""]
    opened_ms: int
    card: str
    credential: str
    category: str
    decision: str
    reason: str
    actor: str
    guard: str
    plate_bound: str
    plate_read: str
    plate: str
    plate_match: str
    passengers: int
    commanded_ms: int | None
    up_ms: int | None
    crossed_ms: int | None
    closed_ms: int | None
    outcome: str
    tailgated: bool
    picture_card: str
    picture_crossing: str
    live: bool
    holder: str
    driver: str


class Passes(BaseModel):
    """A page of the register, newest first. `next`: ask again with `before` = this; null: that was all."""

    rows: list[PassRow]
    next: int | None


class PassDetail(BaseModel):
    """One record, its other half (the entry of an exit, or the exit of an entry), and plates much like its own."""

    row: PassRow
    pair: PassRow | None
    similar: list[str]
    pictures: list[dict[str, Any]]
    events: list[dict[str, Any]]


class Prompt(BaseModel):
    """The sentence to say and whether to salute; the words are in the page's dictionaries under `prompt.<code>`."""

    code: str
    salute: bool = False
    params: dict[str, Any] = {}


class LaneOut(BaseModel):
    """One lane as it is now."""

    id: str
    name: str
    direction: Direction
    phase: Phase
    since_ms: int
    held_by: list[str]
    faults: list[str]
    approach: bool | None
    under: bool | None
    beam: bool | None
    queue: int
    may: dict[str, str | None] = Field(description="action → why it is not possible now (null: possible)")
    camera: bool
    last: dict[str, Any] | None
    reading: dict[str, Any] | None = Field(
        None,
        description="the plate that was read of whoever stands there: seq, text, certain, known, candidates, crop …",
    )
    prompt: Prompt | None


class PlateIn(BaseModel):
    """Which plate it really is."""

    reading: int = Field(ge=1, description="number of the plate.read")
    plate: str = Field(min_length=1, max_length=16)


class FaultOut(BaseModel):
    """Something that is wrong now."""

    device: str
    code: str
    lane: str
    since_ms: int
    detail: str


class State(BaseModel):
    """Everything the page shows, at one moment."""

    gate: dict[str, Any]
    now_ms: int
    clock: dict[str, Any]
    tick: int
    lanes: list[LaneOut]
    inside: dict[str, Any]
    faults: list[FaultOut]
    duty: list[dict[str, Any]]
    registry: dict[str, Any]
    sync: dict[str, Any]
    simulation: dict[str, Any] | None
    journal_seq: int


class Inside(BaseModel):
    """Vehicles inside now."""

    model_config = shape(
        total=1, rows=[{"pass_seq": 9, "credential": "V1", "plate": "粤B12345", "category": "owner", "since_ms": 1}]
    )
    total: int
    rows: list[dict[str, Any]]


class Events(BaseModel):
    """Events of the journal after a number, in order. `head`: the newest number there is."""

    head: int
    rows: list[dict[str, Any]]


class DeviceHealth(BaseModel):
    """One device. `code`: the worst of its faults; `since_ms`: when that state began (UTC)."""

    device: str
    state: Literal["ok", "fault"]
    code: str
    since_ms: int


class Health(BaseModel):
    """`live`: the process answers; `ready`: what happens can be recorded."""

    model_config = shape(
        ok=True,
        version="0.1.0",
        gate="main",
        tick=81236120,
        live=True,
        ready=True,
        devices=[{"device": "entry.reader", "state": "ok", "code": "", "since_ms": 1793000000000}],
    )
    live: bool
    ready: bool
    devices: list[DeviceHealth]
    ok: bool
    version: str
    gate: str
    tick: int
