"""What a day's document says, as one line of CloudWatch's embedded metric format.

    Drift            the largest PSI of a feature
    DriftedFeatures  how many features have drifted beyond chance, missing values and unknown stations included
    ScoreDrift       the PSI of the champion's scores
    ServedLogLoss, ServedRmse   the measure on the predictions whose truth is known
    QualityLoss      by how much that is above the card's, at the lower end of its interval; above 0: beyond chance
    MissingValues, UnknownStations   shares, from 0 to 1
    Outcomes, PredictionsSeen        counts: of truths in a week, of predictions in the day
    ChampionAgeDays

What is not known is left out. Dimensions are `service` and `task`.

Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wildrydes.tasks import BINARY

NAMESPACE = "WildRydes"
_COUNTS = frozenset({"DriftedFeatures", "Outcomes", "PredictionsSeen"})


def values(document: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of a document by name."""
    indices = [each["psi"] for each in document["features"].values() if each["psi"] is not None]
    scores, how_good = document["scores"] or {}, document["served"] or {}
    named = {
        "Drift": max(indices, default=None),
        "DriftedFeatures": len(document["drifted"]),
        "ScoreDrift": scores.get("psi"),
        "ServedLogLoss" if document["kind"] == BINARY else "ServedRmse": how_good.get("measure"),
        "QualityLoss": how_good.get("quality_loss"),
        "MissingValues": document["missing_values"]["share"],
        "UnknownStations": document["unknown_stations"]["share"],
        "Outcomes": document["outcomes"],
        "PredictionsSeen": document["predictions"],
        "ChampionAgeDays": document["champion_age_days"],
    }
    return {name: value for name, value in named.items() if value is not None}


def line(service: str, document: Mapping[str, Any], now: datetime) -> str:
    """The line for a document, without its end."""
    named = values(document)
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["service", "task"]],
        "Metrics": [{"Name": name, "Unit": "Count" if name in _COUNTS else "None"} for name in named],
    }
    aws = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    fields = {"_aws": aws, "service": service, "task": document["task"], "date": document["date"]}
    return json.dumps(fields | named)
