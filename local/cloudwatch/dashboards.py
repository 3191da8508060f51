"""PutDashboard, and what is wrong with a dashboard's body. A template's dashboards are checked alike.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.cloudwatch.aggregates import is_statistic
from local.cloudwatch.errors import InvalidDashboardError, ValidationError
from local.cloudwatch.wire import Members, serve
from local.seams import replace, seam

MOST_WIDGETS = 500
MOST_METRICS = 500
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TYPES = ("metric", "text", "log", "alarm", "explorer")
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
# The least and the most of each number, in columns and rows of the grid.
_PLACES = {"x": (0, 23), "y": (0, 10**6), "width": (1, 24), "height": (1, 1000)}
_REQUIRED = {"metric": "region", "text": "markdown", "log": "query", "alarm": "alarms", "explorer": "metrics"}

Message = tuple[str, str]


def install() -> None:
    """Check dashboards before they are stored, whoever puts them."""
    from ministack.services import cloudwatch

    store = seam(cloudwatch, "cloudformation_put_dashboard")

    def put(name: str, body: str) -> str:
        check(name, body)
        return store(name, body)

    def put_dashboard(request: Members) -> Members:
        put(request.get("DashboardName") or "", request.get("DashboardBody") or "")
        return {"DashboardValidationMessages": []}

    replace(cloudwatch, "cloudformation_put_dashboard", put)
    replace(cloudwatch, "_put_dashboard", serve("PutDashboard", put_dashboard))


def check(name: str, body: str) -> None:
    """Raise ValidationError for a name that is none, InvalidDashboardError for a body that cannot be shown."""
    if not _NAME.fullmatch(name):
        raise ValidationError(f"The value {name!r} for field DashboardName contains invalid characters.")
    messages = list(messages_of(body))
    if messages:
        raise InvalidDashboardError(messages)


def messages_of(body: str) -> Iterator[Message]:
    """What is wrong with a body: a path within it, and the reason."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        yield "", "The dashboard body must be valid JSON"
        return
    widgets = content.get("widgets") if isinstance(content, dict) else None
    if not isinstance(widgets, list):
        yield "", "Should have required property 'widgets', which is an array"
        return
    if len(widgets) > MOST_WIDGETS:
        yield "/widgets", f"Should NOT have more than {MOST_WIDGETS} items"
    for place, widget in enumerate(widgets):
        yield from _widget(widget, f"/widgets/{place}")


def _widget(widget: Any, path: str) -> Iterator[Message]:
    if not isinstance(widget, dict):
        yield path, "Should be object"
        return
    kind, properties = widget.get("type"), widget.get("properties")
    if kind not in _TYPES:
        yield f"{path}/type", f"Should be equal to one of the allowed values: {', '.join(_TYPES)}"
    for name, (least, most) in _PLACES.items():
        value = widget.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"{path}/{name}", f"Should be an integer from {least} to {most}"
    if ("x" in widget) != ("y" in widget):
        yield path, "Should have properties 'x' and 'y' when either is present"
    if not isinstance(properties, dict):
        yield path, "Should have required property 'properties', which is an object"
        return
    required = _REQUIRED.get(str(kind))
    if required and not properties.get(required):
        yield f"{path}/properties", f"Should have required property '{required}'"
    if kind == "metric":
        yield from _metric_properties(properties, f"{path}/properties")


def _metric_properties(properties: Mapping[str, Any], path: str) -> Iterator[Message]:
    rows = properties.get("metrics")
    if rows is None and not (properties.get("annotations") or {}).get("alarms"):
        yield path, "Should have required property 'metrics', or annotations with 'alarms'"
    if properties.get("view", _VIEWS[0]) not in _VIEWS:
        yield f"{path}/view", f"Should be equal to one of the allowed values: {', '.join(_VIEWS)}"
    yield from _numbers(properties, path)
    if rows is not None and (not isinstance(rows, list) or not 1 <= len(rows) <= MOST_METRICS):
        yield f"{path}/metrics", f"Should be an array of 1 to {MOST_METRICS} items"
        return
    previous: Sequence[str] = ()
    for place, row in enumerate(rows or []):
        yield from _row(row, previous, f"{path}/metrics/{place}")
        previous = [each for each in row if isinstance(each, str)] if isinstance(row, list) else previous


def _numbers(properties: Mapping[str, Any], path: str) -> Iterator[Message]:
    period, stat = properties.get("period", 300), properties.get("stat", "Average")
    if not isinstance(period, int) or isinstance(period, bool) or period < 1 or (period >= 60 and period % 60):
        yield f"{path}/period", "Should be a multiple of 60, or one of 1, 5, 10, 20, 30"
    if not isinstance(stat, str) or not is_statistic(stat):
        yield f"{path}/stat", f"{stat} is no statistic that is supported here"


def _row(row: Any, previous: Sequence[str], path: str) -> Iterator[Message]:
    """One metric: namespace, name, names and values of dimensions, and settings; `.` and `...` repeat the last one."""
    if not isinstance(row, list) or not row:
        yield path, "Should be a non-empty array"
        return
    *names, last = row
    settings = last if isinstance(last, dict) else {}
    texts = names if isinstance(last, dict) else row
    if not all(isinstance(each, str) and each for each in texts):
        yield path, "Should have texts, and then at most one object"
    elif not texts:
        if not settings.get("expression"):
            yield path, "Should have required property 'expression'"
    elif any(each in (".", "...") for each in texts) and not previous:
        yield path, "Should NOT repeat a metric before the first"
    elif "..." not in texts and len(texts) % 2:
        yield path, "Should have a namespace, a name, and pairs of a dimension's name and value"
    yield from _numbers(settings, path)
