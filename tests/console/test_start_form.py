"""The form that starts a retraining has the whole input, and says at a field what is wrong with it."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from cli.input_schema import input_schema
from consoles import Console
from local.account import entries
from machines import unique


def test_wrong_input_is_refused_at_its_field_before_anything_starts(page: Page, console: Console) -> None:
    machine = console.stack.outputs["StateMachineArn"]
    states = console.stack.client("stepfunctions")
    before = len(entries(states, "list_executions", "executions", stateMachineArn=machine))
    page.get_by_role("button", name="Start a retraining").click()
    page.get_by_text("All other fields").click()
    start = page.get_by_role("button", name="Start it", exact=True)
    for field, text, message in (
        ("hyperparameters", "{", "is no JSON"),
        ("hyperparameters", '{"epochs": 0}', "epochs"),
        ("min_training_rows", "0", "must be an integer from 1 to 1000000000"),
        ("min_training_rows", "0x10", "must be an integer from 1 to 1000000000"),
        ("min_training_rows", "12345678901234567890", "would change to 12345678901234567000"),
        ("max_rejected_fraction", "most", "must be a number from 0 to 1"),
        ("max_rejected_fraction", "-0", "the number -0, which the page would change to 0"),
        ("hyperparameters", '{"xgboost": {"eta": 1, "eta": 2}}', 'has the name "eta" twice'),
        ("hyperparameters", '{"eta": 1e400}', "the number 1e400, which the page would change to Infinity"),
        ("first", "1700", "years.first is 1700"),
    ):
        box = page.get_by_label(field, exact=True)
        box.fill(text)
        start.click()
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(message)
        expect(box).to_be_focused()
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(box).to_have_accessible_description(re.compile(re.escape(message)))
        box.fill("")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(entries(states, "list_executions", "executions", stateMachineArn=machine)) == before


def test_form_has_every_field_of_the_input_and_starts_with_what_it_says(page: Page, console: Console) -> None:
    page.get_by_role("button", name="Start a retraining").click()
    page.get_by_text("All other fields").click()
    dialog = page.get_by_role("dialog")
    for name, schema in input_schema()["properties"].items():
        expect(dialog.locator("code", has_text=re.compile(f"^{name}$"))).to_be_visible()
        expect(dialog).to_contain_text(schema["description"])
    dialog.get_by_label("task", exact=True).select_option("magic_points")
    dialog.get_by_label("TMIN").check()
    dialog.get_by_label("distance").check()
    # What the task has no feature of, it does not offer.
    expect(dialog.get_by_label("healthpoints")).to_have_count(0)
    dialog.get_by_label("linear-learner").check()
    dialog.get_by_label("hyperparameters", exact=True).fill('{"epochs": 2}')
    dialog.get_by_label("promote", exact=True).uncheck()
    dialog.get_by_label("min_training_rows", exact=True).fill("1000000")
    dialog.get_by_label("reason", exact=True).select_option("schedule")
    dialog.get_by_label("first", exact=True).fill("2010")
    dialog.get_by_text("The input as JSON").click()
    text = dialog.locator("pre").text_content() or ""
    page.get_by_role("button", name="Start it", exact=True).click()
    heading = page.get_by_role("article").get_by_role("heading", level=2).first
    expect(heading).to_contain_text(re.compile("run-"))
    expect(heading).to_contain_text("failed")
    name = (heading.text_content() or "").split()[0]
    arn = console.stack.execution_arn(name)
    described = console.stack.client("stepfunctions").describe_execution(executionArn=arn)
    assert (
        json.loads(described["input"])
        == json.loads(text)
        == {
            "task": "magic_points",
            "promote": False,
            "algorithms": ["linear-learner"],
            "hyperparameters": {"epochs": 2},
            "features": ["TMIN", "distance"],
            "years": {"first": 2010},
            "min_training_rows": 1_000_000,
            "reason": "schedule",
        }
    )
    # The list says what it was started by, and for what.
    expect(page.get_by_label("Executions", exact=True).get_by_role("button", name=name)).to_contain_text(
        # Its cost too, which it is accounted with once it has ended.
        re.compile(r"magic_points\s*\$[\d.]+ · by the schedule")
    )


def test_features_that_are_out_of_sight_are_no_part_of_the_input(page: Page) -> None:
    page.get_by_role("button", name="Start a retraining").click()
    page.get_by_text("All other fields").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("healthpoints").check()
    dialog.get_by_label("TMIN").check()
    dialog.get_by_label("task", exact=True).select_option("magic_points")
    dialog.get_by_text("The input as JSON").click()
    assert json.loads(dialog.locator("pre").text_content() or "") == {"task": "magic_points", "features": ["TMIN"]}


@pytest.mark.parametrize(
    ("execution_input", "said"),
    [
        ("null", "it is no JSON object. The form begins empty."),
        ("[]", "it is no JSON object"),
        ('"x"', "it is no JSON object"),
        ("5", "it is no JSON object"),
        ('{"a":' * 900 + "5" + "}" * 900, "a retraining takes no such field or value: a."),
        ('{"task": "none", "promote": false}', "a retraining takes no such field or value: task."),
        ('{"promote": "no", "years": {"first": null}}', "no such field or value: promote, years."),
        ('{"tuning": "null", "algorithms": [], "min_training_rows": true}', "tuning, algorithms, min_training_rows."),
        ('{"features": ["healthpoints", "length"]}', "no such field or value: features."),
        ('{"min_training_rows": 12345678901234567890}', "would round its number 12345678901234567890"),
    ],
)
def test_input_that_the_form_cannot_hold_is_said_not_to_be_there(
    page: Page, console: Console, execution_input: str, said: str
) -> None:
    states, name = console.stack.client("stepfunctions"), unique("odd")
    machine = console.stack.outputs["StateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine, name=name, input=execution_input)["executionArn"]
    console.stack.ended(arn)
    page.get_by_label("Executions", exact=True).get_by_role("button", name=name).first.click()
    page.get_by_role("button", name="Start another like it").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text(said)
    expect(dialog.get_by_label("task", exact=True)).to_have_value("")


def test_what_the_page_has_started_makes_way_for_what_begins_after_its_end(page: Page, console: Console) -> None:
    page.get_by_role("button", name="Start a retraining").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("task", exact=True).select_option("pick_duration")
    dialog.get_by_role("button", name="Start it").click()
    # The page shows what it has started.
    expect(dialog).to_have_count(0)
    heading = page.get_by_role("article").get_by_role("heading", level=2).first
    started = (heading.text_content() or "").split()[0]
    console.stack.client("stepfunctions").stop_execution(executionArn=console.stack.execution_arn(started))
    # It may have come to its own end first: its task has no samples.
    expect(heading).to_contain_text(re.compile("stopped|failed"))
    later = console.stack.start(years={"first": 1, "last": 2}).rpartition(":")[2]
    expect(heading).to_contain_text(later)
    # Whoever has chosen one stays with it.
    page.get_by_label("Executions", exact=True).get_by_role("button", name=started).first.click()
    expect(heading).to_contain_text(started)
    newest = console.stack.start(years={"first": 1, "last": 2}).rpartition(":")[2]
    expect(page.get_by_label("Executions", exact=True)).to_contain_text(newest)
    expect(heading).to_contain_text(started)
