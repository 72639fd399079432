"""The whole live state, faults, health, the registry in force, the simulator: their shapes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Strict, Word, shape
from edge.api.models_lanes import LaneOut


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
