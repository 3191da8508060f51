"""Counts the invocations of functions, whoever invokes them: for the function, and for the alias or version.

Source: "Types of metrics for Lambda functions", AWS Lambda Developer Guide: namespace AWS/Lambda, by FunctionName, and
by FunctionName and Resource, which is `function:alias`. An invocation that was throttled is a throttle and no
invocation; Errors are of the function, so that its average is the error rate.
"""

import time
from typing import Any

from local.seams import replace, seam

_NAMESPACE = "AWS/Lambda"


def install() -> None:
    """Count where every invocation passes, in the place of MiniStack's counts in Invoke alone."""
    from ministack.services import cloudwatch, lambda_svc

    dispatch = seam(lambda_svc, "_execute_function_dispatch")

    def count(name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
        cloudwatch.record_metric(_NAMESPACE, name, value, unit, dimensions)

    def execute(func: dict, config: dict, *others: Any) -> dict:
        began = time.monotonic()
        result = dispatch(func, config, *others)
        milliseconds = (time.monotonic() - began) * 1000
        for dimensions in dimensions_of(config):
            count("Invocations", 1, "Count", dimensions)
            count("Errors", int(bool(result.get("error"))), "Count", dimensions)
            count("Throttles", 0, "Count", dimensions)
            count("Duration", milliseconds, "Milliseconds", dimensions)
        return result

    def emit(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:  # noqa: ARG001 - MiniStack's
        """What was throttled never ran; Invoke reports it a second time, with a duration."""
        if throttle and not duration_ms:
            count("Throttles", 1, "Count", {"FunctionName": function_name})

    replace(lambda_svc, "_execute_function_dispatch", execute)
    replace(lambda_svc, "_emit_lambda_metrics", emit)


def dimensions_of(config: dict[str, Any]) -> list[dict[str, str]]:
    """The sets of dimensions that an invocation is counted by, from the configuration of what was invoked.

    >>> dimensions_of({"FunctionName": "f", "FunctionArn": "arn:aws:lambda:r:1:function:f:live"})
    [{'FunctionName': 'f'}, {'FunctionName': 'f', 'Resource': 'f:live'}]
    """
    name = config.get("FunctionName", "")
    qualifier = str(config.get("FunctionArn", "")).partition(f":function:{name}:")[2]
    sets = [{"FunctionName": name}]
    if qualifier and qualifier != "$LATEST":
        sets.append({"FunctionName": name, "Resource": f"{name}:{qualifier}"})
    return sets
