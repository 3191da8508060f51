"""The settings of the functions that ask this project's API, from their environment.

>>> rule_of("790.5,16.65")
DistanceRule(start=790.5, a_mile=16.65)
"""

import os
from functools import cache
from typing import NamedTuple

from wildrydes.api.address import url_behind
from wildrydes.errors import MissingSetting
from wildrydes.pricing.rule import DistanceRule


class ApiSettings(NamedTuple):
    """Where the API is for this process, ending with a slash, and the id of its key: empty where it has none."""

    url: str
    key_id: str


class QuoteSettings(NamedTuple):
    """For quote_price: the API, and today's rule."""

    api: ApiSettings
    rule: DistanceRule


@cache
def api_settings() -> ApiSettings:
    """From API_URL and API_ID, and API_KEY_ID if it is set. Raises MissingSetting.

    Behind an endpoint other than AWS's the endpoint serves the API.
    """
    url, api_id, endpoint = _variable("API_URL"), _variable("API_ID"), os.environ.get("AWS_ENDPOINT_URL")
    here = url_behind(endpoint, api_id, url) if endpoint else url
    return ApiSettings(here, os.environ.get("API_KEY_ID", ""))


@cache
def quote_settings() -> QuoteSettings:
    """From those of the API and DISTANCE_RULE, two numbers with a comma between. Raises MissingSetting."""
    return QuoteSettings(api_settings(), rule_of(_variable("DISTANCE_RULE")))


def rule_of(text: str) -> DistanceRule:
    """The rule in `points,points a mile`. Raises MissingSetting."""
    try:
        start, a_mile = map(float, text.split(","))
    except ValueError:
        raise MissingSetting(f"DISTANCE_RULE is {text!r}, not two numbers with a comma between") from None
    return DistanceRule(start, a_mile)


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(f"the environment variable {name} is not set; the template sets it on the function")
    return value
