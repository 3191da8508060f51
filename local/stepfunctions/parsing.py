"""Definitions and intrinsic functions, each text parsed once.

moto parses a definition anew for each execution: a quarter of a second of pure Python for a long one, during which the
server does little else, so that of many executions started at once every other call waits for seconds. What a text's
parse tree says does not change; the components that are made of it are made anew, since an execution may write to them.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.parse import asl_parser, preprocessor
from moto.stepfunctions.parser.asl.parse.intrinsic import intrinsic_parser
from moto.stepfunctions.parser.asl.parse.intrinsic import preprocessor as intrinsic_preprocessor

from local.seams import replace, seam

_MOST_DEFINITIONS = 32
_MOST_INTRINSICS = 1024

Parse = Callable[[str], tuple[Any, Any]]
"""Of a text: the components that it makes, and its parse tree."""


def install() -> None:
    """Keep the trees of the texts that were parsed last."""
    for parser, visitors, most in (
        (seam(asl_parser, "AmazonStateLanguageParser"), preprocessor, _MOST_DEFINITIONS),
        (seam(intrinsic_parser, "IntrinsicParser"), intrinsic_preprocessor, _MOST_INTRINSICS),
    ):
        parse = seam(parser, "parse")
        replace(parser, "parse", staticmethod(_cache_trees(parse, seam(visitors, "Preprocessor"), most)))


def _cache_trees(parse: Parse, visitor: Callable[[], Any], most: int) -> Parse:
    @lru_cache(maxsize=most)
    def tree_of(text: str) -> Any:
        return parse(text)[1]

    def parse_once(text: str) -> tuple[Any, Any]:
        tree = tree_of(text)
        return visitor().visit(tree), tree

    return parse_once
