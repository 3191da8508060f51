"""Events that PutLogEvents takes, by the model of its API: whoever serves subscriptions relies on it."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.account import EmbeddedAws
from local.logs.install import refusal_of_events
from machines import unique


@pytest.mark.parametrize(
    ("events", "member"),
    [
        ([], "'logEvents'"),
        ({"message": "a", "timestamp": 1}, "'logEvents'"),
        ([{"message": "a"}], "'logEvents.1.member.timestamp'"),
        ([{"message": "a", "timestamp": "now"}], "'logEvents.1.member.timestamp'"),
        ([{"message": "a", "timestamp": 1}, {"timestamp": 1}], "'logEvents.2.member.message'"),
        ([{"message": "", "timestamp": 1}], "'logEvents.1.member.message'"),
        ([{"message": ["a"], "timestamp": 1}], "'logEvents.1.member.message'"),
        (["a"], "'logEvents.1.member.timestamp'"),
    ],
)
def test_an_event_has_a_time_and_a_text(events: Any, member: str) -> None:
    assert f"Value at {member} failed" in (refusal_of_events(events) or "")
    assert refusal_of_events([{"message": "a", "timestamp": 1}]) is None


def test_the_server_refuses_them_before_it_stores_any(server: EmbeddedAws) -> None:
    # boto3 looks at events itself, and other clients need not.
    logs: Any = boto3.client(
        "logs",
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        config=Config(parameter_validation=False),
    )
    where = {"logGroupName": unique("group"), "logStreamName": "s"}
    logs.create_log_group(logGroupName=where["logGroupName"])
    logs.create_log_stream(**where)
    events = [{"timestamp": 1_700_000_000_000, "message": "right"}, {"timestamp": 1_700_000_000_000}]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.put_log_events(**where, logEvents=events)
    logs.put_log_events(**where, logEvents=events[:1])
    assert [event["message"] for event in logs.get_log_events(**where)["events"]] == ["right"]
