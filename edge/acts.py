"""What head office may tell this gate, by name: the same actions that a tap calls, with the same checks of their form.

    request.pass {request, department, …}   →   POST /api/v1/requests/{request}/pass   →   Requests.pass_on

Raises what the actions raise; a value that does not fit its model is a ValidationError, which `instructions.py` answers as
«bad-input».
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from edge.api import models_config as c
from edge.api import models_desk as d
from edge.api import models_post as p
from edge.api import models_visits as v
from edge.api.port import Command, GatePort
from edge.api.who import Who
from edge.instructions import Act
from edge.orders import Person
from edge.service import Acted

Row = dict[str, Any]
Do = Callable[[Who, str, Row, str], Awaitable[Row]]
_NUMBER = TypeAdapter(int)


def acts(live: GatePort) -> dict[str, Act]:
    """Name → what is done."""
    desk, post, reception = live.desk.act, live.post.act, live.reception.act
    return {
        "lane.raise": _lane(live, "open"),
        "lane.hold": _lane(live, "hold"),
        "lane.release": _lane(live, "release"),
        "picture.send": _act(live.album.act, "send", PictureIn),
        "card.block": _act(desk, "block", d.CardGone),
        "appointment.make": _act(reception, "make", v.AppointmentTold),
        "code.revoke": _act(reception, "revoke", v.RevokeIn),
        "appointment.change": _act(reception, "change", v.AppointmentIn, "appointment"),
        "appointment.cancel": _act(reception, "cancel", v.CancelIn, "appointment"),
        "watch.add": _act(reception, "watch", v.WatchIn),
        "watch.remove": _act(reception, "unwatch", v.WhyIn, "entry"),
        "request.receive": _act(post, "receive", p.RequestNew),
        "request.pass": _act(post, "pass", PassSeen, "request"),
        "request.finish": _act(post, "finish", NoteSeen, "request"),
        "request.ask": _act(post, "ask", AskSeen, "request"),
        "request.withdraw": _act(post, "withdraw-request", NoteSeen, "request"),
        "request.note": _act(post, "note", p.NoteIn, "request"),
        "notice.post": _act(post, "post", p.BulletinIn),
        "notice.correct": _act(post, "correct", p.BulletinIn, "bulletin"),
        "config.apply": _config(live, "apply"),
        "config.confirm": _config(live, "confirm"),
        "config.revert": _config(live, "revert"),
        "notice.withdraw": _act(post, "withdraw-bulletin", p.WithdrawIn, "bulletin"),
    }


class Seen(BaseModel):
    """Up to which event of the request head office has seen it (Requests.pass_on); 0: it does not say."""

    seen: int = Field(0, ge=0, le=2**53)


class PassSeen(p.PassIn, Seen):
    """As the page's, and `seen`."""


class NoteSeen(p.NoteIn, Seen):
    """As the page's, and `seen`."""


class AskSeen(p.AskIn, Seen):
    """As the page's, and `seen`."""


class PictureIn(BaseModel):
    """Which picture head office asks for."""

    digest: str = Field(pattern="^[0-9a-f]{64}$")


class LaneIn(BaseModel):
    """Which barrier, and why."""

    model_config = ConfigDict(extra="forbid")

    lane: str = Field(min_length=1, max_length=32)
    reason: str = Field("headoffice", min_length=1, max_length=40)


def _lane(live: GatePort, action: str) -> Act:
    """A barrier, from afar (`instructions.AT_ONCE`): as a guard's press of this moment, refused by the same table for the same reasons."""

    async def act(who: Person, data: Mapping[str, Any], key: str) -> Acted:
        given = LaneIn.model_validate(dict(data))
        press = Command(given.lane, action, given.reason, plate="", tick=live.now_tick(), age_ms=0, key=key)
        done = await live.command(Who(who.user, who.user, who.role), press)
        return Acted(done["seq"], done["seq"])

    return act


def _act(do: Do, action: str, model: type[BaseModel], *numbers: str) -> Act:
    """An action whose data are those of `model` and the numbers of what it is about."""

    async def act(who: Person, data: Mapping[str, Any], key: str) -> Acted:
        about = {name: _NUMBER.validate_python(data.get(name)) for name in numbers}
        given = model.model_validate({name: value for name, value in data.items() if name not in about})
        done = await do(Who(who.user, who.user, who.role), action, {**about, **given.model_dump()}, key)
        return Acted(done["seq"], done.get("about") or done.get("visit") or 0)

    return act


def _config(live: GatePort, action: str) -> Act:
    """A new configuration, on trial as one of the page's is: {text, reason}; then a second instruction confirms it: {version}, if no
    technician has. The text's passwords may be left as dots where they are to stay."""

    async def act(who: Person, data: Mapping[str, Any], key: str) -> Acted:
        person, port = Who(who.user, who.user, who.role), live.config
        if action == "apply":
            given = c.ApplyIn.model_validate({"base": port.status()["active"], **data})
            done = await port.apply(person, given.text, given.base, given.reason, key)
        elif action == "confirm":
            done = await port.confirm(person, c.NumberIn.model_validate(dict(data)).version, key)
        else:
            number = c.NumberIn.model_validate(dict(data))
            done = await port.revert(person, number.version, number.reason, key)
        return Acted(0, done["version"])

    return act


class RangeIn(BaseModel):
    """Numbers of events; `last` 0: to the end."""

    model_config = ConfigDict(extra="forbid")

    first: int = Field(ge=1, le=2**53)
    last: int = Field(0, ge=0, le=2**53)


def sends_again(again: Callable[[int, int], None]) -> Act:
    """`journal.again {first, last}`: a range of the journal once more (sync/again.py)."""

    async def act(_who: Person, data: Mapping[str, Any], _key: str) -> Acted:
        given = RangeIn.model_validate(dict(data))
        again(given.first, given.last or 2**53)
        return Acted(0, given.first)

    return act
