"""Definitions in YAML, which CloudFormation takes from the file that `DefinitionS3Location` names.

The API takes JSON alone: CloudFormation translates the file, after it has filled the substitutions in.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from local.seams import replace, seam


class _Loader(yaml.CSafeLoader):
    """Takes dates for texts, as JSON does."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in the class that it extends
        first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
        for first, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def install() -> None:
    """Let CloudFormation translate definitions that are files."""
    from ministack.services.cloudformation import provisioners

    resolve = seam(provisioners, "_sfn_definition")

    def definition(properties: Mapping[str, Any]) -> str:
        text = resolve(properties)
        return as_json(text) if properties.get("DefinitionS3Location") else text

    replace(provisioners, "_sfn_definition", definition)


def as_json(text: str) -> str:
    """A definition as JSON. What is JSON, and what is no YAML either, stays as it is, for its faults to be named.

    >>> as_json("StartAt: Hello # first\\nStates:\\n  Hello: {Type: Succeed}")
    '{"StartAt": "Hello", "States": {"Hello": {"Type": "Succeed"}}}'
    """
    if text.lstrip().startswith("{"):
        return text
    loader = _Loader(text)
    try:
        return json.dumps(loader.get_single_data())
    except yaml.YAMLError:
        return text
    finally:
        loader.dispose()
