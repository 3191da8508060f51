"""The limits of AWS that each Retry of the workflows is for, as AWS published them; docs/retries.md has them too.

Limits are an account's in a region. Where regions differ, the lowest stands here; where AWS names no burst, it is what
comes in a second. Read on 2026-11-27.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from statemachines.tasks import ATHENA_THROTTLES, LAMBDA_KILLS, LAMBDA_THROTTLES, SAGEMAKER_LIMITS
from statemachines.throttling import Limit, Outage, Rate, Slots

_AWS = "https://docs.aws.amazon.com"
_GENERAL = f"{_AWS}/general/latest/gr"


@dataclass(frozen=True)
class Published:
    """A limit: what it says, and the title and the address of the page that says so."""

    limit: Limit
    text: str
    title: str
    url: str


def _rate(calls: str, per_second: float, title: str, url: str, burst: float = 0.0) -> Published:
    at_once = f", {burst:,g} at once" if burst else ""
    return Published(Rate(per_second, burst or per_second), f"{calls}: {per_second:,g} a second{at_once}", title, url)


_LAMBDA = ("Lambda quotas", f"{_AWS}/lambda/latest/dg/gettingstarted-limits.html")
_ATHENA = ("Service Quotas, Amazon Athena", f"{_AWS}/athena/latest/ug/service-limits.html")
_SAGEMAKER = ("Amazon SageMaker AI endpoints and quotas", f"{_GENERAL}/sagemaker.html")
_STATES = ("Step Functions service quotas", f"{_AWS}/step-functions/latest/dg/service-quotas.html")
_SSM = ("AWS Systems Manager endpoints and quotas", f"{_GENERAL}/ssm.html")
_S3 = (
    "Best practices design patterns: optimizing Amazon S3 performance",
    f"{_AWS}/AmazonS3/latest/userguide/optimizing-performance.html",
)
_DYNAMODB = (
    "DynamoDB on-demand capacity mode",
    f"{_AWS}/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
)

_FUNCTIONS = Published(Slots(10, 60), "10 functions at once in a new account (1,000 later), 60 s each", *_LAMBDA)
_QUERIES = Published(Slots(20, 300), "20 active queries, 300 s each", *_ATHENA)
_JOBS = Published(Slots(4, 300), "4 instances of a kind of job, 300 s each", *_SAGEMAKER)
_CONTROL = _rate("all calls but Invoke, GetFunction and GetPolicy together", 15, *_LAMBDA)
# What a service's own faults come to is published nowhere. AWS's advice is three attempts, 1, 2 and 4 s later.
_FAULT = Published(
    Outage(7),
    "a fault of the service: AWS advises attempts for 7 s",
    "Handle transient Lambda service exceptions",
    f"{_AWS}/step-functions/latest/dg/bp-lambda-serviceexception.html",
)
_KILL = Published(
    Outage(0),
    "a process that was killed: nothing to wait for",
    "Handle transient Lambda service exceptions",
    f"{_AWS}/step-functions/latest/dg/bp-lambda-serviceexception.html",
)


def _sagemaker(*actions: str, per_second: float) -> Iterator[tuple[str, Published]]:
    for action in actions:
        name = f"{action[0].upper()}{action[1:]}"
        published = _rate(name, per_second, *_SAGEMAKER)
        yield from ((f"{prefix}sagemaker:{action}", published) for prefix in ("", "aws-sdk:"))


RATES: Mapping[str, Published] = {
    **{
        f"aws-sdk:lambda:{action}": _CONTROL
        for action in (
            "getAlias",
            "getFunctionConfiguration",
            "publishVersion",
            "updateAlias",
            "updateFunctionConfiguration",
        )
    },
    "athena:startQueryExecution": _rate("StartQueryExecution", 20, *_ATHENA, burst=80),
    "athena:getQueryResults": _rate("GetQueryResults", 100, *_ATHENA, burst=200),
    **dict(
        _sagemaker(
            # AWS lists no rate of CreateHyperParameterTuningJob: that of the other jobs is taken.
            *("createTrainingJob", "createTransformJob", "createHyperParameterTuningJob"),
            *("createModel", "createEndpoint", "createEndpointConfig", "updateEndpoint"),
            *("deleteModel", "deleteEndpoint", "deleteEndpointConfig"),
            per_second=1,
        )
    ),
    **dict(_sagemaker("describeTrainingJob", "describeEndpoint", per_second=5)),
    "states:startExecution": _rate("StartExecution", 150, *_STATES, burst=800),
    "aws-sdk:sfn:describeExecution": _rate("DescribeExecution", 10, *_STATES, burst=250),
    "aws-sdk:sfn:stopExecution": _rate("StopExecution", 25, *_STATES, burst=500),
    "aws-sdk:ssm:getParameter": _rate("GetParameter, GetParameters and GetParametersByPath together", 40, *_SSM),
    "aws-sdk:ssm:putParameter": _rate(
        "PutParameter",
        3,
        "terraform-aws-github-runner, issue 2944, which cites AWS Support",
        "https://github.com/github-aws-runners/terraform-aws-github-runner/issues/2944",
    ),
    "aws-sdk:s3:putObject": _rate("PUT and DELETE under a prefix", 3_500, *_S3),
    "aws-sdk:s3:deleteObject": _rate("PUT and DELETE under a prefix", 3_500, *_S3),
    "map": _rate("GET under a prefix", 5_500, *_S3),
    "aws-sdk:cloudwatch:describeAlarms": _rate(
        "DescribeAlarms",
        9,
        "CloudWatch service quotas",
        f"{_AWS}/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html",
    ),
    "aws-sdk:ecr:batchGetImage": _rate(
        "BatchGetImage", 2_000, "Amazon ECR service quotas", f"{_AWS}/AmazonECR/latest/userguide/service-quotas.html"
    ),
    "sns:publish": _rate("Publish", 300, "Amazon SNS endpoints and quotas", f"{_GENERAL}/sns.html"),
    "dynamodb:updateItem": _rate("writes of a partition", 1_000, *_DYNAMODB),
    "dynamodb:getItem": _rate("reads of a partition", 3_000, *_DYNAMODB),
}
"""By what a Task calls: how often that may be called."""

_BY_ERROR: Mapping[tuple[str, ...], Published] = {
    LAMBDA_THROTTLES: _FUNCTIONS,
    LAMBDA_KILLS: _KILL,
    SAGEMAKER_LIMITS: _JOBS,
}


def limits_of(resource: str, retrier: Mapping[str, Any]) -> tuple[Published, ...]:
    """What a retrier of a Task that calls `resource` has to outlast; `map` is a Map that reads its items.

    Raises:
        KeyError: no limit stands here for what the Task calls.
    """
    call = resource.removeprefix("arn:aws:states:::").partition(".")[0]
    errors = tuple(retrier["ErrorEquals"])
    if errors == ATHENA_THROTTLES:
        return (RATES[call], _QUERIES) if call == "athena:startQueryExecution" else (RATES[call],)
    if errors in _BY_ERROR:
        return (_BY_ERROR[errors],)
    return (_FAULT,) if call == "lambda:invoke" else (_FAULT, RATES[call])
