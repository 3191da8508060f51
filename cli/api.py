"""The stack's API as a client of it needs it: where it is, and the key that it asks for."""

import json
import shlex
import urllib.request
from dataclasses import dataclass
from typing import Any

from local.account import EmbeddedAws


@dataclass(frozen=True)
class Api:
    """`url` ends with a slash; `key` is None where requests are to be signed instead."""

    url: str
    key: str | None

    def request(self, body: Any, path: str = "") -> urllib.request.Request:
        """A POST of `body` as JSON, with the key."""
        headers = {"Content-Type": "application/json"} | ({"x-api-key": self.key} if self.key else {})
        return urllib.request.Request(self.url + path, data=json.dumps(body).encode(), headers=headers)  # noqa: S310

    def curl(self, body: Any) -> str:
        """The command line that asks the same."""
        key = f"-H {shlex.quote(f'x-api-key: {self.key}')} " if self.key else ""
        return f"curl {key}-d {shlex.quote(json.dumps(body))} {self.url}"


def of_stack(server: EmbeddedAws, outputs: dict[str, str]) -> Api:
    """The API of a stack, by the stack's outputs, where the embedded API Gateway serves it."""
    url = f"{server.endpoint}/_aws/execute-api/{outputs['ApiId']}/live/"
    return Api(url, key_of(server, outputs["ApiKeyId"]) if "ApiKeyId" in outputs else None)


def key_of(server: EmbeddedAws, key_id: str) -> str:
    """The value of an API key; no template and no file has it."""
    return server.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]
