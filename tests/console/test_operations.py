"""The operations view: alarms, queues and schedules as they are, and dead letters that are sent again."""

import json

import pytest
from playwright.sync_api import Page, expect

from browser import serious_faults
from consoles import Console
from machines import until


def state(console: Console) -> dict[str, list[dict[str, str]]]:
    return json.loads(console.ask("/api/operations/state").body)


def test_state_has_every_alarm_queue_and_schedule_of_the_stack(console: Console) -> None:
    stack, now = console.stack.command_stack, state(console)
    assert sorted(alarm["name"] for alarm in now["alarms"]) == sorted(
        name.removeprefix(f"{stack.name}-") for name in stack.resources("AWS::CloudWatch::Alarm")
    )
    assert {queue["name"] for queue in now["queues"]} == set(stack.queues())
    assert [queue["name"] for queue in now["queues"] if queue["dead"]] == sorted(
        name for name in stack.queues() if "DeadLetter" in name
    )
    assert len(now["schedules"]) == len(stack.resources("AWS::Scheduler::Schedule"))
    assert all(schedule["expression"].startswith(("rate(", "cron(")) for schedule in now["schedules"])


def test_alarm_that_is_on_comes_first_with_what_it_means(page: Page, console: Console) -> None:
    console.stack.fail(years={"first": 1, "last": 2})
    until(
        lambda: state(console)["alarms"][0],
        lambda alarm: (alarm["name"], alarm["state"]) == ("retrain-failed", "ALARM"),
    )
    page.get_by_role("button", name="Operations").click()
    alarms = page.get_by_label("Alarms", exact=True)
    expect(alarms.locator(".why")).to_contain_text(["retrain-failed"])
    expect(alarms.locator(".why")).to_contain_text([state(console)["alarms"][0]["description"]])


def test_dead_letters_are_replayed_and_what_is_no_event_is_said_to_be_left(page: Page, console: Console) -> None:
    stack = console.stack
    queues, sqs = stack.command_stack.queues(), stack.client("sqs")
    sqs.send_message(QueueUrl=queues["UploadsDeadLetterQueue"], MessageBody="no event")
    page.get_by_role("button", name="Operations").click()
    section = page.get_by_label("Queues", exact=True)
    expect(section).to_contain_text("failed too often and wait as dead letters")
    section.get_by_role("button", name="Replay dead letters").click()
    expect(page.get_by_role("dialog")).to_contain_text("Mend first what made it fail")
    page.get_by_role("button", name="Replay them").click()
    became = page.get_by_label("What became of the dead letters")
    # No event is in it: it is left, and said to be.
    expect(became).to_contain_text("UploadsDeadLetterQueue: 0 starts asked for, 1 left")
    sqs.purge_queue(QueueUrl=queues["UploadsDeadLetterQueue"])
    until(lambda: state(console)["queues"], lambda all_queues: not any(each["messages"] for each in all_queues))


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_view_has_no_barrier_and_no_sideways_scroll(page: Page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 850})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.get_by_role("button", name="Operations").click()
    page.get_by_text("other alarms").click()
    expect(page.get_by_role("table").first).to_be_visible()
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
