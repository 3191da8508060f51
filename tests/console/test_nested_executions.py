"""Executions that start others: the page leads from a failure to where it began, and says what a stop does to each."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.stack import Stack
from consoles import Console, serve_console
from local.account import entries
from machines import allow, ended, machine, role, unique

_MODE = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


def refusing(state: str) -> dict[str, Any]:
    """A workflow whose failure begins in the state, a Choice that leads elsewhere for nobody."""
    nobody = {"Variable": "$$.Execution.Name", "StringEquals": "nobody", "Next": "Done"}
    states = {
        state: {"Type": "Choice", "Choices": [nobody], "Default": "Refused"},
        "Refused": {"Type": "Fail", "Error": "Refused"},
        "Done": {"Type": "Succeed"},
    }
    return {"StartAt": state, "States": states}


@pytest.fixture(name="stack")
def stack_of_workflows(console: Console) -> Stack:
    """A stack whose retraining starts a promotion that fails, and whose monitoring waits, as does its restoring."""
    client = console.stack.client
    trusted = role(client, "states.amazonaws.com", allow("*"))
    promote = machine(client, refusing("Compare"), trusted)
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": promote},
        "End": True,
    }
    retrain = machine(client, {"StartAt": "Promote", "States": {"Promote": start}}, trusted)
    outputs = {"StateMachineArn": retrain, "PromoteStateMachineArn": promote}
    return replace(console.stack.command_stack, outputs={**console.stack.outputs, **outputs})


@pytest.fixture(name="window")
def page_of_the_stack(stack: Stack, console: Console, chromium: Browser) -> Iterator[Page]:
    with serve_console(stack, "the embedded AWS") as port:
        page = chromium.new_page()
        page.goto(Console(console.stack, port).address)
        yield page
        page.close()


def test_failure_of_a_promotion_leads_from_its_retraining_to_the_state_where_it_began(
    stack: Stack, window: Page
) -> None:
    states = stack.client("stepfunctions")
    started = states.start_execution(stateMachineArn=stack.machine("retrain"), name="of-retrain")["executionArn"]
    cause = json.loads(ended(stack.client, started)["cause"])
    window.get_by_role("button", name="of-retrain").first.click()
    why = window.get_by_label("Why it failed")
    expect(why).to_contain_text("in the state Promote → Compare")
    why.get_by_role("button", name="Compare").click()
    expect(window.get_by_role("heading", name=cause["Name"])).to_be_visible()
    expect(window.get_by_role("tab", name="promote")).to_have_attribute("aria-selected", "true")
    expect(window.get_by_label("The state Compare")).to_contain_text("What it found led to the failure")
    # It is no retraining.
    expect(window.get_by_role("button", name="Start another like it")).to_have_count(0)


def test_failure_of_a_child_leads_to_the_child(stack: Stack, console: Console, chromium: Browser) -> None:
    client = console.stack.client
    fan_out = {
        "Type": "Map",
        "ItemsPath": "$",
        "Label": "Readers",
        "ItemProcessor": _MODE | refusing("Read → parse"),
        "End": True,
    }
    trusted = role(client, "states.amazonaws.com", allow("*"))
    arn = machine(client, {"StartAt": "Fan out", "States": {"Fan out": fan_out}}, trusted)
    states = stack.client("stepfunctions")
    started = states.start_execution(stateMachineArn=arn, name="of-a-map", input='["a"]')["executionArn"]
    ended(client, started)
    (run,) = entries(states, "list_map_runs", "mapRuns", executionArn=started)
    (child,) = entries(states, "list_executions", "executions", mapRunArn=run["mapRunArn"])
    with serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "nowhere") as port:
        page = chromium.new_page()
        page.goto(Console(console.stack, port).address)
        page.get_by_label("Why it failed").get_by_role("button", name="Read → parse", exact=True).click()
        expect(page.get_by_role("heading", name=child["name"])).to_be_visible()
        expect(page.get_by_label("The state Read → parse")).to_contain_text("What it found led to the failure")
        page.close()


@pytest.mark.parametrize(
    ("workflow", "effect"),
    [
        ("retrain", "A redrive goes on from there"),
        ("promote", "Nothing goes on from there: no promotion is redriven"),
        ("restore", "What the promotion left stays half done until a redrive"),
        ("monitor", "wildrydes monitor looks at the day once more"),
    ],
)
def test_stop_says_what_is_true_of_the_workflow(
    stack: Stack, console: Console, chromium: Browser, workflow: str, effect: str
) -> None:
    client = stack.client
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    arn = machine(client, waiting, role(client, "states.amazonaws.com"))
    states, name = client("stepfunctions"), unique("waiting")
    started = states.start_execution(stateMachineArn=arn, name=name)["executionArn"]
    output = "StateMachineArn" if workflow == "retrain" else f"{workflow.title()}StateMachineArn"
    with serve_console(replace(stack, outputs={**stack.outputs, output: arn}), "nowhere") as port:
        page = chromium.new_page()
        page.goto(Console(console.stack, port).address)
        page.get_by_role("tab", name=re.compile(workflow)).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        page.get_by_role("button", name="Stop …").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(effect)
        assert ("A redrive goes on" in (dialog.text_content() or "")) is (workflow in ("retrain", "monitor"))
        dialog.get_by_role("button", name="Stop it").click()
        expect(page.get_by_role("article").get_by_role("heading", level=2).first).to_contain_text("stopped")
        # What is promised is what is offered.
        expect(page.get_by_role("button", name="Redrive …")).to_have_count(0 if workflow == "promote" else 1)
        page.close()
    assert states.describe_execution(executionArn=started)["status"] == "ABORTED"
