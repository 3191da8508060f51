"""What `logs` relies on of FilterLogEvents: the lines of the streams that are asked for, and of no other."""

import pytest
from botocore.exceptions import ClientError

from local import account
from machines import Client, unique


@pytest.fixture
def group(client: Client) -> str:
    """A log group of three streams, with a line each that is the stream's name."""
    name, logs = unique("group"), client("logs")
    logs.create_log_group(logGroupName=name)
    for stream in ("run-1/algo-1", "run-1/algo-2", "run-11/algo-1"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        event = {"timestamp": 1_700_000_000_000, "message": stream}
        logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=[event])
    return name


@pytest.mark.parametrize(
    ("prefix", "lines"),
    [
        ("run-1/", {"run-1/algo-1", "run-1/algo-2"}),
        ("run-1", {"run-1/algo-1", "run-1/algo-2", "run-11/algo-1"}),
        ("run-11/algo-1", {"run-11/algo-1"}),
        ("run-2", set()),
    ],
)
def test_prefix_chooses_streams(client: Client, group: str, prefix: str, lines: set[str]) -> None:
    events = account.entries(
        client("logs"), "filter_log_events", "events", logGroupName=group, logStreamNamePrefix=prefix
    )
    assert {event["message"] for event in events} == lines


def test_prefix_and_names_exclude_each_other(client: Client, group: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        account.entries(
            client("logs"),
            "filter_log_events",
            "events",
            logGroupName=group,
            logStreamNamePrefix="run",
            logStreamNames=["run-1/algo-1"],
        )
