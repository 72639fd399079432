"""The person behind a request, as every port takes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind a request, as the session says. `role`: guard, leader, technician."""

    user: str
    name: str
    role: str
