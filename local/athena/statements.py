"""What a statement is: its kind, its SELECT as a tree, and where its result goes.

sqlglot reads the SELECT with its Trino dialect. UNLOAD is Athena's own and read here.
(https://docs.aws.amazon.com/athena/latest/ug/unload.html)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from ministack.services import athena as ministack_athena
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from local.athena.errors import Position, QueryError, RequestError
from local.athena.functions import check_functions, position_of

Properties = dict[str, str | tuple[str, ...]]
"""WITH (…) of UNLOAD and CTAS: lower-case name to a text or to the texts of an ARRAY."""


@dataclass(frozen=True)
class Select:
    """A query whose rows go to the result file."""

    tree: exp.Expr
    kind: str = "DML"


@dataclass(frozen=True)
class Unload:
    """UNLOAD (tree) TO location WITH (properties)."""

    tree: exp.Expr
    location: str
    properties: Properties
    kind: str = "DML"


@dataclass(frozen=True)
class CreateTableAs:
    """CREATE TABLE database.table WITH (properties) AS tree."""

    tree: exp.Expr
    database: str | None
    table: str
    properties: Properties
    with_data: bool = True
    if_not_exists: bool = False
    kind: str = "DDL"


@dataclass(frozen=True)
class Definition:
    """CREATE EXTERNAL TABLE and DROP TABLE, as MiniStack's parser reads them."""

    ddl: Any
    kind: str = "DDL"


@dataclass(frozen=True)
class Show:
    """SHOW TABLES, SHOW DATABASES or DESCRIBE; `subject` is the database or the table, if named."""

    what: str
    subject: tuple[str, ...] = field(default=())
    kind: str = "UTILITY"


Statement = Select | Unload | CreateTableAs | Definition | Show

_FIRST_WORDS = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "(", "CREATE"})
_TOKENIZER = Trino.tokenizer_class
_SHOW_TABLES = re.compile(r"\s*SHOW\s+TABLES(?:\s+(?:IN|FROM)\s+[`\"]?(\w+)[`\"]?)?\s*;?\s*", re.IGNORECASE)
_SHOW_DATABASES = re.compile(r"\s*SHOW\s+(?:DATABASES|SCHEMAS)\s*;?\s*", re.IGNORECASE)
_DESCRIBE = re.compile(r"\s*(?:DESCRIBE|DESC)\s+(?:(\w+)\.)?[`\"]?(\w+)[`\"]?\s*;?\s*", re.IGNORECASE)


def parse(text: str, parameters: Sequence[str] = ()) -> Statement:
    """The statement that `text` is, `?` replaced by `parameters` (SQL literals, as Athena takes them).

    Raises RequestError for a text that is no statement, QueryError for one that Athena would start and fail.
    """
    if ddl := ministack_athena._parse_ddl(text):
        return Definition(ddl)
    if (show := _show(text)) is not None:
        return show
    tokens = _tokens(text)
    if not tokens:
        raise RequestError("InvalidRequestException", "queryString is empty", "MALFORMED_QUERY")
    word = tokens[0].text.upper()
    if word == "UNLOAD":
        return _unload(text, tokens, parameters)
    if word not in _FIRST_WORDS:
        message = f"line 1:1: {word} statements are not supported by the embedded Athena"
        raise RequestError("InvalidRequestException", message, "NOT_SUPPORTED")
    tree = _tree(text)
    if isinstance(tree, exp.Create):
        return _create_table_as(tree, tokens, parameters)
    if not isinstance(tree, exp.Query):
        raise _unexpected(tokens, 0)
    return Select(_prepare(tree, tokens, parameters))


def _show(text: str) -> Show | None:
    if match := _SHOW_TABLES.fullmatch(text):
        return Show("tables", tuple(filter(None, match.groups())))
    if _SHOW_DATABASES.fullmatch(text):
        return Show("databases")
    if match := _DESCRIBE.fullmatch(text):
        return Show("columns", tuple(name for name in match.groups() if name))
    return None


def _tokens(text: str) -> list[Token]:
    try:
        tokens = _TOKENIZER().tokenize(text)
    except SqlglotError as error:
        raise RequestError("InvalidRequestException", f"line 1:1: {error}", "MALFORMED_QUERY") from error
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    return tokens


def _tree(text: str, line: int = 1, column: int = 1) -> exp.Expr:
    """The tree of a query that starts at `line`:`column` of the statement."""
    padded = "\n" * (line - 1) + " " * (column - 1) + text
    try:
        trees = sqlglot.parse(padded, read="trino")
    except ParseError as error:
        raise _malformed(error) from error
    except SqlglotError as error:
        raise RequestError("InvalidRequestException", f"line 1:1: {error}", "MALFORMED_QUERY") from error
    statements = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(statements) != 1:
        message = "Only one sql statement is allowed. Got: " + text.strip()
        raise RequestError("InvalidRequestException", message, "MALFORMED_QUERY")
    if not isinstance(statements[0], exp.Expr):
        raise RequestError("InvalidRequestException", "line 1:1: no statement", "MALFORMED_QUERY")
    return statements[0]


def _malformed(error: ParseError) -> RequestError:
    first = error.errors[0] if error.errors else {}
    position = Position(first.get("line") or 1, max((first.get("col") or 1) - len(first.get("highlight") or "") + 1, 1))
    message = f"{position}: mismatched input '{first.get('highlight', '')}'. {first.get('description', error)}"
    return RequestError("InvalidRequestException", message, "MALFORMED_QUERY")


