r"""Matches names against the wildcards of policies as AWS does: over the whole name, whatever characters it has.

MiniStack's expressions stop at a line feed, and let one stand after their end: a role that may read `raw/*` could not
read the object `raw/a\nb.json`, and one that may read `raw/a` could read `raw/a\n`.
"""

import re
from functools import lru_cache

from local.seams import replace


def install() -> None:
    """Let the policies of roles and resources match names by `compiled`."""
    from ministack.core import iam_evaluator

    replace(iam_evaluator, "_fnmatch_compile", compiled)


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    r"""An expression for a pattern in which * stands for any characters and ? for one, of a whole name.

    >>> compiled("raw/*", False).match("raw/a\nb") is not None, compiled("raw/a", False).match("raw/a\n") is not None
    (True, False)
    """
    wildcards = {"*": ".*", "?": "."}
    expression = "".join(wildcards.get(character) or re.escape(character) for character in pattern)
    return re.compile(rf"{expression}\Z", re.DOTALL | (re.IGNORECASE if ignore_case else 0))
