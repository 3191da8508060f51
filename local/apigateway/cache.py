"""The cache of a stage: answers to GET that are given again without asking the function, for as long as the stage says.

Of a stage with a cache the methods count whose settings turn it on; the key is the path and the values of the
integration's `cacheKeyParameters`. It comes after key, signature, limits and validation, as on AWS. Only answers of
200 are kept: AWS does not say what becomes of others. `Cache-Control` of a caller is passed over, as it is on AWS for
whoever may not invalidate. A stage's answers go with the stage, and when its cache is turned off; a deployment leaves
them.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.apigateway import exchanges
from local.seams import replace, seam

LARGEST = 1_048_576
"""Bytes of an answer that is kept: "The maximum size of a response that can be cached is 1048576 bytes"."""

ENTRIES = 10_000
"""Answers that are kept of all stages together; the one that nobody got for the longest goes first."""

Key = tuple[str, ...]


@dataclass
class ResponseCache:
    """Answers by their keys, until the time that each is good for; `now` is in seconds."""

    now: Callable[[], float]
    entries: OrderedDict[Key, tuple[float, exchanges.Response]] = field(default_factory=OrderedDict)

    def get(self, key: Key) -> exchanges.Response | None:
        """The answer, if it is still good."""
        until, response = self.entries.pop(key, (0.0, None))
        if response is None or until <= self.now():
            return None
        self.entries[key] = (until, response)
        return _copy(response)

    def put(self, key: Key, response: exchanges.Response, seconds: float) -> None:
        """Keep an answer of 200 for so long."""
        status, _, body = response
        if status != 200 or len(body) > LARGEST:
            return
        self.entries[key] = (self.now() + seconds, _copy(response))
        while len(self.entries) > ENTRIES:
            self.entries.popitem(last=False)

    def flush(self, api_id: str, stage_name: str) -> None:
        """Forget the answers of a stage."""
        for key in list(self.entries):
            if key[:2] == (api_id, stage_name):
                self.entries.pop(key, None)


def _copy(response: exchanges.Response) -> exchanges.Response:
    """Whoever answers adds headers to those that it gets."""
    status, headers, body = response
    return status, dict(headers), body


def install(now: Callable[[], float]) -> None:
    """Keep what CloudFormation says of a stage's cache, and ask it before a function."""
    from ministack.services import apigateway_v1
    from ministack.services.cloudformation import provisioners

    handlers = seam(provisioners, "_RESOURCE_HANDLERS")["AWS::ApiGateway::Stage"]
    cache = ResponseCache(now)
    for name, position in (("create", 1), ("update", 2)):
        handlers[name] = _note_cluster(cache, apigateway_v1, handlers[name], position)
    replace(apigateway_v1, "_delete_stage", flushing_delete(cache, seam(apigateway_v1, "_delete_stage")))
    invoke = seam(apigateway_v1, "_invoke_lambda_proxy_v1")
    replace(apigateway_v1, "_invoke_lambda_proxy_v1", _answer_from(cache, invoke))


def flushing_delete(cache: ResponseCache, delete: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
    """The deletion of a stage, by the API's id and its name, with the answers of the stage."""

    def delete_and_flush(api_id: str, stage_name: str) -> Any:
        cache.flush(api_id, stage_name)
        return delete(api_id, stage_name)

    return delete_and_flush


def _note_cluster(cache: ResponseCache, apigateway_v1: Any, provision: Any, position: int) -> Any:
    def provision_and_note(*arguments: Any, **keywords: Any) -> Any:
        properties = arguments[position]
        enabled, size = properties.get("CacheClusterEnabled"), properties.get("CacheClusterSize")
        result = provision(*arguments, **keywords)
        stage = apigateway_v1._stages_v1[properties.get("RestApiId")][properties.get("StageName")]
        stage["cacheClusterEnabled"] = str(enabled).lower() == "true"
        stage["cacheClusterSize"] = size
        stage["cacheClusterStatus"] = "AVAILABLE" if stage["cacheClusterEnabled"] else "NOT_AVAILABLE"
        if not stage["cacheClusterEnabled"]:
            cache.flush(properties.get("RestApiId"), properties.get("StageName"))
        return result

    return provision_and_note


def _answer_from(cache: ResponseCache, invoke: Callable[..., Any]) -> Callable[..., Any]:
    async def answer(
        integration: dict, api_id: str, stage_name: str, stage: dict, resource: dict, path: str, method: str,
        headers: dict, body: bytes, query: dict, *others: Any, **keywords: Any,
    ) -> Any:  # fmt: skip
        arguments = (integration, api_id, stage_name, stage, resource, path, method, headers, body, query, *others)
        seconds = seconds_of(stage, resource["path"], method)
        if not seconds:
            return await invoke(*arguments, **keywords)
        values = key_values(integration.get("cacheKeyParameters") or (), headers, query)
        key = (api_id, stage_name, method, path, *values)
        response = cache.get(key)
        exchanges.note(exchanges.CACHE_HIT, response is not None)
        if response is None:
            response = await invoke(*arguments, **keywords)
            if isinstance(response, tuple):
                cache.put(key, response, seconds)
        return response

    return answer


def seconds_of(stage: Mapping[str, Any], path: str, method: str) -> int:
    """How long the stage keeps an answer of a method; 0 for not at all.

    A setting of the whole stage is about GET alone. A path's slashes are ~1 in its setting.
    """
    if not stage.get("cacheClusterEnabled"):
        return 0
    settings, encoded = stage.get("methodSettings") or {}, path.strip("/").replace("/", "~1")
    own = (settings.get(f"{start}{encoded}/{method}") for start in ("/~1", "~1", "/"))
    entry = next((each for each in own if each), settings.get("*/*") if method == "GET" else None) or {}
    return int(entry.get("cacheTtlInSeconds", 300)) if entry.get("cachingEnabled") else 0


def key_values(parameters: Sequence[str], headers: Mapping[str, Any], query: Mapping[str, Any]) -> list[str]:
    """The values of `method.request.querystring.<name>` and `method.request.header.<name>`, or None as text."""
    lower = {name.lower(): value for name, value in headers.items()}
    values = []
    for parameter in parameters:
        place, _, name = parameter.removeprefix("method.request.").partition(".")
        value = query.get(name) if place == "querystring" else lower.get(name.lower())
        values.append(repr(value))
    return values
