"""`wildrydes iam`: the grants of a stack's roles, and which of them no test used."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as commands
from cli import iam, options
from cli.role_grants import Grant, grants_of
from cli.stack import Stack
from cli.unused_grants import Unused, unused_grants

READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
TAGGED = {"StringEquals": {"aws:ResourceTag/wildrydes:stack": "rydes"}}
END = {
    "Sid": "End",
    "Effect": "Allow",
    "Action": ["sagemaker:StopTrainingJob", "sagemaker:DeleteModel"],
    "Resource": ["*"],
    "Condition": TAGGED,
}
REASONS = (Unused(("RetrainRole",), "End", ("sagemaker:StopTrainingJob",), "Only an aborted execution stops a job."),)


class Client:
    """Answers calls by their names; lists have a page for each of the answers."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def get_paginator(self, operation: str) -> Any:
        return type("Pages", (), {"paginate": lambda _, **request: self.answers[operation]})()

    def get_role_policy(self, **request: str) -> Any:
        return {"PolicyDocument": self.answers["documents"][request["PolicyName"]]}


def summary(name: str, physical: str, kind: str = "AWS::IAM::Role") -> dict[str, str]:
    return {"LogicalResourceId": name, "PhysicalResourceId": physical, "ResourceType": kind}


@pytest.fixture
def stack() -> Stack:
    resources = [
        {"StackResourceSummaries": [summary("DataBucket", "data", "AWS::S3::Bucket")]},
        {"StackResourceSummaries": [summary("RetrainRole", "rydes-RetrainRole-1")]},
    ]
    clients = {
        "cloudformation": Client(list_stack_resources=resources),
        "iam": Client(
            list_attached_role_policies=[{"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/Logs"}]}],
            list_role_policies=[{"PolicyNames": ["Read"]}, {"PolicyNames": ["End"]}],
            documents={"Read": {"Statement": READ}, "End": {"Statement": [END]}},
        ),
    }
    return Stack("rydes", {}, lambda service: clients[service])


@pytest.fixture
def on_stack(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(Stack, "describe", lambda *_: stack)
    monkeypatch.setattr(iam, "unused_grants", lambda: REASONS)


def test_each_statement_of_each_page_is_a_grant(stack: Stack) -> None:
    managed, read, end = grants_of(stack)
    assert managed == Grant("rydes-RetrainRole-1", "RetrainRole", "arn:aws:iam::aws:policy/Logs")
    assert (read.statement, read.actions, read.resources) == ("Read", ("s3:GetObject",), ("arn:aws:s3:::data/*",))
    assert (end.policy, end.actions, end.condition) == ("End", tuple(END["Action"]), TAGGED)


def test_grant_that_no_test_used_has_its_reason(on_stack: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["iam", "--json", "--unused"]) == 0
    (grant,) = json.loads(capsys.readouterr().out)
    assert (grant["role"], grant["statement"]) == ("rydes-RetrainRole-1", "End")
    assert grant["unused"] == {"sagemaker:StopTrainingJob": "Only an aborted execution stops a job."}


def test_table_names_a_role_once_and_says_what_was_never_used(
    on_stack: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["iam"]) == 0
    output = capsys.readouterr().out
    assert output.count("RetrainRole") == 1
    read, end = (line for line in output.splitlines() if line.split()[:1] in (["Read"], ["End"]))
    assert read.endswith("arn:aws:s3:::data/*")
    assert end.endswith("never sagemaker:StopTrainingJob: Only an aborted execution stops a job.")
    assert "1 roles, 2 statements." not in output
    assert "1 role, 2 statements." in output


def test_a_reason_is_of_each_role_and_action_that_it_names(tmp_path: Path) -> None:
    file = tmp_path / "unused.json"
    each = {"roles": ["A", "B"], "statement": "Trace", "actions": ["xray:PutTraceSegments"], "reason": "Not here."}
    file.write_text(json.dumps([each]), encoding="utf-8")
    (unused,) = unused_grants(file)
    assert unused.grants() == {(role, "Trace", "xray:PutTraceSegments") for role in ("A", "B")}
