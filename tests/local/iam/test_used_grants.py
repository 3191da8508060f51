"""Which grants of roles allowed a call, as the server notes it."""

from typing import Any

from local.account import EmbeddedAws
from local.iam.used_grants import UsedGrants
from machines import allow, role, run, unique


def grant(role: str, statement: str, action: str) -> dict[str, str]:
    return {"role": role, "statement": statement, "action": action}


def test_call_that_a_role_s_policy_allows_is_noted_and_one_that_none_allows_is_not(
    server: EmbeddedAws, client: Any
) -> None:
    topic = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    statement = allow("sns:Publish", "sns:Subscribe", resource=topic) | {"Sid": "Tell"}
    states = {
        "Publish": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn": topic, "Message": "Hello"},
            "Next": "Read",
        },
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Parameters": {"Name": "/none"},
            "End": True,
        },
    }
    arn = role(client, "states.amazonaws.com", statement)
    assert run(client, states, arn)["status"] == "FAILED"
    used = server.request("/_local/used-grants")
    name = arn.rpartition("/")[2]
    assert [each for each in used["grants"] if each["role"] == name] == [grant(name, "Tell", "sns:Publish")]
    assert used["left_out"] == 0


def test_what_there_is_no_room_for_is_counted() -> None:
    used = UsedGrants(most=1)
    used.note("role", "Read", "s3:GetObject")
    used.note("role", "Read", "s3:GetObject")
    used.note("role", "Write", "s3:PutObject")
    assert used.to_json() == {"grants": [grant("role", "Read", "s3:GetObject")], "left_out": 1}
