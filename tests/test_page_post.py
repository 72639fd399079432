"""Requests, notices and the change of shift in Chromium, on a whole gate: D2 whole, D3, D5, D6 by touch; D1 by keyboard alone; English."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support_page import RealGate, board, shot, sign_in

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
PIN = "602914"
SMALL = """() => [...document.querySelectorAll('.desk:not([hidden]) button, .bulletins button, .door')].filter((e) => { const b = e.getBoundingClientRect();
  return b.width && Math.min(b.width, b.height) < 95.5; }).map((e) => e.outerHTML.slice(0, 90))"""
ITEMS = ("documents", "cards_rack", "cards_out", "visitors", "requests")


def room(page: Page, name: str) -> Page:
    """With that room open."""
    page.locator(f"[data-open={name}]").first.click()
    return page


def tap(page: Page, selector: str) -> None:
    """A person's tap: not within the first moment, when the page takes none."""
    page.locator(selector).first.wait_for()
    page.evaluate("new Promise((done) => setTimeout(done, 320))")
    page.locator(selector).first.click()


def test_d2_from_the_call_to_a_satisfied_owner_in_few_taps(gate: RealGate, tablet: Open) -> None:
    page = room(board(tablet, gate.url, gate.leader()), "requests")
    expect(page.locator(".requests .visit-say")).to_contain_text("正门值班室，请问有什么可以帮到您")
    expect(page.locator(".requests .kind-tile")).to_have_count(11)
    shot(page, "post-tiles")
    tap(page, '[data-category="repair"]')
    expect(page.locator(".requests .visit-say")).to_contain_text("我帮您联系工程部做")
    page.keyboard.type("zw")
    tap(page, ".pick:has-text('11栋201')")
    page.keyboard.type("厨房水龙头漏水")
    shot(page, "post-taking")
    assert page.evaluate(SMALL) == []
    tap(page, '[data-answer="pass"]')
    expect(page.locator(".requests .visit-say")).to_contain_text("郑小姐")
    expect(page.locator(".story li")).to_have_count(2)
    row = page.locator(".requests .visit-row", has_text="厨房水龙头漏水").filter(has_text="11栋201")
    expect(row).to_contain_text("工程部办理中")
    expect(row).to_contain_text("还剩")
    tap(page, '[data-answer="done"]')
    expect(page.locator(".requests .visit-say")).to_contain_text("请问您满意吗")
    page.locator("input[name=note]").fill("还在滴水")
    tap(page, '[data-answer="unsatisfied"]')
    expect(row).to_contain_text("第 2 次")
    expect(page.locator(".story")).to_contain_text("还在滴水")
    shot(page, "post-story")
    assert page.evaluate(SMALL) == []
    tap(page, '[data-answer="done"]')
    tap(page, '[data-answer="satisfied"]')
    expect(row).to_contain_text("业主满意")


def test_d3_a_complaint_shows_who_was_told_and_d4_a_violation_has_a_picture(gate: RealGate, tablet: Open) -> None:
    page = room(board(tablet, gate.url, gate.leader()), "requests")
    tap(page, '[data-category="complaint"]')
    page.locator("input[name=unit]").fill("9栋1603")
    page.locator("input[name=words]").fill("楼上深夜装修")
    page.keyboard.press("Enter")
    expect(page.locator(".story")).to_contain_text(re.compile("马上报告当班班长.*马上报告管理中心", re.DOTALL))
    shot(page, "post-complaint")
    page.locator('[data-open="new-request"]').click()
    tap(page, '[data-category="violation"]')
    tap(page, '[data-pick="stop-should"]')
    expect(page.locator(".requests .visit-say")).to_contain_text("您应该这样做")
    tap(page, '[data-pick="entry"]')
    page.locator("input[name=words]").fill("逆行")
    shot(page, "post-violation")
    tap(page, '[data-answer="done"]')
    expect(page.locator(".said-picture")).to_be_visible()


