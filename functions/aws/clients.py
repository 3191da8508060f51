"""Clients of AWS, one a service and process, that try a call again which may succeed later.

They are botocore's own, which boto3's are too. boto3 would add what no function here uses, such as the transfer of
files in parts, and a tenth of a second to each cold start.
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config


@cache
def session() -> botocore.session.Session:
    """The session of this process. Lambda restarts a process before the credentials in its environment expire."""
    return botocore.session.get_session()


@cache
def client(service: str, connections: int = 10) -> Any:
    """The client of this process for a service; `connections` are what it keeps open at most."""
    config = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=connections)
    return session().create_client(service, config=config)
