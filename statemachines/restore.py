"""Puts in order what a promotion left that ended without succeeding.

    in   {"promotion": the ARN of its execution}
    out  {"promoted": whether its model is live, "model_path": what is live}

A promotion puts back what it wrote while it runs. It cannot once it was stopped or has run out of time, nor after an
error that no Catch gets, such as States.Runtime. So EventBridge starts this workflow after each promotion that did not
succeed, and a retraining whose promotion failed starts it and waits for its end. So it may run twice, also at the same
time. To undo is conditional on what was read before, and whoever comes second finds nothing left. Completing writes
the same parameter and the same entry of the registry again, and tells once more that it was completed. A promotion that
still runs is stopped: only a retraining that does not wait for it any more starts this for one.

The alias decides, since it is moved by one conditional write:

    `live` is on the promotion's version    the promotion is completed: parameter and registry are written
    the promotion holds the function        it is undone: `live` is where it was, for all requests; parameter and
                                            MODEL_PATH are those of that version, and nobody holds the function
    neither                                 nothing is left: who took the function over has cleared its weights

Undoing writes the alias even if it needs no change. A write that the promotion had sent before it ended, and that is
still on its way, finds another revision then and is refused.

The parameter has no revision. The next promotion may have moved `live` and written it before this execution does. So
one that has written it, and finds then that the function is another's, looks at what is live after that. It writes
again until the parameter is what was live after the write.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.endpoint_end import delete_what_was_served, put_endpoint_back
from statemachines.inference import (
    MERGED,
    NO_WEIGHTS,
    NOBODY,
    alias_of,
    is_held_by_this_execution,
    parameter_of,
    read_alias,
    read_configuration,
    read_version,
    signed,
    variables_of,
)
from statemachines.promotion_end import NOT_AWAITED, STOPPED
from statemachines.registry import Entry, write_registry
from statemachines.serving_endpoint import ENDPOINT, LONGEST_SECONDS, is_for_endpoint, name_definitions
from statemachines.task_choice import choose_task
from statemachines.tasks import CONFLICTS, SNS_FAULTS, Tasks, catch, failure, refusal, retry

_DEFAULTS = (
    r"""States.StringToJson('\{"reason":"none given","serving":"lambda","""
    r""""started_by":\{"reason":"person","detail":""\}\}')"""
)

# What was put back into the parameter, and will be into the function's variables.
_WRITTEN = "$.before.variables.MODEL_PATH"

rule = sdk.ChoiceRule


def build() -> sdk.Graph:
    """The workflow as a graph of the SDK. It takes seconds, and with an endpoint what SageMaker takes to update it."""
    start = Pass(
        "Set out",
        parameters={
            # Named as a promotion names itself there, since its variables are looked for.
            "own": {"variables": {"PROMOTION": "$.promotion"}},
            "not_put_back": {},
        },
    )
    tasks = Tasks(failure("Restoring failed"))
    # A request that names no task is for the default one, or was refused before anything was written.
    task = choose_task("$.request.input.task", _look(tasks))
    request = Pass("Read task", parameters={"input": "States.StringToJson($.ended.input)"}, result_path="$.request")
    request.next(task)
    read = tasks.call(
        "Read promotion",
        "sfn:describeExecution",
        {"ExecutionArn": "$.own.variables.PROMOTION"},
        "$.ended",
        {"status": "$.Status", "input": "$.Input"},
        before=[sdk.Catch(error_equals=["Sfn.ExecutionDoesNotExistException"], next_step=task, result_path="$.ended")],
    )
    stop = tasks.call(
        "Stop promotion",
        "sfn:stopExecution",
        {"ExecutionArn": "$.own.variables.PROMOTION", "Error": STOPPED, "Cause": NOT_AWAITED},
    )
    stop.next(read)
    ended = sdk.Choice("Has it ended?")
    ended.add_choice(rule.StringEquals(variable="$.ended.status", value="RUNNING"), stop)
    ended.default_choice(request)
    sdk.Chain([start, read, ended])
    return sdk.Graph(start, comment="Put in order what a promotion left", timeout_seconds=LONGEST_SECONDS)


def _look(tasks: Tasks) -> State:
    """What is live, who made it so, and whom the function is held by."""
    alias = read_alias(tasks, "Read live alias", "$.alias")
    live = read_version(
        tasks,
        "Read live version",
        "$.alias.FunctionVersion",
        "$.live",
        {"version": "$.Version", "variables": "$.Environment.Variables"},
    )
    configuration = read_configuration(
        tasks,
        "Read inference configuration",
        "$.inference",
        {"variables": "$.Environment.Variables", "revision": "$.RevisionId", "status": "$.LastUpdateStatus"},
    )
    wait = sdk.Wait("Wait for others", seconds=1)
    wait.next(alias)
    sdk.Chain([alias, live, configuration, _choose(tasks, wait)])
    return alias


def _choose(tasks: Tasks, wait: State) -> sdk.Choice:
    """What is to be done; who meets somebody else's change goes to `wait` and looks again."""
    others = sdk.Catch(error_equals=list(CONFLICTS), next_step=wait, result_path="$.conflict")
    nothing = _outcome("Nothing left", promoted=False)
    choice = sdk.Choice("What is left?")
    choice.add_choice(rule.IsPresent(variable="$.ended.status", value=False), nothing)
    choice.add_choice(
        rule.StringEquals(variable="$.ended.status", value="SUCCEEDED"), _outcome("It succeeded", promoted=True)
    )
    choice.add_choice(is_held_by_this_execution("$.live.variables.PROMOTION"), _complete(tasks))
    choice.add_choice(rule.StringEquals(variable="$.inference.status", value="InProgress"), wait)
    choice.add_choice(
        is_held_by_this_execution("$.inference.variables.PROMOTION"), _undo(Tasks(tasks.failure, before=(others,)))
    )
    choice.add_choice(_is_parameter_late(), _write_parameter_again(tasks, wait))
    choice.default_choice(nothing)
    return choice


