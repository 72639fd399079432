"""Head office's pages: the real process over a real database, as browsers and people meet it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import cv2
import httpx
import numpy
import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from edge.domain.event import KINDS
from sync.headoffice.__main__ import main
from sync.headoffice.config import Config
from sync.headoffice.exporting import PAGE
from sync.headoffice.index_words import entry_of
from sync.headoffice.photo_receiver import Archive
from sync.headoffice.store import Heard, Store
from sync.headoffice.store_sqlite import SqliteStore
from sync.headoffice.web_static import FOLDER
from sync.headoffice.web_users import ROLES
from sync.photo_protocol import Photo
from tests import support_page
from tests.support_albums import sha
from tests.support_office import VISIT, Office, Said, take_in
from tests.support_page import until
from tests.support_sync import EPOCH, ROOT, SITE

pytest_plugins = ["tests.support_page_fixtures"]
PICTURE = bytes(cv2.imencode(".jpg", numpy.linspace(40, 200, 240 * 320, dtype=numpy.uint8).reshape(240, 320))[1])
OWN = "a good long password"
SAID: list[Said] = [
    *VISIT[:4],
    ("picture.taken", {"lane": "entry", "moment": "pass", "digest": sha(PICTURE), "size": len(PICTURE), "pass_seq": 4, "keep": "pass"}),
    *VISIT[5:],
    ("fault.began", {"device": "camera", "code": "frozen", "lane": "entry"}),
    ("access.decided", {"lane": "exit", "direction": "out", "decision": "refused", "reason": "expired", "card": "04ffffff", "plate_read": "粤B54321"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path_factory.mktemp("office") / "headoffice.sqlite")
    take_in(made, SAID)
    north: list[Said] = [
        ("access.decided", {"lane": "entry", "decision": "granted", "plate_read": "粤8I2345"}),
        ("barrier.observed", {"lane": "entry", "was": "down", "now": "up"}),
        ("pass.opened", {"lane": "entry", "direction": "in", "reason": "delivery"}),
        ("card.issued", {"card": "04aa", "visit": 0, "kind": "visitor", "label": "访08", "until": "2026-10-02"}),
    ]
    take_in(made, north, gate="north", day=2)
    details = {
        "registry": "2026-11-24",
        "clock": "ntp",
        "faults": ["camera:frozen"],
        "version": "0.1.0",
        "lanes": {"entry": "down"},
    }
    made.hear(SITE, [Heard("main", True, EPOCH, 12, details, 1_790_000_000_000)])
    made.run("INSERT INTO alarms VALUES (?, 'north', 'e1', 'fork', 'event 7 has two histories', 1, 5, 5)", (SITE,))
    yield made
    made.close()


@pytest.fixture(scope="module")
def office(store: SqliteStore) -> Iterator[Office]:
    made = Office(store.path.parent, str(store.path))
    try:
        archive = Archive(store, SITE, Config.load(made.config).place(), Config.load(made.config).picture_key())
        archive.put("main", Photo(sha(PICTURE), "picture", sha(PICTURE), len(PICTURE), 5, EPOCH), PICTURE, 1)
        with closing(made.client(made.admin, made.password)) as admin:
            assert admin.get("/gates").json()["error"]["code"] == "password", "the printed password is for one sign-in"
            assert admin.post("/password", json={"old": made.password, "new": OWN}).status_code == 200
            for role in ROLES[:3]:
                answer = admin.post("/people", json={"name": role, "role": role, "password": f"for the {role} first"})
                assert answer.status_code == 200, answer.text
                with closing(made.client(role, f"for the {role} first")) as one:
                    assert one.post("/password", json={"old": f"for the {role} first", "new": OWN}).status_code == 200
        yield made
    finally:
        made.close()


@pytest.fixture
def client(office: Office) -> Iterator[Callable[[str], httpx.Client]]:
    opened: list[httpx.Client] = []

    def signed_in(role: str) -> httpx.Client:
        opened.append(office.client("admin" if role == "admin" else role, OWN))
        return opened[-1]

    yield signed_in
    for one in opened:
        one.close()


def looks(client: httpx.Client) -> list[tuple[str, str, str]]:
    return [(x["name"], x["what"], x["about"]) for x in client.get("/looks").json()["rows"]]


def test_what_each_role_sees_and_that_it_is_on_record(client: Callable[[str], httpx.Client], store: Store) -> None:
    viewer, clerk, auditor = client("viewer"), client("clerk"), client("auditor")
    until(lambda: viewer.get("/find", params={"text": "粤B54321"}).json()["rows"], what="the follower has come so far")
    assert [r["seq"] for r in viewer.get("/find", params={"text": "12345"}).json()["rows"]] == [1, 7, 4]
    seen = viewer.get("/story", params={"gate": "main", "visit": 1}).json()["rows"]
    assert [(r["kind"], r["personal"], r.get("kept")) for r in seen] == [("visit.opened", {}, True), ("visit.noted", {}, True), ("visit.admitted", {}, None)]  # fmt: skip
    assert viewer.get("/find", params={"text": "王小明"}).json()["rows"] == [], (
        "who may not see names does not find by them"
    )
    assert viewer.get("/find", params={"text": "王小明", "sort": "name"}).json()["rows"] == []
    for denied in ("/looks", "/people", f"/pictures/main/{sha(PICTURE)}"):
        assert viewer.get(denied).status_code == 403
    assert viewer.post("/certificates", json={"gate": "main", "first": 1, "last": 2}).status_code == 403
    before = looks(auditor)
    found = clerk.get("/find", params={"text": "王小明"}).json()["rows"]
    assert [r["personal"]["name"] for r in found] == ["王小明", "王小明"]
    shown = clerk.get(f"/pictures/main/{sha(PICTURE)}")
    assert (shown.content, shown.headers["content-type"]) == (PICTURE, "image/jpeg")
    new = looks(auditor)[: len(looks(auditor)) - len(before)]
    assert new == [("clerk", "picture", sha(PICTURE)), ("clerk", "person", f"{EPOCH}/2 {EPOCH}/1")]
    with pytest.raises(Exception, match="kept"):
        store.run("DELETE FROM office_looks")
    assert clerk.get("/looks").status_code == 403
    assert auditor.get(f"/pictures/main/{sha(PICTURE)}").status_code == 403


def test_gates_at_a_glance(client: Callable[[str], httpx.Client]) -> None:
    said = client("viewer").get("/gates").json()
    main, north = said["gates"]
    assert (main["online"], main["applied"], main["missing"], main["registry"]) == (True, 9, 3, "2026-11-24")
    assert (main["faults"], main["clock"], north["online"]) == (["camera:frozen"], "ntp", None)
    assert [a["code"] for a in north["alarms"]] == ["fork"]


def test_wrong_passwords_lock_and_forged_requests_do_nothing(
    office: Office, client: Callable[[str], httpx.Client]
) -> None:
    admin = client("admin")
    assert (
        admin.post("/people", json={"name": "zhao", "role": "viewer", "password": "first password"}).status_code == 200
    )
    stranger = office.client()
    for _ in range(5):
        assert stranger.post("/session", json={"name": "zhao", "password": "wrong password"}).status_code == 401
    locked = stranger.post("/session", json={"name": "zhao", "password": "first password"})
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "locked")
    assert (
        admin.post("/people", json={"name": "zhao", "role": "viewer", "password": "another password"}).status_code
        == 200
    )
    assert stranger.post("/session", json={"name": "zhao", "password": "another password"}).status_code == 200
    assert admin.post("/people", json={"name": "admin", "role": "viewer"}).json()["error"]["code"] == "last-admin"
    change = {"name": "mallory", "role": "admin", "password": "mallory mallory"}
    for headers in (
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Idempotency-Key": ""},
        {"Host": "evil.example"},
    ):
        assert admin.post("/people", json=change, headers=headers).status_code in (400, 403, 421)
    streamed = admin.post(
        "/people", content=(b"x" * 1024 for _ in range(80)), headers={"Content-Type": "application/json"}
    )
    assert (streamed.status_code, streamed.json()["error"]["code"]) == (413, "too-large"), "counted as it comes"
    assert admin.get("/nothing").json()["error"]["code"] == "no-such-address"
    assert "mallory" not in [u["name"] for u in admin.get("/people").json()["rows"]]
    page = httpx.get(office.url)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "HttpOnly" in (cookie := stranger.post("/session", json={"name": "zhao", "password": "another password"}).headers["set-cookie"])  # fmt: skip
    assert "samesite=strict" in cookie.lower()
    assert stranger.delete("/session").status_code == 200
    assert stranger.get("/gates").status_code == 401
    stranger.close()


def test_a_certificate_is_checked_off_line(
    client: Callable[[str], httpx.Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    auditor = client("auditor")
    made = auditor.post("/certificates", json={"gate": "main", "first": 3, "last": 7}).json()
    events = auditor.get("/range", params={"gate": "main", "first": 3, "last": 7}).content
    assert events.count(b"\n") == 5
    file, lines = tmp_path / "certificate.json", tmp_path / "range.jsonl"
    key = made["key"]

    def check(certificate: str, content: bytes, key: str = key) -> tuple[int, str]:
        file.write_text(certificate, encoding="utf-8")
        lines.write_bytes(content)
        status = main(["check-certificate", str(file), "--key", key, "--events", str(lines)])
        said = capsys.readouterr()
        return status, said.out + said.err

    assert check(made["file"], events)[0] == 0
    assert "these are the 5 events" in check(made["file"], events)[1]
    assert check(made["file"], events.replace("粤B12345".encode(), "粤B12346".encode()))[0] == 1, "an altered event"
    assert check(made["file"], b"".join(events.splitlines(keepends=True)[:-1]))[0] == 1, "one missing at the end"
    assert check(made["file"], b"".join(events.splitlines(keepends=True)[1:]))[0] == 1, "one missing at the start"
    assert check(made["file"].replace('"last": 7', '"last": 8'), events)[0] == 1, "an altered certificate"
    assert check(made["file"], events, "00" * 32)[0] == 1, "another's key"
    refused = auditor.post("/certificates", json={"gate": "main", "first": 3, "last": 99})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not-proven")


def test_a_search_becomes_a_file(client: Callable[[str], httpx.Client], store: Store) -> None:
    clerk, viewer = client("clerk"), client("viewer")
    many: list[Said] = [("pass.opened", {"lane": "entry", "unit": "9-9", "reason": "=cmd()"}, {"driver": "钱七"})] * (
        PAGE + 20
    )
    take_in(store, many, gate="south", day=3)
    until(lambda: len(clerk.get("/find", params={"text": "9-9"}).json()["rows"]) == 50, 20, "indexed")
    until(lambda: {g["gate"]: g["indexed"] for g in clerk.get("/gates").json()["gates"]}["south"] == PAGE + 20, 20)

    def made(one: httpx.Client, form: str, **more: object) -> bytes:
        number = one.post("/exports", json={"text": "9-9", "form": form, **more}).json()["number"]
        said = until(lambda: (j := one.get(f"/exports/{number}").json())["state"] != "running" and j, 30, "the file")
        assert (said["state"], said["rows"]) == ("done", PAGE + 20), said
        stranger = viewer if one is clerk else clerk
        assert stranger.get(f"/exports/{number}/file").status_code == 404, "somebody else's"
        return one.get(f"/exports/{number}/file").content

    lines = list(csv.DictReader(io.StringIO(made(clerk, "csv").decode("utf-8-sig"))))
    assert [int(line["seq"]) for line in lines] == list(range(PAGE + 20, 0, -1))
    assert (lines[0]["name"], lines[0]["reason"], lines[0]["unit"]) == ("钱七", "'=cmd()", "9-9")
    sheet = openpyxl.load_workbook(io.BytesIO(made(viewer, "xlsx", lang="zh-CN", east=480)), read_only=True).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert (len(rows), rows[0][:5]) == (PAGE + 21, ("时间", "门岗", "日志批次", "编号", "事件"))
    assert rows[-1][:6] == ("2026-10-03 08:01:00", "south", EPOCH, "1", "手动放行", "入口"), (
        "in the page's words and time"
    )
    assert not any("钱七" in map(str, line) for line in rows), "a viewer's file names nobody"
    with closing(client("admin")) as admin:
        assert ("clerk", "person", f"{EPOCH}/{PAGE + 20}") in [(n, w, a.split()[0]) for n, w, a in looks(admin)]


def test_the_dictionaries_have_the_same_keys_and_every_key_of_the_page() -> None:
    chinese, english = (json.loads((FOLDER / f"{name}.json").read_text("utf-8")) for name in ("zh-CN", "en"))
    assert list(chinese) == list(english)
    for path in (ROOT / "edge" / "domain").glob("events*.py"):
        import_module(f"edge.domain.{path.stem}")
    unnamed = [kind for kind in KINDS if f"kind.{kind}" not in chinese and entry_of(1, event(kind), None)]
    unnamed += [f.name for kind in KINDS.values() for f in fields(kind) if f"field.{f.name}" not in chinese]
    assert not unnamed, "what a gate may journal is said in words"
    tablet = json.loads((ROOT / "edge" / "tablet" / "zh-CN.json").read_text("utf-8"))
    told = [key for key in tablet if key.startswith(("fault.", "device.", "phase.")) and not key.endswith(".do")]
    assert [key for key in told if key != "fault.since" and chinese.get(key) != tablet[key]] == []


def event(kind: str) -> bytes:
    return json.dumps({"kind": kind, "actor": "guard:li", "at": "2026-10-01T00:00:00.000Z", "body": {}}).encode()


def test_the_page_by_day_and_by_night(office: Office, store: SqliteStore, browser: Browser) -> None:
    """One clerk's and one administrator's way through every room; axe looks at each."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN", timezone_id="Asia/Shanghai")
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script("localStorage.getItem('office-theme') || localStorage.setItem('office-theme', 'day')")
    page.goto(office.url)
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", OWN)
    page.keyboard.press("Enter")
    card = page.locator("[data-gate=main]")
    expect(card).to_contain_text("到第 9 条一条不缺，还有 3 条在路上")
    expect(page.locator("[data-gate=north]")).to_contain_text("fork")
    shot(page, "gates-day")
    room(page, "查询").click()
    page.fill("[name=text]", "粤B?2345")
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(3)
    page.get_by_label("名称").fill("我的车")
    page.get_by_role("button", name="保存这个查询").click()
    page.fill("[name=text]", "")
    page.get_by_label("已保存的查询").select_option("我的车")
    expect(page.locator("[name=text]")).to_have_value("粤B?2345")
    expect(page.locator(".row")).to_have_count(3)
    shot(page, "find-day")
    page.locator(".row").nth(2).click()
    page.get_by_role("button", name="本次通行").click()
    rows = page.locator("dialog").last.locator(".row")
    expect(rows).to_have_count(3)
    page.locator("dialog").last.get_by_role("button", name="看 1 张照片").click()
    expect(page.locator("dialog").last.locator(".pictures img")).to_have_js_property("naturalWidth", 320)
    shot(page, "story-day")
    for _ in range(2):
        page.keyboard.press("Escape")
    room(page, "实时").click()
    expect(page.get_by_text("已连接")).to_be_visible()
    until(lambda: live(page, store), 20, "an event comes by itself")
    room(page, "图表").click()
    page.select_option("[name=days]", "366")
    hands = page.locator(".card", has_text="值班人手动放行")
    expect(hands.get_by_role("link", name="li")).to_be_visible()
    expect(page.locator(".card", has_text="车辆等候时间（各时段）")).to_contain_text("main")
    expect(page.locator(".card", has_text="现在在外的卡")).to_contain_text("来访卡")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    hands.get_by_text("看数字").click()
    shot(page, "charts-day")
    hands.get_by_role("link", name="1", exact=True).last.click()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("送货已登记")
    expect(page.locator("[name=who]")).to_have_value("li")
    page.go_back()
    page.locator(".heat a").first.click()
    expect(page.locator("[name=hour]")).to_have_value("8")
    expect(page.locator(".row").first).to_contain_text("车辆通过")
    phone = context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    for name in ("gates", "live", "find", "charts", "looks", "people"):
        phone.goto(f"{office.url}/#{name}")
        expect(phone.locator("main h2").first).to_be_visible()
        expect(phone.locator("[aria-busy]")).to_have_count(0)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than a phone"
    phone.close()
    page.get_by_role("button", name="昼夜").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    for name in ("Live", "Charts", "Proof", "Who looked", "People", "Gates", "Search"):
        room(page, name).click()
        expect(page.locator("main h2").first).to_have_text(name)
        if name == "Proof":
            page.get_by_role("button", name="Verify").click()
            expect(page.get_by_text("nothing missing, nothing altered")).to_be_visible()
        shot(page, f"{name.split()[0].lower()}-night")
    assert "⟦" not in page.content()
    assert not errors, errors
    context.close()


def live(page: Page, store: SqliteStore) -> bool:
    take_in(store, [("command.refused", {"lane": "entry", "action": "open", "why": "late"})])
    page.wait_for_timeout(300)
    return page.locator(".row.new").count() > 0


def room(page: Page, name: str) -> Locator:
    return page.locator("nav").get_by_role("button", name=name, exact=True)


def shot(page: Page, name: str) -> None:
    support_page.shot(page, f"office-{name}")
    found = support_page.axe(page)
    assert not found.response["violations"], (name, found.generate_report())
