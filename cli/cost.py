"""`wildrydes cost`: what an execution cost, what a month did, and what one will."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import click

from cli import costs, executions, options, scale
from cli.month_costs import MonthCosts, month_costs, month_of
from cli.stack import Stack
from wildrydes.cost.execution import cost_of
from wildrydes.cost.forecast import Fixtures, Forecast, forecast
from wildrydes.cost.growth import Growth, growth
from wildrydes.cost.limits import Reached, reached
from wildrydes.cost.load import MONTHS, PATHS, RETRAININGS, Load
from wildrydes.cost.prices import price_list, regions
from wildrydes.cost.records import ExecutionRecords

_MOST_EXECUTIONS = 20


class Count(click.IntRange):
    """A whole number, which may be written with an exponent: 1e9."""

    _DIGITS = 30

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number. Fails, with exit code 2, where it is none."""
        try:
            number = Decimal(value)
            if not number.is_finite() or abs(number) >= 10**self._DIGITS or number != int(number):
                raise ValueError
        except (ArithmeticError, ValueError):
            self.fail(f"{value!r} is no whole number such as 250000 or 1e9.", param, ctx)
        return super().convert(int(number), param, ctx)


_NUMBER = Count(0, 10**12)


@click.command("cost", epilog=options.EXIT_CODES, short_help="Say what an execution or a month costs.")
@click.argument("execution", required=False)
@click.option("--month", metavar="YYYY-MM", help="The month to sum.  [default: this one]")
@click.option("--rides", type=_NUMBER, help="Forecast a month with so many rides, such as 1e9.")
@click.option("--months", type=_NUMBER, help=f"Forecast the last of so many such months.  [default: {MONTHS}]")
@click.option("--requests", type=_NUMBER, help="Forecast a month with so many requests to the API.")
@click.option("--retrainings", type=_NUMBER, help=f"Forecast so many retrainings.  [default: {RETRAININGS}]")
@click.option("--endpoints", type=_NUMBER, help="Forecast so many endpoints that are always there.  [default: 0]")
@options.as_json
@options.stack_options
def cost_command(
    execution: str | None,
    month: str | None,
    rides: int | None,
    months: int | None,
    requests: int | None,
    retrainings: int | None,
    endpoints: int | None,
    aws: bool,
    profile: str | None,
    region: str | None,
    stack_name: str,
    *,
    as_json: bool,
) -> int:
    """Say what a month cost, or an execution, or forecast a month; in US dollars at AWS's list prices.

    --rides, --months, --requests, --retrainings or --endpoints make it a forecast. That needs no stack: --region names
    one of seven regions. With --rides it also says what a retraining takes where rides come in files (batch) and where
    they come one at a time (stream), and what breaks first as rides grow (docs/scale.md). The embedded AWS costs
    nothing; its numbers are what the same would cost on AWS. Prices are dated; docs/costs.md says where they are from.

    \b
    Example:
      wildrydes cost --month 2026-11
      wildrydes cost run-5096cabf9005
      wildrydes cost --rides 1000000 --requests 1000000 --region eu-central-1
      wildrydes cost --rides 1e9
    """
    numbers = (rides, months, requests, retrainings, endpoints)
    if any(number is not None for number in numbers):
        if execution or month:
            raise click.UsageError("A forecast takes neither an execution nor --month.")
        defaults = (0, MONTHS, 0, RETRAININGS, 0)
        whole = (number if number is not None else usual for number, usual in zip(numbers, defaults, strict=True))
        return _show_forecast(*whole, region=region, as_json=as_json)
    now = datetime.now(UTC)
    if execution and month:
        raise click.UsageError("Name an execution or a month.")
    text = _month(month, now)
    stack = Stack.describe(options.account(aws, profile, region), stack_name)
    if execution:
        return _show_execution(stack, execution, now, as_json=as_json)
    return _show_month(month_costs(stack, text, now), as_json=as_json)


def _month(text: str | None, now: datetime) -> str:
    month = text or now.strftime("%Y-%m")
    try:
        month_of(month, now)
    except ValueError:
        raise click.BadParameter(
            f"{month!r} is no month such as 2026-11 that has begun.", param_hint="--month"
        ) from None
    return month


