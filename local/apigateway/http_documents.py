"""HTTP APIs of a template whose routes stand in an OpenAPI document, as the SAM transform writes them.

MiniStack's CloudFormation leaves the document out, so that the API has no route and answers 404 everywhere.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local import EmbeddedAwsError
from local.apigateway.http_integrations import unsupported
from local.apigateway.variables import of_caller, resolve
from local.seams import seam

_TYPE = "AWS::ApiGatewayV2::Api"
_ANY = "x-amazon-apigateway-any-method"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", _ANY})
_INTEGRATION, _CORS, _AUTH = (f"x-amazon-apigateway-{name}" for name in ("integration", "cors", "auth"))
_AUTH_TYPE, _INTEGRATIONS = "x-amazon-apigateway-authtype", "x-amazon-apigateway-integrations"
_DEFAULT = "$default"
# What an integration of the document is called in the API; the rest has the same name.
_NAMES = {"type": "integrationType", "uri": "integrationUri", "httpMethod": "integrationMethod"}


class UnsupportedDocumentError(EmbeddedAwsError, ValueError):
    """The document has something that no HTTP API has here; the message names it."""


def install() -> None:
    """Import the documents of templates."""
    from ministack.services.cloudformation import provisioners

    functions = seam(provisioners, "_RESOURCE_HANDLERS")[_TYPE]
    functions.update(create=_creating(functions["create"]), update=_updating(functions["update"]))


def _creating(create: Callable[..., Any]) -> Callable[..., Any]:
    def create_and_import(logical_id: str, properties: Any, stack_name: str) -> Any:
        body = _body(properties)
        api_id, attributes = create(logical_id, properties, stack_name)
        _import(api_id, body)
        return api_id, attributes

    return create_and_import


def _updating(update: Callable[..., Any]) -> Callable[..., Any]:
    def update_and_import(physical_id: str, old: Any, new: Any, *others: Any, **keywords: Any) -> Any:
        body = _body(new)
        api_id, attributes = update(physical_id, old, new, *others, **keywords)
        _import(api_id, body)
        return api_id, attributes

    return update_and_import


def _body(properties: Any) -> Mapping[str, Any]:
    """The document of an API; empty where its routes are resources. Raises UnsupportedDocumentError."""
    if properties.get("BodyS3Location"):
        raise UnsupportedDocumentError("An HTTP API's document in S3 is not supported: put it into the template.")
    body = resolve(properties.get("Body") or {}, of_caller())
    for _ in routes(body):
        pass  # what is unsupported shall be refused before anything is created
    return body


def routes(document: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The routes of a document, each with its integration, by the names of the API. Raises UnsupportedDocumentError.

    >>> get = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": "arn:f"}}
    >>> next(routes({"paths": {"/rides/{id}": {"get": get}}}))[0]
    {'routeKey': 'GET /rides/{id}', 'authorizationType': 'NONE'}
    """
    for path, item in (document.get("paths") or {}).items():
        for method, operation in item.items():
            if method.lower() not in _METHODS:
                continue
            integration = operation.get(_INTEGRATION)
            if integration is not None:
                key = _DEFAULT if path == f"/{_DEFAULT}" else f"{_verb(method)} {path}"
                yield (
                    {"routeKey": key, "authorizationType": _authorization(key, operation, document)},
                    _named(key, _dereferenced(key, integration, document)),
                )


def _verb(method: str) -> str:
    return "ANY" if method == _ANY else method.upper()


def _authorization(key: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    security = operation.get("security", document.get("security")) or []
    if (operation.get(_AUTH) or {}).get("type") == "AWS_IAM":
        return "AWS_IAM"
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    names = [name for entry in security for name in entry if name != "NONE"]
    for name in names:
        if (schemes.get(name) or {}).get(_AUTH_TYPE) != "awsSigv4":
            raise UnsupportedDocumentError(
                f"The authorizer {name} of {key} is not supported in an HTTP API's document."
            )
    return "AWS_IAM" if names else "NONE"


def _dereferenced(key: str, integration: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """An integration, which may be one of the document's components."""
    reference = integration.get("$ref")
    if reference is None:
        return integration
    components = (document.get("components") or {}).get(_INTEGRATIONS) or {}
    name = str(reference).removeprefix(f"#/components/{_INTEGRATIONS}/")
    if name not in components:
        raise UnsupportedDocumentError(f"The integration {reference} of {key} is not in the document.")
    return components[name]


def _named(key: str, integration: Mapping[str, Any]) -> dict[str, Any]:
    if subtype := integration.get("integrationSubtype"):
        if fault := unsupported(subtype, integration.get("requestParameters") or {}):
            raise UnsupportedDocumentError(f"The integration of {key}: {fault}")
    elif not integration.get("uri"):
        raise UnsupportedDocumentError(f"The integration of {key} has no URI.")
    named = {_NAMES.get(name, name): value for name, value in integration.items()}
    kind = str(named.get("integrationType", "AWS_PROXY")).upper()
    return {"payloadFormatVersion": "2.0", "integrationMethod": "POST"} | named | {"integrationType": kind}


def _import(api_id: str, document: Mapping[str, Any]) -> None:
    """Put the routes of the document in the place of those that are there."""
    from ministack.core.responses import new_uuid
    from ministack.services import apigateway

    if not document:
        return
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    for route, integration in routes(document):
        route_id, integration_id = new_uuid()[:8], new_uuid()[:8]
        apigateway._integrations[api_id][integration_id] = {"integrationId": integration_id, **integration}
        apigateway._routes[api_id][route_id] = {
            "routeId": route_id,
            "target": f"integrations/{integration_id}",
            "apiKeyRequired": False,
            **route,
        }
    api = apigateway._apis[api_id]
    if cors := document.get(_CORS):
        api["corsConfiguration"] = dict(cors)
    if title := (document.get("info") or {}).get("title"):
        api["name"] = title
