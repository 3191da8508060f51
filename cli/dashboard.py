"""`wildrydes dashboard`: draws the stack's CloudWatch dashboard as a page, with the points of the last hours."""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from botocore.exceptions import ClientError

from cli import options
from cli.dashboard_widgets import Query, Widget, of_sections, widgets_of
from cli.errors import CommandError
from cli.run_folders import short
from cli.server_record import BUILD
from cli.stack import Stack
from local import account

PAGE = "dashboard.html"
_MOST_HOURS = 24 * 455
_HOURS = 24.0


class NoDashboardError(CommandError):
    """The stack has no dashboard."""


@click.command("dashboard", epilog=options.EXIT_CODES, short_help="Draw the stack's dashboard as a page.")
@click.option(
    "--hours",
    type=click.FloatRange(0, _MOST_HOURS, min_open=True),
    default=_HOURS,
    show_default=True,
    help="How many hours it looks back, on the embedded AWS by its own clock.",
)
@options.as_json
@options.on_stack
def dashboard_command(stack: Stack, hours: float, *, as_json: bool) -> int:
    """Draw the widgets of the stack's CloudWatch dashboard, with the points of the last hours.

    The page is build/dashboard.html. On AWS each metric of each widget is one that GetMetricData is billed for.

    \b
    Example:
      wildrydes dashboard --hours 3
    """
    dashboard = read(stack, hours)
    # Drawing is for whoever wants the page; its import takes a moment.
    from reports import dashboard_page

    page = dashboard_page.write(dashboard, BUILD / PAGE)
    if as_json:
        click.echo(json.dumps(dashboard | {"page": str(page)}, indent=2))
        return 0
    charts = [each for each in dashboard["widgets"] if each["kind"] == "metric"]
    drawn = sum(any(series["points"] for series in each["series"]) for each in charts)
    console = options.console()
    since = "hour" if hours == 1 else f"{hours:g} hours"
    console.print(f"{drawn} of {len(charts)} charts have points in the last {since}.", markup=False)
    console.print(f"The page is {short(page)}.", markup=False)
    return 0


def read(stack: Stack, hours: float, sections: Collection[str] | None = None) -> dict[str, Any]:
    """The dashboard as JSON: its name, the time it shows, and its widgets with their points, in their order.

    `sections` are the headings whose charts are wanted, all of them where it is None: of the others nothing is asked.
    A widget has `kind` and `width`; a text its `text`; a chart `title`, `view`, `period` in seconds and `series`, each
    with a `label` and `points`, pairs of seconds since the epoch and a value. Raises NoDashboardError.
    """
    cloudwatch: Any = stack.client("cloudwatch")
    name = stack.output("DashboardName")
    try:
        body = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in ("ResourceNotFound", "DashboardNotFoundError"):
            raise
        raise NoDashboardError(f"The stack {stack.name!r} has no dashboard {name!r} any more.") from None
    end = datetime.fromtimestamp(stack.now(), UTC)
    start = end - timedelta(hours=hours)
    listed = widgets_of(body)
    wanted = listed if sections is None else of_sections(listed, sections)
    widgets = [_widget(cloudwatch, each, start, end) for each in wanted]
    return {"name": name, "start": start.timestamp(), "end": end.timestamp(), "widgets": widgets}


def _widget(cloudwatch: Any, widget: Widget, start: datetime, end: datetime) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": widget.kind, "width": widget.width, "title": widget.title}
    if widget.kind != "metric":
        return shown | {"text": widget.text}
    chart = {"view": widget.view, "period": widget.period}
    return shown | chart | {"series": series_of(cloudwatch, widget.queries, start, end)}


def series_of(cloudwatch: Any, queries: tuple[Query, ...], start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The series of a chart, in the order of its rows; those without a point too."""
    if not any(query["ReturnData"] for query in queries):
        return []
    # The minute that is under way counts.
    results = account.entries(
        cloudwatch,
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=list(queries),
        StartTime=start,
        EndTime=end + timedelta(minutes=1),
        ScanBy="TimestampAscending",
    )
    series: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for result in results:
        moments = [moment.timestamp() for moment in result["Timestamps"]]
        points = series.setdefault((result["Id"], result["Label"]), [])
        points += zip(moments, result["Values"], strict=True)
    places = {query["Id"]: place for place, query in enumerate(queries)}
    ordered = sorted(series.items(), key=lambda item: places[item[0][0]])
    return [{"label": label, "points": points} for (_, label), points in ordered]
