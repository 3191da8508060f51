"""The end of an invocation's log, which Invoke's answer brings where `LogType` is `Tail`.

It is what the log stream has of the invocation: START, the function's lines, END and REPORT, of which the last 4 KB are
sent. MiniStack sends the function's lines alone.
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from local.seams import replace, seam

_LINES: ContextVar[Sequence[str]] = ContextVar("lines", default=())


def install() -> None:
    """Let the result of an invocation have the lines that its log has."""
    from ministack.services import cloudwatch_logs, lambda_svc

    dispatch = seam(lambda_svc, "_execute_function_dispatch")
    append = seam(cloudwatch_logs, "_append_log_events")

    def append_and_note(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        append(stream, events)
        _LINES.set([event["message"] for event in events])

    def dispatch_with_log(*arguments: Any) -> dict[str, Any]:
        token = _LINES.set(())
        try:
            result = dispatch(*arguments)
            lines = _LINES.get()
        finally:
            _LINES.reset(token)
        return result | {"log": "".join(f"{line}\n" for line in lines)} if lines else result

    replace(lambda_svc, "_execute_function_dispatch", dispatch_with_log)
    replace(cloudwatch_logs, "_append_log_events", append_and_note)
