"""The pictures of the guard's guide (docs/guide.zh): plays every situation on a whole gate in Chromium, by touch, and takes them.

    make guide                                 all of them, and head office's (guide_office.py)
    .venv/bin/python -m tests.guide goods …    only these

Day theme, 1280 × 800, in Chinese. A picture is a palette PNG of few colours: clear to read and small to keep.
"""

from __future__ import annotations

import datetime
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Browser, Error, expect, sync_playwright

from drivers.readers.line import Options as LineOptions
from drivers.readers.line import encode_text
from drivers.sim_mifare import MemoryCard
from drivers.wire import PtyWire
from edge.domain.card_counter import slot as counted
from sync.codes import Code, new_token
from sync.headoffice.signing import SigningKey
from tests import guide_office
from tests.support_counter import on_pty
from tests.support_hands import Touch
from tests.support_line import Line
from tests.support_page import CHROMIUM, FLAGS, ROOT, Client, RealGate, until
from tests.support_picture import keep
from tests.support_visits import licence, stock

ENTRY = '[lane.reader]\ndriver = "rdm6300"\nport = "sim://entry-reader"'
FOLDER = ROOT / "docs" / "guide.zh"
PIN = "602914"
CARDS = [
    *((f"0a00c1{n:04d}", "visitor", f"B-{n:02d}") for n in range(1, 9)),
    *((f"0a00c2{n:04d}", "vehicle", f"C-{n:02d}") for n in range(31, 36)),
    *((f"0a00c3{n:04d}", "construction", f"S-{n:02d}") for n in range(1, 4)),
]


class Guide(Touch):
    """A guard who shows how it is done."""

    leader: Client

    def picture(self, name: str) -> None:
        """Keep what the page shows now, when nothing moves any more."""
        self.page.evaluate(
            "Promise.all(document.getAnimations().filter((a) => a.effect.getTiming().iterations !== Infinity).map((a) => a.finished))"
        )
        keep(self.page.screenshot(), FOLDER / f"{name}.png")

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Something that happens elsewhere, or was before."""
        done = self.leader.post(path, body)
        assert done.status_code == 200, done.text
        answer: dict[str, Any] = done.json()
        return answer

    def drives_up(self, scenario: str, lane: str) -> None:
        self.leader.at_rest(lane)
        self.post("/simulate", name=scenario, lane=lane)

    def begins(self, kind: str, **fields: str) -> None:
        """The visitors' room, that kind, and who it is."""
        self.room("lanes")
        self.room("visits")
        self.press(f'[data-kind="{kind}"]')
        self.fill(**fields)

    def visit(self, name: str) -> dict[str, Any]:
        rows = self.leader.get("/visits").json()["rows"]
        found: dict[str, Any] = next(row for row in rows if row["name"] == name)
        return found

    def admitted(self, kind: str, mode: str, **given: str) -> int:
        """Somebody who is inside already, with a card, whose licence lies in the rack."""
        visit: int = self.post("/visits", kind=kind, mode=mode, **given)["visit"]["visit"]
        at = f"/visits/{visit}"
        if kind == "business":
            self.post(f"{at}/answer", step="appointment", answer="yes")
            self.post(f"{at}/call", result="agreed")
        self.post(f"{at}/document", how="hold", kind="driving-licence", number=licence(), owner=given["name"])
        wanted = "vehicle" if mode == "vehicle" else "visitor"
        rack = [c for c in self.leader.get("/cards").json()["rows"] if (c["state"], c["kind"]) == ("rack", wanted)]
        self.post(f"{at}/card", card=rack[0]["card"])
        if mode == "vehicle":
            step = "parking" if kind == "business" else "route"
            self.post(f"{at}/answer", step=step, answer="told", place="直行到9栋")
        self.post(f"{at}/admit")
        for told in self.leader.get("/notices").json()["rows"]:
            if not told["acked_ms"]:
                self.post(f"/notices/{told['notice']}/acknowledge", by="radio")
        return visit


def owner_car(g: Guide) -> None:
    g.room("lanes")
    g.drives_up("owner", "entry")
    g.reads('[data-lane="entry"] .say', "好$", "")
    expect(g.page.locator('[data-lane="entry"]')).to_have_attribute("data-phase", "up", timeout=20_000)
    g.picture("owner-car")


