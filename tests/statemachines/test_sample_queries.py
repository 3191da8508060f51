"""The SQL of samples on the embedded Athena: one row a sample, however often it was delivered."""

import json
import re
from typing import Any

import pytest

from athena_lake import JSON, Finished, Lake
from cli.template_document import read_template
from local.account import EmbeddedAws
from statemachines import sql
from wildrydes.samples.sample import FIELDS
from wildrydes.tasks import TASKS

FEATURES = ", ".join(field.name for field in FIELDS[1:])


@pytest.fixture
def lake(server: EmbeddedAws) -> Lake:
    """The table of the template, over one bucket."""
    lake = Lake.create(server)
    lake.table("samples", columns_of_the_template(), JSON)
    return lake


def columns_of_the_template() -> dict[str, str]:
    template = read_template(sql.HERE.parent / "template.yaml")
    table = template["Resources"]["SamplesTable"]["Properties"]["TableInput"]
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def run(lake: Lake, name: str, features: str = FEATURES) -> Finished:
    values = {"bucket": lake.name, "execution": "e-1", "label_column": "duration", "feature_columns": features}
    text = re.sub(r"(?m)^\s*--.*\n", "", sql.source(name))
    for placeholder, value in values.items():
        text = text.replace(f"${{{placeholder}}}", value)
    finished = lake.query(text)
    assert (finished.state, finished.reason) == ("SUCCEEDED", "")
    return finished


def sample(sample_id: str, **fields: Any) -> dict[str, Any]:
    numbers = {field.name: 10 * (place + 1) for place, field in enumerate(FIELDS)}
    common = {"arrived_at": "2024-07-09T12:00:00.000Z", "message_id": "m-1"}
    return {"sample_id": sample_id.ljust(32, "0")} | numbers | common | fields


def store(lake: Lake, key: str, *samples: dict[str, Any]) -> None:
    lake.put(f"samples/{key}.gz", "".join(json.dumps(each) + "\n" for each in samples))


def training_set(lake: Lake, features: str = FEATURES) -> dict[str, list[str]]:
    """The lines of each split."""
    run(lake, "samples_training_set", features)
    prefix = "training-sets/e-1/split="
    lines: dict[str, list[str]] = {}
    for key in lake.keys(prefix):
        lines.setdefault(key.removeprefix(prefix).partition("/")[0], []).extend(lake.read(key).decode().splitlines())
    return lines


def counts(lake: Lake) -> dict[str, int]:
    finished = run(lake, "samples_counts")
    (row,) = finished.rows
    return {name: int(value) for name, value in zip(finished.header, row, strict=True) if name and value}


def test_the_tables_columns_are_the_fields_of_a_sample() -> None:
    columns = list(columns_of_the_template())
    assert columns == ["sample_id", *[field.name for field in FIELDS], "arrived_at", "message_id"]
    assert TASKS["pick_duration"].label == "duration"


def test_a_row_is_the_label_and_the_features_in_their_order_as_whole_numbers(lake: Lake) -> None:
    store(lake, "2024-07-09/a", sample("000"), sample("ccc"))
    store(lake, "2024-07-10/b", sample("ccd"), sample("e65"), sample("e66"), sample("fff", duration=3_000_000))
    line = "10,20,30,40,50,60,70,80,90,100,110,120,130"
    other = line.replace("10,", "3000000,", 1)
    assert training_set(lake) == {"train": [line, line], "validation": [line, line], "test": [line, other]}


def test_features_may_be_some_in_another_order(lake: Lake) -> None:
    store(lake, "a", sample("000"))
    assert training_set(lake, "weight, length") == {"train": ["10,70,30"]}


def test_a_sample_that_was_delivered_again_is_one_row_the_first(lake: Lake) -> None:
    again = sample("0a", duration=12, arrived_at="2024-07-09T12:00:01.000Z")
    store(lake, "2024-07-09/a", sample("0a"), sample("0a"), again, sample("0b"))
    store(lake, "2024-07-10/b", sample("0a"), sample("0b"), sample("f"))
    lines = training_set(lake, "weight")
    assert lines == {"train": ["10,70", "10,70"], "test": ["10,70"]}
    assert counts(lake) == {
        "processed_rows": 7, "samples": 3, "repeated": 4, "contradicting": 1, "train_rows": 2, "validation_rows": 0,
        "test_rows": 1, "lowest_label": 10, "highest_label": 10, "mini_batch_size": 1,
    }  # fmt: skip


def test_lowest_and_highest_label_are_those_of_the_rows_to_train_on(lake: Lake) -> None:
    later = {"duration": 1, "arrived_at": "2024-07-09T12:00:01.000Z"}
    rows = [sample("0a", duration=40), sample("0a", **later), sample("0b", duration=70), sample("f", duration=5)]
    store(lake, "a", *rows)
    numbers = counts(lake)
    assert (numbers["lowest_label"], numbers["highest_label"]) == (40, 70)
    assert training_set(lake, "weight")["train"] == ["40,70", "70,70"]


def test_the_labels_of_samples_that_arrived_at_once_are_those_of_the_rows_to_train_on(lake: Lake) -> None:
    for place, sample_id in enumerate(("0a", "0b", "0c", "0d")):
        copies = [sample(sample_id, duration=duration + place, message_id="m-2") for duration in (90, 30, 60)]
        # The message that sorts first has it, whatever its label.
        store(lake, f"of-{sample_id}", *copies, sample(sample_id, duration=50 + place, message_id="m-1"))
    trained = sorted(int(line.partition(",")[0]) for line in training_set(lake, "weight")["train"])
    numbers = counts(lake)
    assert trained == [50, 51, 52, 53]
    assert (numbers["lowest_label"], numbers["highest_label"], numbers["contradicting"]) == (50, 53, 4)


def test_no_samples_are_counted_as_none(lake: Lake) -> None:
    assert set(counts(lake).values()) == {0, 1}
    assert counts(lake)["processed_rows"] == 0


def test_counts_that_mean_the_same_are_called_as_those_of_rides() -> None:
    def names(query: str) -> list[str]:
        return re.findall(r"\bAS (\w+)(?:,|\n)", sql.source(query).rpartition("\nSELECT")[2])

    shared = {"processed_rows", "repeated", "train_rows", "validation_rows", "test_rows", "mini_batch_size"}
    shared |= {"lowest_label", "highest_label"}
    assert set(names("samples_counts")) & set(names("training_set_counts")) == shared
