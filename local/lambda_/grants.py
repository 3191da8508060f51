"""What policies allow a service to do: as a function's or a rule's role, or by a function's or queue's own policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, sqs

from local.iam.roles import UnusableRoleError, assume


def role_may(function: dict[str, Any], action: str, resource_arn: str) -> bool:
    """Whether the role of a function, given by its configuration, may do `action` on `resource_arn`."""
    key = execution_credentials(function)["AWS_ACCESS_KEY_ID"]
    service = action.split(":", 1)[0]
    with _by_tls():
        return iam_evaluator.enforce(key, action, service, get_region(), resource_arn=resource_arn) is None


def rule_may(role_arn: str, action: str, resource_arn: str) -> bool:
    """Whether EventBridge may do `action` as the role of a rule's target; not where the role does not trust it."""
    return service_may(role_arn, "events.amazonaws.com", action, resource_arn)


def service_may(role_arn: str, principal: str, action: str, resource_arn: str) -> bool:
    """Whether a service (`logs.amazonaws.com`) may do `action` as a role; not where the role does not trust it."""
    try:
        session = assume(role_arn, principal)
    except UnusableRoleError:
        return False
    with _by_tls():
        denied = iam_evaluator.enforce(
            session.access_key_id, action, action.split(":", 1)[0], get_region(), resource_arn=resource_arn
        )
    return denied is None


def queue_admits(queue_arn: str, service: str, source_arn: str) -> bool:
    """Whether the policy of a queue lets `service` (`events.amazonaws.com`) send to it for `source_arn`."""
    with _by_tls():
        return sqs.queue_policy_allows(queue_arn, service, source_arn, get_account_id())


def function_admits(function_arn: str, service: str, source_arn: str) -> bool:
    """Whether the policy of a function lets `service` (`s3.amazonaws.com`) invoke it for `source_arn`.

    `function_arn` may name a version or an alias: their permissions are their own.
    """
    function, _, _ = lambda_svc._get_base_func_record_for_ref(function_arn)
    if not function:
        return False
    account_id = get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=get_region(),
        secure_transport=True,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account_id},
    )
    return iam_evaluator.evaluate_resource_policy(function["policy"], context, service=service).decision == "Allow"


@contextmanager
def _by_tls() -> Iterator[None]:
    """Within the block, policies are evaluated as for a call by TLS, as AWS's services reach one another."""
    token = iam_evaluator._request_origin.set(("127.0.0.1", True))
    try:
        yield
    finally:
        iam_evaluator._request_origin.reset(token)
