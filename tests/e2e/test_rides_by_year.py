"""Rides by year, through the whole workflow: those that an earlier version stored, and a retraining of one year."""

import gzip
import json
from collections import Counter
from typing import Any

import pytest

from cli.explain import cards, inputs
from cli.explain.inputs import Status
from stacks import SAMPLE_RIDES, MakeStack, Stack
from wildrydes.rides.partitions import rides_of, streamed_keys, year_of

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


def put_stream(stack: Stack, every: list[str]) -> None:
    """A ride an object, as a slow stream leaves them, that is put together already: its age is no matter then."""
    for line in every:
        year = int(json.loads(line)["statustime"][:4])
        key = streamed_keys("merged", [f"{line}\n"], {year: 1})[year]
        stack.put(key, gzip.compress(f"{line}\n".encode()))


@pytest.mark.loop
def test_small_objects_are_put_together_and_a_model_of_before_is_explained_as_it_was(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.upload([FEW])
    stack.retrain("e1", promote=False)
    every = [line for lines in rows(stack).values() for line in lines]
    put_stream(stack, every[:60])
    apart = stack.retrain("e2", promote=False)
    # The first execution may read still, for all that anybody knows.
    assert "60 small objects with rides stay apart for now" in apart["plan"]["message"]
    assert len(rows(stack)) == 2 + 60
    stack.client("dynamodb").delete_item(TableName=stack.outputs["TurnsTableName"], Key={"task": {"S": "rides"}})
    together = stack.retrain("e3", promote=False)
    merged = len({json.loads(line)["statustime"][:4] for line in every[:60]})
    assert f" 60 small objects with rides were put together into {merged}." in together["plan"]["message"]
    stored = rows(stack)
    assert len(stored) == 2 + merged
    assert Counter(line for lines in stored.values() for line in lines) == Counter([*every, *every[:60]])
    assert together["training_set"] == apart["training_set"]
    assert together["training_set"]["processed_rows"] == len(every) + 60
    assert together["metrics"]["log_loss"] == pytest.approx(apart["metrics"]["log_loss"], rel=1e-3)
    card = cards.of_execution("e2", stack.name, stack.client)
    rides = next(each for each in inputs.examine(card, stack.client) if each.name == "rides")
    assert (rides.status, rides.details) == (
        Status.MATCH, ("the rides of 60 objects were put into others since, which are there",),
    )  # fmt: skip
