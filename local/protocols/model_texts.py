"""Leaves the documentation out of the models of AWS's services: botocore keeps all of what it has read of them.

The models that a deployment reads have some 60 MB with it, in ordered dicts.
"""

from typing import Any

from local.seams import replace


def install() -> None:
    """Let botocore's loader read models in this way. It is to be called before it has read any."""
    from botocore import loaders

    replace(loaders, "OrderedDict", without_documentation)


def without_documentation(pairs: list[tuple[str, Any]] = ()) -> dict[str, Any]:  # pyright: ignore[reportArgumentType]
    """A dict in the order of its pairs, without a text of documentation; a member of that name stays.

    >>> without_documentation([("documentation", "<p>A ride</p>"), ("type", "string")])
    {'type': 'string'}
    >>> without_documentation([("documentation", {"shape": "Text"})])
    {'documentation': {'shape': 'Text'}}
    """
    return {name: value for name, value in pairs if name != "documentation" or not isinstance(value, str)}
