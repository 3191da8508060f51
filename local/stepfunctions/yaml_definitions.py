"""Definitions in YAML, which CloudFormation takes from the file that `DefinitionS3Location` names.

The API takes JSON alone: CloudFormation translates the file, after it has filled the substitutions in.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from local.seams import replace, seam

# "Quotas related to state machine definitions": 1 MB.
_LARGEST = 1024 * 1024
_MOST_MEMBERS = 10_000
_DEEPEST = 200


class _Loader(yaml.CSafeLoader):
    """Takes dates for texts, as JSON does."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in the class that it extends
        first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
        for first, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge the mappings that one names. Raises ConstructorError where they are too many: each may name others."""
        super().flatten_mapping(node)
        if len(node.value) > _MOST_MEMBERS:
            raise yaml.constructor.ConstructorError(None, None, "a mapping has too many members", node.start_mark)


def install() -> None:
    """Let CloudFormation translate definitions that are files."""
    from ministack.services.cloudformation import provisioners

    resolve = seam(provisioners, "_sfn_definition")

    def definition(properties: Mapping[str, Any]) -> str:
        text = resolve(properties)
        return as_json(text) if properties.get("DefinitionS3Location") else text

    replace(provisioners, "_sfn_definition", definition)


def as_json(text: str) -> str:
    """A definition as JSON. What is JSON, and what is none in YAML either, stays as it is, for its faults to be named.

    None are sets, bytes, numbers that JSON lacks, what holds itself, and what is larger than a definition may be.

    >>> as_json("StartAt: Hello # first\\nStates:\\n  Hello: {Type: Succeed}")
    '{"StartAt": "Hello", "States": {"Hello": {"Type": "Succeed"}}}'
    """
    if text.lstrip().startswith("{") or len(text) > _LARGEST:
        return text
    loader = _Loader(text)
    try:
        _check_depth(text)
        return _encoded(loader.get_single_data())
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        return text
    finally:
        loader.dispose()


def _check_depth(text: str) -> None:
    """Raise RecursionError for what goes too deep: libyaml would end the process where its stack does."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise RecursionError("The definition goes too deep")


def _encoded(value: Any) -> str:
    """JSON of a value. A few lines with aliases of aliases may stand for more than fits: it is written piece by piece.

    Raises TypeError, ValueError and RecursionError for what is no JSON, or too large.
    """
    pieces, size = [], 0
    for piece in json.JSONEncoder(allow_nan=False).iterencode(value):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST:
            raise ValueError("The definition is too large")
    return "".join(pieces)
