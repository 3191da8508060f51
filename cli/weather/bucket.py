"""The bucket that stands for NOAA's `noaa-ghcn-pds`: its filling, and which years it covers.

Objects are `parquet/by_year/YEAR=<year>/ELEMENT=<element>/…`, with the public bucket's columns and types
(https://github.com/awslabs/open-data-docs/tree/main/docs/noaa/noaa-ghcn).
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
from botocore.exceptions import ClientError

from cli.deploy import ensure_bucket
from cli.stack import Stack
from cli.weather.collection import Weather, WeatherFileError
from cli.weather.observations import ELEMENTS
from local import account
from local.account import EmbeddedAws
from wildrydes.parameters import check_parameters

BUCKET = "noaa-ghcn-pds"

_YEARS_PREFIX = "parquet/by_year/"


def fill(server: EmbeddedAws, weather: Weather, bucket: str = BUCKET) -> None:
    """Put `weather` into `bucket`, in the place of what was there; an object with the same content stays."""
    s3 = server.client("s3")
    ensure_bucket(s3, bucket)
    present = {
        entry["Key"]: entry["ETag"] for entry in account.entries(s3, "list_objects_v2", "Contents", Bucket=bucket)
    }
    for key in present.keys() - weather.objects.keys():
        s3.delete_object(Bucket=bucket, Key=key)
    for key, content in weather.objects.items():
        if present.get(key) != f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"':
            s3.put_object(Bucket=bucket, Key=key, Body=content)


def check_years(weather: Weather, execution_input: Mapping[str, Any]) -> None:
    """Refuse years in which no ride can have weather: an element has no day in them. Raises WeatherFileError."""
    first, last = _years(execution_input)
    spans = [weather.days.get(element) for element in ELEMENTS]
    if all(span and span[0][:4] <= f"{last}" and f"{first}" <= span[1][:4] for span in spans):
        return
    covered = ", ".join(
        f"{element} {f'from {span[0]} to {span[1]}' if span else 'on no day'}"
        for element, span in zip(ELEMENTS, spans, strict=True)
    )
    raise WeatherFileError(
        f"No ride can have weather in the years {first} to {last}: the weather files have {covered}. "
        "Name other years by --years (YEARS=), or other files by --weather (WEATHER=)."
    )


def check_stack_years(stack: Stack, execution_input: Mapping[str, Any]) -> None:
    """The same for the bucket that a stack reads, where it may be listed. Raises click.BadParameter."""
    first, last = _years(execution_input)
    try:
        years = _years_of(stack)
    except ClientError:
        # Whoever may start the workflow may be unable to list the bucket: the workflow finds out.
        return
    if years and not any(first <= year <= last for year in years):
        raise click.BadParameter(
            f"the weather of {stack.name} is of the years {years[0]} to {years[-1]}, and none of {first} to {last}.",
            param_hint="--years",
        )


def _years(execution_input: Mapping[str, Any]) -> tuple[int, int]:
    parameters = check_parameters("checked-before-the-start", execution_input, datetime.now(UTC).year)
    return parameters["first_year"], parameters["last_year"]


def _years_of(stack: Stack) -> list[int]:
    """The years of which the stack's weather bucket has a partition, in order."""
    (described,) = stack.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    pages = (
        stack.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=parameters.get("WeatherBucket", BUCKET), Prefix=_YEARS_PREFIX, Delimiter="/")
    )
    prefixes = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
    return sorted(int(match[1]) for each in prefixes if (match := re.search(r"YEAR=(\d{4})/$", each)))
