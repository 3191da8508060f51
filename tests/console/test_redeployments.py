"""What a page that stays open shows of a stack that is destroyed, and deployed anew under its name."""

import json
import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from consoles import Console, page_of_user, serve_console
from machines import ended, role, unique

pytestmark = pytest.mark.proof


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


def passing(state: str) -> str:
    """The definition of a workflow of one state."""
    return json.dumps({"StartAt": state, "States": {state: {"Type": "Pass", "End": True}}})


def test_execution_is_drawn_on_the_definition_that_it_ran_with(chromium: Browser, console: Console) -> None:
    stack = console.stack.command_stack
    states, trusted = stack.client("stepfunctions"), role(stack.client, "states.amazonaws.com")
    created = states.create_state_machine(name=unique("redefined"), definition=passing("Earlier"), roleArn=trusted)
    arn = created["stateMachineArn"]

    def execute(name: str) -> str:
        started = states.start_execution(stateMachineArn=arn, name=name)["executionArn"]
        ended(stack.client, started)
        return started

    execute("of-before")
    with serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port:
        window, questions = chromium.new_page(), list[str]()
        window.on("request", lambda request: questions.append(request.url))
        window.goto(Console(console.stack, port).address)
        article = window.get_by_role("article")
        expect(article.get_by_role("button", name="Earlier, Pass, succeeded")).to_be_attached()
        states.update_state_machine(stateMachineArn=arn, definition=passing("Later"))
        after = execute("of-after")
        rows = window.get_by_label("Executions", exact=True)
        for name, state in (("of-after", "Later"), ("of-before", "Earlier"), ("of-after", "Later")):
            rows.get_by_role("button", name=re.compile(name)).first.click()
            expect(window.get_by_role("heading", name=name)).to_be_visible()
            expect(article.get_by_role("button", name=f"{state}, Pass, succeeded")).to_be_attached()
            expect(article.locator("g.state")).to_have_count(1)
        # That of the workflow came with the first view, and that of the execution with another is asked for once.
        assert [url.partition("?execution=")[2] for url in questions if "/workflow/graph" in url] == [quote(after, "")]
        window.close()


def test_execution_is_drawn_on_the_workflow_of_now_where_its_own_may_not_be_asked_for(
    chromium: Browser, console: Console
) -> None:
    console.stack.ended(console.stack.start(years={"first": 1, "last": 2}))
    with page_of_user(console, chromium, "states:DescribeStateMachineForExecution") as page:
        article = page.get_by_role("article")
        expect(article.get_by_role("alert").first).to_contain_text("The graph is that of the workflow as it is now")
        expect(article.get_by_role("button", name="Read input, Task, succeeded")).to_be_attached()


def test_operations_of_a_destroyed_stack_say_that_it_is_gone(chromium: Browser, console: Console) -> None:
    stack, name = console.stack.command_stack, unique("destroyed")
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    with serve_console(replace(stack, name=name), "the embedded AWS") as port:
        window = chromium.new_page()
        window.goto(Console(console.stack, port).address)
        window.get_by_role("button", name="Operations").click()
        alarms = window.get_by_label("Alarms", exact=True)
        expect(alarms).to_contain_text("The stack has no alarms.")
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        gone = f"The stack '{name}' was destroyed: wildrydes deploy"
        for part in (
            alarms,
            window.get_by_label("Queues and dead letters", exact=True),
            window.get_by_label("Schedules", exact=True),
        ):
            expect(part.get_by_role("alert")).to_contain_text(gone)
        expect(alarms).not_to_contain_text("The stack has no alarms.")
        window.get_by_role("button", name="List these permissions").click()
        expect(window.get_by_label("Permissions that no test used").first.get_by_role("alert")).to_contain_text(gone)
        window.close()
