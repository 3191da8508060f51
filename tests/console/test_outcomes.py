"""What became of executions, and what of one may be read while it runs: in lists, at its head, in its states."""

import json
import re
from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Page, Route, expect

from consoles import Console
from machines import unique, until
from stacks import SAMPLE_RIDES

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def held(console: Console) -> Iterator[str]:
    """The name of a retraining that has ingested a file, and goes no further until the module's tests are through."""
    name = unique("held")
    hold = partial(console.stack.server.request, "/_local/faults", execution=name)
    hold(faults=[{"state": "Check ingestion", "moment": "hold"}])
    console.stack.put(f"raw/{name}.json", SAMPLE_RIDES[0].read_bytes())
    arn = console.stack.start(name, promote=False, hyperparameters={"epochs": 2}, years={"first": 2015})
    until(
        lambda: [each["name"] for each in _execution(console, arn)["states"]], lambda names: "Check ingestion" in names
    )
    yield name
    console.stack.client("stepfunctions").stop_execution(executionArn=arn)
    hold(faults=[])


def _execution(console: Console, arn: str) -> dict:
    return json.loads(console.ask(f"/api/workflow/execution?arn={arn}").body)


def _facts(console: Console, arn: str) -> dict:
    return json.loads(console.ask("/api/workflow/facts", body=json.dumps({"arns": [arn]}).encode()).body)[arn]


def _open(page: Page, name: str) -> None:
    page.get_by_label("Executions", exact=True).get_by_role("button", name=name).first.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_retraining_that_yielded_says_so_and_to_which_and_has_a_cost(page: Page, console: Console, held: str) -> None:
    yielded = console.stack.start(promote=False)
    assert console.stack.ended(yielded)["status"] == "SUCCEEDED"
    facts = _facts(console, yielded)
    assert (facts["outcome"], facts["yielded_to"]) == ("yielded", console.stack.execution_arn(held))
    # Some twelve transitions, and a function that is called once.
    assert 0.0002 < facts["cost"] < 0.0005
    name = yielded.rpartition(":")[2]
    row = page.get_by_label("Executions", exact=True).get_by_role("button", name=name)
    expect(row).to_contain_text("yielded")
    expect(row).to_contain_text("$0.000")
    expect(row).not_to_contain_text("succeeded")
    _open(page, name)
    became = page.get_by_label("What became of it")
    expect(became).to_contain_text("nothing was ingested or trained")
    became.get_by_role("button", name=held).click()
    expect(page.get_by_role("heading", name=held)).to_contain_text("running")


def test_children_of_a_map_are_named_by_what_they_were_given(page: Page, console: Console, held: str) -> None:
    _open(page, held)
    page.get_by_role("button", name=re.compile("^Ingest rides, Map")).click(position={"x": 30, "y": 12})
    children = page.get_by_role("group", name="Children, the newest first").get_by_role("button")
    child = children.filter(has_text=f"raw/{held}.json, part 1 of 1")
    expect(child).to_have_count(1)
    child.click()
    expect(page.get_by_role("article")).to_contain_text(f"raw/{held}.json, part 1 of 1, bytes")


def test_state_that_is_read_stays_in_sight_and_is_not_run_again_while_it_runs(page: Page, held: str) -> None:
    _open(page, held)
    panel = page.get_by_label("The state Check ingestion")
    expect(panel).to_contain_text("running")
    expect(panel.get_by_role("button", name="Run this state again")).to_have_count(0)
    expect(page.get_by_role("button", name="Follow what runs")).to_have_count(0)
    panel.get_by_text("Input", exact=False).first.click()
    page.get_by_role("button", name="Follow what runs").click()
    expect(page.get_by_role("button", name="Follow what runs")).to_have_count(0)


