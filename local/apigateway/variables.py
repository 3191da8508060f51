"""AWS variables of OpenAPI documents: API Gateway resolves them when it imports the document.

https://docs.aws.amazon.com/apigateway/latest/developerguide/import-api-aws-variables.html
"""

from collections.abc import Mapping
from typing import Any


def resolve(value: Any, variables: Mapping[str, str]) -> Any:
    """A document with `${AWS::Region}` and its like replaced in each text; whatever else a text has stays.

    >>> resolve({"uri": ["arn:aws:apigateway:${AWS::Region}:x:${stage}"]}, {"AWS::Region": "eu-west-1"})
    {'uri': ['arn:aws:apigateway:eu-west-1:x:${stage}']}
    """
    if isinstance(value, str):
        for name, text in variables.items():
            value = value.replace(f"${{{name}}}", text)
        return value
    if isinstance(value, Mapping):
        return {name: resolve(each, variables) for name, each in value.items()}
    return [resolve(each, variables) for each in value] if isinstance(value, list) else value


def of_caller() -> dict[str, str]:
    """The variables of whoever imports a document now."""
    from ministack.core.responses import get_account_id, get_region

    return {"AWS::AccountId": get_account_id(), "AWS::Partition": "aws", "AWS::Region": get_region()}
