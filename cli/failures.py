"""Why an execution failed: the state where it began, the error, the log of what ran there, and what to do next.

What a workflow itself refuses, and a promotion that failed, ends in a Fail state: a person needs the state before.
"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli import executions, logs, map_children
from cli.executions import Progress
from cli.map_children import FailedChild, is_child
from cli.stack import Stack
from wildrydes.announcements.notice import sentence
from wildrydes.announcements.redrives import FILES_THERE, FULL_HISTORY, is_in_vain

_STOPPED = "Somebody stopped the execution: `wildrydes redrive` goes on with it, or start again."
# By error, what to do next. docs/operations.md has the whole of it.
NEXT_STEPS = {
    "BadExecutionInput": "Correct the field that the cause names, and start again.",
    "TooManyRejectedRides": "Look at the rejected rides under rejected/ in the run's folder and in the data bucket. "
    "Correct or remove the files, or allow more by --max-rejected-fraction. Until then each start fails alike.",
    "IngestionIncomplete": "Start again: something that the execution wrote was deleted while it ran.",
    "TooManyRidesWithoutWeather": "Let --years cover the days of the rides, add the weather that the cause misses, or "
    "allow more rides without weather by --max-without-weather-fraction.",
    "UnusableTrainingSet": "Add rides, such as by `wildrydes retrain --rides data/rides`, or samples by "
    "`wildrydes retrain --samples FILE`. Or widen the years by --years, or ask for fewer rows by --min-training-rows.",
    "UnreadableRides": "Delete the object that the cause names, and redrive. If its file is under raw/, it is ingested "
    "anew.",
    "ObjectsNotDeleted": "Correct the role or the bucket's policy, and redrive: what was done stays done.",
    "AllCandidatesFailed": "Correct the hyperparameters that the causes name.",
    "BadLineage": "Start again: a list of the inputs was changed while the execution ran.",
    "SharedChunkTooLarge": "Start again with a smaller --chunk-bytes: the compressed files of a chunk are too much "
    "together.",
    "RideFileChanged": "Start again: the version of a ride file that was planned is gone for good.",
    "PromotionConflict": "Start again: another promotion or deployment came in between.",
    "SmokeTestFailed": "Compare the two answers in the cause. `wildrydes logs predict` says why a model cannot be "
    "read.",
    "Runtime.ExitError": "The function was killed three times, for want of memory for instance: give it more, or less "
    "at once.",
    "Sandbox.Timedout": "The function took too long three times: give it less at once, or more time.",
    "MonitoringFailed": "See `wildrydes logs monitor_model`, and start it again for that day: nothing else was "
    "changed.",
    "ABORTED": _STOPPED,
    "StoppedByAPerson": _STOPPED,
    "ErrorsWhileBaking": "See `wildrydes logs predict`: it failed for requests that got the new model.",
}
# What the log has, where there is one.
_LOG_HINTS = {
    "AllCandidatesFailed": "The log is that of the jobs.",
    "Runtime.ExitError": "The log says how far it came.",
    "Sandbox.Timedout": "The log says how far it came.",
}
_LOG_HAS_MORE = "The log has more."
_OTHERWISE = "docs/operations.md lists the errors and what to do about each."
_PROMOTION = "startExecution"
_TRAINING = ":sagemaker:"
_NO_CANDIDATE = "AllCandidatesFailed"
# What a retraining does when its promotion has failed; it may fail too, but that is not where the failure began.
_AFTERWARDS = frozenset({"Stop promotion", "Restore", "Read live alias again", "Read live version again"})

LogReader = Callable[..., list[dict[str, Any]]]
"""Reads the events of a log group, called as `logs.events` is."""


@dataclass(frozen=True)
class Failure:
    """Why an execution ended as FAILED, TIMED_OUT or ABORTED.

    `log` is the whole log of what ran in the state, from its start to its end. `child` is the first child of a
    distributed Map that failed, where one has; `try_command` runs its state again. `states` has the name of the state
    where it began, and before it those that started what that state is in.
    """

    status: str
    states: tuple[str, ...]
    error: str
    cause: str
    next_step: str
    log_group: str
    log: list[str]
    child: FailedChild | None = None
    try_command: str = ""
    # The ARN of the execution in which it began: this one, or a promotion or a child that a state of it started.
    began_in: str = ""

    @property
    def state(self) -> str:
        """The states in one line."""
        return " → ".join(self.states)

    def as_json(self) -> dict[str, Any]:
        """The failure as `--json` prints it."""
        of_child = {"child": self.child.to_json(), "try": self.try_command} if self.child else {}
        return {
            "state": self.state,
            "error": self.error,
            "cause": self.cause,
            "next_step": self.next_step,
            **of_child,
        }


def failure(stack: Stack, execution_arn: str, progress: Progress, read: LogReader = logs.events) -> Failure:
    """Find the state that failed for good, and the log of the function or job that it ran, by `read`."""
    described = stack.client("stepfunctions").describe_state_machine_for_execution(executionArn=execution_arn)
    states = _all_states(json.loads(described["definition"]), of_children=is_child(execution_arn))
    failed = _failed(states, progress)
    error, cause = progress.error or progress.status, progress.cause or ""
    if failed is None:
        step = _next_step(stack, execution_arn, progress, [])
        return Failure(progress.status, ("no state",), error, sentence(cause), step, "", [], began_in=execution_arn)
    if inner := _inner(stack, execution_arn, progress, failed, states[failed.name], read):
        return dataclasses.replace(inner, states=(failed.name, *inner.states))
    group = _log_group(_state(states, failed.name), stack, execution_arn)
    log = _log(stack, group, failed, _training_jobs(stack, execution_arn), read) if group else []
    step = _next_step(stack, execution_arn, progress, log)
    return Failure(progress.status, (failed.name,), error, sentence(cause), step, group, log, began_in=execution_arn)


def _all_states(definition: dict[str, Any], *, of_children: bool) -> dict[str, Any]:
    """The states of a workflow, with those of its own Maps' iterations, or of all Maps: a name occurs once."""
    states = dict(definition["States"])
    for state in definition["States"].values():
        children = state.get("ItemProcessor", {})
        if children and (of_children or children.get("ProcessorConfig", {}).get("Mode") == "INLINE"):
            states |= _all_states(children, of_children=of_children)
    return states


