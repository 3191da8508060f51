"""XGBoost behind an endpoint, by algorithm_mode/serve.py of https://github.com/aws/sagemaker-xgboost-container."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hosting_stage import Stage
from machines import until

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
MODELS = Path(__file__).resolve().parents[2] / "unit" / "model" / "xgboost_models"
ANSWERS = json.loads((MODELS / "heavy.answers.json").read_text(encoding="utf-8"))
ROWS, SCORES = ANSWERS["rows"][:5], ANSWERS["scores"][:5]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    prepared = Stage(tmp_path_factory.mktemp("xgboost"))
    prepared.model("heavy", packed((MODELS / "heavy.ubj").read_bytes()), image=IMAGE)
    prepared.config("heavy", {"heavy": 1})
    prepared.endpoint("heavy", "heavy")
    prepared.model("pickled", packed(b"\x80\x04cposix\nsystem\n."), image=IMAGE)
    prepared.config("pickled", {"pickled": 1})
    yield prepared
    prepared.service.stop_all()


def packed(model: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(model)
        tar.addfile(member, io.BytesIO(model))
    return stream.getvalue()


def csv(rows: list[list[float | None]]) -> str:
    return "\n".join(",".join("" if value is None else repr(value) for value in row) for row in rows)


def libsvm(rows: list[list[float | None]]) -> str:
    return "\n".join(" ".join(f"{key}:{value!r}" for key, value in enumerate(row) if value is not None) for row in rows)


def test_an_answer_is_one_line_of_csv_for_all_rows(stage: Stage) -> None:
    answer = stage.ask("heavy", csv(ROWS))

    assert answer["ContentType"] == "text/csv; charset=utf-8"
    scores = answer["Body"].read().decode()
    assert "\n" not in scores
    assert [float(score) for score in scores.split(",")] == pytest.approx(SCORES, rel=1e-6)


@pytest.mark.parametrize("content_type", ["text/libsvm", "text/x-libsvm"])
def test_what_libsvm_does_not_name_is_missing(stage: Stage, content_type: str) -> None:
    assert any(None in row for row in ANSWERS["rows"])
    rows = [row for row in ANSWERS["rows"] if None in row][:3]
    expected = [score for row, score in zip(ANSWERS["rows"], ANSWERS["scores"], strict=True) if None in row][:3]

    answer = stage.ask("heavy", libsvm(rows), content_type)

    assert [float(score) for score in answer["Body"].read().split(b",")] == pytest.approx(expected, rel=1e-6)


def test_json_is_answered_where_it_is_asked_for_and_not_taken(stage: Stage) -> None:
    answer = stage.ask("heavy", csv(ROWS[:1]), Accept="application/json")
    assert json.loads(answer["Body"].read())["predictions"][0]["score"] == pytest.approx(SCORES[0], rel=1e-6)

    refused: Any
    with pytest.raises(ClientError) as refused:
        stage.ask("heavy", "{}", "application/json")
    assert refused.value.response["OriginalStatusCode"] == 415


def test_a_pickle_is_not_loaded(stage: Stage) -> None:
    described = stage.endpoint("pickled", "pickled")

    assert described["EndpointStatus"] == "Failed"
    group = "/aws/sagemaker/Endpoints/pickled"
    why = "The model cannot be loaded"
    until(lambda: stage.objects.lines.get(group, []), lambda lines: any(why in line for line in lines))