def test_d5_a_notice_is_on_every_room_until_it_is_read_here(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    guard = board(tablet, gate.url, gate.user("gao", "guard"))
    page = room(board(tablet, gate.url, leader), "duty")
    tap(page, '[data-tool="post"]')
    tap(page, '[data-kind="water-cut"]')
    page.locator("input[name=text]").fill("水管检修")
    shot(page, "post-notice-form")
    assert page.evaluate(SMALL) == []
    tap(page, '[data-answer="post"]')
    strip = guard.locator(".bulletins li", has_text="停水")
    expect(strip).to_contain_text("事由是水管检修", timeout=2_000)
    shot(guard, "post-strip")
    room(guard, "visits")
    expect(strip).to_be_visible()
    strip.locator("button").click()
    expect(strip).to_have_count(0)
    guard.reload()
    guard.locator(".lane").first.wait_for()
    expect(guard.locator(".bulletins")).to_be_hidden()
    expect(page.locator(".duty-row", has_text="停水")).to_contain_text("gao", timeout=3_000)
    shot(page, "post-duty")
    tap(page, ".duty-row:has-text('停水')")
    tap(page, '[data-answer="withdraw"]')
    expect(page.locator(".duty-row", has_text="停水")).to_contain_text("已撤回")


def test_d6_handing_over_by_count(gate: RealGate, tablet: Open) -> None:
    leader = gate.leader()
    for user, name in (("gao", "高"), ("shen", "沈")):
        leader.post("/users", {"user": user, "name": name, "role": "guard", "pin": PIN})
    page = tablet(gate.url)
    sign_in(page, PIN, "gao")
    page.locator(".tools button", has_text="交班").click()
    expect(page.locator(".duty .visit-say")).to_contain_text("请接班的同事在这里登录")
    shot(page, "post-hand-over")
    tap(page, '[data-answer="next"]')
    expect(page.locator(".lead")).to_contain_text("谁接班")
    assert page.locator('[data-user="gao"]').count() == 0
    sign_in(page, PIN, "shen")
    expect(page.locator(".duty .visit-say")).to_contain_text("逐项清点")
    known = leader.get("/duty/overview").json()["known"]
    for item in ITEMS:
        page.locator(f"input[name={item}]").fill(str(known[item] + (item == "cards_rack")))
    shot(page, "post-counting")
    assert page.evaluate(SMALL) == []
    tap(page, '[data-answer="counted"]')
    expect(page.locator('[data-item="cards_rack"]')).to_contain_text("相差 1")
    tap(page, '[data-answer="take-over"]')
    expect(page.locator(".duty .visit-message")).to_contain_text("数目有差异，请写明原因")
    page.locator("input[name=reason]").fill("多出一张旧卡")
    shot(page, "post-compare")
    tap(page, '[data-answer="take-over"]')
    expect(page.locator(".duty .visit-say")).to_contain_text("沈已接班")
    expect(page.locator(".handover").first).to_contain_text("多出一张旧卡")
    expect(page.locator(".duty-who", has_text="高")).to_have_count(0)
    shot(page, "post-over")


def test_d1_by_keyboard_alone(gate: RealGate, tablet: Open) -> None:
    page = board(tablet, gate.url, gate.leader())
    page.keyboard.press("r")
    page.locator(".requests .kind-tile").first.wait_for()
    page.locator(".requests .kind-tile").first.focus()
    page.keyboard.press("9")
    expect(page.locator("input[name=unit]")).to_be_focused()
    for text in ("3栋2503", "赵涛", "13800138000", "问会所几点开门"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.locator("input[name=words]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".story li")).to_have_count(2)
    expect(page.locator('.requests .answer[data-answer="done"]')).to_be_focused()
    page.evaluate("new Promise((done) => setTimeout(done, 350))")
    page.keyboard.press("Enter")
    expect(page.locator(".requests .visit-row", has_text="问会所几点开门")).to_contain_text("已办结")
    page.keyboard.press("Escape")
    expect(page.locator(".register")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator(".overview .sums")).to_be_visible()


def test_in_english_and_on_a_telephone(gate: RealGate, tablet: Open) -> None:
    page = tablet("about:blank", 390, 844)
    leader = gate.leader()
    page.context.add_cookies(
        [
            {"name": name, "value": value, "url": gate.url}
            for name, value in (("gate_session", leader.cookies["gate_session"]), ("lang", "en"))
        ]
    )
    page.goto(gate.url)
    room(page, "requests")
    expect(page.locator(".requests .kind-tile").first).to_be_visible()
    say = page.locator(".requests .visit-say")
    tap(page, '[data-category="repair"]')
    expect(say).to_contain_text("I get in touch with Engineering for you")
    assert not re.search("[㐀-鿿]", say.inner_text())
    shot(page, "post-phone", full=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    room(page, "duty")
    expect(page.locator(".overview .sums")).to_be_visible()
    shot(page, "post-phone-duty", full=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["day", "night"])
def test_the_sentence_is_the_largest_text(gate: RealGate, tablet: Open, theme: str) -> None:
    page = board(tablet, gate.url, gate.leader())
    page.evaluate(f"localStorage.theme = '{theme}'")
    page.reload()
    for name in ("requests", "duty"):
        room(page, name)
        if name == "duty":
            tap(page, '[data-open="count"]')
        page.locator(f".{name} .visit-say").wait_for()
        shot(page, f"post-{name}-{theme}")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "all of it is on one screen"
        say = page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('.{name} .visit-say')).fontSize)")
        rest = page.evaluate(
            f"[...document.querySelectorAll('.{name} *')].filter((e) => !e.matches('.visit-say') && e.getBoundingClientRect().width && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())).map((e) => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert say > max(rest)
