"""The register of passes, vehicles inside, and the journal's events: their shapes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Direction, Strict, Word, shape


class NoteIn(Strict):
    """What a guard adds to a pass (V2). Left out: stays."""

    plate: str | None = Field(None, max_length=12, examples=["粤B12345"])
    driver: str | None = Field(None, max_length=20, examples=["周先生"])
    passengers: int | None = Field(None, ge=0, le=99, examples=[2])


class ForgiveIn(Strict):
    """A credential whose whereabouts the gate has wrong."""

    credential: str = Field(min_length=1, max_length=64, examples=["V0001"])
    reason: Word = Field(examples=["tailgated-out"])


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
