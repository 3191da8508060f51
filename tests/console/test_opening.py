"""What a page asks first is answered by one request, once; what that leaves out the page asks for by itself."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from consoles import Console, page_of_user
from machines import unique, until

OPENING = "**/api/opening?"


@pytest.fixture(name="name")
def refused_retraining(console: Console) -> str:
    """The name of a retraining that its input has ended: the newest, which a page opens by itself.

    Its cost comes into the ledger a moment after its end, and nothing changes after that.
    """
    arn = console.stack.start(unique("opening"), years={"first": 1, "last": 2})
    assert console.stack.ended(arn)["error"] == "BadExecutionInput"
    until(lambda: answer(console, "workflow/execution", {"arn": arn})["cost"], lambda usd: usd is not None)
    return arn.rpartition(":")[2]


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 850})
    yield page
    page.close()


def requests_of(window: Page) -> list[str]:
    """The paths that the page asks from now on, in their order, without what it is told and what lists ask of rows."""
    paths: list[str] = []

    def note(request: Request) -> None:
        path, _, _ = request.url.partition("?")
        if "/api/" in path and not path.endswith(("/changes", "/facts")):
            paths.append(path.partition("/api/")[2])

    window.on("request", note)
    return paths


def answer(console: Console, path: str, query: dict[str, str]) -> Any:
    reply = console.ask(f"/api/{path}?{urlencode(query)}")
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def test_it_has_what_the_paths_answer(console: Console, name: str) -> None:
    early = answer(console, "opening", {})
    paths = {each["path"] for each in early}
    assert paths == {"about", *(f"workflow/{each}" for each in ("machines", "graph", "executions", "execution"))}
    assert len(early) == len(paths)
    for each in early:
        assert answer(console, each["path"], each["query"]) == each["answer"], each["path"]


@pytest.fixture
def running(console: Console) -> Iterator[str]:
    """The ARN of a retraining that stays in a state."""
    name = unique("running")
    hold = partial(console.stack.server.request, "/_local/faults", execution=name)
    hold(faults=[{"state": "Plan ingestion", "moment": "hold"}])
    arn = console.stack.start(name, promote=False)
    yield arn
    console.stack.client("stepfunctions").stop_execution(executionArn=arn)
    hold(faults=[])


def test_page_opens_the_execution_that_it_has(window: Page, console: Console, running: str, name: str) -> None:
    # The rule stands twice, in the server and in the page, which goes on choosing while executions begin and end.
    early = {each["path"]: each for each in answer(console, "opening", {})}
    newest, *_ = early["workflow/executions"]["answer"]["executions"]
    assert newest["arn"].endswith(f":{name}")
    assert early["workflow/execution"]["query"]["arn"] == running
    window.goto(console.address)
    expect(window.get_by_role("heading", name=running.rpartition(":")[2])).to_be_visible()


def test_first_view_needs_no_other_request(window: Page, console: Console, name: str) -> None:
    paths = requests_of(window)
    window.goto(console.address)
    expect(window.get_by_role("heading", name=name)).to_be_visible()
    expect(window.get_by_role("button", name="Apply defaults, ")).to_be_visible()
    # Of a retraining that has failed the page asks why once it is shown.
    assert [path for path in paths if path != "workflow/failure"] == ["opening"]


@pytest.mark.parametrize("is_held", [True, False])
def test_page_asks_by_itself_where_it_is_slow_or_refused(
    window: Page, console: Console, name: str, is_held: bool
) -> None:
    held = list[Route]()

    def refuse(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.fulfill(status=503, json={"message": "busy"})

    window.route(OPENING, refuse)
    paths = requests_of(window)
    window.goto(console.address)
    expect(window.get_by_role("heading", name=name)).to_be_visible()
    assert {"about", "workflow/machines", "workflow/graph", "workflow/executions", "workflow/execution"} <= set(paths)
    expect(window.get_by_role("alert").filter(has_text="busy")).to_have_count(0)
    for route in held:
        route.abort()


def test_what_it_answered_is_asked_for_at_the_next_look(window: Page, console: Console, name: str) -> None:
    console.stack.ended(console.stack.start(unique("newer"), years={"first": 1, "last": 2}))
    window.goto(console.address)
    expect(window.get_by_role("heading", name="newer-")).to_be_visible()
    rows = window.get_by_label("Executions", exact=True)
    rows.get_by_role("button", name=name).first.click()
    expect(window.get_by_role("heading", name=name)).to_be_visible()
    with window.expect_response("**/api/workflow/execution?*newer-*"):
        rows.get_by_role("button", name="newer-").first.click()
    paths = requests_of(window)
    window.get_by_role("button", name="Operations").click()
    window.get_by_role("button", name="Workflows").click()
    expect(window.get_by_role("heading", name="newer-")).to_be_visible()
    assert {"workflow/machines", "workflow/graph", "workflow/executions", "workflow/execution"} <= set(paths)


def test_what_is_denied_is_left_out_and_said(chromium: Browser, console: Console, name: str) -> None:
    with page_of_user(console, chromium, "states:ListExecutions") as page:
        expect(page.get_by_role("alert").filter(has_text="states:ListExecutions").first).to_be_visible()
        expect(page.get_by_role("tab", name="retrain")).to_be_visible()
        expect(page.get_by_role("button", name="Apply defaults, ")).to_be_visible()
