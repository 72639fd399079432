"""The pictures of head office's guide (docs/headoffice-guide.zh): a real gate, mosquitto, PostgreSQL, receiver and pages, and gates that do not exist.

    make guide                                         with the guard's
    make guide ARGS="office-find office-requests"      only these pages

Day theme but for one, 1280 × 800, in Chinese; palette PNGs as in guide.py. The made-up gates have six weeks behind them (support_days.py).
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from playwright.sync_api import Browser, Error, Locator, Page, expect

from sync.headoffice.config import Config
from sync.headoffice.photo_receiver import Archive
from sync.headoffice.registry import Registry
from sync.headoffice.store import Heard
from sync.photo_protocol import Photo
from tests.support_albums import sha
from tests.support_days import DAY_MS, HOUR_MS, PEOPLE, Days, Event, arrive, requests
from tests.support_page import ROOT, until
from tests.support_picture import keep
from tests.support_sync import postgres
from tests.test_headoffice_departments import SITE, House
from tests.test_headoffice_web import OWN

FOLDER = ROOT / "docs" / "headoffice-guide.zh"
NORTH, CELLAR, WEST, SOUTH = "north", "garage-east", "west", "south"
OLD_DAYS = 97
"""How long ago the pass was that is looked for."""


@dataclass(frozen=True)
class Past:
    """What was before. `old_ms`: when the pass was that is looked for; `last`: the number of each gate's last event."""

    old_ms: int
    last: dict[str, int]


class Guide:
    """Somebody at head office who shows how it is done."""

    def __init__(self, page: Page, house: House, past: Past) -> None:
        self.page, self.house, self.past = page, house, past

    def picture(self, name: str, *, whole: Locator | None = None) -> None:
        """Keep what the page shows now; `whole`: this part of it, however long."""
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        self.page.evaluate("document.fonts.ready")
        keep(self.page.screenshot() if whole is None else whole.screenshot(), FOLDER / f"{name}.png")

    def room(self, name: str) -> None:
        """Open it, at its top."""
        for _ in range(3):
            self.page.keyboard.press("Escape")
        self.page.locator(f'nav [data-room="{name}"]').click()
        expect(self.page.locator(f'nav [data-room="{name}"]')).to_have_attribute("aria-current", "page")
        self.page.evaluate("scrollTo(0, 0)")

    def enter(self, name: str) -> None:
        """Sign in."""
        self.page.context.clear_cookies()
        self.page.goto(self.house.office.url)
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", OWN)
        self.page.keyboard.press("Enter")
        self.page.locator("nav").wait_for()


# ---- what was before


