"""What callers measured, as a section of the report."""

import re

from reports import callers

STANDINGS = [
    {
        "task": "magic_points",
        "model": "run-<b>",
        "requests": 1500,
        "errors": 2,
        "rmse": 341.5,
        "p50": 4.25,
        "p99": 9.0,
        "live": True,
    },
    {
        "task": "magic_points",
        "model": "run-new",
        "requests": 3,
        "errors": 3,
        "rmse": None,
        "p50": 1.0,
        "p99": 1.0,
        "live": False,
    },
]


def test_models_are_listed_in_their_order_with_the_measure_of_the_task() -> None:
    html = callers.section(STANDINGS, "run-new")
    assert re.findall(r'<th scope="col">(.*?)</th>', html) == [
        "model",
        "requests",
        "errors",
        "RMSE",
        "p50 (ms)",
        "p99 (ms)",
    ]
    assert re.findall(r'<th scope="row">(.*?)</th>', html) == ["run-&lt;b&gt; (live)", "run-new (this one)"]
    assert re.findall(r"<td>(.*?)</td>", html) == ["1,500", "2", "341.5000", "4.2", "9.0", "3", "3", "–", "1.0", "1.0"]
    named = [{name: value for name, value in each.items() if name != "rmse"} | {"log_loss": 0.5} for each in STANDINGS]
    assert '<th scope="col">log loss</th>' in callers.section(named, "")


def test_without_measures_there_is_no_section() -> None:
    assert callers.section([], "run-new") == ""
