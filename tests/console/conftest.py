"""A stack with a console, served by this process, and Debian's Chromium to look at it."""

import uuid
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from browser import chromium
from cli import deploy
from cli import weather as noaa
from consoles import Console, serve_console
from local.account import EmbeddedAws
from stacks import ROOT, SAMPLE_RIDES, SAMPLE_WEATHER, Stack

# Milliseconds: on a busy machine a retraining takes a minute.
_PATIENCE = 120_000


@pytest.fixture(scope="module")
def console(server: EmbeddedAws) -> Iterator[Console]:
    """The console of a stack with rides and weather. Each file has its own: what it leaves there is in nobody's way."""
    noaa.fill(server, noaa.collect(SAMPLE_WEATHER))
    name = f"rydes-{uuid.uuid4().hex[:6]}"
    parameters = deploy.parameters_of_champions(f"/wildrydes/{name}") | {"MonitorSchedule": "cron(30 2 1 * ? *)"}
    deployed = deploy.deploy(ROOT, server, name, parameters)
    stack = Stack(server, deployed)
    stack.upload(SAMPLE_RIDES)
    with serve_console(deployed, f"the embedded AWS at {server.endpoint}") as port:
        yield Console(stack, port)


# Not for the whole session: while Playwright runs, no other test of its process may run an event loop.
@pytest.fixture(scope="module", name="chromium")
def chromium_of_a_module() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    expect.set_options(timeout=_PATIENCE)
    with chromium() as browser:
        yield browser


def _is_fault(said: ConsoleMessage) -> bool:
    """Whether the browser complains of the page. That an answer was a refusal it says too."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


@pytest.fixture
def page(chromium: Browser, console: Console) -> Iterator[Page]:
    """The console's page in a window of its own; an error of its code, or of its policy, fails the test."""
    faults: list[str] = []
    window = chromium.new_page(viewport={"width": 1280, "height": 850})
    window.set_default_timeout(_PATIENCE)
    window.on("pageerror", lambda fault: faults.append(str(fault)))
    window.on("console", lambda said: faults.append(said.text) if _is_fault(said) else None)
    window.goto(console.address)
    yield window
    window.close()
    assert faults == []


@pytest.fixture(params=product((390, 1280), ("light", "dark")), ids=lambda pair: f"{pair[1]}-{pair[0]}")
def sized_page(page: Page, request: pytest.FixtureRequest) -> Page:
    """The page at a telephone's width or a laptop's, light or dark."""
    width, scheme = request.param
    page.set_viewport_size({"width": width, "height": 850})
    page.emulate_media(color_scheme=scheme)
    return page
