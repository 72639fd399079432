"""Reception in Chromium, on a whole gate: expected visitors, corrections, the watch list, the desk's reader, search, the muster list."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support_hands import Keys
from tests.support_line import Line
from tests.support_page import Client, RealGate, board, shot, until
from tests.support_visits import admitted, begin, do, licence, somebody, stock
from tests.test_page_axe import Walk

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
CARDS = [(f"0a00d4{n:04d}", "visitor", f"R-{n:02d}") for n in range(1, 6)]

SMALL = """() => [...document.querySelectorAll('dialog button:not(.sheet-head button), dialog input:not([type=hidden])')].filter((e) => { const b = e.getBoundingClientRect();
  return b.width && Math.min(b.width, b.height) < 95.5; }).map((e) => e.outerHTML.slice(0, 90))"""


@pytest.fixture(autouse=True)
def cards(gate: RealGate) -> None:
    stock(gate, *CARDS)


def desk(open_page: Open, gate: RealGate, client: Client, *size: int) -> Page:
    page = board(open_page, gate.url, client, *size)
    page.locator("[data-open=visits]").click()
    page.locator(".kind-tile").first.wait_for()
    return page


def tap(page: Page, selector: str, **more: str) -> None:
    target = page.locator(selector, **more).first
    target.wait_for()
    page.evaluate("new Promise((done) => setTimeout(done, 320))")
    target.click()


def appointment(client: Client, **given: Any) -> dict[str, Any]:
    now = round(time.time() * 1000)
    said = {"kind": "guest", "from_ms": now, "until_ms": now + 3_600_000, "unit": "11栋201", "host": "郑伟", **given}
    done = client.post("/appointments", said)
    assert done.status_code == 200, done.text
    row: dict[str, Any] = done.json()["appointment"]
    return row


def test_p4_an_expected_guest_by_one_tap_by_code_and_by_a_scanner_that_types(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    names = [somebody() for _ in range(3)]
    one, two, three = (appointment(leader, name=name, title="mr", companions=1) for name in names)
    page = desk(tablet, gate, leader)
    expect(page.locator(".visit-rows .group").first).to_contain_text("预约")
    shot(page, "reception-expected")
    tap(page, f'[data-appointment="{one["appointment"]}"]')
    expect(page.locator(".visit-say")).to_contain_text("郑小姐，您好，我们是正门值班保安")
    expect(page.locator(f'[data-appointment="{one["appointment"]}"]')).to_have_count(0)
    tap(page, "[data-tool=later]")
    page.locator("input[name=find]").fill(two["code"])
    page.keyboard.press("Enter")
    expect(page.locator(".visit-head")).to_contain_text(f"{names[1][0]}先生")
    shot(page, "reception-code")
    page.locator('[data-answer="arrive"]').wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".visit-say")).to_contain_text("我们是正门值班保安")
    page.keyboard.press("Escape")
    before = [e["seq"] for e in leader.events("barrier.held")]
    page.evaluate(
        "(text) => { for (const key of [...text, 'Enter']) (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }",
        three["scan"],
    )
    tap(page, '[data-answer="arrive"]')
    expect(page.locator(".visit-say")).to_contain_text("我们是正门值班保安")
    assert [e["seq"] for e in leader.events("barrier.held")] == before, "the E of «GE1» holds no barrier"
    page.locator("input[name=find]").fill(one["scan"])
    page.keyboard.press("Enter")
    expect(page.locator(".visit-message")).to_contain_text("这个预约已经使用过")
    shot(page, "reception-used")


def test_p3_a_hosts_call_is_typed_and_the_code_is_told(gate: RealGate, tablet: Open) -> None:
    page = desk(tablet, gate, gate.user("guard-r", "guard"))
    page.locator("[data-open=expect]").click()
    name = somebody()
    page.locator("dialog input[name=name]").fill(f"{name}")
    page.locator("dialog input[name=unit]").fill("5栋1402")
    page.locator('[data-step="expect-more"]').click()
    shot(page, "reception-form")
    page.locator('[data-answer="expect-save"]').click()
    expect(page.locator(".code")).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    shot(page, "reception-code-told")
    page.locator('[data-answer="expect-done"]').click()
    row = page.locator(".visit-row.expected", has_text=name)
    expect(row).to_contain_text("被访人来电")
    expect(row).to_contain_text("随行 1 人")


def test_p3_an_appointment_is_changed_and_cancelled_on_either_tablet(gate: RealGate, tablet: Open) -> None:
    """By touch; the other tablet sees it. Tomorrow's is found by its name."""
    leader, guard = gate.leader(), gate.user("guard-e", "guard")
    first, second = somebody(), somebody()
    one = appointment(leader, name=first, title="mr", companions=1)
    tomorrow = round(time.time() * 1000) + 20 * 3_600_000
    two = appointment(guard, name=second, from_ms=tomorrow, until_ms=tomorrow + 3_600_000)
    mine, theirs = desk(tablet, gate, leader), desk(tablet, gate, guard)
    walk = Walk(mine)
    row = theirs.locator(".expected-row", has_text=f"{first[0]}先生")
    tap(mine, f'[data-change="{one["appointment"]}"]')
    mine.locator("dialog input[name=plate]").fill("粤B55123")
    mine.locator("dialog input[name=expect-until]").fill(mine.locator("dialog input[name=expect-from]").input_value())
    mine.locator('[data-answer="expect-save"]').click()
    expect(mine.locator("dialog .visit-message")).to_contain_text("结束时间应晚于开始时间")
    mine.locator("dialog input[name=expect-until]").fill(
        f"{datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=2)}T18:30"
    )
    assert mine.evaluate(SMALL) == []
    walk.look("change")
    shot(mine, "reception-change")
    mine.locator('[data-answer="expect-save"]').click()
    expect(mine.locator("dialog .code")).to_have_text(f"{one['code'][:3]} {one['code'][3:]}")
    shot(mine, "reception-changed")
    expect(row).to_contain_text("粤B·55123")
    expect(row).to_contain_text("18:30")
    kept = leader.get(f"/appointments/{one['appointment']}").json()["appointment"]
    assert (kept["plate"], kept["title"], kept["companions"], kept["mode"]) == ("粤B55123", "mr", 1, "vehicle")
    mine.locator('[data-answer="expect-done"]').click()
    theirs.locator("input[name=find]").fill(second)
    tap(theirs, f'[data-change="{two["appointment"]}"]')
    tap(theirs, '[data-answer="expect-cancel"]')
    expect(theirs.locator('[data-answer="expect-cancel"]')).to_have_text("再按一次，取消")
    assert leader.get(f"/appointments/{two['appointment']}").json()["appointment"]["state"] == "valid"
    tap(theirs, '[data-answer="expect-cancel"]')
    expect(theirs.locator("dialog .visit-say")).to_contain_text("已取消")
    theirs.keyboard.press("Escape")
    expect(theirs.locator(f'[data-change="{two["appointment"]}"]')).to_have_count(0)
    said = {"kind": "guest", "from_ms": one["from_ms"], "until_ms": one["until_ms"], "name": first}
    again = guard.post(f"/appointments/{two['appointment']}/change", said)
    assert again.json()["error"]["code"] == "appointment-cancelled"
    assert walk.found == {}