def _past(house: House) -> Past:
    now = time.time_ns() // 1_000_000
    old_ms = now // HOUR_MS * HOUR_MS - OLD_DAYS * DAY_MS + 23 * 60_000
    plate, card, _, name = PEOPLE[0]
    picture = _scene()
    body = {"lane": "entry", "direction": "in", "reader": "entry-reader", "card": card, "credential": "C-8A11", "category": "owner",
            "decision": "granted", "reason": "ok", "plate_bound": plate, "plate_read": plate, "plate_match": "match"}  # fmt: skip
    old: list[Event] = [
        (old_ms, "gate", "vehicle.waiting", {"lane": "entry"}, {}),
        (old_ms + 900, "reader:card", "access.decided", body, {"holder": name}),
        (old_ms + 1500, "gate", "picture.taken", {"lane": "entry", "moment": "pass", "digest": sha(picture), "size": len(picture), "pass_seq": -1, "keep": "pass"}, {}),
        (old_ms + 3100, "gate", "barrier.observed", {"lane": "entry", "was": "rising", "now": "up", "cause": "card", "ms": 2050}, {}),
        (old_ms + 9000, "gate", "vehicle.crossed", {"lane": "entry", "direction": "in", "pass_seq": -3, "plate": plate}, {}),
    ]  # fmt: skip
    begin = now // DAY_MS * DAY_MS - 42 * DAY_MS
    last: dict[str, int] = {}
    for n, (gate, days, scale) in enumerate(((NORTH, 6, 1.0), (CELLAR, 5, 0.6), (WEST, 4, 0.3), (SOUTH, 3, 0.4))):
        quiet = 2 * HOUR_MS if gate == CELLAR else 0  # it is offline
        events = [*(old if gate == NORTH else ()), *Days(n, scale).of(now - days * DAY_MS, now - quiet)]
        if gate == NORTH:
            plan = {"departments": ["engineering", "gardening", "cleaning", "management"], "departments_zh": ["工程部", "绿化部", "清洁部", "管理中心"], "departments_en": ["Engineering", "Gardening", "Cleaning", "the management centre"],
                    "categories": ["repair", "gardening", "cleaning", "complaint"], "categories_zh": ["报修", "绿化", "清洁", "投诉"], "categories_en": ["Repair", "Gardening", "Cleaning", "Complaint"]}  # fmt: skip
            events += [(begin, "gate", "post.planned", plan, {}), *requests(begin, 41, ("9栋1603", "5栋1402"))]
        last[gate] = arrive(house.db, SITE, gate, events)
    config = Config.load(house.office.config)
    Archive(house.db, SITE, config.place(), config.picture_key()).put(
        NORTH, Photo(sha(picture), "picture", sha(picture), len(picture), 5, "made-up"), picture, 1
    )
    house.db.run(
        "INSERT INTO alarms VALUES (?, ?, 'made-up', 'fork', 'event 1207 has two histories', 1, ?, ?)",
        (SITE, WEST, now - HOUR_MS, now - HOUR_MS),
    )
    people = ROOT / "config" / "laptop-registry.csv"
    told = [*house.office.command, "registry", "import", str(people), "--by", "admin"]
    subprocess.run(told, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    _hear(house, last, registry=tuple(last))
    return Past(old_ms, last)


def _hear(house: House, last: dict[str, int], registry: tuple[str, ...] = ()) -> None:
    """The last word of the gates that do not exist. `registry`: those that have taken the newest version since."""
    now = time.time_ns() // 1_000_000
    before = {heard.gate: heard.details for heard in house.db.heard(SITE)}
    newest = Registry(house.db, SITE).newest()[0]
    lists = Registry(house.db, SITE).lists_at([*last], newest)

    def said(gate: str, **more: object) -> dict[str, object]:
        same = {name: value for name, value in before.get(gate, {}).items() if name.startswith("registry")}
        if gate in registry:
            same = {
                "registry_at": {"number": newest, "digest": lists[gate].digest, "since_ms": now},
                "registry": f"#{newest}",
            }
        lanes = {"entry": "down", "exit": "down"}
        return {"registry": "–", "clock": "ntp", "faults": [], "version": "0.1.0", "lanes": lanes, **same, **more}

    broken = {"faults": ["entry.camera:frozen", "disk:filling"], "lanes": {"entry": "down", "exit": "up"}}
    house.db.hear(SITE, [
        Heard(NORTH, True, "made-up", last[NORTH] + 37, said(NORTH, **broken), now), Heard(CELLAR, False, "made-up", last[CELLAR], said(CELLAR), now - 2 * HOUR_MS),
        Heard(WEST, True, "made-up", last[WEST], said(WEST), now), Heard(SOUTH, True, "made-up", last[SOUTH], said(SOUTH), now),
    ])  # fmt: skip


def _scene() -> bytes:
    """A street at dusk with a car, as no camera has seen it."""
    picture = np.full((540, 960, 3), (96, 84, 74), np.uint8)
    cv2.rectangle(picture, (0, 0), (960, 190), (168, 150, 132), -1)
    cv2.fillPoly(picture, [np.array([[250, 430], [300, 250], [660, 250], [710, 430]], np.int32)], (120, 46, 40))
    cv2.fillPoly(picture, [np.array([[320, 330], [350, 262], [610, 262], [640, 330]], np.int32)], (200, 190, 176))
    cv2.rectangle(picture, (250, 400), (710, 470), (104, 40, 34), -1)
    for x in (300, 620):
        cv2.circle(picture, (x + 20, 420), 22, (210, 230, 240), -1)
    cv2.rectangle(picture, (405, 405), (555, 448), (190, 80, 20), -1)
    cv2.putText(picture, "B 12345", (415, 437), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2, cv2.LINE_AA)
    return cv2.imencode(".jpg", picture)[1].tobytes()


# ---- the pages


def gates(g: Guide) -> None:
    g.room("gates")
    _hear(g.house, g.past.last)
    expect(g.page.locator(f'[data-gate="{WEST}"] .alarm')).to_be_visible()
    expect(g.page.locator(f'[data-gate="{NORTH}"]')).to_contain_text("还有 37 条在路上", timeout=10_000)
    g.picture("gates")
    g.page.evaluate("localStorage.setItem('office-theme', 'night')")
    g.page.reload()
    expect(g.page.locator(f'[data-gate="{WEST}"] .alarm')).to_be_visible()
    g.picture("gates-night")
    g.page.evaluate("localStorage.setItem('office-theme', 'day')")
    g.page.reload()
    g.room("live")
    expect(g.page.get_by_text("已连接")).to_be_visible()
    assert g.house.guard.post("/simulate", {"name": "owner", "lane": "entry"}).status_code == 200
    expect(g.page.locator(".row.new", has_text="车辆通过").first).to_be_visible(timeout=30_000)
    g.picture("live")


def find(g: Guide) -> None:
    g.room("find")
    g.page.fill("[name=text]", "粤B?23")
    g.page.keyboard.press("Enter")
    old = g.page.locator(".row", has_text="粤B12345")
    expect(old.first).to_be_visible()
    g.page.fill(
        "[name=until]",
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime((g.past.old_ms + 20 * DAY_MS) / 1000 + 8 * 3600)),
    )
    g.page.get_by_role("button", name="查询").last.click()
    expect(g.page.locator(".rows .row")).to_have_count(2)
    expect(g.page.get_by_text("已显示 2 条")).to_be_visible()
    g.picture("find")
    g.page.locator(".rows .row", has_text="放行").first.click()
    g.page.get_by_role("button", name="本次通行").click()
    box = g.page.locator("dialog").last
    box.get_by_role("button", name="看 1 张照片").click()
    expect(box.locator(".pictures img")).to_have_js_property("naturalWidth", 960)
    g.picture("find-story")


