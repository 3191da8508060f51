"""Who calls, and clients that sign as that principal.

A query reads S3 and Glue with the permissions of the principal that called StartQueryExecution, as on AWS. MiniStack
knows the secret of every access key it has issued, so a client with the caller's own credentials can be made: each
call of the engine then passes the same enforcement as a call of the caller's would.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id

from local import account

ClientFactory = Callable[[str], Any]
"""From the name of a service ("s3", "glue") to a boto3 client."""

_MOST_CACHED_CLIENTS = 64


@dataclass(frozen=True)
class Caller:
    """The principal of a request: credentials to sign with, and the account and region it acts in."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    account_id: str
    region: str


def caller_of(headers: dict[str, str], query_params: dict[str, Any]) -> Caller:
    """The caller of a request that MiniStack has let through.

    Raises PermissionError for a key that nobody issued.
    """
    account_id, region = get_account_id(), get_region()
    access_key_id = extract_access_key_id(headers, query_params)
    credential = iam_evaluator.resolve_credential(access_key_id, account_id)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        raise PermissionError(credential.message)
    return Caller(credential.access_key_id, credential.secret_access_key, credential.session_token, account_id, region)


class CallerClients:
    """boto3 clients of the embedded AWS by caller and service; making one costs more than a call, so they are kept."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[Caller, str], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, caller: Caller) -> ClientFactory:
        """The factory of clients that sign as `caller`."""
        return lambda service: self._client(caller, service)

    def _client(self, caller: Caller, service: str) -> Any:
        with self._lock:
            if (client := self._clients.get((caller, service))) is None:
                if len(self._clients) >= _MOST_CACHED_CLIENTS:
                    self._clients.pop(next(iter(self._clients)))
                client = self._clients[caller, service] = self._make(caller, service)
            return client

    def _make(self, caller: Caller, service: str) -> Any:
        return account.make_client(
            service,
            endpoint_url=self._endpoint_url,
            region_name=caller.region,
            aws_access_key_id=caller.access_key_id,
            aws_secret_access_key=caller.secret_access_key,
            aws_session_token=caller.session_token,
            config=Config(
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "total_max_attempts": 2},
                max_pool_connections=16,
            ),
        )
