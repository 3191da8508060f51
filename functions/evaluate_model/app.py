"""After training: judges the candidates on the test split, the best of them against the champion, and writes its card.

in   {"execution", "task", "kind", "target" (the task), "features", "training_set": its counts,
      "candidates": [{"algorithm", "model_key", "hyperparameters", "image": {"uri", "digest", "unknown"},
                      "training": what the job ran with, "tuning": how its hyperparameters were found,
                      "predictions_prefix": a transform job's output, for a model that only a container can read}
                     or {"algorithm", "error": {"Error", "Cause"}}],
      "train_prefix", "test_prefix",
      "live_model_path": the champion's key or "none", "live_predictions_prefix": as for a candidate,
      "live_predictions_error": {"Error", "Cause"}, why a champion that only a container can read has none,
      "gate": {"min_improvement", "max_score_change", "promote", "force"},
      "serving": "lambda" (the default) or "endpoint",
      "started_by": why the execution was started, {"reason", "detail"}, for the card,
      "lineage": what the workflow knows: {"rides", "years", "other_years": list_rides' answer, "state_machine",
                  "definition_sha256"}}
     keys and prefixes may be s3:// URIs in the data bucket, as SageMaker and Athena give them;
     `tuning` and the prefixes of predictions are there where they are needed
out  {"verdict": {"promote", "reason", "criteria": [{"name", "passes", "value", "bound", "fault"}]},
      "golden": as `wildrydes.evaluation.golden` has it, "live_model_path", "model_path", "card", "algorithm",
      "serving",
      "candidates": [{"algorithm", "model_path", "measure", "value", "error"}],
      "rows", "threshold", "log_loss", "auc", …, "rmse", "mae", …: null what the kind of the task has not};
     the curves are in the card alone
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from evaluate_model import captured
from evaluate_model.contenders import Contender, contender
from evaluate_model.provenance import lineage
from evaluate_model.splits import Split, judge, summarise_train_split
from wildrydes.algorithms import KNN, LAMBDA
from wildrydes.bucket import key_in_bucket
from wildrydes.errors import BadModel, MissingObject
from wildrydes.evaluation import gate
from wildrydes.evaluation.feature_moments import TrainingRows
from wildrydes.evaluation.judgement import AnyJudgement
from wildrydes.evaluation.kinds import KINDS, output_numbers
from wildrydes.evaluation.score_changes import ScoreChanges
from wildrydes.evaluation.selection import Outcome, bar_unservable, best, failure_reason
from wildrydes.model.card import ModelCard, read_card
from wildrydes.model.storage import NO_MODEL, card_key, card_of, comparisons_prefix, execution_of
from wildrydes.tasks import TASKS

logger = Logger()

Champion = tuple[gate.Champion | None, Contender | None]
"""The champion, and what is judged of it if the candidates can be compared with it."""


@dataclass(frozen=True)
class Winner:
    """The best candidate as the event has it, what was judged of it, and how all candidates did."""

    candidate: dict[str, Any]
    contender: Contender
    judgement: AnyJudgement
    golden: dict[str, Any]
    outcomes: list[Outcome]


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The metrics and the verdict. Raises AllCandidatesFailed where no model can be judged, and BadTestSet."""
    bucket = settings.data_settings().bucket
    logger.append_keys(execution=event["execution"])
    kind, features = KINDS[event["kind"]], tuple(event["features"])
    train, test = (
        Split(bucket, key_in_bucket(event[f"{name}_prefix"], bucket), kind, features) for name in ("train", "test")
    )
    champion, champion_model = load_champion(bucket, event, test)
    winner = choose(test, event["candidates"], champion_model, event.get("serving", LAMBDA))
    training, profiles = summarise_train_split(train)
    constant = kind.constant(training, winner.judgement.candidate)
    comparison = compare_losses(bucket, event, winner, champion)
    rules = gate.Rules(**event["gate"], serving=event.get("serving", LAMBDA))
    changes, score_changes = answer_captured(bucket, event, winner, champion, champion_model)
    verdict = gate.verdict(winner.judgement, constant, champion, comparison, rules, changes)
    card = ModelCard(
        constant=constant,
        comparison=asdict(comparison) if comparison else None,
        verdict=verdict.to_json(),
        score_changes=score_changes,
        lineage=lineage(bucket, event, winner.candidate, winner.contender.artefact_sha256),
        candidates=tuple(each.to_json(kind) for each in winner.outcomes),
        feature_profiles={name: asdict(each) for name, each in zip(features, profiles, strict=True)},
        **model_fields(bucket, winner),
        **judgement_fields(winner.judgement, champion, champion_model),
        **execution_fields(event, training),
    )
    key = card_key(event["execution"], event["target"])
    s3.write_json(bucket, key, card.to_json())
    logger.info("judged", extra={"card": key, "verdict": card.verdict, "algorithm": card.algorithm})
    return summary(card, event["live_model_path"])


