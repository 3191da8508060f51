"""Splits definitions into the tokens of moto's lexer, without asking it about a text twice.

ANTLR's lexer in Python walks an automaton for each character, a fifth of a second for a long definition. Its grammar
has one mode, and no rule that looks past a JSON string, a mark or a literal: a piece is the same token by itself as in
its definition. The definitions of a template's stacks share nearly all pieces, and the types of all: the parser, which
looks at types alone, gets tokens whose texts are those of the definition that is being read.
"""

import re
import threading
from collections.abc import Sequence
from functools import lru_cache

from antlr4 import CommonTokenStream, InputStream, Token
from antlr4.Token import CommonToken
from moto.stepfunctions.parser.asl.antlr.runtime.ASLLexer import ASLLexer

from local import EmbeddedAwsError

_MOST_PIECES = 16_384
_PIECE = re.compile(r'[ \t\n]+|"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^ \t\n"{}\[\],:]+|"', re.DOTALL)


class UnknownPieceError(EmbeddedAwsError):
    """A piece of a text is not one token: only the lexer can tell what it is, and where it is wrong."""


class _Reading(threading.local):
    """What a thread reads: the texts of the tokens of one definition, in their order."""

    texts: Sequence[str] = ()


_reading = _Reading()


class SharedToken(CommonToken):
    """A token of every definition that has the same types of tokens: its text is that of the one a thread reads."""

    @property
    def text(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The text in the definition that this thread has begun to read last."""
        return _reading.texts[self.tokenIndex]


def read(texts: Sequence[str]) -> None:
    """Let shared tokens have these texts in this thread, until it reads the next definition."""
    _reading.texts = texts


def tokens(text: str) -> tuple[tuple[int, ...], list[str]]:
    """Types and texts of the tokens of a definition, as the lexer gives them. Raises UnknownPieceError.

    >>> tokens('{"End": true}')[1]
    ['{', '"End"', ':', 'true', '}', '<EOF>']
    """
    pieces = [(token_type, piece) for piece in _PIECE.findall(text) if (token_type := _token_type(piece))]
    return (*(token_type for token_type, _ in pieces), Token.EOF), [*(piece for _, piece in pieces), "<EOF>"]


def token_stream(types: Sequence[int]) -> CommonTokenStream:
    """Shared tokens of these types, for a parser."""
    stream = CommonTokenStream(ASLLexer(InputStream("")))
    for place, token_type in enumerate(types):
        token = SharedToken((None, None), token_type)
        token.tokenIndex = place
        stream.tokens.append(token)
    stream.fetchedEOF = True
    return stream


@lru_cache(maxsize=_MOST_PIECES)
def _token_type(piece: str) -> int:
    """The type of the one token that a piece is; 0 for white space. Raises UnknownPieceError."""
    if not piece.strip(" \t\n"):
        return 0
    lexer = ASLLexer(InputStream(piece))
    lexer.removeErrorListeners()
    token = lexer.nextToken()
    if token is None or token.text != piece:
        raise UnknownPieceError(piece)
    return token.type
