"""A lane as it is, and the commands to its barrier: their shapes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Direction, Strict, Word, shape

Phase = Literal["unknown", "down", "rising", "up", "falling", "stopped", "held", "fault"]


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
