"""What the commands show of an execution's files and rejected records, and what they copy."""

import gzip
import io
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from cli import account, display, rejected_copies, run_summary
from cli.stack import Stack

BUCKET = "wildrydes-data"
LINE: dict[str, Any] = {
    "etag": "0",
    "size": 9,
    "outcome": "read",
    "read": 4,
    "accepted": 3,
    "rejected": 0,
    "rejected_by_reason": {},
    "repeated": 1,
    "chunks": 1,
    "skipped": None,
    "fault": None,
}
FAULT = {"reason": "utf_16", "detail": "it looks like UTF-16", "position": {"byte": 0, "line": 1}}
FIRST = {
    "count": 12,
    "reason": "out_of_range",
    "key": "raw/a.json",
    "field": "Latitude",
    "detail": "Latitude is 123.0, beyond ±90",
    "position": {"byte": 1300, "record": 7},
    "record": '{\n  "Latitude": 123}',
}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that is a bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield Stack("wildrydes", {"DataBucketName": BUCKET}, lambda _: client)


def line(name: str, **changes: Any) -> dict[str, Any]:
    return LINE | {"key": f"raw/{name}", "digest": sha256(name.encode()).hexdigest()[:32]} | changes


def write(stack: Stack, lines: list[dict[str, Any]], first: list[dict[str, Any]]) -> None:
    """What check_ingestion leaves of these files."""
    text = "".join(json.dumps(each) + "\n" for each in lines)
    put(stack, "ingestions/e1/files.jsonl", text.encode())
    put(stack, "ingestions/e1/summary.json", json.dumps({"rides": {"read": 9}, "first_rejected": first}).encode())


def put(stack: Stack, key: str, data: bytes) -> None:
    stack.client("s3").put_object(Bucket=BUCKET, Key=key, Body=data)


def shown(stack: Stack, folder: Path) -> list[str]:
    """What is printed of the account, line by line."""
    fetched = account.fetch(stack, "e1", folder)
    assert fetched
    screen = io.StringIO()
    console = Console(file=screen, width=160)
    console.print(display.account(fetched, "files.jsonl", "rejected"))
    return [each.rstrip() for each in screen.getvalue().splitlines()]


def test_each_file_has_a_line_and_those_with_most_to_say_come_first(stack: Stack, tmp_path: Path) -> None:
    lines = [
        line("a.json"),
        line("_SUCCESS", outcome="skipped", skipped="a marker", read=0, accepted=0, repeated=0),
        line(
            "2018/c.json", outcome="rejected", fault=FAULT, read=1906, accepted=0, rejected=1906, repeated=0, chunks=0
        ),
        line("b.json", rejected=1, rejected_by_reason={"not_finite": 1}),
    ]
    write(stack, lines, [])
    assert [each for each in shown(stack, tmp_path) if each][:5] == [
        "Files",
        "  raw/2018/c.json  left out whole, counted as 1,906 rejected rides: utf_16, it looks like UTF-16",
        "  raw/b.json       read 4, accepted 3, rejected 1, repeated 1",
        "  raw/_SUCCESS     skipped: a marker",
        "  raw/a.json       read 4, accepted 3, rejected 0, repeated 1",
    ]
    assert [json.loads(each) for each in (tmp_path / "files.jsonl").read_text().splitlines()] == lines


def test_of_many_files_some_are_shown_and_the_others_counted(stack: Stack, tmp_path: Path) -> None:
    write(stack, [line(f"{number:04}.json") for number in range(1020)], [])
    printed = shown(stack, tmp_path)
    assert sum(each.endswith("repeated 1") for each in printed) == account.MOST_FILES
    assert "  and 1,000 more: files.jsonl has all of them" in printed


