"""One way of reading or training, in a process of its own: bench.training starts it.

    python bench/one_training.py <way> <folder>

Prints a JSON object: the seconds on the clock and of the processor that the work took, without the imports before it;
the most memory of the process, in MB; and what the way found out.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

# Where the epochs of "all candidates" end by themselves on the noisy label; MXNet's module gets one, of some rows.
MODULE_ROWS, CANDIDATES = 80_000, 32


def main():
    """Measure one way and print it."""
    way, folder = sys.argv[1], Path(sys.argv[2])
    figures = WAYS[way](folder)
    figures["peak"] = _peak()
    print(json.dumps(figures), flush=True)  # noqa: T201


def _peak():
    """The most memory of this process, in MB: getrusage may give that of the one that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def measure(work):
    """What `work` returns, and what it took."""
    began, worked = time.perf_counter(), time.process_time()
    result = work()
    return result, {"wall": time.perf_counter() - began, "cpu": time.process_time() - worked}


def read_ours(folder):
    from local.algorithms.linear_learner.channels import read_all

    configuration = {"train": {"ContentType": "text/csv", "CompressionType": "Gzip"}}
    return _of_table(*measure(lambda: read_all(folder / "csv", configuration)["train"].features))


def read_pandas(folder):
    import pandas as pd  # pyright: ignore[reportMissingImports]

    path = folder / "csv" / "input" / "data" / "train" / "part"
    return _of_table(*measure(lambda: pd.read_csv(path, header=None, compression="gzip").to_numpy()[:, 1:]))


def read_polars(folder):
    import polars as pl  # pyright: ignore[reportMissingImports]

    path = folder / "csv" / "input" / "data" / "train" / "part"
    return _of_table(*measure(lambda: pl.read_csv(path, has_header=False).to_numpy()[:, 1:]))


def records_ours(folder):
    from local.algorithms.linear_learner.channels import read_all

    configuration = {"train": {"ContentType": "application/x-recordio-protobuf"}}
    return _of_table(*measure(lambda: read_all(folder / "records", configuration)["train"].features))


def records_sdk(folder):
    from sagemaker.amazon.common import read_records

    def read():
        with (folder / "records" / "input" / "data" / "train" / "part").open("rb") as file:
            return np.array([record.features["values"].float64_tensor.values for record in read_records(file)])

    return _of_table(*measure(read))


def _of_table(features, figures):
    from hashlib import sha256

    return {**figures, "digest": sha256(np.ascontiguousarray(features).tobytes()).hexdigest()}


def train_ours(folder):
    import io
    import logging

    from local.algorithms.linear_learner.channels import Dataset
    from local.algorithms.linear_learner.hyperparameters import parse
    from local.algorithms.linear_learner.learner import learn
    from local.algorithms.linear_learner.metrics_log import MetricsLog

    log = io.StringIO()
    logger = logging.getLogger("bench")
    logger.addHandler(logging.StreamHandler(log))
    logger.setLevel(logging.INFO)
    parts = _parts(folder, "noisy")
    data = {name: Dataset(*parts[name]) for name in ("train", "validation")}
    settings = parse({"predictor_type": "binary_classifier"})
    model, figures = measure(lambda: learn(data, settings, MetricsLog(logger)))
    epochs = log.getvalue().count("#progress_metric")
    return {**figures, "epochs": epochs, "loss": _loss(model.outputs(parts["validation"][0]), parts["validation"][1])}


def train_sklearn(folder):
    from sklearn.linear_model import LogisticRegression  # pyright: ignore[reportMissingImports]

    parts = _parts(folder, "noisy")
    features, labels = parts["train"]
    shift, scale = features.mean(axis=0), features.std(axis=0)
    scaled = (features - shift) / scale
    fitted, figures = measure(lambda: LogisticRegression(C=1 / (len(labels) * 1e-4)).fit(scaled, labels))
    outputs = fitted.decision_function((parts["validation"][0] - shift) / scale)
    return {**figures, "loss": _loss(outputs, parts["validation"][1])}


