"""What a promotion that fails puts back: the states after each of its steps that may have written something.

    the registry -> the SSM parameter -> the alias `live` -> the endpoint -> MODEL_PATH -> the notification

A step that fails here does not stop the others, but for the endpoint's: what could not be put back is in the
notification. Somebody else's change is left alone. A write that finds another revision may have been made before, with
its answer lost, so what is there is looked at again.
"""

from dataclasses import dataclass

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.endpoint_end import put_endpoint_back
from statemachines.inference import (
    NO_WEIGHTS,
    alias_of,
    is_held_by_this_execution,
    parameter_of,
    read_alias,
    read_configuration,
    signed,
    variables_of,
)
from statemachines.registry import Entry, remove_from_registry
from statemachines.serving_endpoint import BEFORE
from statemachines.tasks import CONFLICTS, Tasks, failure

rule = sdk.ChoiceRule


@dataclass(frozen=True)
class Handlers:
    """Where a step that fails leads: to the state that puts back what may have been written by then."""

    before_writes: State
    from_model_path: State
    from_alias: State
    from_parameter: State
    from_registry: State


def build_handlers(entry: Entry) -> Handlers:
    """Builds the chain that undoes what was written, last first. If a step fails, the next one follows."""
    notify = failure("Promotion failed", "What could not be put back: {}", "States.JsonToString($.not_put_back)")
    configuration = read_configuration(
        Tasks(notify, "$.not_put_back.model_path"),
        "Read inference again",
        "$.inference",
        {"variables": "$.Environment.Variables", "revision": "$.RevisionId", "status": "$.LastUpdateStatus"},
    )
    model_path = _put_model_path_back(configuration, notify)
    written = rule.IsPresent(variable="$.artefact.config", value=True)
    # The hold on the function goes last: until then nobody else promotes. It stays where the endpoint could not be put
    # back: `restore`, which comes after each promotion that failed, tries again.
    stuck = Pass("Endpoint not put back", parameters={"endpoint": "$.deployed"}, result_path="$.not_put_back.endpoint")
    stuck.next(notify)
    errors = Tasks(notify, "$.not_put_back.endpoint")
    endpoint = put_endpoint_back(BEFORE, "$.artefact.config", written, model_path, errors, stuck)
    alias = _put_live_back(endpoint)
    parameter = Tasks(alias, "$.not_put_back.parameter").call(
        "Put parameter back", "ssm:putParameter", parameter_of("$.previous.variables.MODEL_PATH")
    )
    parameter.next(alias)
    registry = remove_from_registry(Tasks(parameter, "$.not_put_back.registry"), entry)
    registry.next(parameter)
    return Handlers(notify, endpoint, alias, parameter, registry)


def _again(look: State) -> sdk.Catch:
    return sdk.Catch(error_equals=list(CONFLICTS), next_step=look, result_path="$.conflict")


def _put_model_path_back(configuration: Task, then: State) -> Task:
    wait = sdk.Wait("Wait to put back", seconds=1)
    wait.next(configuration)
    restoration = Tasks(then, "$.not_put_back.model_path").call(
        "Put MODEL_PATH back",
        "lambda:updateFunctionConfiguration",
        variables_of("$.previous.variables"),
        before=[_again(wait)],
    )
    restoration.next(configuration)
    ours = sdk.Choice("Is MODEL_PATH ours?")
    ours.add_choice(rule.StringEquals(variable="$.inference.status", value="InProgress"), wait)
    ours.add_choice(is_held_by_this_execution("$.inference.variables.PROMOTION"), restoration)
    ours.default_choice(then)
    configuration.next(ours)
    return configuration


def _put_live_back(then: State) -> Task:
    tasks = Tasks(then, "$.not_put_back.live")
    alias = read_alias(tasks, "Read live again", "$.moved")
    wait = sdk.Wait("Wait to put live back", seconds=1)
    wait.next(alias)
    restoration = tasks.call(
        "Put live back",
        "lambda:updateAlias",
        alias_of("$.previous.version", NO_WEIGHTS, "$.moved.RevisionId", signed("Put back")),
        before=[_again(wait)],
    )
    restoration.next(then)
    version = "$.moved.FunctionVersion"
    a_tenth = [
        rule.StringEqualsPath(variable=version, value="$.previous.version"),
        rule.IsPresent(variable="$.moved.RoutingConfig", value=True),
    ]
    ours = sdk.Choice("Is live moved?")
    ours.add_choice(
        rule.Or([rule.StringEqualsPath(variable=version, value="$.published.version"), rule.And(a_tenth)]), restoration
    )
    ours.default_choice(then)
    alias.next(ours)
    return alias
