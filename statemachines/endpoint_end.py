"""What becomes of a task's endpoint at the end: what is not served any more is deleted, and what failed is put back."""

import stepfunctions.steps as sdk
from stepfunctions.steps.choice_rule import BaseRule
from stepfunctions.steps.states import State

from statemachines.asl import Task
from statemachines.serving_endpoint import (
    CHANGING,
    ENDPOINT,
    GONE,
    NOTHING,
    Once,
    describe_endpoint,
    is_for_endpoint,
    is_in_progress,
)
from statemachines.tasks import SNS_FAULTS, Tasks, catch, retry

_LEFT = (
    "'{} has ended well, and left something in SageMaker, which may cost until it is deleted. {}: {} The endpoint of "
    "the task is {}; its former model and configuration are {}.'"
)
# Requests that the version before has taken may still be on their way to the endpoint: the function's Timeout.
_SECONDS_FOR_REQUESTS = 10

rule = sdk.ChoiceRule


def delete_what_was_served(before: str, then: State, request: str = "$.request") -> State:
    """Deletes the model and the configuration at the path `before`, and the endpoint unless `request` is for one.

    What cannot be deleted costs no promotion: its error is at `$.not_deleted`, and who hears of failures is told. An
    endpoint that stays keeps its configuration and its model: whoever updates it may have to put them back, and the
    next promotion that is for none deletes all three.
    """
    end = _tell_what_is_left(before, then)
    definitions = _delete_definitions(Tasks(end, "$.not_deleted"), before, "former", end)
    endpoint = Once("Delete endpoint", "Is the former endpoint gone?", (GONE,), definitions).call(
        Tasks(end, "$.not_deleted"), "sagemaker:deleteEndpoint", {"EndpointName": ENDPOINT}
    )
    wait = sdk.Wait("Wait for requests", seconds=_SECONDS_FOR_REQUESTS)
    wait.next(endpoint)
    left = sdk.Choice("Is an endpoint left?")
    there = [
        rule.IsPresent(variable=before, value=True),
        rule.Not(rule.StringEquals(variable=before, value=NOTHING)),
    ]
    left.add_choice(rule.And([*there, is_for_endpoint(request)]), definitions)
    left.add_choice(rule.And(there), wait)
    left.default_choice(then)
    return left


def _tell_what_is_left(before: str, then: State) -> sdk.Choice:
    tell = Task(
        "Tell: not deleted",
        resource="arn:aws:states:::sns:publish",
        parameters={
            "TopicArn": "${FailureTopicArn}",
            "Subject": "Not deleted",
            "Message": f"States.Format({_LEFT}, $$.Execution.Id, $.not_deleted.Error, $.not_deleted.Cause, "
            f"{ENDPOINT}, {before})",
        },
        result_path=None,
        timeout_seconds=60,
        retry=retry(SNS_FAULTS),
        catch=catch(then, "$.notification_error"),
    )
    tell.next(then)
    choice = sdk.Choice("Is all deleted?")
    choice.add_choice(rule.IsPresent(variable="$.not_deleted.Cause", value=True), tell)
    choice.default_choice(then)
    return choice


def put_endpoint_back(
    before: str, config: str, was_written: BaseRule, then: State, tasks: Tasks, stuck: State
) -> State:
    """The endpoint with the configuration at the path `before` again, or none; the new one at `config` is deleted.

    Errors go where those of `tasks` go, and an endpoint that ends with another configuration to `stuck`.
    """
    definitions = _delete_definitions(Tasks(then, "$.not_deleted"), config, "new", then)
    state = sdk.Choice("What does it serve?")
    look = Once("Read endpoint again", "Is it gone?", (GONE,), state, refused=definitions).call(
        tasks, "sagemaker:describeEndpoint", {"EndpointName": ENDPOINT}, "$.deployed"
    )
    wait = sdk.Wait("Wait to put endpoint back", seconds=2)
    wait.next(look)
    delete = Once(
        "Delete new endpoint", "Is the new endpoint going?", (CHANGING, GONE), definitions, refused=look
    ).call(tasks, "sagemaker:deleteEndpoint", {"EndpointName": ENDPOINT})
    awaited = _await_restoration(tasks, before, definitions, stuck)
    restoration = Once("Put endpoint back", "Is it being put back?", (CHANGING,), awaited).call(
        tasks, "sagemaker:updateEndpoint", {"EndpointName": ENDPOINT, "EndpointConfigName": before}
    )
    state.add_choice(is_in_progress("$.deployed.EndpointStatus"), wait)
    state.add_choice(rule.StringEquals(variable=before, value=NOTHING), delete)
    same = rule.StringEqualsPath(variable="$.deployed.EndpointConfigName", value=before)
    state.add_choice(same, definitions)
    state.default_choice(restoration)
    written = sdk.Choice("Was an endpoint written?")
    written.add_choice(was_written, look)
    written.default_choice(then)
    return written


def _await_restoration(tasks: Tasks, before: str, done: State, stuck: State) -> State:
    look = describe_endpoint(tasks, "Read endpoint put back")
    wait = sdk.Wait("Wait for endpoint put back", seconds=2)
    wait.next(look)
    back = sdk.Choice("Is it back?")
    back.add_choice(is_in_progress("$.deployed.EndpointStatus"), wait)
    back.add_choice(rule.StringEqualsPath(variable="$.deployed.EndpointConfigName", value=before), done)
    back.default_choice(stuck)
    look.next(back)
    return look


def _delete_definitions(tasks: Tasks, name: str, which: str, then: State) -> State:
    """The configuration and the model at the path `name`; one that is not there costs nothing."""
    model = tasks.call(f"Delete {which} model", "sagemaker:deleteModel", {"ModelName": name})
    model.next(then)
    config = Tasks(model, "$.not_deleted").call(
        f"Delete {which} configuration", "sagemaker:deleteEndpointConfig", {"EndpointConfigName": name}
    )
    config.next(model)
    return config
