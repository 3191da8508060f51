"""The one account of the embedded AWS: its number, region and credentials, and what a client needs to reach it."""

import os
from collections.abc import Mapping
from functools import cache

from boto3.session import Session
from botocore.client import BaseClient
from botocore.config import Config

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"
HOST = "127.0.0.1"

# MiniStack takes the key `test` for the account's root. The secret is no secret: it opens nothing but this emulator.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105

# Anything by which a client could find real credentials. The server's own process and its children run without them.
CREDENTIAL_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def client_variables(endpoint: str, region: str = DEFAULT_REGION) -> dict[str, str]:
    """The environment variables with which any AWS SDK or CLI talks to `endpoint` and nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # No shared file of the user may bring a profile, an endpoint or a role of its own.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def isolated_environment(endpoint: str, inherited: Mapping[str, str], region: str = DEFAULT_REGION) -> dict[str, str]:
    """`inherited` without a trace of real credentials or endpoints, and with the embedded AWS's own."""
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in CREDENTIAL_VARIABLES and not name.startswith("AWS_ENDPOINT_URL")
    }
    return kept | client_variables(endpoint, region)


@cache
def client(service: str, endpoint: str, region: str = DEFAULT_REGION) -> BaseClient:
    """A boto3 client of `service` as the account's root. It cannot reach the real AWS: endpoint and keys are given.

    One for all who ask: threads may share it, and making one takes longer than most calls.
    """
    return Session().client(
        service,  # pyright: ignore[reportArgumentType, reportCallIssue]
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(retries={"max_attempts": 1}, read_timeout=120, s3={"addressing_style": "path"}),
    )
