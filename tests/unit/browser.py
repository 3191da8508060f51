"""Pages in a real browser: headless Chromium, driven by Playwright, and axe-core (Deque) for what shuts readers out."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

NARROW, WIDE = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
"""A telephone's page and a laptop's, in CSS pixels."""

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SERIOUS = ("serious", "critical")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, without a window. Skips the test where there is none."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("there is no Chromium here: `apt-get install chromium` (Debian), or Google Chrome, and try again")
    with sync_playwright() as playwright:
        # Chromium's own sandbox is not to be had as root, as in a container.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def serious_faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical: the rule, and what it is about, a line each."""
    results: dict[str, Any] = Axe().run(page).response
    return [
        f"{fault['id']} ({fault['impact']}): {node['html']}\n{node['failureSummary']}"
        for fault in results["violations"]
        if fault["impact"] in _SERIOUS
        for node in fault["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many CSS pixels a page is wider than its window: so far it scrolls sideways."""
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return max(0, width)
