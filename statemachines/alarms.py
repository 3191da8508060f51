"""The alarms of template.yaml, rendered between two comments: `rendered` writes what is between them anew.

    # <alarms>
    RetrainFailed:
      Type: AWS::CloudWatch::Alarm
    # </alarms>

Each tells the topic when it goes off, and names its entry in the runbook (docs/operations.md). That it is over says the
function announce, by the first words of its name: OKActions would tell of each new alarm too.
Those that a promotion watches are beside the functions (`statemachines.template_parts`).

What missing data means is chosen by what a metric is. One that counts faults has no point while there are none: a
period without any is no breach. One that measures now and then holds until it is measured again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent

from wildrydes.tasks import TASKS, Task

RUNBOOK = "docs/operations.md"
HOUR = 3600
DAY = 86_400
NO_FAULT = "notBreaching"
AS_BEFORE = "ignore"

MACHINES = {"retrain": "Retrain", "promote": "Promote", "restore": "Restore", "monitor": "Monitor"}
"""The workflows, with the logical ids of their state machines."""

ENDS = {"failed": "Failed", "timed-out": "TimedOut", "aborted": "Aborted"}
"""How an execution ends badly, with the ends of the names of Step Functions' metrics."""

DEAD_LETTERS = {
    "RidesDeadLetterQueue": "rides that could not be located",
    "LocatedRidesDeadLetterQueue": "rides that could not be stored",
    "StreamFilesDeadLetterQueue": "files under stream/ that could not be sent",
    "SamplesDeadLetterQueue": "samples that could not be collected",
    "PromotionEndsDeadLetterQueue": "promotions that were not put in order",
    "UploadsDeadLetterQueue": "uploads, alarms or schedules that did not start what they are for",
    "AnnouncementsDeadLetterQueue": "ends of executions that were not announced",
    "CostsDeadLetterQueue": "ends of executions that were not accounted",
}
"""The dead-letter queues, and what waits in them."""

OLDEST_RIDE_SECONDS = 900
"""Five attempts at a message take some six minutes."""

API_FAULTS = 5
LATENCY_MILLISECONDS = 2000
"""Of a request in a hundred: above what a new instance of a function takes to start."""

_PART = re.compile(r"^( *)# <alarms>\n(?:.*\n)*?\1# </alarms>\n", re.MULTILINE)


@dataclass(frozen=True)
class Alarm:
    """An alarm: `name` follows the stack's, `meaning` is a sentence, `anchor` its entry in the runbook.

    It goes off when the statistic of each of `periods` periods (seconds) reaches the threshold, or with `above` when it
    is above it. The values of `dimensions` are YAML.
    """

    logical_id: str
    name: str
    meaning: str
    anchor: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: int
    threshold: str
    periods: int = 1
    missing: str = NO_FAULT
    condition: str = ""
    above: bool = False

    def to_yaml(self) -> str:
        """The resource."""
        comparison = "GreaterThanThreshold" if self.above else "GreaterThanOrEqualToThreshold"
        dimensions = ", ".join(f"{{ Name: {name}, Value: {value} }}" for name, value in self.dimensions)
        statistic = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        condition = f"  Condition: {self.condition}\n" if self.condition else ""
        return (
            f"{self.logical_id}:\n"
            "  Type: AWS::CloudWatch::Alarm\n"
            f"{condition}"
            "  Properties:\n"
            f"    AlarmName: !Sub ${{AWS::StackName}}-{self.name}\n"
            f'    AlarmDescription: "{self.meaning}. Runbook: {RUNBOOK}#{self.anchor}"\n'
            f"    Namespace: {self.namespace}\n"
            f"    MetricName: {self.metric}\n"
            f"    Dimensions: [{dimensions}]\n"
            f"    {statistic}: {self.statistic}\n"
            f"    Period: {self.period}\n"
            f"    EvaluationPeriods: {self.periods}\n"
            f"    Threshold: {self.threshold}\n"
            f"    ComparisonOperator: {comparison}\n"
            f"    TreatMissingData: {self.missing}\n"
            "    AlarmActions: [!Ref FailureTopic]\n"
        )


def rendered(template: str) -> str:
    """The template with the alarms as they are here."""

    def part(match: re.Match[str]) -> str:
        depth = match[1]
        text = indent("\n".join(alarm.to_yaml() for alarm in alarms()), depth)
        return f"{depth}# <alarms>\n{text}{depth}# </alarms>\n"

    return _PART.sub(part, template)


def alarms() -> Iterator[Alarm]:
    """Every alarm that is rendered here, in the template's order."""
    yield from _of_executions()
    yield from _of_queues()
    yield from _of_the_api()
    yield _of_the_schedule()
    for task in TASKS.values():
        yield from _of_the_model(task)
        yield _of_capture(task)


def _of_executions() -> Iterator[Alarm]:
    """Of each workflow, by how an execution of it ended."""
    for workflow, machine in MACHINES.items():
        for end, metric in ENDS.items():
            yield Alarm(
                logical_id=f"{machine}{metric}",
                name=f"{workflow}-{end}",
                meaning=f"An execution of the workflow {workflow} {_HOW[end]}",
                anchor=f"executions-{end}",
                namespace="AWS/States",
                metric=f"Executions{metric}",
                dimensions=(("StateMachineArn", f"!Ref {machine}"),),
                statistic="Sum",
                period=300,
                threshold="1",
            )


