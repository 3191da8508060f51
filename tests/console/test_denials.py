"""Where credentials may not do one thing, the page says so in its place, and shows the rest."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from cli import executions, models
from consoles import TOKEN, Console, ask_at, page_of_user, serve_console
from local.account import HOST
from machines import unique
from stacks import SAMPLE_RIDES
from wildrydes.tasks import DEFAULT_TASK, TASKS

pytestmark = pytest.mark.proof

Deny = Callable[[str, str], None]
"""Takes an action away from the user of the console, on these resources."""


@pytest.fixture(scope="module", name="execution")
def ended_retraining(console: Console) -> dict[str, Any]:
    """The output of a retraining that has ingested a file, and whose model was promoted or kept."""
    # Whatever ran before, there is a file to ingest.
    console.stack.put(f"raw/{unique('denied')}.json", SAMPLE_RIDES[0].read_bytes())
    return console.stack.retrain()


@pytest.fixture(name="narrow")
def console_of_a_user(console: Console) -> Iterator[tuple[int, Deny]]:
    """The port of a console of a user who may do all but what is denied."""
    server, user = console.stack.server, unique("narrow")
    iam = server.client("iam")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]

    def put(effect: str, action: str, resource: str) -> None:
        statement = {"Effect": effect, "Action": action, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName=user, PolicyName=effect, PolicyDocument=document)

    put("Allow", "*", "*")
    onlooker = replace(server, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    with serve_console(replace(console.stack.command_stack, client=onlooker.client), "nowhere") as port:
        yield port, partial(put, "Deny")


def answer(port: int, path: str, **query: str) -> Any:
    reply = ask_at(port, f"/api/{path}?{urlencode(query)}")
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def test_champions_of_the_other_tasks_are_named_where_one_may_not_be(
    console: Console, narrow: tuple[int, Deny], execution: dict[str, Any]
) -> None:
    port, deny = narrow
    name = console.stack.outputs[f"{TASKS['magic_points'].function}Name"]
    deny("lambda:GetFunctionConfiguration", f"arn:aws:lambda:*:*:function:{name}*")
    about = answer(port, "about")
    assert set(about["champions"]) == set(TASKS) - {"magic_points"}
    assert about["champions"][DEFAULT_TASK] == models.promotions(console.stack.command_stack)[-1].execution
    assert "lambda:GetFunctionConfiguration" in about["trouble"]


def test_alarms_that_may_not_be_looked_at_are_not_said_to_be_none(narrow: tuple[int, Deny]) -> None:
    port, deny = narrow
    deny("cloudwatch:DescribeAlarms", "*")
    about = answer(port, "about")
    assert about["alarms"] is None
    assert about["questions"] == {task.name: task.meaning for task in TASKS.values()}


def test_serving_has_every_task_where_no_champion_may_be_read(console: Console, chromium: Browser) -> None:
    with page_of_user(console, chromium, "lambda:GetFunctionConfiguration") as page:
        page.get_by_role("button", name="Serving").click()
        expect(page.get_by_role("tab")).to_have_text(list(TASKS))
        page.get_by_role("tab", name="magic_points").click()
        said = page.get_by_label("Try the champion")
        expect(said).to_contain_text("The champion of magic_points may not be read")
        expect(said).not_to_contain_text("There is no model")
        expect(page.get_by_label("Drift and quality")).to_contain_text("No day of magic_points has been looked at yet")


@pytest.mark.parametrize("action", ["states:ListMapRuns", "states:DescribeMapRun"])
def test_execution_is_shown_without_the_children_that_may_not_be_counted(
    console: Console, narrow: tuple[int, Deny], execution: dict[str, Any], action: str, chromium: Browser
) -> None:
    port, deny = narrow
    deny(action, "*")
    window = chromium.new_page()
    window.goto(f"http://{HOST}:{port}/#{TOKEN}")
    window.get_by_label("Executions").get_by_role("button", name=execution["execution"]).first.click()
    window.get_by_role("button", name=re.compile("^Ingest rides, Map")).click(position={"x": 30, "y": 12})
    panel = window.get_by_label("The state Ingest rides")
    expect(panel.get_by_role("alert")).to_contain_text(action)
    expect(panel).to_contain_text("succeeded")
    window.close()


def test_objects_that_a_state_names_are_shown_where_what_it_wrote_may_not_be_listed(
    console: Console, narrow: tuple[int, Deny], execution: dict[str, Any]
) -> None:
    port, deny = narrow
    arn = executions.find(console.stack.command_stack, execution["execution"])
    states = answer(port, "workflow/execution", arn=arn)["states"]
    (place,) = (each["place"] for each in states if each["name"] == "Evaluate model")
    deny("s3:ListBucket", "*")
    objects = answer(port, "workflow/objects", arn=arn, place=str(place))
    assert (objects["is_denied"], objects["written"]) == (True, [])
    assert "there" in {each["status"] for each in objects["named"]}


def test_card_that_may_not_be_read_is_not_said_to_be_gone(
    console: Console, narrow: tuple[int, Deny], execution: dict[str, Any]
) -> None:
    port, deny = narrow
    deny("s3:GetObject", "*/card.json")
    reply = ask_at(
        port, f"/api/models/lineage?{urlencode({'task': DEFAULT_TASK, 'execution': execution['execution']})}"
    )
    assert reply.status == 400
    assert "may not be read with your credentials" in json.loads(reply.body)["message"]


def test_stack_that_may_not_be_described_is_not_said_to_be_gone(
    narrow: tuple[int, Deny], execution: dict[str, Any]
) -> None:
    port, deny = narrow
    deny("cloudformation:DescribeStacks", "*")
    reply = ask_at(
        port, f"/api/models/lineage?{urlencode({'task': DEFAULT_TASK, 'execution': execution['execution']})}"
    )
    assert (reply.status, "may not do this" in json.loads(reply.body)["message"]) == (403, True)


def test_failure_is_explained_without_the_log_that_may_not_be_read(console: Console, narrow: tuple[int, Deny]) -> None:
    port, deny = narrow
    arn = console.stack.start(years={"first": 1, "last": 2})
    assert console.stack.ended(arn)["status"] == "FAILED"
    whole = answer(port, "workflow/failure", arn=arn)
    assert (whole["log_is_whole"], whole["log_trouble"]) == (True, "")
    assert whole["log"] != []
    deny("logs:FilterLogEvents", "*")
    seen = answer(port, "workflow/failure", arn=arn)
    assert (seen["state"], seen["cause"], seen["log"]) == (whole["state"], whole["cause"], [])
    assert "logs:FilterLogEvents" in seen["log_trouble"]


def test_execution_is_shown_without_the_history_that_may_not_be_read(
    console: Console, narrow: tuple[int, Deny], chromium: Browser
) -> None:
    port, deny = narrow
    arn = console.stack.start(years={"first": 1, "last": 2})
    assert console.stack.ended(arn)["status"] == "FAILED"
    whole = answer(port, "workflow/execution", arn=arn)
    deny("states:GetExecutionHistory", "*")
    window = chromium.new_page()
    window.goto(f"http://{HOST}:{port}/#{TOKEN}")
    window.get_by_label("Executions").get_by_role("button", name=arn.rpartition(":")[2]).first.click()
    article = window.get_by_role("article")
    expect(article.get_by_role("alert").first).to_contain_text("states:GetExecutionHistory")
    expect(article.get_by_role("heading", level=2).first).to_contain_text("failed")
    expect(window.get_by_label("Why it failed")).to_contain_text(whole["error"])
    window.get_by_role("button", name="Read input, Task, not known whether it was entered").click()
    expect(window.get_by_label("The state Read input")).to_contain_text("which may not be read")
    window.close()
    seen = answer(port, "workflow/execution", arn=arn)
    fields = ("status", "error", "cause", "input", "reason", "started", "ended")
    assert {name: seen[name] for name in fields} == {name: whole[name] for name in fields}
    assert (whole["history_trouble"], seen["states"]) == ("", [])
    # The function's cause is JSON, of which the sentence is shown.
    assert json.loads(seen["cause"]["text"])["errorMessage"] == answer(port, "workflow/failure", arn=arn)["cause"]
