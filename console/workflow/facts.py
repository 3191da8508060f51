"""What lists of executions do not say: what started each and for what, what became of it, and its cost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from cli import execution_cost, executions, map_children, verdicts
from cli.errors import CommandError
from cli.stack import Stack
from console.answers import is_denial
from wildrydes.announcements.end import ROLLBACK_REASON, read_description
from wildrydes.starts import PERSON

MOST_FACTS = 40
_AT_ONCE = 8

_HELD_BACK, _YIELDED = "kept", "yielded"


class TooManyError(CommandError):
    """More is asked for at once than is answered at once."""


def facts(stack: Stack, fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What lists do not say of each of `fields["arns"]`, by ARN, as `facts_of` has it.

    A page asks it of the executions that are in sight, once. Of those that are gone there is nothing. Raises
    TooManyError.
    """
    arns = fields.get("arns")
    if not isinstance(arns, list) or not all(isinstance(arn, str) for arn in arns) or len(arns) > MOST_FACTS:
        raise TooManyError(f"The request needs the field arns: up to {MOST_FACTS} ARNs of executions.")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        all_facts = pool.map(lambda arn: _facts_if_there(stack, arn), arns)
        return {arn: each for arn, each in zip(arns, all_facts, strict=True) if each is not None}


def _facts_if_there(stack: Stack, arn: str) -> dict[str, Any] | None:
    described = executions.described_if_there(stack, arn)
    return facts_of(stack, described) if described is not None else None


def facts_of(stack: Stack, described: dict[str, Any]) -> dict[str, Any]:
    """What started an execution, and what it cost in dollars; None where its input or the ledger does not say it.

    `task` is a retraining's or a promotion's, `is_accounted` whether the cost of such an execution is accounted once it
    has ended. Of a retraining that has succeeded `outcome` is what became of its model: `promoted`, `kept` or
    `yielded`. With it comes the gate's verdict, and of a kept one `why_not` in a few words; or the ARN of the
    execution that it yielded to. `item` is what a Map's child was given.
    """
    arn = described["executionArn"]
    is_retraining = executions.is_retraining(stack, arn)
    outcome = _outcome(described) if is_retraining else _NO_OUTCOME
    cost = execution_cost.accounted_usd(stack, described)
    if outcome["outcome"] == _YIELDED:
        # It ends before it would be accounted, after a few states.
        cost = _usd_by_history(stack, arn)
    return {
        "reason": _reason(described.get("input"), is_retraining=is_retraining),
        "task": executions.task_of(described) if is_retraining else _task(described.get("input")),
        "is_accounted": is_retraining,
        "cost": cost,
        "item": map_children.item_of(described.get("input", "")) if map_children.is_child(arn) else None,
        **outcome,
    }


def _usd_by_history(stack: Stack, arn: str) -> float | None:
    """What an execution cost by its history; None where that may not be read."""
    try:
        return execution_cost.usd_by_history(stack, arn)
    except ClientError as refusal:
        if not is_denial(refusal):
            raise
        return None


_NO_OUTCOME = {"outcome": None, "verdict": None, "why_not": "", "yielded_to": None}


def _outcome(described: dict[str, Any]) -> dict[str, Any]:
    ended = read_description(described)
    if ended.status != "SUCCEEDED":
        return _NO_OUTCOME
    output = ended.output or {}
    verdict = output.get("verdict")
    has_verdict = isinstance(verdict, dict)
    return {
        "outcome": ended.outcome,
        "verdict": verdict if has_verdict else None,
        "why_not": verdicts.in_brief(verdict) if has_verdict and ended.outcome == _HELD_BACK else "",
        "yielded_to": output.get("yielded_to"),
    }


def _task(text: str | None) -> str | None:
    task = executions.object_in(text).get("task")
    return task if isinstance(task, str) else None


def _reason(text: str | None, *, is_retraining: bool) -> str | None:
    """What started an execution, a promotion's retraining or a rollback, or None where the input does not say it."""
    value = executions.object_in(text)
    if is_retraining:
        return str(value.get("reason", PERSON))
    if str(value.get("reason", "")).startswith(ROLLBACK_REASON):
        return str(value["reason"])
    started_by = value.get("started_by")
    return str(started_by["reason"]) if isinstance(started_by, dict) and "reason" in started_by else None
