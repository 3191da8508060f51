"""The operations view: alarms, queues and schedules as they are, and dead letters that are sent again."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.iam import unused_actions
from cli.month_costs import month_costs
from cli.role_grants import grants_of
from cli.unused_grants import unused_grants
from consoles import Answer, Console, page_of_user, shut_out
from machines import until

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def failed(console: Console) -> None:
    """A retraining that has failed: there are executions to count."""
    console.stack.fail(years={"first": 1, "last": 2})


def ask(console: Console, what: str) -> Any:
    return json.loads(console.ask(f"/api/operations/{what}").body)


def test_every_alarm_and_queue_of_the_stack_is_there(console: Console) -> None:
    stack, queues = console.stack.command_stack, ask(console, "queues")
    assert sorted(alarm["name"] for alarm in ask(console, "alarms")) == sorted(
        name.removeprefix(f"{stack.name}-") for name in stack.resources("AWS::CloudWatch::Alarm")
    )
    assert {queue["name"] for queue in queues} == set(stack.queues())
    assert [queue["name"] for queue in queues if queue["dead"]] == sorted(
        name for name in stack.queues() if "DeadLetter" in name
    )


def test_what_may_not_be_asked_leaves_all_else_in_its_place(console: Console, chromium: Browser) -> None:
    # Whoever may not look at queues need not look at executions and models for them either.
    with page_of_user(console, chromium, "sqs:GetQueueAttributes") as page:
        page.get_by_role("button", name="Operations").click()
        queues = page.get_by_label("Queues and dead letters", exact=True)
        expect(queues.get_by_role("alert")).to_contain_text("Your credentials may not do this")
        expect(queues.get_by_role("button", name="Ask again")).to_be_visible()
        expect(page.get_by_label("Alarms", exact=True)).to_contain_text("in order")
        expect(page.get_by_label("Schedules", exact=True).get_by_role("rowheader")).to_have_text(["monitor"])
    with page_of_user(console, chromium, "states:ListExecutions", "ssm:GetParameter") as page:
        page.get_by_role("button", name="Operations").click()
        expect(page.get_by_label("Queues and dead letters", exact=True)).to_contain_text("messages on their way")


def test_alarm_that_is_on_comes_first_with_what_it_means(page: Page, console: Console) -> None:
    console.stack.fail(years={"first": 1, "last": 2})
    alarms = until(
        lambda: ask(console, "alarms"),
        lambda listed: any((each["name"], each["state"]) == ("retrain-failed", "ALARM") for each in listed),
    )
    # What ran before may have set off others, too.
    on = [each["state"] == "ALARM" for each in alarms]
    assert on == sorted(on, reverse=True)
    # The head counts them, in every view.
    assert json.loads(console.ask("/api/about").body)["alarms"] == sum(on)
    page.reload()
    expect(page.locator(".badge")).to_have_text(str(sum(on)))
    page.get_by_role("button", name="Operations").click()
    shown = page.get_by_label("Alarms", exact=True).locator(".why")
    (failed,) = (each for each in alarms if each["name"] == "retrain-failed")
    alarm = shown.filter(has_text="retrain-failed")
    meaning, _, runbook = failed["description"].partition(" Runbook: ")
    expect(alarm).to_contain_text(meaning)
    expect(alarm.locator("code")).to_have_text(runbook.partition("#")[0])
    alarm.get_by_text("Executions of retrain that failed").click()
    stack = console.stack.command_stack
    newest = console.stack.client("stepfunctions").list_executions(
        stateMachineArn=stack.output("StateMachineArn"), statusFilter="FAILED", maxResults=5
    )["executions"]
    links = alarm.get_by_role("listitem").get_by_role("button")
    expect(links).to_have_text([each["name"] for each in newest])
    links.last.click()
    expect(page.get_by_role("heading", name=newest[-1]["name"])).to_contain_text("failed")


def test_dead_letters_are_replayed_and_what_is_no_event_is_said_to_be_left(page: Page, console: Console) -> None:
    stack = console.stack
    queues, sqs = stack.command_stack.queues(), stack.client("sqs")
    sqs.send_message(QueueUrl=queues["UploadsDeadLetterQueue"], MessageBody="no event")
    page.get_by_role("button", name="Operations").click()
    section = page.get_by_label("Queues and dead letters", exact=True)
    expect(section).to_contain_text("1 message has failed too often and waits as a dead letter")
    section.get_by_text("What waits in UploadsDeadLetterQueue").click()
    expect(section.locator("pre")).to_have_text("no event")
    section.get_by_role("button", name="Replay dead letters").click()
    expect(page.get_by_role("dialog")).to_contain_text("Mend first what made it fail")
    page.get_by_role("button", name="Replay them").click()
    became = page.get_by_label("What became of the dead letters")
    # No event is in it: it is left, and said to be.
    expect(became).to_contain_text("UploadsDeadLetterQueue: 0 starts asked for, 1 left")
    expect(became).to_contain_text(re.compile(r"The message [0-9a-f-]{36} was left: \w+"))
    expect(became).to_contain_text("The other queues had none.")
    expect(became).not_to_contain_text("SamplesDeadLetterQueue")
    # Those that are empty are folded away.
    expect(section.get_by_role("rowheader")).to_have_text(["UploadsDeadLetterQueue"])
    sqs.purge_queue(QueueUrl=queues["UploadsDeadLetterQueue"])
    until(lambda: ask(console, "queues"), lambda all_queues: not any(each["messages"] for each in all_queues))


def test_look_at_dead_letters_takes_none_and_no_other_queue_is_looked_at(console: Console) -> None:
    stack = console.stack
    queues, sqs = stack.command_stack.queues(), stack.client("sqs")
    sent = sqs.send_message(QueueUrl=queues["SamplesDeadLetterQueue"], MessageBody="<b>no sample</b>")["MessageId"]

    def look(queue: str) -> Answer:
        return console.ask("/api/operations/letters", body=json.dumps({"queue": queue}).encode())

    for _ in range(2):
        (letter,) = json.loads(look("SamplesDeadLetterQueue").body)
        assert (letter["id"], letter["body"]) == (sent, "<b>no sample</b>")
    # A look would be one of the attempts that its consumer has.
    refusal = look("RidesQueue")
    assert refusal.status == 400
    assert json.loads(refusal.body)["field"] == ""
    assert "a queue of dead letters" in json.loads(refusal.body)["message"]
    sqs.purge_queue(QueueUrl=queues["SamplesDeadLetterQueue"])


def test_schedule_says_when_it_starts_its_target_next(console: Console) -> None:
    # That of the parameter MonitorSchedule: at half past two, on the first of each month.
    (schedule,) = ask(console, "schedules")
    assert (schedule["name"], schedule["expression"]) == ("monitor", "cron(30 2 1 * ? *)")
    moments = [datetime.fromisoformat(each) for each in schedule["next"]]
    now = datetime.fromtimestamp(console.stack.command_stack.now(), UTC)
    months = (now.year * 12 + now.month - 1 + ahead for ahead in range(6))
    firsts = [datetime(month // 12, month % 12 + 1, 1, 2, 30, tzinfo=UTC) for month in months]
    assert moments == [each for each in firsts if each > now][:5]


@pytest.mark.usefixtures("failed")
def test_cost_of_a_month_is_that_of_the_command(page: Page, console: Console) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    costs_seen = json.loads(console.ask(f"/api/operations/cost?month={month}").body)
    costs = month_costs(console.stack.command_stack, month, datetime.now(UTC)).to_json()
    names = [each["name"] for each in costs["executions"]]
    assert [each["name"] for each in costs_seen["executions"]] == names
    # What lies in the bucket or the log costs more the longer it lies there.
    assert costs_seen["executions_usd"] == pytest.approx(costs["executions_usd"], rel=1e-4)
    assert costs_seen["executions_usd"] > 0
    page.get_by_role("button", name="Operations").click()
    section = page.get_by_label("Cost of a month")
    section.get_by_role("button", name=f"Add up {date.fromisoformat(f'{month}-01'):%B %Y}").click()
    expect(section.get_by_label("Executions with their cost").get_by_role("rowheader")).to_have_text(names[:100])


@pytest.mark.parametrize("month", ["2026-13", "", "../x", "9999-01"])
def test_month_that_is_none_or_has_not_begun_is_refused_in_words(console: Console, month: str) -> None:
    reply = console.ask(f"/api/operations/cost?{urlencode({'month': month})}")
    assert reply.status == 400
    assert "The field month is" in json.loads(reply.body)["message"]


def test_grants_that_nothing_used_are_those_of_the_command(page: Page, console: Console) -> None:
    reasons = unused_grants()
    expected = [
        [each.logical_id, action]
        for each in grants_of(console.stack.command_stack)
        for action in unused_actions(each, reasons)
    ]
    grants = json.loads(console.ask("/api/operations/grants").body)
    assert [[each["role"], each["action"]] for each in grants["unused"]] == expected
    page.get_by_role("button", name="Operations").click()
    section = page.get_by_label("Permissions that no test used").first
    section.get_by_role("button", name="List these permissions").click()
    expect(section).to_contain_text(f"{len(expected)} permissions were never used by a test")


@pytest.mark.usefixtures("failed")
def test_view_has_no_barrier_and_no_sideways_scroll(sized_page: Page) -> None:
    page = sized_page
    page.get_by_role("button", name="Operations").click()
    page.get_by_text("in order").first.click()
    expect(page.get_by_role("table").first).to_be_visible()
    expect(page.get_by_role("heading", name="Executions", exact=True)).to_be_visible()
    page.mouse.wheel(0, 5000)
    page.get_by_role("button", name="To the top").click()
    expect(page.get_by_role("button", name="To the top")).to_have_count(0)
    assert shut_out(page) == []
