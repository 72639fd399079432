"""What goes in and out of the technician's routes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class FaultRow(BaseModel):
    """Something that is wrong with a device."""

    code: str = Field(examples=["gone"])
    detail: str
    since_ms: int


class ConfiguredOut(BaseModel):
    """A device that the configuration names."""

    device: str = Field(examples=["entry.reader"])
    kind: str = Field(description="reader, camera, sign, voice, pins; other: what is wrong beside these")
    lane: str
    driver: str
    name: str = Field(description="what people call this family")
    where: str = Field(description="port, address or pins; passwords are not shown")
    there: bool | None = Field(description="whether its port is there; null where that cannot be seen")
    state: str = Field(description="ok, fault, absent, released; of OSDP readers secure, installing")
    install_s: int = Field(0, description="seconds until install mode ends")
    faults: list[FaultRow]


class SerialOut(BaseModel):
    """A serial port of this machine."""

    path: str
    names: list[str] = Field(description="stable names, the best first")
    about: str
    usb: str
    serial: str
    bound: list[str] = Field(description="devices of the configuration that use it")


class CameraOut(BaseModel):
    """A camera of this machine."""

    path: str
    names: list[str]
    about: str
    bound: list[str]


class PinOut(BaseModel):
    """A pin by its BCM number."""

    pin: int
    bound: str = Field(description="lane and line, as the configuration has it", examples=["entry.open"])
    name: str
    used: bool | None = Field(description="null: not known")
    user: str = Field(description="who holds it, as the kernel says")


class DevicesOut(BaseModel):
    """What is there, what is named, what is missing (state absent)."""

    configured: list[ConfiguredOut]
    serial: list[SerialOut]
    cameras: list[CameraOut]
    pins: list[PinOut]


class CaptureIn(BaseModel):
    """Record a reader."""

    device: str = Field(max_length=64, examples=["entry.reader"])
    seconds: int = Field(60, ge=1, le=600)


class CaptureFile(BaseModel):
    """A capture."""

    name: str
    bytes: int


class CaptureRunning(CaptureFile):
    """One that goes on."""

    device: str


class CapturesOut(BaseModel):
    """Files, newest first, and what is being recorded."""

    running: list[CaptureRunning]
    files: list[CaptureFile]


class ReplayIn(BaseModel):
    """A capture by its name, or a text that was sent in; with the driver and options that it was recorded with, or others."""

    name: str = Field("", max_length=120)
    text: str = Field("", max_length=600_000)
    driver: str = Field("", max_length=32)
    options: dict[str, str | int | bool] | None = None


class FoundRow(BaseModel):
    """What the decoder made of bytes."""

    what: str = Field(description="card, text, answer, noise, frame, done")
    uid: str
    bytes: int
    why: str


class StepOut(BaseModel):
    """A chunk of a replay."""

    ms: int
    hex: str
    found: list[FoundRow]
    reads: list[str]


class ReadRow(BaseModel):
    """A card that the gate would have been told of."""

    ms: int
    uid: str


class ReplayOut(BaseModel):
    """What would be read. Nothing of it reaches the gate."""

    device: str
    driver: str
    options: dict[str, Any]
    baud: int
    began: str
    ended: str = Field(description="asked, time, size, gone; empty: it breaks off")
    bytes: int
    noise: int = Field(description="bytes that are no frame")
    reads: list[ReadRow]
    steps: list[StepOut]
    more: int = Field(description="steps that are left out")


class SearchIn(BaseModel):
    """Find a reader."""

    port: str = Field(min_length=1, max_length=200, examples=["/dev/serial/by-id/usb-FTDI_…"])
    mode: Literal["push", "osdp"] = Field(
        "push", description="push: only listens; osdp: asks who is there, and nothing else"
    )
    release: bool = Field(False, description="put the reader that uses the port out of service meanwhile")


class HeardRow(BaseModel):
    """Bytes at a baud rate."""

    baud: int
    bytes: int


class FoundReader(BaseModel):
    """A reader that fits, and the configuration to paste."""

    driver: str
    name: str
    baud: int
    options: dict[str, Any]
    cards: list[str]
    frames: int
    share: float = Field(description="part of the bytes that it explains")
    checked: bool = Field(description="its frames have a checksum")
    certain: bool
    identity: dict[str, Any] | None = Field(description="of an OSDP reader: vendor, model, serial, firmware")
    config: str


class SearchOut(BaseModel):
    """How far the search is."""

    port: str
    mode: str
    running: bool
    baud: int = Field(description="listened to now")
    asked: int = Field(description="OSDP address asked now; -1: none")
    heard: list[HeardRow]
    found: list[FoundReader]
    released: list[str]
    error: str = Field(description="gone, busy")


class SearchState(BaseModel):
    """null before the first search."""

    search: SearchOut | None


class CalibrationIn(BaseModel):
    """Wait for a card whose number is known."""

    device: str = Field(max_length=64)
    known: str = Field("", max_length=40, examples=["0013530444"])
    kind: Literal["uid", "printed", "reader"] = Field(
        description="its UID; what is printed on it; read at another reader just now"
    )
    more: bool = Field(False, description="another card for the calibration that goes on")


class ShownRow(BaseModel):
    """A card that was presented."""

    said: str
    known: str
    kind: str


class ResultOut(BaseModel):
    """What follows."""

    state: str = Field(description="found, several (present another card), none")
    rules: list[str]
    options: dict[str, Any]
    config: str
    same: bool = Field(description="the configuration says so already")
    turns: bool = Field(description="this family can turn its bytes round")


class CalibrationOut(BaseModel):
    """A calibration."""

    device: str
    waiting: bool
    cards: list[ShownRow]
    result: ResultOut | None


class CalibrationState(BaseModel):
    """null before the first."""

    calibration: CalibrationOut | None


class InstallIn(BaseModel):
    """Install mode of an OSDP reader; 0 ends it."""

    seconds: int = Field(300, ge=0, le=900)


class InputOut(BaseModel):
    """An input now."""

    lane: str
    line: str
    pin: int
    contact: str
    pull: str
    active: bool = Field(description="debounced, as the gate takes it")
    level: bool | None = Field(description="at this moment, not debounced")
    edges: int
    bounces: int = Field(description="edges of which no change came")
    since_ms: int | None = Field(description="since the last edge; null: none yet")


class RelayLane(BaseModel):
    """A lane's relays."""

    lane: str
    name: str
    phase: str
    relays: list[str]
    objection: str = Field(description="why none may be tried now; empty: it may", examples=["not-free"])


class InputsOut(BaseModel):
    """Every input, and every lane's relays."""

    inputs: list[InputOut]
    lanes: list[RelayLane]


class PulseIn(BaseModel):
    """Try a relay. A shift leader stands by and enters their PIN."""

    action: Literal["open", "close", "stop"]
    leader: str = Field(max_length=32)
    pin: str = Field(min_length=1, max_length=12)
    tick: int = Field(description="of the last heartbeat, as with a lane's command")
    age_ms: int = Field(0, ge=0)


class FiguresOut(BaseModel):
    """A camera's newest picture in figures."""

    lane: str
    number: int
    age_ms: int
    width: int
    height: int
    sharpness: float
    detail: float = Field(description="of the middle, at full size: compare only with itself while focusing")
    brightness: float
    contrast: float
    dark: float
    glare: float
    hints: list[str] = Field(description="too-dark, too-bright, dazzled, flat, blurred, soft; none: good")


class DoneOut(BaseModel):
    """Number of its event (0: it is none)."""

    seq: int
    again: bool
