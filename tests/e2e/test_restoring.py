"""What becomes of a promotion that does not get to its end, and of the retraining that waits for it.

The retrainings here begin where the model has been trained: what `Evaluate model` would say is in their definition.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from cli import deploy, replay
from cli.status import Champion, status_of
from local import account
from machines import unique, until
from promotions import (
    NO_OTHER_YEARS,
    Live,
    Model,
    WriteArtefact,
    bring_back,
    ends_without_restoring,
    live,
    nothing_restored,
    promote,
    redefined,
    start,
    state_of,
    store,
    trained,
    unchanged,
    without_grant,
)
from redefinitions import shorten_pauses
from stacks import ROOT, MakeStack, Stack

pytestmark = pytest.mark.proof

GARBAGE = "s3://elsewhere/model.tar.gz"


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return shorten_pauses(make_stack())


@pytest.fixture(scope="module")
def first_retraining(stack: Stack, write_artefact: WriteArtefact) -> tuple[Model, dict[str, Any], dict[str, Any]]:
    """The model that was live first, and the outputs of the retraining before its own, and of its own."""
    model = trained(stack, write_artefact, 0.25)
    outputs = []
    for promoted in (False, True):
        write_parameter(stack, GARBAGE)
        with retraining(stack, model, promoted=promoted) as arn:
            outputs.append(output_of(stack, arn))
    return model, outputs[0], outputs[1]


@pytest.fixture
def first(stack: Stack, first_retraining: tuple[Model, Any, Any]) -> Model:
    """A champion."""
    bring_back(stack, first_retraining[0])
    return first_retraining[0]


@contextmanager
def retraining(stack: Stack, model: Model, *, promoted: bool = True, name: str = "") -> Iterator[str]:
    """A retraining that has trained `model`, and its verdict; the execution's ARN."""
    verdict = {"promote": promoted, "reason": "log loss is better by 0.1"}
    golden = {"ride": model.ride, "probability": model.probability}
    card = f"models/{model.execution}/card.json"
    metrics = {"model_path": model.path, "golden": golden, "verdict": verdict, "card": card}
    evaluation = {"Type": "Pass", "Result": metrics, "ResultPath": "$.metrics", "Next": "Is it better?"}
    wait = state_of(stack, "StateMachineArn", "Wait for restoring") | {"Seconds": 3}
    start = "Serve heavy_utilization"
    serve = state_of(stack, "StateMachineArn", start) | {"Next": "Read parameter"}
    states = {"Evaluate model": evaluation, "Wait for restoring": wait, start: serve}
    parameters = {"execution": model.execution, "features": ["distance"], "kind": "binary_classification"}
    parameters |= dict.fromkeys(("task", "target"), "heavy_utilization") | {"serving": "lambda"}
    parameters |= {"started_by": {"reason": "schedule", "detail": "2026-11-29T03:00:00Z"}}
    with redefined(stack, "StateMachineArn", StartAt=start, States=states):
        yield stack.start(name, parameters=parameters, rides={}, plan={}, training_set={}, rides_listed=NO_OTHER_YEARS)


def output_of(stack: Stack, arn: str) -> dict[str, Any]:
    described = stack.ended(arn)
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    return json.loads(described["output"])


def failure_of(stack: Stack, arn: str) -> tuple[str, str]:
    described = stack.ended(arn)
    assert described["status"] == "FAILED", described
    return described["error"], described["cause"]


def champion_now(stack: Stack) -> Champion:
    """The champion of the default task, as `wildrydes status` has it."""
    return status_of(stack.command_stack).champions["heavy_utilization"]


def write_parameter(stack: Stack, value: str | None) -> None:
    """Someone else's value for the parameter, or none at all."""
    ssm, name = stack.client("ssm"), f"/wildrydes/{stack.name}/model-path"
    if value is None:
        ssm.delete_parameter(Name=name)
    else:
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


