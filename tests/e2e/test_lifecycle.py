"""From raw rides to an answer over HTTP, and again: boto3 and HTTP only."""

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cli import deploy, models, month_costs, pricing
from local import account
from local.account import EmbeddedAws
from machines import until
from promotions import ask_function, bring_back_trained, redefined
from stacks import SAMPLE_RIDES, MakeStack, Stack
from wildrydes.cost.execution import usage_of_execution
from wildrydes.cost.records import ExecutionRecords
from wildrydes.pricing.study import answer

RIDE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}
DATA = Path(__file__).resolve().parents[2] / "data"
BEST, PRICES = (json.loads((DATA / f"best_{name}.json").read_text(encoding="utf-8")) for name in ("auc", "rmse"))


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


@pytest.fixture(scope="module")
def first_output(stack: Stack) -> dict[str, Any]:
    """The first retraining on the sample; before it there is no champion."""
    status, answer = stack.ask(RIDE)
    assert (status, "no model has been promoted yet" in answer["detail"]) == (503, True)
    stack.upload(SAMPLE_RIDES)
    return stack.retrain(chunk_bytes=150_000)


@pytest.fixture
def first(stack: Stack, first_output: dict[str, Any]) -> dict[str, Any]:
    """The same, live again."""
    bring_back_trained(stack, first_output)
    return first_output


def test_every_ride_is_accounted_for(first: dict[str, Any]) -> None:
    rides, counts = first["rides"], first["training_set"]
    assert first["plan"]["chunks"] == 8
    assert rides["read"] == 5048
    assert rides["read"] == rides["accepted"] + rides["rejected"] + rides["repeated"]
    assert sum(rides["rejected_by_reason"].values()) == rides["rejected"] == 12
    assert counts["processed_rows"] == rides["accepted"]
    assert counts["processed_rows"] == counts["rides"] + counts["repeated"]
    splits = sum(counts[f"{split}_rows"] for split in ("train", "validation", "test"))
    assert counts["rides"] == splits + counts["without_weather"] + counts["without_label"] == 5000


def test_rejected_rides_are_kept_with_reason_source_and_position(stack: Stack, first: dict[str, Any]) -> None:
    rejected = stack.rejected()
    assert len(rejected) == first["rides"]["rejected"]
    assert all(each["reason"] and each["source"]["key"].startswith("raw/") for each in rejected)
    assert all(each["position"]["byte"] >= 0 for each in rejected)


def test_cost_is_in_the_output_the_card_and_the_ledger(stack: Stack, first: dict[str, Any]) -> None:
    cost = first["cost"]
    lines = {line["unit"].split(" (")[0]: line["quantity"] for line in cost["lines"]}
    # Six functions, that of the eight children, the smoke test of the promotion, and the one that accounts.
    assert lines["request"] == 6 + 8 + 1 + 1
    assert lines["TB scanned"] == pytest.approx(3 * 10 / (1 << 20))
    assert lines["hour of ml.m5.large"] > 0
    assert cost["total_usd"] == pytest.approx(sum(line["usd"] for line in cost["lines"]))
    assert models.card(stack.command_stack, first["execution"], first["task"])["cost"] == cost
    # What the command computes from the history is the same, but for what came after.
    arn = stack.execution_arn(first["execution"])
    now = datetime.now(UTC)
    usage = usage_of_execution(ExecutionRecords(stack.client), arn, now)
    assert usage["state_transitions"] == lines["state transition"]
    assert usage["lambda_requests"] == lines["request"]
    made = month_costs.month_costs(stack.command_stack, f"{now:%Y-%m}", now)
    (own,) = [each for each in made.executions if (each.workflow, each.name) == ("retrain", first["execution"])]
    assert own.usd == cost["total_usd"] < made.usd


