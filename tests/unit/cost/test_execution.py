"""The cost of an execution from its history, its children's, and those of the workflows that it started."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from histories import START, History
from wildrydes.cost.attempts import Event
from wildrydes.cost.execution import Children, cost_of, usage_of_execution

ARN = "arn:aws:states:us-east-1:123456789012:execution:wildrydes-{}:{}"
LATER = START + timedelta(hours=1)
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}


class Records:
    """Histories by their ARNs, and children by their Map Runs."""

    def __init__(
        self, own: History, children: Children | None = None, others: Mapping[str, History] | None = None
    ) -> None:
        self.histories = {name: history.events for name, history in {"own": own, **(others or {})}.items()}
        self.of_map = children or Children(0, [])
        self.jobs: list[dict[str, Any]] = []

    def history(self, execution: str) -> list[Event]:
        return list(self.histories[execution])

    def children(self, map_run: str, most: int) -> Children:
        return Children(self.of_map.total, self.of_map.arns[:most])

    def memory_of(self, function: str) -> int:
        return {"small": 512, "large": 1024}[function]

    def trained_by(self, tuning_job: str) -> list[dict[str, Any]]:
        return self.jobs


def used(records: Records) -> dict[str, Decimal]:
    return {name: quantity for name, quantity in usage_of_execution(records, "own", LATER).items() if quantity}


def test_function_costs_its_memory_by_milliseconds_rounded_up() -> None:
    history = History()
    history.task("lambda", "invoke", {"FunctionName": "small"}, seconds=1.0001)
    usage = used(Records(history))
    assert usage["lambda_requests"] == 1
    assert usage["lambda_gb_seconds"] == Decimal("0.5005")
    assert usage["state_transitions"] == 1


def test_attempt_that_failed_costs_too_and_one_that_runs_costs_until_now() -> None:
    history = History()
    history.enter()
    history.call("lambda", "invoke", {"FunctionName": "large"}, seconds=2, failed="killed")
    named: dict[str, Any] = {"resourceType": "lambda", "resource": "invoke"}
    history.event("TaskScheduled", **named, parameters=json.dumps({"FunctionName": "large"}))
    history.event("TaskStarted", **named)
    usage = usage_of_execution(Records(history), "own", history.now + timedelta(seconds=3))
    assert usage["lambda_requests"] == 2
    assert usage["lambda_gb_seconds"] == 5
    assert usage["state_transitions"] == 2


def test_queries_cost_what_they_scanned_unless_they_failed() -> None:
    def query(state: str, scanned: int) -> dict[str, Any]:
        return {"QueryExecution": {"Status": {"State": state}, "Statistics": {"DataScannedInBytes": scanned}}}

    history = History()
    history.task("athena", "startQueryExecution.sync", {}, query("SUCCEEDED", 1 << 40))
    history.task("athena", "startQueryExecution.sync", {}, query("SUCCEEDED", 5))
    history.task("athena", "startQueryExecution.sync", {}, failed=json.dumps(query("FAILED", 1 << 40)))
    history.task("athena", "getQueryResults", {}, {"ResultSet": {}})
    assert used(Records(history))["athena_tb"] == 1 + Decimal(10) / (1 << 20)


def test_training_costs_its_billable_seconds_also_where_it_failed() -> None:
    history = History()
    request = {"ResourceConfig": RESOURCES}
    history.task("sagemaker", "createTrainingJob.sync", request, {"BillableTimeInSeconds": 72}, seconds=400)
    history.task(
        "sagemaker", "createTrainingJob.sync", request, failed=json.dumps({"TrainingTimeInSeconds": 36}), seconds=400
    )
    usage = used(Records(history))
    assert usage["ml_hours/ml.m5.large"] == Decimal("0.03")
    assert usage["ml_gb_months"] == pytest.approx(Decimal("0.03") / 730 * 10)
    # Of prose no time is known but that which it took.
    history.task("sagemaker", "createTrainingJob.sync", request, failed="Connection lost", seconds=36)
    assert used(Records(history))["ml_hours/ml.m5.large"] == Decimal("0.04")


def test_tuning_costs_each_job_that_it_started() -> None:
    history = History()
    request = {"HyperParameterTuningJobName": "search", "TrainingJobDefinition": {"ResourceConfig": RESOURCES}}
    history.task("sagemaker", "createHyperParameterTuningJob.sync", request, seconds=500)
    records = Records(history)
    records.jobs = [
        {"TrainingStartTime": START, "TrainingEndTime": START + timedelta(seconds=100)},
        {"TrainingStartTime": START, "TrainingEndTime": START + timedelta(seconds=260)},
        {"CreationTime": START},
    ]
    assert used(records)["ml_hours/ml.m5.large"] == Decimal("0.1")


def test_transform_costs_the_time_that_it_took() -> None:
    history = History()
    resources = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}
    history.task("sagemaker", "createTransformJob.sync", {"TransformResources": resources}, seconds=1800)
    history.task("sagemaker", "createModel", {"ModelName": "free"})
    assert used(Records(history))["ml_hours/ml.m5.xlarge"] == 1


def test_messages_writes_and_reads_are_counted() -> None:
    history = History()
    history.task("sns", "publish")
    history.task("dynamodb", "updateItem")
    history.task("dynamodb", "getItem")
    history.task("aws-sdk:s3", "putObject")
    history.task("aws-sdk:ssm", "getParameter")
    assert used(Records(history)) == {
        "state_transitions": 5,
        "sns_publishes": 1,
        "dynamodb_writes": 1,
        "dynamodb_reads": 1,
        "s3_puts": 1,
    }


def test_workflow_that_was_started_costs_too_also_where_it_failed() -> None:
    nested, own = History(), History()
    nested.task("sns", "publish")
    machine = {"StateMachineArn": ARN.format("promote", "x").replace(":execution:", ":stateMachine:")[:-2], "Name": "x"}
    own.task("states", "startExecution.sync:2", machine, {"ExecutionArn": ARN.format("promote", "x")})
    own.task("states", "startExecution.sync:2", machine, failed="it failed")
    records = Records(own, others={ARN.format("promote", "x"): nested})
    # Under one name it was started once.
    assert used(records) == {"state_transitions": 3, "sns_publishes": 1}


def test_children_of_a_distributed_map_cost_their_start_their_states_and_what_they_call() -> None:
    child, own = History(), History()
    child.task("lambda", "invoke", {"FunctionName": "large"}, seconds=2)
    own.enter("Map")
    own.event("MapRunStarted", mapRunArn="run")
    own.event("MapRunSucceeded")
    usage = used(Records(own, Children(3, ["a", "b", "c"]), dict.fromkeys("abc", child)))
    assert usage["state_transitions"] == 1 + 3 + 3
    assert (usage["lambda_requests"], usage["lambda_gb_seconds"]) == (3, 6)


def test_some_children_stand_for_very_many() -> None:
    child, own = History(), History()
    child.task("lambda", "invoke", {"FunctionName": "large"}, seconds=2)
    own.enter("Map")
    own.event("MapRunStarted", mapRunArn="run")
    read = [f"child-{number}" for number in range(100)]
    usage = used(Records(own, Children(10_000, read), dict.fromkeys(read, child)))
    assert usage["state_transitions"] == 1 + 10_000 + 10_000
    assert usage["lambda_gb_seconds"] == 20_000


def test_children_that_are_not_told_of_had_their_share_of_the_map() -> None:
    own = History()
    own.task("lambda", "invoke", {"FunctionName": "large"}, seconds=1)
    own.enter("Map")
    own.event("MapRunStarted", mapRunArn="run")
    own.event("MapRunSucceeded", seconds=10)
    usage = used(Records(own, Children(4, [])))
    assert usage["state_transitions"] == 2 + 4 + 4
    assert (usage["lambda_requests"], usage["lambda_gb_seconds"]) == (5, 1 + 4 * 10)


def test_bill_is_of_the_region_and_has_the_states_to_come() -> None:
    history = History()
    history.task("lambda", "invoke", {"FunctionName": "small"})
    made = cost_of(Records(history), "own", "ap-northeast-1", datetime.now(UTC), 2)
    transitions = next(line for line in made.lines if line.item == "state_transitions")
    assert (transitions.quantity, transitions.usd) == (3, Decimal("0.000075"))
    assert made.to_json()["region"] == "ap-northeast-1"
