"""Rows whose truth is known -> the API -> what a caller measures of the model that answers, as metrics.

    in   {"task": "magic_points", "rate": requests a second, "seconds": how long}
    out  {"task", "standings": [{"model", "requests", "errors", "rmse" or "log_loss", "p50", "p99"}, …]}

The rows are the test split of the champion, which it was not trained on. Each minute goes on where the one before it
ended. The truth of a row is looked at once the answer is there, and told to the API as its outcome. Raises BadValue for
another event, ApiRefused while the task has no champion, and MissingObject where the champion's test split is gone.
"""

import http.client
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import api, clients, s3
from aws.api_settings import ApiSettings, api_settings
from aws.settings import data_settings
from wildrydes.edge import asking, metric_data, pace
from wildrydes.edge.orders import Order, read_order
from wildrydes.edge.outcomes import EdgeRow, Outcome, Tally, rows_of, truths_of
from wildrydes.errors import MissingObject
from wildrydes.evaluation.split_rows import lines

MOST_ROWS = 10_000

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Asks for as long as the event says."""
    order, settings = read_order(event), api_settings()
    champion = api.champion_of(settings, order.task.name)
    rows = rows_of_split(data_settings().bucket, champion["execution"], champion["features"])
    began = datetime.now(UTC)
    start = round(began.timestamp() / 60) * order.requests % len(rows)
    tally = Tally(order.task.kind)
    for outcome in pace.send(
        rows[start:] + rows[:start], ask_of(settings, order, champion["execution"]), order.rate, order.seconds
    ):
        tally.add(outcome)
    cloudwatch: Any = clients.client("cloudwatch")
    for call in metric_data.calls(order.task.name, tally, began):
        cloudwatch.put_metric_data(**call)
    tell(settings, order.task.name, tally)
    standings = [each.to_json(order.task.kind) for each in tally.standings(order.task.name)]
    return {"task": order.task.name, "standings": standings}


def ask_of(settings: ApiSettings, order: Order, champion: str) -> Callable[[EdgeRow], Outcome]:
    """Asks about a row, and logs why a request was not answered."""

    def warn(fault: Exception) -> None:
        logger.warning("a request was not answered", extra={"cause": str(fault)})

    return asking.asker(champion, lambda features: api.ask_once(settings, order.task.name, features), warn)


def tell(settings: ApiSettings, task: str, tally: Tally) -> None:
    """Tells the API what came true; what it does not take is not told again."""
    for truths in truths_of(task, tally):
        try:
            api.tell(settings, truths)
        except (OSError, http.client.HTTPException) as fault:
            logger.warning("outcomes were not taken", extra={"outcomes": len(truths), "cause": str(fault)})


def rows_of_split(bucket: str, execution: str, features: list[str]) -> list[EdgeRow]:
    """The first rows of an execution's test split. Raises MissingObject where there are none."""
    prefix = f"training-sets/{execution}/split=test/"
    objects = (rows_of(lines(s3.stream(bucket, key), key), features, key) for key in s3.keys(bucket, prefix))
    rows = list(islice(chain.from_iterable(objects), MOST_ROWS))
    if not rows:
        raise MissingObject(f"s3://{bucket}/{prefix} has no rows")
    return rows