def test_execution_that_fails_is_accounted_too(stack: Stack, first: dict[str, Any]) -> None:
    described = stack.ended(stack.start(name="of-no-task", target="none"))
    assert described["status"] == "FAILED"
    prefix = f"costs/{datetime.now(UTC):%Y-%m}/"
    key = f"{prefix}retrain-of-no-task.json"
    until(lambda: stack.keys(prefix), lambda keys: key in keys)
    lines = json.loads(stack.read(key))["cost"]["lines"]
    transitions = next(line["quantity"] for line in lines if line["unit"] == "state transition")
    # Set input aside, Read input, Apply defaults.
    assert transitions == 3


def test_model_answers_over_http(stack: Stack, first: dict[str, Any]) -> None:
    status, answer = stack.ask(RIDE)
    assert status == 200
    assert 0.5 < answer["probability"] <= 1
    assert (answer["label"], answer["target"]) == (1, "heavy_utilization")
    assert answer["model"] == first["execution"]
    assert stack.ask(RIDE | {"magicpoints": 0})[1]["label"] == 0


def test_model_is_as_good_as_the_label_is_separable(first: dict[str, Any]) -> None:
    assert first["metrics"]["rows"] == BEST["rides_in_the_test_split"]
    assert first["metrics"]["accuracy"] >= 0.99


def test_live_model_is_recorded_for_the_next_deployment(stack: Stack, first: dict[str, Any]) -> None:
    recorded = stack.client("ssm").get_parameter(Name=f"/wildrydes/{stack.name}/model-path")["Parameter"]["Value"]
    assert recorded == first["model_path"]
    function = stack.client("lambda").get_function_configuration(FunctionName=stack.outputs["PredictFunctionName"])
    variables = function["Environment"]["Variables"]
    assert variables["MODEL_PATH"] == first["model_path"]
    # Set by the template, and kept by the workflow.
    assert (variables["DATA_BUCKET"], variables["LOG_LEVEL"]) == (stack.bucket, "INFO")


def test_training_set_is_what_the_container_reads(stack: Stack, first: dict[str, Any]) -> None:
    prefix = f"training-sets/{first['execution']}/split=train/"
    rows = [row for key in stack.keys(prefix) for row in gzip.decompress(stack.read(key)).decode().splitlines()]
    assert len(rows) == first["training_set"]["train_rows"]
    cells = [row.split(",") for row in rows]
    assert {len(row) for row in cells} == {7}
    assert {row[0] for row in cells} == {"0", "1"}
    assert sum(row[0] == "1" for row in cells) == first["training_set"]["train_positives"]


def test_retraining_again_changes_no_processed_object_and_takes_no_ride_twice(
    stack: Stack, first: dict[str, Any]
) -> None:
    before = {prefix: stack.keys(prefix) for prefix in ("processed/", "rejected/")}
    again = stack.retrain()
    assert {prefix: stack.keys(prefix) for prefix in before} == before
    assert again["plan"]["chunks"] == 0
    assert again["plan"]["already_ingested"] == 4
    assert again["plan"]["message"].startswith("None of the 4 files under raw/ is new")
    assert again["rides"]["read"] == 0
    assert again["training_set"] == first["training_set"]
    # The same rows, the same seed: the same model, which is no better than itself.
    assert again["metrics"]["log_loss"] == first["metrics"]["log_loss"]
    assert (again["promoted"], again["live_model_path"]) == (False, first["model_path"])
    assert stack.ask(RIDE)[1]["model"] == first["execution"]


def test_of_five_starts_at_once_one_trains_and_says_why_it_was_started(stack: Stack, first: dict[str, Any]) -> None:
    executions = [stack.start(promote=False, reason="schedule", reason_detail="a night") for _ in range(5)]
    outputs = {arn: json.loads(stack.ended(arn)["output"]) for arn in executions}
    (trained,) = [arn for arn, output in outputs.items() if "yielded_to" not in output]
    assert {output["yielded_to"] for arn, output in outputs.items() if arn != trained} == {trained}
    started_by = {"reason": "schedule", "detail": "a night"}
    assert [output["started_by"] for output in outputs.values()] == [started_by] * 5
    # The others have left nothing.
    cards = models.cards(stack.command_stack)
    name = outputs[trained]["execution"]
    assert cards[name]["started_by"] == started_by
    assert cards.keys().isdisjoint({output["execution"] for output in outputs.values()} - {name})
    listed = {line.execution: line.started_by for line in models.lines(models.promotions(stack.command_stack), cards)}
    assert listed[name] == started_by
    assert listed[first["execution"]] == {"reason": "person", "detail": ""}


