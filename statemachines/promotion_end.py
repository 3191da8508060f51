"""What a retraining does when its promotion did not end well, or cannot be followed.

It stops the promotion, and has what that left put in order by the workflow `restore`, for whose end it waits. Then the
alias says how the retraining ends: as `Retrained` where the new model is live, and failed where it is not. So a failed
retraining has changed nothing that is live, and one whose promotion went through after all is not called failed.

What cannot be stopped from here `restore` stops. If that cannot be followed either, it is given some time, and then the
alias is looked at from here.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.inference import read_alias, read_version
from statemachines.tasks import SDK_FAULTS, STATES_FAULTS, Tasks, catch, retry

STOPPED = "RetrainingFailed"
NOT_AWAITED = "The retraining that started this promotion does not wait for it any more."

# `restore` takes some two; with an endpoint more, and then EventBridge's `restore` goes on without the retraining.
_SECONDS_TO_RESTORE = 30

rule = sdk.ChoiceRule


def name_promotion() -> Pass:
    """The ARN that the promotion has, which follows from its name, at `$.promotion.arn`."""
    return Pass(
        "Name promotion",
        parameters={"arn": "States.Format('${PromotionsArn}:{}', $$.Execution.Name)"},
        result_path="$.promotion",
    )


def end_promotion(retrained: State, failure: State) -> Task:
    """Stops the promotion at `$.promotion.arn`; leads to `retrained` if its model is live, otherwise to `failure`."""
    restore = _restore(retrained, failure)
    stop = Task(
        "Stop promotion",
        resource="arn:aws:states:::aws-sdk:sfn:stopExecution",
        parameters={
            "ExecutionArn": "$.promotion.arn",
            "Error": STOPPED,
            "Cause": NOT_AWAITED,
        },
        result_path=None,
        timeout_seconds=60,
        retry=retry(SDK_FAULTS),
        catch=[
            sdk.Catch(
                error_equals=["Sfn.ExecutionDoesNotExistException"], next_step=failure, result_path="$.not_started"
            ),
            catch(restore, "$.not_stopped"),
        ],
    )
    stop.next(restore)
    return stop


def _restore(retrained: State, failure: State) -> Task:
    """Has `restore` put in order what the promotion left, and waits for its end."""
    live = sdk.Choice("Did it go live?")
    live.add_choice(rule.BooleanEquals(variable="$.restored.promoted", value=True), retrained)
    live.default_choice(failure)
    wait, look = _look(retrained, failure)
    restore = Task(
        "Restore",
        resource="arn:aws:states:::states:startExecution.sync:2",
        parameters={
            "StateMachineArn": "${RestoreArn}",
            "Name": "$$.Execution.Name",
            "Input": {
                "promotion": "$.promotion.arn",
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "$$.Execution.Id",
            },
        },
        asl={"ResultSelector": {"promoted": "$.Output.promoted"}},
        result_path="$.restored",
        timeout_seconds=5400,
        retry=retry(STATES_FAULTS),
        catch=[
            # It has ended, and could not do it: to wait for it helps nothing.
            sdk.Catch(error_equals=["States.TaskFailed"], next_step=look, result_path="$.not_restored"),
            catch(wait, "$.not_followed"),
        ],
    )
    restore.next(live)
    return restore


def _look(retrained: State, failure: State) -> tuple[State, State]:
    """What the alias says: the way there after the time that `restore` needs, and at once."""
    tasks = Tasks(failure, "$.not_seen")
    wait = sdk.Wait("Wait for restoring", seconds=_SECONDS_TO_RESTORE)
    alias = read_alias(
        tasks,
        "Read live alias again",
        "$.seen",
        {"version": "$.FunctionVersion"},
    )
    version = read_version(
        tasks,
        "Read live version again",
        "$.seen.version",
        "$.seen",
        {"variables": "$.Environment.Variables"},
    )
    holder = "$.seen.variables.PROMOTION"
    same = [
        rule.IsPresent(variable=holder, value=True),
        rule.StringEqualsPath(variable=holder, value="$.promotion.arn"),
    ]
    live = sdk.Choice("Is its model live?")
    live.add_choice(rule.And(same), retrained)
    live.default_choice(failure)
    sdk.Chain([wait, alias, version, live])
    return wait, alias
