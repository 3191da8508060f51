"""Lets FilterLogEvents take `logStreamNamePrefix`, which MiniStack passes over: it gave the lines of every stream.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from typing import Any

from local.seams import replace, seam


def install() -> None:
    """Turn a prefix into the names of the streams that have it."""
    from ministack.core.responses import error_response_json
    from ministack.services import cloudwatch_logs

    groups = seam(cloudwatch_logs, "_log_groups")
    group_name = seam(cloudwatch_logs, "_resolve_log_group_name")

    def filter_log_events(request: dict[str, Any]) -> Any:
        prefix = request.get("logStreamNamePrefix")
        if prefix is None:
            return by_ministack(request)
        if request.get("logStreamNames"):
            message = "logStreamNamePrefix and logStreamNames cannot be given together."
            return error_response_json("InvalidParameterException", message, 400)
        group = groups.get(group_name(request)) or {"streams": {}}
        # MiniStack takes an empty list for all streams; nobody's stream has an empty name.
        names = [name for name in group["streams"] if name.startswith(prefix)] or [""]
        return by_ministack({**request, "logStreamNames": names})

    by_ministack = replace(cloudwatch_logs, "_filter_log_events", filter_log_events)
