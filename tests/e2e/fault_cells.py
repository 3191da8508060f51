"""The cells of the fault matrix: each fault that the service of a Task or Map can raise, as often as its Retry tells.

The states and their retries are those of the rendered ASL. The names of errors are those that Step Functions gives:
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html, and for the integrations the pages of
each service there. A fault that Retry names is injected at the first attempt, at each attempt that Retry allows (the
last one succeeds), and at one more; another once.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stacks import ROOT

FIRST, WITHIN, BEYOND, ONCE = "first attempt", "within Retry", "beyond Retry", "once"
"""How often a fault comes. `ONCE` is for those that no Retry names."""

_KILLED = json.dumps({"FailureReason": "AlgorithmError: , exit code: 137", "TrainingJobStatus": "Failed"})
_NO_SPACE = "[Errno 28] No space left on device"
_SLOW_DOWN = "An error occurred (503) when calling the S3 operation: SlowDown: Please reduce your request rate."
_DENIED = "is not authorized to perform this action because no identity-based policy allows it"
_LOST = "Unable to execute HTTP request: Connection reset"
# Of AWS SDK integrations: what a service calls its own throttles, where its SDK has a class for them.
_SDK_THROTTLES = {"Lambda": "Lambda.TooManyRequestsException", "Ssm": "Ssm.ThrottlingException"}
_SDK_NAMES = {"cloudwatch": "CloudWatch", "sagemaker": "SageMaker"}


@dataclass(frozen=True)
class Fault:
    """A fault of one kind, with the moment at which it comes and the error by which Step Functions calls it."""

    kind: str
    moment: str
    error: str
    cause: str = ""
    answer: Any = field(default=None, hash=False)


_NO_INSTANCE = Fault(
    "no capacity",
    "before",
    "SageMaker.ResourceLimitExceededException",
    "The account-level service limit 'ml.m5.large for training job usage' is 4 Instances, with current utilization of "
    "4 Instances and a request delta of 1 Instances.",
)
_UPDATES = Fault("too many updates", "before", "Ssm.TooManyUpdatesException", "There are concurrent updates")
# What calls of the AWS SDK can raise beside what all of their service can. The names are those of API_CreateEndpoint,
# API_UpdateEndpoint and API_PutParameter.
_OF_ACTIONS = {"createEndpoint": [_NO_INSTANCE], "updateEndpoint": [_NO_INSTANCE], "putParameter": [_UPDATES]}


@dataclass(frozen=True)
class Cell:
    """A fault at a state of a workflow, so many times.

    `attempts` are those that Retry adds; `is_caught` says whether a Catch takes what they do not outlast, or a Choice
    that follows an answer that is none.
    """

    machine: str
    state: str
    fault: Fault
    mode: str
    attempts: int = 0
    is_caught: bool = False

    @property
    def times(self) -> int:
        """How many attempts meet the fault."""
        return {FIRST: 1, WITHIN: self.attempts, BEYOND: self.attempts + 1, ONCE: 1}[self.mode]

    @property
    def recovers(self) -> bool:
        """Whether the state's own Retry outlasts the fault."""
        return self.mode in (FIRST, WITHIN)

    @property
    def request(self) -> dict[str, Any]:
        """The fault as `POST /_local/faults` takes it."""
        fields = {"state": self.state, "moment": self.fault.moment, "times": self.times}
        if self.fault.moment in ("before", "after"):
            return fields | {"error": self.fault.error, "cause": self.fault.cause}
        return fields | ({"answer": self.fault.answer} if self.fault.moment == "answer" else {})

    def __str__(self) -> str:
        return f"{self.machine}: {self.state}: {self.fault.kind}, {self.mode}"


def definition(machine: str) -> dict[str, Any]:
    """The rendered ASL of a workflow."""
    return json.loads((ROOT / "statemachines" / f"{machine}.asl.json").read_text(encoding="utf-8"))


