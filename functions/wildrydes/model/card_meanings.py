"""What each field of a card says, and of which kind it is: docs/reference/card.md lists them.

A field within another is named by its path: `metrics.log_loss`. `*` stands for the name of a feature or of a metric,
and `[]` for each of a list. What is not gone into, such as what SageMaker says of a job, ends at the field above it.

    >>> list(unlisted_paths({"metrics": {"auc": 0.9, "luck": 1}, "training": {"distance": {"mean": 24.0}}}))
    ['metrics.luck']
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Meaning(NamedTuple):
    """What a field holds, such as a number or a list, and what it says. Of a whole the members are not listed."""

    holds: str
    text: str
    is_whole: bool = False


_NUMBER, _TEXT, _LIST, _OBJECT, _SHARE = "a number", "text", "a list", "an object", "a number from 0 to 1"
_DIGEST = "a SHA-256"
_METRIC = "a number, or null where it is not defined"

_MODEL: Mapping[str, Meaning] = {
    "execution": Meaning(_TEXT, "the execution that trained the model"),
    "task": Meaning(_TEXT, "what it predicts"),
    "target": Meaning(_TEXT, "the same as task"),
    "kind": Meaning(_TEXT, "binary_classification or regression"),
    "unit": Meaning(_TEXT, "of a regression, the unit of what it predicts"),
    "algorithm": Meaning(_TEXT, "what trained it: linear-learner, xgboost or knn"),
    "serving": Meaning(_TEXT, "what serves it: lambda, the function by itself, or endpoint"),
    "features": Meaning(_LIST, "its features, in the order of its weights"),
    "model_path": Meaning(_TEXT, "the key of its artefact in the data bucket"),
    "threshold": Meaning(_NUMBER, "of a classification, the probability from which on its label is 1"),
    "weights": Meaning(
        _LIST, "of a linear model: by how much a unit of each feature changes the log odds or the number"
    ),
    "bias": Meaning(_NUMBER, "of a linear model: the log odds or the number where all features are zero; else null"),
    "created": Meaning(_TEXT, "when the card was written, in ISO 8601, in UTC"),
    "region": Meaning(_TEXT, "the region in which it was trained"),
    "hyperparameters": Meaning(_OBJECT, "what it was trained with, by name", is_whole=True),
    "golden": Meaning(_OBJECT, "a row of the test split with the model's answer, by which a promotion tests it"),
    "golden.ride": Meaning(_OBJECT, "the row, by feature", is_whole=True),
    "golden.probability": Meaning(_SHARE, "the answer of a classification"),
    "golden.value": Meaning(_NUMBER, "the answer of a regression"),
    "golden.at_least": Meaning(_NUMBER, "the lowest answer that an endpoint may give"),
    "golden.at_most": Meaning(_NUMBER, "the highest answer that an endpoint may give"),
    "started_by": Meaning(_OBJECT, "why the execution was started"),
    "started_by.reason": Meaning(_TEXT, "person, schedule, new_rides, drift or quality"),
    "started_by.detail": Meaning(_TEXT, "more of it, such as an alarm's name"),
}

_JUDGEMENT: Mapping[str, Meaning] = {
    "rows": Meaning(_NUMBER, "how many rows of the test split judged it"),
    "constant": Meaning(_NUMBER, "the measure of a constant prediction, which a first model has to beat"),
    "verdict": Meaning(_OBJECT, "whether it may go live"),
    "verdict.promote": Meaning("true or false", "whether it may"),
    "verdict.reason": Meaning(_TEXT, "why, in a sentence with the numbers"),
    "verdict.criteria": Meaning(_LIST, "what was asked of it; it may go live where it passes all"),
    "verdict.criteria[].name": Meaning(_TEXT, "the criterion, such as below_champion, rows_of_label_1 or auc"),
    "verdict.criteria[].passes": Meaning("true or false", "whether it passes"),
    "verdict.criteria[].value": Meaning(
        _METRIC, "the number that was held against the bound: of below_champion the upper end of the interval"
    ),
    "verdict.criteria[].bound": Meaning(_METRIC, "the bound"),
    "verdict.criteria[].fault": Meaning("text, or null", "why it does not pass, as a clause"),
    "live": Meaning("an object, or null", "the champion of that time"),
    "live.execution": Meaning(_TEXT, "the execution that trained it"),
    "live.incomparable": Meaning("text, or null", "why the two cannot be compared"),
    "live.serving": Meaning(_TEXT, "what serves it"),
    "live.metrics": Meaning("an object, or null", "its metrics on the same rows", is_whole=True),
    "live.weights": Meaning(_LIST, "its weights, if it is a linear model"),
    "live.bias": Meaning(_NUMBER, "its bias, if it is a linear model"),
    "comparison": Meaning("an object, or null", "the comparison with the champion that decided"),
    "comparison.number": Meaning(_NUMBER, "which comparison with this champion it was, from 1"),
    "comparison.level": Meaning(_SHARE, "the probability of a false promotion that it may have"),
    "comparison.difference": Meaning(_NUMBER, "the measure less the champion's; below zero is better"),
    "comparison.low": Meaning(_NUMBER, "the lower end of the difference's interval"),
    "comparison.high": Meaning(_NUMBER, "the upper end; the model is better where it is below zero"),
    "comparison.candidates": Meaning(_NUMBER, "of how many candidates it was the best"),
    "differences": Meaning(_OBJECT, "each metric less the champion's, with its 95% interval"),
    "differences.*.difference": Meaning(_NUMBER, "the difference"),
    "differences.*.low": Meaning(_NUMBER, "the lower end of the interval"),
    "differences.*.high": Meaning(_NUMBER, "the upper end"),
    "candidates": Meaning(_LIST, "every algorithm's model of the execution"),
    "candidates[].algorithm": Meaning(_TEXT, "what trained it"),
    "candidates[].model_path": Meaning(_TEXT, "the key of its artefact"),
    "candidates[].measure": Meaning(_TEXT, "the metric that decides: log_loss or rmse"),
    "candidates[].value": Meaning(_METRIC, "its value; lower is better"),
    "candidates[].metrics": Meaning(_OBJECT, "all its metrics, without curves", is_whole=True),
    "candidates[].error": Meaning("text, or null", "why there is no model of it, or none that can go live"),
    "score_changes": Meaning(_OBJECT, "how its answers to the last captured requests differ from the champion's"),
    "score_changes.rows": Meaning(_NUMBER, "how many captured rows it answered"),
    "score_changes.reason": Meaning(_TEXT, "why there are none"),
    "score_changes.mean_change": Meaning(_NUMBER, "its answers less the champion's, on average"),
    "score_changes.mean_absolute_change": Meaning(_NUMBER, "the same without the sign"),
    "score_changes.flipped": Meaning(
        "a number from 0 to 1, or null", "of a classification, the share whose label changes"
    ),
    "score_changes.groups": Meaning(_LIST, "the same by the quarters of each feature", is_whole=True),
}

_METRICS: Mapping[str, Meaning] = {
    "metrics": Meaning(_OBJECT, "how good it is on the test split"),
    "metrics.rows": Meaning(_NUMBER, "how many rows"),
    "metrics.not_finite": Meaning(
        _NUMBER, "how many rows got a prediction that is no finite number; in none of the others"
    ),
    "metrics.threshold": Meaning(_NUMBER, "of a classification: the threshold of the label"),
    "metrics.log_loss": Meaning(_NUMBER, "of a classification, and what decides: the mean of -log of the probability"),
    "metrics.auc": Meaning(_METRIC, "the probability that a positive scores higher than a negative"),
    "metrics.auc_error": Meaning(_NUMBER, "by how much the AUC may be off, where rows were counted in bands"),
    "metrics.accuracy": Meaning(_SHARE, "the share of rows whose label is right"),
    "metrics.precision": Meaning(_METRIC, "of the rows that it calls 1, the share that is"),
    "metrics.recall": Meaning(_METRIC, "of the rows that are 1, the share that it calls so"),
    "metrics.f1": Meaning(_METRIC, "the harmonic mean of the two"),
    "metrics.calibration_error": Meaning(_SHARE, "how far probabilities are from shares, over ten groups"),
    "metrics.calibration_gap": Meaning(_SHARE, "the largest gap between the two, as a share of the rows"),
    "metrics.calibration_chance": Meaning(_SHARE, "the probability that chance makes the gap"),
    "metrics.confusion": Meaning(_OBJECT, "rows by predicted and actual label", is_whole=True),
    "metrics.roc": Meaning(_LIST, "the ROC curve", is_whole=True),
    "metrics.calibration": Meaning(_LIST, "ten groups of rows: mean probability and share of positives", is_whole=True),
    "metrics.histogram": Meaning(_OBJECT, "rows by probability, of each label", is_whole=True),
    "metrics.rmse": Meaning(_NUMBER, "of a regression, and what decides: the root of the mean squared error"),
    "metrics.mae": Meaning(_NUMBER, "the mean absolute error"),
    "metrics.r2": Meaning(_METRIC, "1 less the squared error over that of the labels' own mean"),
    "metrics.bias": Meaning(_NUMBER, "mean prediction less mean label"),
    "metrics.bias_gap": Meaning(_NUMBER, "the largest sum of prediction less label from the lowest of ten groups up"),
    "metrics.bias_chance": Meaning(_SHARE, "the probability that chance makes the gap"),
    "metrics.label_mean": Meaning(_NUMBER, "the labels' mean"),
    "metrics.label_deviation": Meaning(_NUMBER, "the labels' standard deviation"),
    "metrics.groups": Meaning(_LIST, "ten groups of rows: mean prediction and mean label", is_whole=True),
    "metrics.residuals": Meaning(_OBJECT, "rows by label less prediction", is_whole=True),
    "metrics.grid": Meaning(_OBJECT, "rows by label and prediction", is_whole=True),
}

_DATA: Mapping[str, Meaning] = {
    "training": Meaning(_OBJECT, "each feature in the train split, in its own unit"),
    "training.*.mean": Meaning(_NUMBER, "its mean"),
    "training.*.deviation": Meaning(_NUMBER, "its standard deviation"),
    "feature_profiles": Meaning(_OBJECT, "how each feature is spread in the train split, for the monitor"),
    "feature_profiles.*.quantiles": Meaning(
        _LIST, "101 values, from the lowest to the highest in steps of a hundredth"
    ),
    "feature_profiles.*.histogram": Meaning(_OBJECT, "rows by bin: edges and counts", is_whole=True),
    "feature_profiles.*.missing": Meaning(_NUMBER, "rows without a value"),
    "feature_profiles.*.independent_rows": Meaning(_NUMBER, "as how many rows they count"),
    "training_set": Meaning(_OBJECT, "what the rows were made from"),
    "training_set.processed_rows": Meaning(
        _NUMBER, "rows of the source's table, of rides those of the years that were read"
    ),
    "training_set.rides": Meaning(_NUMBER, "different rides"),
    "training_set.samples": Meaning(_NUMBER, "different samples"),
    "training_set.repeated": Meaning(_NUMBER, "further copies of them, which were left out"),
    "training_set.without_label": Meaning(_NUMBER, "rides without the label, which were left out"),
    "training_set.without_weather": Meaning(_NUMBER, "rides without weather, which were left out"),
    "training_set.without_weather_fraction": Meaning(_SHARE, "their share of the rides with a label"),
    **{
        f"training_set.{split}_{what}": Meaning(_NUMBER, f"{words} of the {split} split")
        for split in ("train", "validation", "test")
        for what, words in (("rows", "rows"), ("positives", "rows with the label 1"), ("negatives", "rows with 0"))
    },
    "training_set.lowest_label": Meaning(_NUMBER, "the lowest label"),
    "training_set.highest_label": Meaning(_NUMBER, "the highest label"),
    "training_set.filled_days": Meaning(_NUMBER, "days of a ground station that a neighbour filled"),
    "training_set.filled_rides": Meaning(_NUMBER, "rides on such days"),
    "training_set.far_rides": Meaning(_NUMBER, "rides more than 60 miles from their ground station"),
    "training_set.farthest_miles": Meaning(_NUMBER, "how far the farthest is, in miles"),
    "training_set.mini_batch_size": Meaning(_NUMBER, "the linear learner's batch, unless the input sets one"),
}

_ORIGIN: Mapping[str, Meaning] = {
    "lineage": Meaning(_OBJECT, "what the model was made from, by digest; explain compares it"),
    "lineage.bucket": Meaning(_TEXT, "the data bucket"),
    **{
        f"lineage.{name}": Meaning(
            _OBJECT, f"{text}: prefix, number of objects, digest, key of the list", is_whole=True
        )
        for name, text in (
            ("rides", "the objects with rides or samples"),
            ("weather", "the objects with the weather"),
            ("rows", "the objects of the training set"),
            ("unsettled_rides", "objects that may have been read or not, since they came meanwhile"),
        )
    },
    "lineage.years": Meaning(_OBJECT, "the years of the rides that were read; null of samples", is_whole=True),
    "lineage.other_years": Meaning(_OBJECT, "objects and rides of other years, which no query read", is_whole=True),
    "lineage.image": Meaning(
        _OBJECT, "the training container's image: its URI, and its digest or why that is unknown", is_whole=True
    ),
    "lineage.training": Meaning(_OBJECT, "the training job, as it can be started again", is_whole=True),
    "lineage.tuning": Meaning(_OBJECT, "of a search: its job, the ranges, and what was chosen", is_whole=True),
    "lineage.state_machine": Meaning(_TEXT, "the workflow's ARN"),
    "lineage.definition_sha256": Meaning(_DIGEST, "of the workflow's definition"),
    "lineage.artefact_sha256": Meaning(_DIGEST, "of the model's artefact"),
    "lineage.code_sha256": Meaning(_DIGEST, "of the functions' code"),
    "cost": Meaning(_OBJECT, "what the execution cost at list prices; empty before its end"),
    "cost.total_usd": Meaning(_NUMBER, "the sum, in dollars"),
    "cost.lines": Meaning(_LIST, "a line a quantity: service, unit, quantity, price, dollars", is_whole=True),
    "cost.unpriced": Meaning(_LIST, "what has no price here", is_whole=True),
    "cost.prices": Meaning(_TEXT, "the day of the price list"),
    "cost.region": Meaning(_TEXT, "the region of the prices"),
}

SECTIONS: Mapping[str, Mapping[str, Meaning]] = MappingProxyType(
    {
        "The model": _MODEL,
        "How it was judged": _JUDGEMENT,
        "Metrics": _METRICS,
        "The rows": _DATA,
        "Where it came from": _ORIGIN,
    }
)
"""The fields by what they are about, in the order of the page."""

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {path: meaning for section in SECTIONS.values() for path, meaning in section.items()}
)
"""Every field by its path."""


def unlisted_paths(card: Mapping[str, Any]) -> Iterator[str]:
    """The paths of a card that MEANINGS has not."""
    for name, value in card.items():
        yield from _unlisted(name, value)


def _unlisted(path: str, value: Any) -> Iterator[str]:
    meaning = MEANINGS.get(path)
    if meaning and meaning.is_whole:
        return
    if isinstance(value, Mapping) and value:
        is_named = any(each.startswith(f"{path}.*") for each in MEANINGS)
        for name, each in value.items():
            yield from _unlisted(f"{path}.*" if is_named else f"{path}.{name}", each)
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        yield from (fault for each in value for fault in _unlisted(f"{path}[]", each))
    elif meaning is None:
        yield path
