"""Definitions, each kind of text parsed once.

moto parses a definition anew for each check and each execution: half a second of pure Python for a long one, during
which the server does little else, so that of many executions started at once every other call waits for seconds. What
a text's parse tree says does not change. The components that are made of it are an execution's own, since it may write
to them: each gets a copy of those that were made for the check, by pickle, which takes a tenth of the time.
The parser looks at the types of tokens alone. So the definitions of a template's stacks, which differ in names within
strings, share one tree, in which each thread sees the texts of the definition that it reads (`SharedToken`).

A definition is parsed in two stages, as ANTLR's authors advise: first by the faster of its two predictions (SLL), whose
tree is that of the slower one wherever it finds no error; a text in which it finds one is left to moto.
"""

import json
import re
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from antlr4 import PredictionMode
from antlr4.error.Errors import ParseCancellationException
from antlr4.error.ErrorStrategy import BailErrorStrategy
from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser
from moto.stepfunctions.parser.asl.parse import asl_parser, preprocessor

from local.persistence.pickling import dump, load
from local.seams import replace, seam
from local.stepfunctions.tokens import UnknownPieceError, read, token_stream, tokens

_MOST_DEFINITIONS = 128
# Each may take 200 KB.
_MOST_PROGRAMS = 32
# moto's grammar wants a fraction here, and AWS any number.
_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?=\s*[,}])')
# It knows one type of children: those of the other run as they do.
_EXPRESS = re.compile(r'("ExecutionType"\s*:\s*)"EXPRESS"')

Parse = Callable[[str], tuple[Any, Any]]
"""Of a text: the components that it makes, and its parse tree."""


def install() -> None:
    """Keep the trees of the kinds of texts that were parsed last, and the components of the last texts."""
    parser = seam(asl_parser, "AmazonStateLanguageParser")
    components = _components(_definition_trees(seam(parser, "parse")), seam(preprocessor, "Preprocessor"))

    # The tree is of use to moto's analysers alone, which nothing here calls.
    def parse(definition: str) -> tuple[Any, None]:
        return components(definition), None

    replace(parser, "parse", staticmethod(parse))


def _definition_trees(parse: Parse) -> Callable[[str], Any]:
    slow_tree = lru_cache(maxsize=_MOST_DEFINITIONS)(lambda text: parse(text)[1])

    def tree_of(text: str) -> Any:
        text = _EXPRESS.sub(r'\1"STANDARD"', _PERCENTAGE.sub(r"\1.0", _without_escapes(text)))
        try:
            return fast_tree(text)
        except (ParseCancellationException, UnknownPieceError):
            return slow_tree(text)

    return tree_of


def _without_escapes(text: str) -> str:
    """A definition with its letters as they are: moto takes `\\u00fc` in a path or a name for five letters."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False) if "\\u" in text else text
    except ValueError:
        return text


def fast_tree(text: str) -> Any:
    """The parse tree of a definition without errors; its texts are there until this thread reads the next definition.

    Raises UnknownPieceError and ParseCancellationException for all others, and for what only the full prediction reads.
    """
    types, texts = tokens(text)
    read(texts)
    return _tree(types)


@lru_cache(maxsize=_MOST_DEFINITIONS)
def _tree(types: tuple[int, ...]) -> Any:
    parser = ASLParser(token_stream(types))
    parser.removeErrorListeners()
    parser._interp.predictionMode = PredictionMode.SLL
    parser._errHandler = BailErrorStrategy()
    return parser.state_machine()


def _components(tree_of: Callable[[str], Any], visitor: Callable[[], Any]) -> Callable[[str], Any]:
    """Of a text, a copy of the components that it makes. Raises moto's errors for one that makes none."""
    # Of many executions that start at once, the first makes what the others copy.
    lock = threading.Lock()

    @lru_cache(maxsize=_MOST_PROGRAMS)
    def original(text: str) -> bytes:
        return dump(visitor().visit(tree_of(text)), {})

    def components(text: str) -> Any:
        with lock:
            content = original(text)
        return load(content)

    return components
