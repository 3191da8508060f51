"""The arithmetic against figures that AWS, or somebody whom AWS billed, has published.

Where a page's example was not found in a stored copy of it, the test says so: its sums are from memory then. Prices are
the page's own, given as tiers, wherever they are not those of the table.
"""

from decimal import Decimal

import pytest

from wildrydes.cost import quantities
from wildrydes.cost.charges import bill, by_tiers, charge
from wildrydes.cost.prices import Tier
from wildrydes.cost.quantities import KB, MB, TB

IRELAND, VIRGINIA = "eu-west-1", "us-east-1"


def cents(usd: Decimal) -> str:
    return f"{usd:.2f}"


@pytest.mark.parametrize(
    ("memory", "milliseconds", "calls", "compute", "requests"),
    [
        # https://aws.amazon.com/lambda/pricing/, examples 1 and 2. Of the second the stored copy has no sums: it takes
        # 30 million calls of 128 MB for 200 ms, which is 750,000 GB-s.
        (512, 1000, 3_000_000, "18.34", "0.40"),
        (128, 200, 30_000_000, "5.83", "5.80"),
    ],
)
def test_lambda_example(memory: int, milliseconds: int, calls: int, compute: str, requests: str) -> None:
    usage = quantities.function_calls(memory, Decimal(milliseconds), calls)
    # The page's price has four digits; that of today has six.
    billed = usage["lambda_gb_seconds"] - 400_000
    assert cents(by_tiers([Tier(None, Decimal("0.00001667"))], billed)) == compute
    assert cents(charge("lambda_requests", VIRGINIA, usage["lambda_requests"], free=True).usd) == requests
    todays = charge("lambda_gb_seconds", VIRGINIA, usage["lambda_gb_seconds"], free=True)
    assert todays.billed == billed
    assert abs(todays.usd - Decimal(compute)) < Decimal("0.01")


def test_step_functions_example() -> None:
    # https://aws.amazon.com/step-functions/pricing/: 4,000 free, then $0.025 for each 1,000, in each region here.
    assert charge("state_transitions", IRELAND, 4_000, free=True).usd == 0
    assert charge("state_transitions", IRELAND, 5_000, free=True).usd == Decimal("0.025")
    assert charge("state_transitions", IRELAND, 5_000).usd == Decimal("0.125")


@pytest.mark.parametrize(("scanned", "usd"), [(3 * TB, "15.00"), (TB, "5.00")])
def test_athena_example(scanned: int, usd: str) -> None:
    # https://aws.amazon.com/athena/pricing/, example 1: 3 TB of text, and the same in 1 TB of GZIP.
    assert cents(bill(quantities.athena(scanned), VIRGINIA).total) == usd


def test_athena_bills_megabytes_and_at_least_ten() -> None:
    # The same page: bytes rounded up to the nearest megabyte, with a 10 MB minimum a query.
    ten = quantities.athena(10 * MB)
    assert quantities.athena(0) == quantities.athena(1) == quantities.athena(10 * MB - 1) == ten
    assert quantities.athena(10 * MB + 1)["athena_tb"] == Decimal(11 * MB) / TB


@pytest.mark.parametrize(("record", "billed"), [(3, 5), (12, 15), (42, 45), (5, 5)])
def test_firehose_rounds_each_record_up_to_five_kilobytes(record: int, billed: int) -> None:
    # https://aws.amazon.com/kinesis/data-firehose/pricing/: 3 KB count as 5, 12 as 15, 42 as 45.
    assert quantities.firehose(record * KB, 1)["firehose_gb"] == Decimal(billed * KB) / (1 << 30)


def test_firehose_example() -> None:
    # The page's example, from memory: 500 records of 3 KB a second for 30 days are 6,179.81 GB, and cost $179.21.
    usage = quantities.firehose(3 * KB, 500 * 86_400 * 30)
    assert cents(usage["firehose_gb"]) == "6179.81"
    assert cents(bill(usage, VIRGINIA).total) == "179.21"


@pytest.mark.parametrize(("payload", "requests"), [(1, 1), (64 * KB, 1), (64 * KB + 1, 2), (256 * KB, 4)])
def test_sqs_counts_a_request_for_each_64_kilobytes(payload: int, requests: int) -> None:
    # https://aws.amazon.com/sqs/pricing/, as others quote it: one of 256 KB is billed as four.
    assert quantities.requests_of(payload) == requests


def test_sqs_bills_beyond_a_million() -> None:
    # The same page: the first million a month is free, then $0.40 a million.
    assert charge("sqs_requests", VIRGINIA, 1_000_000, free=True).usd == 0
    assert charge("sqs_requests", VIRGINIA, 6_300_000).usd == Decimal("2.52")


def test_api_gateway_examples() -> None:
    # https://aws.eu/api-gateway/pricing: 5 million calls at €3.6514 a million, of which the page cuts off what is below
    # a cent.
    assert str(by_tiers([Tier(None, Decimal("0.0000036514"))], Decimal(5_000_000)))[:5] == "18.25"
    # https://aws.amazon.com/api-gateway/pricing/: 15 billion calls, by three of the tiers; the sum is from memory.
    assert charge("api_requests", VIRGINIA, 15_000_000_000).usd == Decimal("36353.1")


@pytest.mark.parametrize(
    ("item", "quantity", "usd"),
    [
        # A month's bill of Ireland, in Sample_Costs.md of https://github.com/aws-samples/sagemaker-ssh-helper.
        ("ml_hours/ml.m5.xlarge", "44.015", "11.31"),  # training
        ("ml_hours/ml.m5.xlarge", "2.126", "0.55"),  # batch transform
        ("ml_hours/ml.m5.xlarge", "8.208", "2.11"),  # hosting
        ("ml_hours/ml.m5.large", "1339.426", "171.45"),  # notebooks, at the same price
        ("ml_gb_months", "1.942", "0.30"),
    ],
)
def test_sagemaker_bill(item: str, quantity: str, usd: str) -> None:
    assert cents(charge(item, IRELAND, Decimal(quantity)).usd) == usd


def test_sagemaker_bills_seconds_of_each_instance_and_its_volume() -> None:
    # Four runs of half an hour, as on https://aws.amazon.com/sagemaker/ai/pricing/: two hours; a month has 730.
    usage = quantities.machine("ml.m5.xlarge", Decimal(1800), 4, 10)
    assert usage == {"ml_hours/ml.m5.xlarge": Decimal(2), "ml_gb_months": Decimal(2) / 730 * 10}
