"""Notes which grants of roles allowed a call: the role, the statement's Sid and the action.

Who runs tests learns by it which grants no test needs. What is noted is bounded by the policies that there are, and by
a number beside.
"""

from dataclasses import dataclass, field
from typing import Any

from local.seams import replace, seam

_MOST = 20_000


@dataclass
class UsedGrants:
    """The grants that allowed a call since the server started, and how many were not noted for want of room."""

    most: int = _MOST
    _grants: set[tuple[str, str, str]] = field(default_factory=set)
    _left_out: int = 0

    def install(self) -> None:
        """Note each call that a role's policies allow."""
        from ministack.core import iam_evaluator

        evaluate = seam(iam_evaluator, "evaluate")

        def evaluate_and_note(context: Any, policies: Any, *limits: Any) -> Any:
            result = evaluate(context, policies, *limits)
            if result.decision == "Allow" and context.principal_type == "AssumedRole":
                self.note(_role_of(context.principal_arn), result.matched_sid, context.action)
            return result

        replace(iam_evaluator, "evaluate", evaluate_and_note)

    def note(self, role: str, statement: str, action: str) -> None:
        """Note that `statement`, by its Sid, allowed `action` to `role`, by its name."""
        grant = (role, statement, action)
        if len(self._grants) < self.most:
            self._grants.add(grant)
        elif grant not in self._grants:
            self._left_out += 1

    def to_json(self) -> dict[str, Any]:
        """What was noted: `grants`, sorted, each with `role`, `statement` and `action`, and `left_out`, a count."""
        names = ("role", "statement", "action")
        return {
            "grants": [dict(zip(names, grant, strict=True)) for grant in sorted(self._grants)],
            "left_out": self._left_out,
        }


def _role_of(arn: str) -> str:
    """The name of the role of a session.

    >>> _role_of("arn:aws:sts::123456789012:assumed-role/rydes-RetrainRole-1/states")
    'rydes-RetrainRole-1'
    """
    return arn.split("/")[1]
