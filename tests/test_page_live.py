"""The guard's page in Chromium, on a whole simulated gate: sign in, raise, what is shown and what is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support_page import RealGate, board, shot, sign_in

pytest_plugins = ["tests.support_page_fixtures"]
ENTRY = '[data-lane="entry"]'
Open = Callable[..., Page]


@pytest.fixture
def page(gate: RealGate, tablet: Open) -> Page:
    return board(tablet, gate.url, gate.leader())


def watch_reports(page: Page) -> None:
    """Remember everything that the entry lane's progress line says."""
    page.evaluate(
        """() => { window.said = []; new MutationObserver(() => window.said.push(document.querySelector('[data-lane=entry] .progress').dataset.kind))
        .observe(document.querySelector('[data-lane=entry] .progress'), {attributes: true, attributeFilter: ['data-kind']}); }"""
    )


def test_a_wrong_pin_is_told_and_five_lock_the_name(gate: RealGate, tablet: Open) -> None:
    gate.user("guard-9", "guard")
    page = tablet(gate.url)
    expect(page.locator("h1")).to_have_text("正门")
    page.locator('[data-user="guard-9"]').click()
    for left in (4, 3, 2, 1):
        page.keyboard.type("000000")
        page.keyboard.press("Enter")
        expect(page.locator(".message")).to_contain_text(f"还可以试 {left} 次")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_contain_text("已锁定")
    expect(page.locator(".message")).to_contain_text("请班长重设密码")
    shot(page, "locked-out")
    page.keyboard.press("Escape")
    expect(page.locator(".person").first).to_be_visible()


def test_raising_is_told_step_by_step_and_a_double_tap_lifts_once(gate: RealGate, page: Page) -> None:
    leader = gate.leader()
    leader.at_rest()
    head = leader.state()["journal_seq"]
    expect(page.locator(f"{ENTRY} .phase")).to_have_text("杆已落下")
    watch_reports(page)
    page.locator(f"{ENTRY} .act.open").dblclick()
    expect(page.locator(f"{ENTRY} .chips")).to_be_visible()
    assert leader.events("barrier.commanded", head) == [], "the second half of a double tap chose no reason"
    page.locator(f"{ENTRY} .act.open").dblclick(delay=0)
    expect(page.locator(f"{ENTRY} .chips")).to_be_visible()
    chip = page.locator(f'{ENTRY} [data-reason="visitor"]')
    page.locator(".chips[data-steady]").wait_for()
    chip.evaluate("(button) => { button.click(); button.click(); }")
    expect(page.locator(f"{ENTRY} .report")).to_contain_text("杆已抬起，用时", timeout=12_000)
    expect(page.locator(f"{ENTRY} .phase")).to_have_text("杆已抬起")
    assert page.evaluate("window.said") == ["sending", "pulsed", "done"]
    opened = [e for e in leader.events("barrier.commanded", head) if e["body"]["action"] == "open"]
    assert len(opened) == 1
    assert leader.events("pass.opened", head)[0]["body"]["reason"] == "visitor"
    expect(page.locator(".row").first).to_contain_text("手动放行")
    page.locator(f"{ENTRY} .act.close").click()
    expect(page.locator(f"{ENTRY} .report")).to_contain_text("杆已落下，用时", timeout=12_000)


def test_an_owner_is_greeted_by_name_and_stands_in_the_register(gate: RealGate, page: Page) -> None:
    gate.leader().at_rest()
    page.locator(".simulate").click()
    page.locator('[data-scenario="owner"]').click()
    say = page.locator(f"{ENTRY} .say")
    expect(say).to_have_text(re.compile("^.(先生|女士|小姐)(早上好|中午好|下午好|晚上好)$"), timeout=15_000)
    expect(page.locator(f"{ENTRY} .salute")).to_be_visible()
    expect(page.locator(f"{ENTRY} .phase")).to_have_text(re.compile("正在抬起|杆已抬起"))
    largest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.lane *')].map((e) => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert largest == say.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)"), (
        "the sentence to say is the largest text"
    )
    row = page.locator('.row[data-decision="granted"]').first
    expect(row).to_contain_text("已通过", timeout=20_000)
    row.click()
    expect(page.locator("dialog .pair img").first).to_be_visible()
    assert page.locator("dialog .pair img").first.evaluate("(i) => i.decode().then(() => i.naturalWidth)") > 100
    page.locator("#note-driver").fill("周先生")
    page.get_by_label("多一人").click()
    page.get_by_label("多一人").click()
    page.locator("dialog [type=submit]").click()
    expect(page.locator("dialog")).to_have_count(0)
    row.click()
    expect(page.locator("dialog .facts")).to_contain_text("周先生")
    shot(page, "detail")
    page.keyboard.press("Escape")
    expect(page.locator(".inside .total")).not_to_have_text("0")
    technicians_see_no_names(gate)
    gate.leader().at_rest()


