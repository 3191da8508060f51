"""A stack with a console, served by this process, and Debian's Chromium to look at it."""

import asyncio
import socket
import threading
import uuid
from collections.abc import Iterator

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from browser import chromium
from cli import deploy, embedded
from cli import weather as noaa
from console.application import build
from consoles import TOKEN, Console
from local.account import HOST, EmbeddedAws
from machines import until
from stacks import ROOT, SAMPLE_RIDES, SAMPLE_WEATHER, Stack

# Milliseconds: on a busy machine a retraining takes a minute.
_PATIENCE = 120_000


@pytest.fixture(scope="session")
def console(server: EmbeddedAws) -> Iterator[Console]:
    """The console of a stack with rides and weather."""
    noaa.fill(server, noaa.collect(SAMPLE_WEATHER))
    name = f"rydes-{uuid.uuid4().hex[:6]}"
    deployed = deploy.deploy(ROOT, server, name, deploy.parameters_of_champions(f"/wildrydes/{name}"))
    stack = Stack(server, deployed)
    stack.upload(SAMPLE_RIDES)
    port = embedded.free_port()
    config = Config()
    config.bind, config.graceful_timeout = [f"{HOST}:{port}"], 0.1
    end, loop = asyncio.Event(), asyncio.new_event_loop()
    application = build(deployed, f"the embedded AWS at {server.endpoint}", port, TOKEN)
    serving = serve(application, config, shutdown_trigger=end.wait)  # type: ignore[arg-type] - it is an application
    thread = threading.Thread(target=loop.run_until_complete, args=(serving,))
    thread.start()
    until(lambda: _listens(port), bool)
    yield Console(stack, port)
    loop.call_soon_threadsafe(end.set)
    thread.join()
    loop.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


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
