"""Rides, and executions that ingest them, as the workflow runs its functions one after the other."""

from typing import Any


def ride(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "Distance": 10.5 + number,
        "HealthPoints": 100,
        "Latitude": 40.64,
        "Longitude": -73.77,
        "MagicPoints": 550,
        "Name": "Shadowfax",
        "StatusTime": f"2019-01-01 10:00:00.{number:03}",
    } | changes


def plan_and_ingest(bucket: Any, run: Any, execution: str, chunk_bytes: int = 8 << 20) -> Any:
    """The plan of one execution, whose chunks were ingested and not checked."""
    plan = run("plan_ingestion", {"execution": execution, "chunk_bytes": chunk_bytes})
    items = bucket.json(plan["manifest"])
    assert len(items) == plan["chunks"]
    for chunk in items:
        run("ingest_rides", {"execution": execution, "chunk": chunk})
    return plan


def ingest_all(
    bucket: Any, run: Any, execution: str, chunk_bytes: int = 8 << 20, bound: float = 1.0
) -> tuple[Any, Any]:
    """The plan and the counts of one execution."""
    plan = plan_and_ingest(bucket, run, execution, chunk_bytes)
    return plan, run("check_ingestion", {"execution": execution, "max_rejected_fraction": bound})


def processed(bucket: Any) -> list[Any]:
    return [line for key in bucket.keys("processed/") for line in bucket.lines(key)]
