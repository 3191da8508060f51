"""Each hostile text is text wherever it stands: as a name, in JSON, as the key of a file, in a ride, and as a cause."""

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import overflow
from consoles import Console, serve_console
from hostile import HOSTILE
from machines import ended, machine, role
from wildrydes.bucket import file_lines_key, summary_key

pytestmark = pytest.mark.proof

# Letters of a state's name, and of an error's: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_LONGEST_NAME = 80
_LONGEST_ERROR = 256
_COUNTS = {"read": 42, "accepted": 0, "rejected": 42, "repeated": 0}


def is_harmless(page: Page) -> bool:
    """Whether nothing of a text has become a part of the page, or has run."""
    parts = page.locator("#page").locator(
        "img, script, iframe, base, style, math, object, embed, link, video, template"
    )
    return parts.count() == 0 and page.evaluate("window.hit === undefined && ({}).hit === undefined")


@contextmanager
def page_of(console: Console, browser: Browser, definition: dict[str, Any]) -> Iterator[tuple[str, Page]]:
    """The ARN of a workflow in the place of the retraining, and the page that shows it."""
    stack = console.stack.command_stack
    arn = machine(stack.client, definition, role(stack.client, "states.amazonaws.com"))
    outputs = {**stack.outputs, "StateMachineArn": arn}
    with (
        serve_console(replace(stack, outputs=outputs), "the embedded AWS") as port,
        closing(browser.new_page(viewport={"width": 1280, "height": 850})) as page,
    ):
        page.goto(Console(console.stack, port).address)
        yield arn, page


def run(console: Console, arn: str, name: str, value: object) -> None:
    client = console.stack.client
    started = client("stepfunctions").start_execution(stateMachineArn=arn, name=name, input=json.dumps(value))
    ended(client, started["executionArn"])


def test_there_are_forty_two_texts() -> None:
    assert len(set(HOSTILE)) == 42


def test_names_of_states(console: Console, chromium: Browser) -> None:
    names = [*(text[:_LONGEST_NAME] for text in HOSTILE), 'say "hi"', "back\\slash", "two\nlines", "tab\there\\n"]
    states = {
        name: {"Type": "Pass", "Comment": name, **({"Next": after} if after else {"End": True})}
        for name, after in zip(names, [*names[1:], None], strict=True)
    }
    with page_of(console, chromium, {"StartAt": names[0], "States": states}) as (arn, page):
        run(console, arn, "named", {})
        page.reload()
        states_of_graph = page.get_by_label("The workflow retrain").locator("g.state")
        expect(page.get_by_label("only the way taken")).to_be_checked()
        # Each was entered: the way that was taken has them all, and the ways between them.
        expect(states_of_graph).to_have_count(len(names))
        ways = page.get_by_label("The workflow retrain").locator("path.edge")
        expect(ways).to_have_count(len(names) - 1)
        page.get_by_label("only the way taken").uncheck()
        expect(states_of_graph).to_have_count(len(names))
        seen = list[str]()
        for state in states_of_graph.all():
            state.dispatch_event("click")
            expect(state).to_have_attribute("aria-pressed", "true")
            expect(state).to_have_class(re.compile(r"\bsucceeded\b"))
            seen.append(page.locator(".panel h3").first.text_content() or "")
            assert state.locator("text").first.text_content() == seen[-1]
        assert sorted(seen) == sorted(names)
        assert is_harmless(page)
        assert overflow(page) == 0


def test_keys_and_values_of_an_input(console: Console, chromium: Browser) -> None:
    # Of more than 20,000 characters a button shows the rest.
    value = {text[:5_000]: text[:5_000] for text in HOSTILE}
    with page_of(console, chromium, {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}) as (
        arn,
        page,
    ):
        run(console, arn, "keyed", value)
        own = page.get_by_label("Input and output of the execution")
        for title in ("Input", "Output"):
            own.get_by_text(title, exact=False).first.click()
            shown = own.get_by_label(title, exact=True)
            # Of a long text the end is read once it is opened.
            expect(shown).to_contain_text("x" * 5_000)
            assert json.loads(shown.text_content() or "") == value
        assert is_harmless(page)
        assert overflow(page) == 0


def test_errors_and_causes(console: Console, chromium: Browser) -> None:
    fail = {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "$.cause"}
    with page_of(console, chromium, {"StartAt": "Fail", "States": {"Fail": fail}}) as (arn, page):
        for number, text in enumerate(HOSTILE):
            run(console, arn, f"failed-{number:02}", {"error": text[:_LONGEST_ERROR], "cause": text})
        rows = page.get_by_label("Executions", exact=True).locator(".windowed")
        page.reload()
        expect(rows.locator("li").first).to_contain_text("failed-41")
        for number, text in reversed(list(enumerate(HOSTILE))):
            # Rows out of sight are not in the page.
            rows.evaluate("(list, top) => { list.scrollTop = top }", 95 * (len(HOSTILE) - 1 - number))
            rows.get_by_role("button", name=f"failed-{number:02}").first.click()
            expect(page.get_by_role("heading", name=f"failed-{number:02}")).to_be_visible()
            why = page.get_by_label("Why it failed")
            expect(why.locator(".next")).to_be_visible()
            assert why.locator("strong").text_content() == text[:_LONGEST_ERROR]
            # Of a long cause the beginning is said.
            assert text[:500] in (why.text_content() or "")
        assert is_harmless(page)
        assert overflow(page) == 0


def test_keys_of_files_and_fields_of_rides(page: Page, console: Console) -> None:
    stack = console.stack
    arn = stack.start(years={"first": 1, "last": 2})
    stack.ended(arn)
    name = arn.rpartition(":")[2]
    lines = [
        {"key": f"raw/{text}", "etag": '"x"', "outcome": "read", **_COUNTS, "read": 1, "rejected": 1}
        for text in HOSTILE
    ]
    for text, line in zip(HOSTILE, lines, strict=True):
        line |= {"rejected_by_reason": {text: 1}, "skipped": None, "fault": None}
    rejected = [
        {
            "count": 1,
            "reason": text,
            "key": f"raw/{text}",
            "detail": text,
            "position": {"line": 1},
            "record": json.dumps({text: text}),
        }
        for text in HOSTILE
    ]
    rides = _COUNTS | {"files_read": 42, "files_skipped": 0, "files_rejected": 0}
    stack.put(file_lines_key(name), "\n".join(map(json.dumps, lines)))
    stack.put(summary_key(name), json.dumps({"rides": rides, "first_rejected": rejected}))
    page.get_by_role("button", name="Data", exact=True).click()
    page.get_by_label("Show the data of the retraining").select_option(name)
    section = page.get_by_label("Rides", exact=True)
    expect(section.get_by_label("Reasons", exact=True).get_by_role("rowheader")).to_have_count(42)
    reasons = section.get_by_label("Reasons", exact=True).get_by_role("rowheader").all_text_contents()
    assert sorted(reasons) == sorted(HOSTILE)
    files = section.get_by_label("Files", exact=True).text_content() or ""
    assert [text for text in HOSTILE if f"raw/{text}" not in files] == []
    shown = section.text_content() or ""
    assert [text for text in HOSTILE if json.dumps({text: text}) not in shown] == []
    assert is_harmless(page)
    assert overflow(page) == 0
