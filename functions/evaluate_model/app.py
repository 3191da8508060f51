"""After training: judges the model on the test split, and writes its card.

in   {"execution", "target", "features", "model_key", "test_prefix", "hyperparameters"}
     model_key and test_prefix are keys, or s3:// URIs in the data bucket as SageMaker and Athena give them
out  {"accuracy", "auc", "log_loss", "threshold", "rows", "model_path", "card", …}
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes.bucket import card_key, key_in_bucket
from wildrydes.errors import BadModel, BadTestSet
from wildrydes.linear_model import LinearModel, read_model
from wildrydes.metrics import judge
from wildrydes.model_card import ModelCard
from wildrydes.split_rows import rows

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The model's metrics. Raises BadModel for an artefact that predict could not serve, BadTestSet for its rows."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    model_path, test_prefix = (key_in_bucket(event[name], bucket) for name in ("model_key", "test_prefix"))
    model = classifier(s3.read(bucket, model_path), event["features"])
    metrics = judge(margins(bucket, test_prefix, model), model.threshold)
    card = ModelCard(
        execution=execution,
        target=event["target"],
        features=tuple(event["features"]),
        model_path=model_path,
        threshold=model.threshold,
        rows=metrics.rows,
        metrics=metrics.to_json(),
        hyperparameters=event.get("hyperparameters", {}),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    s3.write_json(bucket, card_key(execution), card.to_json())
    logger.info("judged", extra={"card": card.to_json()})
    return metrics.to_json() | {"model_path": model_path, "card": card_key(execution)}


def classifier(archive: bytes, features: Sequence[str]) -> LinearModel:
    """The model in an artefact, once it is a binary classifier of these features."""
    model = read_model(archive)
    if model.kind != "binary_classifier" or len(model.weights) != len(features):
        raise BadModel(f"the artefact is a {model.kind} of {len(model.weights)} features, not of {', '.join(features)}")
    return model


def margins(bucket: str, prefix: str, model: LinearModel) -> Iterator[tuple[int, float]]:
    """The label and the margin of each row of the test split. Raises BadTestSet when there is none."""
    count = 0
    for key in s3.keys(bucket, prefix):
        for label, features in rows(s3.stream(bucket, key), len(model.weights), key):
            count += 1
            yield label, model.margin(features)
    if not count:
        raise BadTestSet(f"there is no row under s3://{bucket}/{prefix}: the test split is empty")