@contextmanager
def baking(stack: Stack, **fields: Any) -> Iterator[None]:
    """A tenth of the requests gets each new model for ten minutes."""
    bake = {"Type": "Wait", "Seconds": 600, "Next": "Read error alarm"}
    steps = {"Type": "Pass", "Next": "Move a tenth"}
    states = {"Bake": bake, "In steps?": steps} | fields.pop("States", {})
    with redefined(stack, "PromoteStateMachineArn", States=states, **fields):
        yield


def promotion_of(stack: Stack, retraining_arn: str) -> str:
    """The ARN of the promotion that a retraining starts which nobody has redriven."""
    return promotion_arn(stack, f"{retraining_arn.rpartition(':')[2]}-0")


def promotion_arn(stack: Stack, name: str) -> str:
    """The ARN that a promotion of this name has."""
    return f"{stack.outputs['PromoteStateMachineArn'].replace(':stateMachine:', ':execution:')}:{name}"


def wait_for(stack: Stack, right: Callable[[dict[str, Any]], Any]) -> None:
    """Until the alias is as it should be."""
    function = stack.outputs["PredictFunctionName"]
    until(lambda: stack.client("lambda").get_alias(FunctionName=function, Name="live"), right)


def a_tenth_is_out(alias: dict[str, Any]) -> bool:
    return "RoutingConfig" in alias


def stop(stack: Stack, arn: str) -> None:
    stack.client("stepfunctions").stop_execution(executionArn=arn)


