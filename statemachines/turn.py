"""Whose turn it is: of each task one retraining runs at a time.

The table `Turns` has an item a task, which names the execution that has the turn, since when, and why it was started.
One conditional write takes the turn:

    nobody has had it, or this execution has it    it is this execution's
    who had it has ended                           it is this execution's, unless another has just taken it
    whoever it names is no execution of this       it is this execution's, likewise
    who has it is running                          the execution ends at once, and names it in its output's `yielded_to`

No execution gives its turn back. So none can crash and keep it: the next one looks at whether the holder still runs. A
call that is repeated because its answer was lost finds this execution to be the holder, and goes on.

An execution that is redriven goes on where it ended, behind these states. `wildrydes redrive` takes the turn for it:
docs/decisions/0039.
"""

import stepfunctions.steps as sdk
from stepfunctions.steps.states import State

from statemachines.asl import Pass, Task
from statemachines.tasks import DYNAMODB_FAULTS, Tasks, retry

_OWN, _PREVIOUS = "$.turn.own", "$.turn.previous"
_HOLDER = "$.turn.read.Item.holder.S"
_OWN_EXECUTIONS = "${RetrainExecutions}"
_NO_EXECUTION = ("Sfn.ExecutionDoesNotExistException", "Sfn.InvalidArnException")
_KEY = {"task": {"S": "$.parameters.task"}}
# A Map of its is to be redriven. The guide, "Redriving executions": it is about to run again.
_RUNNING = ("RUNNING", "PENDING_REDRIVE")

rule = sdk.ChoiceRule


def take_turn(tasks: Tasks, then: State) -> State:
    """The way to `then` for an execution whose turn it is; another ends in `Yielded`."""
    start = Pass(
        "Name itself", parameters={"own": "$$.Execution.Id", "previous": "$$.Execution.Id"}, result_path="$.turn"
    )
    read = _read(tasks)
    take = _take(tasks, read)
    take.next(then)
    start.next(take)
    read.next(_choose(tasks, take, then))
    return start


def _take(tasks: Tasks, otherwise: State) -> Task:
    """The conditional write; `otherwise` where somebody else has the turn."""
    lost = sdk.Catch(
        error_equals=["DynamoDB.ConditionalCheckFailedException"], next_step=otherwise, result_path="$.turn.lost"
    )
    return Task(
        "Take turn",
        resource="arn:aws:states:::dynamodb:updateItem",
        parameters={
            "TableName": "${TurnsTable}",
            "Key": _KEY,
            "ConditionExpression": (
                "attribute_not_exists(holder) OR holder = :previous OR NOT attribute_type(holder, :text)"
            ),
            "UpdateExpression": "SET holder = :own, taken_at = :now, started_by = :reason, started_by_detail = :detail",
            "ExpressionAttributeValues": {
                ":own": {"S": _OWN},
                ":text": {"S": "S"},
                ":previous": {"S": _PREVIOUS},
                ":now": {"S": "$$.State.EnteredTime"},
                ":reason": {"S": "$.parameters.started_by.reason"},
                ":detail": {"S": "$.parameters.started_by.detail"},
            },
        },
        result_path=None,
        timeout_seconds=60,
        retry=retry(DYNAMODB_FAULTS),
        catch=[lost, *tasks.rest],
    )


def _read(tasks: Tasks) -> Task:
    return Task(
        "Read turn",
        resource="arn:aws:states:::dynamodb:getItem",
        parameters={"TableName": "${TurnsTable}", "Key": _KEY, "ConsistentRead": True},
        result_path="$.turn.read",
        timeout_seconds=60,
        retry=retry(DYNAMODB_FAULTS),
        catch=tasks.rest,
    )


def _choose(tasks: Tasks, take: State, then: State) -> sdk.Choice:
    """On, by who has the turn: this execution, another, or nobody any more."""
    over = Pass("Take over", parameters={"own": _OWN, "previous": _HOLDER}, result_path="$.turn")
    over.next(take)
    describe = tasks.call(
        "Describe holder",
        "sfn:describeExecution",
        {"ExecutionArn": _HOLDER},
        "$.turn.holder",
        {"status": "$.Status"},
        # It is gone for good: Step Functions forgets an execution 90 days after its end.
        before=[sdk.Catch(error_equals=list(_NO_EXECUTION), next_step=over, result_path="$.turn.forgotten")],
        # Unless it has only just been started.
        also_retry=("Sfn.ExecutionDoesNotExistException",),
    )
    runs = sdk.Choice("Does holder run?")
    running = [rule.StringEquals(variable="$.turn.holder.status", value=status) for status in _RUNNING]
    runs.add_choice(rule.Or(running), _yielded())
    runs.default_choice(over)
    describe.next(runs)
    choice = sdk.Choice("Whose turn is it?")
    present = rule.IsPresent(variable=_HOLDER, value=True)
    choice.add_choice(rule.And([present, rule.StringEqualsPath(variable=_HOLDER, value=_OWN)]), then)
    choice.add_choice(rule.And([present, rule.StringMatches(variable=_HOLDER, value=_OWN_EXECUTIONS)]), describe)
    # Somebody has written it by hand. No role may describe it, and so it would never be seen to have ended.
    choice.add_choice(present, over)
    choice.default_choice(take)
    return choice


def _yielded() -> Pass:
    """The end, and the output, of an execution whose turn it is not."""
    return Pass(
        "Yielded",
        parameters={
            "execution": "$.parameters.execution",
            "task": "$.parameters.task",
            "started_by": "$.parameters.started_by",
            "yielded_to": _HOLDER,
            "promoted": False,
        },
    )