def unknown_card(g: Guide) -> None:
    g.room("lanes")
    g.drives_up("unknown-card", "exit")
    g.reads('[data-lane="exit"] .hint', "这张卡没有登记", "")
    g.picture("unknown-card")
    g.press('[data-lane="exit"] .act.open')
    g.find('[data-lane="exit"] .chips[data-steady]')
    g.picture("unknown-card-reason")
    g.press('[data-lane="exit"] [data-reason="checked"]')


def business(g: Guide) -> None:
    g.room("visits")
    g.picture("business-kinds")
    g.begins("business", name="李建国先生", unit="zw")
    g.find(".pick", has_text="11栋201")
    g.picture("business-who")
    g.press(".pick", has_text="11栋201")
    g.answers("yes")
    g.find('[data-answer="agreed"]')
    g.picture("business-call")
    g.answers("agreed")
    g.find(".sight-face")
    g.picture("business-document")
    g.press('.answers .answer[data-tone="go"]')
    g.find(".pick.card")
    g.picture("business-card")
    g.press(".pick.card")
    g.answers("admit")
    g.find('[data-answer="next"]')
    g.picture("business-admitted")


def guest(g: Guide) -> None:
    g.begins("guest", name="陈静女士", unit="5栋1402")
    g.answers("begin", "yes")
    g.find('[data-answer="agreed"]')
    g.picture("guest-call")
    g.answers("refused")
    g.find('.reasons [data-answer="host-refused"]')
    g.picture("guest-refused")
    g.press('.reasons [data-answer="host-refused"]')
    g.find('[data-answer="next"]')
    g.picture("guest-declined")


def viewer(g: Guide) -> None:
    g.begins("viewer")
    g.answers("foot", "clubhouse")
    g.find(".notice-row")
    g.picture("viewer")
    g.press(".notice-row button")


def sales(g: Guide) -> None:
    g.begins("salesperson", purpose="推销净水器")
    g.answers("begin")
    g.find('.reasons [data-answer="no-need"]')
    g.picture("sales-reason")
    g.press('.reasons [data-answer="no-need"]')
    g.find('[data-answer="next"]')
    g.picture("sales")


def construction_short(g: Guide) -> None:
    g.begins("construction-short", name="赵大勇先生", company="宏达装饰", unit="8栋1202")
    g.answers("begin")
    g.type("document", licence())
    g.answers("driving-licence")
    g.find(".pick.card")
    g.picture("construction-short")
    g.press(".pick.card")
    g.answers("admit")


def construction_long(g: Guide) -> None:
    g.begins("construction-long", name="吴志明先生", company="宏达装饰")
    g.answers("begin")
    g.find("input[name=number]").fill("SG-4411")
    g.find("input[name=valid_until]").fill("2099-12-31")
    g.page.locator("polygon[data-good]").wait_for(state="attached")
    g.press("[data-take=pass]")
    g.reads(".sight-said", "已拍好", "")
    g.picture("construction-long")
    g.answers("mine", "admit")
    g.begins("construction-long", name="吴志明先生", company="宏达装饰")
    g.answers("begin")
    g.find("input[name=number]").fill("SG-4411")
    g.find(".last-pass img")
    g.find(".sight-view img:not([hidden])")
    g.picture("construction-long-again")
    g.find("input[name=valid_until]").fill("2026-01-31")
    g.answers("mine")
    g.find('.reasons [data-answer="pass-expired"]')
    g.picture("construction-long-expired")
    g.press('.reasons [data-answer="pass-expired"]')


def delivery(g: Guide) -> None:
    g.begins("delivery")
    g.press('[data-mode="vehicle"]')
    g.fill(name="周强先生", plate="粤B6K8Q1")
    g.press("[data-choice=van]")
    g.type("unit", "9栋904")
    g.picture("delivery-who")
    g.answers("begin")
    g.type("document", licence())
    g.answers("driving-licence")
    g.press(".pick.card")
    g.type("place", "直行到9栋")
    g.picture("delivery-route")
    g.answers("told", "admit")
    g.find('[data-answer="next"]')
    g.picture("delivery-admitted")
    for _ in range(2):
        told = g.find(".notice-row[data-notice]").get_attribute("data-notice")
        g.press(f'.notice-row[data-notice="{told}"] button')
        expect(g.page.locator(f'.notice-row[data-notice="{told}"]')).to_have_count(0)


