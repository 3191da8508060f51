"""After training: judges the candidate and the champion on the test split, and writes its card with the verdict.

in   {"execution", "target", "features", "hyperparameters", "training_set": its counts,
      "model_key", "train_prefix", "test_prefix",
      "live_model_path": the champion's key or "none",
      "gate": {"min_improvement", "promote", "force"},
      "lineage": what the workflow knows: {"rides": list_rides' answer, "image": {"uri", "digest", "unknown"},
                 "training": what the job ran with, "state_machine", "definition_sha256"}}
     keys and prefixes may be s3:// URIs in the data bucket, as SageMaker and Athena give them
out  {"verdict": {"promote", "reason"}, "golden": {"ride", "probability"}, "live_model_path",
      "model_path", "card", "rows", "threshold", "log_loss", "auc", "accuracy", …}; the curves are in the card alone
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import listings, s3, settings
from wildrydes.bucket import key_in_bucket, training_sets_prefix, weather_prefix
from wildrydes.errors import BadModel, BadTestSet, MissingObject
from wildrydes.evaluation import gate
from wildrydes.evaluation.feature_moments import TrainingRows, training_rows
from wildrydes.evaluation.metrics import Judgement, ScoredRow, constant_log_loss, judge
from wildrydes.evaluation.split_rows import Row, rows
from wildrydes.model.archive import MOST_PACKED
from wildrydes.model.card import ModelCard, read_card
from wildrydes.model.lineage import Listing, StoredObject, code_digest, find_unsettled
from wildrydes.model.linear_model import LinearModel, read_model
from wildrydes.model.storage import NO_MODEL, card_key, card_of, comparisons_prefix, execution_of

logger = Logger()

FUNCTIONS = Path(__file__).resolve().parents[1]
CURVES = ("roc", "calibration", "histogram")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The metrics and the verdict. Raises BadModel for an artefact that predict could not serve, and BadTestSet."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    archive = s3.read(bucket, key_in_bucket(event["model_key"], bucket), MOST_PACKED + 1)
    model = classifier(archive, event["features"])
    champion, champion_model = load_champion(bucket, event)
    judgement, golden = judge_models(bucket, event, [model, champion_model] if champion_model else [model])
    training = summarise_train_split(bucket, event)
    constant = constant_log_loss(training.share, judgement.candidate)
    comparison = compare_losses(bucket, event, model, champion, judgement)
    verdict = gate.verdict(judgement, constant, champion, comparison, gate.Rules(**event["gate"]))
    card = ModelCard(
        model_path=key_in_bucket(event["model_key"], bucket),
        threshold=model.threshold,
        weights=model.weights,
        bias=model.bias,
        training={name: asdict(each) for name, each in zip(event["features"], training.features, strict=True)},
        constant_log_loss=constant,
        comparison=asdict(comparison) if comparison else None,
        verdict=asdict(verdict),
        golden=golden,
        lineage=lineage(bucket, event, archive),
        **judgement_fields(judgement, champion, champion_model),
        **execution_fields(event),
    )
    key = card_key(execution, event["target"])
    s3.write_json(bucket, key, card.to_json())
    logger.info("judged", extra={"card": key, "verdict": card.verdict})
    return summary(card, event["live_model_path"])


def classifier(archive: bytes, features: Sequence[str]) -> LinearModel:
    """The model in an artefact, once it is a binary classifier of these features. Raises BadModel."""
    model = read_model(archive)
    if model.kind != "binary_classifier" or len(model.weights) != len(features):
        raise BadModel(f"the artefact is a {model.kind} of {len(model.weights)} features, not of {', '.join(features)}")
    return model


def load_champion(bucket: str, event: dict[str, Any]) -> tuple[gate.Champion | None, LinearModel | None]:
    """The champion, if there is one, and its model if the candidate can be compared with it.

    The test split holds the candidate's features and label: a model of others cannot be judged by it.
    """
    path = event["live_model_path"]
    if path == NO_MODEL:
        return None, None
    try:
        execution = execution_of(path)
    except BadModel as bad:
        return gate.Champion(path, f"cannot be read ({bad})"), None
    try:
        card = read_card(s3.read(bucket, card_of(path)))
        if card.target != event["target"]:
            return gate.Champion(execution, f"is of the target {card.target}"), None
        if card.features != tuple(event["features"]):
            return gate.Champion(execution, f"is of the features {', '.join(card.features)}"), None
        return gate.Champion(execution), classifier(s3.read(bucket, path, MOST_PACKED + 1), card.features)
    except (BadModel, MissingObject) as unreadable:
        return gate.Champion(execution, f"cannot be read ({unreadable})"), None


def judge_models(bucket: str, event: dict[str, Any], models: Sequence[LinearModel]) -> tuple[Judgement, dict[str, Any]]:
    """Judges models on the test split; a ride of it with the candidate's answer. Raises BadTestSet, BadModel."""
    prefix = key_in_bucket(event["test_prefix"], bucket)
    golden: dict[str, Any] = {}

    def score_rows() -> Iterator[ScoredRow]:
        for label, features in read_split(bucket, prefix, len(event["features"])):
            margins = [model.margin(features) for model in models]
            if not golden and all(map(isfinite, margins)):
                ride = dict(zip(event["features"], features, strict=True))
                golden.update(ride=ride, probability=models[0].score(features))
            yield label, margins

    judgement = judge(score_rows(), [model.threshold for model in models])
    return judgement, golden


