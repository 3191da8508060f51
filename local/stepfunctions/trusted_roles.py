"""Asks, when a state machine is created or gets another role, whether Step Functions may take it, as AWS does.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.iam.roles import LentRole, UnusableRoleError, assume
from local.seams import replace, seam

PRINCIPAL = "states.amazonaws.com"


def install() -> None:
    """Check roles before moto stores them."""
    create = seam(StepFunctionsParserBackend, "create_state_machine")
    update = seam(StepFunctionsParserBackend, "update_state_machine")

    def create_checked(self: Any, name: str, definition: str, roleArn: str, *others: Any, **more: Any) -> Any:  # noqa: N803
        check(roleArn, f"arn:aws:states:{self.region_name}:{self.account_id}:stateMachine:{name}")
        return create(self, name, definition, roleArn, *others, **more)

    replace(StepFunctionsParserBackend, "create_state_machine", create_checked)
    replace(StepFunctionsParserBackend, "update_state_machine", _checked_update(update))


def _checked_update(update: Callable[..., Any]) -> Callable[..., Any]:
    def update_checked(self: Any, arn: str, definition: Any = None, role_arn: Any = None, **others: Any) -> Any:
        if role_arn:
            check(role_arn, arn)
        return update(self, arn, definition, role_arn, **others)

    return update_checked


def check(role_arn: str, machine_arn: str) -> None:
    """Raise the API's refusal for a role that does not let Step Functions in for this state machine."""
    try:
        assume(LentRole(role_arn, machine_arn), PRINCIPAL)
    except UnusableRoleError:
        message = (
            f"Neither the global service principal {PRINCIPAL}, nor the regional one is authorized to assume the "
            "provided role."
        )
        raise JsonRESTError("AccessDeniedException", message) from None