def train_module(folder):
    """One MXNet module, one epoch of some of the rows, by Adam: a thirty-second of what all candidates are."""
    import warnings

    warnings.simplefilter("ignore")
    import mxnet as mx

    features, labels = _parts(folder, "noisy")["train"]
    features, labels = features[:MODULE_ROWS], labels[:MODULE_ROWS]
    scaled = ((features - features.mean(axis=0)) / features.std(axis=0)).astype(np.float32)
    batches = mx.io.NDArrayIter(scaled, labels.astype(np.float32).reshape(-1, 1), 1000, label_name="out_label")
    weight, bias = mx.sym.Variable("fc0_weight", shape=(scaled.shape[1], 1)), mx.sym.Variable("fc0_bias", shape=(1, 1))
    linear = mx.sym.broadcast_add(mx.sym.dot(mx.sym.Variable("data"), weight), bias)
    graph = mx.sym.LogisticRegressionOutput(linear, mx.sym.Variable("out_label"))
    module = mx.mod.Module(graph, data_names=["data"], label_names=["out_label"])
    module.bind(data_shapes=batches.provide_data, label_shapes=batches.provide_label)
    module.init_params(mx.init.Uniform(0.07))  # pyright: ignore[reportCallIssue]
    module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.1, "wd": 1e-4})

    def epoch():
        for batch in batches:
            module.forward_backward(batch)
            module.update()
        mx.nd.waitall()

    return measure(epoch)[1]


def separable_ours(folder):
    """All candidates around a decay, of which the criterion chooses."""
    return _separable(folder, {})


def separable_one(folder):
    """One candidate of that decay, at a rate that gets to the end within the epochs."""
    return _separable(folder, {"num_models": "1", "learning_rate": "0.5"})


def _separable(folder, hyperparameters):
    import logging

    from local.algorithms.linear_learner.channels import Dataset
    from local.algorithms.linear_learner.hyperparameters import parse
    from local.algorithms.linear_learner.learner import learn
    from local.algorithms.linear_learner.metrics_log import MetricsLog

    parts = _parts(folder, "separable")
    data = {name: Dataset(*parts[name]) for name in ("train", "validation")}
    settings = parse({"predictor_type": "binary_classifier", "wd": "0.00001", "l1": "0", **hyperparameters})
    model, figures = measure(lambda: learn(data, settings, MetricsLog(logging.getLogger("bench"))))
    return {**figures, "loss": _loss(model.outputs(parts["validation"][0]), parts["validation"][1])}


def separable_sklearn(folder):
    from sklearn.linear_model import LogisticRegression  # pyright: ignore[reportMissingImports]

    parts = _parts(folder, "separable")
    features, labels = parts["train"]
    shift, scale = features.mean(axis=0), features.std(axis=0)
    fitted, figures = measure(
        lambda: LogisticRegression(C=1 / (len(labels) * 1e-5)).fit((features - shift) / scale, labels)
    )
    outputs = fitted.decision_function((parts["validation"][0] - shift) / scale)
    return {**figures, "loss": _loss(outputs, parts["validation"][1])}


def _parts(folder, label):
    """Features and labels of the training and the validation rows: eight and one in ten."""
    with np.load(folder / "rows.npz") as rows:
        features, labels = rows["features"], rows[label]
    ends = {"train": (0, 8), "validation": (8, 9)}
    cuts = {name: slice(len(labels) * low // 10, len(labels) * high // 10) for name, (low, high) in ends.items()}
    return {name: (features[cut], labels[cut]) for name, cut in cuts.items()}


def _loss(outputs, labels):
    """Mean log loss of linear outputs."""
    return float(np.logaddexp(0, np.where(labels == 1, -outputs, outputs)).mean())


WAYS = {
    way.__name__: way
    for way in (
        *(read_ours, read_pandas, read_polars, records_ours, records_sdk),
        *(train_ours, train_sklearn, train_module, separable_ours, separable_one, separable_sklearn),
    )
}

if __name__ == "__main__":
    main()
