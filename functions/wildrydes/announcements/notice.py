"""What people are told of an execution's end: that it went wrong and nobody has said so, or what is live now.

A workflow that refuses to go on, or whose promotion failed, publishes a notice itself (its state `Notify failure`). One
that was stopped, ran out of time, or failed by an error that no Catch gets, cannot.
"""

import json
import re
from typing import NamedTuple

from wildrydes.announcements.course import Course, Stay
from wildrydes.announcements.end import MONITOR, PROMOTE, RETRAIN, End
from wildrydes.announcements.redrives import is_in_vain
from wildrydes.tasks import TASKS

LONGEST_SUBJECT = 99
"""SNS takes subjects of fewer than 100 characters."""

RUNBOOK = "docs/operations.md"
DEFAULT_STACK = "wildrydes"
"""The stack that commands work on which name none."""

# The longest of the workflow's own says which weather there is and which is missing, for each element.
_LONGEST_CAUSE = 1200
_SUBJECTS = {"retrain": "Retraining", "promote": "Promotion", "restore": "Restoring", "monitor": "Monitoring"}
_ENDS = {"FAILED": "failed", "TIMED_OUT": "ran out of time", "ABORTED": "was stopped"}
_FUNCTION = re.compile(r"-([A-Z]\w*?)Function(?:-\w+)?$")
_NEXT = {"retrain": "wildrydes retrain", "promote": "wildrydes models", "restore": "wildrydes status"}
"""By workflow the command to begin anew with; otherwise it is called as the workflow is."""


class Notice(NamedTuple):
    """A message for the topic, with a subject of ASCII characters alone."""

    subject: str
    message: str


def notice_of(ended: End, course: Course, *, is_on_aws: bool) -> Notice | None:
    """What is to be published of an end; None where there is nothing to say, or the workflow has said it.

    Its commands lead to the stack of the execution: on AWS, or on the embedded AWS.
    """
    options = _options(ended, is_on_aws=is_on_aws)
    if ended.status in _ENDS:
        return None if course.is_announced else _failure(ended, course, options)
    if ended.workflow == PROMOTE:
        return _promotion(ended, options)
    return None


def _options(ended: End, *, is_on_aws: bool) -> str:
    """What follows a command that is to work on the execution's stack, with a space before it."""
    where = f" --aws --region {ended.region}" if is_on_aws else ""
    return where + ("" if ended.stack == DEFAULT_STACK else f" --stack {ended.stack}")


def _failure(ended: End, course: Course, options: str) -> Notice:
    """What failed, where, why, the log, and the commands that help."""
    end = _ENDS[ended.status]
    anchor = f"executions-{ended.status.lower().replace('_', '-')}"
    facts = {
        "state": course.where.state if course.where else "none was entered",
        "error": ended.error or "none was stated",
        "cause": sentence(ended.cause),
        "log": log_group(ended, course.where),
        "show it": f"wildrydes watch {ended.arn}{options}",
        **_commands(ended, course, options),
        "runbook": f"{RUNBOOK}#{anchor}",
    }
    head = f"The execution {ended.name} of {ended.stack}-{ended.workflow} {end}."
    return _notice(f"{_subject(ended)} {end}", head, facts, ended)


def _commands(ended: End, course: Course, options: str) -> dict[str, str]:
    """How to go on: where it failed, unless that is in vain or it was a promotion, or anew."""
    anew = _NEXT.get(ended.workflow, f"wildrydes {ended.workflow}") + _task_option(ended) + options
    last_kind = course.stays[-1].kind if course.stays else ""
    if ended.workflow == PROMOTE or is_in_vain(ended.error, ended.cause, last_kind):
        return {"go on": anew}
    return {"go on": f"wildrydes redrive {ended.arn}{options}", "or anew": anew}


def _promotion(ended: End, options: str) -> Notice:
    """What is live now, instead of what, why, and how to go back."""
    request, output = ended.request or {}, ended.output or {}
    task, model = request.get("task", "the default task"), output.get("execution", "")
    kind = "Rollback" if ended.is_rollback else "Promotion"
    facts = {
        "reason": str(output.get("reason", "none given")),
        "version": str(output.get("version", "")),
        "model": str(output.get("model_path", "")),
        "before": f"version {output.get('previous_version')}, {output.get('previous_model_path')}",
        "show it": f"wildrydes models{_task_option(ended)}{options}",
        "go back": f"wildrydes rollback{_task_option(ended)}{options}",
    }
    return _notice(f"{kind}: {model} is live", f"The model of {model} is live for {task}.", facts, ended)


def _task_option(ended: End) -> str:
    """The option of the commands that take a task, if the execution was for one by name; `target` is its older name.

    What is no task does not get into a command that a person copies.
    """
    request = ended.request or {}
    task = request.get("task") or request.get("target")
    is_taken = ended.workflow in (RETRAIN, PROMOTE, MONITOR)
    return f" --task {task}" if is_taken and isinstance(task, str) and task in TASKS else ""


def _subject(ended: End) -> str:
    return _SUBJECTS.get(ended.workflow, ended.workflow.capitalize())


def _notice(subject: str, head: str, facts: dict[str, str], ended: End) -> Notice:
    lines = [head, "", *(f"{name:<8} {text}" for name, text in facts.items()), ""]
    lines.append(f"execution {ended.arn}")
    return Notice(subject.encode("ascii", "replace").decode()[:LONGEST_SUBJECT], "\n".join(lines) + "\n")


def log_group(ended: End, where: Stay | None) -> str:
    """The log group of what ran in a state: a function's, SageMaker's, otherwise the workflow's own.

    A function's is called as the function is in the template, in words with hyphens.
    """
    parameters = where.parameters if where else {}
    if where and where.service == "lambda":
        name = str(parameters.get("FunctionName", "")).rpartition(":function:")[2]
        if match := _FUNCTION.search(name.partition(":")[0]):
            words = re.sub(r"(?<!^)(?=[A-Z])", "-", match[1]).lower()
            return f"/aws/lambda/{ended.stack}-{words}"
    if where and where.service == "sagemaker":
        for job, group in (("TransformJobName", "TransformJobs"), ("TrainingJobName", "TrainingJobs")):
            if job in parameters:
                return f"/aws/sagemaker/{group}, streams of {parameters[job]}"
    return f"/aws/vendedlogs/states/{ended.stack}-{ended.workflow}"


def sentence(cause: str) -> str:
    """A cause as a sentence: of a function's, a job's or an execution's description, the message in it."""
    try:
        described = json.loads(cause)
    except ValueError:
        described = None
    if isinstance(described, dict):
        status = described.get("Status")
        reason = status.get("StateChangeReason") if isinstance(status, dict) else None
        cause = described.get("errorMessage") or described.get("FailureReason") or reason or cause
    text = re.sub(r"\s+", " ", str(cause)).strip() or "none was stated"
    return text if len(text) <= _LONGEST_CAUSE else f"{text[:_LONGEST_CAUSE]}…"
