"""Counts the requests to a deployed API, and how long they took.

Source: "Amazon API Gateway dimensions and metrics", API Gateway Developer Guide: namespace AWS/ApiGateway, by ApiName,
and by ApiName and Stage. The errors of a request are 0 or 1, so that their average is the error rate.
"""

from ministack.services import cloudwatch


def count(api_name: str, stage: str, status: int, milliseconds: float, integration_milliseconds: float | None) -> None:
    """Count one request: its status, how long it took, and how long the integration took where there was one."""
    for dimensions in ({"ApiName": api_name}, {"ApiName": api_name, "Stage": stage}):
        for name, value in (("Count", 1), ("4XXError", status // 100 == 4), ("5XXError", status // 100 == 5)):
            cloudwatch.record_metric("AWS/ApiGateway", name, int(value), "Count", dimensions)
        for name, value in (("Latency", milliseconds), ("IntegrationLatency", integration_milliseconds)):
            if value is not None:
                cloudwatch.record_metric("AWS/ApiGateway", name, value, "Milliseconds", dimensions)