def choose(test: Split, candidates: list[dict[str, Any]], champion_model: Contender | None, serving: str) -> Winner:
    """The best candidate that `serving` can serve, judged with the champion if it can be.

    Raises AllCandidatesFailed, BadTestSet.

    Each candidate is judged by itself first, in a pass over the rows of its own, so that rows that one cannot predict
    count for the others. Where there is one alone, a single pass judges it and the champion.
    """
    single = champion_model if len(candidates) == 1 else None
    assessments = [judge_candidate(test, each, single) for each in candidates]
    outcomes = [bar_unservable(outcome, serving) for outcome, _ in assessments]
    place = best(outcomes)
    candidate, (_, chosen) = candidates[place], assessments[place]
    if chosen is None:
        raise AssertionError("the best candidate has been judged")
    model, judgement, golden = chosen
    if champion_model and len(candidates) > 1:
        judgement, golden = judge(test, [model, champion_model])
    return Winner(candidate, model, judgement, golden, outcomes)


Assessment = tuple[Contender, AnyJudgement, dict[str, Any]]


def judge_candidate(
    test: Split, candidate: dict[str, Any], champion_model: Contender | None
) -> tuple[Outcome, Assessment | None]:
    """What becomes of a candidate, judged by itself or with the champion. Raises BadTestSet."""
    algorithm = candidate["algorithm"]
    if "error" in candidate:
        return Outcome(algorithm, error=failure_reason(candidate["error"])), None
    path = key_in_bucket(candidate["model_key"], test.bucket)
    try:
        model = contender(test.bucket, candidate, test.kind, test.features)
        judgement, golden = judge(test, [model, champion_model] if champion_model else [model])
    except (BadModel, MissingObject) as bad:
        logger.warning("a candidate cannot be judged", extra={"algorithm": algorithm, "reason": str(bad)})
        return Outcome(algorithm, path, error=f"{type(bad).__name__}: {bad}"), None
    return Outcome(algorithm, path, judgement.candidate), (model, judgement, golden)


