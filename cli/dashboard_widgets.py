"""A dashboard's body, read: its widgets, and what each asks of GetMetricData.

A row of a chart is a namespace, a name, names and values of dimensions, and settings. `.` stands for what the row
before has in that place, `...` for all that is left out:

    ["AWS/SQS", "NumberOfMessagesSent", "QueueName", "rides"]
    ["...", "samples", {"stat": "Sum"}]
    [{"expression": "SUM(METRICS())", "label": "all"}]

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.errors import CommandError

_STAT = "Average"
_PERIOD = 300
_VIEW = "timeSeries"

Query = dict[str, Any]


class UnreadableDashboardError(CommandError):
    """The body is none that can be drawn; the message says why."""


@dataclass(frozen=True)
class Widget:
    """One widget: its kind, its columns of 24, its text, or what its chart is called, shows and asks."""

    kind: str
    width: int
    text: str = ""
    title: str = ""
    view: str = _VIEW
    period: int = _PERIOD
    queries: tuple[Query, ...] = ()


def widgets_of(body: str) -> list[Widget]:
    """The widgets of a body, from the top to the bottom and from left to right. Raises UnreadableDashboardError."""
    try:
        entries = json.loads(body)["widgets"]
        placed = sorted(entries, key=lambda entry: (entry.get("y", 0), entry.get("x", 0)))
        return [_widget(entry) for entry in placed]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as fault:
        raise UnreadableDashboardError(f"The dashboard's body cannot be read: {fault!r}.") from None


def of_sections(widgets: Iterable[Widget], sections: Collection[str]) -> list[Widget]:
    """The widgets below these headings, each heading with them: a text that begins with `#` begins a section."""
    wanted, section = [], ""
    for widget in widgets:
        if widget.text.startswith("#"):
            section = widget.text.lstrip("# ").strip()
        if section in sections:
            wanted.append(widget)
    return wanted


def _widget(entry: Mapping[str, Any]) -> Widget:
    properties, width = entry["properties"], entry.get("width", 6)
    if entry["type"] != "metric":
        return Widget(entry["type"], width, text=properties.get("markdown", ""), title=properties.get("title", ""))
    period = properties.get("period", _PERIOD)
    queries = tuple(_queries(properties.get("metrics") or [], properties.get("stat", _STAT), period))
    return Widget(
        "metric",
        width,
        title=properties.get("title", ""),
        view=properties.get("view", _VIEW),
        period=period,
        queries=queries,
    )


def _queries(rows: Sequence[Sequence[Any]], stat: str, period: int) -> Iterator[Query]:
    previous: list[str] = []
    for place, row in enumerate(rows):
        settings = row[-1] if isinstance(row[-1], Mapping) else {}
        names = [each for each in row if isinstance(each, str)]
        query: Query = {
            "Id": settings.get("id") or f"row{place}",
            "ReturnData": settings.get("visible", True),
        }
        if not names:
            label = settings.get("label") or settings["expression"]
            yield query | {"Expression": settings["expression"], "Label": label, "Period": period}
            continue
        previous = complete(names, previous)
        yield query | {
            "Label": settings.get("label") or " ".join(previous[1:2] + previous[3::2]),
            "MetricStat": {
                "Metric": _metric(previous),
                "Stat": settings.get("stat", stat),
                "Period": settings.get("period", period),
            },
        }


def complete(names: Sequence[str], previous: Sequence[str]) -> list[str]:
    """A row's names with those that it repeats of the row before.

    >>> complete([".", "Errors", ".", "a"], ["N", "Count", "d", "b"])
    ['N', 'Errors', 'd', 'a']
    >>> complete(["...", "a"], ["N", "Count", "d", "b"])
    ['N', 'Count', 'd', 'a']
    """
    if "..." in names:
        start = names.index("...")
        repeated = previous[start : len(previous) - (len(names) - start - 1)]
        names = [*names[:start], *repeated, *names[start + 1 :]]
    return [previous[place] if name == "." else name for place, name in enumerate(names)]


def _metric(names: Sequence[str]) -> dict[str, Any]:
    namespace, name, *dimensions = names
    pairs = zip(dimensions[::2], dimensions[1::2], strict=True)
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in pairs],
    }
