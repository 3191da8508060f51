"""How Athena spells a value in a result file, in GetQueryResults and in a text file it writes.

Doubles follow Java's Double.toString: decimal between 10^-3 and 10^7, otherwise digits with an exponent (1.0E7).
Timestamps have milliseconds. NULL is no text at all.
"""

from typing import Any

from local.athena.errors import QueryError

# _sci_* take apart the shortest decimal text of a positive number, such as 12345678.9 or 1.5e-05.
MACROS = (
    "CREATE MACRO _sci_mantissa(t) AS split_part(t, 'e', 1)",
    "CREATE MACRO _sci_shift(t) AS CASE WHEN contains(t, 'e') THEN CAST(split_part(t, 'e', 2) AS INTEGER) ELSE 0 END",
    "CREATE MACRO _sci_digits(t) AS ltrim(replace(_sci_mantissa(t), '.', ''), '0')",
    "CREATE MACRO _sci_exponent(t) AS strlen(split_part(_sci_mantissa(t), '.', 1)) - 1 + _sci_shift(t) "
    "- (strlen(replace(_sci_mantissa(t), '.', '')) - strlen(_sci_digits(t)))",
    "CREATE MACRO _sci_significant(d) AS "
    "d[1] || '.' || CASE WHEN strlen(rtrim(d, '0')) > 1 THEN rtrim(d, '0')[2:] ELSE '0' END",
    "CREATE MACRO _sci(t) AS _sci_significant(_sci_digits(t)) || 'E' || CAST(_sci_exponent(t) AS VARCHAR)",
    "CREATE MACRO java_text(x) AS CASE WHEN x IS NULL THEN NULL WHEN isnan(x) THEN 'NaN' "
    "WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END "
    "WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN CAST(x AS VARCHAR) "
    "ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || _sci(CAST(abs(x) AS VARCHAR)) END",
    # A cast to varchar in a query: its argument's type is known to DuckDB only.
    "CREATE MACRO athena_varchar(x) AS CASE typeof(x) "
    "WHEN 'DOUBLE' THEN java_text(TRY_CAST(x AS DOUBLE)) WHEN 'FLOAT' THEN java_text(TRY_CAST(x AS FLOAT)) "
    "WHEN 'TIMESTAMP' THEN strftime(TRY_CAST(x AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g') ELSE CAST(x AS VARCHAR) END",
)

_PLAIN = frozenset(
    [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "DATE",
        "TIME",
        "VARCHAR",
        "UUID",
    ]
)
_ATHENA_NAMES = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "integer": "integer",
    "bigint": "bigint",
    "hugeint": "bigint",
    "float": "float",
    "double": "double",
    "decimal": "decimal",
    "varchar": "varchar",
    "blob": "varbinary",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamp with time zone": "timestamp with time zone",
    "list": "array",
    "array": "array",
    "struct": "row",
    "map": "map",
    "json": "json",
    "uuid": "uuid",
}


def athena_type(duckdb_type: Any) -> str:
    """The name that GetQueryResults gives to a DuckDB type."""
    if str(duckdb_type) == "JSON":
        return "json"
    return _ATHENA_NAMES.get(duckdb_type.id, "varchar")


def text_of(duckdb_type: Any, value: str) -> str:
    """A DuckDB expression for the text of the expression `value`, NULL where the value is."""
    name = str(duckdb_type)
    if name in ("DOUBLE", "FLOAT"):
        return f"java_text({value})"
    if (name.startswith("DECIMAL") and not name.endswith("]")) or name in _PLAIN or name in ("JSON", '"NULL"', "NULL"):
        return f"CAST({value} AS VARCHAR)"
    if duckdb_type.id == "timestamp with time zone":
        return f"strftime({value}, '%Y-%m-%d %H:%M:%S.%g') || ' UTC'"
    if duckdb_type.id.startswith("timestamp"):
        return f"strftime({value}, '%Y-%m-%d %H:%M:%S.%g')"
    if duckdb_type.id == "blob":
        return f"trim(regexp_replace(lower(hex({value})), '(..)', '\\1 ', 'g'))"
    return _nested_text(duckdb_type, value)


def _nested_text(duckdb_type: Any, value: str) -> str:
    # Lambdas nest: each has a variable of its own.
    item = f"item{len(value)}"
    if duckdb_type.id in ("list", "array"):
        element = _element(duckdb_type.children[0][1], item)
        return f"'[' || array_to_string(list_transform({value}, LAMBDA {item} : {element}), ', ') || ']'"
    if duckdb_type.id == "map":
        (_, key_type), (_, value_type) = duckdb_type.children
        pair = f"{_element(key_type, f'{item}.key')} || '=' || {_element(value_type, f'{item}.value')}"
        pairs = f"list_transform(map_entries({value}), LAMBDA {item} : {pair})"
        return f"'{{' || array_to_string({pairs}, ', ') || '}}'"
    if duckdb_type.id == "struct":
        fields = " || ', ' || ".join(
            f"{quoted(f'{name}=')} || {_element(child, f'struct_extract({value}, {quoted(name)})')}"
            for name, child in duckdb_type.children
        )
        return f"CASE WHEN {value} IS NOT NULL THEN '{{' || {fields} || '}}' END"
    raise QueryError("NOT_SUPPORTED", f"a result column of type {str(duckdb_type).lower()}")


def quoted(text: str) -> str:
    """`text` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _element(duckdb_type: Any, value: str) -> str:
    return f"coalesce({text_of(duckdb_type, value)}, 'null')"
