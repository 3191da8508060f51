"""k-NN behind an endpoint, by "k-NN Request and Response Formats" of the SageMaker developer guide."""

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from hosting_stage import Stage

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/knn:1"
SETTINGS = {"k": "2", "sample_size": "4", "feature_dim": "2", "predictor_type": "regressor"}
POINTS = [[0.0, 0.0], [1.0, 0.0], [10.0, 0.0], [12.0, 0.0]]
LABELS = [1.0, 2.0, 30.0, 50.0]
ROWS = "0,0\n11.5,0\n"
ANSWERS = [{"predicted_label": 1.5}, {"predicted_label": 40.0}]


def packed(header: dict[str, Any]) -> bytes:
    """An artefact of k-NN's, as it is laid out in local/algorithms/knn/model.py."""
    arrays = b"".join(np.array(each, dtype="<f4").tobytes() for each in (POINTS, LABELS))
    content = b"knn-model 1\n" + json.dumps(header).encode() + b"\n" + arrays
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        member = tarfile.TarInfo("model_algo-1")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    prepared = Stage(tmp_path_factory.mktemp("knn"))
    header = {"hyperparameters": SETTINGS, "rows": 4, "dimensions": 2, "seed": 1}
    prepared.model("near", packed(header), image=IMAGE)
    prepared.config("near", {"near": 1})
    prepared.endpoint("near", "near")
    yield prepared
    prepared.service.stop_all()


def test_answer_is_the_mean_of_the_neighbours_labels(stage: Stage) -> None:
    answer = stage.ask("near", ROWS)
    assert answer["ContentType"] == "application/json"
    assert json.load(answer["Body"]) == {"predictions": ANSWERS}
    lines = stage.ask("near", ROWS, Accept="application/jsonlines")["Body"].read().splitlines()
    assert [json.loads(line) for line in lines] == ANSWERS
    features = {"instances": [{"features": [0.0, 0.0]}, {"data": {"features": {"values": [11.5, 0.0]}}}]}
    answer = stage.ask("near", json.dumps(features), content_type="application/json")
    assert json.load(answer["Body"]) == {"predictions": ANSWERS}


def test_verbose_answer_has_the_neighbours_from_the_nearest_on(stage: Stage) -> None:
    answer = stage.ask("near", ROWS, Accept="application/json; verbose=true")
    first, second = json.load(answer["Body"])["predictions"]
    # FAISS' distances are squared.
    assert first == {"predicted_label": 1.5, "distances": [0.0, 1.0], "labels": [1.0, 2.0]}
    assert second == {"predicted_label": 40.0, "distances": [0.25, 2.25], "labels": [50.0, 30.0]}


@pytest.mark.parametrize("rows", ["1,2,3\n", "1,x\n", "nan,0\n"])
def test_rows_of_another_kind_are_refused(stage: Stage, rows: str) -> None:
    with pytest.raises(ClientError, match="unable to evaluate payload provided"):
        stage.ask("near", rows)
