"""What asks for a retraining -> the workflow, started once it is due.

    in   an upload to raw/, an alarm's change, a timer, or {"task", "reason"?, "detail"?}: `wildrydes.starts.events`
    out  {"outcomes": [{"task", "started": the execution's name, "waits_until": ISO 8601}],
          "batchItemFailures": [{"itemIdentifier": id of a message that is no upload}]}

Of an outcome `started` or `waits_until` is there, or neither where nothing is wanted. A person's request starts the
workflow at once. The others wait for the end of the uploads, of the cool-down, and of a retraining that runs.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws.retraining import Retraining
from aws.settings import starting_settings
from aws.turns import Turns
from start_retraining.granting import Granting
from wildrydes.starts.events import Reading
from wildrydes.starts.requests import Rules

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Starts what is due, and sets timers for the rest. Raises BadStartEvent, and botocore's errors."""
    settings = starting_settings()
    retraining = Retraining(
        settings.machine,
        settings.timers,
        settings.timer_role,
        function=context.invoked_function_arn,
        dead_letters=settings.dead_letters,
    )
    rules = Rules(timedelta(minutes=settings.quiet_minutes), timedelta(hours=settings.cool_down_hours))
    granting = Granting(Turns(settings.table), retraining, rules, now)
    reading = Reading(settings.stack, settings.tasks_of_new_rides)
    if isinstance(event, dict) and "Records" in event:
        signals, strangers = reading.read_batch(event["Records"])
    else:
        signals, strangers = reading.read(event, now()), []
    outcomes = [granting.take(signal) for signal in signals]
    logger.info("looked at", extra={"outcomes": outcomes, "strangers": strangers})
    return {"outcomes": outcomes, "batchItemFailures": [{"itemIdentifier": each} for each in strangers]}


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