def _prepare(tree: exp.Expr, tokens: list[Token], parameters: Sequence[str]) -> exp.Expr:
    check_functions(tokens, tree)
    placeholders = [node for node in tree.find_all(exp.Placeholder, bfs=False) if not node.this]
    if len(placeholders) != len(parameters):
        message = f"Incorrect number of parameters: expected {len(placeholders)} but found {len(parameters)}"
        raise QueryError("INVALID_PARAMETER_USAGE", message, Position(1, 1))
    for placeholder, parameter in zip(placeholders, parameters, strict=True):
        if not isinstance(placeholder.find_ancestor(exp.Where, exp.Select), exp.Where):
            raise QueryError("SYNTAX_ERROR", "a parameter ? is allowed in the WHERE clause only", Position(1, 1))
        placeholder.replace(_literal(parameter))
    return tree


def _literal(parameter: str) -> exp.Expr:
    """A value of ExecutionParameters: an expression without columns or queries; text stands in single quotes."""
    value = _tree(f"SELECT {parameter}")
    only = value.selects[0] if isinstance(value, exp.Select) and len(value.selects) == 1 else None
    if only is None or value.args.get("from_") or only.find(exp.Column, exp.Query, exp.Star, exp.Alias):
        message = f"the parameter {parameter} is no value; text must stand in single quotes"
        raise QueryError("INVALID_PARAMETER_USAGE", message, Position(1, 1))
    check_functions(_tokens(parameter), value)
    return only.copy()


def _unload(text: str, tokens: list[Token], parameters: Sequence[str]) -> Unload:
    if len(tokens) < 2 or tokens[1].token_type != TokenType.L_PAREN:
        raise _unexpected(tokens, 1)
    end = _closing(tokens, 1)
    first = tokens[2]
    tree = _tree(text[first.start : tokens[end].start], first.line, position_of(first).column)
    if not isinstance(tree, exp.Query):
        raise _unexpected(tokens, 2)
    prepared = _prepare(tree, tokens[2:end], parameters)
    if len(tokens) < end + 4 or tokens[end + 1].text.upper() != "TO" or tokens[end + 2].token_type != TokenType.STRING:
        raise _unexpected(tokens, end + 1)
    if tokens[end + 3].text.upper() != "WITH":
        raise _unexpected(tokens, end + 3)
    properties = _properties(text[tokens[end + 3].start : tokens[-1].end + 1])
    return Unload(prepared, tokens[end + 2].text, properties)


def _closing(tokens: list[Token], opening: int) -> int:
    """The index of the parenthesis that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].token_type == TokenType.L_PAREN) - (tokens[index].token_type == TokenType.R_PAREN)
        if depth == 0:
            return index
    raise _unexpected(tokens, len(tokens))


def _unexpected(tokens: list[Token], index: int) -> RequestError:
    token = tokens[min(index, len(tokens) - 1)]
    word = "<EOF>" if index >= len(tokens) else token.text
    position = position_of(token)
    message = f"{position}: mismatched input '{word}'. Expecting: UNLOAD (query) TO 's3://…' WITH (…)"
    return RequestError("InvalidRequestException", message, "MALFORMED_QUERY")


def _properties(with_clause: str) -> Properties:
    """The properties of a WITH (…) clause, read as those of a CREATE TABLE."""
    tree = _tree(f"CREATE TABLE t {with_clause} AS SELECT 1")
    return _tree_properties(tree)


def _tree_properties(tree: exp.Expr) -> Properties:
    properties: Properties = {}
    declared = tree.args.get("properties")
    for node in declared.expressions if declared else ():
        if isinstance(node, exp.FileFormatProperty):
            properties["format"] = node.this.name
        elif isinstance(node, exp.PartitionedByProperty):
            properties["partitioned_by"] = tuple(item.name for item in node.this.expressions)
        elif isinstance(node, exp.Property) and isinstance(value := node.args.get("value"), exp.Expr):
            name = (node.this if isinstance(node.this, str) else node.this.name).lower()
            items = value.expressions if isinstance(value, exp.Array | exp.Tuple) else None
            properties[name] = value.name if items is None else tuple(item.name for item in items)
    return properties


def _create_table_as(tree: exp.Create, tokens: list[Token], parameters: Sequence[str]) -> CreateTableAs:
    query = tree.expression
    if tree.kind != "TABLE" or not isinstance(query, exp.Query) or not isinstance(tree.this, exp.Table):
        message = f"CREATE {tree.kind or ''} is not supported by the embedded Athena"
        raise RequestError("InvalidRequestException", message, "NOT_SUPPORTED")
    start = next(i for i, token in enumerate(tokens) if token.text.upper() == "AS")
    return CreateTableAs(
        _prepare(query, tokens[start:], parameters),
        tree.this.db.lower() or None,
        tree.this.name.lower(),
        _tree_properties(tree),
        with_data=not _ends_without_data(tokens),
        if_not_exists=bool(tree.args.get("exists")),
    )


def _ends_without_data(tokens: list[Token]) -> bool:
    return [token.text.upper() for token in tokens[-3:]] == ["WITH", "NO", "DATA"]
