"""How the page looks and can be used: sizes of targets, contrast, names and order for screen readers, and how much it loads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support_page import RealGate, board, shot, sign_in

pytest_plugins = ["tests.support_page_fixtures"]
Open = Callable[..., Page]
CONTRAST = """() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
  const lum = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (!walker.currentNode.textContent.trim() || !box.width || style.visibility === 'hidden' || element.closest('.sr, .plate.green, noscript, script')) continue;
    const layers = [];
    for (let e = element; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 1) break; }
    const ground = layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
    const ink = over(parse(style.color), ground);
    const [a, b] = [lum(ink), lum(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)} ${walker.currentNode.textContent.trim().slice(0, 20)} ${element.className}`);
  }
  return bad;
}"""
NAMELESS = """() => [...document.querySelectorAll('button, input, select, img, [role=region]')].filter((e) => {
  const name = e.getAttribute('aria-label') || e.getAttribute('alt') || e.labels?.[0]?.textContent || e.textContent ||
    document.getElementById(e.getAttribute('aria-labelledby') || '')?.textContent;
  return e.getBoundingClientRect().width && !name?.trim(); }).map((e) => e.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("theme", ["day", "night"])
def test_every_text_can_be_read_by_day_and_by_night(gate: RealGate, tablet: Open, theme: str) -> None:
    page = tablet(gate.url)
    page.evaluate(f"localStorage.theme = '{theme}'")
    page.reload()
    page.locator(".person").first.wait_for()
    assert page.evaluate(CONTRAST) == []
    sign_in(page, gate.pin)
    page.locator(".lane img:not([hidden])").first.wait_for()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    assert page.evaluate(CONTRAST) == []
    shot(page, f"board-{theme}")
    page.locator('[data-lane="entry"] .act.open').click()
    assert page.evaluate(CONTRAST) == []
    shot(page, f"reasons-{theme}")
    if theme == "night":
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(int(n) for n in re.findall(r"\d+", light)) < 24, "dark and dim"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768), (390, 844)])
def test_targets_are_large_nothing_is_cut_off_and_raise_is_apart_from_lower(
    gate: RealGate, tablet: Open, width: int, height: int
) -> None:
    page = tablet(gate.url, width, height)
    page.locator('[data-user="leader"]').click()
    for key in page.locator(".key").all():
        box = key.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 96
    page = board(tablet, gate.url, gate.leader(), width, height)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out to the side"
    boxes = {}
    for lane in ("entry", "exit"):
        for action in ("open", "stop", "hold", "close"):
            box = page.locator(f'[data-lane="{lane}"] .act.{action}').bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 95.5, (lane, action, box)
            boxes[lane, action] = box
        raised, lowered = boxes[lane, "open"], boxes[lane, "close"]
        gap = max(lowered["x"] - raised["x"] - raised["width"], lowered["y"] - raised["y"] - raised["height"])
        assert gap > 96, "抬杆 and 落杆 are apart"
    small = page.evaluate(
        """[...document.querySelectorAll('button, input')].filter((e) => { const b = e.getBoundingClientRect(); return b.width && Math.min(b.width, b.height) < 44; }).map((e) => e.outerHTML.slice(0, 90))"""
    )
    assert small == []
    picture, words = (page.locator(f'[data-lane="exit"] .{part}').bounding_box() for part in ("live", "words"))
    assert picture
    assert words
    assert picture["x"] + picture["width"] <= words["x"] or picture["y"] >= words["y"] + words["height"], "no overlap"
    if width >= 1024:
        low = max(box["y"] + box["height"] for box in boxes.values())
        assert low < height, "every command is on the first screen"
    page.locator('[data-lane="entry"] .act.open').click()
    for chip in page.locator('[data-lane="entry"] .chip').all():
        box = chip.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 95.5
    shot(page, f"reasons-{width}", full=width < 800)


def test_everything_has_a_name_states_are_announced_and_told_without_colour(gate: RealGate, tablet: Open) -> None:
    page = board(tablet, gate.url, gate.leader())
    assert page.evaluate(NAMELESS) == []
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator(".phase[aria-live]").count() == 2
    assert page.locator(".report[role=status]").count() == 2
    for lane in ("entry", "exit"):
        assert page.locator(f'[data-lane="{lane}"] .glyph svg').count() == 1, "a shape beside the word"
    order = page.evaluate("[...document.querySelectorAll('[data-lane=entry] .act')].map((b) => b.dataset.action)")
    assert order == ["open", "stop", "hold", "close"]
    assert page.evaluate("document.querySelectorAll('[tabindex]:not([tabindex=\"0\"])').length") == 0
    page.locator(".chip-info", has_text="设备正常").or_(page.locator(".chip-info", has_text="故障")).click()
    assert page.evaluate("document.activeElement.closest('dialog') !== null"), "the focus is in the dialog"
    page.keyboard.press("Escape")


def test_the_first_load_is_small_and_the_second_loads_nothing_again(gate: RealGate, tablet: Open) -> None:
    page = tablet("about:blank")
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.__setitem__(answer.url, int(answer.headers.get("content-length", "0"))))
    page.goto(gate.url)
    page.locator(".person").first.wait_for()
    files = {url: size for url, size in sizes.items() if "/api/" not in url}
    total = sum(files.values()) / 1024
    assert len(files) > 10
    assert total < 152, f"{total:.1f} KiB: {files}"
    assert page.evaluate("performance.getEntriesByType('resource').every((e) => e.name.startsWith(location.origin))")
    page.reload()
    page.locator(".person").first.wait_for()
    again = page.evaluate(
        "performance.getEntriesByType('resource').filter((e) => e.name.includes('/static/') && e.transferSize > 0).length"
    )
    assert again == 0


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGate]:
    """A gate whose exit reader and camera are not there."""
    real = RealGate(
        tmp_path_factory.mktemp("broken"),
        {"sim://exit-reader": "/dev/serial/by-id/nothing", "sim://exit-camera": "/dev/video97"},
        calm=True,
    )
    yield real
    real.close()


def test_a_device_that_is_not_there_is_a_fault_in_words_and_the_rest_goes_on(broken: RealGate, tablet: Open) -> None:
    page = tablet(broken.url)
    sign_in(page, broken.pin)
    chip = page.locator(".chip-info", has_text="个故障")
    expect(chip).to_be_visible(timeout=15_000)
    expect(page.locator('[data-lane="exit"] .lane-fault')).to_have_text("读卡器、摄像头：连接中断")
    expect(page.locator('[data-lane="exit"] .no-picture')).to_be_visible()
    expect(page.locator('[data-lane="entry"] .act.open')).to_be_enabled()
    page.locator(".lane img:not([hidden])").first.wait_for()
    shot(page, "fault")
    chip.click()
    expect(page.locator(".fault-list")).to_contain_text("出口读卡器：连接中断")
    expect(page.locator(".fault-list")).to_contain_text("请检查插头和电源")
    shot(page, "fault-list")
