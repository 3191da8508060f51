"""Replaces parts of the projects that carry the embedded AWS.

Both are pinned exactly; should a pinned version change all the same, a part that is gone must stop the server at
start-up, by name, instead of letting it answer wrongly.
"""

import sys
from types import ModuleType
from typing import Any

from local import EmbeddedAwsError


class MissingSeamError(EmbeddedAwsError):
    """A part that is to be replaced is not there: the pinned version has changed."""


def seam(owner: Any, name: str) -> Any:
    """Return attribute `name` of `owner` (a module or a class), or raise MissingSeamError."""
    try:
        return getattr(owner, name)
    except AttributeError:
        where = getattr(owner, "__name__", repr(owner))
        raise MissingSeamError(
            f"{where} has no {name}: is it another version than requirements/dev.txt pins?"
        ) from None


def replace(owner: Any, name: str, replacement: Any) -> Any:
    """Put `replacement` in the place of attribute `name` of `owner`; return what stood there."""
    original = seam(owner, name)
    setattr(owner, name, replacement)
    return original


def replace_everywhere(owner: ModuleType, name: str, replacement: Any) -> Any:
    """Replace a function of module `owner` there and in each loaded module that has imported it by its name.

    `from owner import name` binds what stood there at that time: with `replace` alone it would go on being called.
    """
    original = replace(owner, name, replacement)
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is original:
            setattr(module, name, replacement)
    return original
