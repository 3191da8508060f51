"""Replaces parts of the projects that carry the embedded AWS.

Both are pinned exactly; should a pinned version change all the same, a part that is gone must stop the server at
start-up, by name, instead of letting it answer wrongly.
"""

from typing import Any


class MissingSeamError(RuntimeError):
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
