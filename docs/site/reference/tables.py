"""docs/reference/tables.md: the tables that Athena reads, and the table of docs/samples.md."""

from collections.abc import Iterator, Mapping
from typing import Any

from docs.site.reference.markdown import code, number, page, sentence, table, with_part
from docs.site.reference.template import of_type, text_of
from wildrydes.samples.sample import FIELDS, LABEL
from wildrydes.tasks import SAMPLES, features_of

_HEAD = ("column", "type", "what it holds")


def rendered() -> str:
    """The page."""
    return page("Tables", _INTRODUCTION, "\n".join(_tables()), _SOURCE)


def with_sample_fields(text: str) -> str:
    """docs/samples.md with the numbers of a sample."""
    features = features_of(SAMPLES)
    meanings = {LABEL: "how long the pick took: the label"} | {
        name: each.meaning[0].lower() + each.meaning[1:] for name, each in features.items()
    }
    rows = [(code(each.name), each.unit, number(each.least), number(each.most), meanings[each.name]) for each in FIELDS]
    return with_part(text, "fields of a sample", table(("field", "unit", "from", "to", "meaning"), rows))


def _tables() -> Iterator[str]:
    for each in of_type("AWS::Glue::Table").values():
        properties = each["Properties"]["TableInput"]
        storage = properties["StorageDescriptor"]
        rows = [*map(_column, storage["Columns"]), *(_column(key, "; a partition") for key in _keys(properties))]
        location = code(text_of(storage["Location"]))
        yield (
            f"## {properties['Name']}\n\n{sentence(properties['Description'])} It is at {location}, as "
            f"{properties['Parameters']['classification']}.{_projection(properties)}\n\n{table(_HEAD, rows)}"
        )


def _keys(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return properties.get("PartitionKeys", [])


def _column(column: Mapping[str, Any], more: str = "") -> tuple[str, str, str]:
    return code(column["Name"]), code(column["Type"]), sentence(column["Comment"] + more)


def _projection(properties: Mapping[str, Any]) -> str:
    """What a query has to say of the partitions, which are computed from their names."""
    parameters = properties["Parameters"]
    injected = [code(key["Name"]) for key in _keys(properties) if parameters[_type_of(key)] == "injected"]
    if injected:
        return f" A query has to name one {' and '.join(injected)}."
    return " Nothing registers partitions: they follow from their names." if _keys(properties) else ""


def _type_of(key: Mapping[str, Any]) -> str:
    return f"projection.{key['Name']}.type"


_INTRODUCTION = """
The stack has a Glue database, the output `GlueDatabaseName`, and Athena reads these tables in the workgroup
`AthenaWorkGroupName`. Tasks learn from `rides` with `weather`, or from `samples`.
[Captured predictions](../capture.md#query-predictions-and-outcomes) shows how to join the last two.

    wildrydes query "SELECT groundstation, count(*) AS rides FROM rides GROUP BY groundstation"
    make query SQL="SELECT count(*) AS samples FROM samples"

What is in the bucket beside them is in [operations](../operations.md#when-rides-are-rejected).
"""

_SOURCE = """
The tables are in [`template.yaml`](../../template.yaml), and a column's meaning is its comment. What writes them:
[`ride.py`](../../functions/wildrydes/rides/ride.py), [`sample.py`](../../functions/wildrydes/samples/sample.py),
[`record.py`](../../functions/wildrydes/capture/record.py) and the
[queries](../../statemachines/queries/training_set.sql). [Add a feature](../add-a-feature.md) goes through it.
"""