@pytest.mark.proof
def test_service_requested_comes_near_the_best_that_can_be_reached(stack: Stack, first: dict[str, Any]) -> None:
    output = stack.retrain(task="service_requested")
    assert output["metrics"]["auc"] >= BEST["best_auc_on_the_test_split"] - 0.02
    status, answer = ask_function(stack, "service_requested", RIDE)
    assert (status, answer["target"], answer["model"]) == (200, "service_requested", output["execution"])
    # The other task's goes on.
    assert stack.ask(RIDE)[1]["model"] == first["execution"]


@pytest.mark.proof
def test_pricing_finds_the_overcharge_that_the_generator_put_in(stack: Stack, first: dict[str, Any]) -> None:
    output = stack.retrain(task="magic_points")
    card = models.card(stack.command_stack, output["execution"], "magic_points")
    study = pricing.study_of(stack.command_stack, card)
    truth = PRICES["true_overcharge_on_the_test_split"]
    assert [band.band for band in study.bands] == list(truth)
    for band in study.bands:
        assert band.rides == truth[band.band]["rides"]
        assert band.overcharge is not None
        assert band.overcharge.low < truth[band.band]["overcharge"] < band.overcharge.high, band
    assert (answer(study), study.errors.rides) == ("yes", PRICES["rides_in_the_test_split"])
    assert PRICES["best_rmse_on_the_test_split"] < study.errors.price_rmse < study.errors.rule_rmse


def test_model_of_mileage_and_weather_asks_for_no_more(stack: Stack, first: dict[str, Any]) -> None:
    output = stack.retrain(features=["distance", "tmax", "TMIN", "PRCP"], force=True)
    assert output["features"] == ["distance", "TMIN", "TMAX", "PRCP"]
    assert "the input has force: true" in output["verdict"]["reason"]
    status, answer = stack.ask({"distance": 30, "TMAX": 333, "TMIN": 300, "PRCP": 0})
    assert (status, answer["model"]) == (200, output["execution"])
    status, problem = stack.ask({"distance": 30})
    assert (status, problem["detail"], problem["field"]) == (422, "TMIN is missing", "TMIN")


@pytest.mark.proof
def test_deployment_of_code_keeps_model_and_data(
    stack: Stack, first: dict[str, Any], copy_of_the_project: Path
) -> None:
    output = stack.retrain(features=["distance", "magicpoints"], force=True)
    before = stack.ask(RIDE)
    keys = stack.keys("")
    (copy_of_the_project / "functions" / "wildrydes" / "added.py").write_text("ADDED = 1\n", encoding="utf-8")
    function = {"FunctionName": stack.outputs["PredictFunctionName"], "Qualifier": "live"}
    live = stack.client("lambda").get_function_configuration(**function)
    parameters = deploy.parameters_of_champions(f"/wildrydes/{stack.name}")
    again = deploy.deploy(copy_of_the_project, stack.server, stack.name, parameters)
    assert again.outputs == stack.outputs
    deployed = stack.client("lambda").get_function_configuration(**function)
    # Another version of the function answers now: the new code, with the model that was live.
    assert deployed["CodeSha256"] != live["CodeSha256"]
    assert int(deployed["Version"]) > int(live["Version"])
    assert deployed["Environment"]["Variables"]["MODEL_PATH"] == output["model_path"]
    assert stack.ask(RIDE) == before
    assert before[1]["model"] == output["execution"]
    after = stack.keys("")
    assert keys.items() <= after.items()
    # Firehose may have delivered what was asked before: by its own time.
    assert all(key.startswith("predictions/") for key in after.keys() - keys.keys())


