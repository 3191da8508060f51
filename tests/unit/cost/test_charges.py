"""Bills: lines, sums, free tiers, and what has no price."""

from decimal import Decimal

from wildrydes.cost.charges import add, bill, charge, scale


def test_bill_has_a_line_an_item_in_the_order_of_the_table_and_adds_them_up() -> None:
    made = bill({"athena_tb": Decimal(1), "lambda_requests": Decimal(5_000_000), "s3_puts": Decimal(0)}, "us-west-2")
    assert [line.item for line in made.lines] == ["lambda_requests", "athena_tb"]
    assert made.total == Decimal(6)
    assert made.to_json()["lines"][0] == {
        "service": "Lambda",
        "unit": "request",
        "quantity": 5e6,
        "price": 2e-7,
        "usd": 1.0,
    }


def test_what_has_no_price_is_named() -> None:
    made = bill({"ml_hours/ml.p9.large": Decimal(1), "athena_tb": Decimal(1)}, "us-east-1")
    assert made.unpriced == ("ml_hours/ml.p9.large",)
    assert made.to_json()["unpriced"] == ["ml_hours/ml.p9.large"]
    assert made.total == Decimal(5)
    assert bill({"athena_tb": Decimal(1)}, "eu-north-1").unpriced == ("athena_tb",)


def test_free_tier_is_taken_off_first_and_never_leaves_less_than_nothing() -> None:
    assert charge("metric_months", "us-east-1", 4, free=True).usd == 0
    assert charge("metric_months", "us-east-1", 12, free=True).usd == Decimal("0.6")
    # The first 10,000 cost 0.30 each, the others 0.10.
    assert charge("metric_months", "us-east-1", 10_020, free=True).usd == Decimal("3001.0")


def test_sums_of_prices_are_exact() -> None:
    assert charge("lambda_requests", "us-east-1", 3).usd == Decimal("0.0000006")


def test_usages_add_up_and_scale() -> None:
    usage = add([{"s3_puts": Decimal(1)}, {"s3_puts": Decimal(2), "s3_gets": Decimal(1)}])
    assert usage == {"s3_puts": 3, "s3_gets": 1}
    assert scale(usage, Decimal(2)) == {"s3_puts": 6, "s3_gets": 2}
