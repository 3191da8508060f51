"""Puts what subscription filters do, and the checks of what they may be, in the place of MiniStack's.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import router
from ministack.core.responses import error_response_json
from ministack.services import cloudwatch_logs

from local.iam.roles import denies_pass_role
from local.logs.patterns import PatternError, matcher
from local.logs.subscriptions import PRINCIPAL, PutRecords, Subscriptions, UndeliverableError
from local.seams import replace, seam

MOST_FILTERS = 2
_TARGET = "PutSubscriptionFilter"

Response = tuple[int, dict[str, str], Any]


def install(put_records: PutRecords, now: Callable[[], float]) -> Subscriptions:
    """Install and start the filters. `put_records` is Firehose's PutRecordBatch, `now` the server's clock."""
    subscriptions = Subscriptions(put_records, now)
    groups = seam(cloudwatch_logs, "_log_groups")

    def put_filter(request: dict[str, Any]) -> Response:
        group = groups.get(request.get("logGroupName") or "")
        if group is None:
            return by_ministack(request)
        refusal = _refusal(request, group.get("subscriptionFilters") or {}, subscriptions)
        return refusal or by_ministack(request)

    def put_events(request: dict[str, Any]) -> Response:
        refusal = refusal_of_events(request.get("logEvents"))
        return _invalid(refusal) if refusal else put_events_by_ministack(request)

    def fan_out(group_name: str, stream_name: str, events: list[dict[str, Any]]) -> None:
        filters = (groups.get(group_name) or {}).get("subscriptionFilters")
        if filters and events:
            subscriptions.forward(group_name, stream_name, list(filters.values()), events)
            to_functions(group_name, stream_name, events)

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        denial = _pass_role_denial(headers, body, query)
        if denial:
            return error_response_json("AccessDeniedException", denial, 400)
        return await by_module(method, path, headers, body, query)

    by_ministack = replace(cloudwatch_logs, "_put_subscription_filter", put_filter)
    put_events_by_ministack = replace(cloudwatch_logs, "_put_log_events", put_events)
    to_functions = replace(cloudwatch_logs, "_fanout_to_subscription_filters", fan_out)
    by_module = replace(cloudwatch_logs, "handle_request", handle)
    subscriptions.start()
    return subscriptions


def refusal_of_events(events: Any) -> str | None:
    """Why PutLogEvents does not take events, None where it does: each has a time in milliseconds and a text.

    MiniStack stores any. Whoever delivers them to subscriptions would stumble over one that has not.
    """
    if not isinstance(events, list) or not events:
        return (
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must not be empty"
        )
    for place, event in enumerate(events, 1):
        members = event if isinstance(event, dict) else {}
        timestamp, message = members.get("timestamp"), members.get("message")
        is_time = isinstance(timestamp, int) and not isinstance(timestamp, bool) and timestamp >= 0
        if not is_time or not isinstance(message, str) or not message:
            name = "message" if is_time else "timestamp"
            where = f"'logEvents.{place}.member.{name}'"
            return (
                f"1 validation error detected: Value at {where} failed to satisfy constraint: Member must not be null"
            )
    return None


def _refusal(request: dict[str, Any], filters: dict[str, Any], subscriptions: Subscriptions) -> Response | None:
    """What AWS answers a filter that it does not take, None for one that it does."""
    name, arn = request.get("filterName") or "", request.get("destinationArn") or ""
    if name not in filters and len(filters) >= MOST_FILTERS:
        return error_response_json("LimitExceededException", "Resource limit exceeded.", 400)
    try:
        matcher(request.get("filterPattern") or "")
    except PatternError as fault:
        return _invalid(f"Invalid filter pattern. {fault}")
    if ":function:" in arn:
        return None
    if ":deliverystream/" not in arn:
        return _invalid(
            f"The destination {arn or 'that is missing'} is not supported here; functions and Firehose are."
        )
    if not request.get("roleArn"):
        return _invalid("destinationArn for vendor firehose requires a roleArn.")
    try:
        subscriptions.test(request["logGroupName"], request)
    except UndeliverableError as fault:
        message = (
            "Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in"
        )
        return _invalid(f"{message} ACTIVE state. ({fault})")
    return None


def _invalid(message: str) -> Response:
    return error_response_json("InvalidParameterException", message, 400)


def _pass_role_denial(headers: dict[str, str], body: bytes, query: dict[str, Any]) -> str | None:
    """Why the caller may not hand the role of a filter to CloudWatch Logs, or None."""
    if headers.get("x-amz-target", "").rpartition(".")[2] != _TARGET:
        return None
    try:
        role = json.loads(body or b"{}").get("roleArn")
    except (ValueError, AttributeError):
        return None
    return denies_pass_role(router.extract_access_key_id(headers, query), role, PRINCIPAL) if role else None
