"""Puts the parts of `local.apigateway` in their places."""

from collections.abc import Callable

from local.apigateway import (
    access_log,
    cache,
    documents,
    exchanges,
    http_documents,
    http_integrations,
    service_integrations,
)


def install(now: Callable[[], float], endpoint: str) -> None:
    """Serve API Gateway as AWS does; `now` is the server's clock, in seconds, `endpoint` where APIs call services."""
    documents.install()
    exchanges.install()
    service_integrations.install(endpoint)
    http_documents.install()
    http_integrations.install(endpoint)
    access_log.install()
    cache.install(now)