def restore(stack: Stack, promotion: str) -> dict[str, Any]:
    """The output of `restore` for a promotion, as somebody starts it by hand."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["RestoreStateMachineArn"], input=json.dumps({"promotion": promotion})
    )
    return output_of(stack, started["executionArn"])


def restored(stack: Stack, before: Live) -> None:
    """By itself, after a while: nobody waits for it."""
    until(lambda: live(stack), lambda now: now == before)


def test_before_the_first_promotion_the_alias_says_so(first_retraining: tuple[Model, Any, Any]) -> None:
    model, first_output, promoted = first_retraining
    assert (first_output["promoted"], first_output["live_model_path"]) == (False, "none")
    for output in (first_output, promoted):
        assert output["parameter"]["was"]["value"] == GARBAGE
        assert output["parameter"]["repair"] == {"state": "repaired"}
    # With nothing live, what was in the parameter did not count for a champion.
    assert (promoted["promoted"], promoted["live_model_path"]) == (True, model.path)


@pytest.mark.parametrize(
    ("value", "promoted"),
    [
        (GARBAGE, False),
        (None, True),
        ("none", False),
        ("none", True),
        (GARBAGE, True),
        (None, False),
    ],
)
def test_parameter_is_repaired_by_the_alias(
    stack: Stack, write_artefact: WriteArtefact, first: Model, value: str | None, *, promoted: bool
) -> None:
    model = trained(stack, write_artefact, 0.375)
    write_parameter(stack, value)
    with retraining(stack, model, promoted=promoted) as arn:
        output = output_of(stack, arn)
    assert output["promoted"] == promoted
    assert output["parameter"]["repair"] == {"state": "repaired"}
    was = output["parameter"]["was"]
    assert was["value"] == value if value else "ParameterNotFound" in was["Error"]
    after, champion = live(stack), model if promoted else first
    assert after.parameter == after.model_path == output["live_model_path"] == champion.path
    assert after.answer[1]["model"] == champion.execution


def test_parameter_that_is_right_is_left_alone_and_one_that_cannot_be_reached_stops_nothing(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    model = trained(stack, write_artefact, 0.375)
    with unchanged(stack):
        with retraining(stack, model, promoted=False) as arn:
            output = output_of(stack, arn)
        assert output["parameter"]["was"]["value"] == first.path
        assert output["parameter"]["repair"] == {"state": "right"}
        with without_grant(stack, "Retrain", "RepairParameter"), retraining(stack, model, promoted=False) as arn:
            output = output_of(stack, arn)
        assert "ssm:GetParameter" in output["parameter"]["was"]["Cause"]
        assert "ssm:PutParameter" in output["parameter"]["repair"]["Cause"]


@pytest.mark.parametrize("value", ["none", GARBAGE, None])
def test_deployment_takes_what_is_live_and_not_what_somebody_wrote(
    stack: Stack, first: Model, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    path = f"/wildrydes/{stack.name}/model-path"
    warnings: list[str] = []
    monkeypatch.setattr(deploy.log, "warning", lambda text, *values: warnings.append(text % values))
    with unchanged(stack):
        write_parameter(stack, value)
        assert champion_now(stack).deployed_next == (value or "none")
        deploy.deploy(ROOT, stack.server, stack.name, deploy.parameters_of_champions(f"/wildrydes/{stack.name}"))
    assert champion_now(stack).deployed_next == first.path
    assert warnings == [f"The SSM parameter {path} was {value!r}; it is {first.path!r} again, which is live."]


def test_promotion_that_fails_by_itself_fails_the_retraining(stack: Stack, first: Model) -> None:
    with unchanged(stack), retraining(stack, store(stack, b"no archive")) as arn:
        error, cause = failure_of(stack, arn)
    assert (error, json.loads(cause)["Error"]) == ("States.TaskFailed", "SmokeTestFailed")


def test_promotion_that_runs_out_of_time_while_it_bakes_is_undone(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    model = trained(stack, write_artefact, 0.5)
    with unchanged(stack), baking(stack, TimeoutSeconds=5), retraining(stack, model) as arn:
        error, cause = failure_of(stack, arn)
    assert (error, json.loads(cause)["Status"]) == ("States.TaskFailed", "TIMED_OUT")


def test_promotion_that_is_stopped_while_it_bakes_is_undone(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    model = trained(stack, write_artefact, 0.5)
    with unchanged(stack), baking(stack), retraining(stack, model) as arn:
        wait_for(stack, a_tenth_is_out)
        stop(stack, promotion_of(stack, arn))
        error, cause = failure_of(stack, arn)
    assert (error, json.loads(cause)["Status"]) == ("States.TaskFailed", "ABORTED")


def test_retraining_that_is_stopped_stops_its_promotion_which_is_undone(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    before = live(stack)
    with baking(stack), retraining(stack, trained(stack, write_artefact, 0.5)) as arn:
        wait_for(stack, a_tenth_is_out)
        stop(stack, arn)
        assert stack.ended(promotion_of(stack, arn))["status"] == "ABORTED"
        restored(stack, before)


# Neither to follow it nor to stop it, where no action is named.
@pytest.mark.parametrize("denied", [("states:DescribeExecution",), ()])
def test_retraining_that_may_not_follow_its_promotion_has_it_stopped_and_undone(
    stack: Stack, write_artefact: WriteArtefact, first: Model, denied: tuple[str, ...]
) -> None:
    before, model = live(stack), trained(stack, write_artefact, 0.5)
    with baking(stack), without_grant(stack, "Retrain", "FollowPromotion", actions=denied):
        with retraining(stack, model) as arn:
            _, cause = failure_of(stack, arn)
        assert "states:DescribeExecution" in cause
        described = stack.ended(promotion_of(stack, arn))
        assert (described["status"], described["error"]) == ("ABORTED", "RetrainingFailed")
        # Whoever cannot see the end gives it half a minute, which here are three seconds.
        restored(stack, before)


def test_promotion_that_fails_by_an_error_that_no_catch_gets_is_undone(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    before, bake = live(stack), {"Type": "Wait", "SecondsPath": "$.request.reason", "Next": "Read error alarm"}
    with baking(stack, States={"Bake": bake}):
        described = stack.ended(start(stack, trained(stack, write_artefact, 0.5).request()))
    assert described["status"] == "FAILED"
    restored(stack, before)


def test_promotion_clears_the_weights_of_a_stopped_one_that_is_not_put_in_order_before_it(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    dead, sqs = stack.outputs["PromotionEndsDeadLetterQueueUrl"], stack.client("sqs")
    # Other tests have promotions whose ends start nothing, too.
    sqs.purge_queue(QueueUrl=dead)
    with unchanged(stack), nothing_restored(stack):
        with baking(stack):
            stopped = start(stack, trained(stack, write_artefact, 0.5).request())
            wait_for(stack, a_tenth_is_out)
            stop(stack, stopped)
        refused = stack.ended(start(stack, store(stack, b"no archive").request()))
        assert (refused["status"], refused["error"]) == ("FAILED", "SmokeTestFailed")
        # Who put it in order is not the stopped one's `restore`: it comes now, and finds nothing.
        assert live(stack).routing == {}
        assert restore(stack, stopped) == {"promoted": False, "model_path": first.path}
    # Neither end is lost: both wait until EventBridge's part is done by hand.
    stranger = sqs.send_message(QueueUrl=dead, MessageBody="by hand")["MessageId"]
    assert replay.restore(stack.command_stack, dead) == replay.Resent(2, {stranger: "it is no JSON"})
    sqs.purge_queue(QueueUrl=dead)


def test_promotion_that_is_stopped_when_its_model_is_live_is_completed(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    before, model = live(stack), trained(stack, write_artefact, 0.5)
    record = {"Type": "Wait", "Seconds": 600, "Next": "Write registry"}
    slow = redefined(stack, "PromoteStateMachineArn", States={"Record MODEL_PATH": record})
    with slow, retraining(stack, model) as arn:
        wait_for(stack, lambda alias: alias["FunctionVersion"] != before.version)
        stop(stack, promotion_of(stack, arn))
        output = output_of(stack, arn)
    assert (output["promoted"], output["live_model_path"]) == (True, model.path)
    after = live(stack)
    assert after.answer[1]["model"] == model.execution
    assert after.parameter == after.model_path == model.path
    # The retraining has had it completed, and so has EventBridge. Once more changes nothing.
    assert restore(stack, promotion_of(stack, arn)) == {"promoted": True, "model_path": model.path}
    added = set(live(stack).registry) - set(before.registry)
    entries = [json.loads(stack.read(key)) for key in added]
    assert [entry["execution"] for entry in entries] == [model.execution]
    assert entries[0]["previous"] == {"version": before.version, "model_path": first.path}
    assert entries[0]["promotion"] == promotion_of(stack, arn)


@contextmanager
def held(stack: Stack, state: str, execution: str) -> Iterator[Callable[[], None]]:
    """The execution of that name comes no further than to this state, until what this gives is called."""
    put = partial(stack.server.request, "/_local/faults", execution=execution)
    put(faults=[{"state": state, "moment": "hold"}])
    try:
        yield lambda: put(faults=[])
    finally:
        put(faults=[])


def came_to_be_held(stack: Stack, execution: str) -> None:
    faults = partial(stack.server.request, "/_local/faults", execution=execution)
    until(lambda: faults()["faults"][0]["injected"], bool)


@contextmanager
def interrupted(
    stack: Stack, model: Model, state: str = "Promote", name: str = "", **fault: Any
) -> Iterator[Callable[[], str]]:
    """A retraining that ends in this state by an error that no Catch gets; what redrives it, once that was so."""
    name = name or unique("interrupted")
    faults = [{"state": state, "moment": "after", "error": "States.Runtime", "cause": "killed"} | fault]
    stack.server.request("/_local/faults", execution=name, faults=faults)
    with retraining(stack, model, name=name) as arn:

        def redrive() -> str:
            assert failure_of(stack, arn)[0] == "States.Runtime"
            stack.client("stepfunctions").redrive_execution(executionArn=arn)
            return arn

        yield redrive


def promotions_of(stack: Stack, retraining_arn: str) -> dict[str, str]:
    """How the promotions of a retraining ended, by the number that their names have."""
    name = retraining_arn.rpartition(":")[2]
    listed = account.entries(
        stack.client("stepfunctions"),
        "list_executions",
        "executions",
        stateMachineArn=stack.outputs["PromoteStateMachineArn"],
    )
    return {
        each["name"].removeprefix(f"{name}-"): each["status"] for each in listed if each["name"].startswith(f"{name}-")
    }


def test_redrive_follows_the_promotion_that_runs_still(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    model, name = trained(stack, write_artefact, 0.5), unique("interrupted")
    with (
        held(stack, "Publish version", f"{name}-0") as release,
        interrupted(stack, model, name=name) as redrive,
    ):
        arn = redrive()
        came_to_be_held(stack, f"{name}-0")
        # The answer to the first start was lost.
        until(lambda: starts_with_an_answer(stack, arn), lambda number: number == 1)
        release()
        output = output_of(stack, arn)
    assert (output["promoted"], output["live_model_path"]) == (True, model.path)
    assert promotions_of(stack, arn) == {"0": "SUCCEEDED"}


def starts_with_an_answer(stack: Stack, arn: str) -> int:
    """How often the retraining was answered that its promotion runs."""
    history = account.entries(stack.client("stepfunctions"), "get_execution_history", "events", executionArn=arn)
    return sum("taskSubmittedEventDetails" in event for event in history)


def test_redrive_finds_that_its_promotion_succeeded(stack: Stack, write_artefact: WriteArtefact, first: Model) -> None:
    before, model = live(stack), trained(stack, write_artefact, 0.5)
    with interrupted(stack, model) as redrive:
        until(lambda: live(stack), lambda now: len(now.registry) > len(before.registry))
        arn = redrive()
        output = output_of(stack, arn)
    assert (output["promoted"], output["live_model_path"]) == (True, model.path)
    assert promotions_of(stack, arn) == {"0": "SUCCEEDED"}
    assert len(live(stack).registry) == len(before.registry) + 1


def test_redrive_starts_a_new_promotion_where_the_first_was_stopped(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    before, model = live(stack), trained(stack, write_artefact, 0.5)
    with retraining(stack, model) as arn:
        with baking(stack):
            wait_for(stack, a_tenth_is_out)
            stop(stack, arn)
            assert stack.ended(arn)["status"] == "ABORTED"
            # Stopped by Step Functions a moment later: a start of its name joins it until then.
            assert stack.ended(promotion_of(stack, arn))["status"] == "ABORTED"
        stack.client("stepfunctions").redrive_execution(executionArn=arn)
        output = output_of(stack, arn)
    assert (output["promoted"], output["live_model_path"]) == (True, model.path)
    assert promotions_of(stack, arn) == {"0": "ABORTED", "1": "SUCCEEDED"}
    after = live(stack)
    assert (after.answer[1]["model"], after.parameter, after.routing) == (model.execution, model.path, {})
    assert len(after.registry) == len(before.registry) + 1


def test_redrive_of_a_retraining_that_was_interrupted_while_its_promotion_was_restored(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    model, name = trained(stack, write_artefact, 0.5), unique("interrupted")
    with (
        held(stack, "Publish version", f"{name}-0"),
        interrupted(stack, model, name=name) as redrive,
    ):
        came_to_be_held(stack, f"{name}-0")
        stop(stack, promotion_arn(stack, f"{name}-0"))
        once_more = {"state": "Restore", "moment": "after", "error": "States.Runtime", "cause": "killed"}
        stack.server.request("/_local/faults", execution=name, faults=[once_more])
        redrive()
        arn = redrive()
        output = output_of(stack, arn)
    assert (output["promoted"], output["live_model_path"]) == (True, model.path)
    assert promotions_of(stack, arn) == {"0": "ABORTED", "2": "SUCCEEDED"}


@pytest.mark.parametrize("succeeds", [True, False])
def test_redrive_goes_on_where_the_restoring_had_ended_before_its_start_was_repeated(
    stack: Stack, write_artefact: WriteArtefact, first: Model, *, succeeds: bool
) -> None:
    model, name = trained(stack, write_artefact, 0.5), unique("interrupted")
    with (
        held(stack, "Publish version", f"{name}-0"),
        interrupted(stack, model, name=name) as redrive,
    ):
        came_to_be_held(stack, f"{name}-0")
        promotion = promotion_arn(stack, f"{name}-0")
        stop(stack, promotion)
        if not succeeds:
            broken = {"state": "Read promotion", "moment": "before", "error": "Sfn.Denied"}
            stack.server.request("/_local/faults", execution=f"{name}-0-1", faults=[broken])
        # The one that a first start would have begun, and whose answer was lost.
        restoring = stack.client("stepfunctions").start_execution(
            stateMachineArn=stack.outputs["RestoreStateMachineArn"],
            name=f"{name}-0-1",
            input=json.dumps({"promotion": promotion}),
        )
        ended = stack.ended(restoring["executionArn"])
        assert (ended["status"] == "SUCCEEDED") == succeeds
        arn = redrive()
        if succeeds:
            output = output_of(stack, arn)
            assert (output["promoted"], output["live_model_path"]) == (True, model.path)
        else:
            assert failure_of(stack, arn)[0] == "StepFunctions.ExecutionAlreadyExistsException"
    assert promotions_of(stack, arn) == {"0": "ABORTED"} | ({"1": "SUCCEEDED"} if succeeds else {})


def test_redrive_promotes_nothing_that_fails_the_smoke_test(stack: Stack, first: Model) -> None:
    name = unique("interrupted")
    with unchanged(stack), interrupted(stack, store(stack, b"no archive"), name=name) as redrive:
        until(lambda: promotions_of(stack, name), lambda ends: ends.get("0") == "FAILED")
        arn = redrive()
        error, cause = failure_of(stack, arn)
    assert (error, json.loads(cause)["Error"]) == ("States.TaskFailed", "SmokeTestFailed")
    assert promotions_of(stack, arn) == {"0": "FAILED", "1": "FAILED"}


def test_redrive_does_not_take_back_a_champion_that_came_since(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    model, newer, name = trained(stack, write_artefact, 0.5), trained(stack, write_artefact, 0.75), unique("late")
    with (
        nothing_restored(stack),
        held(stack, "Publish version", f"{name}-0"),
        interrupted(stack, model, name=name) as redrive,
    ):
        came_to_be_held(stack, f"{name}-0")
        stop(stack, promotion_arn(stack, f"{name}-0"))
        promote(stack, newer)
        error, cause = failure_of(stack, redrive())
    assert (error, json.loads(cause)["Error"]) == ("States.TaskFailed", "PromotionConflict")
    after = live(stack)
    assert after.answer[1]["model"] == newer.execution
    assert after.parameter == after.model_path == newer.path


def test_restoring_that_is_late_leaves_the_parameter_of_the_next_promotion(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    stopped, newer = trained(stack, write_artefact, 0.5), trained(stack, write_artefact, 0.75)
    promotion, late = unique("stopped"), unique("late")
    machine = stack.outputs["RestoreStateMachineArn"]
    with nothing_restored(stack), held(stack, "Publish version", promotion):
        arn = start(stack, stopped.request(), promotion)
        came_to_be_held(stack, promotion)
        before = ends_without_restoring(stack)
        stop(stack, arn)
        # EventBridge comes a moment later: it would start what the test starts by itself.
        until(lambda: ends_without_restoring(stack), lambda count: count > before)
    with held(stack, "Put parameter back", late) as release:
        started = stack.client("stepfunctions").start_execution(
            stateMachineArn=machine, name=late, input=json.dumps({"promotion": arn})
        )
        came_to_be_held(stack, late)
        assert restore(stack, arn) == {"promoted": False, "model_path": first.path}
        promote(stack, newer)
        release()
        assert output_of(stack, started["executionArn"]) == {"promoted": False, "model_path": newer.path}
    assert live(stack).parameter == newer.path
