"""What a stack used in a month beside its executions, by the metrics of its services and what there is of it now.

CloudWatch counts calls, messages and bytes. How many requests a queue has had it does not count: each message is taken
for a request when it is sent, received and deleted, though up to ten go together. So the sum is an upper bound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cli.stack import Stack
from local import account
from wildrydes.cost.charges import Usage, add
from wildrydes.cost.quantities import GB, HOURS_A_MONTH, KB
from wildrydes.metric_line import NAMESPACE
from wildrydes.tasks import TASKS

# The functions whose calls are in the histories of executions.
OF_WORKFLOWS = frozenset(
    {
        "apply_defaults",
        "arrange_rides",
        "plan_ingestion",
        "ingest_rides",
        "check_ingestion",
        "list_rides",
        "evaluate_model",
        "account_costs",
        "monitor_model",
    }
)
_QUERIES_A_CALL = 500
_RECORD_STEP = 5 * KB


@dataclass(frozen=True)
class Metric:
    """The sum of a metric of one thing over the month."""

    namespace: str
    name: str
    dimension: str
    value: str


@dataclass(frozen=True)
class Month:
    """The time that is summed: from the first of a month to its end, or to now."""

    start: datetime
    end: datetime

    @property
    def share(self) -> Decimal:
        """How much of a month of 730 hours has gone by."""
        return Decimal(str((self.end - self.start).total_seconds())) / 3600 / HOURS_A_MONTH


def usage_by_metrics(stack: Stack, month: Month) -> Usage:
    """What functions outside of the workflows, the API, queues, topics, streams and logs used."""
    functions = {name: physical for name, physical in stack.functions().items() if name not in OF_WORKFLOWS}
    wanted = _wanted(stack, functions.values())
    sums = dict(zip(wanted, _sums(stack, wanted, month), strict=True))
    return add([*_of_functions(stack, functions.values(), sums), *_of_services(sums)])


def usage_by_inventory(stack: Stack, month: Month) -> Usage:
    """What the alarms, dashboards, metrics, keys, objects and endpoints that are there now cost for that time.

    They count since the stack was created. Of an endpoint the time since that was created counts.
    """
    lifetime = _lifetime(stack, month)
    metrics = account.entries(stack.client("cloudwatch"), "list_metrics", "Metrics", **_own_metrics(stack))
    counts = {
        "alarm_months": len(stack.resources("AWS::CloudWatch::Alarm")),
        "dashboard_months": len(stack.resources("AWS::CloudWatch::Dashboard")),
        "metric_months": len(metrics),
        "kms_key_months": len(stack.resources("AWS::KMS::Key")),
    }
    listed = account.entries(stack.client("s3"), "list_objects_v2", "Contents", Bucket=stack.bucket)
    stored = Decimal(sum(each["Size"] for each in listed)) / GB
    monthly = {item: Decimal(count) * lifetime.share for item, count in counts.items()}
    return add([monthly, {"s3_gb_months": stored * lifetime.share}, _of_endpoints(stack, month)])


def _lifetime(stack: Stack, month: Month) -> Month:
    """The part of the month in which there was the stack: empty where it came later."""
    (described,) = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    return Month(min(month.end, max(month.start, described["CreationTime"])), month.end)


def _own_metrics(stack: Stack) -> dict[str, Any]:
    """The stack's own metrics, whose dimension `service` is its name."""
    return {"Namespace": NAMESPACE, "Dimensions": [{"Name": "service", "Value": stack.name}]}


def _wanted(stack: Stack, functions: Iterable[str]) -> list[Metric]:
    of_functions = [
        Metric("AWS/Lambda", metric, "FunctionName", name)
        for name in functions
        for metric in ("Invocations", "Duration")
    ]
    queue = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "NumberOfEmptyReceives")
    of_queues = [
        Metric("AWS/SQS", metric, "QueueName", url.rpartition("/")[2])
        for url in stack.queues().values()
        for metric in queue
    ]
    api = stack.client("apigateway").get_rest_api(restApiId=stack.output("ApiId"))["name"]
    streams = [
        Metric("AWS/Firehose", metric, "DeliveryStreamName", name)
        for name in stack.resources("AWS::KinesisFirehose::DeliveryStream")
        for metric in ("IncomingRecords", "IncomingBytes")
    ]
    topics = [
        Metric("AWS/SNS", "NumberOfMessagesPublished", "TopicName", arn.rpartition(":")[2])
        for arn in stack.resources("AWS::SNS::Topic")
    ]
    logs = [
        Metric("AWS/Logs", "IncomingBytes", "LogGroupName", name) for name in stack.resources("AWS::Logs::LogGroup")
    ]
    return [*of_functions, *of_queues, Metric("AWS/ApiGateway", "Count", "ApiName", api), *streams, *topics, *logs]