def proof(g: Guide) -> None:
    g.room("proof")
    g.page.locator("[name=gate]").select_option(NORTH)
    g.page.locator("[name=first]").fill("1")
    g.page.locator("[name=last]").fill("5")
    g.page.get_by_role("button", name="核验").last.click()
    expect(g.page.get_by_text("一条不缺，一字未改").first).to_be_visible(timeout=20_000)
    g.picture("proof")


def registry(g: Guide) -> None:
    g.room("registry")
    g.page.locator('[data-list="cards"]').click()
    g.page.get_by_label("在名单中查找").fill("郑伟")
    g.page.keyboard.press("Enter")
    row = g.page.locator("tr", has_text="0a003f8a11")
    row.get_by_role("button", name="修改").click()
    expect(g.page.get_by_role("button", name="看看会改什么", exact=True)).to_be_visible()
    g.picture("registry-entry")
    g.page.get_by_role("button", name="返回名单").click()
    g.page.get_by_role("button", name="关闭").click()
    table = g.house.office.config.parent / "新卡.csv"

    def hand_in(*rows: str) -> None:
        table.write_text("\n".join(["卡号,编号,类别,姓名,性别,房号,车牌,截止日期", *rows]), "utf-8")
        g.page.locator("[name=file]").set_input_files(table)
        g.page.get_by_role("button", name="先看看会改什么").click()

    new, wrong = (
        "0A00C40001,K-2001,owner,林小雨,女,7栋703,粤B6T118,2027-12-31",
        "0A00C40002,K-2002,某某,高远,男,7栋704,粤B6T119,2027-12-31",
    )
    hand_in(new, wrong)
    expect(g.page.locator(".bad li")).not_to_have_count(0)
    g.picture("registry-bad")
    g.page.get_by_role("button", name="作废").click()
    hand_in(new, "0A003F8A11,P0001,owner,郑伟,女,11栋201,粤BT1590,2028-12-31")
    expect(g.page.get_by_text("新增 1，更改 1")).to_be_visible()
    g.picture("registry-preview")
    g.page.get_by_role("button", name="下发到各门岗").click()
    expect(g.page.get_by_text("已下发，版本")).to_be_visible()
    _hear(g.house, g.past.last, registry=(NORTH, SOUTH, WEST))
    for gate, state in ((g.house.name, "same"), (NORTH, "same"), (CELLAR, "behind")):
        expect(g.page.locator(f'tr[data-gate="{gate}"][data-state="{state}"]')).to_be_visible(timeout=30_000)
    g.page.evaluate("scrollTo(0, 0)")
    g.picture("registry-gates")


