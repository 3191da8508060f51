"""Splits definitions into the tokens of moto's lexer, without asking it about a text twice.

ANTLR's lexer in Python walks an automaton for each character, a fifth of a second for a long definition. Its grammar
has one mode, and no rule that looks past a JSON string, a mark or a literal: a piece is the same token by itself as in
its definition. The definitions of a template's stacks share nearly all pieces.
"""

import re
from functools import lru_cache

from antlr4 import CommonTokenStream, InputStream, Token
from antlr4.Token import CommonToken
from moto.stepfunctions.parser.asl.antlr.runtime.ASLLexer import ASLLexer

from local import EmbeddedAwsError

_MOST_PIECES = 16_384
_PIECE = re.compile(r'[ \t\n]+|"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^ \t\n"{}\[\],:]+|"', re.DOTALL)


class UnknownPieceError(EmbeddedAwsError):
    """A piece of a text is not one token: only the lexer can tell what it is, and where it is wrong."""


def token_stream(text: str) -> CommonTokenStream:
    """The tokens of a definition's text, as the lexer gives them. Raises UnknownPieceError.

    >>> [token.text for token in token_stream('{"End": true}').tokens]
    ['{', '"End"', ':', 'true', '}', '<EOF>']
    """
    source = InputStream(text)
    stream = CommonTokenStream(ASLLexer(source))
    line, line_start = 1, 0
    for match in _PIECE.finditer(text):
        piece = match[0]
        if token_type := _token_type(piece):
            column = match.start() - line_start
            _append(stream, _token(source, token_type, piece, match.start(), line, column))
        if "\n" in piece:
            line += piece.count("\n")
            line_start = match.start() + piece.rindex("\n") + 1
    _append(stream, _token(source, Token.EOF, "<EOF>", len(text), line, len(text) - line_start))
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


def _token(source: InputStream, token_type: int, text: str, start: int, line: int, column: int) -> CommonToken:
    stop = len(source.data) - 1 if token_type == Token.EOF else start + len(text) - 1
    token = CommonToken((None, source), token_type, Token.DEFAULT_CHANNEL, start, stop)
    token.text, token.line, token.column = text, line, column
    return token


def _append(stream: CommonTokenStream, token: CommonToken) -> None:
    token.tokenIndex = len(stream.tokens)
    stream.tokens.append(token)
