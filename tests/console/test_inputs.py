"""Two executions side by side: their inputs are compared whole, and what differs is shown where it does."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from consoles import Console, serve_console
from machines import ended, machine, role

pytestmark = pytest.mark.proof

LONG = [f"station-{number:03}" for number in range(400)]
Compare = Callable[[object, object], Page]


@pytest.fixture(name="compare")
def comparison_of_inputs(console: Console, chromium: Browser) -> Iterator[Compare]:
    """Shows executions of two inputs side by side."""
    stack = console.stack.command_stack
    states, definition = stack.client("stepfunctions"), {"StartAt": "Pass", "States": {"Pass": {"Type": "Succeed"}}}
    arn = machine(stack.client, definition, role(stack.client, "states.amazonaws.com"))
    with (
        serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port,
        closing(chromium.new_page(viewport={"width": 1280, "height": 850})) as page,
    ):

        def compare(first: object, second: object) -> Page:
            for name, value in (("second", second), ("first", first)):
                started = states.start_execution(stateMachineArn=arn, name=name, input=json.dumps(value))
                ended(stack.client, started["executionArn"])
            page.goto(Console(console.stack, port).address)
            page.get_by_role("button", name="first").first.click()
            page.get_by_title("Compare with second").click()
            return page

        yield compare


def cells(page: Page, field: str) -> Locator:
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=field, exact=True))
    return row.get_by_role("cell")


def test_difference_beyond_what_the_page_has_is_shown_where_it_is(compare: Compare) -> None:
    page = compare({"stations": LONG, "seed": 1}, {"seed": 1, "stations": [*LONG[:-1], "elsewhere"]})
    expect(cells(page, "stations.399")).to_have_text(['"station-399"', '"elsewhere"', "another input"])
    # No more of it than that, though its fields are in another order.
    expect(page.get_by_role("cell", name="another input")).to_have_count(1)


def test_long_text_is_shown_around_the_place_where_it_differs(compare: Compare) -> None:
    page = compare({"note": "x" * 5_000 + "first" + "y" * 5_000}, {"note": "x" * 5_000 + "second" + "y" * 5_000})
    shown = [f"… {'x' * 40}{word}{'y' * (120 - len(word))} …" for word in ("first", "second")]
    expect(cells(page, "note")).to_have_text([*shown, "another input"])


def test_more_fields_than_there_is_room_for_are_counted(compare: Compare) -> None:
    page = compare({f"f{number}": number for number in range(70)}, {})
    expect(page.get_by_text("The first 50 of 70 fields of the inputs that differ are here.")).to_be_visible()
    expect(cells(page, "f49")).to_have_text(["49", "its default", "another input"])
    expect(cells(page, "f50")).to_have_count(0)


def test_input_that_is_refused_is_asked_for_again(compare: Compare) -> None:
    page = compare({"stations": LONG}, {"stations": []})
    expect(cells(page, "stations")).to_have_count(3)
    page.get_by_role("button", name="Back to one").click()
    page.route(re.compile("/api/workflow/text.*field=input"), lambda route: route.abort(), times=1)
    page.get_by_title("Compare with second").click()
    expect(page.get_by_role("alert")).to_contain_text("Their inputs: ")
    page.get_by_role("button", name="Ask again").click()
    expect(cells(page, "stations")).to_have_count(3)
