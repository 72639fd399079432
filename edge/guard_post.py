"""What a guard does, as services upon the gate: visitors, cards, documents, goods, requests, shifts, the green way. Built once, by the wiring.

    desk's reader, scanners, button ─▶ Hearing ─▶ services ─▶ Gate (journal, barriers)
                                                     └─▶ Live: what the page shows of each (`show`)

A service knows the gate and its own plan, never another room; where two must meet (a staff card signs on, a scanned sheet is read) they are
handed one another's callable here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.desk import Desk, Reception, read_files
from edge.desk.album import Album
from edge.desk.bulletins import Bulletins
from edge.desk.convoying import Convoys
from edge.desk.files import read_goods, read_post
from edge.desk.goods import Goods
from edge.desk.green import GreenWay
from edge.desk.issuing import Issuing
from edge.desk.privacy import Privacy
from edge.desk.reader import DeskReader, Tap
from edge.desk.requests import Requests
from edge.desk.scanners import Scanners
from edge.desk.shifts import Shifts
from edge.desk.sign_on import GOOD as CATEGORIES_OF_STAFF
from edge.desk.sign_on import SignOn
from edge.domain.convoys import Times
from edge.domain.courtesy import Phrases
from edge.domain.goods_plan import GoodsPlan
from edge.domain.plan import Plan
from edge.domain.post_plan import PostPlan
from edge.domain.privacy import Retention
from edge.domain.shifts import times
from edge.duties import CONVOYS_S, POST_S, Duties
from edge.gate import Gate
from edge.hearing import Hearing
from edge.live import Live
from edge.live_escort import LiveEscort
from edge.live_goods import LiveGoods
from edge.live_post import LivePost
from edge.live_privacy import LiveAlbum, LivePrivacy
from edge.live_sight import LiveSight
from edge.pictures import Pictures
from edge.settings import Settings
from edge.sight import CODES_S, Sight, SightOptions
from edge.store.photos import Photos
from edge.store.users import Users


@dataclass(frozen=True, slots=True)
class Plans:
    """What the files of a folder say of the guard's work. `said`: the phrases, by language."""

    visits: Plan
    goods: GoodsPlan
    post: PostPlan
    said: dict[str, Phrases]

    @classmethod
    def read(cls, folder: Path) -> Plans:
        """Raises SettingsError, with file and line. Blocks."""
        visits, said = read_files(folder)
        return cls(visits, read_goods(folder, said), read_post(folder, said), said)


def _window(settings: Settings) -> Times:
    """When a convoy's plates pass."""
    table = settings.convoy
    return Times(table.before_min * 60_000, round(table.after_h * 3_600_000), table.remind_min)


class GuardPost:
    """The services of one gate."""

    def __init__(
        self, gate: Gate, settings: Settings, plans: Plans, photos: Photos, pictures: Pictures, users: Users
    ) -> None:
        self._gate, self._users, self._said, self._photos = gate, users, plans.said, photos
        self.desk = Desk(gate, plans.visits, plans.said)
        self.reception = Reception(gate, plans.visits, settings.gate.name)
        self.reader = DeskReader(gate)
        self.issuing = Issuing(gate, self.desk) if settings.desk.reader is not None else None
        if self.issuing is not None:
            self.reader.held = self.issuing.held
        self.privacy = Privacy(gate, photos, Retention(settings.retention.by_group(settings.photos)))
        options = SightOptions(settings.desk.mask, settings.desk.watermark, settings.gate.name, settings.desk.auto_picture)  # fmt: skip
        self.sight = Sight(gate, pictures, plans.visits, options)
        self.green, self.convoys = GreenWay(gate, settings.green_way.lanes), Convoys(gate, _window(settings))
        phrases = self.desk.phrases
        # G1, G2, V3: permits, trucks, plates at the exit
        self.goods = Goods(gate, plans.goods, phrases, photos)
        self.goods.sees = pictures.eyes.__contains__
        # D1–D6: requests, notices from head office, the change of shift
        self.requests = Requests(gate, plans.post, phrases, f"{settings.gate.community}{settings.gate.name}")
        self.requests.photograph = pictures.keep
        self.bulletins = Bulletins(gate, plans.post, phrases, settings.policy.timezone)
        self.shifts = Shifts(gate, times(settings.post.shifts))
        self.shifts.sign_off = users.hand_over
        self.sign_on = SignOn(gate, users, card_is_enough=settings.post.card_is_enough)
        self.reader.handlers.append(self._signs_on)
        scanners = Scanners(gate, self.reception)
        self.sight.scanned = partial(scanners.scanned, "desk", "desk.document_camera")
        self.hearing = Hearing(gate, self.reader, self.green, scanners)

    def show(self, live: Live) -> None:
        """The page shows what these know."""
        live.privacy = LivePrivacy(self.privacy)
        live.sight = LiveSight(self.sight)
        live.album = LiveAlbum(Album(self._gate, self._photos))
        live.escort = LiveEscort(self.green, self.convoys, self._said)
        live.goods = LiveGoods(self.goods)
        live.post = LivePost(self.requests, self.bulletins, self.shifts, self.sign_on, self.name_of)
        live.name_of = self.name_of
        live.desk.issuing = self.issuing

    def duties(self, chores: Duties) -> None:
        """What is looked after by the clock."""
        chores.add("codes", CODES_S, self.sight.codes)
        chores.add("convoys", CONVOYS_S, self.convoys.remind)
        chores.add("requests", POST_S, self.requests.watch)
        chores.add("bulletins", POST_S, self.bulletins.watch)
        chores.add("shifts", POST_S, self.shifts.watch)

    def adopt(self, settings: Settings) -> None:
        """What follows another configuration without a start."""
        self.privacy.retention = Retention(settings.retention.by_group(settings.photos))
        self.convoys.times = _window(settings)

    def name_of(self, user: str) -> str:
        """How somebody is called, their short name where nobody has it."""
        return next((a.name for a in self._users.accounts() if a.user == user), user)

    async def _signs_on(self, tap: Tap) -> bool:
        """A staff card at the desk's reader says who comes on duty (D6)."""
        return tap.what in CATEGORIES_OF_STAFF and await self.sign_on.by_card(tap.card) is not None
