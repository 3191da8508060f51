"""Puts the parts of `local.apigateway` in their places."""

from collections.abc import Callable

from local.apigateway import access_log, cache, documents, exchanges


def install(now: Callable[[], float]) -> None:
    """Serve API Gateway as AWS does; `now` is the server's clock, in seconds."""
    documents.install()
    exchanges.install()
    access_log.install()
    cache.install(now)
