"""What a stack cost in a month: its executions, and the rest by metrics."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli.execution_cost import usd_by_history
from cli.month_metrics import Month, usage_by_inventory, usage_by_metrics
from cli.stack import Stack
from local import account
from wildrydes.announcements.end import is_yielded
from wildrydes.cost import ledger
from wildrydes.cost.charges import Bill, bill

_RETRAIN = "retrain"
# How many numbers the names of what belongs to a retraining have behind its own (docs/decisions/0062).
_NUMBERS_OF_PARTS = {"promote": 1, "restore": 2}


@dataclass(frozen=True)
class ExecutionCost:
    """What an execution cost, in dollars; None where its workflow could not account it. `status` may be YIELDED."""

    workflow: str
    name: str
    status: str
    usd: float | None


@dataclass(frozen=True)
class MonthCosts:
    """Executions of a month, the newest first, and the bill of all else."""

    month: str
    executions: list[ExecutionCost]
    rest: Bill

    @property
    def executions_usd(self) -> float:
        """The sum of the executions."""
        return sum(each.usd or 0.0 for each in self.executions)

    @property
    def usd(self) -> float:
        """All of it."""
        return self.executions_usd + float(self.rest.total)

    def to_json(self) -> dict[str, Any]:
        """The month as `--json` prints it."""
        return {
            "month": self.month,
            "total_usd": round(self.usd, 10),
            "executions_usd": round(self.executions_usd, 10),
            "executions": [vars(each) for each in self.executions],
            "rest": self.rest.to_json(),
        }


def month_of(text: str, now: datetime) -> Month:
    """The time of `YYYY-MM` until its end, or until now. Raises ValueError, also for a month that has not begun."""
    start = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    if start > now:
        raise ValueError(f"{text} has not begun")
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return Month(start, min(now, following))


def month_costs(stack: Stack, text: str, now: datetime) -> MonthCosts:
    """The costs of a month at the list prices of the stack's region."""
    month, region = month_of(text, now), stack.client("stepfunctions").meta.region_name
    listed = list(_executions(stack, text, month))
    rest = bill({**usage_by_metrics(stack, month)}, region)
    inventory = bill(usage_by_inventory(stack, month), region)
    unpriced = (*rest.unpriced, *inventory.unpriced)
    return MonthCosts(text, listed, Bill(region, (*rest.lines, *inventory.lines), unpriced))


def _executions(stack: Stack, text: str, month: Month) -> Iterator[ExecutionCost]:
    """What began in the month. A retraining's promotion and what puts that in order are parts of it."""
    accounted, retrainings = _ledger(stack, text), set[str]()
    for machine in _machines(stack):
        workflow = machine.rpartition("-")[2]
        for each in _started(stack, machine, month):
            name = each["name"]
            if workflow == _RETRAIN:
                retrainings.add(name)
            elif _retraining_of(workflow, name) in retrainings:
                continue
            usd = accounted.get(name) if workflow == _RETRAIN else None
            status = each["status"]
            if usd is None:
                usd = usd_by_history(stack, each["executionArn"])
                # One that yielded ends before it would be accounted: no other has to be asked for.
                if workflow == _RETRAIN and status == "SUCCEEDED" and _has_yielded(stack, each["executionArn"]):
                    status = "YIELDED"
            yield ExecutionCost(workflow, name, status, usd)


def _retraining_of(workflow: str, name: str) -> str:
    """The retraining that an execution is a part of, if it is one: `<retraining>-<redrives>`, and once more behind it.

    >>> _retraining_of("promote", "run-1-0"), _retraining_of("restore", "run-1-0-1"), _retraining_of("monitor", "run-1")
    ('run-1', 'run-1', '')
    """
    numbers = _NUMBERS_OF_PARTS.get(workflow)
    return name.rsplit("-", numbers)[0] if numbers else ""


def _has_yielded(stack: Stack, arn: str) -> bool:
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    return is_yielded(json.loads(described.get("output") or "{}"))


def _machines(stack: Stack) -> list[str]:
    """The ARNs of the stack's workflows, first that of the retrainings."""
    retrain = stack.machine(_RETRAIN)
    return [retrain, *sorted(set(stack.resources("AWS::StepFunctions::StateMachine")) - {retrain})]


def _started(stack: Stack, machine: str, month: Month) -> list[dict[str, Any]]:
    listed = account.entries(stack.client("stepfunctions"), "list_executions", "executions", stateMachineArn=machine)
    return [each for each in listed if month.start <= each["startDate"] < month.end]


def _ledger(stack: Stack, text: str) -> dict[str, float]:
    """What executions were accounted with in a month, by their names."""
    s3, prefix = stack.client("s3"), ledger.month_prefix(text)
    costs: dict[str, float] = {}
    for each in account.entries(s3, "list_objects_v2", "Contents", Bucket=stack.bucket, Prefix=prefix):
        entry = json.load(s3.get_object(Bucket=stack.bucket, Key=each["Key"])["Body"])
        costs[entry["execution"]] = entry["cost"]["total_usd"]
    return costs
