"""What one execution used, from its history: transitions, functions, queries, jobs, messages, requests.

What the history does not have is estimated, and said in docs/costs.md: a function's time includes what Step Functions
and Lambda need to invoke it, and a transform job's that of its start. Requests to S3 are of no execution: each call of
a function stands for some.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from wildrydes.cost import quantities
from wildrydes.cost.attempts import Attempt
from wildrydes.cost.charges import Usage, add
from wildrydes.starts.execution_arns import arn_of

_DYNAMODB_WRITES = ("putItem", "updateItem", "deleteItem")
# A function reads what the one before has written, and writes for the next; the others' share is some per mille of it.
_S3_OF_FUNCTION = {"s3_gets": Decimal(5), "s3_puts": Decimal(5)}
# The query's text, its result and the metadata beside it.
_S3_OF_QUERY = {"s3_gets": Decimal(20), "s3_puts": Decimal(5)}


class Context(NamedTuple):
    """What the usage of an attempt is measured by: the time, the memory of functions, the jobs of a tuning job."""

    now: datetime
    memory_of: Callable[[str], int]
    """The name or ARN of a function -> MB."""
    trained_by: Callable[[str], list[dict[str, Any]]]
    """The name of a tuning job -> its training jobs, as SageMaker lists them."""


def usage_of(attempts: Iterable[Attempt], context: Context) -> dict[str, Decimal]:
    """The sum over all attempts, those that failed included."""
    return add(_usage(attempt, context) for attempt in attempts)


def nested_executions(attempts: Iterable[Attempt]) -> list[str]:
    """The ARNs of the executions of other workflows that were started, each once."""
    arns: list[str] = []
    for attempt in attempts:
        if attempt.service == "states" and attempt.action.startswith("startExecution"):
            arn = attempt.answer.get("ExecutionArn") or _execution_arn(attempt.request)
            if arn and arn not in arns:
                arns.append(arn)
    return arns


def _execution_arn(request: Any) -> str:
    """The ARN of a started execution follows from that of its machine and its name."""
    machine, name = request.get("StateMachineArn", ""), request.get("Name", "")
    return arn_of(machine, name) if machine and name else ""


def _usage(attempt: Attempt, context: Context) -> Usage:
    action = attempt.action.partition(".")[0]
    match attempt.service.removeprefix("aws-sdk:"), action:
        case "lambda", "invoke":
            memory = context.memory_of(attempt.request["FunctionName"])
            return quantities.function_calls(memory, attempt.milliseconds(context.now)) | _S3_OF_FUNCTION
        case "athena", "startQueryExecution":
            return _query(attempt)
        case "sagemaker", "createTrainingJob":
            return _training(attempt, context)
        case "sagemaker", "createTransformJob":
            resources = attempt.request["TransformResources"]
            seconds = attempt.milliseconds(context.now) / 1000
            return quantities.machine(resources["InstanceType"], seconds, resources["InstanceCount"])
        case "sagemaker", "createHyperParameterTuningJob":
            return _tuning(attempt, context)
        case "sns", "publish":
            return {"sns_publishes": Decimal(1)}
        case "dynamodb", name:
            return {"dynamodb_writes" if name in _DYNAMODB_WRITES else "dynamodb_reads": Decimal(1)}
        case "s3", "putObject":
            return {"s3_puts": Decimal(1)}
        case "s3", _:
            return {"s3_gets": Decimal(1)}
    return {}


def _query(attempt: Attempt) -> Usage:
    """A query that failed is not billed, one that was cancelled is; neither is one that never ran."""
    query = attempt.answer.get("QueryExecution", attempt.answer)
    state = query.get("Status", {}).get("State")
    if "Statistics" not in query or state == "FAILED":
        return {}
    return quantities.athena(int(query["Statistics"].get("DataScannedInBytes", 0))) | _S3_OF_QUERY


def _training(attempt: Attempt, context: Context) -> Usage:
    """By the billable seconds of the job; where its description is not in the history, by the time that it took."""
    job = attempt.answer
    seconds = job.get("BillableTimeInSeconds", job.get("TrainingTimeInSeconds"))
    measured = Decimal(str(seconds)) if seconds is not None else attempt.milliseconds(context.now) / 1000
    return _machines(attempt.request.get("ResourceConfig", {}), measured)


def _tuning(attempt: Attempt, context: Context) -> Usage:
    """The sum over the training jobs that it started, which ran on instances alike."""
    jobs = context.trained_by(attempt.request["HyperParameterTuningJobName"])
    seconds = sum((_seconds(job, context.now) for job in jobs), Decimal(0))
    return _machines(attempt.request["TrainingJobDefinition"]["ResourceConfig"], seconds)


def _seconds(job: dict[str, Any], now: datetime) -> Decimal:
    if "TrainingStartTime" not in job:
        return Decimal(0)
    return Decimal(str((job.get("TrainingEndTime", now) - job["TrainingStartTime"]).total_seconds()))


def _machines(resources: Any, seconds: Decimal) -> Usage:
    if not resources:
        return {}
    count, volume = resources["InstanceCount"], resources["VolumeSizeInGB"]
    return quantities.machine(resources["InstanceType"], seconds, count, volume)
