"""What opens above or beside the page shuts nobody out, and no other page may frame it."""

import re
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import serious_faults
from consoles import Console
from local.account import HOST
from machines import unique, until

pytestmark = pytest.mark.proof


def failed(console: Console) -> str:
    """A retraining that has failed at once; its name."""
    arn = console.stack.start(years={"first": 1, "last": 2})
    assert console.stack.ended(arn)["status"] == "FAILED"
    return arn.rpartition(":")[2]


def look(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 850})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")


each_way = pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)


@each_way
def test_form_has_no_barrier_nor_has_an_error_in_it(page: Page, width: int, scheme: str) -> None:
    look(page, width, scheme)
    page.get_by_role("button", name="Start a retraining").click()
    page.get_by_text("All other fields").click()
    page.get_by_label("min_training_rows", exact=True).fill("0")
    page.get_by_role("button", name="Start it", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


@each_way
def test_questions_and_the_comparison_have_no_barrier(page: Page, console: Console, width: int, scheme: str) -> None:
    first, second = failed(console), failed(console)
    look(page, width, scheme)
    expect(page.get_by_title(f"Compare with {first}")).to_be_visible()
    page.get_by_role("button", name=first).first.click()
    expect(page.get_by_role("heading", name=first)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Apply defaults, Task")).click()
    page.get_by_role("button", name="Run this state again").click()
    expect(page.get_by_role("dialog")).to_contain_text("TestState")
    assert serious_faults(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.get_by_title(f"Compare with {second}").click()
    expect(page.get_by_role("table")).to_contain_text(second)
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_state_is_run_again_as_often_as_it_is_asked_for_and_the_focus_returns(page: Page, console: Console) -> None:
    name = failed(console)
    page.get_by_role("button", name=name).first.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Apply defaults, Task")).click()
    again = page.get_by_role("button", name="Run this state again")
    for _ in range(2):
        again.click()
        with page.expect_response("**/api/workflow/try"):
            page.get_by_role("button", name="Run it", exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator(".tried")).to_contain_text("Run again:")
        expect(again).to_be_focused()


def held_at_the_question(page: Page, console: Console, name: str) -> tuple[str, Callable[..., Any]]:
    """A retraining of that name that comes no further, whose *Stop* the page asks about: its ARN, and what frees it."""
    hold = partial(console.stack.server.request, "/_local/faults", execution=name)
    hold(faults=[{"state": "Apply defaults", "moment": "hold"}])
    arn = console.stack.start(name, promote=False, min_training_rows=1_000_000)
    page.get_by_role("button", name=name).first.click()
    page.get_by_role("button", name="Stop …").click()
    return arn, hold


def test_question_before_a_stop_has_no_barrier_and_escape_leaves_all_as_it_is(page: Page, console: Console) -> None:
    arn, hold = held_at_the_question(page, console, unique("asked"))
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    states = console.stack.client("stepfunctions")
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    states.stop_execution(executionArn=arn)
    hold(faults=[])
    until(lambda: states.describe_execution(executionArn=arn)["status"], lambda status: status == "ABORTED")


def test_stop_of_what_has_ended_meanwhile_says_so(page: Page, console: Console) -> None:
    name = unique("ended")
    arn, hold = held_at_the_question(page, console, name)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    states = console.stack.client("stepfunctions")
    states.stop_execution(executionArn=arn)
    hold(faults=[])
    until(lambda: states.describe_execution(executionArn=arn)["status"], lambda status: status == "ABORTED")
    dialog.get_by_role("button", name="Stop it").click()
    expect(dialog.get_by_role("alert")).to_have_text(f"{name} has ended already, as ABORTED: nothing was stopped.")


def test_page_of_another_site_gets_no_frame_of_the_console(chromium: Browser, console: Console) -> None:
    class Framing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'<!doctype html><iframe src="{console.address}" width="900" height="600"></iframe>'.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the base's name
            """Say nothing of each request."""

    framing = ThreadingHTTPServer((HOST, 0), Framing)
    Thread(target=framing.serve_forever, daemon=True).start()
    page = chromium.new_page()
    refusals: list[str] = []
    page.on("console", lambda said: refusals.append(said.text))
    page.goto(f"http://{HOST}:{framing.server_port}/")
    until(lambda: refusals, lambda said: any("frame-ancestors" in each or "X-Frame-Options" in each for each in said))
    (frame,) = page.frames[1:]
    assert frame.locator("#page").count() == 0
    assert frame.url.startswith("chrome-error:")
    page.close()
    framing.shutdown()
    framing.server_close()
