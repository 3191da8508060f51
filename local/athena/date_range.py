"""Values of a partition key whose projection has type `date`.

`projection.<key>.range` is two dates in `projection.<key>.format` (a Java pattern) or relative ones such as
`NOW-3YEARS` and `NOW+1DAY`; the step is `interval` `interval.unit`.
(https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html#partition-projection-date-type)
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from local.athena.catalog import Table
from local.athena.errors import QueryError

_PATTERNS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_FINEST_UNITS = (("ss", "SECONDS"), ("mm", "MINUTES"), ("HH", "HOURS"), ("dd", "DAYS"), ("MM", "MONTHS"))
_FIXED = {
    "SECONDS": timedelta(seconds=1),
    "MINUTES": timedelta(minutes=1),
    "HOURS": timedelta(hours=1),
    "DAYS": timedelta(days=1),
    "WEEKS": timedelta(weeks=1),
}
_RELATIVE = re.compile(r"NOW(?:\s*([+-])\s*(\d+)\s*([A-Z]+?)S?)?", re.IGNORECASE)
_MOST_DATES = 1_000_000


def date_texts(table: Table, key: str, now: datetime) -> list[str]:
    """The key's values in their order; QueryError INVALID_TABLE_PROPERTY for properties that make no sense."""
    properties = {
        name: table.parameters.get(f"projection.{key}.{name}", "")
        for name in ("range", "format", "interval", "interval.unit")
    }
    try:
        return list(_texts(properties, now))
    except (ValueError, OverflowError) as error:
        message = f"Table {table.database}.{table.name} needs valid projection.{key} properties: {error}"
        raise QueryError("INVALID_TABLE_PROPERTY", message) from error


def _texts(properties: dict[str, str], now: datetime) -> Iterator[str]:
    pattern = properties["format"]
    unit = properties["interval.unit"].upper() or next((u for part, u in _FINEST_UNITS if part in pattern), "YEARS")
    unit = unit if unit.endswith("S") else f"{unit}S"
    step = int(properties["interval"] or "1")
    form = _strftime(pattern)
    first, last = (_bound(text.strip(), form, now) for text in properties["range"].split(","))
    current = datetime.strptime(first.strftime(form), form)  # noqa: DTZ007 - Athena's projected dates are in UTC
    for count in range(_MOST_DATES):
        if current > last:
            return
        yield current.strftime(form)
        current = _shifted(datetime.strptime(first.strftime(form), form), (count + 1) * step, unit)  # noqa: DTZ007
    raise ValueError(f"the range has more than {_MOST_DATES} values")


def _strftime(pattern: str) -> str:
    """A Java date pattern in the words of strftime; text in single quotes stands for itself."""
    parts = re.findall(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']+", pattern)
    if not parts:
        raise ValueError("the format is missing")
    return re.sub(r"'([^']*)'|(([A-Za-z])\3*)", lambda m: m[1] if m[2] is None else _PATTERNS[m[2]], pattern)


def _bound(text: str, form: str, now: datetime) -> datetime:
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return datetime.strptime(text, form)  # noqa: DTZ007
    if match[1] is None:
        return now.replace(tzinfo=None)
    return _shifted(now.replace(tzinfo=None), int(f"{match[1]}{match[2]}"), f"{match[3].upper()}S")


def _shifted(date: datetime, amount: int, unit: str) -> datetime:
    if unit in _FIXED:
        return date + amount * _FIXED[unit]
    if unit not in ("MONTHS", "YEARS"):
        raise ValueError(f"the unit {unit} is unknown")
    months = date.year * 12 + date.month - 1 + amount * (12 if unit == "YEARS" else 1)
    return date.replace(year=months // 12, month=months % 12 + 1, day=min(date.day, 28))
