"""Fixtures of the API's and the page's tests, as a plugin: one gate and one browser serve all their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support_line import Line
from tests.support_page import CHROMIUM, FLAGS, STILL, RealGate
from tests.support_time import PATIENCE


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGate]:
    """A whole gate."""
    real = RealGate(tmp_path_factory.mktemp("gate"), calm=True)
    yield real
    real.close()


@pytest.fixture
def proxy(gate: RealGate) -> Iterator[Line]:
    """A network that can go bad."""
    made = Line(gate.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Ends with its file: while it lives, Playwright keeps a loop running in this thread, and no test can
    use `asyncio.run`."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install -y chromium-headless-shell")
    expect.set_options(timeout=10_000 * PATIENCE)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield made
        made.close()


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, each in a context of its own; a script error on any of them fails the test."""
    contexts, errors = [], []

    def open_page(url: str, width: int = 1280, height: int = 800, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **STILL, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000 * PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, errors
