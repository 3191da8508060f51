"""Counts the requests to a deployed API, and how long they took.

Source: "Amazon API Gateway dimensions and metrics", API Gateway Developer Guide: namespace AWS/ApiGateway, by ApiName,
and by ApiName and Stage. The errors of a request are 0 or 1, so that their average is the error rate. Hits and misses
are counted of methods that are cached.
"""

from ministack.services import cloudwatch


def count(
    api_name: str,
    stage: str,
    status: int,
    milliseconds: float,
    integration_milliseconds: float | None,
    hit: bool | None = None,
) -> None:
    """Count one request: its status, how long it took, and how long the integration took where there was one.

    `hit` says whether the cache had the answer; None where nothing is cached.
    """
    for dimensions in ({"ApiName": api_name}, {"ApiName": api_name, "Stage": stage}):
        for name, value in (("Count", 1), ("4XXError", status // 100 == 4), ("5XXError", status // 100 == 5)):
            cloudwatch.record_metric("AWS/ApiGateway", name, int(value), "Count", dimensions)
        if hit is not None:
            cloudwatch.record_metric(
                "AWS/ApiGateway", "CacheHitCount" if hit else "CacheMissCount", 1, "Count", dimensions
            )
        for name, value in (("Latency", milliseconds), ("IntegrationLatency", integration_milliseconds)):
            if value is not None:
                cloudwatch.record_metric("AWS/ApiGateway", name, value, "Milliseconds", dimensions)
