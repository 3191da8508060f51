"""Rules whose targets are log groups: "Amazon CloudWatch Logs permissions" in the EventBridge user guide."""

import json

from local import account
from machines import Client, unique, until

GROUPS = f"arn:aws:logs:us-east-1:{account.ACCOUNT_ID}:log-group:"


def messages(client: Client, group: str) -> list[str]:
    events = account.entries(client("logs"), "filter_log_events", "events", logGroupName=group)
    return [event["message"] for event in events]


def test_event_is_logged_where_a_policy_lets_eventbridge_in(client: Client) -> None:
    logs, events = client("logs"), client("events")
    source, bus = unique("rides"), unique("bus")
    trusted, admitted, closed = f"/aws/events/{unique('trusted')}", unique("admitted"), unique("closed")
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
    targets = [{"Id": group.rpartition("/")[2], "Arn": f"{GROUPS}{group}"} for group in (closed, admitted, trusted)]
    for group in (admitted, closed, trusted):
        logs.create_log_group(logGroupName=group)
    events.put_targets(Rule="rides", EventBusName=bus, Targets=targets)
    entry = {"Source": source, "DetailType": "Ride", "Detail": '{"ride": 7}', "EventBusName": bus}
    events.put_events(Entries=[entry])
    for group in (admitted, trusted):
        (event,) = until(lambda group=group: messages(client, group), bool)
        assert json.loads(event)["detail"] == {"ride": 7}
    assert messages(client, closed) == []
    logs.delete_resource_policy(policyName=policy)
