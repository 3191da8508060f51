"""A line of a function's log from which CloudWatch takes metrics: its embedded metric format.

    >>> directives = [directive(["service"], ("Requests", "Count"))]
    >>> document(directives, {"service": "rydes", "Requests": 1}, 1.5)["_aws"]["Timestamp"]
    1500

Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide.
"""

from collections.abc import Mapping, Sequence
from typing import Any

NAMESPACE = "WildRydes"


def directive(dimensions: Sequence[str], *metrics: tuple[str, str]) -> dict[str, Any]:
    """What CloudWatch is to take of a line: metrics, each a name and its unit, of one set of dimensions."""
    named = [{"Name": name, "Unit": unit} for name, unit in metrics]
    return {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": named}


def document(directives: Sequence[Mapping[str, Any]], fields: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The line as a JSON object: values of metrics and dimensions are `fields`; `now` is in seconds since 1970."""
    return {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": list(directives)}, **fields}
