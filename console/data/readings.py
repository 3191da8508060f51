"""What a page shows of a stack's data, read from the bucket, from executions' outputs, and by Athena."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from cli import executions
from cli.account import first_lines
from cli.athena import query
from cli.run_summary import weather_and_training_set
from cli.stack import Stack
from console import charts
from console.answers import BadFieldError, text_of
from console.workflow.readings import summary
from local.account import entries
from wildrydes.announcements.end import is_yielded
from wildrydes.bucket import PROCESSED
from wildrydes.rides.partitions import is_streamed
from wildrydes.rides.stations import ground_stations
from wildrydes.tasks import BINARY, DEFAULT_TASK, RIDES, TASKS

_MOST_FILES = 50
_MOST_RETRAININGS = 50
_MOST_OBJECTS = 50_000
_AT_ONCE = 8
# A name that Step Functions may have given: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
_NAME = re.compile(r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,80}""")

_RIDES_BY_DAY = """
SELECT substr(statustime, 1, 10) AS day, count(*) AS rides
FROM rides
GROUP BY substr(statustime, 1, 10)
ORDER BY 1
"""
# An element's source is the station itself where it was not filled, and NULL where no station had it that day.
_WEATHER = """
SELECT station, element, source, count(*) AS days
FROM (
    SELECT station, 'TMIN' AS element, tmin_source AS source FROM weather WHERE execution = '{execution}'
    UNION ALL
    SELECT station, 'TMAX' AS element, tmax_source AS source FROM weather WHERE execution = '{execution}'
    UNION ALL
    SELECT station, 'PRCP' AS element, prcp_source AS source FROM weather WHERE execution = '{execution}'
) AS readings
GROUP BY station, element, source
ORDER BY station, element, source
"""


