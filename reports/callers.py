"""The section of a report on what callers measured of the task's models, ranked by it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from reports.html import UNKNOWN, table

_MEASURES = {"log_loss": "log loss", "rmse": "RMSE"}


def section(standings: Sequence[Mapping[str, Any]], execution: str) -> str:
    """HTML for standings of one task, the best first, as `wildrydes leaderboard --json` has them; empty without any.

    `execution` is the model that the report is on.
    """
    if not standings:
        return ""
    measure = next(name for name in _MEASURES if name in standings[0])
    head = ("model", "requests", "errors", _MEASURES[measure], "p50 (ms)", "p99 (ms)")
    rows = [
        (
            _name(each, execution),
            f"{each['requests']:,}",
            f"{each['errors']:,}",
            _number(each[measure], 4),
            _number(each["p50"], 1),
            _number(each["p99"], 1),
        )
        for each in standings
    ]
    note = (
        "Ranked on the rows that callers sent to each model, which are not the same rows: a small difference may be "
        "chance."
    )
    return f"<h2>What callers measured</h2>\n{table(head, rows)}\n<p>{escape(note)}</p>"


def _name(standing: Mapping[str, Any], execution: str) -> str:
    marks = [
        word for word, holds in (("live", standing.get("live")), ("this one", standing["model"] == execution)) if holds
    ]
    return f"{standing['model']} ({', '.join(marks)})" if marks else str(standing["model"])


def _number(value: float | None, places: int) -> str:
    return UNKNOWN if value is None else f"{value:,.{places}f}"
