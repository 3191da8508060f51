"""What a reader looks at stays, whatever begins; what is redriven is seen; what was refused can be asked for again."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from console import changes
from consoles import Console, serve_console
from local.account import entries
from machines import allow, ended, machine, role

pytestmark = pytest.mark.proof

WAIT = {"Type": "Wait", "Seconds": 3600, "End": True}


@dataclass(frozen=True)
class Workflow:
    """A workflow of three states that waits in the last, in the place of the retraining, and its page."""

    states: Any
    arn: str
    page: Page

    def start(self, name: str, value: str = "{}") -> str:
        """Start an execution of this name; its ARN."""
        return self.states.start_execution(stateMachineArn=self.arn, name=name, input=value)["executionArn"]

    def stop(self, arn: str) -> None:
        self.states.stop_execution(executionArn=arn)
        ended(lambda _: self.states, arn)

    def heading(self, name: str = "") -> Any:
        return self.page.get_by_role("article").get_by_role("heading", level=2, name=name).first


@pytest.fixture(name="workflow")
def workflow_that_waits(chromium: Browser, console: Console) -> Iterator[Workflow]:
    stack = console.stack.command_stack
    states = {"First": {"Type": "Pass", "Next": "Second"}, "Second": {"Type": "Pass", "Next": "Wait"}, "Wait": WAIT}
    trusted = role(stack.client, "states.amazonaws.com", allow("*"))
    arn = machine(stack.client, {"StartAt": "First", "States": states}, trusted)
    with (
        serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port,
        closing(chromium.new_page(viewport={"width": 1280, "height": 850})) as page,
    ):
        client = stack.client("stepfunctions")
        flow = Workflow(client, arn, page)
        flow.start("first")
        page.goto(Console(console.stack, port).address)
        expect(flow.heading("first")).to_contain_text("running")
        yield flow
        for each in entries(client, "list_executions", "executions", stateMachineArn=arn, statusFilter="RUNNING"):
            client.stop_execution(executionArn=each["executionArn"])


def test_what_nobody_has_done_anything_with_makes_way_for_what_begins(workflow: Workflow) -> None:
    workflow.start("second")
    expect(workflow.heading("second")).to_be_visible()


def choose_a_state(page: Page) -> None:
    page.get_by_role("button", name="First, Pass").focus()
    page.keyboard.press("Enter")


def open_a_text(page: Page) -> None:
    page.get_by_label("Input and output of the execution").get_by_text("Input").click()


def check_a_box(page: Page) -> None:
    # It changes at once, though what is checked is chosen with it.
    page.get_by_label("ways of errors").check()


@pytest.mark.parametrize("act", [choose_a_state, open_a_text, check_a_box], ids=lambda act: act.__name__)
def test_execution_that_somebody_does_something_with_stays(workflow: Workflow, act: Callable[[Page], None]) -> None:
    act(workflow.page)
    workflow.start("second")
    expect(workflow.page.get_by_title("Compare with second")).to_be_visible()
    expect(workflow.heading("first")).to_be_visible()


def test_comparison_stays_with_its_two(workflow: Workflow) -> None:
    workflow.stop(workflow.start("second"))
    workflow.page.get_by_title("Compare with second").click()
    head = workflow.page.get_by_role("columnheader")
    expect(head).to_contain_text(["State", "first", "second"])
    workflow.start("third")
    expect(workflow.page.get_by_title("Compare with third")).to_be_visible()
    expect(head).to_contain_text(["State", "first", "second"])


def test_question_stays_open_and_is_about_what_it_was_about(workflow: Workflow) -> None:
    page = workflow.page
    page.get_by_role("button", name="Stop …").click()
    second = workflow.start("second")
    expect(page.get_by_title("Compare with second")).to_be_attached()
    page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    expect(workflow.heading("first")).to_contain_text("stopped")
    assert workflow.states.describe_execution(executionArn=second)["status"] == "RUNNING"


def test_refusal_of_a_change_is_said_though_its_dialog_has_gone(workflow: Workflow) -> None:
    page, held = workflow.page, list[Route]()
    page.get_by_role("button", name="Stop …").click()
    page.route("**/api/workflow/stop", lambda route: held.append(route))
    with page.expect_request("**/api/workflow/stop"):
        page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    # The stack is gone for the execution's next answer: there is nothing left that the dialog stands in.
    gone = {"status": 410, "json": {"message": "The stack is gone."}}
    page.route("**/api/workflow/execution?*", lambda route: route.fulfill(**gone))
    workflow.stop(workflow.arn.replace(":stateMachine:", ":execution:") + ":first")
    expect(page.get_by_role("dialog")).to_have_count(0)
    held[0].fulfill(status=400, json={"message": "It is too late."})
    outcome = page.get_by_label("What came of a change")
    expect(outcome.get_by_role("alert")).to_have_text("Stop first? It is too late.")
    outcome.get_by_role("button", name="Put it away").click()
    expect(outcome).to_have_count(0)


@pytest.fixture(name="old")
def execution_that_is_none_of_the_newest(workflow: Workflow) -> str:
    """The ARN of an execution that was stopped, and that more have begun after than a look lists."""
    old = workflow.start("old")
    workflow.stop(old)
    for number in range(changes._NEWEST + 1):
        workflow.stop(workflow.start(f"newer-{number:02}"))
    workflow.page.reload()
    return old


def test_redrive_of_an_old_execution_is_seen_to_its_end(workflow: Workflow, old: str) -> None:
    page = workflow.page
    rows = page.get_by_label("Executions", exact=True).locator(".windowed")
    rows.evaluate("list => { list.scrollTop = list.scrollHeight }")
    row = rows.get_by_role("button", name="old").first
    row.click()
    expect(workflow.heading("old")).to_contain_text("stopped")
    page.get_by_role("button", name="Redrive …").click()
    page.get_by_role("button", name="Redrive it").click()
    expect(workflow.heading("old")).to_contain_text("running")
    expect(row).to_contain_text("running")
    workflow.stop(old)
    expect(workflow.heading("old")).to_contain_text("stopped")
    expect(row).to_contain_text("stopped")
    # Somebody else's redrive too.
    workflow.states.redrive_execution(executionArn=old)
    expect(workflow.heading("old")).to_contain_text("running")
    expect(row).to_contain_text("running")


def test_list_that_is_refused_once_is_asked_for_again(workflow: Workflow) -> None:
    page = workflow.page
    listed = page.get_by_label("Executions", exact=True)
    page.route("**/api/opening?", lambda route: route.abort())
    page.route("**/api/changes", lambda route: route.abort())
    page.route("**/api/workflow/executions?*", lambda route: route.abort(), times=1)
    page.reload()
    expect(listed.get_by_role("alert")).to_contain_text("does not answer")
    listed.get_by_role("button", name="Ask again").click()
    expect(listed.get_by_role("button", name="first").first).to_be_visible()
    expect(listed.get_by_role("alert")).to_have_count(0)


def test_older_executions_that_were_refused_once_are_asked_for_again(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.workflow.readings.MOST_LISTED", 3)
    for number in range(4):
        workflow.stop(workflow.start(f"more-{number}"))
    page = workflow.page
    listed = page.get_by_label("Executions", exact=True)
    # Nothing but the list itself has the oldest one.
    page.route("**/api/changes", lambda route: route.abort())
    page.route("**/api/opening?", lambda route: route.abort())
    page.route(re.compile("executions.*nextToken=."), lambda route: route.abort(), times=1)
    page.reload()
    expect(listed.get_by_role("alert")).to_contain_text("does not answer")
    expect(listed.get_by_role("button", name="first")).to_have_count(0)
    listed.get_by_role("button", name="Ask again").click()
    expect(listed.get_by_role("button", name="first").first).to_be_visible()
    expect(listed.get_by_role("alert")).to_have_count(0)
