"""The first workshop's way of answering: MXNet runs the artefact.

At import the artefact is fetched from S3, extracted to disk, and made a Module; each call binds the Module anew to the
rows it got, and has it predict. The workshop's handler took one ride and answered with the bare number; this one takes
an array of rides too, all in one call of the Module, which is the best that MXNet can do with them.
"""

import json
import os
import tarfile
import tempfile
import warnings
import zipfile
from pathlib import Path

import boto3

with warnings.catch_warnings():
    # MXNet names types that NumPy has deprecated.
    warnings.simplefilter("ignore")
    import mxnet as mx

FIELDS = ("distance", "healthpoints", "magicpoints", "TMIN", "TMAX", "PRCP")


def load():
    """The Module of the artefact that BUCKET and MODEL_PATH name."""
    folder = Path(tempfile.mkdtemp())
    boto3.client("s3").download_file(os.environ["BUCKET"], os.environ["MODEL_PATH"], str(folder / "model.tar.gz"))
    with tarfile.open(folder / "model.tar.gz") as archive:
        archive.extract("model_algo-1", folder, filter="data")
    with zipfile.ZipFile(folder / "model_algo-1") as archive:
        for name in archive.namelist():
            archive.extract(name, folder)
    symbol, weights, auxiliary = mx.model.load_checkpoint(str(folder / "mx-mod"), 0)
    module = mx.mod.Module(symbol, data_names=["data"], label_names=["out_label"])
    module.bind(data_shapes=[("data", (1, len(FIELDS)))], label_shapes=[("out_label", (1, 1))], for_training=False)
    module.set_params(weights, auxiliary)
    return module


MODULE = load()


def predict(rows):
    """The probabilities of rows of features."""
    MODULE.bind(
        data_shapes=[("data", (len(rows), len(FIELDS)))],
        label_shapes=[("out_label", (len(rows), 1))],
        for_training=False,
        force_rebind=True,
    )
    batch = mx.io.NDArrayIter(mx.nd.array(rows), mx.nd.zeros((len(rows), 1)), len(rows), label_name="out_label")
    scores = MODULE.predict(batch)
    return [float(row[0]) for row in scores.asnumpy()]  # pyright: ignore[reportAttributeAccessIssue]


def handler(event, _context):
    body = json.loads(event["body"])
    rides = body if isinstance(body, list) else [body]
    scores = predict([[float(ride[name]) for name in FIELDS] for ride in rides])
    return {"statusCode": 200, "body": json.dumps(scores if isinstance(body, list) else scores[0])}
