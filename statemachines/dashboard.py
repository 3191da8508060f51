"""The body of the CloudWatch dashboard, rendered into statemachines/dashboard.yaml.

The template includes that file, as it includes the API's document. CloudWatch takes the body as a text, so the file is
one call of Fn::Sub, with a line a metric: what is in `${…}` is filled in at the deployment.

    build(definitions, functions)       the body, by the definitions of the workflows and the functions' logical ids
    rendered(definitions, template)     the file, with the functions of the template

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any

from statemachines.alarms import DAY, DEAD_LETTERS, HOUR, MACHINES
from statemachines.widgets import COLUMNS, Row, Widget, own, place, row
from wildrydes.tasks import BINARY, REGRESSION, TASKS, Task

MINUTE = 60
API = ("ApiName", "${AWS::StackName} predictions")

LONG_STATES = {
    "retrain": (
        "Plan ingestion",
        "Ingest rides",
        "Check ingestion",
        "Select weather",
        "Build training set",
        "Train candidate",
        "Evaluate model",
        "Promote",
    ),
    "promote": ("Wait for update", "Smoke-test version", "Record MODEL_PATH"),
    "monitor": ("Plan monitoring", "Join rides", "Join samples", "Monitor model"),
}
"""The states of which the dashboard shows the seconds, by workflow: those in which an execution that succeeds waits."""

_FUNCTION = re.compile(r"^  (\w+):\n    Type: AWS::Serverless::Function$", re.MULTILINE)

_SPREAD = {"p10": "a tenth lie below", "p50": "half lie below", "p90": "nine tenths lie below"}
_ANSWERS = {"0": "no", "1": "yes"}
_OUTCOMES = {
    "Started": "started",
    "Succeeded": "succeeded",
    "Failed": "failed",
    "TimedOut": "timed out",
    "Aborted": "stopped",
}

Definitions = Mapping[str, Mapping[str, Any]]


def rendered(definitions: Definitions, template: str) -> str:
    """The file that the template includes."""
    body = build(definitions, _FUNCTION.findall(template))
    widgets = indent(",\n".join(map(_lines, body.pop("widgets"))), " ")
    head = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in body.items())
    return "Fn::Sub: |\n" + indent(f'{{{head}, "widgets": [\n{widgets}\n]}}\n', "  ")


def _lines(widget: dict[str, Any]) -> str:
    """A widget as JSON, each of its metrics on a line of its own."""
    properties = dict(widget["properties"])
    rows = ",\n".join(f" {json.dumps(row)}" for row in properties.pop("metrics", []))
    text = json.dumps(widget | {"properties": properties})
    return f'{text.removesuffix("}}")}, "metrics": [\n{rows}]}}}}' if rows else text


def build(definitions: Definitions, functions: Sequence[str]) -> dict[str, Any]:
    """The dashboard's body. Raises KeyError where a state is not there."""
    widgets, y = [], 0
    for heading, section in _sections(definitions, functions):
        text = {"markdown": f"## {heading}", "background": "transparent"}
        widgets.append({"type": "text", "x": 0, "y": y, "width": COLUMNS, "height": 1, "properties": text})
        placed, y = place(section, y + 1)
        widgets += placed
    return {"start": "-P1D", "periodOverride": "inherit", "widgets": widgets}


def _sections(definitions: Definitions, functions: Sequence[str]) -> Iterator[tuple[str, list[Widget]]]:
    yield "Executions", _executions(definitions)
    yield "Rides", _rides()
    yield "Queues", _queues()
    yield "API", _api()
    yield "Models", [widget for task in TASKS.values() for widget in _model(task)]
    yield "Functions", _functions(functions)
    yield "Cost", _cost()


def _executions(definitions: Definitions) -> list[Widget]:
    """Executions by outcome, and the seconds by state."""
    ends = [
        Widget(
            f"Executions of {workflow}",
            [
                row("AWS/States", f"Executions{end}", ("StateMachineArn", f"${{{machine}}}"), label=label)
                for end, label in _OUTCOMES.items()
            ],
            period=HOUR,
            width=6,
        )
        for workflow, machine in MACHINES.items()
    ]
    outcomes = ("promoted", "kept", "yielded")
    ends.append(
        Widget(
            "What became of retrainings",
            [own("Executions", ("workflow", "retrain"), ("outcome", each), label=each) for each in outcomes],
            period=DAY,
            width=6,
        )
    )
    return [*ends, *_seconds(definitions)]


def _seconds(definitions: Definitions) -> Iterator[Widget]:
    for workflow, states in LONG_STATES.items():
        there = set(_states(definitions[workflow]))
        if absent := set(states) - there:
            raise KeyError(f"{workflow} has no states {sorted(absent)}")
        rows = [own("StateSeconds", ("workflow", workflow), ("state", state), label=state) for state in states]
        yield Widget(f"Seconds by state of {workflow}", rows, stat="Average", period=HOUR, width=6)


def _states(definition: Mapping[str, Any]) -> Iterator[str]:
    """The names of the states of a workflow, and of the iterations of its Maps."""
    for name, state in definition["States"].items():
        yield name
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


