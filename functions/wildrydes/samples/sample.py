"""One record of a fulfilment centre -> a Sample, or BadSample with the reason. For people it is docs/samples.md.

A sample is 13 whole numbers: how long it took to pick an item from its bin, and what the item, the bin and the centre
are like. It comes as an object by name, or as a line of CSV without a header, the duration first.

    >>> read_line("6100,9000,210,150,60,2,425,1200,400,300,500,60,35").values[:3]
    (6100, 9000, 210)

    reason              when
    not_an_object       the record begins like JSON and is something else than an object
    record_too_large    it has more than 4,096 characters (`wildrydes.samples.messages`)
    too_many_records    the message has more lines than samples fit into it (the same)
    not_json            it is no JSON
    ambiguous_field     an object has a field more than once (`wildrydes.strict_json`)
    too_deep            it is nested too deeply
    wrong_field_count   a line of CSV has another number of fields than 13
    missing_field       an object lacks one of the 13
    unknown_field       it has another field than these and sample_id
    not_an_integer      a value is no whole number: a fraction, a text, a boolean, null, nothing
    out_of_range        a value is less or more than its field takes
    unreadable_id       sample_id is no text of 1 to 100 letters, digits, `.`, `_`, `:`, `-`
"""

import re
from typing import Any, NamedTuple

from wildrydes import strict_json
from wildrydes.errors import BadJson, BadSample
from wildrydes.tasks import SAMPLES, TASKS, features_of

ID_FIELD = "sample_id"
LONGEST_IN_DETAIL = 40
"""Characters of a value that a message quotes."""

_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
# What a CSV of numbers holds: no sign but a minus, no blank inside, no exponent. Longer texts are of no number here.
_INTEGER = re.compile(r"-?[0-9]{1,18}")


class Field(NamedTuple):
    """A whole number of a sample, in `unit`: from `least` to `most`, both included."""

    name: str
    unit: str
    least: int
    most: int


LABEL = TASKS["pick_duration"].label

# Least and most. An item's sizes and weight, quantity, fullness and clutter: those of the samples that the workshop's
# file holds. Of the rest about five values each are in it, unpublished: the bounds here refuse wrong units alone.
_RANGES = {
    LABEL: (1, 3_600_000),
    "fc_avg": (1, 3_600_000),
    "length": (0, 450),
    "width": (0, 400),
    "height": (0, 250),
    "quantity": (0, 9),
    "weight": (0, 2500),
    "bin_location": (0, 10_000),
    "bin_width": (0, 10_000),
    "bin_height": (0, 10_000),
    "bin_depth": (0, 10_000),
    "fullness": (0, 100),
    "clutter": (0, 100),
}

FIELDS = (
    Field(LABEL, TASKS["pick_duration"].unit, *_RANGES[LABEL]),
    *(Field(name, feature.unit, *_RANGES[name]) for name, feature in features_of(SAMPLES).items()),
)
"""The 13 numbers, in the order of a line of CSV: the duration first, then the features in their order."""

_NAMES = frozenset(field.name for field in FIELDS)


class Sample(NamedTuple):
    """A checked sample: its numbers in the order of FIELDS, and the centre's id for it, None where it has none."""

    values: tuple[int, ...]
    id: str | None = None


def read_record(text: str) -> Sample:
    """The sample in a text that is an object in JSON or a line of CSV. Raises BadSample."""
    return read_object(text) if text.lstrip("\ufeff \t\r\n").startswith(("{", "[", '"')) else read_line(text)


def read_object(text: str) -> Sample:
    """The sample in an object in JSON. Raises BadSample."""
    try:
        record = strict_json.decode(text)
    except BadJson as bad:
        raise BadSample(bad.reason, bad.field, bad.detail) from None
    if type(record) is not dict:
        raise BadSample("not_an_object", None, f"the record is {_excerpt(record)}, not an object")
    if unknown := sorted(record.keys() - _NAMES - {ID_FIELD}):
        name = unknown[0][:LONGEST_IN_DETAIL]
        raise BadSample("unknown_field", name, f"{name} is no field of a sample; they are {_list_of_fields()}")
    if missing := next((field.name for field in FIELDS if field.name not in record), None):
        raise BadSample("missing_field", missing, f"{missing} is missing")
    return Sample(tuple(_check(field, record[field.name]) for field in FIELDS), _sample_id(record))


def read_line(text: str) -> Sample:
    """The sample in a line of CSV. Raises BadSample."""
    cells = [cell.strip(" \t\r") for cell in text.removeprefix("\ufeff").split(",")]
    if len(cells) != len(FIELDS):
        detail = f"the line has {len(cells)} fields; {len(FIELDS)} are expected: {_list_of_fields()}"
        raise BadSample("wrong_field_count", None, detail)
    values = (int(cell) if _INTEGER.fullmatch(cell) else cell for cell in cells)
    return Sample(tuple(_check(field, value) for field, value in zip(FIELDS, values, strict=True)))


def _check(field: Field, value: Any) -> int:
    if type(value) is not int:
        raise BadSample("not_an_integer", field.name, f"{field.name} is {_excerpt(value)}, not a whole number")
    if not field.least <= value <= field.most:
        detail = f"{field.name} is {_excerpt(value)}; it is to be from {field.least} to {field.most} ({field.unit})"
        raise BadSample("out_of_range", field.name, detail)
    return value


def _sample_id(record: dict[str, Any]) -> str | None:
    if ID_FIELD not in record:
        return None
    value = record[ID_FIELD]
    if type(value) is not str or not _ID.fullmatch(value):
        detail = f"{ID_FIELD} is {_excerpt(value)}, not a text of 1 to 100 letters, digits, dots, colons, - and _"
        raise BadSample("unreadable_id", ID_FIELD, detail)
    return value


def _list_of_fields() -> str:
    return ", ".join(field.name for field in FIELDS)


def _excerpt(value: Any) -> str:
    # A float of 1e400 digits is Infinity by now, and an integer of many digits a float: both have short texts.
    text = repr(value)
    return text if len(text) <= LONGEST_IN_DETAIL else f"{text[:LONGEST_IN_DETAIL]}…"
