"""A ride and the weather of its day -> what it costs, and why.

    in   {"distance": miles, "TMIN": tenths of °C, "TMAX": tenths of °C, "PRCP": tenths of mm}
    out  as `wildrydes.pricing.quote` has it: price, the parts of distance and weather, what today's rule would charge

Raises BadValue for an event that is no ride, ApiRefused while magic points have no champion, and ApiNotReached.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws.api import ask
from aws.api_settings import quote_settings
from wildrydes.pricing.quote import TASK, quote, read_ride, rides_to_ask

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, _context: LambdaContext) -> dict[str, Any]:
    """Quotes one ride."""
    settings = quote_settings()
    ride = read_ride(event)
    answer = ask(settings.api, TASK.name, rides_to_ask(ride))
    price, fine = (each["value"] for each in answer["predictions"])
    return quote(ride, price, fine, answer["model"], settings.rule)
