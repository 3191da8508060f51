"""Signs a request with AWS Signature Version 4, in its headers: a GET of an object, or a call of another service.

    to sign   AWS4-HMAC-SHA256, time, date/region/service/aws4_request, SHA-256 of the canonical request, one a line
    key       HMAC of aws4_request, under HMAC of service, under HMAC of region, under HMAC of date, under AWS4<secret>

S3 differs from other services in that the path is percent-encoded once and otherwise left as it is, and in that the
body's digest is a header too. Source: "Authenticating requests: Using the Authorization header" and "Signature
calculations" in the Amazon S3 API Reference (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class Credentials(NamedTuple):
    """What a request is signed with; `session_token` is empty for a user's own key."""

    access_key: str
    secret_key: str
    session_token: str


def encoded_path(path: str) -> str:
    """A path with all but letters, digits, -, ., _, ~ and / percent-encoded, byte by byte in UTF-8."""
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in path.encode())


def signed_headers(host: str, path: str, region: str, credentials: Credentials, time: str) -> dict[str, str]:
    """The headers of a GET of `path`, as `encoded_path` gives it, from `host`; `time` is YYYYMMDDTHHMMSSZ, in UTC."""
    return sign(Call("GET", host, path, "s3", region), credentials, time)


class Call(NamedTuple):
    """A request to `service` in `region`. `path` is percent-encoded; other services than S3 want it plain besides.

    `headers` are to be sent and signed too, their names in lower case.
    """

    method: str
    host: str
    path: str
    service: str
    region: str
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


def sign(call: Call, credentials: Credentials, time: str) -> dict[str, str]:
    """All headers of a call, the signature's among them; `time` is YYYYMMDDTHHMMSSZ, in UTC."""
    digest = sha256(call.body).hexdigest()
    headers = {"host": call.host, "x-amz-content-sha256": digest, "x-amz-date": time, **call.headers}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    headers = dict(sorted(headers.items()))
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"{call.method}\n{call.path}\n\n{lines}\n{names}\n{digest}"
    scope = f"{time[:8]}/{call.region}/{call.service}/aws4_request"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}"
    return headers | {"authorization": f"{credential}, SignedHeaders={names}, Signature={signature}"}
