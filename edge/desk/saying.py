"""The sentence to say to a visitor at this moment (D7), in the language of whoever says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from edge.desk.viewer import Viewer
from edge.domain import visits as v
from edge.domain.courtesy import Phrases, daypart
from edge.domain.plan import Plan, Step
from edge.store import queries_desk as q
from sync.surnames import surname_of

Row = q.Row


class Saying:
    """Over the plan, which names sentences, and the phrases, which have them."""

    def __init__(self, plan: Plan, phrases: Mapping[str, Phrases]) -> None:
        self._plan, self._phrases = plan, phrases

    def moment(self, row: Row, facts: v.Visit, next_: Step | None, full: bool) -> str:
        """The key of the sentence for a visit in its state; `full`: no slot of the rack is free."""
        vehicle = row["mode"] == "vehicle"
        match row["state"]:
            case v.State.REFUSED:
                return self._plan.reasons[row["reason"]].say if row["reason"] in self._plan.reasons else "goodbye"
            case v.State.DIRECTED:
                place = self._plan.places.get(row["place"])
                return (place.say_vehicle if vehicle and place.say_vehicle else place.say) if place else "goodbye"
            case v.State.CLOSED:
                return "thanks-cooperation" if vehicle else "goodbye"
            case v.State.ADMITTED:
                return "admitted"
        if next_ is None:
            return "welcome-vehicle" if vehicle and not row["name"] else "admitted" if row["name"] else "welcome"
        return self.of_step(facts, next_, full) or "welcome"

    def of_step(self, facts: v.Visit, step: Step, full: bool) -> str:
        """The key of a step's sentence; another one where a document would be kept and the rack is `full`, or after an answer that wants it."""
        if full and step.hold:
            return self._plan.full_say
        return v.said_at(self._plan.kinds.get(facts.kind), facts, step) or step.say

    def say(self, language: str, key: str, row: Row, viewer: Viewer, step: Step | None = None) -> str:
        """The sentence of that key, for this visitor: addressed by surname when it is known for certain."""
        if not key:
            return ""
        said = self._phrases[language]
        days = timedelta(days=step.days - 1 if step else 0)
        until = (viewer.local.date() + days).isoformat() if viewer.local else ""
        return said.sentence(
            key,
            who=said.address(surname_of(row["name"]) if viewer.names else "", row["title"]),
            host=said.address(surname_of(row["host"]) if viewer.names else "", row["host_title"]),
            hello=said.hello(daypart(viewer.local)),
            place=row["place"] or (step.place if step else ""),
            until=_day(language, row["until"] or until),
        )


def _day(language: str, iso: str) -> str:
    """A day as it is said: 11月28日 (with joiners, so that no line ends within it), 28 November."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day.month}\u2060月\u2060{day.day}\u2060日" if language == "zh" else f"{day.day} {day:%B}"
