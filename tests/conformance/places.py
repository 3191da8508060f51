"""Where the cases run: a place has an endpoint, keys to it, and what is said of it in the table."""

import urllib.request
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config

from local import account

AWS = "aws"
EMBEDDED = "embedded"


@dataclass(frozen=True)
class Place:
    """An emulator, or AWS, as its clients know it. Without an endpoint it is AWS, by the user's own credentials."""

    name: str
    endpoint: str | None = None
    access_key_id: str = "test"
    secret_access_key: str = "test"
    needs_docker: bool = False

    @property
    def region(self) -> str:
        """The region of all that the cases make."""
        if self.endpoint is None:
            return Session().region_name or account.DEFAULT_REGION
        return account.DEFAULT_REGION

    def client(self, service: str, **keys: str) -> Any:
        """A client of a service, of the account's root or by other `keys`. It tries nothing again but on AWS."""
        if self.endpoint is None:
            return account.make_client(service, region_name=self.region, **keys)
        own = {"aws_access_key_id": self.access_key_id, "aws_secret_access_key": self.secret_access_key}
        return _client(service, self.endpoint, self.region, tuple((own | keys).items()))

    def enforce(self, is_on: bool) -> None:
        """Let moto check policies from now on, or not; the others do so all the time."""
        if self.name == "moto":
            body = b"0" if is_on else b"1000000000"
            url = f"{self.endpoint}/moto-api/reset-auth"
            with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "text/plain"}), timeout=30):
                pass

    def request(self, url: str) -> urllib.request.Request:
        """A request to a host that AWS would have. Emulators have them all at their endpoint."""
        parts = urlsplit(url)
        if self.endpoint is None:
            return urllib.request.Request(url)
        return urllib.request.Request(self.endpoint + parts.path, headers={"Host": parts.netloc})

    def api(self, api: str, stage: str) -> tuple[str, dict[str, str]]:
        """Where a stage of a REST API answers, and to which headers, as each emulator's documentation has it."""
        host = f"{api}.execute-api.{self.region}.amazonaws.com"
        if self.endpoint is None:
            return f"https://{host}/{stage}", {}
        if self.name == "moto":
            return f"{self.endpoint}/{stage}", {"Host": host}
        return f"{self.endpoint}/_aws/execute-api/{api}/{stage}", {}


@cache
def _client(service: str, endpoint: str, region: str, keys: tuple[tuple[str, str], ...]) -> Any:
    """Making one takes longer than most cases."""
    return account.make_client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        config=Config(
            retries={"total_max_attempts": 1},
            read_timeout=60,
            inject_host_prefix=False,
            s3={"addressing_style": "path"},
        ),
        **dict(keys),
    )
