"""Models and promotions for the end-to-end tests: artefacts as the container writes them, cards, and executions."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local import account
from redefinitions import reached
from stacks import Stack
from wildrydes.model.linear_model import read_model
from wildrydes.model.storage import card_key, execution_of
from wildrydes.tasks import BINARY, DEFAULT_TASK, TASKS

FEATURES = ("distance", "healthpoints", "magicpoints")
RIDE = {"distance": 30.5, "healthpoints": 12.25, "magicpoints": 2500}

PROMOTERS = ("PROMOTION", "PREVIOUS_VERSION", "PROMOTION_STARTED", "PREVIOUS_ENDPOINT_CONFIG")
"""The variables by which a promotion says that it is one."""

WriteArtefact = Callable[..., bytes]


@dataclass(frozen=True)
class Model:
    """An evaluated model in a stack's bucket, and what it answers to RIDE."""

    execution: str
    path: str
    probability: float
    ride: dict[str, Any]
    task: str = DEFAULT_TASK

    def request(self, **more: Any) -> dict[str, Any]:
        """What a promotion of it is started with; the default task need not be named."""
        golden = {"ride": self.ride, number_of(self.task): self.probability}
        named = {} if self.task == DEFAULT_TASK else {"task": self.task}
        return {"model_path": self.path, "execution": self.execution, "golden": golden} | named | more


def number_of(task: str) -> str:
    """What the number in the answers of a task is called."""
    return "probability" if TASKS[task].kind == BINARY else "value"


def store(
    stack: Stack,
    artefact: bytes,
    probability: float = 0.5,
    features: tuple[str, ...] = FEATURES,
    ride: dict[str, Any] = RIDE,
    *,
    passed: bool = True,
    task: str = DEFAULT_TASK,
    algorithm: str = "linear-learner",
    path: str = "",
    serving: str = "lambda",
) -> Model:
    """Put an artefact and a card for it where an execution would; `probability` stands for what was evaluated."""
    execution = execution_of(path) if path else f"run-{uuid.uuid4().hex[:12]}"
    path = path or f"{TASKS[task].models_prefix}{execution}/{execution}/output/model.tar.gz"
    card = {
        "execution": execution,
        "target": task,
        "task": task,
        "kind": TASKS[task].kind,
        "algorithm": algorithm,
        "features": features,
        "model_path": path,
        "threshold": 0.5,
        "rows": 100,
        "metrics": {"log_loss": 0.25, "auc": 0.9, "accuracy": 0.875},
        "hyperparameters": {},
        "created": "2026-01-02T03:04:05+00:00",
        "verdict": {"promote": passed, "reason": "there is no champion"},
        "golden": {"ride": ride, number_of(task): probability},
        "serving": serving,
    }
    stack.put(path, artefact)
    stack.put(card_key(execution, task), json.dumps(card))
    return Model(execution, path, probability, ride, task)


def trained(stack: Stack, write_artefact: WriteArtefact, weight: float, task: str = DEFAULT_TASK) -> Model:
    """A model of a task, whose answer to RIDE depends on `weight`."""
    artefact = write_artefact([weight, -0.05, 0.0001], 0.125, 0.5)
    model = read_model(artefact)
    return store(stack, artefact, model.score([float(RIDE[name]) for name in FEATURES]), task=task)


def start(stack: Stack, request: Any, name: str = "") -> str:
    """Start a promotion, of any name by default; the execution's ARN."""
    wanted = {"stateMachineArn": stack.outputs["PromoteStateMachineArn"], "input": json.dumps(request)}
    started = stack.client("stepfunctions").start_execution(**wanted | ({"name": name} if name else {}))
    return started["executionArn"]


NO_OTHER_YEARS = {"other_years": {"objects": 0, "rides": 0}}
"""What `List rides` would have said, for a retraining that begins after it."""


def promote(stack: Stack, model: Model, **more: Any) -> dict[str, Any]:
    """Promote a model, which must succeed; the execution's output."""
    described = stack.ended(start(stack, model.request(**more)))
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    return json.loads(described["output"])


def bring_back(stack: Stack, model: Model) -> None:
    """Make the model live where another is: tests come in any order."""
    function = {"FunctionName": stack.outputs["PredictFunctionName"], "Qualifier": "live"}
    variables = stack.client("lambda").get_function_configuration(**function)["Environment"]["Variables"]
    if variables["MODEL_PATH"] != model.path:
        promote(stack, model)


def bring_back_trained(stack: Stack, output: dict[str, Any]) -> None:
    """Make the model of a retraining live where another is."""
    golden = output["metrics"]["golden"]
    bring_back(stack, Model(output["execution"], output["model_path"], golden["probability"], golden["ride"]))


@contextmanager
def redefined(stack: Stack, machine: str, **fields: Any) -> Iterator[None]:
    """The workflow whose ARN is the output `machine` with other states, or other fields of its definition."""
    states, arn = stack.client("stepfunctions"), stack.outputs[machine]
    text = states.describe_state_machine(stateMachineArn=arn)["definition"]
    definition = json.loads(text)
    changed = definition | {"States": definition["States"] | fields.pop("States", {})} | fields
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(reached(changed)))
    try:
        yield
    finally:
        states.update_state_machine(stateMachineArn=arn, definition=text)


def state_of(stack: Stack, machine: str, name: str) -> dict[str, Any]:
    """A state of the workflow as it is deployed."""
    described = stack.client("stepfunctions").describe_state_machine(stateMachineArn=stack.outputs[machine])
    return json.loads(described["definition"])["States"][name]