def leaving(g: Guide) -> None:
    foot = g.admitted("business", "foot", name="孙丽", title="ms", unit="6栋401")
    g.room("visits")
    g.press(f'.visit-row[data-visit="{foot}"]')
    g.find('[data-answer="take-back"]')
    g.picture("leaving-foot")
    g.answers("override")
    g.picture("leaving-override")
    g.room("lanes")
    car = g.admitted("delivery", "vehicle", name="何平", title="mr", unit="9栋904", plate="粤B2D5K7", vehicle="van")
    g.drives_up("visitor", "entry")
    until(lambda: _crossed(g, car), 40, "it has driven in")
    g.drives_up("visitor", "exit")
    g.room("visits")
    g.find(f'[data-leaving="{car}"] button')
    g.picture("leaving-tap")
    g.press(f'[data-leaving="{car}"] button')
    g.find('.passages [data-side="pass.exit"] img')
    g.picture("leaving-car")
    g.answers("plate-agrees", "take-back", "return-document", "close")
    g.raise_arm("exit", "checked")


def _crossed(g: Guide, visit: int) -> bool:
    rows = g.leader.get("/passes", params={"credential": f"visit:{visit}"}).json()["rows"]
    return any(row["outcome"] == "crossed" for row in rows)


def goods(g: Guide) -> None:
    items = [
        {"name": "沙发", "quantity": 1, "measure": "套", "category": "furniture"},
        {"name": "纸箱", "quantity": 5, "measure": "箱", "category": "household"},
    ]
    today = g.leader.get("/goods/words").json()["today"]
    made = g.post(
        "/permits",
        role="owner",
        until=today,
        number="CZ-501",
        unit="11栋201",
        signer="郑伟",
        stamped=True,
        items=items,
    )
    g.room("goods")
    g.find("[data-goods=paper]")
    g.picture("goods-room")
    g.press(f'[data-permit="{made["permit"]["permit"]}"]')
    g.answers("genuine")
    g.press('[data-item="0"] [data-do="match"]')
    g.press('[data-item="1"] [data-do="match"]')
    g.press('[data-item="1"] [data-do="less"]')
    g.picture("goods-check")
    g.answers("release")
    g.find('[data-answer="next"]')
    g.picture("goods-released")
    g.answers("next")
    g.press("[data-goods=paper]")
    g.find("input[name=item-name]")
    g.picture("goods-paper")
    g.room("lanes")
    g.room("goods")
    g.press('[data-goods="truck-exit"]')
    g.find('[data-answer="empty"]')
    g.picture("goods-truck")
    g.answers("not-a-truck")


def specimens(g: Guide) -> None:
    """The shift leader's: signatures on file, a permit that is stopped and restored."""
    today = g.leader.get("/goods/words").json()["today"]
    chair = {"name": "办公椅", "quantity": 2, "measure": "把", "category": "furniture"}
    made = g.post(
        "/permits",
        role="owner",
        until=today,
        number="CZ-502",
        unit="9栋904",
        signer="吴芳",
        stamped=True,
        items=[chair],
    )
    mine = g.page.context.cookies()
    session = {"name": "gate_session", "value": g.leader.cookies["gate_session"], "url": g.gate.url}
    g.page.context.add_cookies([session])
    g.page.reload()
    g.room("goods")
    g.press('[data-goods="specimens"]')
    g.find("input[name=specimen-unit]").fill("9栋904")
    g.find("input[name=specimen-name]").fill("吴芳")
    picture = {"name": "signature.jpg", "mimeType": "image/jpeg", "buffer": _signature()}
    g.page.locator("input[name=specimen-file]").set_input_files([picture])
    g.press('[data-cut="larger"]')
    g.page.locator('[data-cut="larger"]').evaluate("(one) => one.parentElement.scrollIntoView({block: 'end'})")
    g.picture("specimens-cut")
    g.answers("specimen-save")
    g.find(".specimen-list img")
    expect(g.page.locator(".specimen-list img").first).to_have_js_property("complete", True)
    g.page.locator(".specimen-list").evaluate("(list) => list.scrollIntoView({block: 'end'})")
    g.picture("specimens-filed")
    g.press(f'[data-permit="{made["permit"]["permit"]}"]')
    g.answers("stop-permit")
    g.picture("specimens-stop")
    g.press('[data-answer="stop-lost"]')
    g.find('[data-answer="restore"]')
    g.picture("specimens-stopped")
    g.answers("restore")
    g.find('[data-answer="genuine"]')
    g.page.context.add_cookies(mine)
    g.page.reload()


