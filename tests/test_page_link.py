"""The page on a bad network: what is old is shown as old, a press in an outage never moves the barrier later, nothing is missed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support_line import Line
from tests.support_page import RealGate, board, shot, until

pytest_plugins = ["tests.support_page_fixtures"]
ENTRY = '[data-lane="entry"]'
Open = Callable[..., Page]


@pytest.fixture
def page(gate: RealGate, proxy: Line, tablet: Open) -> Page:
    leader = gate.leader()
    leader.at_rest()
    opened = board(tablet, proxy.url, leader)
    expect(opened.locator(f"{ENTRY} .act.open")).to_be_enabled()
    return opened


def choose_reason(page: Page) -> None:
    page.locator(f"{ENTRY} .act.open").click()
    page.locator(".chips[data-steady]").wait_for()
    page.locator(f'{ENTRY} [data-reason="visitor"]').click()


@pytest.mark.parametrize("way", ["stall", "cut"])
def test_a_press_during_an_outage_never_moves_the_barrier_later(
    gate: RealGate, proxy: Line, page: Page, way: str
) -> None:
    leader = gate.leader()
    head = leader.state()["journal_seq"]
    getattr(proxy, way)()
    broken = time.monotonic()
    choose_reason(page)
    expect(page.locator(f"{ENTRY} .report")).to_contain_text("结果未知，请看杆的状态", timeout=9_000)
    expect(page.locator(".banner")).to_be_visible(timeout=9_000)
    if way == "stall":
        shot(page, "stale-day")
    expect(page.locator(f"{ENTRY} .act.open")).to_be_disabled()
    page.evaluate("document.querySelector('[data-lane=entry] .act.open').click()")
    page.keyboard.press("q")
    until(lambda: time.monotonic() - broken > 8, 10)
    proxy.mend()
    expect(page.locator(".banner")).to_be_hidden(timeout=15_000)
    told = "抬杆未执行：到得太晚" if way == "stall" else "没有执行记录"
    expect(page.locator(f"{ENTRY} .report")).to_contain_text(told, timeout=15_000)
    if way == "stall":
        until(lambda: leader.events("command.refused", head), 10, "the late press on record")
        assert leader.events("command.refused", head)[0]["body"]["why"] == "late"
    assert leader.events("barrier.commanded", head) == []
    assert leader.lane()["phase"] == "down"


def test_five_seconds_without_a_beat_grey_the_page_and_reconnecting_brings_what_was_missed(
    gate: RealGate, proxy: Line, page: Page
) -> None:
    leader = gate.leader()
    rows = page.locator(".row").count()
    proxy.stall()
    began = time.monotonic()
    seq = leader.command("open", reason="delivery", plate="粤B77777").json()["seq"]
    expect(page.locator(".banner")).to_be_visible(timeout=9_000)
    assert 2.5 < time.monotonic() - began < 7.5, "five seconds after the last beat, which was at most two seconds old"
    expect(page.locator(".banner")).to_contain_text("与网关失去联系")
    expect(page.locator(".banner")).to_contain_text("秒前")
    expect(page.locator("main.board")).to_have_attribute("data-stale", "yes")
    for button in page.locator(".act").all():
        expect(button).to_be_disabled()
    expect(page.locator(f"{ENTRY} .phase")).to_have_text("杆已落下")
    until(lambda: leader.lane()["phase"] == "up", 10)
    proxy.mend()
    expect(page.locator(".banner")).to_be_hidden(timeout=15_000)
    expect(page.locator(f"{ENTRY} .phase")).to_have_text("杆已抬起", timeout=10_000)
    expect(page.locator(f'.row[data-seq="{seq}"]')).to_be_visible()
    assert page.locator(".row").count() >= min(rows + 1, 30)
    leader.at_rest()


def test_a_lost_answer_is_never_called_not_executed(gate: RealGate, proxy: Line, page: Page) -> None:
    leader = gate.leader()
    head = leader.state()["journal_seq"]
    proxy.stall(answers_only=True)
    choose_reason(page)
    until(lambda: leader.events("barrier.commanded", head), 5, "the press arrives")
    expect(page.locator(f"{ENTRY} .report")).to_contain_text("结果未知", timeout=9_000)
    proxy.mend()
    expect(page.locator(f"{ENTRY} .report")).to_contain_text("有执行记录", timeout=15_000)
    leader.at_rest()


def test_on_a_slow_link_a_press_is_told_honestly(gate: RealGate, proxy: Line, page: Page) -> None:
    leader = gate.leader()
    head = leader.state()["journal_seq"]
    proxy.delay(0.25)
    choose_reason(page)
    report = page.locator(f"{ENTRY} .report")
    expect(report).to_contain_text("正在发送")
    expect(report).to_contain_text("杆已抬起，用时", timeout=15_000)
    assert [e["body"]["action"] for e in leader.events("barrier.commanded", head)][:1] == ["open"]
    leader.at_rest()
