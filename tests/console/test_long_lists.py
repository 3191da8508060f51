"""Lists of more than a page go on as one scrolls, and a long text is there whole."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from consoles import Console, serve_console, show_page
from local.account import entries
from machines import allow, ended, machine, role

pytestmark = pytest.mark.proof

_EXECUTIONS, _CHILDREN, _TEXT = 130, 120, 60_000
_NUMBERS = (
    '{"large":12345678901234567890,"twice":1.0,"twice":-0.0,"none":[ ],"2":"\\u00e9 \\ud800","1":{"a":[1e-7,true]}}'
)


@pytest.fixture(scope="module", name="long")
def console_with_long_lists(console: Console) -> Iterator[Console]:
    """The console with a machine in the place of `retrain` that is quick enough to run hundreds of times."""
    stack = console.stack.command_stack
    child = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **child}
    mapping: dict[str, Any] = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "ResultPath": None}
    rule = {"Variable": "$.items", "IsPresent": True, "Next": "Map"}
    states = {
        "Which": {"Type": "Choice", "Choices": [rule], "Default": "Done"},
        "Map": {**mapping, "Next": "Done"},
        "Done": {"Type": "Pass", "End": True},
    }
    arn = machine(
        stack.client, {"StartAt": "Which", "States": states}, role(stack.client, "states.amazonaws.com", allow("*"))
    )
    client = stack.client("stepfunctions")
    for number in range(_EXECUTIONS - 3):
        client.start_execution(stateMachineArn=arn, name=f"execution-{number:03}")
    client.start_execution(stateMachineArn=arn, name="numbers", input=_NUMBERS)
    for name, value in (("text", {"text": "x" * _TEXT}), ("children", {"items": list(range(_CHILDREN))})):
        started = client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(value))
        assert ended(stack.client, started["executionArn"])["status"] == "SUCCEEDED"
    with serve_console(
        dataclasses.replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS"
    ) as port:
        yield Console(console.stack, port)


@pytest.fixture(name="window")
def page_of_long_lists(chromium: Browser, long: Console) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 850})
    page.goto(long.address)
    expect(page.locator("article.execution")).to_be_visible()
    yield page
    page.close()


def scroll_to_the_end(listing: Locator) -> None:
    listing.evaluate("list => { list.scrollTop = list.scrollHeight }")


def test_list_of_executions_goes_on_to_the_oldest(window: Page) -> None:
    aside = window.get_by_label("Executions", exact=True)
    expect(aside).to_contain_text("100 listed, older ones as you scroll")
    rows = aside.locator(".windowed")
    scroll_to_the_end(rows)
    expect(aside).to_contain_text(f"{_EXECUTIONS} listed")
    expect(aside).not_to_contain_text("older ones")
    scroll_to_the_end(rows)
    expect(rows.get_by_role("button", name="execution-000", exact=False).first).to_be_visible()
    # Those in sight alone are in the page.
    assert rows.locator("li").count() <= 60


def focus_of(window: Page) -> str:
    """The text of what has the focus."""
    return window.evaluate("document.activeElement.innerText || document.activeElement.className")


def test_list_is_one_stop_of_the_tab_key_and_the_arrows_go_through_it(window: Page) -> None:
    aside = window.get_by_label("Executions", exact=True)
    expect(aside).to_contain_text("100 listed")
    rows = aside.locator(".windowed")
    expect(rows.locator("button[tabindex='0']")).to_have_count(1)
    aside.get_by_role("button", name="Start a retraining").focus()
    window.keyboard.press("Tab")
    # The execution that is open has the stop.
    expect(rows.locator("[aria-pressed=true]")).to_be_focused()
    window.keyboard.press("ArrowDown")
    window.keyboard.press("ArrowDown")
    expect(rows.locator("li:nth-child(3) .row")).to_be_focused()
    window.keyboard.press("ArrowRight")
    assert focus_of(window) == "Compare"
    window.keyboard.press("ArrowLeft")
    window.keyboard.press("Enter")
    expect(rows.locator("li:nth-child(3) .row")).to_have_attribute("aria-pressed", "true")
    window.keyboard.press("End")
    expect(rows.locator(".row:focus")).to_contain_text("execution-")
    expect(aside).to_contain_text(f"{_EXECUTIONS} listed")
    window.keyboard.press("End")
    expect(rows.locator(".row:focus")).to_contain_text("execution-000")
    window.keyboard.press("PageUp")
    expect(rows.locator(".row:focus")).to_contain_text("execution-010")
    window.keyboard.press("Home")
    expect(rows.locator("li:nth-child(1) .row")).to_be_focused()
    window.keyboard.press("Tab")
    # The list is left, whatever its length.
    assert window.evaluate("document.activeElement.closest('.windowed')") is None
    window.keyboard.press("Shift+Tab")
    expect(rows.locator("li:nth-child(1) .row")).to_be_focused()


def test_first_stop_of_the_page_skips_its_head(window: Page) -> None:
    window.keyboard.press("Tab")
    assert focus_of(window) == "Skip to the view"
    window.keyboard.press("Enter")
    expect(window.get_by_role("main")).to_be_focused()


def test_children_of_a_map_are_listed_to_the_last(window: Page, long: Console) -> None:
    window.get_by_role("button", name="children").first.click()
    window.locator("svg .state.map").click(position={"x": 30, "y": 12})
    panel = window.get_by_label("Children of the Map")
    expect(panel).to_contain_text(f"{_CHILDREN} children")
    rows = panel.locator(".windowed")
    expect(rows.locator("li").first).to_be_visible()
    expect(rows.locator("button[tabindex='0']")).to_have_count(1)
    rows.locator(".row").first.focus()
    window.keyboard.press("ArrowDown")
    expect(rows.locator("li:nth-child(2) .row")).to_be_focused()
    scroll_to_the_end(rows)
    expect(panel).not_to_contain_text("more as you scroll")
    scroll_to_the_end(rows)
    (run,) = json.loads(long.ask(f"/api/workflow/execution?arn={execution(long, 'children')}").body)["map_runs"]
    client = long.stack.client("stepfunctions")
    listed = entries(client, "list_executions", "executions", mapRunArn=run["arn"])
    assert len(listed) == _CHILDREN
    # A child is named by what it was given, once that is there.
    arn = listed[-1]["executionArn"]
    facts = json.loads(long.ask("/api/workflow/facts", body=json.dumps({"arns": [arn]}).encode()).body)[arn]
    expect(rows.locator("li").last.locator(".name")).to_have_text(facts["item"])


def test_long_text_is_begun_and_then_shown_whole(window: Page) -> None:
    window.get_by_role("button", name="text").first.click()
    window.get_by_role("button", name="Done, Pass, succeeded").click()
    panel = window.get_by_label("The state Done", exact=True)
    expect(panel).to_contain_text("The first 20,000 of")
    panel.get_by_role("button", name="Show all of it").click()
    shown = panel.locator("pre").first
    expect(shown).to_contain_text("x" * 100)
    assert json.loads(shown.text_content() or "") == {"text": "x" * _TEXT}


def execution(long: Console, name: str) -> str:
    machines = json.loads(long.ask("/api/workflow/machines").body)
    return f"{machines[0]['arn'].replace(':stateMachine:', ':execution:')}:{name}"


def test_what_began_while_nobody_saw_the_page_is_listed_once_somebody_does(chromium: Browser, console: Console) -> None:
    stack = console.stack.command_stack
    states = stack.client("stepfunctions")
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    arn = machine(stack.client, definition, role(stack.client, "states.amazonaws.com"))
    other = dataclasses.replace(stack, outputs={**stack.outputs, "StateMachineArn": arn})
    states.start_execution(stateMachineArn=arn, name="before")
    with serve_console(other, "the embedded AWS") as port, closing(chromium.new_page()) as page:
        page.goto(Console(console.stack, port).address)
        rows = page.get_by_label("Executions", exact=True).locator(".windowed")
        expect(rows.get_by_role("button", name="before").first).to_contain_text("succeeded")
        show_page(page, hidden=True)
        # More than a stream that begins tells of.
        for number in range(25):
            states.start_execution(stateMachineArn=arn, name=f"unseen-{number:02}")
        show_page(page, hidden=False)
        expect(rows.get_by_role("button", name="unseen-24").first).to_be_visible()
        expect(rows.get_by_role("button", name="unseen-00").first).to_be_attached()


def test_numbers_and_names_of_an_input_are_shown_as_they_are_written(chromium: Browser, long: Console) -> None:
    window = chromium.new_page()
    window.goto(long.address)
    window.get_by_label("Executions").get_by_role("button", name="numbers").first.click()
    own = window.get_by_label("Input and output of the execution")
    own.get_by_text("Input", exact=False).first.click()
    expected = [
        *("{", '  "large": 12345678901234567890,', '  "twice": 1.0,', '  "twice": -0.0,', '  "none": [],'),
        *('  "2": "é \\ud800",', '  "1": {', '    "a": [', "      1e-7,", "      true", "    ]", "  }", "}"),
    ]
    assert own.locator("pre").first.inner_text().splitlines() == expected
    window.close()
