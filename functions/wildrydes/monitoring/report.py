"""A task's day next to its champion's card, as the document monitoring/<task>/<date>.json holds it.

task, date, model, created, card    what was looked at, when, and the champion's card
predictions, refused, models        of the day: how many, those that could not be used, how many by model
tests, level                        the tests of a day, and the chance below which one is an alarm
features, scores                    by feature, and of the scores: `wildrydes.monitoring.drift.Drift`, `drifted`, and
                                    the histogram: edges, `then` and `now`
missing_values, unknown_stations    `wildrydes.monitoring.shares.Share`, and `drifted`
drifted                             what of these has drifted
served                              `wildrydes.monitoring.quality.Quality`, `worse`, all metrics: of the champion from
                                    `first_date` on
by_day                              by day and model: predictions, outcomes, the measure, its interval, and calibration
outcomes, unusable_outcomes         of the champion's predictions, those whose truth is known; truths that are no label
left_out                            captures of all tasks that cannot be read: `monitor_model.damage`
champion_age_days, remarks          how old the champion is; what could not be looked at, and why
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.model.card import ModelCard
from wildrydes.monitoring import reference, shares
from wildrydes.monitoring.day import Spread, Truths, Watch
from wildrydes.monitoring.drift import compare
from wildrydes.monitoring.error_budget import level
from wildrydes.monitoring.observations import FAR
from wildrydes.monitoring.quality import Quality, metrics, quality

LEAST_ROWS = 30
"""Fewer independent rows are not compared."""

MISSING_VALUES, UNKNOWN_STATIONS = "missing values", "unknown stations"
_CURVES = frozenset({"roc", "histogram", "residuals", "grid"})
"""Of the served metrics, what the document has no need of."""


@dataclass(frozen=True)
class Period:
    """The day that is looked at, and the first one whose truths are; both as YYYY-MM-DD."""

    date: str
    first_date: str


def watch_of(card: ModelCard, period: Period) -> Watch:
    """What adds up the observations of a champion's task. Raises BadModel for a card that cannot be compared with."""
    features, scores = reference.feature_references(card), reference.score_reference(card)
    return Watch(period.date, card.execution, card.kind, features, scores)


@dataclass(frozen=True)
class Findings:
    """What a day's rows are next to those of the card, each with the field `drifted`."""

    level: float
    features: dict[str, dict[str, Any]]
    scores: dict[str, Any] | None
    shares: dict[str, dict[str, Any]]

    @property
    def drifted(self) -> list[str]:
        """The features that have drifted, missing values and unknown stations."""
        return [name for name, each in (self.features | self.shares).items() if each["drifted"]]


def number_of_tests(card: ModelCard) -> int:
    """The tests of a day: of each feature its values and what is missing; scores, quality, and two shares."""
    return 2 * len(card.features) + 4


def find(card: ModelCard, date: str, watch: Watch, refused: int) -> Findings:
    """Compares the day with the card."""
    most_likely = level(number_of_tests(card))
    used = sum(rows for (day, _), rows in watch.predictions.items() if day == date)
    return Findings(
        most_likely,
        {name: _feature(name, spread, watch, most_likely) for name, spread in watch.features.items()},
        _compared(watch.scores, watch.independent_scores.clusters, most_likely) if watch.scores else None,
        _shares(card, watch, used, refused, most_likely),
    )


def report(card: ModelCard, period: Period, watch: Watch, refused: int, now: datetime) -> dict[str, Any]:
    """The document, `created` now. Raises BadModel for a captured score that is none."""
    findings = find(card, period.date, watch, refused)
    of_day = {model: rows for (day, model), rows in watch.predictions.items() if day == period.date}
    how_good = quality_of(card, watch.truths, findings.level)
    return {
        "task": card.task,
        "kind": card.kind,
        "unit": card.unit,
        "date": period.date,
        "first_date": period.first_date,
        "model": card.execution,
        "created": now.isoformat(timespec="seconds"),
        "predictions": sum(of_day.values()),
        "refused": refused,
        "models": of_day,
        "tests": number_of_tests(card),
        "level": findings.level,
        "features": findings.features,
        "scores": findings.scores,
        **{name.replace(" ", "_"): each for name, each in findings.shares.items()},
        "drifted": findings.drifted,
        "served": _served(card, watch.truths, how_good),
        "by_day": list(_by_day(card, watch)),
        "outcomes": len(watch.truths.rows()),
        "unusable_outcomes": watch.truths.unusable,
        "champion_age_days": _age(card, period.date),
        "remarks": list(_remarks(card, watch, how_good)),
    }


def quality_of(card: ModelCard, truths: Truths, most_likely: float) -> Quality | None:
    """The served measure of a model; None where there are too few truths, or the card has no measure."""
    promised = reference.card_measure(card)
    return quality(card.kind, truths.rows(), truths.clusters, promised, most_likely) if promised else None