def _inner(
    stack: Stack,
    execution_arn: str,
    progress: Progress,
    failed: executions.StateProgress,
    state: dict[str, Any],
    read: LogReader,
) -> Failure | None:
    """The failure of the execution that the state started, a promotion or a Map's child; None where there is none."""
    if (promotion := _promotion(state, progress.cause or "")) is not None:
        return _of_execution(stack, promotion, read)
    child = map_children.first_failed(stack, execution_arn) if _has_failed_children(failed, progress) else None
    inner = _of_execution(stack, child.execution, read) if child else None
    if child is None or inner is None:
        return None
    command = inner.try_command or stack.command(f'try "{inner.state}" --from {child.execution}')
    return dataclasses.replace(inner, status=progress.status, child=inner.child or child, try_command=command)


def _has_failed_children(state: executions.StateProgress, progress: Progress) -> bool:
    return state.is_distributed and progress.status == "FAILED" and state.status in ("CAUGHT", "FAILED")


def _failed(states: dict[str, Any], progress: Progress) -> executions.StateProgress | None:
    """The last state that failed, leaving out those that only report a failure.

    An execution that somebody stopped, or that took too long, ended in the last state that it entered. One without a
    single candidate failed where the last one did.
    """
    reporting = _reporting(states)
    entered = [each for each in progress.states if each.name not in reporting]
    failed = [each for each in entered if each.status in ("CAUGHT", "FAILED") and each.name not in _AFTERWARDS]
    if progress.error == _NO_CANDIDATE:
        failed = [each for each in failed if _TRAINING in states[each.name].get("Resource", "")] or failed
    else:
        mended = _mended(states, entered)
        failed = [each for each in failed if id(each) not in mended]
    last = failed if progress.status == "FAILED" and failed else entered
    return last[-1] if last else None


def _mended(states: dict[str, Any], entered: list[executions.StateProgress]) -> set[int]:
    """The ids of the states after whose error the workflow went on as if they had succeeded.

    A turn that is taken over is such a one: what catches the error leads back to the state that follows success. What
    failed on the way back is mended too.
    """
    mended: set[int] = set()
    for place, each in enumerate(entered):
        if each.status != "CAUGHT":
            continue
        ways = _ways(states[each.name])
        later = [one for one in entered[place + 1 :] if one.iteration == each.iteration]
        back = next((number for number, one in enumerate(later) if one.name in ways), 0)
        if any(one.name in ways for one in later):
            mended |= {id(each), *(id(one) for one in later[:back])}
    return mended


def _reporting(states: dict[str, Any]) -> set[str]:
    """The states from which every way leads to a Fail state, and Fail states themselves."""
    reporting = {name for name, state in states.items() if state["Type"] == "Fail"}
    while True:
        more = {
            name
            for name, state in states.items()
            if name not in reporting and (ways := _ways(state)) and ways <= reporting
        }
        if not more:
            return reporting
        reporting |= more


