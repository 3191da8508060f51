"""The sentences of the page: what each picture shows, what it does not, and what to do next."""

from collections.abc import Mapping
from typing import Any

from reports.conclusions import LEAST_CHANCE
from reports.sides import Comparison

SEPARABLE_AUC = 0.9995
"""From this AUC on the labels are as good as separable."""

_SEPARABLE = "heavy_utilization"


def caveat_of_the_score(card: Mapping[str, Any]) -> str:
    """Why a score as good as this one need not mean much; empty for a lower one."""
    auc = card["metrics"].get("auc")
    if auc is None or auc < SEPARABLE_AUC:
        return ""
    reason = (
        "heavy_utilization is defined by the ride's own numbers, at least 50 magic points a mile"
        if card["target"] == _SEPARABLE
        else "either the label follows from the features, or a feature already knows the label"
    )
    return (
        f"An AUC of {auc:.4f} is no proof of a good model: {reason}. Any learner finds such a line. "
        "Weights then grow with training, and only their ratios mean anything."
    )


def captions(card: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By picture, what it shows and what to beware of."""
    rows = f"{card['rows']:,} test rides"
    return {
        "roc": (
            "Each point is a threshold: how many of the rides with label 1 it finds, against how many with label 0 it "
            "takes for one. The area below is the chance that a ride with label 1 scores above one with label 0.",
            "It sees the order of the predictions alone, not whether a probability of 0.7 is one.",
        ),
        "calibration": (
            "The test rides in ten groups by their prediction. On the diagonal label 1 came as often as predicted; "
            "above it the model says too little, below it too much.",
            f"There are {rows}, a tenth in each group: an interval that touches the diagonal is no fault. "
            "The calibration error in the legend has what chance alone gives taken off.",
        ),
        "score_distribution": (
            "How the predictions of either label spread, in bins of 0.05. What overlaps cannot be told apart by "
            "this model at any threshold.",
            "Each label's bars add up to 100%, so the picture does not show which label is more frequent.",
        ),
        "weights": (
            "What one standard deviation of a feature adds to the log odds: +0.69 doubles the odds of label 1. "
            "Scaled so that features of different units can be compared.",
            "Features that move together, such as TMIN and TMAX, share what they know between them; "
            "a weight is no cause.",
        ),
    }


def regression_captions(card: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By picture of a regression, what it shows and what to beware of."""
    rows = f"{card['rows']:,} test rows"
    return {
        "predicted_against_actual": (
            "Each cell counts test rows by their actual value and by what was predicted. On the dotted line the "
            "prediction is right; the closer to it, the better.",
            "Darker is more by a logarithm: a pale cell may hold a hundredth of a dark one.",
        ),
        "residuals": (
            "How far off the predictions are: the actual value less the predicted one, in bins of equal width. The "
            "narrower, the better.",
            "A few rows that are far off decide the RMSE, and are hardly seen here: they are in the outer bins.",
        ),
        "residuals_by_group": (
            "The test rows in ten groups by their prediction. At zero the model is right on average; above it the "
            "model says too little, below it too much.",
            f"There are {rows}, a tenth in each group: an interval that touches zero is no fault.",
        ),
        "weights": (
            "What one standard deviation of a feature adds to the prediction, so that features of different units can "
            "be compared.",
            "Features that move together share what they know between them; a weight is no cause.",
        ),
    }


REASONS_WITHOUT_PICTURE = {
    "roc": "There is no ROC curve: all test rides have the same label.",
    "score_distribution": "There is no score distribution: this card was written before cards had one.",
    "weights": "There are no weights: this is no linear model, or its card was written before cards had them.",
}
"""By picture, why there is none."""


def describe_champion(comparison: Comparison) -> str:
    """A sentence on the champion that the candidate is compared with, or why with none."""
    champion = comparison.card.get("live")
    if not champion:
        return "There was no champion when this model was judged."
    if len(comparison.sides) > 1:
        return f"It is compared with the champion of that time, {champion['execution']}, on the same test rides."
    return f"The champion of that time, {champion['execution']}, {champion.get('incomparable') or 'was not compared'}."


def next_steps(card: Mapping[str, Any]) -> list[str]:
    """What to do with this model, and with what its numbers say."""
    steps = [_after_the_verdict(card)]
    if card["target"] == _SEPARABLE and caveat_of_the_score(card):
        steps.append("Train for service_requested as well: no formula of the features gives that label away.")
    if card["metrics"].get("calibration_chance", 1.0) <= LEAST_CHANCE:
        steps.append("Do not use the probabilities as such: they are off by more than chance explains.")
    if card["metrics"].get("bias_chance", 1.0) <= LEAST_CHANCE:
        steps.append("Do not add predictions up: on average they are off by more than chance explains.")
    counts = card.get("training_set", {})
    left_out = sum(counts.get(name, 0) for name in ("without_weather", "without_label"))
    if left_out:
        steps.append(f"{left_out:,} rides were left out for lack of weather or of a label: see the counts.")
    if other := card.get("lineage", {}).get("other_years", {}).get("rides", 0):
        steps.append(f"{other:,} rides of other years were not read: the option --years asks for them.")
    if "without_weather" in counts:
        steps.append("Rejected rides are under rejected/ in the data bucket, each with its reason and position.")
    return steps


def _after_the_verdict(card: Mapping[str, Any]) -> str:
    champion = card.get("live") or {}
    if card.get("verdict", {}).get("promote"):
        return "make models lists what is live, since when and why; make rollback goes back to the model before it."
    if champion.get("incomparable"):
        return 'To put it in the place of the champion all the same, retrain with "force": true; the guards stay.'
    return "Callers notice nothing: the champion stays. The verdict says what another try has to do better."
