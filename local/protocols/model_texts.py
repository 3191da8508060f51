"""Leaves the documentation out of the models of AWS's services: botocore keeps all of what it has read of them.

The models that a deployment reads have some 60 MB with it, in ordered dicts.
"""

from collections.abc import Iterable
from typing import Any

from local.seams import replace


def install() -> None:
    """Let botocore's loader read models in this way. It is to be called before it has read any."""
    from botocore import loaders

    replace(loaders, "OrderedDict", without_documentation)


def without_documentation(pairs: Iterable[tuple[str, Any]] = ()) -> dict[str, Any]:
    """A dict in the order of its pairs; texts of documentation are empty, since botocore adds to some of them.

    >>> without_documentation([("documentation", "<p>A ride</p>"), ("type", "string")])
    {'documentation': '', 'type': 'string'}
    >>> without_documentation([("documentation", {"shape": "Text"})])
    {'documentation': {'shape': 'Text'}}
    """
    return {name: "" if name == "documentation" and isinstance(value, str) else value for name, value in pairs}
