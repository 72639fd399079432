"""Privacy through the API and on the page: for shift leaders alone; a person is found, kept, released and erased."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support_page import RealGate, board, shot, until

pytest_plugins = ("tests.support_page_fixtures",)
NAME = "慕容晓晓"


def test_only_a_shift_leader_looks_into_personal_data(gate: RealGate) -> None:
    for role in ("guard", "technician"):
        client = gate.user(f"privacy-{role}", role)
        assert client.get("/privacy").status_code == 403
        assert client.get("/privacy/find", params={"text": NAME}).status_code == 403
        assert client.post("/privacy/1/erase", {"reason": "x"}).status_code == 403
    said = gate.leader().get("/privacy").json()
    assert {row["group"]: row["days"] for row in said["groups"]}["number"] == 30


def test_a_leader_finds_keeps_releases_and_erases(gate: RealGate, tablet: Callable[..., Page]) -> None:
    leader = gate.leader()
    visit = leader.post("/visits", {"kind": "salesperson", "name": NAME}).json()["visit"]["visit"]
    page = board(tablet, gate.url, leader)
    page.locator(".tool", has_text="人员").click()
    page.locator("[data-open=privacy]").click()
    page.locator("[name=person]").fill("慕容")
    page.locator(".privacy-find .primary").click()
    row = page.locator("tr", has_text=NAME)
    expect(row).to_contain_text(str(visit))
    expect(row.locator("[data-privacy=erase]")).to_have_count(0), "it still goes on"
    row.locator("[data-privacy=keep]").click()
    expect(page.locator(".message[role=alert]").last).to_contain_text("请写明原因")
    row.locator("input").fill("失窃调查")
    row.locator("[data-privacy=keep]").click()
    release = page.locator(f'[data-release="{visit}"]')
    release.wait_for()
    shot(page, "privacy")
    release.click()
    expect(release).to_have_count(0)
    assert leader.post(f"/visits/{visit}/close", {}).status_code == 200
    page.locator(".privacy-find .primary").click()
    row.locator("input").fill("本人申请")
    row.locator("[data-privacy=erase]").click()
    expect(page.locator("dialog")).to_contain_text("没有找到这个人的信息")
    until(lambda: leader.get("/privacy/find", params={"text": NAME}).json()["rows"] == [])


def test_the_page_says_how_many_pictures_head_office_lacks(gate: RealGate, tablet: Callable[..., Page]) -> None:
    leader = gate.leader()
    assert leader.post("/simulate", {"name": "unknown-card", "lane": "entry"}).status_code == 200
    until(lambda: leader.events("picture.taken"), 20)
    until(
        lambda: leader.state()["sync"]["photos"]["waiting"] == leader.state()["sync"]["photos"]["thumbnails"] == 0, 20
    )
    digest = leader.events("picture.taken")[0]["body"]["digest"]
    whole, small = (leader.get(f"/pictures/{digest}", params={"size": size}) for size in ("whole", "small"))
    assert whole.content[:2] == small.content[:2] == b"\xff\xd8"
    assert 0 < len(small.content) < len(whole.content) / 3
    page = board(tablet, gate.url, leader)
    for theme in ("day", "night"):
        page.evaluate(f"localStorage.theme = '{theme}'")
        page.reload()
        page.locator("header button", has_text="总部").first.click()
        expect(page.locator("dialog")).to_contain_text("0 张待发，0 张缩略图待发")
        shot(page, f"sync-{theme}")
