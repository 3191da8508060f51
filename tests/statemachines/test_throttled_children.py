"""Whether the retries of a Map's children outlast an account that runs ten functions at once."""

import heapq
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))
CHILD = WORKFLOW["States"]["Ingest rides"]["ItemProcessor"]["States"]["Ingest chunk"]
(RETRIER,) = (each for each in CHILD["Retry"] if "Lambda.TooManyRequestsException" in each["ErrorEquals"])
CHILDREN = 40
LIMIT = 10


def child_runs_out(retrier: dict[str, Any], seconds: float, random: Random) -> bool:
    """Whether one of the children is turned away once more than it is tried again, each taking `seconds`.

    The wait before the n-th retry is drawn from 0 up to the interval times the rate to the n - 1, bounded.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
    """
    starts, ends, tries = [(0.0, child) for child in range(CHILDREN)], [], [0] * CHILDREN
    while starts:
        now, child = heapq.heappop(starts)
        while ends and ends[0] <= now:
            heapq.heappop(ends)
        if len(ends) < LIMIT:
            heapq.heappush(ends, now + seconds)
            continue
        tries[child] += 1
        if tries[child] > retrier["MaxAttempts"]:
            return True
        longest = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** (tries[child] - 1)
        wait = random.uniform(0, min(longest, retrier["MaxDelaySeconds"]))
        heapq.heappush(starts, (now + wait, child))
    return False


@pytest.mark.parametrize("seconds", [5, 300])
def test_no_child_runs_out_of_tries_while_ten_run_at_once(seconds: float) -> None:
    assert RETRIER["JitterStrategy"] == "FULL"
    assert not any(child_runs_out(RETRIER, seconds, Random(seed)) for seed in range(200))


def test_five_tries_were_too_few() -> None:
    few = RETRIER | {"MaxAttempts": 5}
    assert sum(child_runs_out(few, 5, Random(seed)) for seed in range(200)) > 180


def test_as_many_children_run_at_once_as_the_stack_s_parameter_says() -> None:
    selector = WORKFLOW["States"]["Plan ingestion"]["ResultSelector"]
    assert selector["at_once.$"] == "States.StringToJson('${IngestConcurrency}')"
    assert WORKFLOW["States"]["Ingest rides"]["MaxConcurrencyPath"] == "$.plan.at_once"
    assert "MaxConcurrency" not in WORKFLOW["States"]["Ingest rides"]
