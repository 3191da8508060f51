"""`wildrydes pricing` on splits in a bucket: what it answers, prints and writes, and which model it takes."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import __main__ as commands
from cli import options, pricing
from cli.stack import Stack

FEATURES = ["distance", "TMIN", "TMAX", "PRCP"]
DAYS = {"fine": (100, 200, 0), "hot": (180, 320, 0), "cold": (-60, 10, 0), "rain": (90, 150, 80)}


class Bucket:
    """The objects of one bucket, as far as the command asks S3."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's names
        return [{"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}]


def split(rows: int, seed: int, *, noise: bool) -> bytes:
    """Rows of points by 500 + 20 distance + 3 PRCP and chance, or of points by chance alone."""
    draw, lines = Random(seed), []
    for _ in range(rows):
        distance, (tmin, tmax, prcp) = draw.uniform(3, 60), DAYS[draw.choice(list(DAYS))]
        points = draw.uniform(0, 9998) if noise else 500 + 20 * distance + 3 * prcp + draw.uniform(-200, 200)
        lines.append(f"{points:.9f},{distance:.9f},{tmin},{tmax},{prcp}\n")
    return gzip.compress("".join(lines).encode())


@pytest.fixture
def bucket(write_artefact: Callable[..., bytes]) -> Bucket:
    """With two models of magic points, of which the older is live, and its splits."""
    bucket = Bucket()
    weights = write_artefact([20.0, 0.0, 0.0, 3.0], 500.0, 0.0, "LinearRegressionOutput")
    for execution, created in (("one", "2026-01-01"), ("two", "2026-01-02")):
        path = f"models/magic_points/{execution}/{execution}/output/model.tar.gz"
        card = {"execution": execution, "features": FEATURES, "model_path": path, "created": created}
        bucket.objects[f"models/magic_points/{execution}/card.json"] = json.dumps(card).encode()
        bucket.objects[path] = weights
        for name, rows in (("train", 900), ("test", 300)):
            key = f"training-sets/{execution}/split={name}/part.gz"
            bucket.objects[key] = split(rows, rows, noise=execution == "two")
    entry = {"time": "2026-01-03T00:00:00Z", "execution": "one", "model_path": "", "version": "1", "reason": ""}
    entry |= {"previous": {"model_path": "none"}, "golden": {}}
    bucket.objects["models/magic_points/registry/2026-01-03T00:00:00Z-one.json"] = json.dumps(entry).encode()
    return bucket


@pytest.fixture
def stack(bucket: Bucket) -> Stack:
    return Stack("wildrydes", {"DataBucketName": "data"}, lambda _: bucket)


def run(monkeypatch: pytest.MonkeyPatch, stack: Stack, build: Path, *arguments: str) -> int:
    monkeypatch.setattr(Stack, "describe", lambda *_: stack)
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(pricing, "BUILD", build)
    return commands.main(["pricing", *arguments])


def test_the_champions_rule_is_compared_and_the_page_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stack: Stack, tmp_path: Path
) -> None:
    assert run(monkeypatch, stack, tmp_path, "--json") == 0
    output = json.loads(capsys.readouterr().out)
    assert (output["execution"], output["answer"]) == ("one", "partly")
    overcharge = {band["band"]: band["overcharge"] for band in output["bands"]}
    # A quarter of the rides costs 240 points more: by distance alone each pays 60 of them.
    assert overcharge["rain"]["low"] < -180 < overcharge["rain"]["high"] < 0
    assert all(0 < overcharge[band]["low"] < 60 < overcharge[band]["high"] for band in ("fine", "hot", "cold"))
    assert output["rule"]["a_mile"] == pytest.approx(20, abs=1)
    page = (tmp_path / "pricing.html").read_text(encoding="utf-8")
    assert page == Path(output["page"]).read_text(encoding="utf-8")
    assert "<strong>In part.</strong>" in page
    assert 'src="data:image/png;base64,' in page
    assert json.loads((tmp_path / "runs/one/pricing.json").read_text())["bands"] == output["bands"]


def test_of_points_that_are_noise_none_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stack: Stack, tmp_path: Path
) -> None:
    assert run(monkeypatch, stack, tmp_path, "--model", "two") == 0
    assert "magic points are noise" in capsys.readouterr().out
    page = (tmp_path / "runs" / "two" / "pricing.html").read_text(encoding="utf-8")
    assert "<strong>Magic points are noise.</strong>" in page
    assert "<img" not in page
    assert "Differences" not in page
    assert json.loads((tmp_path / "runs/two/pricing.json").read_text())["bands"] == []


def test_what_is_not_there_or_cannot_be_priced_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bucket: Bucket, stack: Stack, tmp_path: Path
) -> None:
    assert run(monkeypatch, stack, tmp_path, "--model", "three") == 1
    assert "There is no card of a model 'three' of magic_points; there are: two, one." in capsys.readouterr().err
    card = json.loads(bucket.objects["models/magic_points/one/card.json"])
    with pytest.raises(pricing.PricingError, match="does not look at TMAX, PRCP: train one that does"):
        pricing.study_of(stack, card | {"features": ["distance", "TMIN"]})
    with pytest.raises(pricing.PricingError, match="served by an endpoint alone"):
        pricing.study_of(stack, card | {"algorithm": "knn"})
    bucket.objects = {key: value for key, value in bucket.objects.items() if "split=test" not in key}
    with pytest.raises(pricing.PricingError, match="The test split of one is gone"):
        pricing.study_of(stack, card)