_HOW = {"failed": "failed", "timed-out": "ran out of time", "aborted": "was stopped"}


def _of_queues() -> Iterator[Alarm]:
    """Dead letters, and rides that wait. A queue with nothing in it, and nobody asking it, has no metrics."""
    for queue, what in DEAD_LETTERS.items():
        letters = queue.removesuffix("Queue")
        yield Alarm(
            logical_id=f"{letters}s",
            name=f"{_hyphens(letters)}s",
            meaning=f"There are {what}",
            anchor="dead-letters",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions=(("QueueName", f"!GetAtt {queue}.QueueName"),),
            statistic="Maximum",
            period=60,
            threshold="1",
        )
    for queue, what in {"RidesQueue": "be located", "LocatedRidesQueue": "be stored"}.items():
        yield Alarm(
            logical_id=f"{queue.removesuffix('Queue')}Late",
            name=f"{_hyphens(queue.removesuffix('Queue'))}-late",
            meaning=f"The oldest ride has waited {OLDEST_RIDE_SECONDS // 60} minutes to {what}",
            anchor="rides-late",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions=(("QueueName", f"!GetAtt {queue}.QueueName"),),
            statistic="Maximum",
            period=60,
            threshold=str(OLDEST_RIDE_SECONDS),
        )


def _of_the_api() -> Iterator[Alarm]:
    """What callers of the API see. One that nobody calls has no metrics."""
    dimensions = (("ApiName", '!Sub "${AWS::StackName} predictions"'),)
    yield Alarm(
        logical_id="ApiFaults",
        name="api-faults",
        meaning=f"The API answered {API_FAULTS} requests or more in five minutes with a status of 500 or above",
        anchor="api-faults",
        namespace="AWS/ApiGateway",
        metric="5XXError",
        dimensions=dimensions,
        statistic="Sum",
        period=300,
        threshold=str(API_FAULTS),
    )
    yield Alarm(
        logical_id="ApiLatency",
        name="api-latency",
        meaning=f"For a quarter of an hour a request in a hundred took longer than {LATENCY_MILLISECONDS} ms",
        anchor="api-latency",
        namespace="AWS/ApiGateway",
        metric="Latency",
        dimensions=dimensions,
        statistic="p99",
        period=300,
        periods=3,
        threshold=str(LATENCY_MILLISECONDS),
    )


def _of_the_schedule() -> Alarm:
    """No window of an alarm is longer than seven days, so the days are measured, each hour."""
    return Alarm(
        logical_id="RetrainingOverdue",
        name="retraining-overdue",
        meaning="No retraining has ended well for OverdueDays",
        anchor="retraining-overdue",
        namespace="WildRydes",
        metric="DaysSinceRetraining",
        dimensions=(("service", "!Ref AWS::StackName"),),
        # A retraining that ends well says 0 at once.
        statistic="Minimum",
        period=HOUR,
        threshold="!Ref OverdueDays",
        missing=AS_BEFORE,
        condition="HasSchedule",
        above=True,
    )


def _of_the_model(task: Task) -> Iterator[Alarm]:
    """What the daily look at a task's predictions found."""
    for name, logical_id, metric, what, above in (
        ("drift", "Drift", "DriftedFeatures", "What the model is asked has drifted from what it was trained on", False),
        ("quality", "Quality", "QualityLoss", "The model serves worse than its card promises, beyond chance", True),
    ):
        yield Alarm(
            logical_id=f"{logical_id}{_words(task)}",
            name=f"{name}-{task.name}",
            meaning=f"{what}: {task.name}",
            anchor=name,
            namespace="WildRydes",
            metric=metric,
            dimensions=(("service", "!Ref AWS::StackName"), ("task", task.name)),
            statistic="Maximum",
            period=DAY,
            threshold="0" if above else "1",
            missing=AS_BEFORE,
            above=above,
        )


def _of_capture(task: Task) -> Alarm:
    """What a log group's subscription filter could not deliver. No answer misses it; the monitor does."""
    return Alarm(
        logical_id=f"CaptureLost{_words(task)}",
        name=f"capture-lost-{task.name}",
        meaning=f"Captured predictions were lost on their way to Firehose: {task.name}",
        anchor="capture-lost",
        namespace="AWS/Logs",
        metric="DeliveryErrors",
        dimensions=(
            ("LogGroupName", f"!Ref Predict{task.words}Logs"),
            ("DestinationType", "Firehose"),
            ("FilterName", f"!Ref Predict{task.words}Capture"),
        ),
        statistic="Sum",
        period=300,
        threshold="1",
    )


def _words(task: Task) -> str:
    """The task's name as a part of a logical id, the default one's too."""
    return task.name.title().replace("_", "")


def _hyphens(words: str) -> str:
    """`RidesDeadLetter` as `rides-dead-letter`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", words).lower()
