"""Who hears of what: notices of executions that ended badly, announcements of promotions, and alarms."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from cli import executions
from machines import until
from promotions import WriteArtefact, promote, redefined, start, trained
from stacks import MakeStack, Stack
from wildrydes.announcements.ended import ROLLBACK_REASON


@dataclass(frozen=True)
class Heard:
    """A queue that hears what is published to the topic."""

    stack: Stack
    url: str

    def message(self, right: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        """The first message that is right; those before it are gone."""

        def next_message() -> dict[str, Any] | None:
            received = self.stack.client("sqs").receive_message(QueueUrl=self.url, WaitTimeSeconds=1)
            for message in received.get("Messages", []):
                self.stack.client("sqs").delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                body = json.loads(message["Body"])
                return body if right(body) else None
            return None

        return until(next_message, lambda message: message is not None, seconds)

    def about(self, text: str) -> tuple[str, str]:
        """Subject and message of the next notice that names `text`."""
        body = self.message(lambda each: text in each["Message"])
        return body.get("Subject", ""), body["Message"]


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


@pytest.fixture(scope="module")
def heard(stack: Stack) -> Heard:
    """Whatever is published from now on."""
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=f"{stack.name}-notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    stack.client("sns").subscribe(TopicArn=stack.outputs["FailureTopicArn"], Protocol="sqs", Endpoint=arn)
    return Heard(stack, url)


SLOW = {"Slow": {"Type": "Wait", "Seconds": 600, "Next": "Apply defaults"}}
# An error that no Catch gets: there is nothing at the path.
BROKEN = {"Slow": {"Type": "Wait", "SecondsPath": "$.nothing", "Next": "Apply defaults"}}


@contextmanager
def ended_badly(stack: Stack, how: str) -> Iterator[str]:
    """A retraining that ends so in its state `Slow`; its ARN."""
    fields: dict[str, Any] = {"StartAt": "Slow", "States": BROKEN if how == "States.Runtime" else SLOW}
    if how == "TIMED_OUT":
        fields["TimeoutSeconds"] = 1
    with redefined(stack, "StateMachineArn", **fields):
        arn = stack.start()
        if how == "ABORTED":
            until(lambda: executions.history(stack.command_stack, arn), lambda events: len(events) > 1)
            stack.client("stepfunctions").stop_execution(executionArn=arn, error="Enough", cause="too dear")
        described = stack.ended(arn)
        assert how in (described["status"], described.get("error"))
        yield arn


@pytest.mark.parametrize(
    ("how", "subject", "error"),
    [
        ("ABORTED", "Retraining was stopped", "Enough"),
        ("TIMED_OUT", "Retraining ran out of time", "none was stated"),
        ("States.Runtime", "Retraining failed", "States.Runtime"),
    ],
)
def test_end_that_no_state_could_tell_of_is_told_of(
    stack: Stack, heard: Heard, how: str, subject: str, error: str
) -> None:
    with ended_badly(stack, how) as arn:
        published, message = heard.about(arn)
    assert published == subject
    lines = message.splitlines()
    assert lines[0].startswith(f"The execution {arn.rpartition(':')[2]} of {stack.name}-retrain ")
    for line in (
        "state    Slow",
        f"error    {error}",
        f"log      /aws/vendedlogs/states/{stack.name}-retrain",
        f"show it  wildrydes watch {arn}",
    ):
        assert line in lines


def test_failure_that_the_workflow_tells_of_is_told_of_once_and_with_the_command(stack: Stack, heard: Heard) -> None:
    arn = start(stack, {})
    assert stack.ended(arn)["status"] == "FAILED"
    subject, message = heard.about(arn)
    assert (subject, "BadPromotionRequest" in message) == ("Promotion failed", True)
    assert f"wildrydes watch {arn}" in message
    # What comes after it is told of after it.
    with ended_badly(stack, "ABORTED") as later:
        following = heard.message(lambda each: arn in each["Message"] or later in each["Message"])
    assert later in following["Message"]


def test_promotion_and_rollback_are_announced(stack: Stack, heard: Heard, write_artefact: WriteArtefact) -> None:
    first, second = trained(stack, write_artefact, 0.25), trained(stack, write_artefact, 0.5)
    for model, reason, kind in (
        (first, "there is no champion", "Promotion"),
        (second, "log loss is better by 0.1", "Promotion"),
        (first, f"{ROLLBACK_REASON} {second.execution}", "Rollback"),
    ):
        promote(stack, model, reason=reason)
        subject, message = heard.about(reason)
        assert subject == f"{kind}: {model.execution} is live"
        assert "wildrydes rollback" in message
        assert model.path in message


def test_dashboard_is_of_this_stack(stack: Stack) -> None:
    body = stack.client("cloudwatch").get_dashboard(DashboardName=stack.outputs["DashboardName"])["DashboardBody"]
    assert "${" not in body
    metrics = [row for widget in json.loads(body)["widgets"] for row in widget["properties"].get("metrics", [])]
    assert ["WildRydes", "RidesIn", "service", stack.name] in [row[:4] for row in metrics]
    machine = stack.outputs["StateMachineArn"]
    assert ["AWS/States", "ExecutionsAborted", "StateMachineArn", machine] in [row[:4] for row in metrics]


SECONDS = 3600 * 24


def alarms_of(stack: Stack) -> dict[str, dict[str, Any]]:
    """Every metric alarm of the stack, by its name after the stack's."""
    pages = stack.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack.name}-")
    return {
        alarm["AlarmName"].removeprefix(f"{stack.name}-"): alarm for page in pages for alarm in page["MetricAlarms"]
    }
