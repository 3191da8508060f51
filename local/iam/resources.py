"""Names the resource of a call where MiniStack authorises it on `*`, which no policy with a resource allows."""

from typing import Any

from local.iam.mounting import ResourceOf


def resources() -> dict[str, ResourceOf]:
    """By service, what names the ARN of a call from its JSON body, region and account."""
    return {
        "athena": _athena,
        "glue": _glue,
        "monitoring": _alarms,
    }


def _athena(body: dict[str, Any], region: str, account: str) -> str | None:
    """A query execution is no resource of its own: AWS authorises it on the workgroup it runs in."""
    from ministack.services import athena

    execution = athena._executions.get(body.get("QueryExecutionId", ""))
    if execution is None:
        return None
    return f"arn:aws:athena:{region}:{account}:workgroup/{execution['WorkGroup']}"


def _glue(body: dict[str, Any], region: str, account: str) -> str | None:
    """AWS asks for the table, its database and the catalog; here one of them is asked for, the narrowest."""
    database, name = body.get("DatabaseName"), body.get("Name")
    if not name:
        return None
    what = f"table/{database}/{name}" if database else f"database/{name}"
    return f"arn:aws:glue:{region}:{account}:{what}"


def _alarms(body: dict[str, Any], region: str, account: str) -> str | None:
    """AWS asks for each alarm that is named; here the first of them is asked for."""
    names = body.get("AlarmNames")
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{names[0]}" if isinstance(names, list) and names else None
