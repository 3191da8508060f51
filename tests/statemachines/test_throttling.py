"""Each Retry of each rendered workflow outlasts the limits that AWS publishes for what its state calls."""

import doctest
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from statemachines import throttling
from statemachines.limits import RATES, limits_of
from statemachines.retries_page import CHUNKS_AT_ONCE, Retrying, retries, shares
from statemachines.tasks import LAMBDA_KILLS, LAMBDA_THROTTLES
from statemachines.throttling import Outage, Rate, Slots, longest_pauses, outlasted_seconds, share_that_passes
from wildrydes.cost.quotas import GETS, PUTS, Quota

ROOT = Path(__file__).resolve().parents[2]
MACHINES = ("retrain", "promote", "restore", "monitor")
DEFINITIONS = {
    name: json.loads((ROOT / "statemachines" / f"{name}.asl.json").read_text(encoding="utf-8")) for name in MACHINES
}
RETRIES = list(retries(DEFINITIONS))
RETRIER = {"IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2, "MaxDelaySeconds": 3, "JitterStrategy": "NONE"}
FULL = RETRIER | {"JitterStrategy": "FULL", "MaxAttempts": 5, "MaxDelaySeconds": 30}


def of(place: str) -> list[Retrying]:
    return [each for each in RETRIES if each.place == place]


def test_the_modules_example_gives_what_it_says() -> None:
    assert doctest.testmod(throttling).failed == 0


def test_all_calls_that_come_at_once_outlast_each_limit_in_all_runs() -> None:
    passed = shares(RETRIES)
    fallen = {
        (each.place, published.text): passed[each.key(published)]
        for each in RETRIES
        for published in each.limits
        if passed[each.key(published)] < 1
    }
    assert not fallen


def test_every_task_and_every_map_that_reads_its_items_tries_again() -> None:
    def without(states: dict[str, Any]) -> set[str]:
        inner = [without(state["ItemProcessor"]["States"]) for state in states.values() if "ItemProcessor" in state]
        calling = {name for name, state in states.items() if state["Type"] == "Task" or "ItemReader" in state}
        return {name for name in calling if not states[name].get("Retry")}.union(*inner)

    assert [without(definition["States"]) for definition in DEFINITIONS.values()] == [set()] * 4


def test_a_call_without_a_published_limit_is_an_error() -> None:
    with pytest.raises(KeyError, match="aws-sdk:sqs:sendMessage"):
        limits_of("arn:aws:states:::aws-sdk:sqs:sendMessage", FULL | {"ErrorEquals": ["Sqs.SqsException"]})


def test_the_calls_of_a_state_are_those_of_all_tasks_and_of_all_children() -> None:
    (throttled,) = (each for each in of("retrain: Ingest chunk") if each.retrier["ErrorEquals"] == [*LAMBDA_THROTTLES])
    assert throttled.calls == 4 * CHUNKS_AT_ONCE
    assert {each.calls for each in of("retrain: Train candidate")} == {12}
    assert {each.calls for each in of("promote: Publish version")} == {4}
    assert {each.calls for each in of("monitor: Join rides")} == {2}


def test_a_map_has_as_many_children_at_once_as_the_template_says() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    assert f'  IngestConcurrency:\n    Type: String\n    Default: "{CHUNKS_AT_ONCE}"\n' in template
    ingest = DEFINITIONS["retrain"]["States"]["Ingest rides"]
    assert ingest["MaxConcurrencyPath"] == "$.plan.at_once"
    assert "MaxConcurrency" not in ingest
    selector = DEFINITIONS["retrain"]["States"]["Plan ingestion"]["ResultSelector"]
    assert selector["at_once.$"] == "States.StringToJson('${IngestConcurrency}')"


@pytest.mark.parametrize(
    ("place", "texts"),
    [
        ("retrain: Plan ingestion", ["a fault of the service", "10 functions at once", "a process that was killed"]),
        (
            "retrain: Select weather",
            ["a fault of the service", "StartQueryExecution: 20", "StartQueryExecution: 20", "20 active"],
        ),
        ("retrain: Read counts", ["a fault of the service", "GetQueryResults: 100", "GetQueryResults: 100"]),
        ("retrain: Train candidate", ["a fault of the service", "CreateTrainingJob: 1", "4 instances"]),
        ("retrain: Ingest rides", ["a fault of the service", "GET under a prefix"]),
        ("promote: Record MODEL_PATH", ["a fault of the service", "PutParameter: 3"]),
        ("promote: Publish version", ["a fault of the service", "all calls but Invoke"]),
    ],
)
def test_a_retry_is_for_what_its_state_calls(place: str, texts: list[str]) -> None:
    limits = [published.text for each in of(place) for published in each.limits]
    assert [text[: len(start)] for text, start in zip(limits, texts, strict=True)] == texts


def test_a_limit_of_the_account_is_no_reason_to_fail() -> None:
    """What others' functions, queries and jobs hold comes free when they end."""
    names = {
        "retrain: Ingest chunk": "Lambda.TooManyRequestsException",
        "retrain: Build training set": "Athena.TooManyRequestsException",
        "monitor: Join rides": "Athena.TooManyRequestsException",
        "retrain: Train candidate": "SageMaker.ResourceLimitExceededException",
        "retrain: Predict by candidate": "SageMaker.ResourceLimitExceededException",
        "retrain: Predict by champion": "SageMaker.ResourceLimitExceededException",
    }
    for place, error in names.items():
        (waiting,) = (each for each in of(place) if error in each.retrier["ErrorEquals"])
        assert outlasted_seconds(waiting.retrier) > 2400, place
        assert outlasted_seconds(waiting.retrier, share=0.001) < 5400, place


@pytest.mark.parametrize(
    ("place", "rest"),
    # The longest deployment to an endpoint and its putting back; three hours for a day's looks.
    [("promote: Smoke-test version", 4200 + 900), ("monitor: Join rides", 3 * 3600)],
)
def test_a_workflow_outlasts_two_waits_in_a_row(place: str, rest: int) -> None:
    machine = place.partition(":")[0]
    definition = json.loads((ROOT / "statemachines" / f"{machine}.asl.json").read_text(encoding="utf-8"))
    (wait,) = {sum(longest_pauses(each.retrier)) for each in of(place) if each.retrier["MaxAttempts"] == 60}
    assert definition["TimeoutSeconds"] >= rest + 2 * wait


def test_a_parameter_that_others_write_at_the_same_time_is_written_later() -> None:
    (faults,) = of("promote: Record MODEL_PATH")
    assert "Ssm.TooManyUpdatesException" in faults.retrier["ErrorEquals"]


def test_the_pause_doubles_up_to_its_bound() -> None:
    assert longest_pauses(RETRIER | {"MaxAttempts": 4}) == [1, 2, 3, 3]


def test_full_jitter_draws_from_nothing_up_to_the_bound() -> None:
    # The sum of pauses of at most 1, 2 and 3 seconds is below 3 in half of the draws, by symmetry.
    assert outlasted_seconds(RETRIER) == 6
    half = outlasted_seconds(RETRIER | {"JitterStrategy": "FULL"}, share=0.5, runs=20_000)
    assert half == pytest.approx(3, abs=0.05)


def test_a_bucket_gives_half_of_its_tokens_to_others() -> None:
    # Without jitter the attempts come at 0, 1, 3 and 6 s. Half a token a second makes one by 3 s, and three by 6 s.
    at_once = {calls: share_that_passes(Rate(1, 5), RETRIER, calls, runs=1) for calls in (1, 3, 4)}
    assert at_once == {1: 1, 3: 1, 4: 0}
    assert share_that_passes(Rate(1, 5), RETRIER | {"MaxAttempts": 1}, 1, runs=1) == 0
    # Three tokens are there at 6 s, but for a bucket that holds one.
    assert share_that_passes(Rate(1, 1), RETRIER, 3, runs=1) == 0


def test_half_of_the_slots_come_free_within_the_time_that_each_is_held() -> None:
    meter = Slots(4, seconds=10).meter()
    assert [meter.takes(now) for now in (4.9, 5, 5, 10, 14.9, 15, 15)] == [False, True, False, True, False, True, False]
    assert Slots(1, seconds=10).meter().takes(10)


def test_what_is_over_by_then_is_outlasted() -> None:
    assert [share_that_passes(Outage(seconds), RETRIER, 1, runs=1) for seconds in (5.9, 6)] == [1, 0]


def test_five_tries_were_too_few() -> None:
    """As it was: of forty children that wait for ten functions, and of twelve candidates."""
    assert share_that_passes(Slots(10, 5), FULL, 40, runs=100) < 0.1
    assert share_that_passes(Rate(1, 1), FULL, 12, runs=100) < 0.1


def test_the_same_seed_gives_the_same_draws() -> None:
    shares_of = [share_that_passes(Rate(1, 1), FULL, 3) for _ in range(2)]
    assert shares_of[0] == shares_of[1]
    assert 0.8 < shares_of[0] < 1
    assert Random(0).random() == 0.8444218515250481


def test_a_kill_is_tried_again_twice() -> None:
    kills = [each for each in RETRIES if each.retrier["ErrorEquals"] == [*LAMBDA_KILLS]]
    assert {each.retrier["MaxAttempts"] for each in kills} == {2}
    assert len(kills) == 15


@pytest.mark.parametrize(("call", "quota"), [("map", GETS), ("aws-sdk:s3:putObject", PUTS)])
def test_limits_of_s3_are_those_that_costs_are_computed_with(call: str, quota: Quota) -> None:
    limit = RATES[call].limit
    assert isinstance(limit, Rate)
    assert (limit.per_second, RATES[call].url) == (quota.value, quota.url)