def _sums(stack: Stack, wanted: list[Metric], month: Month) -> list[float]:
    """The sum of each metric over the month, 0 where it has no point."""
    cloudwatch, sums = stack.client("cloudwatch"), [0.0] * len(wanted)
    for start in range(0, len(wanted), _QUERIES_A_CALL):
        queries = [_query(place, metric) for place, metric in enumerate(wanted[start : start + _QUERIES_A_CALL], start)]
        results = account.entries(
            cloudwatch,
            "get_metric_data",
            "MetricDataResults",
            MetricDataQueries=queries,
            StartTime=month.start,
            EndTime=month.end,
        )
        for result in results:
            sums[int(result["Id"].removeprefix("m"))] += sum(result["Values"])
    return sums


def _query(place: int, metric: Metric) -> dict[str, Any]:
    described = {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": metric.dimension, "Value": metric.value}],
    }
    day = int(timedelta(days=1).total_seconds())
    return {"Id": f"m{place}", "MetricStat": {"Metric": described, "Period": day, "Stat": "Sum"}}


def _of_functions(stack: Stack, functions: Iterable[str], sums: Mapping[Metric, float]) -> Iterable[Usage]:
    """Calls, and their milliseconds by the functions' memory."""
    for name in functions:
        calls, milliseconds = (
            sums[Metric("AWS/Lambda", each, "FunctionName", name)] for each in ("Invocations", "Duration")
        )
        if calls:
            memory = stack.client("lambda").get_function_configuration(FunctionName=name)["MemorySize"]
            seconds = Decimal(str(milliseconds)) / 1000
            yield {"lambda_requests": _decimal(calls), "lambda_gb_seconds": seconds * memory / 1024}


def _of_services(sums: Mapping[Metric, float]) -> Iterable[Usage]:
    for metric, total in sums.items():
        match metric.namespace, metric.name:
            case "AWS/SQS", _:
                yield {"sqs_requests": _decimal(total)}
            case "AWS/ApiGateway", _:
                yield {"api_requests": _decimal(total)}
            case "AWS/SNS", _:
                yield {"sns_publishes": _decimal(total)}
            case "AWS/Logs", _:
                yield {"log_gb": _decimal(total) / GB}
            case "AWS/Firehose", "IncomingRecords":
                size = sums[Metric(metric.namespace, "IncomingBytes", metric.dimension, metric.value)]
                # Each record counts for 5 KB at least: by their mean size, the others are of as many steps.
                steps = total * max(1, -(-(size / total) // _RECORD_STEP)) if total else 0
                yield {"firehose_gb": _decimal(steps) * _RECORD_STEP / GB}


def _of_endpoints(stack: Stack, month: Month) -> Usage:
    sagemaker, parts = stack.client("sagemaker"), list[Usage]()
    # Another stack's name may begin with this one's: an endpoint is known by its task as well.
    names = {f"{stack.name}-{task.replace('_', '-')}" for task in TASKS}
    for each in account.entries(sagemaker, "list_endpoints", "Endpoints", NameContains=stack.name):
        if each["EndpointName"] not in names:
            continue
        described = sagemaker.describe_endpoint(EndpointName=each["EndpointName"])
        settings = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        seconds = max(0.0, (month.end - max(month.start, each["CreationTime"])).total_seconds())
        parts += [
            {f"ml_hours/{variant['InstanceType']}": _decimal(seconds) / 3600 * variant["InitialInstanceCount"]}
            for variant in settings["ProductionVariants"]
        ]
    return add(parts)


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
