"""`wildrydes leaderboard`: the models that callers asked, ranked by what they measured."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from cli import models, options
from cli import standings as tables
from cli.stack import Stack
from local import account
from wildrydes.edge.leaderboard import DAY, MOST_DAYS, rank, standing_of
from wildrydes.edge.metric_data import NAMESPACE, queries
from wildrydes.edge.outcomes import Standing
from wildrydes.tasks import TASKS

_MODELS_A_CALL = 50


@click.command("leaderboard", epilog=options.EXIT_CODES, short_help="Rank models by what callers measured.")
@options.any_task
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=MOST_DAYS, show_default=True, help="Of the last days."
)
@options.as_json
@options.on_stack
def leaderboard_command(stack: Stack, task: str | None, days: int, *, as_json: bool) -> int:
    """Rank the models of each task by what callers measured of them: `wildrydes edge`, or edge_compute in the cloud.

    The order is that of RMSE or log loss, on the rows that callers sent. Days are UTC's.

    \b
    Example:
      wildrydes leaderboard --task magic_points --json
    """
    ranked = ranking(stack, task, days)
    if as_json:
        click.echo(json.dumps(to_json(ranked, stack), indent=2))
    elif ranked:
        tables.show(ranked, options.console(), champions_of(ranked, stack))
    else:
        options.console().print(f"Callers have measured nothing yet: {stack.command('edge')} does.", markup=False)
    return 0


def to_json(ranked: list[Standing], stack: Stack) -> list[dict[str, Any]]:
    """The standings as JSON objects, with whether the model is live."""
    champions = champions_of(ranked, stack)
    return [each.to_json(TASKS[each.task].kind) | {"live": each.model == champions.get(each.task)} for each in ranked]


def champions_of(ranked: list[Standing], stack: Stack) -> dict[str, str]:
    """The execution whose model is live, by task, as far as one is."""
    histories = {task: models.promotions(stack, task) for task in {each.task for each in ranked}}
    return {task: history[-1].execution for task, history in histories.items() if history}


def ranking(stack: Stack, task: str | None, days: int = MOST_DAYS) -> list[Standing]:
    """The standings of the models of a task, or of every task, by the metrics of the last days."""
    cloudwatch: Any = stack.client("cloudwatch")
    metrics = account.entries(cloudwatch, "list_metrics", "Metrics", Namespace=NAMESPACE, MetricName="Requests")
    pairs = sorted({_pair(metric["Dimensions"]) for metric in metrics})
    wanted = [pair for pair in pairs if pair[0] in TASKS and task in (None, pair[0])]
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    standings: list[Standing | None] = []
    for start in range(0, len(wanted), _MODELS_A_CALL):
        part = wanted[start : start + _MODELS_A_CALL]
        values = _values(cloudwatch, part, tomorrow - timedelta(days=days), tomorrow)
        standings += [standing_of(*pair, values.get(place, {})) for place, pair in enumerate(part)]
    return rank(each for each in standings if each)


def _pair(dimensions: list[dict[str, str]]) -> tuple[str, str]:
    values = {each["Name"]: each["Value"] for each in dimensions}
    return values.get("Task", ""), values.get("Model", "")


def _values(
    cloudwatch: Any, pairs: list[tuple[str, str]], since: datetime, until: datetime
) -> dict[int, dict[str, dict[datetime, float]]]:
    """By the place of the pair and the name of the number, its values by day."""
    results = account.entries(
        cloudwatch,
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=queries(pairs, DAY),
        StartTime=since,
        EndTime=until,
        ScanBy="TimestampAscending",
    )
    values: dict[int, dict[str, dict[datetime, float]]] = {}
    for result in results:
        name, _, place = result["Id"].rpartition("_")
        days = zip(result["Timestamps"], result["Values"], strict=True)
        values.setdefault(int(place), {}).setdefault(name, {}).update(days)
    return values