def _signature() -> bytes:
    """Nobody's signature, photographed on a sheet of paper."""
    paper = np.full((900, 1600, 3), 244, np.uint8)
    line = np.array([(560, 470), (640, 380), (690, 560), (760, 400), (830, 500), (900, 420), (1010, 470)], np.int32)
    cv2.polylines(paper, [line], isClosed=False, color=(60, 40, 20), thickness=12, lineType=cv2.LINE_AA)
    return cv2.imencode(".jpg", paper)[1].tobytes()


def green_way(g: Guide) -> None:
    g.room("lanes")
    for lane in ("entry", "exit"):
        g.leader.at_rest(lane)
    g.press(".green-way")
    g.find('[data-green="funeral"]')
    for lane in ("entry", "exit"):
        expect(g.page.locator(f'[data-lane="{lane}"]')).to_have_attribute("data-phase", "held", timeout=20_000)
    g.picture("green-way")
    g.press('[data-green="funeral"]')
    expect(g.page.locator('.escort[data-kind="quiet"]')).to_be_visible()
    g.picture("green-way-funeral")
    g.press('[data-end="green"]')
    expect(g.page.locator('[data-end="green"]')).to_be_hidden()


def convoy(g: Guide) -> None:
    arrives = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=9)
    number = g.post(
        "/convoys",
        arrives=arrives.isoformat(timespec="minutes"),
        names="王伟、李娜",
        plates=["粤B88801", "粤B88802"],
        customs="不放鞭炮",
        wishes="请走东边车道",
    )["about"]
    g.room("lanes")
    g.find(f'.convoy[data-convoy="{number}"]')
    g.picture("convoy-coming")
    g.press(f'.convoy[data-convoy="{number}"] button', has_text="名单")
    g.press('.convoy-body [data-key="in"]')
    g.press('[data-plate="粤B88801"]')
    expect(g.page.locator('[data-lane="entry"]')).to_have_attribute("data-phase", "held", timeout=20_000)
    g.picture("convoy-passing")
    g.press('[data-plate="粤B88802"]')
    expect(g.page.locator(f'.convoy[data-convoy="{number}"]')).to_have_count(0)


def calls(g: Guide) -> None:
    g.room("requests")
    g.find(".requests .kind-tile")
    g.picture("calls-tiles")
    g.press('[data-category="repair"]')
    g.fill(unit="3栋2503", name="赵涛", words="厨房水龙头漏水")
    g.picture("calls-repair")
    g.answers("pass", "done")
    g.find('[data-answer="satisfied"]')
    g.picture("calls-follow-up")
    g.answers("satisfied")


def complaints(g: Guide) -> None:
    g.room("lanes")
    g.room("requests")
    g.press('[data-category="complaint"]')
    g.fill(unit="9栋1603", name="杨霞", words="楼上深夜装修")
    g.answers("pass")
    g.find(".story li:nth-child(3)")
    g.picture("complaints")
    g.press('[data-open="new-request"]')
    g.press('[data-category="violation"]')
    g.press('[data-pick="entry"]')
    g.type("words", "逆行")
    g.picture("complaints-violation")
    g.answers("done")


def notices(g: Guide) -> None:
    now = round(datetime.datetime.now(datetime.UTC).timestamp() * 1000)
    g.post(
        "/bulletins", notice="water-cut", text="水管检修", where="11栋、12栋", from_ms=now, until_ms=now + 4 * 3_600_000
    )
    g.room("lanes")
    g.find(".bulletins li")
    g.picture("notices")
    g.press(".bulletins li button")
    expect(g.page.locator(".bulletins li")).to_have_count(0)


def handover(g: Guide) -> None:
    g.room("duty")
    g.press('[data-open="hand-over"]')
    g.find('[data-answer="next"]')
    g.picture("handover")
    g.answers("next")
    g.pin("limin", PIN)
    g.find("input[name=documents]")
    known = g.leader.get("/duty/overview").json()["known"]
    items = ("documents", "cards_rack", "cards_out", "visitors", "requests")
    g.fill(**{item: str(known[item] + (item == "cards_rack")) for item in items})
    g.picture("handover-count")
    g.answers("counted")
    g.type("reason", "多出一张旧卡，已交班长")
    g.picture("handover-compare")
    g.answers("take-over")
    g.find('[data-answer="home"]')
    g.picture("handover-done")


