"""Each example under events/ through its handler."""

import gzip
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from wildrydes import bucket as layout
from wildrydes.bucket import Chunk, Source
from wildrydes.errors import BadExecutionInput, RideFileChanged, TooManyRejectedRides
from wildrydes.rides.counts import Counts
from wildrydes.rides.partitions import keys_of_chunk, staged_key
from wildrydes.rides.reports import FilePlan, Report, StagedRides

ROOT = Path(__file__).parents[2]
EVENTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "events").glob("*.json")}
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
RAW = "raw/two rides + one é.json"
MODEL = "models/first-run/first-run/output/model.tar.gz"


def ride(day: int, **changes: Any) -> dict[str, Any]:
    sizes = {"Distance": 10.0 + day, "HealthPoints": 100 * day, "Latitude": 40.78, "Longitude": -73.97}
    rest = {"MagicPoints": 600, "Name": "Shadowfax", "StatusTime": f"2018-07-0{day} 10:00:00.000"}
    return sizes | rest | changes


def function_of(event: str) -> str:
    return next(name for name in FUNCTIONS if event.startswith(f"{name}_"))


def write_ingestion(bucket: Any, execution: str, counts: Counts) -> None:
    """What plan_ingestion and ingest_rides leave of one file of one chunk."""
    source = Source("raw/of the first run.json", "0")
    key = keys_of_chunk(source, 0, 1, {2018: counts.accepted})[2018]
    etag = bucket.put(staged_key(execution, key), b"")
    chunk = Chunk(0, source.key, source.etag, 0, 4000, 0, 1)
    bucket.put(layout.planned_files_key(execution), json.dumps(FilePlan(source, 4000, 1).to_json()))
    bucket.put(layout.manifest_key(execution), json.dumps([asdict(chunk)]))
    bucket.put(
        layout.counts_key(execution, 0),
        json.dumps(Report(chunk, counts, {2018: StagedRides(counts.accepted, etag)}).to_json()),
    )
    bucket.put(key, b"")
    bucket.put(layout.let_in_key(execution), json.dumps({"key": key}))
    bucket.put(layout.rejected_key(source, 0, 1), b"")


