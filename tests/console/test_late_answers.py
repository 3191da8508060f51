"""Answers that come late, or not at all: what goes on faster hides none, and what was refused can be asked again."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from consoles import Console
from machines import unique

pytestmark = pytest.mark.proof

EXECUTION = re.compile(r"/api/workflow/execution\?")


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 850})
    yield page
    page.close()


def failed(console: Console) -> str:
    """The name of a retraining that its input has ended."""
    arn = console.stack.start(years={"first": 1, "last": 2})
    assert console.stack.ended(arn)["error"] == "BadExecutionInput"
    return arn.rpartition(":")[2]


def open_execution(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_execution_is_seen_though_it_goes_on_before_its_first_answer_comes(window: Page, console: Console) -> None:
    name, routes = unique("ahead"), list[Route]()
    hold = partial(console.stack.server.request, "/_local/faults", execution=name)
    hold(faults=[{"state": "Plan ingestion", "moment": "hold"}])
    arn = console.stack.start(name, promote=False)
    window.route(EXECUTION, lambda route: routes.append(route))
    # Its first answer is to be one that the page asks for by itself.
    window.route("**/api/opening?", lambda route: route.abort())
    with window.expect_request(lambda request: "/execution?" in request.url and name in request.url):
        window.goto(console.address)
    row = window.get_by_label("Executions", exact=True).get_by_role("button", name=name).first
    expect(row).to_contain_text("running")
    console.stack.client("stepfunctions").stop_execution(executionArn=arn)
    hold(faults=[])
    # The page has been told that there is more to ask for.
    expect(row).to_contain_text("stopped")
    next(each for each in routes if name in each.request.url).continue_()
    expect(window.get_by_role("heading", name=name)).to_be_visible(timeout=20_000)


def test_comparison_that_is_refused_can_be_asked_for_again_and_left(window: Page, console: Console) -> None:
    first, second = (failed(console) for _ in range(2))
    window.goto(console.address)
    open_execution(window, first)
    window.route(EXECUTION, lambda route: route.abort(), times=2)
    window.get_by_title(f"Compare with {second}").click()
    comparison = window.get_by_label("Two executions side by side")
    expect(comparison.get_by_role("alert")).to_contain_text("does not answer")
    comparison.get_by_role("button", name="Ask again").click()
    expect(comparison.get_by_role("columnheader")).to_contain_text(["State", first, second])
    comparison.get_by_role("button", name="Back to one").click()
    expect(window.get_by_role("heading", name=first)).to_be_visible()


def test_list_is_asked_for_once_more_however_often_the_event_stream_began_meanwhile(
    window: Page, console: Console
) -> None:
    name, questions, held = failed(console), list[str](), list[Route]()
    window.goto(console.address)
    row = window.get_by_label("Executions", exact=True).get_by_role("button", name=name).first
    expect(row).to_be_visible()
    # Each stream ends at once, and the page opens another: each time it lists anew what may have begun meanwhile.
    streams = list[Route]()
    window.route("**/api/changes", lambda route: (streams.append(route), route.fulfill(body=": listening\n\n")))
    window.on("request", lambda request: questions.append(request.url) if "/executions?" in request.url else None)
    window.route("**/api/workflow/executions?*", lambda route: held.append(route), times=1)
    window.reload()
    # Each but the first has asked for the list anew by the time that the next one begins.
    while len(streams) < 5:
        window.wait_for_event("request", lambda request: request.url.endswith("/api/changes"))
    assert len(questions) == 1
    with window.expect_request(lambda request: "/executions?" in request.url):
        held[0].continue_()
    expect(row).to_be_visible()
