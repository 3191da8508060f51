"""What a page says of a state and of executions in a list is what the bucket, the ledger and the logs say."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cli import executions, logs
from consoles import Console
from hostile import HOSTILE
from local.account import entries
from machines import unique, until
from stacks import SAMPLE_RIDES

pytestmark = pytest.mark.proof

Execution = Mapping[str, Any]


@pytest.fixture(scope="module", name="retraining")
def ended_retraining(console: Console) -> Execution:
    """A retraining of the sample that has ended, as the page is told of it."""
    # Whatever ran before, there is a file to ingest.
    console.stack.put(f"raw/{unique('seen-as-evidence')}.json", SAMPLE_RIDES[0].read_bytes())
    arn = console.stack.start(promote=False, reason="new_rides", reason_detail="12 files")
    assert console.stack.ended(arn)["status"] == "SUCCEEDED"
    return ask(console, "execution", arn=arn)


def ask(console: Console, path: str, **query: str) -> Any:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    answer = console.ask(f"/api/workflow/{path}?{text}")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def place_of(execution: Execution, name: str) -> str:
    (state,) = (each for each in execution["states"] if each["name"] == name)
    return str(state["place"])


def facts(console: Console, arns: list[str]) -> dict[str, Any]:
    return json.loads(console.ask("/api/workflow/facts", body=json.dumps({"arns": arns}).encode()).body)


def test_facts_are_those_of_the_input_and_of_the_output(console: Console, retraining: Execution) -> None:
    arn = retraining["arn"]
    described = console.stack.client("stepfunctions").describe_execution(executionArn=arn)
    cost = json.loads(described["output"])["cost"]["total_usd"]
    assert cost > 0
    (stated,) = facts(console, [arn]).values()
    verdict = json.loads(described["output"])["verdict"]
    assert stated == {
        "reason": "new_rides",
        "task": "heavy_utilization",
        "cost": cost,
        "is_accounted": True,
        "outcome": "kept",
        "verdict": verdict,
        "why_not": "promote was off",
        "yielded_to": None,
        "item": None,
    }


def test_cost_of_a_failed_retraining_is_that_of_the_ledger(console: Console) -> None:
    arn = console.stack.start(years={"first": 1, "last": 2})
    assert console.stack.ended(arn)["status"] == "FAILED"
    # It is accounted once it has ended.
    cost = until(lambda: facts(console, [arn])[arn]["cost"], lambda usd: usd is not None)
    s3 = console.stack.client("s3")
    listed = entries(s3, "list_objects_v2", "Contents", Bucket=console.stack.bucket, Prefix="costs/")
    (key,) = (each["Key"] for each in listed if each["Key"].endswith(f"retrain-{arn.rpartition(':')[2]}.json"))
    entry = json.load(s3.get_object(Bucket=console.stack.bucket, Key=key)["Body"])
    assert cost == entry["cost"]["total_usd"]


def test_more_facts_at_once_than_fit_are_refused(console: Console) -> None:
    answer = console.ask("/api/workflow/facts", body=json.dumps({"arns": ["arn"] * 41}).encode())
    assert (answer.status, b"up to 40" in answer.body) == (400, True)


def test_later_answer_has_the_states_alone_that_have_changed(console: Console, retraining: Execution) -> None:
    arn, last = retraining["arn"], retraining["events"]
    assert retraining["since"] == 0
    later = ask(console, "execution", arn=arn, since=str(last))
    # The distributed Map's children are executions of their own: it is always told.
    assert [each["name"] for each in later["states"]] == ["Ingest rides"]
    middle = next(each for each in retraining["states"] if each["name"] == "Evaluate model")
    entered_before = [each["place"] for each in retraining["states"] if each["place"] < middle["place"]]
    events = executions.history(console.stack.command_stack, arn)
    number = next(
        event["id"] for event in events if event.get("stateEnteredEventDetails", {}).get("name") == "Evaluate model"
    )
    changed = [each["place"] for each in ask(console, "execution", arn=arn, since=str(number - 1))["states"]]
    assert middle["place"] in changed
    assert len(set(changed) & set(entered_before)) == 1
    answer = console.ask(f"/api/workflow/execution?arn={arn}&since={last + 1}")
    assert answer.status == 400


def test_log_of_a_function_is_what_it_logged(console: Console, retraining: Execution) -> None:
    tail = ask(console, "log", arn=retraining["arn"], place=place_of(retraining, "Evaluate model"))
    stack = console.stack.command_stack
    (group,) = logs.log_groups(stack, "evaluate_model").values()
    lines = [line for event in logs.events(stack, group, 0) for line in event["message"].splitlines()]
    assert (tail["group"], tail["is_whole"]) == (group, True)
    own = [line for line in lines if '"judged"' in line and retraining["name"] in line]
    assert len(own) == 1
    assert own[0] in tail["lines"]
    assert set(tail["lines"]) <= set(lines)


def test_log_of_a_training_job_is_that_of_its_job_alone(console: Console, retraining: Execution) -> None:
    tail = ask(console, "log", arn=retraining["arn"], place=place_of(retraining, "Train candidate"))
    stack = console.stack.command_stack
    place = place_of(retraining, "Train candidate")
    job = json.loads(ask(console, "text", arn=retraining["arn"], place=place, field="input")["text"])
    prefix = f"{job['candidate']['training_job']}/"
    events = logs.events(stack, logs.TRAINING, 0, logStreamNamePrefix=prefix)
    assert tail["lines"] == [line for event in events for line in event["message"].splitlines()]
    assert len(tail["lines"]) > 50


def test_state_that_calls_nothing_that_logs_says_so(retraining: Execution) -> None:
    logged = {each["name"] for each in retraining["states"] if each["has_log"]}
    assert {"Plan ingestion", "Evaluate model", "Train candidate"} <= logged
    assert not {"Build training set", "Check training set", "Resolve image"} & logged


def test_objects_of_a_state_are_those_of_the_bucket(console: Console, retraining: Execution) -> None:
    name, bucket = retraining["name"], console.stack.bucket
    objects = ask(console, "objects", arn=retraining["arn"], place=place_of(retraining, "Train candidate"))
    s3 = console.stack.client("s3")
    # S3 knows times in whole seconds: what the states beside it wrote in the same second is listed, too.
    (artefact,) = [each for each in objects["written"] if each["address"].startswith(f"s3://{bucket}/models/")]
    key = artefact["address"].removeprefix(f"s3://{bucket}/")
    assert re.fullmatch(rf"models/{name}/{name}[^/]*/output/model\.tar\.gz", key)
    assert artefact["bytes"] == s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    named = {each["address"]: each for each in objects["named"]}
    train = named[f"s3://{bucket}/training-sets/{name}/split=train/"]
    prefix = f"training-sets/{name}/split=train/"
    listed = entries(s3, "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix)
    assert (train["objects"], train["bytes"]) == (len(listed), sum(each["Size"] for each in listed))
    assert f"s3://{bucket}/models/" not in named


def test_function_that_names_no_object_is_seen_to_have_written_some(console: Console, retraining: Execution) -> None:
    objects = ask(console, "objects", arn=retraining["arn"], place=place_of(retraining, "Plan ingestion"))
    written = {each["address"].removeprefix(f"s3://{console.stack.bucket}/") for each in objects["written"]}
    assert {f"manifests/{retraining['name']}.json", f"manifests/{retraining['name']}.files.jsonl"} <= written


def test_objects_that_are_gone_are_said_to_be_absent(console: Console, retraining: Execution) -> None:
    place = place_of(retraining, "Evaluate model")
    before = ask(console, "objects", arn=retraining["arn"], place=place)["named"]
    card = next(each["address"] for each in before if each["address"].endswith("/card.json"))
    s3, bucket = console.stack.client("s3"), console.stack.bucket
    key = card.removeprefix(f"s3://{bucket}/")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=key)
    try:
        named = ask(console, "objects", arn=retraining["arn"], place=place)["named"]
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    statuses = {each["address"]: (each["status"], each["objects"]) for each in named}
    assert statuses == {each["address"]: (each["status"], each["objects"]) for each in before} | {card: ("absent", 0)}


def test_way_taken_has_the_states_that_were_entered_and_no_other(
    page: Page, console: Console, retraining: Execution
) -> None:
    page.get_by_role("button", name=retraining["name"]).first.click()
    entered = {each["name"] for each in retraining["states"]}
    states = page.locator("svg .state")
    way = page.get_by_label("only the way taken")
    expect(way).to_be_checked()
    expect(states).to_have_count(len(entered))
    labels = states.evaluate_all("all => all.map(each => each.getAttribute('aria-label').split(',')[0])")
    assert set(labels) == entered
    way.uncheck()
    expect(states).to_have_count(len(ask(console, "graph", arn=console.stack.outputs["StateMachineArn"])["nodes"]))


def test_keys_go_through_the_tabs_and_through_the_graph(page: Page, retraining: Execution) -> None:
    page.get_by_role("button", name=retraining["name"]).first.click()
    start = page.get_by_role("button", name="Read input, Task")
    expect(start).to_be_attached()
    stops = page.locator('svg .state[tabindex="0"]')
    expect(stops).to_have_count(1)
    stops.focus()
    page.keyboard.press("Home")
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first != second
    page.keyboard.press("Enter")
    expect(page.get_by_label(f"The state {second.split(',')[0]}", exact=True)).to_be_visible()
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == first
    expect(stops).to_have_count(1)
    tab = page.get_by_role("tab", name="retrain")
    tab.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="promote")).to_be_focused()
    expect(page.get_by_role("tab", name="promote")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="monitor")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tab).to_be_focused()
    expect(page.locator('[role=tab][tabindex="0"]')).to_have_count(1)


def test_panel_shows_the_log_and_the_objects(page: Page, retraining: Execution) -> None:
    page.get_by_role("button", name=retraining["name"]).first.click()
    page.get_by_role("button", name=re.compile("^Train candidate, Task")).click()
    panel = page.get_by_label("The state Train candidate", exact=True)
    panel.get_by_text("The end of its log").click()
    expect(panel).to_contain_text("/aws/sagemaker/TrainingJobs")
    panel.get_by_text("What it read and wrote").click()
    expect(panel).to_contain_text(re.compile(r"Written by the execution while the state ran: \d+ objects?, "))
    expect(panel).to_contain_text("S3 knows times in whole seconds")
    expect(panel.locator(".objects").last).to_contain_text("output/model.tar.gz")


def test_hostile_lines_of_a_log_are_text(page: Page, console: Console, retraining: Execution) -> None:
    state = retraining["states"][int(place_of(retraining, "Evaluate model"))]
    group = ask(console, "log", arn=retraining["arn"], place=str(state["place"]))["group"]
    writer, stream = console.stack.client("logs"), unique("hostile")
    writer.create_log_stream(logGroupName=group, logStreamName=stream)
    when = int(datetime.fromisoformat(state["entered"]).timestamp() * 1000) + 1
    events = [{"timestamp": when, "message": text} for text in HOSTILE]
    writer.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    page.get_by_role("button", name=retraining["name"]).first.click()
    page.get_by_role("button", name=re.compile("^Evaluate model, Task")).click()
    panel = page.get_by_label("The state Evaluate model", exact=True)
    panel.get_by_text("The end of its log").click()
    log = panel.locator("pre", has_text="judged")
    expect(log).to_contain_text(HOSTILE[0])
    lines = (log.text_content() or "").split("\n")
    assert [text for text in HOSTILE if text not in lines] == []
    assert page.evaluate("window.hit") is None
    assert page.locator("#page").locator("img, script, iframe, base, style, math, object, embed, link").count() == 0