def test_p3_an_appointment_is_changed_in_english_by_the_keyboard_alone(gate: RealGate, tablet: Open) -> None:
    leader, name = gate.leader(), somebody()
    one = appointment(leader, name=name, title="ms")
    page = desk(tablet, gate, leader)
    page.context.add_cookies([{"name": "lang", "value": "en", "url": gate.url}])
    page.evaluate("localStorage.theme = 'night'")
    page.reload()
    page.locator(".kind-tile, [data-open=visits]").first.wait_for()
    hands = Keys(page, gate)
    hands.room("visits")
    page.keyboard.press("/")
    page.keyboard.type(one["code"])
    page.keyboard.press("Enter")
    hands.press('[data-answer="expect-change"]')
    hands.type("unit", "9栋904")
    walk = Walk(page)
    walk.look("change")
    shot(page, "reception-change-english-night")
    hands.press('[data-answer="expect-save"]')
    expect(page.locator("dialog .visit-say")).to_contain_text("the code stays")
    assert leader.get(f"/appointments/{one['appointment']}").json()["appointment"]["unit"] == "9栋904"
    assert walk.found == {}


def test_p6_the_guard_reads_a_neutral_sentence_and_the_leader_decides(gate: RealGate, tablet: Open) -> None:
    leader, guard = gate.leader(), gate.user("guard-w", "guard")
    name, reason = somebody(), "曾冒充快递员"
    assert leader.post("/watch", {"name": name, "reason": reason}).status_code == 200
    visit = begin(guard, kind="construction-long", name=name, company="宏达", unit="")
    theirs = desk(tablet, gate, guard)
    mine = desk(tablet, gate, leader)
    for page in (theirs, mine):
        tap(page, f'.visit-row[data-visit="{visit["visit"]}"]')
        expect(page.locator(".watching")).to_contain_text("请您稍等，我帮您联系一下")
    assert reason not in theirs.content()
    expect(mine.locator(".watching")).to_contain_text(reason)
    shot(theirs, "reception-watch-guard")
    shot(mine, "reception-watch-leader")
    theirs.locator("input[name=valid_until]").fill("2027-12-31")
    tap(theirs, '[data-answer="mine"]')
    expect(theirs.locator(".watching")).to_be_visible()
    expect(theirs.locator('[data-answer="admit"]')).to_have_count(0)
    tap(mine, '[data-decide="admit"]')
    tap(theirs, '[data-answer="admit"]')
    expect(theirs.locator(".visit-hint")).to_contain_text("已放行")


