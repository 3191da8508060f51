"""Rules whose targets are log groups: "Amazon CloudWatch Logs permissions" in the EventBridge user guide."""

import json
from typing import Any

from local import account
from machines import Client, unique, until

GROUPS = f"arn:aws:logs:us-east-1:{account.ACCOUNT_ID}:log-group:"


def messages(client: Client, group: str) -> list[str]:
    events = account.entries(client("logs"), "filter_log_events", "events", logGroupName=group)
    return [event["message"] for event in events]


def test_event_is_logged_where_a_policy_lets_eventbridge_in(client: Client) -> None:
    logs, events = client("logs"), client("events")
    source, bus = unique("rides"), unique("bus")
    console_made, admitted, closed = f"/aws/events/{unique('rides')}", unique("admitted"), unique("closed")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{GROUPS}{admitted}:*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = unique("policy")
    logs.put_resource_policy(policyName=policy, policyDocument=document)
    events.create_event_bus(Name=bus)
    events.put_rule(Name="rides", EventBusName=bus, EventPattern=json.dumps({"source": [source]}))
    groups = (closed, console_made, admitted)
    targets: list[dict[str, Any]] = [{"Id": group.rpartition("/")[2], "Arn": f"{GROUPS}{group}"} for group in groups]
    # This one's time is none, which is nobody else's fault.
    template = {"InputPathsMap": {"when": "$.source"}, "InputTemplate": '{"timestamp": <when>, "message": "ride"}'}
    targets.insert(0, {"Id": "broken", "Arn": f"{GROUPS}{admitted}", "InputTransformer": template})
    for group in groups:
        logs.create_log_group(logGroupName=group)
    events.put_targets(Rule="rides", EventBusName=bus, Targets=targets)
    entry = {"Source": source, "DetailType": "Ride", "Detail": '{"ride": 7}', "EventBusName": bus}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    (event,) = until(lambda: messages(client, admitted), bool)
    assert json.loads(event)["detail"] == {"ride": 7}
    assert [messages(client, group) for group in (closed, console_made)] == [[], []]
    logs.delete_resource_policy(policyName=policy)
