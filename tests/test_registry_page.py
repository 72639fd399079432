"""Head office's room of the registry, in a browser, beside a real gate: a table with a bad row, mended, published, and in force at the gate."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from sync.headoffice.registry import Registry
from sync.headoffice.store_sqlite import SqliteStore
from tests import support_page
from tests.support_office import Office
from tests.support_page import RealGate, sign_in, until
from tests.support_sync import SITE

pytest_plugins = ["tests.support_page_fixtures"]
OWN = "a good long password"
CARDS = "卡号,类别,姓名,房号,车牌\n0a00000001,业主,周杰,11栋201,粤B12345\n0a00000002,业主,李娜,11栋202,\n"


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGate]:
    """A gate whose head office is a file beside it."""
    text = (Path(__file__).parent.parent / "config" / "laptop.toml").read_text("utf-8")
    (site,) = {line for line in text.splitlines() if line.startswith("site = ")}
    gate = RealGate(tmp_path_factory.mktemp("registry"), {site: f'site = "{SITE}"'}, calm=True)
    yield gate
    gate.close()


@pytest.fixture(scope="module")
def office(main: RealGate) -> Iterator[Office]:
    folder = main.database.parent
    until((folder / "headoffice.sqlite").exists, 30)
    made = Office(folder, str(folder / "headoffice.sqlite"))
    try:
        with closing(made.client(made.admin, made.password)) as admin:
            assert admin.post("/password", json={"old": made.password, "new": OWN}).status_code == 200
            assert admin.post("/people", json={"name": "wen", "role": "clerk", "password": "for the clerk first"}).status_code == 200  # fmt: skip
            with closing(made.client("wen", "for the clerk first")) as one:
                assert one.post("/password", json={"old": "for the clerk first", "new": OWN}).status_code == 200
        yield made
    finally:
        made.close()


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """A table is read by another process, which may have to wait for its turn."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


def enter(browser: Browser, office: Office, name: str, theme: str, english: bool) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(error.message))
    page.add_init_script(
        f"localStorage.setItem('office-theme', '{theme}'); localStorage.setItem('office-language', '{'en' if english else 'zh-CN'}')"
    )
    page.goto(f"{office.url}/#registry")
    page.fill("[name=name]", name)
    page.fill("[name=password]", OWN)
    page.keyboard.press("Enter")
    expect(page.locator("main h2").first).to_have_text("Registry" if english else "名册")
    return page, errors