def test_the_first_rejected_record_of_each_reason_is_shown(stack: Stack, tmp_path: Path) -> None:
    whole = {"count": 3, "reason": "zip", "key": "raw/z", "field": None, "detail": "it is zip"}
    write(stack, [], [FIRST, whole | {"position": {"byte": 5, "line": 2, "column": 3}}])
    assert [each for each in shown(stack, tmp_path) if each] == [
        "Rejected, the first of each reason",
        "  12 out_of_range: raw/a.json, record 7, byte 1,300",
        "      Latitude is 123.0, beyond ±90",
        '      { "Latitude": 123}',
        "  3 zip: raw/z, line 2, byte 5",
        "      it is zip",
    ]


def test_a_terminal_obeys_nothing_of_what_others_wrote(stack: Stack, tmp_path: Path) -> None:
    write(stack, [line("\x1b[2Ja\nb.json")], [FIRST | {"record": "\x07\u202e[bold]"}])
    printed = shown(stack, tmp_path)
    assert printed[2].startswith(r"  raw/\x1b[2Ja\nb.json  read 4")
    assert r"      \x07\u202e[bold]" in printed


def test_rejected_records_are_copied_as_text_named_after_their_file(stack: Stack, tmp_path: Path) -> None:
    two = line("2018/rides.json", rejected=2, chunks=2)
    whole = line("c.zip", outcome="rejected", rejected=9, chunks=0, fault=FAULT)
    write(stack, [two, whole, line("good.json")], [])
    for chunk, of in ((0, 2), (1, 2), (0, 3)):
        put(
            stack,
            f"rejected/{two['digest']}/{chunk:05}-of-{of:05}.jsonl.gz",
            gzip.compress(b"%d of %d\n" % (chunk, of)),
        )
    put(stack, f"rejected/{whole['digest']}/file.jsonl", b"it is zip\n")
    printed = shown(stack, tmp_path)
    assert (tmp_path / "rejected/2018/rides.json.jsonl").read_text() == "0 of 2\n1 of 2\n"
    assert (tmp_path / "rejected/c.zip.jsonl").read_text() == "it is zip\n"
    copies = (path.relative_to(tmp_path).as_posix() for path in (tmp_path / "rejected").rglob("*") if path.is_file())
    assert sorted(copies) == ["rejected/2018/rides.json.jsonl", "rejected/c.zip.jsonl"]
    assert printed[-1] == "All rejected records are in rejected/, by ride file."


UNSAFE = (
    "../../up.json",
    "/root.json",
    "a//b.json",
    "a/../b.json",
    ".",
    "nul\0.json",
    "new\nline",
    "back\\slash",
    "x" * 300,
)


@pytest.mark.parametrize("name", UNSAFE)
def test_a_key_that_is_no_safe_name_gives_none(stack: Stack, tmp_path: Path, name: str) -> None:
    one = line(name, rejected=1)
    write(stack, [one], [])
    (tmp_path / "run").mkdir()
    put(stack, f"rejected/{one['digest']}/00000-of-00001.jsonl.gz", gzip.compress(b"a\n"))
    assert account.fetch(stack, "e1", tmp_path / "run")
    files = [path for path in tmp_path.rglob("*.jsonl") if path.name != "files.jsonl"]
    assert files == [tmp_path / "run" / "rejected" / f"{one['digest']}.jsonl"]


def test_no_copy_takes_the_place_of_another(stack: Stack, tmp_path: Path) -> None:
    lines = [line(name, rejected=1) for name in ("A.json", "a.json", "b", "b.jsonl/c", "é", "e\u0301", "d/e", "d")]
    write(stack, lines, [])
    for each in lines:
        put(stack, f"rejected/{each['digest']}/00000-of-00001.jsonl.gz", gzip.compress(each["key"].encode()))
    fetched = account.fetch(stack, "e1", tmp_path)
    assert fetched
    assert fetched.copies.files == 8
    texts = [path.read_text() for path in (tmp_path / "rejected").rglob("*") if path.is_file()]
    assert sorted(texts) == sorted(each["key"] for each in lines)