def retrainings(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """The newest retrainings, the newest first, as lists of executions show them, each with its `task`.

    `task` is None of one that may not be described. `is_opened` is true of the newest that looked at ride files.
    `is_yielded` is true of each that only yielded.
    """
    listed = stack.client("stepfunctions").list_executions(
        stateMachineArn=stack.machine("retrain"), maxResults=_MOST_RETRAININGS
    )["executions"]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        described = list(pool.map(lambda each: _described(stack, each["executionArn"]), listed))
    facts = [
        {
            "task": executions.task_of(each) if each else None,
            "is_yielded": bool(each and _yielded_to(executions.object_in(each.get("output")))),
        }
        for each in described
    ]
    named = zip(listed, facts, strict=True)
    opened = next((each["name"] for each, fact in named if _has_rides(stack, each["name"], fact)), None)
    return [
        summary(each) | fact | {"is_opened": each["name"] == opened} for each, fact in zip(listed, facts, strict=True)
    ]


def _described(stack: Stack, arn: str) -> dict[str, Any] | None:
    """An execution; None where it may not be described: whoever asks for its account is told so."""
    try:
        return executions.described_if_there(stack, arn)
    except ClientError:
        return None


def _has_rides(stack: Stack, execution: str, fact: Mapping[str, Any]) -> bool:
    """Whether an execution ingested rides, or refused some: its account has files."""
    task = TASKS.get(fact["task"] or "")
    if fact["is_yielded"] or task is None or task.source != RIDES:
        return False
    try:
        counts = first_lines(stack, execution, 1)
    except ClientError:
        return False
    return bool(counts and counts["files"])


def _yielded_to(output: Mapping[str, Any]) -> str | None:
    """The name of the execution that one yielded to, by its output."""
    return str(output["yielded_to"]).rpartition(":")[2] if is_yielded(dict(output)) else None


def account(stack: Stack, query_fields: Mapping[str, str]) -> dict[str, Any]:
    """What a retraining did with each ride file, and what became of the rides on their way into the training set.

    `account` is `cli.account`'s, of the files with most to say; None where the check of the ingestion wrote none.
    `training` has `weather` and `training_set` (`cli.run_summary`); None where the execution has no such output.
    `other_years` has the objects and rides that it did not read, since they are of years that it did not ask for. Their
    rides and the rows that it processed are all that there were. None where its output does not say it.
    `task` is what it learned to predict, `meaning` that in words, empty of a task that there is no more.
    `source` is what its task learns from, rides or samples, and `is_binary` says whether its labels are 0 and 1. `plan`
    is what it said of the files that were new to it, and `yielded_to` the name of the execution that it yielded to, or
    None. Raises NoExecutionError.
    """
    execution = _execution(query_fields)
    described = stack.client("stepfunctions").describe_execution(executionArn=executions.find(stack, execution))
    output = executions.object_in(described.get("output"))
    counts, plan = output.get("training_set"), output.get("plan")
    name = executions.task_of(described)
    task = TASKS.get(name, TASKS[DEFAULT_TASK])
    return {
        "task": name,
        "meaning": task.meaning if name in TASKS else "",
        "source": task.source,
        # An execution may be of a task that there is no more.
        "is_binary": output.get("kind", task.kind) == BINARY,
        "plan": plan.get("message") if isinstance(plan, dict) else None,
        "yielded_to": _yielded_to(output),
        "account": first_lines(stack, execution, _MOST_FILES),
        "training": weather_and_training_set(counts) if counts else None,
        "other_years": output.get("other_years"),
    }


def rides(stack: Stack, _: Any = None) -> dict[str, Any]:
    """The rows of the table rides by the day of the ride, and the objects that hold them by the path that they came.

    A ride that came twice has two rows. `outline` says how the days are drawn (`console.charts`). `is_cut` says that
    there are more objects than were counted, the first by key.
    """
    by_day = [[each["day"], int(each["rides"])] for each in query(stack, _RIDES_BY_DAY)]
    paths = {"files": {"objects": 0, "bytes": 0}, "one at a time": {"objects": 0, "bytes": 0}}
    listed = entries(
        stack.client("s3"),
        "list_objects_v2",
        "Contents",
        Bucket=stack.bucket,
        Prefix=PROCESSED,
        # One more than is counted says that there are more.
        PaginationConfig={"MaxItems": _MOST_OBJECTS + 1},
    )
    for each in listed[:_MOST_OBJECTS]:
        path = paths["one at a time" if is_streamed(each["Key"]) else "files"]
        path["objects"] += 1
        path["bytes"] += each["Size"]
    outline = charts.chart([{"label": "rides", "points": by_day}])["outline"]
    return {"by_day": by_day, "outline": outline, "paths": paths, "is_cut": len(listed) > _MOST_OBJECTS}


def weather(stack: Stack, query_fields: Mapping[str, str]) -> dict[str, Any]:
    """The ground stations of a retraining's weather, and on how many days each took an element from which other one.

    `stations` have id, name, latitude and longitude in degrees, and `days`; `readings` have `station`, `element`,
    `source` (null where no station reported the element) and `days`.
    """
    # Of what ends a text in SQL, a name has the apostrophe alone.
    execution = _execution(query_fields).replace("'", "''")
    rows = query(stack, _WEATHER.format(execution=execution))
    readings = [{**each, "source": each["source"] or None, "days": int(each["days"])} for each in rows]
    named = {name for each in readings for name in (each["station"], each["source"]) if name}
    return {"stations": list(_stations(named)), "readings": readings}


def _stations(names: set[str]) -> Iterator[dict[str, Any]]:
    for each in ground_stations():
        if each.id in names:
            yield {"id": each.id, "name": each.name, "latitude": each.latitude, "longitude": each.longitude}


def _execution(fields: Mapping[str, str]) -> str:
    """The execution that a request names. Raises BadFieldError."""
    name = text_of(fields, "execution")
    if not _NAME.fullmatch(name):
        raise BadFieldError(f"The field execution is {name[:20]!r}: it has to be the name of a retraining.")
    return name
