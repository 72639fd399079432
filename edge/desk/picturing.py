"""Pictures that belong to a visit: of the person, of the document, of a worker's pass (P3–P8). Each is one action, after the picture lies in
the store."""

from __future__ import annotations

import sqlite3

from edge.desk.act import Act, Acted, require, rule_of
from edge.domain import events as ev
from edge.domain import visits as v
from edge.domain.pictures import DOCUMENT, PERSON, Stored
from edge.orders import Person

DESK = "desk"
"""The name of the desk where events name a lane."""
PERSON_OF, DOCUMENT_OF, PASS_OF = "person", "document", "pass"
KEEP = {PERSON_OF: PERSON, DOCUMENT_OF: DOCUMENT, PASS_OF: PERSON}
"""Of what → class of the picture (edge/domain/pictures.py). The pass is kept as long as a person's picture: it is compared next time (P8)."""


def pictured(act: Act, visit_id: int, of: str, stored: Stored) -> Acted:
    """A picture was taken for an open visit."""
    visit, kind = act.visit(visit_id)
    require(v.may_change(visit))
    made = ev.PictureTaken(DESK, of, stored.digest, stored.size, visit_id, stored.keep, stored.thumbnail)
    return Acted(act.append(made, rule_of(kind, visit)), visit_id)


def of_visit(con: sqlite3.Connection, visit_id: int, person: Person) -> tuple[tuple[str, str], ...]:
    """What there are pictures of: the newest of each that this person may see (album.py), as (of, digest)."""
    rows = con.execute(
        """SELECT p.moment, p.digest, p.keep, v.opened_by, json_extract(j.data, '$.actor') FROM pictures p JOIN journal j USING (seq)
           LEFT JOIN visits v ON v.visit = p.pass_seq WHERE p.pass_seq = ? AND p.lane = ? ORDER BY p.seq""",
        (visit_id, DESK),
    ).fetchall()
    seen = person.role == "leader"
    return tuple(
        {of: digest for of, digest, keep, *dealt in rows if seen or keep != DOCUMENT or person.actor in dealt}.items()
    )
