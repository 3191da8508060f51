"""An execution's record as GetQueryExecution shows it, from its start to its end."""

from datetime import datetime
from typing import Any

from ministack.core.responses import new_uuid

from local.athena.errors import QueryError
from local.athena.output import Output
from local.athena.query import Outcome
from local.athena.statements import CreateTableAs, Select, Show, Statement, Unload

_ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
_SUBTYPES = {Select: "SELECT", Unload: "UNLOAD", CreateTableAs: "CREATE_TABLE_AS_SELECT"}


def new_execution(
    request: dict[str, Any],
    workgroup: dict[str, Any],
    statement: Statement | QueryError,
    output: Output,
    now: datetime,
) -> dict[str, Any]:
    """The execution as GetQueryExecution shows it; names that begin with _ are kept from it."""
    query_id = new_uuid()
    context = request.get("QueryExecutionContext") or {}
    extension = ".txt" if getattr(statement, "kind", "DML") != "DML" or isinstance(statement, Show) else ".csv"
    name = query_id if isinstance(statement, Unload) else f"{query_id}{extension}"
    result = {"OutputLocation": output.uri(name)}
    return {
        "QueryExecutionId": query_id,
        "Query": request["QueryString"],
        "StatementType": getattr(statement, "kind", "DML"),
        **({"SubstatementType": _SUBTYPES[type(statement)]} if type(statement) in _SUBTYPES else {}),
        "ResultConfiguration": {
            **result,
            **({"EncryptionConfiguration": output.encryption} if output.encryption else {}),
        },
        "QueryExecutionContext": {
            "Database": (context.get("Database") or "default").lower(),
            "Catalog": context.get("Catalog") or "awsdatacatalog",
        },
        **({"ExecutionParameters": request["ExecutionParameters"]} if request.get("ExecutionParameters") else {}),
        "Status": {"State": "QUEUED", "SubmissionDateTime": now.timestamp()},
        "Statistics": {"DataScannedInBytes": 0, "EngineExecutionTimeInMillis": 0},
        "WorkGroup": workgroup["Name"],
        "EngineVersion": _ENGINE,
        "_token": request.get("ClientRequestToken"),
        "_columns": [],
        "_update_count": 0,
        "_result_bucket": output.folder.bucket,
        "_result_key": None,
        "_result_folder": output.folder.prefix,
    }


def failure_status(failure: QueryError) -> dict[str, Any]:
    """The status of an execution that ends with `failure`."""
    return {"State": "FAILED", "StateChangeReason": str(failure), "AthenaError": failure.athena_error()}


def finish(
    execution: dict[str, Any],
    outcome: Outcome,
    final_status: dict[str, Any],
    now: datetime,
    queue_seconds: float,
    run_seconds: float,
) -> None:
    """Record the end; the state comes last, for it is what others wait for."""
    engine, queue = round(run_seconds * 1000), round(queue_seconds * 1000)
    execution["Statistics"] = {
        "EngineExecutionTimeInMillis": engine,
        "DataScannedInBytes": outcome.scanned_bytes,
        "TotalExecutionTimeInMillis": engine + queue,
        "QueryQueueTimeInMillis": queue,
        "QueryPlanningTimeInMillis": round(outcome.planning_seconds * 1000),
        "ServiceProcessingTimeInMillis": 0,
        **({"DataManifestLocation": outcome.manifest} if outcome.manifest else {}),
    }
    execution["_columns"] = list(outcome.columns)
    execution["_update_count"] = outcome.update_count
    if outcome.result_file is not None:
        execution["_result_key"] = execution["_result_folder"] + outcome.result_file
    execution["Status"] = {**execution["Status"], "CompletionDateTime": now.timestamp(), **final_status}
