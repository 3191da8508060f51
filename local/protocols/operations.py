"""The operations of AWS's APIs, by botocore's models: by their names, and of REST APIs by method and path.

Services are named as MiniStack names them. Loading a model takes some milliseconds, once.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from local.protocols import service_models

# How botocore calls the models of services that MiniStack names otherwise; a service may have several.
_MODELS = {
    "apigateway": ("apigateway", "apigatewayv2"),
    "monitoring": ("cloudwatch",),
    "sagemaker": ("sagemaker", "sagemaker-runtime"),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}
_LABEL = re.compile(r"(\{[^}]+\})")


def operation(service: str, action: str) -> Any:
    """The model of the operation of that name; None where AWS's service has none."""
    for model in _models(service):
        if action in model.operation_names:
            return _operation(model, action)
    return None


@cache
def _operation(model: Any, action: str) -> Any:
    return model.operation_model(action)


@dataclass(frozen=True)
class Route:
    """An operation of a REST API: its method, a pattern of its paths, and the query parameters that are its own."""

    method: str
    pattern: re.Pattern[str]
    labels: tuple[str, ...]
    query: frozenset[str]
    operation: Any

    @classmethod
    def of(cls, model: Any) -> "Route":
        """The route of an operation: `/functions/{Name}/code` fits `/functions/any/code`."""
        path, _, query = model.http["requestUri"].partition("?")
        parts = _LABEL.split(path.rstrip("/") or "/")
        pattern = "".join(
            ("(.+)" if part.endswith("+}") else "([^/]+)") if part.startswith("{") else re.escape(part)
            for part in parts
        )
        labels = tuple(part.strip("{+}") for part in parts if part.startswith("{"))
        names = {each.partition("=")[0] for each in query.split("&") if each} | _required_in_query(model)
        return cls(model.http["method"], re.compile(pattern), labels, frozenset(names), model)

    def fits(self, method: str, path: str, query: Mapping[str, Any]) -> bool:
        """Whether it is that of a request; `path` is decoded, and ends without a slash."""
        return self.method == method and self.query <= set(query) and bool(self.pattern.fullmatch(path))

    def values(self, path: str) -> dict[str, str]:
        """The values of the path's labels, of a path that fits."""
        match = self.pattern.fullmatch(path)
        return dict(zip(self.labels, match.groups(), strict=True)) if match else {}


def plain(path: str) -> str:
    """A path as routes have it: decoded, and without a slash at its end."""
    return unquote(path).rstrip("/") or "/"


def route(service: str, method: str, path: str, query: Mapping[str, Any]) -> Route | None:
    """The route that a request takes; of several that fit, the one that says most of it."""
    fitting = [each for each in _routes(service) if each.fits(method, plain(path), query)]
    return max(fitting, key=lambda each: (len(each.query), each.pattern.pattern.count("/")), default=None)


@cache
def _routes(service: str) -> tuple[Route, ...]:
    return tuple(Route.of(each) for each in _operations(service))


def _required_in_query(model: Any) -> set[str]:
    """The query parameters that an operation needs: CompleteMultipartUpload is a POST to any key with an `uploadId`."""
    shape = model.input_shape
    required = [shape.members[name].serialization for name in shape.required_members] if shape else []
    return {each["name"] for each in required if each.get("location") == "querystring"}


def _operations(service: str) -> Iterator[Any]:
    for model in _models(service):
        yield from (_operation(model, name) for name in model.operation_names)


@cache
def _models(service: str) -> tuple[Any, ...]:
    return tuple(service_models.model(name) for name in _MODELS.get(service, (service,)))