@dataclass(frozen=True)
class Live:
    """All that a promotion changes: what answers, the alias, the function's variables, the parameter, the registry."""

    answer: tuple[int, dict[str, Any]]
    version: str
    routing: dict[str, float]
    model_path: str
    variables: dict[str, str]
    parameter: str
    registry: tuple[str, ...]


def live(stack: Stack) -> Live:
    """What is live now."""
    function = {"FunctionName": stack.outputs["PredictFunctionName"]}
    functions = stack.client("lambda")
    alias = functions.get_alias(**function, Name="live")
    variables = functions.get_function_configuration(**function)["Environment"]["Variables"]
    return Live(
        answer=stack.ask(RIDE),
        version=alias["FunctionVersion"],
        routing=alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}),
        model_path=variables["MODEL_PATH"],
        variables={name: value for name, value in variables.items() if name not in PROMOTERS},
        parameter=stack.client("ssm").get_parameter(Name=f"/wildrydes/{stack.name}/model-path")["Parameter"]["Value"],
        registry=tuple(sorted(stack.keys("models/registry/"))),
    )


def ask_function(stack: Stack, task: str, ride: dict[str, Any] = RIDE) -> tuple[int, dict[str, Any]]:
    """What the alias `live` of a task's function answers to a ride; status and answer."""
    event = {"body": json.dumps(ride), "isBase64Encoded": False}
    response = stack.client("lambda").invoke(
        FunctionName=stack.outputs[f"{TASKS[task].function}Name"], Qualifier="live", Payload=json.dumps(event)
    )
    answer = json.load(response["Payload"])
    return answer["statusCode"], json.loads(answer["body"])


def traces(stack: Stack, task: str) -> dict[str, Any]:
    """All that a promotion of a task writes, with the revisions that each write changes."""
    function = {"FunctionName": stack.outputs[f"{TASKS[task].function}Name"]}
    functions, parameter = (
        stack.client("lambda"),
        TASKS[task].parameter.replace("/wildrydes", f"/wildrydes/{stack.name}"),
    )
    alias = functions.get_alias(**function, Name="live")
    configuration = functions.get_function_configuration(**function)
    held = stack.client("ssm").get_parameter(Name=parameter)["Parameter"]
    return {
        "alias": {name: alias.get(name) for name in ("FunctionVersion", "RevisionId", "RoutingConfig")},
        "function": (configuration["RevisionId"], configuration["Environment"]["Variables"]),
        "versions": [
            each["Version"] for each in account.entries(functions, "list_versions_by_function", "Versions", **function)
        ],
        "parameter": (held["Value"], held["Version"]),
        "registry": stack.keys(f"{TASKS[task].models_prefix}registry/"),
    }


@contextmanager
def unchanged(stack: Stack) -> Iterator[Live]:
    """What is live after the block is what was before it."""
    before = live(stack)
    assert before.answer[0] == 200
    yield before
    assert live(stack) == before


@contextmanager
def without_grant(stack: Stack, name: str, *sids: str, actions: tuple[str, ...] = ()) -> Iterator[None]:
    """The role of the workflow without these statements; where actions are named, without these of them."""
    role = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId=f"{name}Role"
    )["StackResourceDetail"]["PhysicalResourceId"]
    policy, iam = {"RoleName": role, "PolicyName": name}, stack.client("iam")
    document = iam.get_role_policy(**policy)["PolicyDocument"]
    fewer = [
        _without(statement, actions) if statement["Sid"] in sids else statement
        for statement in document["Statement"]
        if statement["Sid"] not in sids or _without(statement, actions)["Action"]
    ]
    assert fewer != document["Statement"]
    iam.put_role_policy(**policy, PolicyDocument=json.dumps(document | {"Statement": fewer}))
    try:
        yield
    finally:
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))


def _without(statement: dict[str, Any], actions: tuple[str, ...]) -> dict[str, Any]:
    listed = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    return statement | {"Action": [action for action in listed if actions and action not in actions]}


class Load:
    """Some 30 requests a second for the length of a block: the API takes 50. `ask` sends one, by default to the API."""

    def __init__(
        self, stack: Stack, threads: int = 2, ask: Callable[[], tuple[int, dict[str, Any]]] | None = None
    ) -> None:
        self._send = ask or (lambda: stack.ask(RIDE))
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def _ask(self) -> None:
        while not self._over.wait(0.06):
            self.answers.append(self._send())

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def whole(self, models: list[Model]) -> Counter[str]:
        """Answers by model, once each is found to be one model's own."""
        probabilities = {model.execution: model.probability for model in models}
        for status, answer in self.answers:
            assert status == 200, answer
            assert answer["probability"] == probabilities[answer["model"]], answer
        return Counter(answer["model"] for _, answer in self.answers)


def ends_without_restoring(stack: Stack) -> int:
    """How many promotions have ended without a `restore`: EventBridge could not start it, and left a message each."""
    answer = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs["PromotionEndsDeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


@contextmanager
def nothing_restored(stack: Stack) -> Iterator[None]:
    """EventBridge may not start `restore`. Of the promotions that end within, a message is in the dead letter queue."""
    role = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="PromotionEndedRole"
    )["StackResourceDetail"]["PhysicalResourceId"]
    policy, iam = {"RoleName": role, "PolicyName": "StartRestoring"}, stack.client("iam")
    document = iam.get_role_policy(**policy)["PolicyDocument"]
    iam.delete_role_policy(**policy)
    try:
        yield
    finally:
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))