def test_why_one_failed_is_not_asked_of_the_next_that_is_opened(page: Page, console: Console, held: str) -> None:
    name = unique("refused")
    console.stack.ended(console.stack.start(name, years={"first": 1, "last": 2}))
    questions: list[str] = []
    routes: list[Route] = []
    page.on("request", lambda request: questions.append(request.url) if "/workflow/failure" in request.url else None)
    page.route("**/api/workflow/failure*", lambda route: routes.append(route))
    with page.expect_request("**/api/workflow/failure*"):
        _open(page, name)
    # The answer comes once another execution is looked at.
    _open(page, held)
    with page.expect_response("**/api/workflow/failure*"):
        routes[0].continue_()
    page.get_by_role("tab", name="restore").click()
    listed = page.get_by_role("group", name="Executions of restore, the newest first").get_by_role("button").first
    expect(page.get_by_text("No execution of restore yet").or_(listed)).to_be_visible()
    assert [url for url in questions if name not in url] == []


def test_another_retraining_begins_with_the_input_of_one_that_ended(page: Page, console: Console) -> None:
    execution = console.stack.start(years={"first": 1, "last": 2}, promote=False, hyperparameters={"epochs": 2})
    assert console.stack.ended(execution)["status"] == "FAILED"
    _open(page, execution.rpartition(":")[2])
    page.get_by_role("button", name="Start another like it").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("promote", exact=True)).not_to_be_checked()
    expect(dialog.get_by_label("first", exact=True)).to_have_value("1")
    dialog.get_by_text("The input as JSON").click()
    shown = json.loads(dialog.locator("pre").text_content() or "")
    assert shown == {"promote": False, "hyperparameters": {"epochs": 2}, "years": {"first": 1, "last": 2}}


def test_hint_names_the_controls_of_the_page_and_not_the_commands(page: Page, console: Console) -> None:
    name = unique("stopped")
    hold = partial(console.stack.server.request, "/_local/faults", execution=name)
    hold(faults=[{"state": "Read input", "moment": "hold"}])
    console.stack.start(name, task="pick_duration", promote=False)
    _open(page, name)
    page.get_by_role("button", name="Stop …").click()
    page.get_by_role("button", name="Stop it").click()
    why = page.get_by_label("Why it failed")
    expect(why).to_contain_text("Somebody stopped the execution: Redrive goes on with it, or start again.")
    hold(faults=[])


def test_state_where_a_failure_began_is_marked_though_it_has_succeeded(page: Page, console: Console) -> None:
    execution = console.stack.start(promote=False, task="magic_points", min_training_rows=1_000_000)
    assert console.stack.ended(execution)["error"] == "UnusableTrainingSet"
    _open(page, execution.rpartition(":")[2])
    # It is shown first, too, without a mark that all is well.
    panel = page.get_by_label("The state Check training set")
    expect(panel).to_contain_text("This state itself worked. What it found led to the failure.")
    expect(panel).to_contain_text("on to Unusable of which source?")
    expect(panel).to_contain_text("It passes its input on as its output.")
    expect(panel.locator(".status")).to_have_count(0)
    expect(panel.get_by_role("button", name="Run this state again")).to_have_count(0)
    legend = page.get_by_label("What the colours and forms mean").get_by_role("listitem")
    for meaning in ("succeeded", "failed, or the failure began here", "shown in the panel", "chooses the way"):
        expect(legend.get_by_text(meaning, exact=True)).to_be_visible()
    expect(
        page.get_by_role("button", name="Check training set, Choice, succeeded, where the failure began")
    ).to_be_attached()
    expect(page.get_by_label("Why it failed")).to_contain_text("ask for fewer rows by min_training_rows")


def test_long_cause_is_folded_after_its_first_sentence_and_remedies_name_their_control(
    page: Page, console: Console
) -> None:
    execution = console.stack.start(promote=False, task="magic_points", min_training_rows=1_000_000)
    ended = console.stack.ended(execution)
    assert ended["error"] == "UnusableTrainingSet"
    first, sign, rest = ended["cause"].partition(" to test on.")
    assert rest
    _open(page, execution.rpartition(":")[2])
    why = page.get_by_label("Why it failed")
    expect(why.get_by_text(f"{first}{sign}", exact=True)).to_be_visible()
    needs = why.get_by_text("At least 1000000 rows to train on")
    expect(needs).to_be_hidden()
    why.get_by_text("The rest of the cause").click()
    expect(needs).to_be_visible()
    expect(why).to_contain_text("Start another like it opens a form with the same input: change the fields named here")
