"""What S3 and EventBridge deliver to functions and queues: only what these allow, in AWS's own shape.

MiniStack makes the events, matches rules and finds the targets. A function without a permission for the service gets
nothing, a queue likewise, and a state machine that the target's role may not start; a bucket's notification to a
function that does not allow it is refused when it is configured; filters compare with the key as the event spells it;
EventBridge's event names the object's version; and EventBridge invokes functions asynchronously, so that a failure is
tried again. An event that its target does not let in goes to the target's dead-letter queue, if it has one.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
"""

import contextvars
import json
import logging
import uuid
from typing import Any

from ministack.services import eventbridge, lambda_svc, s3, sqs

from local.iam.roles import LentRole
from local.lambda_ import grants
from local.seams import replace, seam

log = logging.getLogger(__name__)

_version_of_event: contextvars.ContextVar[str | None] = contextvars.ContextVar("version_of_event", default=None)


def install() -> None:
    """Put these in the place of MiniStack's."""
    _install_s3()
    _install_eventbridge()


def _install_s3() -> None:
    validate = seam(s3, "_validate_notification_configs")
    fire = seam(s3, "_fire_s3_event")
    deliver = seam(s3, "_deliver_event_to_lambda")
    matches = seam(s3, "_key_matches_filter")
    spell = seam(s3, "_event_object_key")

    def validate_and_check(
        configs: list[dict], bucket_region: str, bucket: str = "", skip: bool = False
    ) -> tuple | None:
        return validate(configs, bucket_region, bucket, skip) or (None if skip else _forbidden(configs, bucket))

    def fire_with_version(bucket: str, key: str, event_name: str, *arguments: Any, **keywords: Any) -> None:
        token = _version_of_event.set(keywords.get("version_id"))
        try:
            fire(bucket, key, event_name, *arguments, **keywords)
        finally:
            _version_of_event.reset(token)

    def deliver_where_allowed(arn: str, event: dict[str, Any], bucket_region: str) -> None:
        bucket_arn = event["Records"][0]["s3"]["bucket"]["arn"]
        if grants.function_admits(arn, "s3.amazonaws.com", bucket_arn):
            deliver(arn, event, bucket_region)
        else:
            log.warning("%s does not let s3.amazonaws.com invoke it for %s", arn, bucket_arn)

    replace(s3, "_validate_notification_configs", validate_and_check)
    replace(s3, "_fire_s3_event", fire_with_version)
    replace(s3, "_deliver_event_to_lambda", deliver_where_allowed)
    replace(s3, "_key_matches_filter", lambda key, prefix, suffix: matches(spell(key), prefix, suffix))


def _forbidden(configs: list[dict], bucket: str) -> tuple | None:
    arns = [config["arn"] for config in configs if config["type"] == "lambda"]
    if all(grants.function_admits(arn, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}") for arn in arns):
        return None
    return s3._invalid_notification_config("Unable to validate the following destination configurations")


def _install_eventbridge() -> None:
    dispatch = seam(eventbridge, "_dispatch_event")
    invoke_target = seam(eventbridge, "_invoke_target")

    def dispatch_with_version(event: dict[str, Any], view: Any = None) -> None:
        version = _version_of_event.get()
        if event.get("Source") == "aws.s3" and version and view is None:
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = {**event, "Detail": json.dumps(detail)}
        dispatch(event, view)

    def invoke_where_allowed(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None
    ) -> None:
        if _admits(target, rule["Arn"]):
            invoke_target(target, event, rule, view)
        else:
            log.warning("%s does not let events.amazonaws.com in for %s", target["Arn"], rule["Arn"])
            _bury(target, rule["Arn"], view or eventbridge._pattern_event_view(event))

    replace(eventbridge, "_dispatch_event", dispatch_with_version)
    replace(eventbridge, "_invoke_target", invoke_where_allowed)
    replace(eventbridge, "_dispatch_to_lambda", _invoke)


def _bury(target: dict[str, Any], rule_arn: str, view: Any) -> None:
    """Put the event as the rule matched it into the target's dead-letter queue, where that lets the rule in."""
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if arn is None:
        return
    queue = sqs._queue_by_arn(arn)
    if queue is None or not grants.queue_admits(arn, "events.amazonaws.com", rule_arn):
        log.error(
            "The dead-letter queue %s does not let events.amazonaws.com in for %s: an event is lost", arn, rule_arn
        )
        return
    attributes = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": f"{target['Arn']} may not be invoked for the rule.",
    }
    queue["messages"].append(
        {
            "id": str(uuid.uuid4()),
            "body": json.dumps(view.event_with_detail()),
            "message_attributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        }
    )


def _admits(target: dict[str, Any], rule_arn: str) -> bool:
    """Functions and queues let a rule in by their own policies; a state machine is started as the target's role."""
    target_arn = target["Arn"]
    service = target_arn.split(":")[2]
    if service == "states":
        role = LentRole(target.get("RoleArn", ""), rule_arn)
        return grants.rule_may(role, "states:StartExecution", target_arn)
    if service == "lambda":
        return grants.function_admits(target_arn, "events.amazonaws.com", rule_arn)
    if service == "sqs":
        return grants.queue_admits(target_arn, "events.amazonaws.com", rule_arn)
    return True


def _invoke(arn: str, payload: str) -> None:
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        lambda_svc.invoke_async_with_retry(
            lambda_svc._execution_record_for_config(function, config), json.loads(payload)
        )
    else:
        log.warning("the function %s of a rule does not exist", name)
