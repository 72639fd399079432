"""What head office or a shift leader says of a convoy (V8), checked for form; and who may say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from edge.desk import words_escort as words
from edge.domain import convoys
from edge.errors import NotAllowed
from edge.orders import HEAD_OFFICE, Person


@dataclass(frozen=True, slots=True)
class ConvoyInput:
    """A convoy as head office or a shift leader says it. `arrives`: local time, 2026-11-23T10:08; no lanes: all."""

    arrives: str
    names: str
    plates: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    customs: str = ""
    wishes: str = ""
    phone: str = ""

    def texts(self) -> tuple[str, str, str, str]:
        """Names, customs, wishes, telephone. Raises BadInput when a text is too long or nobody is named."""
        found = (self.names.strip(), self.customs.strip(), self.wishes.strip(), self.phone.strip())
        if any(len(text) > convoys.LONGEST for text in found):
            raise words.bad("too-long")
        if not found[0]:
            raise words.bad("couple-needed")
        return found

    def arrival_ms(self, zone: tzinfo) -> int:
        """When it arrives, UTC ms. Raises BadInput."""
        try:
            local = datetime.fromisoformat(self.arrives)
        except ValueError:
            raise words.bad("arrival-form") from None
        return round((local if local.tzinfo else local.replace(tzinfo=zone)).timestamp() * 1000)


def may_announce(person: Person) -> None:
    """Raises NotAllowed."""
    if person.role not in ("leader", HEAD_OFFICE):
        raise NotAllowed(
            "车队由班长或总部登记 · convoys are entered by the shift leader or head office",
            "请告诉当班班长 · please tell the shift leader",
        )
