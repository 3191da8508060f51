"""The charts of a CloudWatch dashboard, their rows, and where they are put.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

COLUMNS = 24
SERVICE = ("service", "${AWS::StackName}")

Row = list[Any]


@dataclass(frozen=True)
class Widget:
    """A chart: its rows as CloudWatch has them, the statistic of those that name none, and the period in seconds."""

    title: str
    rows: Sequence[Row]
    stat: str = "Sum"
    period: int = 300
    view: str = "timeSeries"
    width: int = 8
    height: int = 6

    def to_json(self, x: int, y: int) -> dict[str, Any]:
        """The widget in its place."""
        properties: dict[str, Any] = {
            "title": self.title,
            "region": "${AWS::Region}",
            "view": self.view,
            "stat": self.stat,
            "period": self.period,
            "metrics": list(self.rows),
        }
        if self.view == "timeSeries":
            properties["stacked"] = False
        place = {"x": x, "y": y, "width": self.width, "height": self.height}
        return {"type": "metric", **place, "properties": properties}


def place(section: Iterable[Widget], y: int) -> tuple[list[dict[str, Any]], int]:
    """Widgets from left to right in rows, and where the next row begins."""
    placed, x, height = [], 0, 0
    for widget in section:
        if x + widget.width > COLUMNS:
            x, y, height = 0, y + height, 0
        placed.append(widget.to_json(x, y))
        x, height = x + widget.width, max(height, widget.height)
    return placed, y + height


def row(namespace: str, metric: str, *dimensions: tuple[str, str], **options: Any) -> Row:
    """A metric as a dashboard has it: namespace, name, dimensions in a row, options."""
    flat = [part for dimension in dimensions for part in dimension]
    return [namespace, metric, *flat, *([options] if options else [])]


def own(metric: str, *dimensions: tuple[str, str], **options: Any) -> Row:
    """A metric of this project's own."""
    return row("WildRydes", metric, SERVICE, *dimensions, **options)
