"""The cache of a stage: what it keeps, for how long, and by which key."""

from dataclasses import dataclass

import pytest

from local.apigateway import cache, exchanges

ANSWER: exchanges.Response = (200, {"content-type": "application/json"}, b"{}")
STAGE = {
    "cacheClusterEnabled": True,
    "methodSettings": {
        "*/*": {"cachingEnabled": True, "cacheTtlInSeconds": 60},
        "/~1tasks~1a~1rows/GET": {"cachingEnabled": False, "cacheTtlInSeconds": 60},
        "/~1open/POST": {"cachingEnabled": True, "cacheTtlInSeconds": 5},
    },
}


@dataclass
class Clock:
    seconds: float = 1000.0

    def now(self) -> float:
        return self.seconds


def test_answer_is_given_until_its_time_is_up_and_as_it_was() -> None:
    clock = Clock()
    responses = cache.ResponseCache(clock.now)
    responses.put(("key",), ANSWER, 60)
    clock.seconds += 59
    response = responses.get(("key",))
    assert response == ANSWER
    # Whoever answers adds the request's own headers.
    assert response is not None
    response[1]["x-amzn-requestid"] = "first"
    assert responses.get(("key",)) == ANSWER
    clock.seconds += 1
    assert responses.get(("key",)) is None
    assert responses.entries == {}


@pytest.mark.parametrize("response", [(503, {}, b"{}"), (404, {}, b"{}"), (200, {}, b"x" * (cache.LARGEST + 1))])
def test_what_is_no_success_or_too_large_is_not_kept(response: exchanges.Response) -> None:
    responses = cache.ResponseCache(Clock().now)
    responses.put(("key",), response, 60)
    assert responses.get(("key",)) is None


def test_answers_that_nobody_got_for_the_longest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "ENTRIES", 2)
    responses = cache.ResponseCache(Clock().now)
    for name in ("first", "second"):
        responses.put((name,), ANSWER, 60)
    responses.get(("first",))
    responses.put(("third",), ANSWER, 60)
    assert list(responses.entries) == [("first",), ("third",)]


def test_answers_of_a_stage_are_forgotten_with_it_and_no_others() -> None:
    responses = cache.ResponseCache(Clock().now)
    keys = [
        ("api", "live", "GET", "/model"),
        ("api", "live", "GET", "/open"),
        ("api", "test", "GET", "/model"),
        ("b", "live"),
    ]
    for key in keys:
        responses.put(key, ANSWER, 60)
    delete = cache.flushing_delete(responses, lambda api_id, stage_name: f"deleted {api_id}/{stage_name}")
    assert delete("api", "live") == "deleted api/live"
    assert list(responses.entries) == keys[2:]


@pytest.mark.parametrize(
    ("path", "method", "seconds"),
    [("/model", "GET", 60), ("/model", "POST", 0), ("/tasks/a/rows", "GET", 0), ("/open", "POST", 5), ("/", "GET", 60)],
)
def test_settings_of_the_stage_are_about_get_and_a_methods_own_come_first(path: str, method: str, seconds: int) -> None:
    assert cache.seconds_of(STAGE, path, method) == seconds
    assert cache.seconds_of(STAGE | {"cacheClusterEnabled": False}, path, method) == 0


def test_key_has_the_values_of_its_parameters_alone() -> None:
    parameters = ["method.request.querystring.features", "method.request.header.Accept"]
    query, headers = {"features": ["1,2"], "other": ["x"]}, {"accept": "text/csv", "x-api-key": "any"}
    values = cache.key_values(parameters, headers, query)
    assert values == cache.key_values(parameters, headers | {"x-api-key": "another"}, {"features": ["1,2"]})
    for other in (
        cache.key_values(parameters, {"accept": "text/plain"}, query),
        cache.key_values(parameters, {}, query),
        cache.key_values(parameters, headers, {"features": ["1,3"]}),
        cache.key_values(parameters, headers, {"features": ["1,2", "1,2"]}),
    ):
        assert other != values