def test_copies_are_bounded_and_the_rest_is_named(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejected_copies, "MOST_BYTES", 1000)
    lines = [line(name, rejected=1) for name in ("a", "b", "c")]
    write(stack, lines, [])
    for each in lines:
        put(stack, f"rejected/{each['digest']}/00000-of-00001.jsonl.gz", gzip.compress(b"x" * 700))
    fetched = account.fetch(stack, "e1", tmp_path)
    assert fetched
    assert fetched.copies.omitted == [f"rejected/{each['digest']}/" for each in lines[1:]]
    assert [path.stat().st_size for path in sorted((tmp_path / "rejected").iterdir())] == [700, 300]


def test_an_execution_without_an_account_has_none(stack: Stack, tmp_path: Path) -> None:
    assert account.fetch(stack, "e1", tmp_path) is None


METRICS: dict[str, Any] = dict.fromkeys(("accuracy", "auc", "log_loss", "calibration_error"))
SPLITS = ("train", "validation", "test")
OUTPUT: dict[str, Any] = {
    "rides": {"read": 5, "accepted": 4, "rejected": 0, "rejected_by_reason": {}, "repeated": 1},
    "plan": {"objects": 1, "already_ingested": 0, "message": "1 file"},
    "training_set": {f"{split}_{what}": 0 for split in SPLITS for what in ("rows", "positives")}
    | dict.fromkeys(("filled_days", "filled_rides", "without_label", "without_weather"), 0)
    | {"far_rides": 4490, "farthest_miles": 144.1}
    | {"processed_rows": 4, "rides": 3, "repeated": 1},
    "metrics": METRICS,
    "target": "heavy_utilization",
    "features": ["distance"],
    "model_path": "m",
    "execution": "e1",
    "promoted": False,
    "live_model_path": "none",
    "parameter": {"was": {}, "repair": {"state": "right"}},
    "verdict": {"reason": "one class alone"},
}


def test_the_summary_prints_whatever_metric_is_undefined() -> None:
    screen = io.StringIO()
    Console(file=screen, width=160).print(display.summary(run_summary.summarize(OUTPUT, None, {})))
    text = screen.getvalue()
    assert "4,490 rides are more than 60 miles from their ground station, up to 144.1" in text
    assert "accuracy unknown, AUC unknown, log loss unknown (heavy_utilization of distance)" in text
    assert "read 5, accepted 4, rejected 0, repeated 1" in text
    assert "left out: further copies 1, without weather 0, without label 0" in text
    assert "other years" not in text


def test_the_summary_says_how_many_rides_of_other_years_were_not_read() -> None:
    screen, output = io.StringIO(), OUTPUT | {"other_years": {"objects": 3, "rides": 1_876}}
    Console(file=screen, width=160).print(display.summary(run_summary.summarize(output, None, {})))
    assert "not read: 1,876 rides of other years" in screen.getvalue()


def test_a_regression_shows_its_metrics_and_every_candidate_the_best_first() -> None:
    metrics = {"rmse": 12.5, "mae": 9.0, "r2": 0.75, "bias": 0.1, "bias_gap": 0.2, "log_loss": None, "auc": None}
    metrics |= {"accuracy": None, "threshold": None}
    listed = {"measure": "rmse", "error": None}
    candidates = [
        listed | {"algorithm": "linear-learner", "value": 20.0, "model_path": "a"},
        listed | {"algorithm": "knn", "value": None, "model_path": None, "error": "no rows"},
        listed | {"algorithm": "xgboost", "value": 12.5, "model_path": "b"},
    ]
    output = OUTPUT | {"kind": "regression", "metrics": metrics | {"candidates": candidates}, "model_path": "b"}
    summary = run_summary.summarize(output, None, {})
    assert set(summary["metrics"]) == {"rmse", "mae", "r2", "bias", "bias_gap", "target", "features"}
    assert summary["candidates"] == candidates
    screen = io.StringIO()
    Console(file=screen, width=160).print(display.summary(summary))
    lines = [" ".join(line.split()) for line in screen.getvalue().splitlines()]
    assert any(line.startswith("test RMSE 12.5000, MAE 9.0000, R² 0.7500 (") for line in lines)
    start = lines.index("candidates xgboost RMSE 12.5000 the best")
    assert lines[start + 1 : start + 3] == ["linear-learner RMSE 20.0000", "knn no rows"]