def states(level: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The states of a definition, with those of its Maps."""
    for name, state in level["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def outer_states(machine: str) -> dict[str, str]:
    """By state the one of which the execution's own history tells: a Distributed Map for those of its children."""
    outer = {name: name for name, _ in states(definition(machine))}
    for name, state in definition(machine)["States"].items():
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            outer |= {child: name for child, _ in states(state["ItemProcessor"])}
    return outer


def inline_map_of(machine: str, state: str) -> str:
    """The Map that a redrive enters on its way to a state of an iteration; empty for other states."""
    levels = {name: each.get("ItemProcessor") for name, each in definition(machine)["States"].items()}
    return next((name for name, level in levels.items() if level and state in dict(states(level))), "")


def levels(level: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The states of a definition by name, and those of each of its Maps."""
    yield level["States"]
    for state in level["States"].values():
        if "ItemProcessor" in state:
            yield from levels(state["ItemProcessor"])


def cells(machine: str) -> list[Cell]:
    """All cells of a workflow."""
    return [
        Cell(machine, name, fault, mode, attempts, is_caught(state, fault.error) or (looked and fault == _garbled()))
        for level in levels(definition(machine))
        for name, state in level.items()
        for looked in [is_looked_at(level, state)]
        for fault in [*faults(state), *([_garbled()] if is_read(state) or looked else [])]
        for attempts in [attempts_after(state, fault.error)]
        for mode in modes(attempts)
    ]


def attempts_after(state: dict[str, Any], error: str) -> int:
    """How many more attempts the state's Retry allows after an error."""
    named = [each for each in state.get("Retry", []) if error in each["ErrorEquals"]]
    return named[0].get("MaxAttempts", 3) if named else 0


def is_caught(state: dict[str, Any], error: str) -> bool:
    """Whether a Catch of the state takes an error: none takes States.Runtime."""
    names = {name for each in state.get("Catch", []) for name in each["ErrorEquals"]}
    return error in names or ("States.ALL" in names and error != "States.Runtime")


def modes(attempts: int) -> tuple[str, ...]:
    """How often a fault comes after which so many more attempts are allowed."""
    return (ONCE,) if attempts == 0 else (FIRST, WITHIN, BEYOND) if attempts > 1 else (FIRST, BEYOND)


def faults(state: dict[str, Any]) -> list[Fault]:
    """What the service of a state can raise; nothing where it calls none."""
    if state["Type"] == "Map":
        return [Fault("S3 503", "before", "States.ItemReaderFailed", _SLOW_DOWN)] if "ItemReader" in state else []
    if state["Type"] != "Task":
        return []
    resource = state["Resource"].removeprefix("arn:aws:states:::")
    return [*_of(resource), Fault("timeout", "timeout", "States.Timeout")]


def _garbled() -> Fault:
    return Fault("malformed output", "answer", "States.Runtime", answer={})


def is_read(state: dict[str, Any]) -> bool:
    """Whether the state takes something out of the answer, so that one without it ends it."""
    return state["Type"] == "Task" and any("$." in str(value) for value in state.get("ResultSelector", {}).values())


def is_looked_at(level: dict[str, Any], state: dict[str, Any]) -> bool:
    """Whether a Task hands its whole answer to a Choice that asks whether something is there."""
    path = state.get("ResultPath") or ""
    if state["Type"] != "Task" or is_read(state) or not path.startswith("$."):
        return False
    following = json.dumps(level.get(state.get("Next", ""), {}).get("Choices", []))
    return "IsPresent" in following and f'"{path}.' in following


def _of(resource: str) -> list[Fault]:
    if resource == "lambda:invoke":
        return _of_functions()
    if resource.startswith("aws-sdk:"):
        _, service, action = resource.split(":")
        return _of_sdk(_SDK_NAMES.get(service, service.capitalize())) + _OF_ACTIONS.get(action, [])
    makers = {"athena": _of_athena, "sagemaker": _of_sagemaker, "states": _of_states}
    service, _, action = resource.partition(":")
    if service in makers:
        return makers[service](action)
    throttle, prefix = {
        "dynamodb": ("DynamoDB.ProvisionedThroughputExceededException", "DynamoDB"),
        "sns": ("SNS.ThrottledException", "SNS"),
    }[service]
    denial = "SNS.AuthorizationErrorException" if prefix == "SNS" else "DynamoDB.AmazonDynamoDBException"
    return [
        Fault("throttle", "before", throttle),
        Fault("denial", "before", denial, _DENIED),
        Fault("lost connection", "after", f"{prefix}.SdkClientException", _LOST),
    ]


def _of_functions() -> list[Fault]:
    """A function that was killed, or whose time was over, has done its work: only its answer is missing."""
    return [
        Fault("throttle", "before", "Lambda.TooManyRequestsException", "Rate Exceeded."),
        Fault("function's timeout", "after", "Sandbox.Timedout", _error("Sandbox.Timedout", "timed out")),
        Fault("denial", "before", "Lambda.AWSLambdaException", _DENIED),
        Fault("killed worker", "after", "Runtime.ExitError", _error("Runtime.ExitError", "signal: killed")),
        Fault("full disk", "before", "OSError", _error("OSError", _NO_SPACE)),
        Fault("S3 503", "before", "ClientError", _error("ClientError", _SLOW_DOWN)),
        Fault("lost connection", "after", "Lambda.SdkClientException", _LOST),
    ]


def _error(kind: str, message: str) -> str:
    """What an error of a function comes as."""
    return json.dumps({"errorType": kind, "errorMessage": message})


def _of_sdk(service: str) -> list[Fault]:
    """What has no class of its own in the service's SDK, such as a denial, is an exception of the service's name."""
    throttle = _SDK_THROTTLES.get(service, f"{service}.{service}Exception")
    return [
        Fault("S3 503" if service == "S3" else "throttle", "before", throttle, "Rate exceeded"),
        Fault("denial", "before", f"{service}.{service}Exception", _DENIED),
        Fault("lost connection", "after", f"{service}.SdkClientException", _LOST),
    ]


def _of_calls(service: str, throttle: str) -> list[Fault]:
    """What the calls of an optimised integration can meet."""
    return [
        Fault("throttle", "before", f"{service}.{throttle}"),
        Fault("denial", "before", f"{service}.AccessDeniedException", _DENIED),
        Fault("lost connection", "after", f"{service}.SdkClientException", _LOST),
    ]


def _of_athena(action: str) -> list[Fault]:
    calls = _of_calls("Athena", "TooManyRequestsException")
    if not action.endswith(".sync"):
        return calls
    reasons = {
        "killed worker": "GENERIC_INTERNAL_ERROR: a worker was lost",
        "full disk": "EXCEEDED_LOCAL_STORAGE: Query exhausted resources at this scale factor",
        "S3 503": f"HIVE_WRITER_CLOSE_ERROR: {_SLOW_DOWN}",
    }
    return calls + [
        Fault(kind, "before", "States.TaskFailed", json.dumps({"Status": {"StateChangeReason": reason}}))
        for kind, reason in reasons.items()
    ]


def _of_sagemaker(action: str) -> list[Fault]:
    calls = _of_calls("SageMaker", "ThrottlingException")
    if not action.endswith(".sync"):
        return calls
    reasons = {"full disk": f"ClientError: {_NO_SPACE}", "S3 503": f"ClientError: Data download failed: {_SLOW_DOWN}"}
    return [
        *calls,
        _NO_INSTANCE,
        Fault("killed worker", "before", "States.TaskFailed", _KILLED),
        *(
            Fault(kind, "before", "States.TaskFailed", json.dumps({"FailureReason": reason}))
            for kind, reason in reasons.items()
        ),
    ]


def _of_states(_: str) -> list[Fault]:
    return [
        Fault("throttle", "before", "StepFunctions.ThrottlingException"),
        Fault("denial", "before", "StepFunctions.AWSStepFunctionsException", _DENIED),
        Fault("lost connection", "after", "StepFunctions.SdkClientException", _LOST),
    ]
