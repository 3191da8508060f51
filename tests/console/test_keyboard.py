"""Whoever reads by the keyboard, or hears the page, is where a control has led to, and hears how an execution ends."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import serious_faults
from consoles import Console, serve_console
from machines import allow, machine, role

pytestmark = pytest.mark.proof

FOCUS = "document.activeElement.id || document.activeElement.localName"


@dataclass(frozen=True)
class Workflow:
    """A workflow that waits, in the place of the retraining, and its page."""

    states: Any
    arn: str
    page: Page

    def start(self, name: str) -> str:
        """Start an execution of this name; its ARN."""
        return self.states.start_execution(stateMachineArn=self.arn, name=name)["executionArn"]


@pytest.fixture(name="workflow")
def workflow_that_waits(chromium: Browser, console: Console) -> Iterator[Workflow]:
    stack = console.stack.command_stack
    wait = {"Type": "Wait", "Seconds": 3600, "End": True}
    trusted = role(stack.client, "states.amazonaws.com", allow("*"))
    arn = machine(stack.client, {"StartAt": "Wait", "States": {"Wait": wait}}, trusted)
    with (
        serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port,
        closing(chromium.new_page(viewport={"width": 1280, "height": 850})) as page,
    ):
        client = stack.client("stepfunctions")
        flow = Workflow(client, arn, page)
        started = [flow.start(name) for name in ("second", "first")]
        page.goto(Console(console.stack, port).address)
        expect(page.get_by_role("heading", name="first")).to_be_visible()
        yield flow
        for each in started:
            client.stop_execution(executionArn=each)


def test_end_of_a_comparison_leads_to_the_execution(workflow: Workflow) -> None:
    page = workflow.page
    page.get_by_title("Compare with second").click()
    page.get_by_role("button", name="Back to one").press("Enter")
    expect(page.locator("#workflow-panel")).to_be_focused()


def test_control_of_another_view_leads_to_that_view(workflow: Workflow) -> None:
    page = workflow.page
    page.get_by_role("button", name="Stop …").click()
    page.get_by_role("button", name="Stop it").click()
    page.get_by_role("button", name="Its rides").press("Enter")
    expect(page.get_by_label("Upload a ride file")).to_be_visible()
    expect(page.locator("main")).to_be_focused()


def test_question_that_is_cancelled_gives_the_focus_back(workflow: Workflow) -> None:
    page = workflow.page
    stop = page.get_by_role("button", name="Stop …")
    stop.press("Enter")
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(stop).to_be_focused()


def test_control_that_its_own_change_removes_leads_to_what_is_changed(workflow: Workflow) -> None:
    page = workflow.page
    page.get_by_role("button", name="Stop …").press("Enter")
    page.get_by_role("button", name="Stop it").press("Enter")
    expect(page.get_by_role("button", name="Stop …")).to_have_count(0)
    expect(page.get_by_role("article")).to_be_focused()


def test_what_nobody_has_left_takes_no_focus(workflow: Workflow) -> None:
    assert workflow.page.evaluate(FOCUS) == "body"
    workflow.states.stop_execution(executionArn=workflow.start("third"))
    expect(workflow.page.get_by_role("button", name="third").first).to_be_visible()
    assert workflow.page.evaluate(FOCUS) == "body"


def test_end_of_the_execution_is_announced(workflow: Workflow) -> None:
    status = workflow.page.get_by_role("article").get_by_role("status").first
    expect(status).to_be_empty()
    # It stays, once somebody has chosen it.
    workflow.page.get_by_role("button", name="Wait, Wait").press("Enter")
    workflow.states.stop_execution(executionArn=workflow.arn.replace(":stateMachine:", ":execution:") + ":first")
    expect(status).to_have_text("first: stopped")


def test_rows_say_their_places_in_the_whole_list(workflow: Workflow) -> None:
    rows = workflow.page.get_by_label("Executions", exact=True).get_by_role("listitem")
    expect(rows).to_have_count(2)
    for place, row in enumerate(rows.all()):
        expect(row).to_have_attribute("aria-setsize", "2")
        expect(row).to_have_attribute("aria-posinset", str(place + 1))


def test_graph_has_one_stop_of_the_tab_key(workflow: Workflow) -> None:
    graph = workflow.page.get_by_label("The workflow retrain")
    assert graph.locator(".frame").get_attribute("tabindex") is None
    workflow.page.get_by_role("button", name="Make the graph larger").focus()
    workflow.page.keyboard.press("Tab")
    expect(graph.get_by_role("button", name="Wait, Wait")).to_be_focused()
    assert serious_faults(workflow.page) == []


def test_title_is_that_of_the_view(workflow: Workflow) -> None:
    for view in ("Data", "Models", "Serving", "Operations", "Workflows"):
        workflow.page.get_by_role("button", name=view, exact=True).click()
        expect(workflow.page).to_have_title(f"{view}, Wild Rydes console")
