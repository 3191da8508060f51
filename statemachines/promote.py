"""The promotion: makes a model that was evaluated the one that answers, or changes nothing.

    in   {"model_path", "execution", "golden": {"ride", and "probability" or, of a regression, "value"}}
         and, if given, "task", "bake_seconds" (a whole number, 0 to 3600), "reason", "replaces": the model_path that
         must be live, "serving": lambda or endpoint; docs/promotion.schema.json has the same
    out  {"version", "previous_version", "model_path", "previous_model_path", "execution", "reason"}

Whoever holds the function's variable PROMOTION, an execution that runs, is the one that promotes. It is taken with
MODEL_PATH in one conditional update, so of several promotions at once one gets it and the others fail with
PromotionConflict. Every write after that is conditional on the revision that this execution saw; what somebody else has
changed in between is left alone. A write that finds another revision may have been made already, by a call whose answer
was lost. So what is there is read, and the promotion goes on where it is, all of it, what it was to write.

A step that fails leads into the chain that puts back what was written up to there, last first:

    the registry <- the SSM parameter <- the alias `live` <- the endpoint <- MODEL_PATH <- nothing yet

and that ends in a Fail state with the step's own error. What is put back is what `live` serves, not what the
function's variables said: those may be the leftovers of a promotion that was stopped. What an execution leaves that
was stopped, ran out of time, or failed by an error that no Catch gets, is put in order by `restore`, which EventBridge
starts. Until then it holds nothing: another promotion may take over.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Pass
from statemachines.contested_alias import SIGNATURES
from statemachines.endpoint_end import delete_what_was_served
from statemachines.inference import (
    FUNCTION,
    MERGED,
    NOBODY,
    is_held_by_this_execution,
    parameter_of,
    read_alias,
    read_configuration,
    read_version,
    variables_of,
)
from statemachines.moving_live import clear_weights, move_live
from statemachines.promotion_request import PROMOTION_SECONDS, WHOLE_SECONDS, complete, refuse_request
from statemachines.putting_back import Handlers, build_handlers
from statemachines.registry import Entry, write_registry
from statemachines.replacement import check_replacement
from statemachines.serving_endpoint import BEFORE, deploy_endpoint, read_endpoint
from statemachines.smoke_test import smoke_test
from statemachines.task_choice import choose_task, has_model_of
from statemachines.tasks import CONFLICTS, Tasks, conflict, conflicting, refusal
from wildrydes.tasks import DEFAULT_TASK

_DEFAULTS = (
    rf"""States.StringToJson('\{{"task":"{DEFAULT_TASK}","bake_seconds":${{BakeSeconds}},"""
    r""""reason":"none given","replaces":"","serving":"lambda","""
    r""""started_by":\{"reason":"person","detail":""\}\}')"""
)

_ENTRY = Entry("$.request", "$.published.version", "$.previous", "$.own.variables")

rule = sdk.ChoiceRule


def build() -> sdk.Graph:
    """The workflow as a graph of the SDK. Its timeout is for an execution that hangs: one that fails takes seconds."""
    handlers = build_handlers(_ENTRY)
    refused = refuse_request(handlers.before_writes)
    start = sdk.Choice("Is the request complete?")
    start.add_choice(complete(), _set_out(refused, handlers))
    start.default_choice(refused)
    return sdk.Graph(
        start, comment="Make a model the champion, or leave everything as it was", timeout_seconds=PROMOTION_SECONDS
    )


def _set_out(refused: State, handlers: Handlers) -> State:
    """The execution's state, with the defaults, and its task's names; then on, if that is as it must be."""
    start = Pass(
        "Set out",
        parameters={
            "request": MERGED.format(_DEFAULTS, "$$.Execution.Input"),
            "published": {"version": NOBODY},
            "not_put_back": {},
        },
    )
    rounded = Pass("Round seconds", parameters={"seconds": WHOLE_SECONDS}, result_path="$.bake")
    whole = sdk.Choice("Whole seconds?")
    whole.add_choice(
        rule.NumericEqualsPath(variable="$.request.bake_seconds", value="$.bake.seconds"),
        choose_task("$.request.task", _look_around(handlers), refused, also=has_model_of),
    )
    whole.default_choice(refused)
    sdk.Chain([start, rounded, whole])
    return start


