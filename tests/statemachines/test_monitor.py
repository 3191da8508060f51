"""What must hold of `monitor` whatever is changed in it: read from the ASL that is deployed."""

import json
from pathlib import Path
from typing import Any

import pytest

from wildrydes.tasks import TASKS

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = json.loads((ROOT / "statemachines" / "monitor.asl.json").read_text(encoding="utf-8"))
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]
ITERATION: dict[str, dict[str, Any]] = STATES["Monitor tasks"]["ItemProcessor"]["States"]
ALL = STATES | ITERATION
WORK = {name: state for name, state in ALL.items() if state["Type"] == "Task" and name != "Notify failure"}


@pytest.mark.parametrize("name", WORK)
def test_every_task_has_a_timeout_and_retries_with_jitter_and_catches_where_others_go_on(name: str) -> None:
    task = WORK[name]
    assert task["TimeoutSeconds"] >= 60
    # Elsewhere an error ends the execution, which can be redriven there.
    caught = [(["States.ALL"], "Task failed")] if name in ITERATION else []
    assert [(each["ErrorEquals"], each["Next"]) for each in task.get("Catch", [])] == caught
    assert {each["JitterStrategy"] for each in task["Retry"]} == {"FULL"}
    pauses = {(each["MaxAttempts"], each["MaxDelaySeconds"]) for each in task["Retry"]}
    assert pauses <= {(12, 30), (60, 120), (2, 30)}


def test_a_task_that_fails_ends_its_iteration_and_no_other() -> None:
    assert ITERATION["Task failed"]["End"]
    assert ITERATION["Task failed"]["Parameters"]["failed"] is True
    assert ITERATION["Task monitored"]["Parameters"]["failed"] is False
    assert STATES["Monitor tasks"]["Next"] == "Conclude"
    assert "States.ArrayContains($.outcomes[*].failed, true)" in STATES["Conclude"]["Parameters"].values()
    assert STATES["Did every task succeed?"]["Default"] == "Monitored"


def test_nothing_is_written_but_by_the_queries_and_the_function() -> None:
    resources = {state["Resource"].rpartition(":states:::")[2] for state in WORK.values()}
    assert resources == {
        "lambda:invoke", "aws-sdk:lambda:getAlias", "aws-sdk:lambda:getFunctionConfiguration",
        "athena:startQueryExecution.sync", "athena:getQueryResults",
    }  # fmt: skip


def test_each_task_can_be_looked_at_by_the_query_of_its_source() -> None:
    assert [name for name in ITERATION if name.startswith("Serve ")] == [f"Serve {name}" for name in TASKS]
    (samples,) = ITERATION["Of which source?"]["Choices"]
    assert (samples["StringEquals"], samples["Next"]) == ("samples", "Join samples")
    assert "FROM samples" in ITERATION["Join samples"]["Parameters"]["QueryString.$"]
    assert "FROM rides" in ITERATION["Join rides"]["Parameters"]["QueryString.$"]


def test_queries_of_tasks_that_enter_a_state_in_the_same_millisecond_have_tokens_of_their_own() -> None:
    queries = [state["Parameters"] for state in ITERATION.values() if "QueryString.$" in state.get("Parameters", {})]
    what = "$$.Execution.Id, $$.State.Name, $$.State.EnteredTime, $$.Execution.RedriveCount, $.task.task"
    assert len(queries) == 3
    tokens = {query["ClientRequestToken.$"] for query in queries}
    assert tokens == {f"States.Hash(States.Format('{{}} {{}} {{}} {{}} {{}}', {what}), 'SHA-256')"}
