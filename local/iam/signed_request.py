"""A request as its signature sees it, without its body."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from local.iam.request_guard import Scope

_CREDENTIAL_PARAMETERS = (
    "AWSAccessKeyId",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
)
# Signature Version 2 in the query, as boto3 signs URLs of S3 unless configured otherwise.
_VERSION_2_PARAMETERS = ("AWSAccessKeyId", "x-amz-security-token")
_LOWER_CASE = frozenset(name.lower() for name in _CREDENTIAL_PARAMETERS)


@dataclass(frozen=True)
class Request:
    """A request without its body. Header names are in lower case, repeated headers joined by a comma, as signed."""

    method: str
    path: str
    raw_path: str
    query: dict[str, list[str]]
    headers: dict[str, str]

    @classmethod
    def of(cls, scope: Scope) -> "Request":
        """The request of an ASGI scope."""
        from ministack.core.sigv4 import decode_header_value

        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), decode_header_value(raw_value)
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        query = parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
        return cls(scope["method"], scope["path"], scope["raw_path"].decode("latin-1"), query, headers)

    @property
    def is_anonymous(self) -> bool:
        """Whether it brings no credentials, neither good nor bad ones."""
        return self.is_presigned and not self._credential_parameters

    @property
    def is_presigned(self) -> bool:
        """Whether what it brings stands in the query."""
        return "authorization" not in self.headers

    @property
    def has_one_signature(self) -> bool:
        """Whether it is signed in one place, there once: of two signatures, two readers could take either."""
        if not self.is_presigned:
            return not self._credential_parameters and self.headers["authorization"].count("Credential=") == 1
        names = _VERSION_2_PARAMETERS if self.is_version_2 else _CREDENTIAL_PARAMETERS
        return all(name in names and len(self.query[name]) == 1 for name in self._credential_parameters)

    @property
    def is_version_2(self) -> bool:
        """Whether it is presigned by Signature Version 2."""
        return self.is_presigned and "AWSAccessKeyId" in self.query

    @property
    def _credential_parameters(self) -> list[str]:
        return [name for name in self.query if name.lower() in _LOWER_CASE]

    def parameter(self, name: str) -> str:
        """The first value of a query parameter, or an empty string."""
        return self.query.get(name, [""])[0]