def _look_around(handlers: Handlers) -> State:
    """What is live and what the function is set to; then, unless someone else promotes, on."""
    tasks = Tasks(handlers.before_writes)
    alias = read_alias(
        tasks,
        "Read live alias",
        "$.alias",
        {"version": "$.FunctionVersion", "revision": "$.RevisionId"},
    )
    live = read_version(
        tasks,
        "Read live version",
        "$.alias.version",
        "$.previous",
        {
            "version": "$.Version",
            # What the function's variables are to be again if the promotion fails.
            "variables": {"MODEL_PATH": "$.Environment.Variables.MODEL_PATH", "PROMOTION": NOBODY},
        },
    )
    configuration = read_configuration(
        tasks,
        "Read inference configuration",
        "$.inference",
        {"variables": "$.Environment.Variables", "revision": "$.RevisionId", "status": "$.LastUpdateStatus"},
    )
    variables = _own_variables()
    # What was put back a moment ago is written for some seconds yet, and Lambda refuses another write until then.
    wait = sdk.Wait("Wait for others", seconds=1)
    wait.next(alias)
    written = sdk.Choice("Is it still written?")
    written.add_choice(rule.StringEquals(variable="$.inference.status", value="InProgress"), wait)
    written.default_choice(read_endpoint(tasks, variables))
    sdk.Chain([alias, live, configuration, written])
    variables.next(_alone(tasks, handlers))
    return alias


def _own_variables() -> Pass:
    """What this promotion sets the function to."""
    return Pass(
        "Make variables",
        parameters={
            "variables": {
                "MODEL_PATH": "$.request.model_path",
                "PROMOTION": "$$.Execution.Id",
                # By these a version that is live tells what was before it, and under which time it is in the registry,
                # should the promotion not come to say so.
                "PREVIOUS_VERSION": "$.previous.version",
                "PROMOTION_STARTED": "$$.Execution.StartTime",
                # By this `restore` tells which endpoint is to be there again.
                "PREVIOUS_ENDPOINT_CONFIG": BEFORE,
            },
            # By these it knows its own writes of the alias again.
            "descriptions": SIGNATURES,
        },
        result_path="$.own",
    )


def _alone(tasks: Tasks, handlers: Handlers) -> State:
    """Go on when no execution that still runs holds the function, and the model that is to be replaced is live."""
    replaced = sdk.Choice("Is live what it replaces?")
    same = rule.StringEqualsPath(variable="$.previous.variables.MODEL_PATH", value="$.request.replaces")
    replaced.add_choice(
        rule.Or([rule.StringEquals(variable="$.request.replaces", value=""), same]),
        check_replacement(_write_model_path(handlers), handlers.before_writes),
    )
    another_live = "'{} is live, not {} any more.', $.previous.variables.MODEL_PATH, $.request.replaces"
    replaced.default_choice(conflict("Another model is live", another_live, handlers.before_writes))
    last = tasks.call(
        "Read last promotion",
        "sfn:describeExecution",
        {"ExecutionArn": "$.inference.variables.PROMOTION"},
        "$.last",
        {"status": "$.Status"},
        # Step Functions forgets an execution some 90 days after its end.
        before=[
            sdk.Catch(error_equals=["Sfn.ExecutionDoesNotExistException"], next_step=replaced, result_path="$.gone")
        ],
    )
    runs = sdk.Choice("Does it still run?")
    busy = "'The promotion {} is under way.', $.inference.variables.PROMOTION"
    runs.add_choice(
        rule.StringEquals(variable="$.last.status", value="RUNNING"),
        conflict("Another promotion runs", busy, handlers.before_writes),
    )
    runs.default_choice(replaced)
    last.next(runs)
    holder = "$.inference.variables.PROMOTION"
    nobody = rule.Or([rule.IsPresent(variable=holder, value=False), rule.StringEquals(variable=holder, value=NOBODY)])
    free = sdk.Choice("Has nobody promoted yet?")
    free.add_choice(nobody, replaced)
    free.default_choice(last)
    return free


