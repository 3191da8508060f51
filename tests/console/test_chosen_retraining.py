"""What the data view says of the retraining that is chosen: whether it yielded, however old it is."""

import json
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from consoles import Console, serve_console
from machines import ended, role, unique

pytestmark = pytest.mark.proof


def test_retraining_that_yielded_before_the_newest_did_is_said_to_have(console: Console, chromium: Browser) -> None:
    stack = console.stack.command_stack
    states, definition = stack.client("stepfunctions"), {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    created = states.create_state_machine(
        name=f"{unique('stack')}-retrain",
        definition=json.dumps(definition),
        roleArn=role(stack.client, "states.amazonaws.com"),
    )
    arn = created["stateMachineArn"]
    # The output of each is its input.
    for name, output in (("yielded", {"yielded_to": f"{arn}:another"}), ("newest", {})):
        started = states.start_execution(stateMachineArn=arn, name=name, input=json.dumps(output))
        assert ended(stack.client, started["executionArn"])["status"] == "SUCCEEDED"
    with (
        serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port,
        closing(chromium.new_page()) as page,
    ):
        page.goto(Console(console.stack, port).address)
        page.get_by_role("button", name="Data", exact=True).click()
        expect(page.get_by_text("succeeded, started")).to_be_visible()
        page.get_by_label("Show the data of the retraining").select_option("yielded")
        expect(page.get_by_text("yielded, started")).to_be_visible()
        expect(page.get_by_text("succeeded, started")).to_have_count(0)