def hand_in(page: Page, list_: str, mode: str, name: str, content: bytes) -> None:
    page.locator("[name=list]").select_option(list_)
    page.locator("[name=mode]").select_option(mode)
    page.locator("[name=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.locator("form .primary").press("Enter")


def shot(page: Page, name: str) -> None:
    support_page.shot(page, f"office-registry-{name}", full=True)
    found = support_page.axe(page)
    assert not found.response["violations"], (name, found.generate_report())


@contextmanager
def stuck(store: SqliteStore, when: str) -> Iterator[None]:
    """Whoever does this stays in the middle of it."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"
    store.run(f"CREATE TRIGGER stuck BEFORE {when} BEGIN {endless}; END")
    yield
    store.run("DROP TRIGGER stuck")


def kill_what_it_started(office: Office) -> None:
    """The process that compares or publishes for `serve`: -9, once it has begun with the database."""

    def begun() -> int:
        for listed in Path(f"/proc/{office.process.pid}/task").glob("*/children"):
            for pid in map(int, listed.read_text().split()):
                if "headoffice.sqlite-shm" in Path(f"/proc/{pid}/maps").read_text():
                    return pid
        return 0

    os.kill(until(begun, 60), signal.SIGKILL)


def workbook(rows: list[list[object]]) -> bytes:
    book, made = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(made)
    return made.getvalue()


def test_a_table_is_mended_published_and_arrives_at_the_gate(main: RealGate, office: Office, browser: Browser) -> None:
    clerk, wrong = enter(browser, office, "wen", "day", english=False)
    hand_in(clerk, "cards", "whole", "住户.csv", CARDS.replace("0a00000002", "0a0000000").encode("gbk"))
    expect(clerk.locator(".bad li")).to_have_count(1)
    expect(clerk.locator(".bad li")).to_contain_text("第 3 行 卡号")
    expect(clerk.locator(".bad li")).to_contain_text("位数不对")
    shot(clerk, "bad-day")
    hand_in(clerk, "cards", "whole", "住户.csv", CARDS.encode("gbk"))
    expect(clerk.locator(".whole")).to_have_text("新增 2，更改 0，删除 0，不变 0")
    expect(clerk.get_by_text("请管理员")).to_be_visible()
    expect(clerk.get_by_role("button", name="下发到各门岗")).to_have_count(0)
    shot(clerk, "preview-day")

    admin, also = enter(browser, office, "admin", "night", english=True)
    admin.locator("[data-draft]", has_text="wen").first.click()
    expect(admin.locator(".diff.added li")).to_have_count(2)
    shot(admin, "preview-night")
    with closing(SqliteStore(main.database.parent / "headoffice.sqlite")) as store:  # somebody is quicker
        with closing(office.client("admin", OWN)) as other:
            made = other.post("/registry/drafts?list=cards", content=CARDS.replace("李娜", "李那").encode()).json()
            assert other.post(f"/registry/drafts/{made['number']}/publish").json() == {"number": 1}
        admin.get_by_role("button", name="Publish to the gates").press("Enter")
        expect(admin.get_by_text("somebody has published meanwhile")).to_be_visible()
        admin.get_by_role("button", name="Compare again").click()
        expect(admin.locator(".diff.changed li")).to_have_count(1)
        expect(admin.locator(".diff.changed li")).to_contain_text("李那 → 李娜")
        admin.get_by_role("button", name="Publish to the gates").click()
        expect(admin.get_by_role("heading", name="Published as version 2")).to_be_visible()
        row = admin.locator("tr[data-gate=main]")
        expect(row).to_have_attribute("data-state", "same", timeout=60_000)
        expect(row.locator("td").nth(1)).to_have_text("2")
        # another list, as a workbook, whose entry this gate cannot take; and a search in the list
        watch = workbook([["编号", "姓名", "原因"], ["W1", "孙七", "曾冒充快递员"]])
        hand_in(admin, "watch", "changes", "watch.xlsx", watch)
        admin.get_by_role("button", name="Publish to the gates").click()
        expect(admin.get_by_role("heading", name="Published as version 3")).to_be_visible()
        convoy = workbook([["编号", "到达时间", "新人", "车道"], ["H1", "2030-05-01 10:00", "王伟、李娜", "nowhere"]])
        hand_in(admin, "convoys", "whole", "convoys.xlsx", convoy)
        admin.get_by_role("button", name="Publish to the gates").click()
        expect(row).to_contain_text("Wedding convoys H1", timeout=60_000)
        expect(row).to_contain_text("the gate has no such lane")
        admin.locator("[data-list=cards]").click()
        admin.locator("input[type=search]").fill("周杰")
        admin.keyboard.press("Enter")
        expect(admin.locator("main tbody tr", has_text="粤B12345")).to_have_count(1)
        shot(admin, "list-night")
        # single entries without a file, by keyboard: one changed, one taken out, in one draft
        admin.get_by_role("button", name="Change 0a00000001").press("Enter")
        admin.locator("[name=unit]").fill("11栋203")
        shot(admin, "entry-night")
        admin.locator("[name=unit]").press("Enter")
        expect(admin.locator(".diff.changed li")).to_contain_text("11栋201 → 11栋203")
        admin.get_by_role("button", name="Go on changing this list").press("Enter")
        admin.get_by_role("button", name="Take out 0a00000002").press("Enter")
        expect(admin.locator(".diff.removed li")).to_have_count(1)
        expect(admin.locator(".diff.changed li")).to_have_count(1)
        shot(admin, "edits-night")
        admin.get_by_role("button", name="Publish to the gates").press("Enter")
        expect(admin.get_by_role("heading", name="Published as version 5")).to_be_visible()
        expect(row.locator("td").nth(1)).to_have_text("5", timeout=60_000)
        # a permit of two items, first without saying whose; it waits for the administrator
        clerk.locator("[data-list=permits]").click()
        clerk.get_by_role("button", name="新增一条").press("Enter")
        for name, text in (("number", "cz-7"), ("until", "2030-01-01"), ("item", "沙发"), ("quantity", "1")):
            clerk.locator(f"[name={name}]").fill(text)
        for name, word in (("role", "业主"), ("category", "家庭物品"), ("gates", "main")):
            clerk.locator(f"[name={name}]").select_option(word)
        clerk.get_by_role("button", name="再加一项").press("Enter")
        clerk.keyboard.type("纸箱")
        clerk.locator("[name=quantity]").nth(1).fill("5")
        clerk.locator("[name=category]").nth(1).select_option("家庭物品")
        clerk.get_by_role("button", name="看看会改什么", exact=True).press("Enter")
        expect(clerk.locator(".bad li")).to_contain_text("写明是谁的出闸纸")
        shot(clerk, "entry-day")
        clerk.locator("[name=unit]").fill("11栋201")
        clerk.locator("[name=unit]").press("Enter")
        expect(clerk.locator(".diff.added li")).to_contain_text("沙发 / 纸箱")
        expect(clerk.get_by_text("请管理员")).to_be_visible()
        shot(clerk, "edits-day")
        # hours of a schedule, by keyboard
        clerk.locator("[data-list=schedules]").press("Enter")
        clerk.get_by_role("button", name="新增一条").press("Enter")
        clerk.locator("[name=schedule]").fill("夜班")
        clerk.locator("[name=begin]").fill("22:00")
        clerk.locator("[name=end]").fill("06:00")
        clerk.locator("[name=end]").press("Enter")
        expect(clerk.locator(".bad li")).to_contain_text("星期：这一列必填")
        expect(clerk.locator(".days")).to_have_attribute("aria-invalid", "true")
        for day in ("周一", "周二", "周三", "节假日"):
            clerk.get_by_role("checkbox", name=day).press("Space")
        shot(clerk, "schedule-day")
        clerk.locator("[name=end]").press("Enter")
        expect(clerk.locator(".diff.added li")).to_contain_text("周一至周三 节假日 22:00–次日 06:00")
        expect(admin.locator("[data-draft]", has_text="Goods permits · single entries")).to_have_count(1)
        with closing(office.client("wen", OWN)) as one:
            again = one.get("/registry/file?list=cards&form=xlsx").content
            assert (
                one.post("/registry/drafts?list=cards", content=again, headers={"X-File-Name": "a.xlsx"}).json()["same"]
                == 1
            )
            draft = one.post("/registry/drafts?list=cards", content=CARDS.replace("周杰", "周节").encode()).json()
            assert one.post(f"/registry/drafts/{draft['number']}/publish").status_code == 403
            # a large table is compared, and published, by a process of its own
            large = CARDS + "".join(f"0c{n:08x},员工,员工{n},,\n" for n in range(3_000))
            with stuck(store, "UPDATE OF share ON registry_drafts WHEN NEW.share >= 50"):
                number = one.post("/registry/drafts?list=cards&mode=changes", content=large.encode()).json()["number"]
                assert one.get("/gates").status_code == 200
                kill_what_it_started(office)
            clerk.locator("[data-draft]", has_text="核对中断").press("Enter")
            expect(clerk.get_by_role("alert")).to_contain_text("上传的名单还在")
            shot(clerk, "broken-day")
            clerk.get_by_role("button", name="再核对一次").press("Enter")
            until(lambda: not one.get(f"/registry/drafts/{number}").json()["waits"], 60)
            found = one.get(f"/registry/drafts/{number}").json()
            assert (found["counts"], len(found["added"])) == ({"added": 3_001, "changed": 1, "removed": 0}, 200)
        with closing(office.client("admin", OWN)) as other:
            assert other.post(f"/registry/drafts/{number}/publish?at_ms=1").json()["error"]["code"] == "stale"
            admin.locator(f"[data-draft='{number}']").press("Enter")
            with stuck(store, "INSERT ON registry_sums"):
                admin.get_by_role("button", name="Publish to the gates").press("Enter")
                kill_what_it_started(office)
            expect(admin.get_by_role("status").filter(has_text="publishing broke off")).to_contain_text(
                "short of memory or disk"
            )
            assert Registry(store, SITE).newest()[0] == 5, "nothing of it is in force"
            admin.get_by_role("button", name="Publish to the gates").press("Enter")
            expect(admin.get_by_role("heading", name="Published as version 6")).to_be_visible()
            assert other.get(f"/registry/drafts/{number}").json()["error"]["code"] == "no-draft"
        expect(row.locator("td").nth(1)).to_have_text("6", timeout=60_000)
        looked = [tuple(r) for r in store.run("SELECT name, what, about FROM office_looks ORDER BY number")]
        assert ("admin", "registry", "cards") in looked
        assert ("admin", "published", "cards 2") in looked
        assert [(v.by, v.source) for v in Registry(store, SITE).versions()][1] == ("admin (wen)", "cards: 住户.csv")
    # the tablet says which list holds, and whose it is
    tablet = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN").new_page()
    tablet.goto(main.url)
    sign_in(tablet, main.pin)
    tablet.locator(".chip-info", has_text="名册").click()
    expect(tablet.get_by_role("dialog")).to_contain_text("管理中心，第 6 版")
    expect(tablet.get_by_role("dialog")).to_contain_text("婚礼车队 H1 (本门没有该车道)")
    support_page.shot(tablet, "tablet-registry")
    with closing(main.leader()) as leader:
        (entry,) = leader.get("/watch").json()["rows"]
        refused = leader.post(f"/watch/{entry['entry']}/remove", {"why": "x"})
        assert refused.json()["error"]["code"] == "office-entry"
        assert [e["body"]["version"] for e in leader.events("registry.imported")][-1] == "6"
    assert wrong == also == []
    for page in (clerk, admin, tablet):
        assert "⟦" not in page.content()
        page.context.close()
