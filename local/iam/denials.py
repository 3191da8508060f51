"""What a denial says: who may not do what, on which resource, and why.

MiniStack leaves the resource out for most services, so that nobody sees which grant is missing. Here it is the one on
which the check failed: of a copy that may be its source, of several tables the second. A call that has no resource of
its own, such as PutMetricData, names none, as on AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from contextvars import ContextVar
from typing import Any

from local.seams import replace, seam

_NO_RESOURCE = "*"
# On which resource the last check of this request failed.
_RESOURCE: ContextVar[str] = ContextVar("resource", default=_NO_RESOURCE)


def install() -> None:
    """Let denials name the resource."""
    from ministack.core import iam_actions, iam_evaluator

    enforce = seam(iam_evaluator, "enforce")
    respond = seam(iam_actions, "access_denied_response")

    def enforce_and_note(
        access_key_id: str, iam_action: str, service: str, region: str, resource_arn: str = _NO_RESOURCE, **more: Any
    ) -> Any:
        denied = enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, **more)
        if denied is not None:
            _RESOURCE.set(resource_arn)
        return denied

    def access_denied_response(service: str, action: str, principal_arn: str, request_id: str, **more: Any) -> Any:
        is_of_resource = more.get("explicit_deny") and more.get("resource_policy_arn")
        if not (more.get("error_code") or more.get("message") or is_of_resource):
            is_explicit = bool(more.get("explicit_deny"))
            more["message"] = message(service, action, principal_arn, _RESOURCE.get(), is_explicit=is_explicit)
        return respond(service, action, principal_arn, request_id, **more)

    replace(iam_evaluator, "enforce", enforce_and_note)
    replace(iam_actions, "access_denied_response", access_denied_response)


def message(service: str, action: str, principal: str, resource: str, *, is_explicit: bool = False) -> str:
    """What AWS says where the caller's own policies do not allow an action, or deny it explicitly.

    >>> message("sqs", "sqs:SendMessage", "arn:aws:sts::1:assumed-role/R/s", "arn:aws:sqs:us-east-1:1:q")[-58:]
    'no identity-based policy allows the sqs:sendmessage action'
    """
    spelt = _spelt(service, action)
    named = f'"{resource}"' if service == "s3" else resource
    where = "" if resource == _NO_RESOURCE else f" on resource: {named}"
    reason = (
        "with an explicit deny in an identity-based policy"
        if is_explicit
        else f"because no identity-based policy allows the {spelt} action"
    )
    return f"User: {principal} is not authorized to perform: {spelt}{where} {reason}"


def _spelt(service: str, action: str) -> str:
    """An action as the service spells it: SQS in lower case, SNS its own name in upper case."""
    if service == "sqs":
        return action.lower()
    return action.replace("sns:", "SNS:", 1) if service == "sns" else action
