"""Who looks at rows about people, and so what they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when. Names are for guards and shift leaders; a whole number for the guard who deals with that visit."""

    user: str
    role: str
    local: datetime | None

    @property
    def names(self) -> bool:
        """Whether this person sees names and telephones."""
        return self.role in ("guard", "leader")