def load_champion(bucket: str, event: dict[str, Any], test: Split) -> Champion:
    """The champion, if there is one, and what is judged of it if the candidates can be compared with it.

    The test split holds the candidates' features and label: a model of others cannot be judged by it.
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
        if card.features != test.features:
            return gate.Champion(execution, f"is of the features {', '.join(card.features)}", card.serving), None
        return gate.Champion(execution, serving=card.serving), champion_contender(event, card, test)
    except (BadModel, MissingObject) as unreadable:
        return gate.Champion(execution, f"cannot be read ({unreadable})"), None


def champion_contender(event: dict[str, Any], card: ModelCard, test: Split) -> Contender:
    """What is judged of the champion. Raises BadModel, MissingObject."""
    stored = {"algorithm": card.algorithm, "model_key": event["live_model_path"]}
    prefix = event.get("live_predictions_prefix")
    if card.algorithm == KNN and (error := event.get("live_predictions_error")):
        raise BadModel(f"there are no predictions: {failure_reason(error)}")
    model = contender(test.bucket, stored | {"predictions_prefix": prefix}, test.kind, test.features)
    if prefix:
        # What is wrong with them shall not be taken for the fault of a candidate: they are read once by themselves.
        judge(test, [model])
    return model


def compare_losses(
    bucket: str, event: dict[str, Any], winner: Winner, champion: gate.Champion | None
) -> gate.Comparison | None:
    """The comparison with the champion, None without one to compare with; what can promote is counted.

    Its object is named after what is compared. So a step that is tried again is counted once, and so are the
    comparisons of a schedule while there are no new rows.
    """
    losses = winner.judgement.losses
    if champion is None or losses is None:
        return None
    prefix = comparisons_prefix(champion.execution, event["target"])
    sums = asdict(losses)
    name = sha256(repr((winner.contender.weights, winner.contender.bias, losses)).encode()).hexdigest()[:32]
    if gate.decides(winner.judgement):
        s3.write_json(bucket, f"{prefix}{name}.json", {"execution": event["execution"]} | sums)
    # They are listed after the write: of two at a time at least one sees both, and none takes the place of an earlier.
    others = set(s3.keys(bucket, prefix)) - {f"{prefix}{name}.json"}
    rivals = sum(each.competes for each in winner.outcomes)
    return gate.compare(losses, len(others) + 1, rivals)


def answer_captured(
    bucket: str,
    event: dict[str, Any],
    winner: Winner,
    champion: gate.Champion | None,
    champion_model: Contender | None,
) -> tuple[ScoreChanges | None, dict[str, Any]]:
    """How the winner's answers to the last requests differ from those that callers had, and so in the card."""
    execution, features = champion.execution if champion else None, tuple(event["features"])
    question = captured.Question(
        bucket, event["task"], event["kind"], features, execution, champion_model, winner.contender
    )
    return captured.changes_of(question, datetime.now(UTC))


def model_fields(bucket: str, winner: Winner) -> dict[str, Any]:
    """A card's fields on the model."""
    return {
        "model_path": key_in_bucket(winner.candidate["model_key"], bucket),
        "algorithm": winner.candidate["algorithm"],
        "hyperparameters": winner.candidate["hyperparameters"],
        "threshold": winner.contender.threshold,
        "weights": winner.contender.weights,
        "bias": winner.contender.bias,
        "golden": winner.golden,
    }


def judgement_fields(
    judgement: AnyJudgement, champion: gate.Champion | None, champion_model: Contender | None
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


def execution_fields(event: dict[str, Any], training: TrainingRows) -> dict[str, Any]:
    """A card's fields on the execution and its training set; where and when."""
    return {
        "execution": event["execution"],
        "task": event["task"],
        "kind": event["kind"],
        "unit": TASKS[event["task"]].unit,
        "target": event["target"],
        "features": tuple(event["features"]),
        "training": {name: asdict(each) for name, each in zip(event["features"], training.features, strict=True)},
        "training_set": event["training_set"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "region": s3.region(),
        "serving": event.get("serving", LAMBDA),
        "started_by": event.get("started_by", {}),
    }


def summary(card: ModelCard, live_model_path: str) -> dict[str, Any]:
    """What the workflow needs to go on and to report: no curves, which would fill its state."""
    listed = ("algorithm", "model_path", "measure", "value", "error")
    return output_numbers(card.metrics) | {
        "rows": card.rows,
        "verdict": card.verdict,
        "golden": card.golden,
        "live_model_path": live_model_path,
        "model_path": card.model_path,
        "card": card_key(card.execution, card.target),
        "algorithm": card.algorithm,
        "serving": card.serving,
        "candidates": [{name: each[name] for name in listed} for each in card.candidates],
    }
