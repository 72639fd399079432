"""A code that head office signed is shown at this gate: at the desk (scanner, camera, keyboard), or at a lane's scanner (P3, P4, V3).

    text ─▶ signed? ─▶ may it be used here and now? ─▶ the appointment of that name; one that has not arrived is made from what the code says

What cannot be used is on record with its reason and never with the text. The appointment may arrive later by head office's instruction: it has
the same name, and completes the one that is here (host, telephone and remark are in no code).
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.desk import words
from edge.desk.act import Act, Acted, VisitInput, require
from edge.domain import codes as rules
from edge.domain import events_codes as ev
from edge.domain import events_visits as visits
from edge.domain import expected as x
from edge.store import queries_visits as q
from edge.store import tables_codes
from sync.codes import Code
from sync.fields import ProtocolError
from sync.instructions import NotSigned


@dataclass(frozen=True, slots=True)
class Here:
    """This gate, and whose word it believes (32 bytes; none: nobody's)."""

    site: str
    gate: str
    key: bytes = b""


def find(act: Act, here: Here, text: str) -> Acted | Code:
    """The appointment that a code is for, or the code itself when that has not arrived yet; `about` 0: it may not be used, and the reason is
    on record."""
    if not here.key:
        require("code-no-key")
    try:
        code = Code.from_text(text, here.key)
    except NotSigned:
        return _tried(act, "not-signed")
    except ProtocolError:
        return _tried(act, "unreadable")
    number = q.by_token(act.con, code.token)
    why = rules.objection(
        rules.Shown(code.token, code.site, code.gates, code.from_ms, code.until_ms),
        here.site,
        here.gate,
        revoked=tables_codes.revoked(act.con, code.token),
        known=q.appointment(act.con, number),
        now_ms=act.stamp.at_ms if act.local else None,
    )
    if why:
        return _tried(act, why)
    return Acted(0, number) if number else code


def who(code: Code) -> VisitInput:
    """Whom a code is for."""
    return VisitInput(
        code.mode, name=code.name, title=code.title, unit=code.unit, plate=code.plate, companions=code.companions
    )


def _tried(act: Act, why: str) -> Acted:
    return Acted(act.append(visits.AppointmentTried(why, "qr")))


def revoke(act: Act, token: str, reason: str) -> Acted:
    """Head office takes it back, with the appointment that it is for."""
    if not x.TOKEN.match(token):
        raise words.bad("token-form")
    number = q.by_token(act.con, token)
    if tables_codes.revoked(act.con, token):
        return Acted(number, number, again=True)
    seq = act.append(ev.CodeRevoked(token, reason.strip()))
    found = q.appointment(act.con, number)
    if found is not None and found.state is x.State.VALID:
        act.append(visits.AppointmentCancelled(number, reason.strip()))
    return Acted(seq, number)
