"""The forecast of a month: parts that add up, and proportions that hold."""

from decimal import Decimal

import pytest

from wildrydes.cost.forecast import Fixtures, forecast, of_requests
from wildrydes.cost.prices import regions
from wildrydes.cost.quantities import GB


@pytest.mark.parametrize("region", regions())
def test_parts_add_up_to_the_whole_and_the_free_tier_only_takes_off(region: str) -> None:
    made = forecast(300_000, 2_000_000, region)
    assert sum(part.total for part in made.parts.values()) == pytest.approx(made.listed.total)
    assert made.free.total < made.listed.total
    for listed, free in zip(made.listed.lines, made.free.lines, strict=True):
        assert (listed.item, listed.quantity) == (free.item, free.quantity)
        assert 0 <= free.usd <= listed.usd
    assert made.listed.unpriced == ()
    # Below the first tiers' ends each request costs as much as the other.
    assert made.parts["requests"].total == pytest.approx(2 * made.of_million_requests.total)


def test_million_requests_cost_mostly_what_api_gateway_asks() -> None:
    lines = {line.item: line.usd for line in forecast(0, 1_000_000, "us-east-1").of_million_requests.lines}
    assert lines["api_requests"] == Decimal("3.5")
    assert lines["lambda_requests"] == Decimal("0.2")
    assert lines["lambda_gb_seconds"] == pytest.approx(Decimal("0.0417"), abs=Decimal("0.0001"))


def test_nothing_costs_what_the_stack_is() -> None:
    fixtures = Fixtures(alarms=10, dashboards=3, metrics=10, keys=0, stored_gb=Decimal(0))
    made = forecast(0, 0, "us-east-1", 0, fixtures=fixtures)
    assert made.listed.total == made.parts["stack"].total > 0
    # Ten alarms, ten metrics and three dashboards are free; so is the first million of the polls.
    assert {line.item for line in made.free.lines if line.usd} == {"sqs_requests"}


def test_retrainings_read_all_rides_and_at_least_ten_megabytes_a_query() -> None:
    def scanned(rides: int) -> Decimal:
        return next(
            line.quantity for line in forecast(rides, 0, "us-east-1", 1).listed.lines if line.item == "athena_tb"
        )

    # Two queries read the rides, and two the weather.
    assert scanned(0) == scanned(1000) == Decimal(40) / (1 << 20)
    rides = 2 * 12 * 10_000_000 * 87
    assert scanned(10_000_000) == Decimal(rides + 20 * (1 << 20)) / (1 << 40)


def test_endpoint_costs_each_hour_of_the_month() -> None:
    listed = forecast(0, 0, "eu-west-1", 0, fixtures=Fixtures(endpoints=1)).listed
    (hours,) = [line for line in listed.lines if line.item == "ml_hours/ml.m5.large"]
    assert (hours.quantity, hours.usd) == (730, Decimal("93.44"))


def test_json_has_both_bills_and_the_prices_of_a_million() -> None:
    made = forecast(1, 1, "us-east-1").to_json()
    assert made["bill"]["total_usd"] == pytest.approx(made["usd"])
    assert made["bill_with_free_tier"]["total_usd"] == pytest.approx(made["usd_with_free_tier"])
    assert set(made["parts"]) == {"rides", "requests", "retrainings", "stack"}
    assert made["usd_of_million_requests"] > made["usd_of_million_rides"] > 0


def test_usage_of_requests_is_proportional_and_counts_kilobytes_of_1024_bytes() -> None:
    one, many = of_requests(1), of_requests(1000)
    assert {item: quantity * 1000 for item, quantity in one.items()} == pytest.approx(many)
    # REQUEST_KB: 3 KB in logs, 5 KB for Firehose; as many requests as a gigabyte has kilobytes.
    usage = of_requests(GB // 1024)
    assert (usage["log_gb"], usage["firehose_gb"]) == (3, 5)
