"""What a retraining does when its promotion did not end well, or cannot be followed.

It stops the promotion, and has what that left put in order by the workflow `restore`, for whose end it waits. Then the
alias says how the retraining ends: as `Retrained` where the new model is live, and failed where it is not. So a failed
retraining has changed nothing that is live, and one whose promotion went through after all is not called failed.

A repeated start of `restore` finds its name taken where the first one's answer was lost and it has ended since. Then it
is read what came of it.

What cannot be stopped from here `restore` stops. If that cannot be followed either, it is given some time, and then the
alias is looked at from here.

A retraining that is redriven where it waited for its promotion starts it by the same name. So it follows the promotion
if that runs still. If it has ended, Step Functions refuses the name, and the states here find out what became of it.
Where it succeeded, or `restore` completes it, its model is live. Otherwise nothing of it is left then, and a promotion
of another name starts: docs/decisions/0062.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.inference import read_alias, read_version
from statemachines.tasks import SDK_FAULTS, STATES_FAULTS, Tasks, catch, retry

STOPPED = "RetrainingFailed"
NAME_TAKEN = "StepFunctions.ExecutionAlreadyExistsException"
"""The execution of this name has ended, or was started with another input."""

NOT_AWAITED = "The retraining that started this promotion does not wait for it any more."

# `restore` takes some two; with an endpoint more, and then EventBridge's `restore` goes on without the retraining.
_SECONDS_TO_RESTORE = 30

rule = sdk.ChoiceRule


def name_promotion() -> Pass:
    """Its name, its ARN, and how often the retraining had been redriven when it was named, at `$.promotion`.

    The number makes the name one that no promotion before has had. It is kept, so that a redrive in a later state
    still names the promotion that was started.
    """
    own = "$$.Execution.Name, $$.Execution.RedriveCount"
    return Pass(
        "Name promotion",
        parameters={
            "name": f"States.Format('{{}}-{{}}', {own})",
            "arn": f"States.Format('${{PromotionsArn}}:{{}}-{{}}', {own})",
            "redrives": "$$.Execution.RedriveCount",
        },
        result_path="$.promotion",
    )


def end_promotion(retrained: State, again: State, failure: State) -> Task:
    """Stops the promotion at `$.promotion.arn`; leads to `retrained` if its model is live, otherwise to `failure`.

    It leads to `again` where the promotion was one of before the redrive.
    """
    restore = _restore(retrained, again, failure)
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


def _restore(retrained: State, again: State, failure: State) -> Task:
    """Has `restore` put in order what the promotion left, and waits for its end."""
    live = sdk.Choice("Did it go live?")
    live.add_choice(rule.BooleanEquals(variable="$.restored.output.promoted", value=True), retrained)
    # By the name alone it is known that it was started; one that failed by itself since would fail again.
    earlier = [
        rule.StringEquals(variable="$.error.Error", value=NAME_TAKEN),
        rule.NumericLessThanPath(variable="$.promotion.redrives", value="$.restored.redrives"),
    ]
    live.add_choice(rule.And(earlier), again)
    live.default_choice(failure)
    wait, look = _look(retrained, failure)
    restore = Task(
        "Restore",
        resource="arn:aws:states:::states:startExecution.sync:2",
        parameters={
            "StateMachineArn": "${RestoreArn}",
            # One that was killed with the retraining has ended, and a redrive needs another.
            "Name": _of_restoring(),
            "Input": {
                "promotion": "$.promotion.arn",
                "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "$$.Execution.Id",
            },
        },
        asl={"ResultSelector": {"output": "$.Output", "redrives": "$$.Execution.RedriveCount"}},
        result_path="$.restored",
        timeout_seconds=5400,
        retry=retry(STATES_FAULTS),
        catch=[
            sdk.Catch(error_equals=[NAME_TAKEN], next_step=_read_restoring(live, look), result_path="$.not_followed"),
            # Before States.TaskFailed, which stands for these as well.
            sdk.Catch(error_equals=list(STATES_FAULTS), next_step=wait, result_path="$.not_followed"),
            # It has ended, and could not do it: to wait for it helps nothing.
            sdk.Catch(error_equals=["States.TaskFailed"], next_step=look, result_path="$.not_restored"),
            catch(wait, "$.not_followed"),
        ],
    )
    restore.next(live)
    return restore


def _read_restoring(then: State, look: State) -> Task:
    """What came of the `restore` that has ended before a repeated start; `look` where that does not say it.

    The answer to the first start was lost. `then` finds what it would have found at `$.restored`.
    """
    read = Tasks(look, "$.not_restored").call(
        "Read restoring",
        "sfn:describeExecution",
        {"ExecutionArn": _of_restoring("${RestoringsArn}:")},
        "$.restoring",
    )
    output = Pass(
        "Read restored",
        parameters={"output": "States.StringToJson($.restoring.Output)", "redrives": "$$.Execution.RedriveCount"},
        result_path="$.restored",
    )
    output.next(then)
    status = sdk.Choice("Was it put in order?")
    succeeded = rule.StringEquals(variable="$.restoring.Status", value="SUCCEEDED")
    status.add_choice(rule.And([rule.IsPresent(variable="$.restoring.Status", value=True), succeeded]), output)
    status.default_choice(look)
    read.next(status)
    return read


def _of_restoring(prefix: str = "") -> str:
    """The name of the `restore` of this promotion and redrive, after `prefix`."""
    return f"States.Format('{prefix}{{}}-{{}}', $.promotion.name, $$.Execution.RedriveCount)"


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
