"""Asks an API over HTTP, with its key or signed, and takes every answer as it comes."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from machines import Client, allow, unique

REGION = "us-east-1"


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Who asks the API at `url`, which ends with a slash, by this key."""

    url: str
    key: str

    def ask(
        self, path: str = "", body: bytes | None = None, method: str | None = None, **headers: str | None
    ) -> Answer:
        """Send a request with the key; a header's name has `_` for `-`, and None leaves it out."""
        values = {"x_api_key": self.key} | headers
        fields = {name.replace("_", "-"): value for name, value in values.items() if value is not None}
        return send(urllib.request.Request(self.url + path, data=body, headers=fields, method=method))

    def ask_signed(self, path: str, credentials: Credentials, body: bytes | None = None) -> Answer:
        """GET, or POST with a body, signed for API Gateway and without the key."""
        signed = AWSRequest("GET" if body is None else "POST", self.url + path, data=body)
        SigV4Auth(credentials, "execute-api", REGION).add_auth(signed)
        return send(urllib.request.Request(self.url + path, data=body, headers=dict(signed.headers.items())))


def send(request: urllib.request.Request) -> Answer:
    """The answer, whatever its status."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as refusal:
        return Answer(refusal.code, _lower(refusal.headers), refusal.read())


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def invoker(client: Client, *methods: str) -> Credentials:
    """Credentials of a user who may invoke the methods of these ARNs, and do nothing else."""
    name = unique("invoker")
    iam = client("iam")
    iam.create_user(UserName=name)
    if methods:
        statements = [allow("execute-api:Invoke", resource=method) for method in methods]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="invoke", PolicyDocument=policy)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])
