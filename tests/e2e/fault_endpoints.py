"""How promotions to an endpoint, and away from it, are started for the fault matrix."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from endpoint_models import request
from fault_course import LONGEST_SECONDS
from fault_promotions import Promotion, Restoring, entered, what_is_live
from fault_trials import served
from local import account
from machines import unique, until
from promotions import Model, promote, redefined
from stacks import Stack

NO_ENDPOINT = "none"
_MACHINES = ("PromoteStateMachineArn", "RestoreStateMachineArn")
_WAITS = ("Wait for endpoint", "Wait to put endpoint back", "Wait for endpoint put back", "Wait for requests")


def endpoint_of(stack: Stack, task: str) -> str:
    """The configuration of a task's endpoint, and its status; `none` where there is no endpoint."""
    try:
        described = stack.client("sagemaker").describe_endpoint(EndpointName=f"{stack.name}-{task.replace('_', '-')}")
    except ClientError as error:
        if "Could not find endpoint" not in error.response["Error"]["Message"]:
            raise
        return NO_ENDPOINT
    return f"{described['EndpointConfigName']} {described['EndpointStatus']}"


@contextmanager
def short_waits(stack: Stack) -> Iterator[None]:
    """Promotions, and what puts them in order, look at an endpoint each second, and wait no longer for its requests."""
    with ExitStack() as changes:
        for machine in _MACHINES:
            states = states_of(stack, machine)
            waits = {name: states[name] | {"Seconds": 1} for name in _WAITS if name in states}
            changes.enter_context(redefined(stack, machine, States=waits))
        yield


ENCRYPTED = "by a key"
"""The reason by which a promotion encrypts, within `encrypts_on_request`."""


@contextmanager
def encrypts_on_request(stack: Stack) -> Iterator[None]:
    """Promotions whose reason is ENCRYPTED go as those of a stack with a key; others as those of one without."""
    states = states_of(stack, "PromoteStateMachineArn")
    question, encrypted = "Has the stack a key?", "Create encrypted configuration"
    rule = {"Variable": "$.request.reason", "StringEquals": ENCRYPTED, "Next": encrypted}
    key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    call = states[encrypted] | {"Parameters": states[encrypted]["Parameters"] | {"KmsKeyId": key}}
    changes = {question: states[question] | {"Choices": [rule]}, encrypted: call}
    with redefined(stack, "PromoteStateMachineArn", States=changes):
        yield


def states_of(stack: Stack, machine: str) -> dict[str, Any]:
    """The states of a workflow as it is deployed."""
    described = stack.client("stepfunctions").describe_state_machine(stateMachineArn=stack.outputs[machine])
    return json.loads(described["definition"])["States"]


@dataclass
class PromotionToEndpoint(Promotion):
    """A promotion by turns of two models that the task's endpoint serves.

    `begins` says what there is before each: an endpoint, none, or an endpoint that is to go, since the third of the
    models is the function's own.
    """

    bake_seconds: int = 0
    begins: str = "endpoint"
    reason: str = "none given"
    own_model: Model | None = None

    def next_model(self) -> Model:
        there = endpoint_of(self.stack, self.task) != NO_ENDPOINT
        assert self.own_model is not None
        if self.begins == "none" and there:
            promote(self.stack, self.own_model, bake_seconds=0)
        if self.begins != "none" and not there:
            promote(self.stack, self.models[0], **request(self.models[0], bake_seconds=0))
        if self.begins != "leaving":
            return super().next_model()
        self.before, self.champion, self.candidate = self.live_now(), served(self.stack, self.task), self.own_model
        return self.own_model

    def request_of(self, model: Model) -> dict[str, Any]:
        wanted = model.request() if model is self.own_model else request(model)
        return wanted | {"bake_seconds": self.bake_seconds, "reason": self.reason}

    def live_now(self) -> dict[str, Any]:
        """With the endpoint: it is put back too, or gone."""
        return what_is_live(self.stack, self.task) | {"endpoint": endpoint_of(self.stack, self.task)}

    def _is_completed(self, now: dict[str, Any]) -> bool:
        gone = self.candidate is self.own_model
        return super()._is_completed(now) and (now["endpoint"] == NO_ENDPOINT) is gone


@dataclass
class RestoringLate(Restoring):
    """Writes the parameter after another run has put all in order, and the next promotion has gone live.

    Where it fails, its notice says so, and the parameter is the one before: the next retraining or deployment mends it.
    """

    fails_whole: bool = False

    def _restore(self, promotion: str, name: str) -> str:
        if name.startswith("again"):
            return super()._restore(promotion, name)
        put = partial(self.stack.server.request, "/_local/faults", execution=name)
        faults = [{field: each[field] for field in each if field != "injected"} for each in put()["faults"]]
        put(faults=[*faults, {"state": "Put parameter back", "moment": "hold"}])
        arn = super()._restore(promotion, name)
        until(lambda: put()["faults"][-1]["injected"], bool, LONGEST_SECONDS)
        self.stack.ended(super()._restore(promotion, unique("again")), LONGEST_SECONDS)
        promote(self.stack, super().next_model(), bake_seconds=0)
        self.before = self.live_now()
        put(faults=faults)
        return arn

    def left(self, arn: str) -> str:
        if self.stack.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "SUCCEEDED":
            return ""
        now = self.live_now()
        return "" if now | {"parameter": ""} == self.before | {"parameter": ""} else f"{now}, {self.before}"


@dataclass
class RestoringEndpoint(Restoring, PromotionToEndpoint):
    """Puts in order what a promotion to an endpoint, or away from one, left that was stopped."""

    execution: str = ""

    def _restore(self, promotion: str, name: str) -> str:
        self.execution = super()._restore(promotion, name)
        return self.execution

    def _is_completed(self, now: dict[str, Any]) -> bool:
        """An endpoint that cannot be deleted may stay, with its configuration, where a notice says so."""
        if self.candidate is self.own_model and "Tell: not deleted" in entered(self.stack, self.execution):
            config, _, _ = now["endpoint"].partition(" ")
            assert config == NO_ENDPOINT or config in configurations(self.stack, config)
            now = now | {"endpoint": NO_ENDPOINT}
        return super()._is_completed(now)


def configurations(stack: Stack, name: str) -> list[str]:
    """The names of the endpoint configurations that have this in their names."""
    sagemaker = stack.client("sagemaker")
    listed = account.entries(sagemaker, "list_endpoint_configs", "EndpointConfigs", NameContains=name)
    return [each["EndpointConfigName"] for each in listed]