@pytest.fixture
def example(bucket: Any, run: Any, write_artefact: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs an example against a bucket that holds what the examples speak of."""
    rides = (ride(1), ride(2, Latitude=123), ride(1), ride(3, FieldService=1))
    bucket.put(RAW, "".join(json.dumps(each) + "\n" for each in rides))
    write_ingestion(bucket, "first-run", Counts(20, 19, 1, {"not_finite": 1}))
    bucket.put(MODEL, write_artefact([-0.5, 0.01, 0.0, 0.0, 0.0, 0.0], 0.0, 0.5))
    for run_of in ("first-run", "second-run"):
        bucket.put(f"training-sets/{run_of}/split=test/a", "1,10,550\n0,10,450\n" * 40)
        bucket.put(f"training-sets/{run_of}/split=train/a", "1,10,550\n0,10,450\n0,12,0\n1,12,900\n")
        bucket.put(f"models/{run_of}/lineage/rides.jsonl.gz", gzip.compress(b""))
    card = {"execution": "first-run", "target": "heavy_utilization", "model_path": MODEL, "threshold": 0.5, "rows": 2}
    features = ["distance", "magicpoints", "healthpoints", "TMIN", "TMAX", "PRCP"]
    card |= {"features": features, "metrics": {}, "hyperparameters": {}, "created": "2020-01-01T00:00:00+00:00"}
    card |= {"verdict": {"promote": True, "reason": "there is no champion"}}
    bucket.put("models/first-run/card.json", json.dumps(card))
    monkeypatch.setenv("MODEL_PATH", MODEL)

    def run_example(name: str) -> Any:
        if name.startswith("arrange_rides_"):
            times = [json.dumps({"statustime": f"{year}-12-31 10:00:00.000"}) + "\n" for year in (2017, 2018)]
            bucket.put(f"processed/{'0' * 32}/00000-of-00001.jsonl.gz", gzip.compress("".join(times).encode()))
        return run(function_of(name), EVENTS[name])

    return run_example


def test_every_function_has_an_example_and_every_example_a_function() -> None:
    assert {function_of(event) for event in EVENTS} == set(FUNCTIONS)
    # Those of the streaming functions have tests of their own, in stream/, samples/ and announce/.
    # So have those that ask the API, that which takes outcomes, and that which starts the workflow.
    streamed = (
        "fan_out_rides_",
        "locate_station_",
        "store_rides_",
        "collect_samples_",
        "quote_price_",
        "edge_compute_",
        "announce_",
        # So has what reads the histories of executions.
        "account_costs_",
        "record_outcomes_",
        "start_retraining_",
    )
    others = {event for event in EVENTS if not event.startswith(streamed)}
    assert others == {*VALUES, *ERRORS, *ANSWERS, *VERDICTS}


VALUES: dict[str, dict[str, Any]] = {
    "apply_defaults_nothing_given": {
        "target": "heavy_utilization",
        "feature_columns": "distance, healthpoints, magicpoints, tmin, tmax, prcp",
        "candidates": [
            {
                "algorithm": "linear-learner",
                "training_job": "first-run",
                "hyperparameters": {"epochs": "15", "predictor_type": "binary_classifier", "feature_dim": "6"},
                "follows_rows": "mini_batch_size",
                "least_rows": 1,
            }
        ],
        "chunk_bytes": 8388608,
    },
    "monitor_model_plan": {"date": "2026-11-25", "first_date": "2026-11-19", "last_partition": "2026/11/26"},
    "monitor_model_day": {"task": "heavy_utilization", "model": None, "key": None, "drifted": []},
    "apply_defaults_everything_given": {
        "candidates": [
            {
                "algorithm": "linear-learner",
                "training_job": "b2c7d1f0-6a4e-4a7e-9a55-0d0b2f1f3c11-5f1d2c9-86bc1fe0",
                "hyperparameters": {
                    "learning_rate": "0.01",
                    "use_bias": "true",
                    "predictor_type": "binary_classifier",
                    "feature_dim": "4",
                },
                "follows_rows": "mini_batch_size",
                "least_rows": 1,
                "tuning": {
                    "job": "b2c7d1f0-6a4e-4a7e-9a-e511342d",
                    "config": {
                        "Strategy": "Random",
                        "HyperParameterTuningJobObjective": {
                            "Type": "Minimize",
                            "MetricName": "validation:objective_loss",
                        },
                        "ResourceLimits": {"MaxParallelTrainingJobs": 3, "MaxNumberOfTrainingJobs": 6},
                        "ParameterRanges": {
                            "ContinuousParameterRanges": [
                                {"Name": "wd", "MinValue": "1e-07", "MaxValue": "1", "ScalingType": "Logarithmic"}
                            ],
                            "IntegerParameterRanges": [
                                {"Name": "epochs", "MinValue": "10", "MaxValue": "20", "ScalingType": "Auto"}
                            ],
                        },
                        "TrainingJobEarlyStoppingType": "Off",
                        "RandomSeed": 1,
                    },
                },
            }
        ],
        "target": "service_requested",
        "features": ["distance", "TMIN", "TMAX", "PRCP"],
        "feature_count": 4,
        "first_year": 2018,
        "last_year": 2019,
        "min_training_rows": 500,
    },
    "arrange_rides_of_an_earlier_version": {"objects": 1, "rides": 2, "merged": 0, "postponed": 0, "left": 0},
    "plan_ingestion_new_files": {"chunks": 1, "objects": 1, "manifest": "manifests/first-run.json"},
    "ingest_rides_one_chunk": {"item": 0, "read": 4, "accepted": 2, "rejected": 1, "repeated": 1},
    "list_rides_before_the_training_set": {
        "prefix": "processed/",
        "objects": 1,
        "list": "models/first-run/lineage/rides.jsonl.gz",
    },
    "list_rides_of_samples": {
        "prefix": "samples/",
        "objects": 0,
        "list": "models/first-run/lineage/rides.jsonl.gz",
    },
    "check_ingestion_few_rejected": {"read": 20, "rejected": 1, "rejected_by_reason": {"not_finite": 1}},
}


@pytest.mark.parametrize("name", VALUES)
def test_the_example_gives(example: Any, name: str) -> None:
    output = example(name)
    assert {field: output[field] for field in VALUES[name]} == VALUES[name]


ERRORS: dict[str, tuple[type[Exception], str]] = {
    "apply_defaults_unknown_field": (BadExecutionInput, "the input has the field 'targets'"),
    "apply_defaults_hyperparameter_out_of_range": (BadExecutionInput, "hyperparameters.epochs is '0'"),
    "apply_defaults_list": (BadExecutionInput, "the input is \\[1, 2, 3\\]"),
    "ingest_rides_changed_file": (RideFileChanged, "raw/two rides \\+ one é.json is gone for good"),
    "check_ingestion_too_many_rejected": (TooManyRejectedRides, "1 of 20 rides"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_the_example_is_refused(example: Any, name: str) -> None:
    error, message = ERRORS[name]
    with pytest.raises(error, match=message):
        example(name)


VERDICTS: dict[str, tuple[bool, str]] = {
    # Right and well below the constant, but unsure of it: each of its rows is off by 0.38.
    "evaluate_model_test_split": (
        False,
        "There is no champion, and log loss 0.4741 is below the 0.6931 of a constant",
    ),
    "evaluate_model_beside_live": (True, "Log loss 0.0067 is below the 0.4741 of the champion first-run by 0.01 or"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_example_is_judged(bucket: Any, example: Any, write_artefact: Any, name: str) -> None:
    bucket.put(MODEL, write_artefact([-0.5, 0.01], 0.0, 0.5))
    bucket.put(MODEL.replace("first-run", "second-run"), write_artefact([-5.0, 0.1], 0.0, 0.5))
    card = json.loads(bucket.get("models/first-run/card.json")) | {"features": ["distance", "magicpoints"]}
    bucket.put("models/first-run/card.json", json.dumps(card))
    promote, reason = VERDICTS[name]
    output = example(name)
    assert (output["accuracy"], output["auc"], output["rows"]) == (1.0, 1.0, 80)
    assert output["verdict"]["promote"] == promote
    assert output["verdict"]["reason"].startswith(reason)


ANSWERS: dict[str, tuple[int, dict[str, Any] | str]] = {
    "predict_ride": (200, {"label": 1, "target": "heavy_utilization", "model": MODEL.split("/")[1]}),
    "predict_base64": (200, {"label": 1}),
    "predict_smoke_test": (200, {"label": 1, "request_id": "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44"}),
    "predict_row": (200, {"label": 1, "request_id": "6f9d0f0e-2c6e-4a51-9d0b-0d8e1c3a1c55"}),
    "predict_row_as_text": (200, "0.9999546021059306"),
    "predict_batch": (200, {"threshold": 0.5, "model": MODEL.split("/")[1]}),
    "predict_batch_as_csv": (
        200,
        "probability,label,error\r\n0.9999546021059306,1,\r\n,,\"distance is the text 'far', not a number\"\r\n",
    ),
    "predict_model": (200, {"execution": "first-run", "threshold": 0.5}),
    "predict_document": (200, {"openapi": "3.0.1"}),
    "predict_missing_field": (422, {"field": "magicpoints"}),
    "predict_infinite_value": (422, {"field": "magicpoints", "allowed": {"minimum": -1e9, "maximum": 1e9}}),
    "predict_repeated_field": (422, {"field": "Distance"}),
    "predict_unknown_field": (422, {"field": "wind"}),
    "predict_short_row": (422, {"field": "features"}),
    "predict_not_json": (400, {"field": "body"}),
    "predict_unknown_path": (404, {"field": "path"}),
    "predict_wrong_method": (405, {"field": "method", "allowed": ["GET", "POST"]}),
    "predict_wrong_type": (415, {"field": "Content-Type"}),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_example_is_answered(example: Any, name: str) -> None:
    status, expected = ANSWERS[name]
    answer = example(name)
    body = (
        answer["body"] if isinstance(expected, str) else {name: json.loads(answer["body"])[name] for name in expected}
    )
    assert (answer["statusCode"], body) == (status, expected)
