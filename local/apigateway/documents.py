"""An OpenAPI 3 document -> a REST API, as API Gateway imports it.

MiniStack takes paths, methods, security and the integrations' targets. Here the rest follows: `any` methods, models,
validators, required parameters, gateway responses, and what a mock integration answers. A document that has changed is
imported into the same API, whose address stays.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import json
from collections.abc import Iterator
from typing import Any

from local.apigateway.variables import of_caller, resolve
from local.seams import replace, seam

_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_REFERENCE = "#/components/schemas/"
# Whatever imports a model leaves these out: "not included in simple request validation".
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
_NOT_IMPORTED = ("minItems", "maxItems")
# What an integration has only where its document says it, by the same name.
_OPTIONAL = ("credentials", "contentHandling", "cacheNamespace", "connectionType", "connectionId", "tlsConfig")


def install() -> None:
    """Import whole documents, whether CloudFormation creates an API or updates it."""
    from ministack.services import apigateway_v1
    from ministack.services.cloudformation import provisioners

    methods = seam(apigateway_v1, "_OPENAPI_HTTP_METHODS")
    replace(apigateway_v1, "_OPENAPI_HTTP_METHODS", methods | {_ANY})
    import_operation = seam(apigateway_v1, "_import_operation")

    def import_any_operation(api_id: str, resource_id: str, http_method: str, *others: Any) -> None:
        method_name = "ANY" if http_method == _ANY.upper() else http_method
        import_operation(api_id, resource_id, method_name, *others)

    replace(apigateway_v1, "_import_operation", import_any_operation)
    create = seam(apigateway_v1, "_import_rest_api")

    def import_rest_api(document: dict[str, Any], base_data: dict[str, Any] | None = None) -> str:
        document = resolve(document, of_caller())
        api_id = create(document, base_data)
        _complete(apigateway_v1, api_id, document)
        return api_id

    replace(apigateway_v1, "_import_rest_api", import_rest_api)
    handlers = seam(provisioners, "_RESOURCE_HANDLERS")["AWS::ApiGateway::RestApi"]
    handlers["update"] = _update_in_place(apigateway_v1, handlers["update"])


def _update_in_place(apigateway_v1: Any, update: Any) -> Any:
    def update_in_place(api_id: str, old: dict[str, Any], new: dict[str, Any], *others: Any, **keywords: Any) -> Any:
        document = new.get("Body")
        if isinstance(document, dict) and document != old.get("Body") and api_id in apigateway_v1._rest_apis:
            _import_again(apigateway_v1, api_id, document)
            old = {**old, "Body": document}
        return update(api_id, old, new, *others, **keywords)

    return update_in_place


def _import_again(apigateway_v1: Any, api_id: str, document: dict[str, Any]) -> None:
    """Put the document in the place of what the API was made of (PutRestApi in mode overwrite)."""
    document = resolve(document, of_caller())
    resources = apigateway_v1._resources[api_id]
    (root,) = [each for each in resources.values() if each["path"] == "/"]
    apigateway_v1._resources[api_id] = {root["id"]: {**root, "resourceMethods": {}}}
    for what in ("_authorizers_v1", "_models", "_request_validators", "_gateway_responses"):
        seam(apigateway_v1, what)[api_id] = {}
    schemes = seam(apigateway_v1, "_import_security_schemes")(api_id, document)
    for path, item in document["paths"].items():
        seam(apigateway_v1, "_import_path_item")(api_id, path, item, schemes, document.get("security"))
    _complete(apigateway_v1, api_id, document)


def _complete(apigateway_v1: Any, api_id: str, document: dict[str, Any]) -> None:
    """Add to the imported methods and integrations what MiniStack passes over."""
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        text = json.dumps(_as_model(schema, api_id))
        seam(apigateway_v1, "_create_model")(api_id, {"name": name, "schema": text})
    validators = {
        name: json.loads(seam(apigateway_v1, "_create_request_validator")(api_id, {"name": name, **settings})[2])["id"]
        for name, settings in document.get("x-amazon-apigateway-request-validators", {}).items()
    }
    for method, operation in _methods(apigateway_v1._resources[api_id], document):
        validator = operation.get(
            "x-amazon-apigateway-request-validator", document.get("x-amazon-apigateway-request-validator")
        )
        method["requestValidatorId"] = validators.get(validator)
        method["requestParameters"] = _parameters(operation)
        method["requestModels"] = _models(operation)
        if _INTEGRATION in operation:
            method["methodIntegration"] |= _integration(operation[_INTEGRATION])
    for response_type, response in document.get("x-amazon-apigateway-gateway-responses", {}).items():
        status, _, answer = seam(apigateway_v1, "_put_gateway_response")(api_id, response_type, response)
        if status >= 400:
            raise ValueError(f"the gateway response {response_type} cannot be imported: {answer!r}")


def _methods(
    resources: dict[str, dict[str, Any]], document: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each imported method with the operation it is of."""
    methods = {resource["path"]: resource["resourceMethods"] for resource in resources.values()}
    for path, item in document["paths"].items():
        for name, operation in item.items():
            method = methods[path].get("ANY" if name == _ANY else name.upper())
            if method is not None:
                yield method, operation


def _as_model(schema: Any, api_id: str) -> Any:
    """A schema of the document as the API's model: references lead to the API's other models."""
    if isinstance(schema, list):
        return [_as_model(each, api_id) for each in schema]
    if not isinstance(schema, dict):
        return schema
    model = {name: _as_model(value, api_id) for name, value in schema.items() if name not in _NOT_IMPORTED}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith(_REFERENCE):
        name = reference.removeprefix(_REFERENCE)
        model["$ref"] = f"https://apigateway.amazonaws.com/restapis/{api_id}/models/{name}"
    return model


def _parameters(operation: dict[str, Any]) -> dict[str, bool]:
    places = {"query": "querystring", "header": "header", "path": "path"}
    return {
        f"method.request.{places[parameter['in']]}.{parameter['name']}": bool(parameter.get("required"))
        for parameter in operation.get("parameters", [])
        if parameter.get("in") in places
    }


def _models(operation: dict[str, Any]) -> dict[str, str]:
    """The model's name by content type, of the bodies whose schema is one of the document's own."""
    contents = operation.get("requestBody", {}).get("content", {})
    references = {media_type: content.get("schema", {}).get("$ref", "") for media_type, content in contents.items()}
    return {
        media_type: reference.removeprefix(_REFERENCE)
        for media_type, reference in references.items()
        if reference.startswith(_REFERENCE)
    }


def _integration(extension: dict[str, Any]) -> dict[str, Any]:
    """What an integration of the document says beyond its target."""
    return {name: extension[name] for name in _OPTIONAL if name in extension} | {
        "passthroughBehavior": extension.get("passthroughBehavior", "when_no_match").upper(),
        "requestTemplates": extension.get("requestTemplates", {}),
        "timeoutInMillis": extension.get("timeoutInMillis", 29_000),
        "requestParameters": extension.get("requestParameters", {}),
        "cacheKeyParameters": extension.get("cacheKeyParameters", []),
        "integrationResponses": {
            str(response.get("statusCode", "200")): {
                "statusCode": str(response.get("statusCode", "200")),
                "selectionPattern": "" if pattern == "default" else pattern,
                "responseParameters": response.get("responseParameters", {}),
                "responseTemplates": response.get("responseTemplates", {}),
            }
            for pattern, response in extension.get("responses", {}).items()
        },
    }
