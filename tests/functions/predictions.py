"""Asks predict's handler, as API Gateway does."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import predict.app
from aws import settings

FUNCTIONS = Path(__file__).parents[2] / "functions"
KEY = "models/e1/e1-job/output/model.tar.gz"
RIDE = {"distance": 10, "magicpoints": 550}


@dataclass(frozen=True)
class Answer:
    """What the handler answered."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Ask:
    """Asks the handler; `run` runs it as Lambda does."""

    run: Callable[[str, Any], Any]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, body: Any, path: str = "/", **event: Any) -> Answer:
        """POST a body: bytes as base64, text as it is, anything else as JSON."""
        encoded = isinstance(body, bytes)
        text = base64.b64encode(body).decode() if isinstance(body, bytes) else body
        text = text if text is None or isinstance(text, str) else json.dumps(text)
        return self.send("POST", path, **{"body": text, "isBase64Encoded": encoded} | event)

    def get(self, path: str, **query: str) -> Answer:
        return self.send("GET", path, queryStringParameters=query)

    def send(self, method: str, path: str, **event: Any) -> Answer:
        """Any request."""
        answer = self.run("predict", {"httpMethod": method, "resource": path, "path": path} | event)
        assert answer["isBase64Encoded"] is False
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def set(self, variable: str, value: str) -> None:
        """The function with another environment."""
        self.monkeypatch.setenv(variable, value)
        settings.predict_settings.cache_clear()
        predict.app.load_champion.cache_clear()
