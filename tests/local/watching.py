"""What the contract tests of metrics and alarms do: put points, ask for them by the server's clock, and listen."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.account import ACCOUNT_ID, DEFAULT_REGION, EmbeddedAws
from machines import unique, until

Client = Callable[[str], Any]

HOUR = 3600


def now(server: EmbeddedAws, advance_seconds: float = 0) -> float:
    """The server's time in seconds since the epoch, after its clock has been moved on."""
    return server.request("/_local/clock", advance_seconds=advance_seconds)["now"]


def window(server: EmbeddedAws) -> dict[str, Any]:
    """The last hour by the server's clock, and the minute that is under way."""
    moment = now(server)
    return {"StartTime": _time(moment - HOUR), "EndTime": _time(moment + 60)}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def dimensions(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def total(server: EmbeddedAws, namespace: str, name: str, statistic: str = "Sum", **values: str) -> float | None:
    """A statistic of the last hour; None where there is no point."""
    kind = "ExtendedStatistics" if statistic.startswith("p") else "Statistics"
    request = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions(**values)}
    points = server.client("cloudwatch").get_metric_statistics(
        **request, **window(server), Period=2 * HOUR, **{kind: [statistic]}
    )["Datapoints"]
    if not points:
        return None
    (point,) = points
    return point.get("ExtendedStatistics", point)[statistic]


def until_total(server: EmbeddedAws, expected: float, namespace: str, name: str, **values: str) -> None:
    """Wait until the sum of the last hour is `expected`."""
    until(lambda: total(server, namespace, name, **values), lambda number: number == expected)


def queue_for(client: Client, service: str) -> tuple[str, str]:
    """A queue that `service` may send to: its URL and ARN."""
    name = unique("heard")
    arn = f"arn:aws:sqs:{DEFAULT_REGION}:{ACCOUNT_ID}:{name}"
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"], arn


def heard(client: Client, url: str) -> dict[str, Any]:
    """The next message of a queue, as JSON."""
    messages = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    client("sqs").delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
    return json.loads(messages[0]["Body"])
