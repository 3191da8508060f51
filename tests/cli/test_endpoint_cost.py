"""What the commands know of an endpoint: its cost, and that a rollback serves a model as it was served."""

from typing import Any

import pytest

from cli import endpoint_cost, rollback, run_summary
from cli.models import Entry
from local.sagemaker.images import LINEAR_LEARNER


def test_there_is_a_price_for_each_region_whose_images_are_in_the_template() -> None:
    assert all(endpoint_cost.usd_per_hour(region) for region in LINEAR_LEARNER.registries)


def test_the_price_is_said_by_the_hour_and_by_the_month_with_its_date() -> None:
    assert endpoint_cost.sentence("eu-central-1") == (
        "The endpoint costs some $0.138 an hour on AWS, $101 a month (ml.m5.large, November 2026). "
        "A model that goes live with serving: lambda removes it."
    )
    assert "its price in eu-north-1 is not known here" in endpoint_cost.sentence("eu-north-1")


@pytest.mark.parametrize(
    ("output", "serving"),
    [
        ({"serving": "endpoint", "promoted": True}, {"by": "endpoint", "region": "us-east-1", "usd_per_hour": 0.115}),
        ({"serving": "endpoint", "promoted": False}, {"by": "lambda", "region": "us-east-1", "usd_per_hour": 0.0}),
        ({"serving": "lambda", "promoted": True}, {"by": "lambda", "region": "us-east-1", "usd_per_hour": 0.0}),
        ({"promoted": True}, {"by": "lambda", "region": "us-east-1", "usd_per_hour": 0.0}),
    ],
)
def test_the_summary_has_the_price_of_an_endpoint_that_is_there(
    output: dict[str, Any], serving: dict[str, Any]
) -> None:
    assert run_summary._serving(output, "us-east-1") == serving


def test_a_rollback_serves_the_model_as_it_was_served() -> None:
    golden = {"ride": {}, "value": 1.0, "at_least": 0.9, "at_most": 1.1}
    earlier = Entry("t", "run-1", "models/run-1/run-1/output/model.tar.gz", "1", "none", golden, "why", "endpoint")
    champion = Entry("t", "run-2", "models/run-2/run-2/output/model.tar.gz", "2", earlier.model_path, golden, "why")

    assert rollback.request(earlier, champion, "magic_points") == {
        "task": "magic_points",
        "model_path": earlier.model_path,
        "execution": "run-1",
        "golden": golden,
        "bake_seconds": 0,
        "reason": "rollback from run-2",
        "serving": "endpoint",
    }
    assert rollback.request(champion, earlier, "magic_points")["serving"] == "lambda"