def _rides() -> list[Widget]:
    names = {"RidesIn": "read", "RidesRejected": "rejected", "RidesWithoutWeather": "without weather"}
    return [
        Widget("Rides", [own(name, label=label) for name, label in names.items()], period=HOUR),
        Widget(
            "Rides stored and samples collected",
            [own("RidesStored", label="rides stored"), own("SamplesCollected", label="samples")],
            period=HOUR,
        ),
        Widget("Days since a retraining", [own("DaysSinceRetraining", label="days")], "Minimum", HOUR),
    ]


def _queues() -> list[Widget]:
    queues = {"RidesQueue": "rides", "LocatedRidesQueue": "located rides"}

    def of_queues(metric: str) -> list[Row]:
        return [_sqs(queue, metric, label) for queue, label in queues.items()]

    letters = {queue: queue.removesuffix("DeadLetterQueue") for queue in DEAD_LETTERS}
    return [
        Widget("Messages that wait", of_queues("ApproximateNumberOfMessagesVisible"), "Maximum", MINUTE),
        Widget("Age of the oldest ride in seconds", of_queues("ApproximateAgeOfOldestMessage"), "Maximum", MINUTE),
        Widget(
            "Dead letters",
            [_sqs(queue, "ApproximateNumberOfMessagesVisible", label) for queue, label in letters.items()],
            "Maximum",
            MINUTE,
        ),
        Widget("Messages sent", of_queues("NumberOfMessagesSent"), width=12),
        Widget("Empty receives", of_queues("NumberOfEmptyReceives"), width=12),
    ]


def _sqs(queue: str, metric: str, label: str) -> Row:
    return row("AWS/SQS", metric, ("QueueName", f"${{{queue}.QueueName}}"), label=label)


def _api() -> list[Widget]:
    def api(metric: str, **options: Any) -> Row:
        return row("AWS/ApiGateway", metric, API, **options)

    return [
        Widget("Requests", [api("Count", label="requests")], period=MINUTE),
        Widget("Errors", [api("4XXError", label="4xx"), api("5XXError", label="5xx")], period=MINUTE),
        Widget("Latency in ms", [api("Latency", stat=each, label=each) for each in ("p50", "p99")], period=MINUTE),
    ]


def _model(task: Task) -> list[Widget]:
    """How a task's champion does: what it answers, how what it is asked drifts, how good it was, how old it is."""
    named = ("task", task.name)
    served = "ServedRmse" if task.kind == REGRESSION else "ServedLogLoss"
    return [
        _scores(task) if task.kind == BINARY else _values(task),
        Widget(
            f"Drift: {task.name}",
            [
                own("Drift", named, label="PSI of the feature that drifted most"),
                own("DriftedFeatures", named, label="features that drifted beyond chance"),
                own("ScoreDrift", named, label="PSI of the scores"),
            ],
            "Maximum",
            DAY,
            width=6,
        ),
        Widget(
            f"Served quality: {task.name}",
            [
                own(served, named, label=f"{'RMSE' if task.kind == REGRESSION else 'log loss'} on known truths"),
                own("QualityLoss", named, label="at least so much worse than promised"),
            ],
            "Average",
            DAY,
            width=6,
        ),
        Widget(
            f"Age of the champion in days, as last measured: {task.name}",
            [own("ChampionAgeDays", named, label="days")],
            "Maximum",
            # The last value is shown, and a promotion makes the champion younger within a day.
            MINUTE,
            "singleValue",
            width=6,
        ),
    ]


def _scores(task: Task) -> Widget:
    """The probabilities of a classifier, by the label that they predict."""
    rows = [
        own("PredictionScore", *_task_of(task), ("label", label), stat=each, label=f"{answer}: {below}")
        for label, answer in _ANSWERS.items()
        for each, below in _SPREAD.items()
    ]
    return Widget(f"Probabilities answered: {task.name}", rows, period=HOUR, width=6)


def _values(task: Task) -> Widget:
    """What a regression predicts."""
    rows = [own("PredictionValue", *_task_of(task), stat=each, label=below) for each, below in _SPREAD.items()]
    return Widget(f"Numbers answered: {task.name}", rows, period=HOUR, width=6)


def _task_of(task: Task) -> tuple[tuple[str, str], ...]:
    """The dimension by which the metrics of predict tell tasks apart: the default one's have none."""
    return () if task.is_default else (("task", task.name),)


def _functions(functions: Sequence[str]) -> list[Widget]:
    def rows(metric: str) -> list[Row]:
        return [
            row("AWS/Lambda", metric, ("FunctionName", f"${{{each}}}"), label=each.removesuffix("Function"))
            for each in functions
        ]

    return [
        Widget("Invocations", rows("Invocations")),
        Widget("Errors of functions", rows("Errors")),
        Widget("Duration in ms", rows("Duration"), "Average"),
    ]


def _cost() -> list[Widget]:
    return [
        Widget(
            "Cost of executions in USD",
            [own("ExecutionCost", ("workflow", "retrain"), label="retrain")],
            period=DAY,
            width=12,
        ),
        Widget(
            "Executions of this month in USD",
            [own("MonthSpend", label="this month")],
            "Maximum",
            DAY,
            "singleValue",
            12,
        ),
    ]
