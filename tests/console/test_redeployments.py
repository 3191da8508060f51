"""What a page that stays open shows of a stack that is destroyed, and deployed anew under its name."""

import json
from dataclasses import replace

from playwright.sync_api import Browser, expect

from consoles import Console, serve_console
from machines import ended, role, unique


def test_executions_of_before_are_gone_once_the_stack_is_there_again(chromium: Browser, console: Console) -> None:
    stack = console.stack.command_stack
    states, name = stack.client("stepfunctions"), unique("redeployed")
    definition = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
    trusted = role(stack.client, "states.amazonaws.com")

    def deploy(execution: str) -> str:
        created = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=trusted)
        arn = created["stateMachineArn"]
        started = states.start_execution(stateMachineArn=arn, name=execution)["executionArn"]
        assert ended(stack.client, started)["status"] == "SUCCEEDED"
        return arn

    arn = deploy("of-before")
    with serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port:
        window = chromium.new_page()
        window.goto(Console(console.stack, port).address)
        rows = window.get_by_label("Executions").locator(".windowed .name")
        expect(rows).to_have_text(["of-before"])
        states.delete_state_machine(stateMachineArn=arn)
        expect(window.get_by_role("alert").filter(has_text="StateMachineDoesNotExist").first).to_be_visible()
        deploy("of-after")
        expect(rows).to_have_text(["of-after"])
        expect(window.get_by_role("alert")).to_have_count(0)
        window.close()
