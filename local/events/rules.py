"""What EventBridge refuses of rules, and MiniStack takes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html
"""

import re
from typing import Any

from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]

# The unit of one is in the singular, and that of more in the plural.
_RATE = re.compile(r"rate\((1 (?:minute|hour|day)|(?!1 )[1-9][0-9]* (?:minutes|hours|days))\)")


def install() -> None:
    """Check rules before MiniStack sees them. Templates delete theirs with the targets."""
    from ministack.core.responses import error_response_json
    from ministack.services import eventbridge

    put, delete = seam(eventbridge, "_put_rule"), seam(eventbridge, "_delete_rule")
    targets, key_of = seam(eventbridge, "_targets"), seam(eventbridge, "_rule_key")

    def put_rule(data: dict[str, Any]) -> Response:
        if not is_schedule(data.get("ScheduleExpression") or ""):
            return error_response_json("ValidationException", "Parameter ScheduleExpression is not valid.", 400)
        return put(data)

    def delete_rule(data: dict[str, Any]) -> Response:
        if targets.get(key_of(data.get("Name"), data.get("EventBusName", "default"))):
            return error_response_json("ValidationException", "Rule can't be deleted since it has targets.", 400)
        return delete(data)

    replace(eventbridge, "_put_rule", put_rule)
    replace(eventbridge, "_delete_rule", delete_rule)


def is_schedule(expression: str) -> bool:
    """Whether a rate is one; MiniStack looks at all other expressions.

    >>> [is_schedule(f"rate({rate})") for rate in ("1 minute", "5 minutes", "1 minutes", "5 minute", "0 minutes")]
    [True, True, False, False, False]
    """
    return not expression.startswith("rate(") or _RATE.fullmatch(expression) is not None
