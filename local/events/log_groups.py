"""Rules whose targets are log groups: each event becomes one of the log, if the policy of the group lets it in.

MiniStack drops these events with a warning. A group whose name begins with /aws/events/ needs a policy too:
EventBridge's console makes one, TrustEventsToStoreLogEvents, and a template has to say it, as on AWS.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
"""

import json
import logging
import time
import uuid
from typing import Any

from local import account
from local.protocols.strict_json import decode
from local.seams import replace, seam

log = logging.getLogger(__name__)

_PRINCIPALS = ("events.amazonaws.com", "delivery.logs.amazonaws.com")


def install() -> None:
    """Deliver to log groups; every other target is delivered to as before."""
    from ministack.services import cloudwatch_logs, eventbridge

    invoke = seam(eventbridge, "_invoke_target")
    seam(eventbridge, "_apply_input_transformer")
    for name in ("_log_groups", "_resource_policies", "_create_log_stream", "_put_log_events"):
        seam(cloudwatch_logs, name)

    def invoke_or_log(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        if target["Arn"].split(":")[2] != "logs":
            invoke(target, event, rule, view)
            return
        group_arn = target["Arn"].removesuffix(":*")
        name = group_arn.partition(":log-group:")[2]
        if name not in cloudwatch_logs._log_groups or not _admits(group_arn, rule["Arn"]):
            log.warning("%s lets in no event of %s: is there a resource policy?", group_arn, rule["Arn"])
            return
        try:
            write(name, payload(target, rule, view or eventbridge._pattern_event_view(event)))
        except (LookupError, TypeError, ValueError, OverflowError, RecursionError):
            # Neither who puts the event nor the rule's other targets have a part in it.
            log.exception("an event of %s is none for %s", rule["Arn"], group_arn)

    replace(eventbridge, "_invoke_target", invoke_or_log)


def payload(target: dict[str, Any], rule: dict[str, Any], view: Any) -> str:
    """What a target gets of an event: all of it, a part, a constant, or what its transformer makes of it."""
    from ministack.services import eventbridge

    event = view.event_with_detail()
    if target.get("InputTransformer"):
        return eventbridge._apply_input_transformer(target["InputTransformer"], rule, view)
    if target.get("Input"):
        return target["Input"]
    part: Any = event
    for name in filter(None, (target.get("InputPath") or "").strip("$.").split(".")):
        part = part.get(name) if isinstance(part, dict) else None
    return json.dumps(event if part is None else part)


def write(group: str, text: str) -> None:
    """Add an event to the log group. A transformer's object names the time and the message.

    Raises ValueError, or TypeError, for what is no JSON, or names a time that is none.
    """
    from ministack.services import cloudwatch_logs

    value = decode(text) if text.lstrip().startswith("{") else {}
    named = {"timestamp", "message"} == set(value)
    timestamp = int(value["timestamp"]) if named else round(1000 * time.time())
    stream = {"logGroupName": group, "logStreamName": str(uuid.uuid4())}
    cloudwatch_logs._create_log_stream(stream)
    message = str(value["message"]) if named else text
    cloudwatch_logs._put_log_events({**stream, "logEvents": [{"timestamp": timestamp, "message": message}]})


def _admits(group_arn: str, rule_arn: str) -> bool:
    """Whether a policy of CloudWatch Logs lets EventBridge put events into the group for this rule."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region
    from ministack.services import cloudwatch_logs

    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="logs:PutLogEvents",
        resource_arn=f"{group_arn}:log-stream:*",
        region=get_region(),
        secure_transport=True,
        service_context={"aws:sourcearn": rule_arn, "aws:sourceaccount": account.ACCOUNT_ID},
    )
    documents = [policy["policyDocument"] for policy in cloudwatch_logs._resource_policies.values()]
    return any(
        iam_evaluator.evaluate_resource_policy(document, context, service=principal).decision == "Allow"
        for document in documents
        for principal in _PRINCIPALS
    )
