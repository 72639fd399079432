"""Privacy: what has had its time goes by itself, on request at once; the chain verifies; nothing of it remains on any disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.desk import DocumentInput, VisitInput
from edge.desk.privacy import Privacy
from edge.domain import events as ev
from edge.domain.documents import masked
from edge.domain.event import KINDS, Event
from edge.domain.privacy import GROUPS, Retention
from edge.errors import BadInput, NotExecuted, NotFound
from edge.orders import Person
from edge.store import journal
from sync.headoffice.audit import audit
from sync.headoffice.intake import ChainId, Mark, Row
from sync.headoffice.store import Chunk
from sync.headoffice.store_sqlite import SqliteStore
from tests.support_desk import LICENCE, AtTheDesk, at_the_desk, id_number
from tests.support_photos import photos_in

DAY = 24 * 3_600_000
DAYS = {"name": 180, "phone": 90, "number": 30, "remark": 180, "picture.pass": 60}
WU = Person("wu", "leader")
NAME, PHONE, NUMBER, REMARK = "欧阳震华", "13912345678", id_number(order="777"), "他说他认识张经理"


class Post:
    """A desk, its pictures and its privacy, and a head office that has everything."""

    def __init__(self, at: AtTheDesk, folder: Path) -> None:
        self.at, self.folder = at, folder
        self.photos = photos_in(folder / "photos", at.store, at.clock)
        self.privacy = Privacy(at.gate, self.photos, Retention(DAYS))
        self.office = SqliteStore(folder / "office" / "headoffice.sqlite")
        self.chain = ChainId("z", "main", at.store.epoch)

    def visit(self, name: str = NAME) -> int:
        """Somebody who came and left."""
        at = self.at
        visit = at.open_visit("business", VisitInput(name=name, unit="3-1", phone=PHONE, remark=REMARK)).about
        at.hold_document(visit, DocumentInput(LICENCE, NUMBER, owner=name))
        return visit

    def leave(self, visit: int) -> None:
        self.at.return_document(visit)
        self.at.close(visit)

    def later(self, days: float) -> None:
        self.at.clock.at += round(days * DAY)

    def round(self) -> int:
        return self.at.loop.run_until_complete(self.privacy.carry_out())

    def act(self, action: str, *args: Any, **more: Any) -> Any:
        return self.at.loop.run_until_complete(getattr(self.privacy, action)(WU, *args, **more))

    def deliver(self) -> None:
        """Head office takes in what it has not got."""
        mark = self.office.mark(self.chain)
        with self.at.store.reader() as con:
            rows = tuple(Row(r[0], r[3], r[4], r[5]) for r in journal.rows(con, mark.seq))
        if rows:
            self.office.apply([Chunk(self.chain, Mark(mark.seq, mark.hash), rows, b"s" * 64)], 1)

    def remains(self, text: str) -> list[str]:
        """The files in which a text still stands."""
        return [f.name for f in self.folder.rglob("*") if f.is_file() and text.encode() in f.read_bytes()]

    def picture(self, pass_seq: int, content: bytes) -> str:
        digest = self.photos.put(content)
        self.at.append(ev.PictureTaken("entry", "card", digest, len(content), pass_seq))
        return digest


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with at_the_desk(tmp_path) as at:
        made = Post(at, tmp_path)
        yield made
        made.deliver()
        for chain in made.office.chains():
            assert audit(made.office, chain).wrong == "the gate has no enrolled key", (
                "every event verifies, and only then the key"
            )
        made.office.close()


def test_every_personal_field_of_every_event_has_a_group_and_so_a_time() -> None:
    for kind, cls in KINDS.items():
        for field in cls.PERSONAL:
            assert field in set().union(*GROUPS.values()), (
                f"{kind}.{field} belongs to no group of edge/domain/privacy.py"
            )


def test_each_kind_of_data_goes_when_its_own_time_is_over_and_nothing_of_it_remains_anywhere(post: Post) -> None:
    post.leave(post.visit())
    post.deliver()
    assert post.remains(masked(NUMBER)) == [], (
        "what a list shows of a number stands nowhere: it would outlive the number"
    )
    for text in (NAME, PHONE, NUMBER, REMARK):
        assert {"gate.sqlite-wal", "headoffice.sqlite-wal"} & set(post.remains(text)), "it was there, at both ends"
    for days, gone, there in (
        (29, (), (NAME, PHONE, NUMBER, REMARK)),
        (2, (NUMBER,), (NAME, PHONE, REMARK)),
        (60, (NUMBER, PHONE), (NAME, REMARK)),
        (90, (NUMBER, PHONE, NAME, REMARK), ()),
    ):
        post.later(days)
        post.round()
        post.deliver()
        for text in gone:
            assert post.remains(text) == [], f"{text} after {days} more days"
        for text in there:
            assert post.remains(text), text
    erased = [body for kind, body in post.at.events() if kind == "personal.erased"]
    assert [body["group"] for body in erased] == ["number", "phone", "name", "remark"]
    assert post.round() == 0, "once"


def test_a_visitor_who_is_still_here_is_not_forgotten_and_is_when_they_have_left(post: Post) -> None:
    stays = post.visit()
    post.later(400)
    assert post.round() == 0
    assert post.at.see(stays, WU).name == NAME
    assert post.privacy.status()["groups"][0]["waiting"] == 2, "visit.opened, document.held"
    post.leave(stays)
    post.round()
    assert post.at.see(stays, WU).name == ""
    assert post.remains(NUMBER) == []


def test_what_is_kept_for_a_matter_stays_until_it_is_released(post: Post) -> None:
    visit, other = post.visit(), post.visit("诸葛明")
    picture = post.picture(visit, b"the thief")
    post.leave(visit)
    post.leave(other)
    post.act("keep", visit, "11月3日失窃")
    post.later(400)
    post.round()
    assert post.at.see(visit, WU).name == NAME
    assert post.photos.has(picture)
    assert post.at.see(other, WU).name == ""
    with pytest.raises(NotExecuted) as caught:
        post.act("erase", visit, "本人申请")
    assert caught.value.code == "still-open"
    assert [row["about"] for row in post.privacy.status()["kept"]] == [visit]
    post.act("release", visit)
    post.round()
    assert post.remains(NAME) == []
    assert not post.photos.has(picture)
    with pytest.raises(NotFound):
        post.act("release", visit)


def test_nothing_is_erased_while_the_clock_is_in_doubt(post: Post) -> None:
    post.leave(post.visit())
    post.at.clock.worth = "unset"
    post.later(1_000)
    assert post.round() == 0
    assert post.remains(NAME)


def test_an_hour_with_a_clock_in_1970_erases_nothing_too_early(post: Post) -> None:
    at, now = post.at, post.at.clock.at
    post.leave(post.visit("司马光"))
    at.clock.at, at.clock.worth = 1_000_000, "unset"
    post.leave(post.visit())
    at.clock.at, at.clock.worth = now + DAY, "ntp"
    post.leave(post.visit("上官云"))
    post.later(28.5)
    post.round()
    assert post.remains(NUMBER), "two of the three are younger than thirty days, or may be"
    post.later(3)
    post.round()
    assert post.remains(NUMBER) == []


def test_pictures_go_with_their_time_unless_something_newer_is_the_same_picture(post: Post) -> None:
    old, again = post.picture(1, b"old"), post.picture(1, b"again")
    post.later(59)
    post.picture(2, b"again")
    assert post.round() == 0
    post.later(2)
    assert post.round() == 1
    assert (post.photos.has(old), post.photos.has(again)) == (False, True)
    post.later(60)
    assert post.round() == 1
    assert not post.photos.has(again)
    assert [body["pictures"] for kind, body in post.at.events() if kind == "picture.erased"] == [[old], [again]]


def test_a_power_cut_between_record_and_file_leaves_no_picture_behind(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = post.picture(1, b"old")
    file = post.photos.path(digest, "sealed")
    post.later(61)
    with monkeypatch.context() as cut:
        cut.setattr(post.photos, "clear", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            post.round()
    assert file.exists()
    assert post.photos.get(digest) is None, "its key went with the record"
    post.round()
    assert not file.exists()
    assert post.at.kinds().count("picture.erased") == 1


def test_a_persons_data_are_found_and_erased_on_request(post: Post) -> None:
    visit, other = post.visit(), post.visit("诸葛明")
    picture = post.picture(visit, b"a face")
    found = post.privacy.find("欧阳")
    assert {row["about"] for row in found} == {visit}
    assert {row["kind"] for row in found} == {"visit.opened", "document.held"}
    assert all(row["in_use"] for row in found)
    assert {row["about"] for row in post.privacy.find(PHONE)} == {visit, other}
    with pytest.raises(NotExecuted):
        post.act("erase", visit, "本人申请")
    post.leave(visit)
    post.deliver()
    done = post.act("erase", visit, "本人申请", key="once-and-only")
    again = post.act("erase", visit, "本人申请", key="once-and-only")
    assert (again.seq, again.again) == (done.seq, True)
    post.deliver()
    assert post.remains(NAME) == []
    assert not post.photos.has(picture)
    assert post.privacy.find("欧阳") == []
    assert post.at.see(other, WU).name == "诸葛明", "nobody else's"
    assert post.remains(PHONE)


def test_requests_that_say_too_little_are_told_what_is_missing(post: Post) -> None:
    for action in (lambda: post.privacy.find("王"), lambda: post.act("erase", 1, " "), lambda: post.act("keep", 1, "")):
        with pytest.raises(BadInput) as caught:
            action()
        assert caught.value.hint
    with pytest.raises(NotFound):
        post.act("erase", 999, "本人申请")
    with pytest.raises(NotFound):
        post.act("keep", 999, "失窃")


def test_a_thousand_visits_go_in_portions_each_a_whole_transaction(post: Post) -> None:
    count = 1_100
    post.at.append(*(ev_visit(n) for n in range(count)))
    with post.at.store.reader() as con:
        seqs = [seq for (seq,) in con.execute("SELECT visit FROM visits ORDER BY visit")]
    post.at.append(*(closed(seq) for seq in seqs))
    post.later(181)
    post.round()
    sizes = [
        len(body["events"]) for kind, body in post.at.events() if kind == "personal.erased" and body["group"] == "name"
    ]
    assert sum(sizes) == count
    assert max(sizes) <= 500
    assert post.privacy.status()["groups"][0]["erased"] == count


def ev_visit(n: int) -> Event:
    from edge.domain.events_desk import VisitOpened

    return VisitOpened("business", "foot", name=f"访客{n}")


def closed(visit: int) -> Event:
    from edge.domain.events_desk import VisitClosed

    return VisitClosed(visit, "settled")


def test_groups_do_not_overlap() -> None:
    fields = [field for group in GROUPS.values() for field in group]
    assert len(fields) == len(set(fields))
