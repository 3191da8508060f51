"""The workflow view in a browser: what runs is seen, and what is asked for is done."""

import json
import re
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import serious_faults
from cli import deploy
from consoles import TOKEN, Console, page_of_user, serve_console
from local.account import HOST
from machines import unique, until
from stacks import ROOT, SAMPLE_RIDES


def status_of(console: Console, name: str) -> str:
    states = console.stack.client("stepfunctions")
    return states.describe_execution(executionArn=console.stack.execution_arn(name))["status"]


def open_execution(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_retraining_is_started_in_the_page_and_seen_as_it_goes_on_to_its_end(page: Page, console: Console) -> None:
    # Whatever ran before, there is a file to ingest.
    console.stack.put("raw/seen-in-the-page.json", SAMPLE_RIDES[0].read_bytes())
    page.get_by_role("button", name="Start a retraining").click()
    page.get_by_label("promote", exact=True).uncheck()
    page.get_by_role("button", name="Start it", exact=True).click()
    heading = page.get_by_role("article").get_by_role("heading", level=2).first
    expect(heading).to_contain_text("running")
    name = (heading.text_content() or "").split()[0]
    # Nobody asks for anything more: the graph follows by itself.
    expect(page.get_by_role("button", name="Plan ingestion, Task, succeeded")).to_be_attached()
    expect(page.get_by_role("button", name="Evaluate model, Task, succeeded")).to_be_attached()
    expect(heading).to_contain_text("succeeded")
    assert status_of(console, name) == "SUCCEEDED"
    page.get_by_role("button", name="Plan ingestion, Task, succeeded").click()
    panel = page.get_by_label("The state Plan ingestion")
    expect(panel).to_contain_text("lambda invoke")
    expect(panel.locator("pre").last).to_contain_text('"chunks"')
    # An inline Map has no children that are executions.
    page.get_by_role("button", name=re.compile("^Train candidates, Map")).click(position={"x": 30, "y": 12})
    expect(page.get_by_label("The state Train candidates")).to_contain_text("Iterations")
    expect(page.get_by_label("Children of the Map")).to_have_count(0)
    # The children of the Map, and one of them.
    expect(page.get_by_label("The state Ingest rides")).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Ingest rides, Map")).click(position={"x": 30, "y": 12})
    expect(page.get_by_label("The state Ingest rides")).to_contain_text(re.compile(r"[1-9]\d* of [1-9]\d* ended"))
    children = page.get_by_role("group", name="Children, the newest first").get_by_role("button")
    expect(children.first).to_contain_text("succeeded")
    children.first.click()
    expect(page.get_by_role("button", name="Back to the execution of this child")).to_be_visible()


def test_graph_without_an_execution_shows_where_the_workflow_starts(chromium: Browser, console: Console) -> None:
    server, name = console.stack.server, unique("new")
    deployed = deploy.deploy(ROOT, server, name, deploy.parameters_of_champions(f"/wildrydes/{name}"))
    with serve_console(deployed, "nowhere") as port:
        page = chromium.new_page(viewport={"width": 1280, "height": 850})
        page.goto(f"http://{HOST}:{port}/#{TOKEN}")
        page.get_by_role("tab", name="restore").click()
        expect(page.get_by_text("No execution of restore yet")).to_be_visible()
        # The corner of a large graph may be empty.
        expect(page.get_by_role("button", name="Read promotion, Task, not entered")).to_be_in_viewport()
        page.close()


def test_stopped_retraining_says_so_and_is_redriven_to_its_end(page: Page, console: Console) -> None:
    name = unique("halted")
    hold = partial(console.stack.server.request, "/_local/faults", execution=name)
    # It comes no further until it has been stopped.
    hold(faults=[{"state": "Plan ingestion", "moment": "hold"}])
    console.stack.start(name, promote=False)
    open_execution(page, name)
    expect(page.get_by_role("button", name="Plan ingestion, Task, running")).to_be_attached()
    page.get_by_role("button", name="Stop …").click()
    expect(page.get_by_role("dialog")).to_contain_text("A redrive goes on from there")
    page.get_by_role("button", name="Stop it").click()
    heading = page.get_by_role("article").get_by_role("heading", level=2).first
    expect(heading).to_contain_text("stopped")
    assert status_of(console, name) == "ABORTED"
    expect(page.get_by_label("Why it failed")).to_contain_text("StoppedByAPerson")
    hold(faults=[])
    page.get_by_role("button", name="Redrive …").click()
    page.get_by_role("button", name="Redrive it").click()
    expect(heading).to_contain_text("succeeded")
    expect(page.get_by_role("article")).to_contain_text("redriven once")
    expect(page.get_by_role("article")).to_contain_text(
        re.compile(r"took .+\ss of work, .+\ss more before its redrive")
    )
    expect(page.get_by_label("Executions", exact=True).get_by_role("button", name=name)).to_contain_text(
        "in all, redriven"
    )
    assert status_of(console, name) == "SUCCEEDED"


def test_failure_has_its_state_its_cause_and_what_to_do_and_its_state_runs_again(page: Page, console: Console) -> None:
    execution = console.stack.start(promote=False, min_training_rows=1_000_000)
    assert console.stack.ended(execution)["status"] == "FAILED"
    name = execution.rpartition(":")[2]
    open_execution(page, name)
    why = page.get_by_label("Why it failed")
    expect(why).to_contain_text("UnusableTrainingSet")
    expect(why).to_contain_text("widen the years by years")
    # Its workflow refuses it: a redrive would fail again, so none is offered, and the page says why.
    expect(page.get_by_role("article")).to_contain_text("at the state that failed, would fail there again")
    expect(page.get_by_role("button", name="Redrive …")).to_have_count(0)
    why.get_by_role("button", name="Check training set").click()
    expect(page.get_by_role("heading", name="Check training set")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Check defaults|^Apply defaults, Task, succeeded")).first.click()
    page.get_by_role("button", name="Run this state again").click()
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("heading", name="Run again: succeeded")).to_be_visible()
    assert status_of(console, name) == "FAILED"


def test_what_the_list_may_not_say_of_its_rows_is_said_to_be_refused(console: Console, chromium: Browser) -> None:
    console.stack.ended(console.stack.start(years={"first": 1, "last": 2}))
    with page_of_user(console, chromium, "states:DescribeExecution") as page:
        listed = page.get_by_label("Executions", exact=True)
        expect(listed.get_by_role("alert")).to_contain_text("What started them, and their cost")
        expect(listed.get_by_role("alert")).to_contain_text("states:DescribeExecution")
        expect(listed.get_by_role("button", name="Ask again")).to_be_visible()


def test_execution_that_is_gone_leaves_what_is_known_of_the_others(console: Console) -> None:
    there = console.stack.start(years={"first": 1, "last": 2})
    console.stack.ended(there)
    answer = console.ask("/api/workflow/facts", body=json.dumps({"arns": [f"{there}-gone", there]}).encode())
    assert answer.status == 200
    facts = json.loads(answer.body)
    assert list(facts) == [there]
    assert (facts[there]["reason"], facts[there]["task"]) == ("person", "heavy_utilization")


def test_two_executions_stand_side_by_side(page: Page, console: Console) -> None:
    # Both are refused, the second for another year.
    first, second = (console.stack.start(years={"first": 1, "last": last}).rpartition(":")[2] for last in (2, 3))
    until(lambda: {status_of(console, name) for name in (first, second)}, lambda both: both == {"FAILED"})
    open_execution(page, first)
    page.get_by_title(f"Compare with {second}").click()
    table = page.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_contain_text(["State", first, second])
    years = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="years", exact=True))
    expect(years.get_by_role("cell")).to_have_text(
        ['{"first":1,"last":2}', '{"first":1,"last":3}', "another input"], use_inner_text=True
    )
    # A state that took no longer and ended no other way is not there until it is asked for.
    expect(table.get_by_role("rowheader", name="Set input aside")).to_have_count(0)
    page.get_by_label("also those that do not differ").check()
    expect(table.get_by_role("rowheader", name="Set input aside")).to_have_count(1)
    expect(table.get_by_role("row", name=re.compile("^All of it"))).to_contain_text("failed")


def test_execution_that_is_focused_stays_so_when_a_new_one_comes_above_it(page: Page, console: Console) -> None:
    name = console.stack.start(years={"first": 1, "last": 2}).rpartition(":")[2]
    row = page.get_by_role("button", name=name).first
    row.focus()
    newer = console.stack.start(years={"first": 1, "last": 2}).rpartition(":")[2]
    expect(page.get_by_role("button", name=newer).first).to_be_visible()
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.proof
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 800, 1280])
def test_page_has_no_barrier_and_no_sideways_scroll(page: Page, console: Console, width: int, scheme: str) -> None:
    console.stack.ended(console.stack.start(years={"first": 1, "last": 2}))
    page.set_viewport_size({"width": width, "height": 850})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    expect(page.get_by_label("Why it failed").or_(page.get_by_role("article")).first).to_be_visible()
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_be_visible()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_page_without_the_token_says_how_to_get_it(chromium: Browser, console: Console) -> None:
    page = chromium.new_page()
    page.goto(f"{console.origin}/")
    expect(page.get_by_role("alert").first).to_contain_text("wildrydes console")
    page.close()


def test_token_leaves_the_address_at_once(page: Page, console: Console) -> None:
    expect(page).to_have_url(f"{console.origin}/")