def _feature(name: str, spread: Spread, watch: Watch, most_likely: float) -> dict[str, Any]:
    independent = min(watch.independent.of(name), float(sum(spread.counts)))
    values = sum(spread.counts) + spread.missing
    missing = shares.share_of(spread.missing, values, 0.0)
    compared = _compared(spread, independent, most_likely)
    compared["drifted"] = compared["drifted"] or missing.chance <= most_likely
    return compared | {"missing": spread.missing, "quantiles": spread.reference.quantiles}


def _compared(spread: Spread, independent: float, most_likely: float) -> dict[str, Any]:
    then = spread.reference
    histogram = {"edges": then.edges, "then": then.counts, "now": spread.counts}
    if not sum(spread.counts):
        nothing = dict.fromkeys(("psi", "distance", "chance"))
        return nothing | {"rows": 0, "independent_rows": 0.0, "drifted": False, "histogram": histogram}
    drift = compare(then.counts, spread.counts, then.independent_rows, independent)
    return asdict(drift) | {"drifted": drift.chance <= most_likely, "histogram": histogram}


def _shares(card: ModelCard, watch: Watch, used: int, refused: int, most_likely: float) -> dict[str, dict[str, Any]]:
    far, located = watch.stations[FAR], sum(watch.stations.values())
    counted = {
        MISSING_VALUES: shares.share_of(refused, used + refused, reference.missing_share(card)),
        UNKNOWN_STATIONS: shares.share_of(far, located, reference.far_share(card)),
    }
    return {
        name: asdict(each) | {"share": each.share, "drifted": each.chance <= most_likely}
        for name, each in counted.items()
    }


def _served(card: ModelCard, truths: Truths, how_good: Quality | None) -> dict[str, Any] | None:
    if how_good is None:
        return None
    return asdict(how_good) | {"worse": how_good.is_worse, "metrics": _metrics(card, truths)}


def _metrics(card: ModelCard, truths: Truths) -> dict[str, Any]:
    try:
        all_metrics = metrics(card.kind, card.threshold, truths.rows())
    except ValueError as bad:
        raise BadModel(f"a captured score of {card.execution} is none: {bad}") from None
    return {name: value for name, value in all_metrics.items() if name not in _CURVES}


def _by_day(card: ModelCard, watch: Watch) -> Iterator[dict[str, Any]]:
    for day, model in sorted(watch.predictions):
        line = {"day": day, "model": model, "predictions": watch.predictions[day, model], "outcomes": 0}
        line |= dict.fromkeys(("measure", "low", "high", "calibration_gap", "calibration_chance"))
        if truths := watch.by_day.get((day, model)):
            line["outcomes"] = len(truths.rows())
            if how_good := quality_of(card, truths, level(number_of_tests(card))):
                line |= {name: getattr(how_good, name) for name in ("measure", "low", "high")}
                line |= _calibration(_metrics(card, truths))
        yield line


def _calibration(of_rows: dict[str, Any]) -> dict[str, Any]:
    """The gap and its chance: of a classifier's probabilities, or of a regressor's numbers."""
    return {
        "calibration_gap": of_rows.get("calibration_gap", of_rows.get("bias_gap")),
        "calibration_chance": of_rows.get("calibration_chance", of_rows.get("bias_chance")),
    }


def _age(card: ModelCard, day: str) -> float | None:
    """Days from the champion's training to the end of the day."""
    try:
        trained = datetime.fromisoformat(card.created)
    except ValueError:
        return None
    end = datetime.combine(date.fromisoformat(day), datetime.max.time(), trained.tzinfo)
    return round(max(0.0, (end - trained).total_seconds() / 86400), 3)


def _few(rows: float) -> str:
    if rows == 0:
        return "the day has no row to compare with training: whether it has drifted is not known"
    return (
        f"rows that are alike count once, and the day has {rows:.1f} so: below {LEAST_ROWS} only a large drift is seen"
    )


def _remarks(card: ModelCard, watch: Watch, how_good: Quality | None) -> Iterator[str]:
    if unknown := [name for name in card.features if name not in watch.features]:
        yield f"the card has no profile of {', '.join(unknown)}: the next retraining's card has them"
    if watch.scores is None:
        yield "the card has no histogram of scores to compare with"
    if not watch.independent.rows >= LEAST_ROWS:
        yield _few(watch.independent.rows)
    if how_good is None:
        rows = len(watch.truths.rows())
        yield f"the truth is known of {rows} of the champion's predictions: too few, or alike, to say how good it was"
    if watch.truths.unusable:
        yield f"{watch.truths.unusable} outcomes are no label of the task, and were passed over"
