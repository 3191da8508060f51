"""A log is read as far as a page has room for it, however much there is."""

import pytest

from cli.stack import Account, Stack
from cli.state_logs import BoundedReading, end_of
from local.account import EmbeddedAws
from machines import unique


@pytest.fixture(name="group")
def log_group(server: EmbeddedAws) -> str:
    """A log group with ten events, each of 100 characters."""
    logs, group = server.client("logs"), unique("/aws/lambda/talks")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    events = [{"timestamp": 1_700_000_000_000 + number, "message": f"{number:0100}"} for number in range(10)]
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)
    return group


@pytest.mark.parametrize(
    ("events", "characters", "read", "is_whole"),
    [(10, 1_000, 10, True), (9, 1_000, 9, False), (10, 900, 9, False), (0, 1_000, 0, False)],
)
def test_no_more_is_read_than_there_is_room_for(
    server: EmbeddedAws, group: str, events: int, characters: int, read: int, is_whole: bool
) -> None:
    stack = Stack("none", {}, Account.on_embedded_aws(server).client)
    reading = BoundedReading(events, characters)
    messages = [each["message"] for each in reading.events(stack, group, 0)]
    assert messages == [f"{number:0100}" for number in range(read)]
    assert reading.is_whole == is_whole


def test_room_is_for_all_groups_together_and_a_group_that_is_not_there_takes_none(
    server: EmbeddedAws, group: str
) -> None:
    stack = Stack("none", {}, Account.on_embedded_aws(server).client)
    reading = BoundedReading(events=12)
    counts = [len(reading.events(stack, each, 0)) for each in (group, "/aws/lambda/none", group)]
    assert (counts, reading.is_whole) == ([10, 0, 2], False)


def test_end_has_the_last_lines_and_of_a_long_one_its_beginning() -> None:
    lines = end_of([str(number) for number in range(300)] + ["x" * 12_000])
    assert lines[:-1] == [str(number) for number in range(101, 300)]
    assert lines[-1] == "x" * 10_000 + " … 2,000 more characters"
