"""Puts the parts of `local.apigateway` in their places."""

from local.apigateway import access_log, documents, exchanges


def install() -> None:
    """Serve API Gateway as AWS does."""
    documents.install()
    exchanges.install()
    access_log.install()
