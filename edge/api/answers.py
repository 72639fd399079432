"""What a route that changes something may answer: its own model, or the one shape of an error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from edge.api.models import Error

Responses = dict[int | str, dict[str, Any]]
REFUSALS: Responses = {code: {"model": Error} for code in (404, 409, 422)}
"""Not there; not possible now; does not make sense."""


def answers(model: type[BaseModel], *more: int) -> Responses:
    """200 with that model, and the refusals; `more`: further codes that a route has."""
    return {200: {"model": model}, **{code: {"model": Error} for code in more}, **REFUSALS}
