"""quote_price against an API that answers over HTTP: what it asks, what it answers, and when it gives up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from api_server import Answers, serve
from aws import api, api_settings
from aws.api_settings import ApiSettings
from wildrydes.errors import ApiNotReached, ApiRefused, BadValue, MissingSetting

EVENTS = Path(__file__).parents[2] / "events"
Invoke = Callable[[Any], Any]


GOOD = {"predictions": [{"value": 1415.25, "unit": "points"}, {"value": 1065.0, "unit": "points"}], "model": "run-1"}


@pytest.fixture
def quote(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Invokes the function with an event, the API being where the test says."""
    monkeypatch.setattr(api, "_PAUSES", (0.0, 0.0, 0.0))
    for name, value in {"API_ID": "abc", "DISTANCE_RULE": "790,16.5"}.items():
        monkeypatch.setenv(name, value)
    for cached in (api_settings.api_settings, api_settings.quote_settings, api._key):
        cached.cache_clear()
    return lambda event: run("quote_price", event)


def example(name: str) -> Any:
    return json.loads((EVENTS / f"quote_price_{name}.json").read_text(encoding="utf-8"))


def test_a_hot_day_costs_more_than_a_fine_one_and_the_reasons_add_up(
    quote: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve([(200, GOOD)]) as (url, served):
        monkeypatch.setenv("API_URL", f"{url}/live/")
        answer = quote(example("hot_day"))
    assert (answer["price"], answer["unit"], answer["weather"], answer["model"]) == (1415.25, "points", "hot", "run-1")
    assert [(each["part"], each["points"]) for each in answer["reasons"]] == [("distance", 1065.0), ("weather", 350.25)]
    assert answer["reasons"][1]["detail"] == "hot: 21.1 to 32 °C, 0 mm"
    assert (answer["today"]["price"], answer["today"]["difference"]) == (1285.0, 130.25)
    ((path, headers, body),) = served.requests
    assert path == "/live/tasks/magic_points/predictions"
    assert body == [
        {"distance": 30, "TMIN": 211, "TMAX": 320, "PRCP": 0},
        {"distance": 30, "TMIN": 100, "TMAX": 200, "PRCP": 0},
    ]
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
    assert "/us-east-1/execute-api/aws4_request" in headers["authorization"]
    assert "x-api-key" not in headers


def test_the_key_is_read_by_its_id_and_sent(quote: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    made = boto3.client("apigateway").create_api_key(name="asks", value="a-key-of-twenty-letters", enabled=True)
    monkeypatch.setenv("API_KEY_ID", made["id"])
    with serve([(200, GOOD)]) as (url, served):
        monkeypatch.setenv("API_URL", f"{url}/live/")
        assert quote(example("rainy_day"))["weather"] == "rain"
    assert served.requests[0][1]["x-api-key"] == "a-key-of-twenty-letters"


def test_an_event_that_is_no_ride_is_refused_before_anything_is_asked(quote: Invoke, monkeypatch: Any) -> None:
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9/live/")
    with pytest.raises(BadValue, match="TMIN is null"):
        quote(example("no_weather"))
    with pytest.raises(BadValue, match="'wind' is none of distance, TMIN, TMAX, PRCP"):
        quote(example("hot_day") | {"wind": 3})
    with pytest.raises(BadValue, match="distance is 0, not above 0"):
        quote(example("hot_day") | {"distance": 0})
    with pytest.raises(BadValue, match="a ride is a JSON object"):
        quote([1, 2])


def test_a_fault_that_passes_is_asked_again_and_a_refusal_is_not(quote: Invoke, monkeypatch: Any) -> None:
    with serve([(502, {}), (429, {}), (200, GOOD)]) as (url, served):
        monkeypatch.setenv("API_URL", f"{url}/live/")
        assert quote(example("hot_day"))["price"] == 1415.25
    assert len(served.requests) == 3
    refusals: Answers = [(503, {"detail": "no model has been promoted yet"})]
    with serve(refusals) as (url, served), pytest.raises(ApiRefused, match="503: no model has been promoted yet"):
        api.ask(ApiSettings(f"{url}/live/", ""), "magic_points", [{}])
    assert len(served.requests) == 1


def test_an_api_that_is_not_there_or_takes_no_such_row_is_named(quote: Invoke) -> None:
    with serve([(500, {"detail": "a fault"})]) as (url, served):
        with pytest.raises(ApiNotReached, match=r"at last for .* answered 500: a fault"):
            api.ask(ApiSettings(f"{url}/live/", ""), "magic_points", [{}])
        assert len(served.requests) == 3
    with pytest.raises(ApiNotReached, match="at last for URLError"):
        api.ask(ApiSettings(f"{url}/live/", ""), "magic_points", [{}])
    wrong = {"predictions": [{"error": {"detail": "TMIN is missing"}}], "model": "run-1"}
    with serve([(200, wrong)]) as (url, _), pytest.raises(ApiRefused, match="does not take row 0: TMIN is missing"):
        api.ask(ApiSettings(f"{url}/live/", ""), "magic_points", [{}])


def test_behind_another_endpoint_the_api_is_served_there(quote: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_URL", "https://abc.execute-api.us-east-1.amazonaws.com/beta/")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert api_settings.api_settings().url == "http://127.0.0.1:4566/_aws/execute-api/abc/beta/"


def test_a_rule_that_is_none_is_named() -> None:
    with pytest.raises(MissingSetting, match="DISTANCE_RULE is '790', not two numbers"):
        api_settings.rule_of("790")
