"""boto3's clients, one a service and process, that try a call again which may succeed later."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client(service: str) -> Any:
    """The client of this process for a service."""
    return boto3.client(service, config=Config(retries={"mode": "standard", "max_attempts": 5}))