def test_p3_data_are_corrected_and_companions_counted_by_tapping(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    page = desk(tablet, gate, leader)
    tap(page, '[data-kind="business"]')
    name = somebody()
    page.keyboard.type(name)
    page.locator("input[name=unit]").fill("9栋904")
    for _ in range(2):
        page.locator('[data-step="companions-more"]').click()
    shot(page, "reception-companions")
    page.locator("input[name=unit]").press("Enter")
    page.locator('[data-answer="yes"]').wait_for()
    newest = leader.get("/visits").json()["rows"][0]
    assert (newest["name"], newest["companions"]) == (name, 2)
    tap(page, "[data-tool=correct]")
    page.locator("input[name=goods]").fill("电脑一台")
    page.locator('[data-step="companions-less"]').click()
    shot(page, "reception-correct")
    tap(page, '[data-answer="save"]')
    expect(page.locator(".visit-facts")).to_contain_text("电脑一台")
    newest = leader.get("/visits").json()["rows"][0]
    assert (newest["goods"], newest["companions"]) == ("电脑一台", 1)


def test_p3_a_card_at_the_desks_reader_comes_up_by_itself_and_leads_to_its_visit(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    uid, _, label = CARDS[3]
    visit = begin(leader)
    do(leader, visit, "answer", step="appointment", answer="yes")
    do(leader, visit, "call", result="agreed")
    do(leader, visit, "document", how="hold", kind="driving-licence", number=licence(), owner=visit["name"])
    page = desk(tablet, gate, leader)
    tap(page, f'.visit-row[data-visit="{visit["visit"]}"]')
    page.locator(".pick.card").first.wait_for()
    assert leader.post("/simulate", {"name": "desk-card", "card": uid}).status_code == 200
    expect(page.locator(".tapped")).to_contain_text(label)
    shot(page, "reception-tapped")
    assert leader.get(f"/visits/{visit['visit']}").json()["cards"] == [], "a tap alone issues nothing"
    page.keyboard.press("Enter")
    tap(page, '[data-answer="admit"]')
    expect(page.locator(".visit-hint")).to_contain_text("已放行")
    tap(page, '[data-answer="next"]')
    page.locator(".kind-tile").first.wait_for()
    page.evaluate("new Promise((done) => setTimeout(done, 1100))")
    leader.post("/simulate", {"name": "desk-card", "card": label})
    expect(page.locator("[data-owed=card]")).to_contain_text(label)
    shot(page, "reception-leaving")


def test_search_by_a_plate_that_was_read_wrongly_in_both_languages(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    name = somebody()
    visit = begin(leader, kind="delivery", mode="vehicle", name=name, plate="粤B8Z0S1", unit="9栋904")
    do(leader, visit, "refuse", reason="left")
    page = board(tablet, gate.url, leader)
    page.keyboard.press("f")
    expect(page.locator("input[name=search]")).to_be_focused()
    page.keyboard.type("bb20?i")
    row = page.locator(f'[data-found="visit-{visit["visit"]}"]')
    expect(row).to_contain_text("粤B·8Z0S1")
    page.keyboard.press("Enter")
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".story-pane .story li")).to_have_count(2)
    expect(page.locator(".story-pane")).to_contain_text("婉拒 自行离开")
    shot(page, "reception-find")
    page.get_by_text("English").click()
    page.locator("[data-open=find]", has_text="Find").click()
    expect(page.locator("input[name=search]")).to_be_focused()
    page.keyboard.type(name)
    page.locator(f'[data-found="visit-{visit["visit"]}"]').click()
    expect(page.locator(".story-pane")).to_contain_text("Declined")
    shot(page, "reception-find-english")


def test_the_muster_list_stays_when_the_link_is_down_and_prints_black_on_white(
    gate: RealGate, tablet: Open, proxy: Line
) -> None:
    leader = gate.leader()
    visit = admitted(leader, CARDS[4][0])
    page = board(tablet, proxy.url, leader)
    page.locator("[data-open=visits]").click()
    page.locator(f'.visit-row[data-visit="{visit["visit"]}"]').wait_for()
    expect(page.locator(f'.visit-row[data-visit="{visit["visit"]}"]')).to_contain_text("还可停留 7 小时")
    page.locator("[data-count=inside]").click()
    expect(page.locator(".muster")).to_contain_text(visit["name"])
    shot(page, "reception-muster")
    page.keyboard.press("Escape")
    proxy.cut()
    page.locator("[data-count=inside]").click()
    expect(page.locator(".muster .age")).to_contain_text("连接已断开")
    expect(page.locator(".muster")).to_contain_text(visit["name"])
    page.emulate_media(media="print")
    expect(page.locator(".muster .tick").nth(1)).to_be_visible()
    expect(page.locator(".bar")).to_be_hidden()
    shot(page, "reception-muster-print", full=True)
    listed = gate.database.parent / "muster.txt"
    until(
        lambda: listed.exists() and visit["name"] in listed.read_text(encoding="utf-8"),
        12,
        "the list in the data folder",
    )
