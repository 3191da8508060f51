"""API Gateway's proxy event -> what was requested; an answer -> what API Gateway takes for one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from wildrydes.errors import UnreadableRequest, UnsupportedType

TYPES = ("application/json", "application/x-www-form-urlencoded", "text/plain")
"""What a body may call itself; it is JSON all the same. The second is what curl's -d says."""

_CHARSETS = ("utf-8", "utf8", "us-ascii")


class Request(NamedTuple):
    """A request: `path` is the API's resource, `headers` by name in lower case; the answer holds its `id`."""

    id: str
    method: str
    path: str
    headers: dict[str, str]
    event: dict[str, Any]

    @property
    def accept(self) -> str:
        """The header Accept."""
        return self.headers.get("accept", "")

    @property
    def is_golden(self) -> bool:
        """Whether it is a promotion's golden request, which has no path: API Gateway's have one."""
        return not (self.event.get("resource") or self.event.get("path"))

    def body(self) -> tuple[str | None, bool]:
        """The body, and whether it is in base64. Raises UnsupportedType unless it may be JSON in UTF-8."""
        _check_type(self.headers.get("content-type", ""))
        if (coding := self.headers.get("content-encoding", "identity").strip().lower()) not in ("identity", ""):
            raise UnsupportedType(f"the body's encoding is {coding[:40]!r}", "Content-Encoding", ["identity"])
        return self.event.get("body"), bool(self.event.get("isBase64Encoded"))

    def row(self) -> str:
        """The query's `features`. Raises UnreadableRequest unless it is there once."""
        values = (self.event.get("multiValueQueryStringParameters") or {}).get("features")
        if values is None:
            value = (self.event.get("queryStringParameters") or {}).get("features")
            values = [] if value is None else [value]
        if len(values) != 1:
            detail = f"the query has features {len(values)} times; say ?features=30,30,2500 once"
            raise UnreadableRequest(detail, "features")
        return values[0]

    def url(self) -> str:
        """The API's own URL as the caller knows it; relative to the path if API Gateway does not send it."""
        context = self.event.get("requestContext") or {}
        host, path = context.get("domainName"), context.get("path") or self.path
        return f"https://{host}{path.removesuffix(self.path)}" if host else "."


def request_of(event: dict[str, Any], context: Any) -> Request:
    """What an event asks for. One without a path is the promotion's smoke test, which posts a ride."""
    headers = {name.lower(): value or "" for name, value in (event.get("headers") or {}).items()}
    several = (event.get("multiValueHeaders") or {}).items()
    headers |= {name.lower(): ",".join(values) for name, values in several if values and len(values) > 1}
    identity = (event.get("requestContext") or {}).get("requestId") or context.aws_request_id
    path = event.get("resource") or event.get("path") or "/"
    return Request(identity, event.get("httpMethod") or "POST", path, headers, event)


def response(status: int, kind: str, body: str, headers: Mapping[str, str], cors_origin: str) -> dict[str, Any]:
    """A proxy response. JSON ends with a line feed, so that a shell's prompt does not stick to it.

    Pages of `cors_origin` may read it, none where that is empty.
    """
    allowed = {"Access-Control-Allow-Origin": cors_origin} if cors_origin else {}
    if kind.startswith("text/"):
        kind = f"{kind}; charset=utf-8"
    else:
        body += "\n"
    return {
        "statusCode": status,
        "headers": {"Content-Type": kind, **headers, **allowed},
        "body": body,
        "isBase64Encoded": False,
    }


def _check_type(header: str) -> None:
    kind, *parameters = header.lower().split(";")
    if kind.strip() not in ("", *TYPES):
        raise UnsupportedType(f"the body is of the type {kind.strip()[:60]!r}", "Content-Type", list(TYPES))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and (charset := value.strip().strip('"')) not in _CHARSETS:
            raise UnsupportedType(f"the body is in {charset[:40]!r}, not UTF-8", "Content-Type", list(TYPES))
