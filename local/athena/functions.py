"""The functions of Athena SQL, so that a query cannot use one which only DuckDB has.

The names in functions.txt are from the list in Trino's documentation
(https://trino.io/docs/current/functions/list.html), which Athena engine version 3 follows. A name in it which the
engine cannot carry out still fails, with its name.
"""

import itertools
from pathlib import Path

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from local.athena.errors import Position, QueryError

ATHENA_FUNCTIONS = frozenset(Path(__file__).with_name("functions.txt").read_text().split())

_CALLABLE_TOKENS = frozenset({TokenType.VAR, TokenType.IDENTIFIER})


def check_functions(tokens: list[Token], tree: exp.Expr) -> None:
    """Raise FUNCTION_NOT_FOUND for the first call of something that is no function of Athena.

    Works on the words of the query: the tree forgets under which name a function was called.
    """
    bound = _names_followed_by_columns(tree)
    for token, following in itertools.pairwise(tokens):
        if following.token_type != TokenType.L_PAREN or token.token_type not in _CALLABLE_TOKENS:
            continue
        name = token.text.lower()
        if name not in ATHENA_FUNCTIONS and name not in bound:
            raise _not_registered(name, position_of(token))
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise _not_registered(table.name or table.this.sql("trino"), None)


def position_of(token: Token) -> Position:
    """Where `token` begins; sqlglot keeps the column of its end."""
    return Position(token.line, max(token.col - (token.end - token.start), 1))


def _names_followed_by_columns(tree: exp.Expr) -> set[str]:
    """Names of `WITH name (columns)` and `AS name (columns)`, and of types with parameters in a CAST."""
    bound = {"row", "array", "map", "varchar", "char", "decimal", "timestamp", "time", "values"}
    return bound | {alias.name.lower() for alias in tree.find_all(exp.TableAlias) if alias.columns}


def _not_registered(name: str, position: Position | None) -> QueryError:
    return QueryError("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", position)