def documents(g: Guide) -> None:
    g.admitted("business", "foot", name="周敏", title="ms", unit="6栋401")
    g.begins("business", name="林小雨女士", unit="11栋201")
    g.answers("begin", "yes", "agreed")
    g.find(".whys")
    g.find(".sight-view img:not([hidden])")
    g.picture("documents")
    g.press("[data-tool=later]")
    g.press("[data-count=documents]")
    g.find("dialog .rows-table")
    g.picture("documents-rack")
    g.press("dialog .soft")


def appointments(g: Guide) -> None:
    g.room("lanes")
    g.room("visits")
    g.press("[data-open=expect]")
    g.find("dialog input[name=name]").fill("黄艳")
    g.find("dialog input[name=unit]").fill("5栋1402")
    g.picture("appointments")
    g.answers("expect-save")
    g.find(".code")
    g.picture("appointments-code")
    g.answers("expect-done")
    row = g.find(".expected-row", has_text="黄艳")
    g.picture("appointments-expected")
    row.locator(".change").tap()
    g.find("dialog input[name=plate]").fill("粤B55123")
    g.picture("appointments-change")
    g.answers("expect-save")
    g.answers("expect-done")


def code_at_lane(g: Guide) -> None:
    """A gate with a QR scanner at its entry, and a code that head office has signed."""
    scanner = PtyWire()
    with other_gate(g, {ENTRY: f'{ENTRY}\n\n[lane.scanner]\nport = "{scanner.url}"'}) as other:
        begin = round(time.time()) // 60 * 60_000
        whom = ("vehicle", "粤B12345", "王小明", "mr", "管理处")
        code = Code(new_token(), "zhenyuan", ("main",), "business", begin, begin + 7_200_000, *whom)
        sign = SigningKey.load(other.gate.database.parent / "headoffice-signing.key").sign
        scanner.write(encode_text(code.text(sign), LineOptions(base="text")))
        other.find('[data-lane="entry"] .go-on')
        other.picture("code-at-lane")
        other.press('[data-lane="entry"] .go-on')
        other.find(".visit-head")
        other.picture("code-at-lane-visit")
    scanner.unplug()


def copied_card(g: Guide) -> None:
    """Two cards of one number at readers that write: the true one comes in, and then its copy wants to go out with the old counter."""
    uid = bytes.fromhex("0a003f11")
    with (
        on_pty("rdm880") as (entry, port),
        on_pty("rdm880") as (way_out, other_port),
        tempfile.TemporaryDirectory() as folder,
    ):
        people = Path(folder) / "people.csv"
        lines = (ROOT / "config" / "laptop-registry.csv").read_text("utf-8")
        people.write_text(lines.replace("0A003F8A11", uid.hex().upper()), "utf-8")
        written = '[lane.reader]\ndriver = "rdm880"\nport = "{}"'
        change = {
            ENTRY: written.format(port),
            ENTRY.replace("entry", "exit"): written.format(other_port),
            "config/laptop-registry.csv": str(people),
            "[desk.reader]": '[counter]\nkinds = ["owner"]\n\n[desk.reader]',
        }
        with other_gate(g, change) as other:
            key = bytes.fromhex((other.gate.database.parent / "counter.key").read_text("ascii").strip())
            card = MemoryCard(uid, blocks={4: counted(uid, 5, key), 5: counted(uid, 5, key)})
            copy = card.copied()
            entry.card = card
            until(lambda: other.leader.events("card.counted"), 20)
            way_out.card = copy
            until(lambda: other.leader.events("card.copied"), 20)
            entry.card = way_out.card = None
            other.find('[data-lane="exit"][data-tone="warn"]')
            expect(other.page.locator(".register .row")).to_have_count(2)
            other.picture("copied-card")
            other.page.context.clear_cookies()
            cookie = {"name": "gate_session", "value": other.leader.cookies["gate_session"], "url": other.gate.url}
            other.page.context.add_cookies([cookie])
            other.page.goto(other.gate.url)
            other.room("visits")
            other.press("[data-count=rack]")
            other.find("[data-trust]")
            other.picture("copied-card-leader")


