"""Which service may take a role: "Confused deputy problem", "Creating an IAM role for your state machine"."""

import copy
import json
from typing import Any

import pytest

from local import account
from local.iam.trust import LentRole, trusts
from machines import Client, allow, execute, machine, unique
from queue_makers import arn_of, queue, receive

REGION = "eu-west-1"
SOURCE = f"arn:aws:states:{REGION}:{account.ACCOUNT_ID}:stateMachine:retrain"


def statement(service: Any = "states.amazonaws.com", **fields: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"} | fields


def condition(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


TRUSTED = [
    [statement()],
    [statement(["lambda.amazonaws.com", "states.amazonaws.com"])],
    [statement(f"states.{REGION}.amazonaws.com")],
    [statement(Action="sts:*")],
    [statement(**condition("StringEquals", "aws:SourceAccount", account.ACCOUNT_ID))],
    [statement(**condition("StringEquals", "AWS:SOURCEACCOUNT", account.ACCOUNT_ID))],
    [statement(**condition("ArnLike", "aws:SourceArn", SOURCE.replace("retrain", "*")))],
    [statement(**condition("StringEquals", "aws:SourceArn", SOURCE))],
    [statement(**condition("StringEquals", "aws:SourceAccount", "999999999999")), statement()],
    [statement("lambda.amazonaws.com", Effect="Deny"), statement()],
]
NOT_TRUSTED = [
    [],
    [statement(Effect="Deny")],
    [statement(), statement(Effect="Deny")],
    [statement(), statement(Effect="Deny", Principal="*")],
    [statement(), statement(Effect="Deny", Principal={"AWS": "*"})],
    [statement("lambda.amazonaws.com")],
    [statement("states.us-east-1.amazonaws.com")],
    [statement(Principal="*")],
    [statement(Principal={"AWS": account.ACCOUNT_ID})],
    [statement(Action="sts:TagSession")],
    [statement(**condition("StringEquals", "aws:SourceAccount", "999999999999"))],
    [statement(**condition("ArnLike", "aws:SourceArn", SOURCE + "-2"))],
    [statement(**condition("StringEquals", "sts:ExternalId", account.ACCOUNT_ID))],
    [
        statement(
            Condition={
                "StringEquals": {"aws:SourceAccount": account.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": "arn:aws:states:*:*:stateMachine:another"},
            }
        )
    ],
]


@pytest.mark.parametrize("statements", TRUSTED)
def test_service_takes_a_role_that_trusts_it_for_its_resource(statements: list[dict[str, Any]]) -> None:
    document = {"Version": "2012-10-17", "Statement": statements}
    assert trusts(document, "states.amazonaws.com", SOURCE, REGION)
    assert trusts(json.dumps(document), "states.amazonaws.com", SOURCE, REGION)


@pytest.mark.parametrize("statements", NOT_TRUSTED)
def test_service_takes_no_role_that_trusts_another_or_for_another_resource(statements: list[dict[str, Any]]) -> None:
    assert not trusts({"Statement": statements}, "states.amazonaws.com", SOURCE, REGION)


def test_one_statement_may_stand_without_a_list() -> None:
    assert trusts({"Statement": statement()}, "states.amazonaws.com", SOURCE, REGION)


def test_condition_on_a_resource_that_no_service_named_is_not_met() -> None:
    document = {"Statement": [statement(**condition("ArnLike", "aws:SourceArn", "*"))]}
    assert not trusts(document, "states.amazonaws.com", None, REGION)


def test_lent_role_keeps_its_resource_in_a_copy() -> None:
    lent = copy.deepcopy(LentRole("arn:aws:iam::123456789012:role/a", SOURCE))
    assert (lent, lent.source_arn) == ("arn:aws:iam::123456789012:role/a", SOURCE)


def test_firehose_names_the_account_as_its_external_id() -> None:
    fields = condition("StringEquals", "sts:ExternalId", account.ACCOUNT_ID)
    assert trusts({"Statement": [statement("firehose.amazonaws.com", **fields)]}, "firehose.amazonaws.com", "a", REGION)


def test_state_machine_acts_as_a_role_that_trusts_it_alone(client: Client) -> None:
    url = queue(client)
    send = allow("sqs:SendMessage", resource=arn_of(client, url))
    name = unique("role")
    regional = f"states.{account.DEFAULT_REGION}.amazonaws.com"

    def document(*statements: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    iam = client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(statement(regional)))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=document(send))
    sending = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "ride"},
        "End": True,
    }
    first, second = (machine(client, {"StartAt": "Send", "States": {"Send": sending}}, arn) for _ in range(2))
    fields = condition("ArnEquals", "aws:SourceArn", first)
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(statement(regional, **fields)))
    assert execute(client, first)["status"] == "SUCCEEDED"
    assert execute(client, second)["status"] == "FAILED"
    assert [message["Body"] for message in receive(client, url)] == ["ride"]