def _ways(state: dict[str, Any]) -> set[str]:
    """The states that a state leads to when nothing fails: none where it ends the execution. Catch leads elsewhere."""
    after = {state.get("Next"), state.get("Default")} | {each["Next"] for each in state.get("Choices", [])}
    if state.get("End") or state["Type"] == "Succeed":
        return set()
    return {name for name in after if name}


def _promotion(state: dict[str, Any], cause: str) -> str | None:
    """The ARN of the execution that the state started and that failed, if it started one."""
    if _PROMOTION not in state.get("Resource", ""):
        return None
    try:
        described = json.loads(cause)
    except ValueError:
        return None
    return described.get("ExecutionArn") if isinstance(described, dict) else None


def _of_execution(stack: Stack, execution_arn: str, read: LogReader) -> Failure | None:
    *_, progress = executions.follow(stack, execution_arn)
    return failure(stack, execution_arn, progress, read) if progress.status != "SUCCEEDED" else None


def _next_step(stack: Stack, execution_arn: str, progress: Progress, log: list[str]) -> str:
    """What to do, and what the log has, if there is one."""
    error = progress.error or progress.status
    if error in NEXT_STEPS:
        steps, hint = NEXT_STEPS[error], _LOG_HINTS.get(error, "")
    else:
        steps, hint = _other_step(stack, execution_arn, error, progress), _LOG_HAS_MORE
    return f"{steps} {hint}" if log and hint else steps


def _other_step(stack: Stack, execution_arn: str, error: str, progress: Progress) -> str:
    cause = progress.cause or ""
    if FILES_THERE in cause:
        return f"Start again: a query before this one left its files, and none writes beside them. {_OTHERWISE}"
    if FULL_HISTORY in cause:
        return f"Start again: the history of this execution is full. {_OTHERWISE}"
    last_kind = progress.states[-1].kind if progress.states else ""
    if is_in_vain(error, cause, last_kind):
        return _OTHERWISE
    redriven = map_children.parent_of(stack, execution_arn) if is_child(execution_arn) else execution_arn
    command = stack.command(f"redrive {redriven.rpartition(':')[2]}")
    return f"Mend what the cause names: then {command} goes on in this state. {_OTHERWISE}"


def _log_group(task: dict[str, Any], stack: Stack, execution_arn: str) -> str:
    """The log group of the function or training job that `task` runs; empty for other services."""
    if _TRAINING in task.get("Resource", ""):
        return logs.TRAINING
    if "lambda:invoke" not in task.get("Resource", ""):
        return ""
    # A task's function is named by the execution, not by the workflow.
    function = task["Parameters"].get("FunctionName") or _invoked(stack, execution_arn)
    return logs.group_of(stack, function) if function else ""


def _state(states: dict[str, Any], name: str) -> dict[str, Any]:
    """The state of that name; of a Distributed Map the state that its children start with."""
    state = states.get(name, {})
    children = state.get("ItemProcessor")
    return children["States"][children["StartAt"]] if children else state


def _invoked(stack: Stack, execution_arn: str) -> str | None:
    """The function that the execution invoked last, if it invoked one."""
    for event in reversed(executions.history(stack, execution_arn)):
        scheduled = event.get("taskScheduledEventDetails", {})
        if (scheduled.get("resourceType"), scheduled.get("resource")) == ("lambda", "invoke"):
            return json.loads(scheduled["parameters"]).get("FunctionName")
    return None


def _training_jobs(stack: Stack, execution_arn: str) -> list[str]:
    """What the log streams of the training jobs begin with that the execution started, itself or by tuning jobs."""
    prefixes = []
    for event in executions.history(stack, execution_arn):
        scheduled = event.get("taskScheduledEventDetails", {})
        if scheduled.get("resourceType") == "sagemaker":
            parameters = json.loads(scheduled["parameters"])
            tuning = parameters.get("HyperParameterTuningJobName")
            prefixes.append(f"{tuning}-" if tuning else f"{parameters['TrainingJobName']}/")
    return [each for each in prefixes if not any(each.startswith(other) for other in prefixes if other != each)]


def _log(stack: Stack, group: str, state: executions.StateProgress, prefixes: list[str], read: LogReader) -> list[str]:
    """What was logged while the execution was in `state`; of training jobs what this execution's wrote, job by job."""
    if group == logs.TRAINING:
        # The jobs of several candidates run side by side.
        events = [each for prefix in prefixes for each in read(stack, group, 0, logStreamNamePrefix=prefix)]
    else:
        events = read(stack, group, **logs.while_in(state.entered, state.left))
    return [line for event in events for line in event["message"].splitlines()]
