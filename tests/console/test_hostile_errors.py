"""Whatever an execution failed with, the page says it, and stays as wide as the window."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import overflow
from consoles import Console, serve_console
from machines import ended, machine, role

FAILURES = {
    "long": ("E" * 250, "C" * 30_000),
    "turned": ("\u202elive", "\u202ereversed"),
    "markup": ("<img src=x onerror=alert(1)>", "</p><script>alert(1)</script>\x1b[31m"),
    "prototype": ("__proto__", "constructor"),
    "empty": ("", ""),
}


@pytest.fixture(scope="module", name="failed")
def console_of_failures(console: Console) -> Iterator[Callable[[str], tuple[str, str]]]:
    """Runs a machine that fails as its input says; the address of a console of it, and the name of the execution."""
    stack = console.stack.command_stack
    fail = {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "$.cause"}
    states = {"Pass": {"Type": "Pass", "Next": "Fail"}, "Fail": fail}
    arn = machine(stack.client, {"StartAt": "Pass", "States": states}, role(stack.client, "states.amazonaws.com"))
    with serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port:

        def run(kind: str) -> tuple[str, str]:
            error, cause = FAILURES[kind]
            started = stack.client("stepfunctions").start_execution(
                stateMachineArn=arn, name=kind, input=json.dumps({"error": error, "cause": cause})
            )
            assert ended(stack.client, started["executionArn"])["status"] == "FAILED"
            return Console(console.stack, port).address, kind

        yield run


def opened(chromium: Browser, address: str, name: str) -> Page:
    window = chromium.new_page(viewport={"width": 1280, "height": 850})
    window.goto(address)
    window.get_by_label("Executions").get_by_role("button", name=name).first.click()
    expect(window.get_by_label("Why it failed").locator(".next")).to_be_visible()
    return window


@pytest.mark.parametrize("kind", FAILURES)
def test_failure_is_said_whatever_its_name_and_the_page_is_as_wide_as_its_window(
    chromium: Browser, failed: Callable[[str], tuple[str, str]], kind: str
) -> None:
    window = opened(chromium, *failed(kind))
    error, cause = FAILURES[kind]
    why = window.get_by_label("Why it failed")
    expect(why.locator("strong")).to_have_text(error or "failed, without an error's name")
    # Of a long cause the beginning is said; all of it is in the state.
    assert cause[:500] in (why.text_content() or "")
    assert overflow(window) == 0
    assert window.locator("#page").locator("img, script").count() == 0
    window.close()
