"""Rides by year, through the whole workflow: those that an earlier version stored, and a retraining of one year."""

import gzip
import json
from collections import Counter
from typing import Any

import pytest

from stacks import SAMPLE_RIDES, MakeStack, Stack
from wildrydes.rides.partitions import rides_of, year_of

FEW = min(SAMPLE_RIDES, key=lambda path: path.stat().st_size)
STREAMED = f"processed/stream/2024-07-09/{'c' * 32}.jsonl.gz"


def rows(stack: Stack) -> dict[str, list[str]]:
    """The rows under processed/, by key."""
    return {key: gzip.decompress(stack.read(key)).decode().splitlines() for key in stack.keys("processed/")}


def as_before_partitions(stack: Stack) -> None:
    """Stores the rides as an earlier version did: one object a chunk, whatever their years, and one of a stream."""
    stored = rows(stack)
    (name,) = {"/".join(key.split("/")[2:]).split(".")[0] for key in stored}
    every = [row for key in sorted(stored) for row in stored[key]]
    for key in stored:
        stack.client("s3").delete_object(Bucket=stack.bucket, Key=key)
    stack.put(f"processed/{name}.jsonl.gz", gzip.compress("".join(f"{row}\n" for row in every).encode()))
    stack.put(STREAMED, gzip.compress(f"{every[0]}\n".encode()))


@pytest.mark.loop
def test_rides_that_an_earlier_version_stored_are_put_into_their_years_and_one_year_reads_its_own(
    make_stack: MakeStack,
) -> None:
    stack = make_stack()
    stack.upload([FEW])
    first = stack.retrain("e1", promote=False)
    before = rows(stack)
    as_before_partitions(stack)
    output: dict[str, Any] = stack.retrain("e2", promote=False, years={"first": 2018, "last": 2018})
    after = rows(stack)
    (added,) = after.keys() - before.keys()
    assert added.startswith(f"processed/year={json.loads(after[added][0])['statustime'][:4]}/stream/2024-07-09/")
    assert {key: sorted(after[key]) for key in before} == {key: sorted(each) for key, each in before.items()}
    assert (output["plan"]["already_ingested"], output["plan"]["chunks"]) == (1, 0)
    assert output["plan"]["message"].endswith(
        "2 objects that an earlier version wrote under processed/ were put into their years."
    )
    by_year = Counter[int | None]()
    for key in after:
        by_year[year_of(key)] += rides_of(key)
    counts = output["training_set"]
    assert set(by_year) == {2018, 2019}
    assert counts["processed_rows"] == by_year[2018]
    assert output["other_years"] == {"objects": sum(year_of(key) == 2019 for key in after), "rides": by_year[2019]}
    assert counts["processed_rows"] + output["other_years"]["rides"] == first["rides"]["accepted"] + 1
    card = json.loads(stack.read("models/e2/card.json"))
    assert card["lineage"]["rides"]["objects"] == sum(year_of(key) == 2018 for key in after)
    assert card["lineage"]["years"] == {"first": 2018, "last": 2018}
    assert card["lineage"]["other_years"] == output["other_years"]