def requests_(g: Guide) -> None:
    g.room("requests")
    g.page.get_by_role("button", name="登记报事").click()
    form = g.page.locator("dialog form.take")
    form.locator("[name=gate]").select_option(g.house.name)
    form.locator("[name=category]").select_option(label="报修")
    for name, said in (
        ("unit", "11栋201"),
        ("name", "郑伟"),
        ("phone", "13800138000"),
        ("words", "主卧空调漏水，下午三点以后在家"),
    ):
        form.locator(f"[name={name}]").fill(said)
    form.locator("[name=title]").select_option("mr")
    form.locator("[name=words]").press("Tab")
    g.picture("requests-take")
    form.get_by_role("button", name="发往门岗，转部门办理").click()
    line = g.page.locator(".req", has_text="主卧空调漏水")
    expect(line).to_contain_text("办理中", timeout=20_000)
    g.page.evaluate("document.activeElement.blur()")
    g.picture("requests")
    line.click()
    box = g.page.locator("dialog.request")
    box.get_by_role("button", name="处理完毕").click()
    box.get_by_label("做了什么").fill("更换排水管，试机正常")
    g.picture("requests-done")
    box.get_by_role("button", name="发往门岗").click()
    expect(box).to_contain_text("待回访", timeout=20_000)
    box.get_by_role("button", name="回访").click()
    g.picture("requests-ask")
    box.get_by_role("button", name="发往门岗").click()
    expect(box).to_contain_text("业主满意", timeout=20_000)


def looks(g: Guide) -> None:
    g.room("looks")
    expect(g.page.locator("main table tr")).not_to_have_count(1)
    g.picture("looks")


def report(g: Guide) -> None:
    g.room("charts")
    expect(g.page.get_by_text("各部门办理")).to_be_visible(timeout=20_000)
    g.picture("charts")
    g.page.select_option("[name=days]", "31")
    part = g.page.locator("section.card", has_text="每周：未办结与超时").first
    expect(part).to_be_visible(timeout=20_000)
    expect(g.page.locator(".slot")).to_have_count(0)
    part.scroll_into_view_if_needed()
    g.picture("charts-requests")
    day = g.page.locator("section.report")
    day.get_by_role("button", name="前一天").click()
    expect(day.locator("table").first).to_contain_text(NORTH)
    day.scroll_into_view_if_needed()
    g.picture("report", whole=day)


def export(g: Guide) -> None:
    g.room("find")
    g.page.fill("[name=text]", "周杰")
    g.page.locator("[name=gate]").select_option(NORTH)
    g.page.get_by_role("button", name="查询").last.click()
    expect(g.page.locator(".rows .row")).not_to_have_count(0)
    g.page.get_by_label("名称").fill("周杰的进出")
    g.page.get_by_role("button", name="保存这个查询").click()
    g.page.get_by_role("button", name="导出 XLSX").click()
    expect(g.page.get_by_role("link", name="取文件（XLSX）")).to_be_visible(timeout=30_000)
    g.picture("export")


def people(g: Guide) -> None:
    g.room("people")
    expect(g.page.get_by_label("wang 部门")).to_have_value("engineering")
    g.picture("people")


PLAYS: dict[str, Callable[[Guide], None]] = {
    "gates": gates,
    "find": find,
    "proof": proof,
    "registry": registry,
    "requests": requests_,
    "report": report,
    "export": export,
    "people": people,
    "looks": looks,
}


@contextmanager
def site(browser: Browser) -> Iterator[Guide]:
    """A site of one real gate and three that do not exist, by day."""
    with TemporaryDirectory(prefix="guide-office-") as folder, ExitStack() as ends:
        house = House(Path(folder), ends.enter_context(postgres()), ends)
        past = _past(house)
        with closing(house.office.client(house.office.admin, OWN)) as admin:

            def indexed() -> bool:
                return all(one["indexed"] >= one["applied"] for one in admin.get("/gates").json()["gates"])

            until(indexed, 180, "the index has come so far")
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        context.add_init_script("localStorage.getItem('office-theme') || localStorage.setItem('office-theme', 'day')")
        g = Guide(context.new_page(), house, past)
        g.page.set_default_timeout(20_000)
        g.enter("admin")
        yield g
        context.close()


def play(browser: Browser, wanted: list[str]) -> list[str]:
    """Those pages; the names of plays that did not work."""
    failed = []
    with site(browser) as g:
        for name in wanted:
            try:
                PLAYS[name](g)
            except (AssertionError, Error) as e:
                failed.append(f"office-{name}")
                print(f"✗ office-{name}: {e}", flush=True)
    return failed