@contextmanager
def other_gate(g: Guide, change: dict[str, str]) -> Iterator[Guide]:
    """A gate with other parts than the guide's own, for one page of it."""
    browser = g.page.context.browser
    assert browser
    with tempfile.TemporaryDirectory(prefix="guide-") as folder:
        gate = RealGate(Path(folder), change)
        try:
            other = signed_in(browser, gate)
            yield other
            other.page.context.close()
        finally:
            gate.close()


def find(g: Guide) -> None:
    g.room("find")
    g.type("search", "周强")
    g.press(".finds .visit-row")
    g.find(".story-pane .story li")
    g.picture("find")


def inside(g: Guide) -> None:
    g.room("visits")
    g.press("[data-count=inside]")
    g.find(".muster table")
    g.picture("inside")
    g.page.keyboard.press("Escape")


def faults(g: Guide) -> None:
    """A cut link, and, on another gate, a reader that is not there."""
    cookie = next(c for c in g.page.context.cookies() if c["name"] == "gate_session")
    proxy = Line(g.gate.port)
    page = g.page
    g.page = page.context.new_page()
    g.page.context.add_cookies([{"name": "gate_session", "value": cookie["value"], "url": proxy.url}])
    g.page.goto(proxy.url)
    g.find(".lane img:not([hidden])")
    proxy.cut()
    expect(g.page.locator(".banner")).to_be_visible(timeout=20_000)
    g.picture("faults-link")
    g.page.close()
    proxy.close()
    g.page = page
    with other_gate(g, {'port = "sim://exit-reader"': 'port = "/dev/ttyUSB7"'}) as other:
        other.press(".chip-info", has_text="故障")
        other.find("dialog .fault-list li")
        other.picture("faults-device")


def signed_in(browser: Browser, gate: RealGate) -> Guide:
    """A guard at that gate, by day."""
    leader = gate.leader()
    for user, name in (("wangqiang", "王强"), ("limin", "李敏")):
        leader.post("/users", {"user": user, "name": name, "role": "guard", "pin": PIN})
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True
    )
    context.add_init_script("localStorage.theme = 'day'")
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(gate.url)
    g = Guide(page, gate)
    g.leader = leader
    g.pin("wangqiang", PIN)
    page.locator(".lane img:not([hidden])").first.wait_for()
    return g


PLAYS: dict[str, Callable[[Guide], None]] = {
    "owner-car": owner_car,
    "unknown-card": unknown_card,
    "business": business,
    "guest": guest,
    "viewer": viewer,
    "sales": sales,
    "construction-short": construction_short,
    "construction-long": construction_long,
    "delivery": delivery,
    "leaving": leaving,
    "goods": goods,
    "specimens": specimens,
    "green-way": green_way,
    "convoy": convoy,
    "calls": calls,
    "complaints": complaints,
    "notices": notices,
    "documents": documents,
    "appointments": appointments,
    "code-at-lane": code_at_lane,
    "copied-card": copied_card,
    "find": find,
    "inside": inside,
    "faults": faults,
    "handover": handover,
}


OFFICE = "office-"
"""Before the names of head office's pages."""


def main(wanted: list[str]) -> int:
    """Play all, or those that are named. The number of plays that did not work."""
    all_ = [*PLAYS, *(f"{OFFICE}{name}" for name in guide_office.PLAYS)]
    unknown = [name for name in wanted if name not in all_]
    if unknown:
        print(f"没有这一页 · no such page: {', '.join(unknown)}; {' '.join(all_)}")
        return len(unknown)
    ours = [name for name in wanted or all_ if name in PLAYS]
    offices = [name.removeprefix(OFFICE) for name in wanted or all_ if name.startswith(OFFICE)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--lang=zh-CN"], env={**os.environ, "LANGUAGE": "zh_CN"}
        )
        try:
            failed = (play(browser, ours) if ours else []) + (guide_office.play(browser, offices) if offices else [])
        finally:
            browser.close()
    return len(failed)


def play(browser: Browser, wanted: list[str]) -> list[str]:
    """The guard's pages; the names of plays that did not work."""
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="guide-") as folder:
        gate = RealGate(Path(folder))
        try:
            stock(gate, *CARDS)
            g = signed_in(browser, gate)
            for name in wanted:
                try:
                    PLAYS[name](g)
                except (AssertionError, Error) as e:
                    failed.append(name)
                    print(f"✗ {name}: {e}", flush=True)
            g.page.context.close()
        finally:
            gate.close()
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
