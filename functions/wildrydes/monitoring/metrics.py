"""What a day's document says, as one line of CloudWatch's embedded metric format.

What each metric says is in `wildrydes.metric_line`. What is not known is left out. Dimensions are `service` and `task`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wildrydes.metric_line import directive, document
from wildrydes.tasks import BINARY


def values(findings: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of a day's document by name."""
    indices = [each["psi"] for each in findings["features"].values() if each["psi"] is not None]
    scores, how_good = findings["scores"] or {}, findings["served"] or {}
    named = {
        "Drift": max(indices, default=None),
        "DriftedFeatures": len(findings["drifted"]),
        "ScoreDrift": scores.get("psi"),
        "ServedLogLoss" if findings["kind"] == BINARY else "ServedRmse": how_good.get("measure"),
        "QualityLoss": how_good.get("quality_loss"),
        "MissingValues": findings["missing_values"]["share"],
        "UnknownStations": findings["unknown_stations"]["share"],
        "Outcomes": findings["outcomes"],
        "PredictionsSeen": findings["predictions"],
        "ChampionAgeDays": findings["champion_age_days"],
    }
    return {name: value for name, value in named.items() if value is not None}


def line(service: str, findings: Mapping[str, Any], now: datetime) -> str:
    """The line for a day's document, without its end."""
    named = values(findings)
    fields = {"service": service, "task": findings["task"], "date": findings["date"]}
    return json.dumps(document([directive(("service", "task"), *named)], fields | named, now.timestamp()))
