"""The access log of a stage: one line a request, in the stage's format, into its log group.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

import hashlib
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.seams import seam

_VARIABLE = re.compile(r"\$context\.([A-Za-z]\w*(?:\.\w+)*)")
_NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"


@dataclass(frozen=True)
class Request:
    """A request as it arrives; `began` is in seconds since the epoch."""

    id: str
    began: float
    method: str
    path: str
    headers: dict[str, Any]


def install() -> None:
    """Keep where and how a stage logs, when CloudFormation creates or updates it."""
    from ministack.services import apigateway_v1
    from ministack.services.cloudformation import provisioners

    handlers = seam(provisioners, "_RESOURCE_HANDLERS")["AWS::ApiGateway::Stage"]
    for name, position in (("create", 1), ("update", 2)):
        handlers[name] = _note_log_settings(apigateway_v1, handlers[name], position)


def _note_log_settings(apigateway_v1: Any, provision: Any, position: int) -> Any:
    def provision_and_note(*arguments: Any, **keywords: Any) -> Any:
        properties = arguments[position]
        setting = properties.get("AccessLogSetting") or {}
        if setting and not (apigateway_v1._account_settings.get("settings") or {}).get("cloudwatchRoleArn"):
            raise ValueError(_NO_ROLE)
        result = provision(*arguments, **keywords)
        stage = apigateway_v1._stages_v1[properties.get("RestApiId")][properties.get("StageName")]
        stage["accessLogSettings"] = {
            "destinationArn": setting.get("DestinationArn", ""),
            "format": setting.get("Format", ""),
        }
        return result

    return provision_and_note


def variables(request: Request, notes: dict[str, Any], status: int, length: int) -> dict[str, Any]:
    """The `$context` variables of a request after its response; `notes` are those noted while it was served."""
    began = datetime.fromtimestamp(request.began, UTC)
    return {
        "requestId": request.id,
        "extendedRequestId": request.id,
        "requestTime": began.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": round(1000 * request.began),
        "httpMethod": request.method,
        "path": request.path,
        "protocol": "HTTP/1.1",
        "identity.sourceIp": "127.0.0.1",
        "identity.userAgent": request.headers.get("user-agent"),
        "status": status,
        "responseLength": length,
        "responseLatency": round(1000 * (time.time() - request.began)),
        **notes,
    }


def format_line(template: str, values: dict[str, Any]) -> str:
    """The line: each `$context` variable by its value, `-` where it has none."""

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return "-" if value is None else str(value)

    return _VARIABLE.sub(value_of, template)


def write(api_id: str, stage: dict[str, Any], scope: tuple[str, str], values: dict[str, Any]) -> None:
    """Write a line where the stage logs; nothing where it does not, or the group is gone."""
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch_logs

    setting = stage.get("accessLogSettings") or {}
    group_name = setting.get("destinationArn", "").split(":log-group:")[-1].removesuffix(":*")
    with request_scope(*scope):
        group = cloudwatch_logs._log_groups.get(group_name)
        if group is None:
            return
        now = round(1000 * time.time())
        stream_name = hashlib.sha256(api_id.encode()).hexdigest()[:32]
        stream = group["streams"].setdefault(
            stream_name,
            {
                "events": [],
                "uploadSequenceToken": "1",
                "creationTime": now,
                "firstEventTimestamp": None,
                "lastEventTimestamp": None,
                "lastIngestionTime": None,
            },
        )
        line = {"timestamp": now, "message": format_line(setting["format"], values), "ingestionTime": now}
        cloudwatch_logs._append_log_events(stream, [line])
        # As for the lines of functions: they are counted, and go to the subscriptions of the group.
        cloudwatch_logs._fanout_to_subscription_filters(group_name, stream_name, [line])