@pytest.mark.proof
def test_real_rides_are_kept_though_their_nearest_station_never_reports(
    make_stack: MakeStack, shared_data: Path, server: EmbeddedAws
) -> None:
    real = make_stack(WeatherBucket="noaa-of-the-real-rides")
    from cli import weather

    observations = weather.collect(shared_data / "weather" / "ghcnd_nyc_2009-2019.csv")
    weather.fill(server, observations, "noaa-of-the-real-rides")
    real.upload([shared_data / "rides" / "ride_data.array.json"])
    output = real.retrain()
    counts = output["training_set"]
    assert output["rides"]["accepted"] == 7755
    assert counts["train_rows"] + counts["validation_rows"] + counts["test_rows"] >= 7700
    assert counts["filled_rides"] >= 7600
    assert (counts["far_rides"], counts["farthest_miles"]) == (4490, 144.1)
    assert output["metrics"]["accuracy"] >= 0.99


def next_day(stack: Stack, earlier: list[str]) -> str:
    """Move the clock on by a day, which starts the workflow; the ARN of the execution. By the first a minute more."""
    fired = stack.server.request("/_local/clock", advance_seconds=86_400 + 60 * (not earlier))["fired"]
    assert f"{stack.name}-retrain" in fired
    request = {"stateMachineArn": stack.outputs["StateMachineArn"]}
    started = account.entries(stack.client("stepfunctions"), "list_executions", "executions", **request)
    (new,) = {each["executionArn"] for each in started} - set(earlier)
    return new


@pytest.mark.proof
def test_a_week_of_moved_clock_starts_the_deployed_workflow_exactly_on_schedule(
    make_stack: MakeStack,
) -> None:
    scheduled = make_stack(ScheduleExpression="rate(1 day)", ScheduleTimezone="Europe/Berlin", MonthlyBudget="20")
    spend = Spend(scheduled)
    spend.check_budget()
    spend.put(20.0)
    assert spend.alarm() != "ALARM"
    spend.put(20.01)
    assert spend.alarm() == "ALARM"
    executions = [next_day(scheduled, [])]
    # There is no ride yet; what matters is that the schedule's role may start the workflow and its input passes.
    assert scheduled.ended(executions[0])["error"] == "UnusableTrainingSet"
    # So it would end on each day. From now on it ends once the input has been taken.
    with redefined(scheduled, "StateMachineArn", States={"Which task?": {"Type": "Succeed"}}):
        for _ in range(6):
            executions.append(next_day(scheduled, executions))
            assert scheduled.ended(executions[-1])["status"] == "SUCCEEDED"
    states = scheduled.client("stepfunctions")
    inputs = [json.loads(states.describe_execution(executionArn=arn)["input"]) for arn in executions]
    assert {each["reason"] for each in inputs} == {"schedule"}
    times = [datetime.fromisoformat(each["reason_detail"]) for each in inputs]
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(days=1)] * 6
    assert account.DEFAULT_REGION in executions[0]
    # As in another month.
    spend.put(0.5)
    assert spend.alarm() == "OK"


@dataclass(frozen=True)
class Spend:
    """What a month has cost so far, and who watches it."""

    stack: Stack

    def check_budget(self) -> None:
        """The budget is that of the stack's parameter."""
        described = self.stack.client("cloudformation").describe_stack_resource(
            StackName=self.stack.name, LogicalResourceId="Budget"
        )
        name = described["StackResourceDetail"]["PhysicalResourceId"]
        budget = self.stack.client("budgets").describe_budget(AccountId=account.ACCOUNT_ID, BudgetName=name)["Budget"]
        assert budget["BudgetLimit"] == {"Amount": "20", "Unit": "USD"}

    def put(self, usd: float) -> None:
        dimensions = [{"Name": "service", "Value": self.stack.name}]
        metric = {"MetricName": "MonthSpend", "Dimensions": dimensions, "Value": usd}
        self.stack.client("cloudwatch").put_metric_data(Namespace="WildRydes", MetricData=[metric])

    def alarm(self) -> str:
        names = [f"{self.stack.name}-spend"]
        (alarm,) = self.stack.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        return alarm["StateValue"]
