"""What a page that stays open shows of a stack that is destroyed, and deployed anew under its name."""

import json
import re
from dataclasses import replace

from playwright.sync_api import Browser, expect

from consoles import Console, page_of_user, serve_console
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


def passing(state: str) -> str:
    """The definition of a workflow of one state."""
    return json.dumps({"StartAt": state, "States": {state: {"Type": "Pass", "End": True}}})


def test_execution_is_drawn_on_the_definition_that_it_ran_with(chromium: Browser, console: Console) -> None:
    stack = console.stack.command_stack
    states, trusted = stack.client("stepfunctions"), role(stack.client, "states.amazonaws.com")
    created = states.create_state_machine(name=unique("redefined"), definition=passing("Earlier"), roleArn=trusted)
    arn = created["stateMachineArn"]

    def execute(name: str) -> None:
        ended(stack.client, states.start_execution(stateMachineArn=arn, name=name)["executionArn"])

    execute("of-before")
    with serve_console(replace(stack, outputs={**stack.outputs, "StateMachineArn": arn}), "the embedded AWS") as port:
        window, questions = chromium.new_page(), list[str]()
        window.on("request", lambda request: questions.append(request.url))
        window.goto(Console(console.stack, port).address)
        article = window.get_by_role("article")
        expect(article.get_by_role("button", name="Earlier, Pass, succeeded")).to_be_attached()
        states.update_state_machine(stateMachineArn=arn, definition=passing("Later"))
        execute("of-after")
        rows = window.get_by_label("Executions", exact=True)
        for name, state in (("of-after", "Later"), ("of-before", "Earlier"), ("of-after", "Later")):
            rows.get_by_role("button", name=re.compile(name)).first.click()
            expect(window.get_by_role("heading", name=name)).to_be_visible()
            expect(article.get_by_role("button", name=f"{state}, Pass, succeeded")).to_be_attached()
            expect(article.locator("g.state")).to_have_count(1)
        # That of the workflow at first, and that of the execution with another one: nothing is asked twice.
        assert len([url for url in questions if "/workflow/graph" in url]) == 2
        window.close()


def test_execution_is_drawn_on_the_workflow_of_now_where_its_own_may_not_be_asked_for(
    chromium: Browser, console: Console
) -> None:
    console.stack.ended(console.stack.start(years={"first": 1, "last": 2}))
    with page_of_user(console, chromium, "states:DescribeStateMachineForExecution") as page:
        article = page.get_by_role("article")
        expect(article.get_by_role("alert").first).to_contain_text("The graph is that of the workflow as it is now")
        expect(article.get_by_role("button", name="Read input, Task, succeeded")).to_be_attached()