def technicians_see_no_names(gate: RealGate) -> None:
    """What a guard sees of those who pass is not for technicians."""
    leader, technician = gate.leader(), gate.user("tech-1", "technician")
    row = next(row for row in leader.get("/passes").json()["rows"] if row["holder"])
    assert technician.get(f"/passes/{row['pass_seq']}").json()["row"]["holder"] == ""
    assert all(row["holder"] == row["driver"] == "" for row in technician.get("/passes").json()["rows"])
    assert row["holder"] not in technician.get("/state").text


def test_the_keyboard_raises_with_a_reason_and_escape_thinks_again(gate: RealGate, page: Page) -> None:
    leader = gate.leader()
    leader.at_rest("exit")
    head = leader.state()["journal_seq"]
    expect(page.locator('[data-lane="exit"] .act.open')).to_be_enabled()
    page.keyboard.press("p")
    expect(page.locator('[data-lane="exit"] .chips')).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator('[data-lane="exit"] .chips')).to_be_hidden()
    page.keyboard.press("i")
    page.locator(".chips[data-steady]").wait_for()
    page.keyboard.press("2")
    expect(page.locator('[data-lane="exit"] .phase')).to_have_text("保持常开", timeout=12_000)
    expect(page.locator('[data-lane="exit"] .since')).to_contain_text("由保安保持")
    assert leader.events("barrier.held", head)[0]["body"]["reason"] == "rush"
    expect(page.locator('[data-lane="exit"] .act.close .why')).to_have_text("正在常开")
    page.locator('[data-lane="exit"] .act.close').click()
    expect(page.locator('[data-lane="exit"] .report')).to_contain_text("未执行")
    page.locator('[data-lane="exit"] .act.hold').click()
    expect(page.locator('[data-lane="exit"] .act.hold')).to_have_attribute("aria-pressed", "false")
    page.locator("button.tool", has_text="按键").click()
    expect(page.locator("dialog .keytable")).to_contain_text("Q")
    page.keyboard.press("Escape")
    leader.at_rest("exit")


def test_the_other_language_and_the_night_stay_chosen(gate: RealGate, page: Page) -> None:
    expect(page.locator(f"{ENTRY} .act.close .name")).to_have_text("落杆")
    page.locator("button.tool", has_text="English").click()
    expect(page.locator(f"{ENTRY} .act.close .name")).to_have_text("Lower")
    assert not re.search("[一-鿿]", page.locator(f"{ENTRY} .buttons").inner_text())
    for _ in range(3):
        if (
            page.locator("html").get_attribute("data-theme") == "night"
            and page.evaluate("localStorage.theme") == "night"
        ):
            break
        page.locator("button.tool", has_text=re.compile("Auto|Day|Night")).click()
    page.reload()
    expect(page.locator(f"{ENTRY} .act.close .name")).to_have_text("Lower")
    expect(page.locator("html")).to_have_attribute("data-theme", "night")


def test_the_shift_leader_adds_a_guard_who_can_sign_in(gate: RealGate, page: Page, tablet: Open) -> None:
    page.locator("button.tool", has_text="人员").click()
    page.locator(".person.add").click()
    page.get_by_label("姓名", exact=True).fill("何小妹")
    page.get_by_label("密码").fill("123456")
    page.locator("dialog [type=submit]").click()
    expect(page.locator("dialog .message")).to_contain_text("太容易猜到")
    page.get_by_label("密码").fill("380417")
    page.locator("dialog [type=submit]").click()
    person = page.locator("dialog .person", has_text="何小妹")
    expect(person).to_be_visible()
    other = tablet(gate.url)
    sign_in(other, "380417", person.get_attribute("data-user") or "")
    expect(other.locator(".chip-info").first).to_contain_text("何小妹")
    expect(other.locator("button.tool", has_text="人员")).to_have_count(0)
    other.locator("button.tool", has_text="交班").click()
    other.locator('[data-answer="sign-out"]').click()
    expect(other.locator(".person").first).to_be_visible()


def test_a_reload_keeps_the_session_and_sync_is_told_in_numbers(gate: RealGate, page: Page) -> None:
    page.reload()
    expect(page.locator(".chip-info", has_text="总部")).to_contain_text(
        re.compile(r"总部已收到全部记录，截至第 \d+ 条|\d+ 条待发总部")
    )
    page.locator(".chip-info", has_text="总部").click()
    expect(page.locator("dialog .facts")).to_contain_text("总部已确认到")