def compare_losses(
    bucket: str, event: dict[str, Any], model: LinearModel, champion: gate.Champion | None, judgement: Judgement
) -> gate.Comparison | None:
    """The comparison with the champion, None without one to compare with; what can promote is counted.

    Its object is named after what is compared. So a step that is tried again is counted once, and so are the
    comparisons of a schedule while there are no new rides.
    """
    losses = judgement.losses
    if champion is None or losses is None:
        return None
    prefix = comparisons_prefix(champion.execution, event["target"])
    name = sha256(repr((model.weights, model.bias, losses)).encode()).hexdigest()[:32]
    if gate.decides(judgement):
        s3.write_json(bucket, f"{prefix}{name}.json", {"execution": event["execution"]} | asdict(losses))
    # They are listed after the write: of two at a time at least one sees both, and none takes the place of an earlier.
    others = set(s3.keys(bucket, prefix)) - {f"{prefix}{name}.json"}
    return gate.compare(losses, len(others) + 1)


def summarise_train_split(bucket: str, event: dict[str, Any]) -> TrainingRows:
    """The rows of the train split, summed up. Raises BadTestSet."""
    prefix = key_in_bucket(event["train_prefix"], bucket)
    training = training_rows(read_split(bucket, prefix, len(event["features"])))
    if not 0 < training.positives < training.rows:
        raise BadTestSet(
            f"of {training.rows} rows under s3://{bucket}/{prefix} {training.positives} are positive: one class"
        )
    return training


def read_split(bucket: str, prefix: str, features: int) -> Iterator[Row]:
    """The rows of a split. Raises BadTestSet, also when there is none."""
    empty = True
    for key in s3.keys(bucket, prefix):
        for row in rows(s3.stream(bucket, key), features, key):
            empty = False
            yield row
    if empty:
        raise BadTestSet(f"there is no row under s3://{bucket}/{prefix}: the split is empty")


def judgement_fields(
    judgement: Judgement, champion: gate.Champion | None, champion_model: LinearModel | None
) -> dict[str, Any]:
    """A card's fields on how the model was judged."""
    comparison: dict[str, Any] = {"metrics": None}
    if judgement.champion and champion_model:
        comparison = {
            "metrics": judgement.champion.to_json(),
            "weights": champion_model.weights,
            "bias": champion_model.bias,
        }
    return {
        "rows": judgement.candidate.rows,
        "metrics": judgement.candidate.to_json(),
        "live": asdict(champion) | comparison if champion else None,
        "differences": {name: asdict(each) for name, each in judgement.differences.items()},
    }


def execution_fields(event: dict[str, Any]) -> dict[str, Any]:
    """A card's fields on the execution; where and when."""
    return {
        "execution": event["execution"],
        "target": event["target"],
        "features": tuple(event["features"]),
        "hyperparameters": event["hyperparameters"],
        "training_set": event["training_set"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "region": s3.region(),
    }


def lineage(bucket: str, event: dict[str, Any], archive: bytes) -> dict[str, Any]:
    """What the model was made from, by digest; `unsettled_rides` may be among the rides read or not.

    Raises MissingObject, BadLineage.
    """
    execution, origin = event["execution"], event["lineage"]
    weather, _ = write_input_listing(bucket, execution, "weather", weather_prefix(execution))
    rows, row_objects = write_input_listing(bucket, execution, "rows", training_sets_prefix(execution))
    rides = Listing(**origin["rides"])
    # The query wrote its rows when it had read its rides.
    until = max(each.modified for each in row_objects)
    doubtful = find_unsettled(
        listings.read_listing(bucket, rides), listings.iterate_objects(bucket, rides.prefix), until
    )
    return origin | {
        "weather": asdict(weather),
        "rows": asdict(rows),
        "unsettled_rides": asdict(listings.write_listing(bucket, execution, "unsettled_rides", rides.prefix, doubtful)),
        "artefact_sha256": sha256(archive).hexdigest(),
        "code_sha256": code_digest(FUNCTIONS),
        "bucket": bucket,
    }


def write_input_listing(bucket: str, execution: str, name: str, prefix: str) -> tuple[Listing, list[StoredObject]]:
    """Keeps the list of what is under a prefix that the execution alone writes to, contents included."""
    objects = list(listings.hash_contents(bucket, listings.iterate_objects(bucket, prefix)))
    return listings.write_listing(bucket, execution, name, prefix, objects), objects


def summary(card: ModelCard, live_model_path: str) -> dict[str, Any]:
    """What the workflow needs to go on and to report: no curves, which would fill its state."""
    numbers = {name: value for name, value in card.metrics.items() if name not in CURVES}
    verdict = {"verdict": card.verdict, "golden": card.golden, "live_model_path": live_model_path}
    return numbers | verdict | {"model_path": card.model_path, "card": card_key(card.execution, card.target)}
