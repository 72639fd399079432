"""Bodies and answers of the configuration's routes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MOST = 48 * 1024
"""Characters of a configuration; head office sends one within one instruction."""


class Given(BaseModel):
    """Base of what comes in."""

    model_config = ConfigDict(extra="forbid")


class TrialOut(BaseModel):
    """The version that waits for its confirmation."""

    version: int
    back: int = Field(description="what comes back without one")
    left_ms: int
    restart: bool


class VersionOut(BaseModel):
    """One version."""

    number: int
    digest: str = Field(description="SHA-256 of its text without passwords")
    at_ms: int
    by: str = Field(examples=["user:tech"])
    source: str = Field(examples=["page"], description="page, file, console, headoffice")
    reason: str
    confirmed: bool


class ConfigOut(BaseModel):
    """Which version is in force, which is on trial, and every one there was, newest first."""

    active: int
    trial: TrialOut | None
    versions: list[VersionOut]


class SchemaOut(BaseModel):
    """What may stand in a configuration: a JSON schema, and each driver's own options with their defaults."""

    model_config = ConfigDict(protected_namespaces=())

    schema_: dict[str, Any] = Field(alias="schema")
    readers: dict[str, dict[str, Any]]
    signs: dict[str, dict[str, Any]]


class TextOut(BaseModel):
    """A version's text; passwords in addresses are dots."""

    version: int
    text: str
    values: dict[str, Any]


class SetIn(Given):
    """A key and its value; without a value the key goes."""

    key: str = Field(max_length=200, examples=["lane[0].reader.port"])
    value: str | bool | int | float | list[Any] | dict[str, Any] | None = Field(None, examples=["/dev/gate/left"])


class EditIn(Given):
    """A text, and what to set in it. Nothing comes into force."""

    text: str = Field(max_length=MOST, examples=['[gate]\nname = "正门"\n'])
    changes: list[SetIn] = Field(default_factory=list, max_length=200)


class EditOut(BaseModel):
    """The text with that; comments and order stay."""

    text: str
    values: dict[str, Any]


class CompareIn(Given):
    """A text."""

    text: str = Field(max_length=MOST, examples=['[gate]\nname = "正门"\n'])


class WaitOut(BaseModel):
    """What has to be over first."""

    lane: str
    why: str = Field(examples=["arm-moves"], description="arm-moves, vehicle-under, vehicle-passes, held")


class CompareOut(BaseModel):
    """What applying it would mean."""

    problems: list[str] = Field(description="everything that is wrong with it, each with its key")
    keys: list[str] = Field(description="what is different")
    devices: list[str] = Field(description="are made anew, alone")
    lanes: list[str] = Field(description="get other times or another name")
    restart: list[str] = Field(description="the keys for which the process begins anew; empty: it need not")
    waits: list[WaitOut]
    diff: list[str]


class ApplyIn(Given):
    """A text to be tried for a minute. `base`: the version that was edited."""

    text: str = Field(max_length=MOST, examples=['[gate]\nname = "正门"\n'])
    base: int = Field(ge=1, examples=[3])
    reason: str = Field("", max_length=200, examples=["换读卡器"])


class ReasonIn(Given):
    """Why."""

    reason: str = Field("", max_length=200, examples=["换回原读卡器"])


class NumberIn(ReasonIn):
    """A version, as head office names it."""

    version: int = Field(ge=1, examples=[3])


class DoneOut(BaseModel):
    """`trial`: it waits for its confirmation; `restart`: the process begins anew for it."""

    version: int
    again: bool
    trial: bool
    restart: bool
