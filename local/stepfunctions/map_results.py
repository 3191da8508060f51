"""Writes what a Distributed Map's ResultWriter exports: a file for each status of its children, and the manifest.

Source: "ResultWriter (Map)" in the developer guide, without WriterConfig: each child with its input, its output or its
error. moto writes a manifest of no results. Files are not split here, and a Map Run that fails writes none.
"""

import json
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import resource_eval_s3
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.seams import replace, seam
from local.stepfunctions.redrive_progress import Progress, progress_of
from local.stepfunctions.times import text_of

_STATUSES = ("FAILED", "PENDING", "SUCCEEDED")


def install() -> None:
    """Let the writer write."""
    writer = seam(resource_eval_s3, "ResourceEvalS3")
    seam(writer, "_handle_put_object")
    replace(writer, "_handle_put_object", staticmethod(_put_results))


def _put_results(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    parameters = env.stack.pop()
    env.stack.pop()
    # Looked up at each call: `calls` replaces it.
    make_client = seam(resource_eval_s3, "boto_client_for")
    s3 = make_client(region=resource_runtime_part.region, service="s3", state_credentials=state_credentials)
    record, bucket = progress_of(env).map_run, parameters["Bucket"]
    prefix = f"{parameters.get('Prefix', '').rstrip('/')}/{record.map_run_arn.rpartition(':')[2]}".lstrip("/")
    by_status = _results(progress_of(env))
    files: dict[str, list[dict[str, Any]]] = {status: [] for status in _STATUSES}
    for status, entries in by_status.items():
        key, body = f"{prefix}/{status}_0.json", json.dumps(entries).encode()
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        files[status].append({"Key": key, "Size": len(body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": record.map_run_arn, "ResultFiles": files}
    s3.put_object(Bucket=bucket, Key=f"{prefix}/manifest.json", Body=json.dumps(manifest).encode())
    details = {"Bucket": bucket, "Key": f"{prefix}/manifest.json"}
    env.stack.append({"MapRunArn": record.map_run_arn, "ResultWriterDetails": details})


def _results(progress: Progress) -> dict[str, list[dict[str, Any]]]:
    """The children's results by status, in the order of the items."""
    results: dict[str, list[dict[str, Any]]] = {}
    for number in sorted(progress.parts):
        part = progress.parts[number]
        status = "SUCCEEDED" if part.child.status == "SUCCEEDED" else "FAILED"
        results.setdefault(status, []).append(_entry(part))
    return results


def _entry(part: Progress) -> dict[str, Any]:
    child = part.child
    described = child.entry("")
    outcome: dict[str, Any] = {}
    if part.succeeded:
        outcome = {"Output": _text(part.output), "OutputDetails": {"Included": True}}
    else:
        outcome = {name.title(): value for name, value in child.reasons.items()}
    return {
        "ExecutionArn": child.arn,
        "Input": _text(part.program_input),
        "InputDetails": {"Included": True},
        "Name": described["name"],
        "RedriveCount": child.redrives,
        "StartDate": text_of(child.started),
        "StateMachineArn": described["stateMachineArn"],
        "Status": child.status,
        "StopDate": text_of(child.ended),
        **outcome,
    }


def _text(value: Any) -> str:
    return to_json_str(value, separators=(",", ":"))
