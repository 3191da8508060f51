"""Promotions and rollbacks while requests come in: none fails, and each is answered by one whole model."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from cli import models as registry
from cli import rollback
from machines import until
from promotions import (
    RIDE,
    Load,
    Model,
    WriteArtefact,
    ask_function,
    live,
    promote,
    start,
    traces,
    trained,
)
from stacks import MakeStack, Stack
from wildrydes.tasks import DEFAULT_TASK, TASKS

pytestmark = pytest.mark.proof

OTHER = "service_requested"


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


@pytest.fixture(scope="module")
def first(stack: Stack, write_artefact: WriteArtefact) -> Model:
    """A model to be live before each test."""
    return trained(stack, write_artefact, 0.25)


def test_tenth_of_the_requests_first_and_all_when_no_alarm_goes_off(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    promote(stack, first)
    model = trained(stack, write_artefact, 0.875)
    execution = start(stack, model.request(bake_seconds=3.0))
    function = stack.outputs["PredictFunctionName"]
    now = until(
        lambda: stack.client("lambda").get_alias(FunctionName=function, Name="live"),
        lambda alias: alias.get("RoutingConfig"),
    )
    assert list(now["RoutingConfig"]["AdditionalVersionWeights"].values()) == [0.1]
    with Load(stack) as load:
        described = stack.ended(execution)
    assert described["status"] == "SUCCEEDED", described.get("cause")
    by_model = load.whole([first, model])
    assert by_model[first.execution] > by_model[model.execution] > 0
    after = live(stack)
    assert (after.answer[1]["model"], after.routing) == (model.execution, {})


def test_of_fifty_promotions_at_once_one_wins_and_every_answer_is_of_one_whole_model(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    promote(stack, first)
    models = [trained(stack, write_artefact, 0.01 * number) for number in range(1, 51)]
    before = live(stack)
    with Load(stack) as load:
        with ThreadPoolExecutor(8) as starters:
            executions = list(starters.map(lambda model: start(stack, model.request()), models))
        ended = [stack.ended(execution) for execution in executions]
        answers = len(load.answers)
        until(lambda: len(load.answers), lambda count: count >= answers + 20)
    winners = [model for model, described in zip(models, ended, strict=True) if described["status"] == "SUCCEEDED"]
    losers = [described for described in ended if described["status"] == "FAILED"]
    assert len(winners) == 1
    assert {described["error"] for described in losers} == {"PromotionConflict"}
    assert len(losers) == 49
    by_model = load.whole([first, *winners])
    assert set(by_model) == {first.execution, winners[0].execution}
    after = live(stack)
    assert after.answer[1]["model"] == winners[0].execution
    assert after.model_path == after.parameter == winners[0].path
    assert len(after.registry) == len(before.registry) + 1
    print(f"\n{sum(by_model.values())} answers, {by_model[winners[0].execution]} of them the winner's")  # noqa: T201


def test_rollback_takes_seconds_and_fails_no_request(
    stack: Stack, write_artefact: WriteArtefact, first: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(stack, first)
    second = trained(stack, write_artefact, 1.5)
    promote(stack, second, reason="log loss is better")
    never = trained(stack, write_artefact, 1.625)
    console = Console(highlight=False, soft_wrap=True)
    with Load(stack) as load:
        assert rollback.roll_back(stack.command_stack, None, console) == 0
        back = stack.ask(RIDE)
    load.whole([first, second])
    assert back[1]["model"] == first.execution
    output = capsys.readouterr().out
    seconds = float(re.findall(r"after ([\d.]+) s", output)[0])
    print(f"\n{output}{len(load.answers)} requests meanwhile, none failed")  # noqa: T201
    assert seconds < 5
    # By name, and to what the registry has the smoke test for.
    assert rollback.roll_back(stack.command_stack, second.execution, console) == 0
    assert live(stack).answer[1]["model"] == second.execution
    with pytest.raises(registry.NoEarlierModelError, match=f"{second.execution} is live already"):
        rollback.roll_back(stack.command_stack, second.execution, console)
    with pytest.raises(registry.NoEarlierModelError, match="was never live"):
        rollback.roll_back(stack.command_stack, never.execution, console)


def test_promotion_of_one_task_changes_no_answer_and_nothing_else_of_another(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    promote(stack, first)
    one, two, refused = (trained(stack, write_artefact, weight, OTHER) for weight in (0.375, 0.5, 0.625))
    others = [name for name in TASKS if name != OTHER]
    before = {name: traces(stack, name) for name in others}
    registered = set(traces(stack, OTHER)["registry"])
    with Load(stack) as load:
        promote(stack, one)
        promote(stack, two, bake_seconds=1)
        wrong = refused.request(golden={"ride": RIDE, "probability": refused.probability + 1e-9})
        described = stack.ended(start(stack, wrong))
        assert (described["status"], described["error"]) == ("FAILED", "SmokeTestFailed")
        assert rollback.roll_back(stack.command_stack, None, Console(quiet=True), OTHER) == 0
        answers = len(load.answers)
        until(lambda: len(load.answers), lambda count: count >= answers + 20)
    assert set(load.whole([first])) == {first.execution}
    assert {name: traces(stack, name) for name in others} == before
    status, answer = ask_function(stack, OTHER)
    assert (status, answer["model"], answer["probability"]) == (200, one.execution, one.probability)
    own = traces(stack, OTHER)
    assert own["parameter"][0] == one.path
    assert [key.rpartition("Z-")[2] for key in sorted(set(own["registry"]) - registered)] == [
        f"{each.execution}.json" for each in (one, two, one)
    ]
    assert [each.execution for each in registry.promotions(stack.command_stack, OTHER)][-3:] == [
        one.execution, two.execution, one.execution,
    ]  # fmt: skip


def test_promotions_of_two_tasks_at_once_both_succeed_and_each_answers_by_its_own_models(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    promote(stack, first)
    of_other = trained(stack, write_artefact, 0.75, OTHER)
    promote(stack, of_other)
    new, new_of_other = trained(stack, write_artefact, 1.0), trained(stack, write_artefact, 1.25, OTHER)
    with Load(stack) as load, Load(stack, ask=lambda: ask_function(stack, OTHER)) as load_of_other:
        started = [start(stack, model.request()) for model in (new, new_of_other)]
        assert [stack.ended(execution)["status"] for execution in started] == ["SUCCEEDED", "SUCCEEDED"]
        counts = len(load.answers), len(load_of_other.answers)
        until(lambda: len(load.answers), lambda count: count >= counts[0] + 20)
        until(lambda: len(load_of_other.answers), lambda count: count >= counts[1] + 20)
    assert load.whole([first, new])[new.execution] > 0
    assert load_of_other.whole([of_other, new_of_other])[new_of_other.execution] > 0


def test_model_of_another_task_is_refused_before_anything_is_written(
    stack: Stack, write_artefact: WriteArtefact, first: Model
) -> None:
    promote(stack, first)
    of_other = trained(stack, write_artefact, 0.875, OTHER)
    before = {name: traces(stack, name) for name in TASKS}
    for request in (of_other.request(task=DEFAULT_TASK), first.request(task=OTHER), of_other.request(task="speed")):
        described = stack.ended(start(stack, request))
        assert (described["status"], described["error"]) == ("FAILED", "BadPromotionRequest")
    assert {name: traces(stack, name) for name in TASKS} == before