def _write_model_path(handlers: Handlers) -> State:
    """MODEL_PATH updated, the update awaited, and a version published of it."""
    tasks = Tasks(handlers.from_model_path)
    look = read_configuration(
        tasks,
        "Read update",
        "$.update",
        # Lambda gives a function another revision when its update has ended.
        {"status": "$.LastUpdateStatus", "revision": "$.RevisionId", "variables": "$.Environment.Variables"},
    )
    # Repeated after its answer was lost, it finds the revision that it has made: the variables say whose that is.
    written = sdk.Catch(error_equals=list(CONFLICTS), next_step=look, result_path="$.conflict")
    update = tasks.call(
        "Set MODEL_PATH",
        "lambda:updateFunctionConfiguration",
        variables_of("$.own.variables"),
        before=[written],
    )
    wait = sdk.Wait("Wait for update", seconds=1)
    wait.next(look)
    updated = sdk.Choice("Updated?")
    status = "$.update.status"
    updated.add_choice(rule.StringEquals(variable=status, value="InProgress"), wait)
    failed = f"'Lambda could not update {{}}.', {FUNCTION}"
    updated.add_choice(
        rule.StringEquals(variable=status, value="Failed"),
        refusal("Inference update failed", "InferenceUpdateFailed", failed, handlers.from_model_path),
    )
    model = "$.update.variables.MODEL_PATH"
    own = [
        is_held_by_this_execution("$.update.variables.PROMOTION"),
        rule.IsPresent(variable=model, value=True),
        rule.StringEqualsPath(variable=model, value="$.own.variables.MODEL_PATH"),
    ]
    deployed = deploy_endpoint(_publish(handlers), handlers.from_model_path)
    updated.add_choice(rule.And(own), clear_weights(deployed, handlers))
    cause = f"'Somebody else has changed {{}} in between.', {FUNCTION}"
    updated.default_choice(conflict("Another holds the function", cause, handlers.from_model_path))
    sdk.Chain([update, look, updated])
    return update


def _publish(handlers: Handlers) -> State:
    tasks = conflicting(handlers.from_model_path, "Function taken over")
    publish = tasks.call(
        "Publish version",
        "lambda:publishVersion",
        {
            "FunctionName": FUNCTION,
            # Neither other code nor other variables than those that were just written.
            "RevisionId": "$.update.revision",
            "Description": "States.Format('The model of {}', $.request.execution)",
        },
        "$.published",
        {"version": "$.Version"},
    )
    look = read_version(
        tasks,
        "Read version",
        "$.published.version",
        "$.version",
        {"state": "$.State"},
    )
    wait = sdk.Wait("Wait for version", seconds=1)
    wait.next(look)
    active = sdk.Choice("Active?")
    active.add_choice(rule.StringEquals(variable="$.version.state", value="Pending"), wait)
    active.add_choice(
        rule.StringEquals(variable="$.version.state", value="Active"),
        smoke_test(move_live(_record(handlers), handlers), handlers.from_model_path),
    )
    failed = "'Version {} is {}.', $.published.version, $.version.state"
    active.default_choice(refusal("Version failed", "InferenceUpdateFailed", failed, handlers.from_model_path))
    sdk.Chain([publish, look, active])
    return publish


def _record(handlers: Handlers) -> list[State]:
    """The parameter that the next deployment reads, and an entry in the registry of what was live."""
    register = write_registry(Tasks(handlers.from_registry), _ENTRY)
    result = Pass(
        "Promoted",
        parameters={
            "version": "$.published.version",
            "previous_version": "$.previous.version",
            "model_path": "$.request.model_path",
            "previous_model_path": "$.previous.variables.MODEL_PATH",
            "execution": "$.request.execution",
            "reason": "$.request.reason",
        },
    )
    parameter = Tasks(handlers.from_parameter).call(
        "Record MODEL_PATH", "ssm:putParameter", parameter_of("$.request.model_path")
    )
    end = delete_what_was_served(BEFORE, result)
    return [parameter, register, end]
