"""The shapes of requests and answers, with examples: what the OpenAPI page shows.

Requests are checked against these; answers are documented by them and compared with them in a test, but not filtered
through them at run time: a field that is missing in a corner of the state must never take the whole page down.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Direction = Literal["in", "out"]
Word = Annotated[str, Field(max_length=40)]


def shape(**example: Any) -> ConfigDict:
    """Model configuration with an example for the documentation."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class Strict(BaseModel):
    """A request: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


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


class Recorded(BaseModel):
    """The number of the event."""

    model_config = shape(seq=1234)
    seq: int