def _is_parameter_late() -> BaseRule:
    """Whether another model is live than the one that this execution has written into the parameter."""
    same = rule.StringEqualsPath(variable=_WRITTEN, value="$.live.variables.MODEL_PATH")
    return rule.And([rule.IsPresent(variable=_WRITTEN, value=True), rule.Not(same)])


def _write_parameter_again(tasks: Tasks, wait: State) -> State:
    again = tasks.call("Put parameter right", "ssm:putParameter", parameter_of("$.live.variables.MODEL_PATH"))
    written = Pass(
        "Note parameter", parameters={"MODEL_PATH": "$.live.variables.MODEL_PATH"}, result_path="$.before.variables"
    )
    sdk.Chain([again, written, wait])
    return again


def _complete(tasks: Tasks) -> State:
    """What the promotion still had to write when its version was live."""
    request = Pass(
        "Read request",
        parameters={"request": MERGED.format(_DEFAULTS, "States.StringToJson($.ended.input)")},
        result_path="$.promoted",
    )
    previous = read_version(
        tasks,
        "Read previous version",
        "$.live.variables.PREVIOUS_VERSION",
        "$.previous",
        {"version": "$.Version", "variables": "$.Environment.Variables"},
    )
    record = tasks.call("Record MODEL_PATH", "ssm:putParameter", parameter_of("$.live.variables.MODEL_PATH"))
    entry = Entry("$.promoted.request", "$.live.version", "$.previous", "$.live.variables")
    end = _end("Completed", "It was completed: version {} is live, of {}.", promoted=True)
    sdk.Chain(
        [
            request,
            previous,
            record,
            write_registry(tasks, entry),
            delete_what_was_served("$.live.variables.PREVIOUS_ENDPOINT_CONFIG", end, "$.promoted.request"),
        ]
    )
    return request


def _undo(tasks: Tasks) -> State:
    """All that the promotion wrote as it was before, the hold on the function last."""
    live = tasks.call(
        "Put live back",
        "lambda:updateAlias",
        alias_of("$.live.version", NO_WEIGHTS, "$.alias.RevisionId", signed("Put back")),
    )
    parameter = tasks.call("Put parameter back", "ssm:putParameter", parameter_of("$.live.variables.MODEL_PATH"))
    before = Pass(
        "Look up MODEL_PATH",
        parameters={"variables": {"MODEL_PATH": "$.live.variables.MODEL_PATH", "PROMOTION": NOBODY}},
        result_path="$.before",
    )
    model_path = tasks.call(
        "Put MODEL_PATH back", "lambda:updateFunctionConfiguration", variables_of("$.before.variables")
    )
    model_path.next(_end("Undone", "It was undone: version {} is live for all requests, of {}.", promoted=False))
    sdk.Chain([live, parameter, before, _put_endpoint_back(model_path, tasks.failure)])
    return live


def _put_endpoint_back(then: State, failed: State) -> State:
    """The endpoint as the promotion found it, if it asked for one; the hold on the function goes after it.

    Where that fails the hold stays, and who starts this workflow again tries again.
    """
    before = "$.inference.variables.PREVIOUS_ENDPOINT_CONFIG"
    name = Pass(
        "Name its endpoint",
        parameters={"config": name_definitions("$.own.variables.PROMOTION")},
        result_path="$.artefact",
    )
    written = rule.And([rule.IsPresent(variable=before, value=True), is_for_endpoint("$.request.input")])
    stuck = refusal(
        "Endpoint not put back",
        "EndpointNotPutBack",
        "'The endpoint {} has the configuration {} and is {}. It was to have the configuration {} again.', "
        f"{ENDPOINT}, $.deployed.EndpointConfigName, $.deployed.EndpointStatus, {before}",
        failed,
    )
    name.next(put_endpoint_back(before, "$.artefact.config", written, then, Tasks(failed), stuck))
    return name


def _end(state_id: str, sentence: str, *, promoted: bool) -> State:
    """Tell who hears of failures what became of the promotion; a topic that cannot be reached changes nothing."""
    outcome = _outcome(state_id, promoted=promoted)
    values = "$.own.variables.PROMOTION, $.ended.status, $.live.version, $.live.variables.MODEL_PATH"
    tell = Task(
        f"Tell: {state_id.lower()}",
        resource="arn:aws:states:::sns:publish",
        parameters={
            "TopicArn": "${FailureTopicArn}",
            "Subject": f"Promotion {state_id.lower()}",
            "Message": f"States.Format('The promotion {{}} ended as {{}}. {sentence}', {values})",
        },
        result_path=None,
        timeout_seconds=60,
        retry=retry(SNS_FAULTS),
        catch=catch(outcome, "$.notification_error"),
    )
    tell.next(outcome)
    return tell


def _outcome(state_id: str, *, promoted: bool) -> Pass:
    return Pass(state_id, parameters={"promoted": promoted, "model_path": "$.live.variables.MODEL_PATH"})
