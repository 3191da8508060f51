"""Files of users that were taken wrongly once, in the cases beside the repository: what becomes of their rides now."""

import gzip
import json
import runpy
from collections.abc import Mapping
from pathlib import Path

import pytest

from stored_rides import unpack
from wildrydes.bucket import Source
from wildrydes.errors import TooManyRejectedRides
from wildrydes.evaluation.classification import judge
from wildrydes.evaluation.classifier_metrics import LEAST_CLASS_ROWS
from wildrydes.evaluation.gate import Rules, verdict
from wildrydes.rides.accounts import Account, account, check_rejections
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import Ingested, ingest
from wildrydes.rides.messages import Rejected, locate
from wildrydes.rides.planning import manifest, plan_file
from wildrydes.rides.reports import Report

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "cases"
ONE_CLASS, TWICE, FORMATS, REFUSED, MANY = (
    "01-one-class-test-split",
    "12-repeated-key-in-a-ride",
    "16-gzip-and-other-files",
    "19-start-again-after-a-refusal",
    "21-many-bad-records",
)
COUNTS: Mapping[tuple[str, str], tuple[int, int, Mapping[str, int]]] = {
    (ONE_CLASS, "rides.json"): (600, 599, {"unreadable_time": 1}),
    (TWICE, "ride.json"): (1, 0, {"ambiguous_field": 1}),
    (FORMATS, "ride.json.gz"): (1, 1, {}),
    (FORMATS, "bom-in-the-middle.json"): (2, 2, {}),
    (FORMATS, "rs.json"): (1, 1, {}),
    (REFUSED, "rides.json"): (1200, 600, {"out_of_range": 600}),
}
"""Of each file the rides read and accepted, and the rejected by their reasons."""

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="../shared/data/cases is absent")


def ingested(data: bytes) -> Ingested:
    return ingest(records([data]), Source("raw/x.json", "e"))


def execute(folder: Mapping[str, bytes]) -> Account:
    """The account of an execution that reads these files, each of one chunk at most."""
    files = [plan_file(Source(key, "e"), [data], 1 << 24, len(data)) for key, data in folder.items()]
    results = [
        (chunk, ingest(records([folder[chunk.key]]), Source(chunk.key, chunk.etag))) for chunk in manifest(files)
    ]
    reports = [Report(chunk, result.counts, {}, result.first_rejected) for chunk, result in results]
    return account([file.plan for file in files], reports)


@pytest.mark.parametrize(("case", "file"), COUNTS, ids=lambda part: part)
def test_rides_of_the_case_are_counted(case: str, file: str) -> None:
    read, accepted, rejected = COUNTS[case, file]
    counts = ingested((CASES / case / file).read_bytes()).counts
    assert (counts.read, counts.accepted, counts.rejected_by_reason) == (read, accepted, rejected)


def test_one_class_in_the_test_split_does_not_go_live() -> None:
    lines = unpack(ingested((CASES / ONE_CLASS / "rides.json").read_bytes()).processed).splitlines()
    rides = [json.loads(line) for line in lines]
    # The test split, as training_set.sql takes it.
    labels = [ride["heavy_utilization"] for ride in rides if ride["ride_id"][:3] >= "e66"]
    assert (len(labels), set(labels)) == (45, {1})
    judgement = judge(((label, [3.0]) for label in labels), [0.5])
    assert judgement.candidate.auc is None
    outcome = verdict(judgement, 1.0, None, None, Rules(0.0, promote=True, force=False))
    assert not outcome.promote
    assert "AUC unknown" in outcome.reason
    assert f"the label 0 has 0 of the {LEAST_CLASS_ROWS} test rows" in outcome.reason


def test_a_key_that_is_there_twice_is_ambiguous_in_a_message_too() -> None:
    outcome = locate((CASES / TWICE / "ride.json").read_text(encoding="utf-8"), {}, sent_at=0)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "ambiguous_field"
    detail = json.loads(outcome.line)["detail"]
    assert detail == "Distance is there more than once: 1 and 18.0; one is expected"


def test_a_marker_is_skipped_and_the_other_files_are_read() -> None:
    folder = CASES / FORMATS
    files = execute({f"raw/{path.name}": path.read_bytes() for path in folder.iterdir() if path.name != "README"})
    assert {line.plan.source.key: line.outcome for line in files.lines} == {
        "raw/_SUCCESS": "skipped",
        "raw/bom-in-the-middle.json": "read",
        "raw/ride.json.gz": "read",
        "raw/rs.json": "read",
    }
    check_rejections(files, 0.0)


def test_what_was_refused_is_refused_again_until_a_higher_bound_allows_it() -> None:
    folder = {"raw/rides.json": (CASES / REFUSED / "rides.json").read_bytes()}
    # No check has passed, so that the second start reads the same.
    for _ in range(2):
        with pytest.raises(TooManyRejectedRides, match="600 of 1200 rides were rejected"):
            check_rejections(execute(folder), 0.1)
    check_rejections(execute(folder), 0.5)


@pytest.mark.proof
def test_many_bad_records_are_all_rejected_and_kept_small(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(CASES / MANY / "make.py"))
    result = ingested(capsys.readouterr().out.encode())
    assert result.counts.rejected_by_reason == {"not_an_object": 300_000}
    assert len(result.rejected) < 8_000_000
    assert gzip.decompress(result.rejected).count(b"\n") == 300_000