def _region(region: str | None) -> str:
    chosen = region or regions()[0]
    if chosen not in regions():
        raise click.BadParameter(
            f"{chosen!r} is none of the regions that prices are known of: {', '.join(regions())}.",
            param_hint="--region",
        )
    return chosen


def _show_forecast(
    rides: int, months: int, requests: int, retrainings: int, endpoints: int, *, region: str | None, as_json: bool
) -> int:
    fixtures, priced_in = Fixtures(endpoints=endpoints), _region(region)
    made = forecast(rides, requests, priced_in, retrainings, fixtures=fixtures, months=months)
    growths = [growth(Load(rides, path, months, retrainings), priced_in) for path in PATHS] if rides else []
    limits = reached(months, retrainings) if rides else []
    if as_json:
        grown = {each.load.path: each.to_json() for each in growths}
        breaking = {each.limit.name: dict(each.rides) | {"change": each.limit.change} for each in limits}
        click.echo(json.dumps(made.to_json() | {"scale": grown, "limits": breaking}, indent=2))
        return 0
    _print_forecast(made)
    if growths:
        _print_scale(growths, limits, months)
    return 0


def _print_forecast(made: Forecast) -> None:
    console = options.console()
    console.print(costs.forecast_table(made))
    console.print()
    console.print(costs.parts_table((name, float(part.total)) for name, part in made.parts.items()))
    each = f"{costs.dollars(float(made.of_million_requests.total))} a million requests"
    rides = f"{costs.dollars(float(made.of_million_rides.total))} a million rides"
    console.print(f"\n{each}, {rides}, without the free tier. {_dated(made.listed.region)}", markup=False)


def _print_scale(growths: Sequence[Growth], limits: Sequence[Reached], months: int) -> None:
    console = options.console()
    console.print(f"\nAfter {months} such months, where rides come in files (batch) or one at a time (stream):\n")
    console.print(costs.text_table(scale.AMOUNTS_HEAD, scale.amounts(growths), to_the_right=1))
    console.print("\nWhat breaks first, by the rides a month that it takes:\n")
    console.print(costs.text_table(scale.LIMITS_HEAD, scale.limits(limits)))
    for each in growths:
        if over := scale.over(each):
            console.print(f"\n{each.load.rides:,} rides a month by {each.load.path} are too many for:", markup=False)
            for name in over:
                console.print(f"  {name}", markup=False)


def _show_execution(stack: Stack, execution: str, now: datetime, *, as_json: bool) -> int:
    arn, region = executions.find(stack, execution), stack.client("stepfunctions").meta.region_name
    made = cost_of(ExecutionRecords(stack.client), arn, region, now)
    if as_json:
        click.echo(json.dumps({"execution": arn, "cost": made.to_json()}, indent=2))
        return 0
    console = options.console()
    console.print(costs.bill_table(made))
    _say_unpriced(made.unpriced)
    console.print(f"\n{_dated(region)}", markup=False)
    return 0


def _show_month(made: MonthCosts, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(made.to_json(), indent=2))
        return 0
    console = options.console()
    table = costs.parts_table(
        (f"{each.workflow} {each.name} {each.status.lower()}", each.usd or 0.0)
        for each in made.executions[:_MOST_EXECUTIONS]
    )
    console.print(table)
    if (more := len(made.executions) - _MOST_EXECUTIONS) > 0:
        console.print(f"and {more:,} more executions", markup=False)
    console.print()
    console.print(costs.bill_table(made.rest))
    _say_unpriced(made.rest.unpriced)
    number = len(made.executions)
    executed = f"{number:,} execution{'' if number == 1 else 's'} {costs.dollars(made.executions_usd)}"
    rest = f"all else {costs.dollars(float(made.rest.total))}"
    console.print(
        f"\n{made.month}: {costs.dollars(made.usd)} ({executed}, {rest}). {_dated(made.rest.region)}", markup=False
    )
    return 0


def _say_unpriced(unpriced: tuple[str, ...]) -> None:
    if unpriced:
        options.console().print(
            f"Not in the sum, since their prices are not known: {', '.join(unpriced)}.", markup=False
        )


def _dated(region: str) -> str:
    return f"List prices of {region} as of {price_list().date}."
