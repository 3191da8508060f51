"""The figures of a retraining: what `build/report.json` holds, from the execution's output and the API's answer."""

from typing import Any

from cli import endpoint_cost
from cli.account import Account
from wildrydes.algorithms import ENDPOINT, LAMBDA
from wildrydes.evaluation.kinds import KINDS
from wildrydes.tasks import BINARY

_SPLITS = ("train", "validation", "test")


def summarize(
    output: dict[str, Any],
    prediction: dict[str, Any] | None,
    execution: dict[str, Any],
    account: Account | None = None,
    region: str = "",
) -> dict[str, Any]:
    """Keys `rides, weather, training_set, other_years, metrics, candidates (every algorithm's), model_path, parameter
    (the SSM parameter as it was, and its repair), serving (`by` what, in which region, at which price of the endpoint),
    cost (at list prices), verdict, prediction (null: none is live), execution (and what it was started by)`.

    With an account, `ingestion` too: what became of each file, and the first rejected record of each reason.

    Rides add up: read = accepted + rejected + repeated, where a repeated ride came before in the same chunk of the same
    execution; and processed_rows = further_copies + without_label + without_weather + the rows of the three splits,
    where a further copy is of a ride that is there already, from another chunk, file, execution or stream. They are
    rows of the years that the execution asked for; those of `other_years`, {"objects", "rides"}, were not read.
    """
    plan = output["plan"]
    return {
        "rides": output["rides"]
        | {"files": plan["objects"], "files_ingested_before": plan["already_ingested"], "message": plan["message"]},
        **weather_and_training_set(output["training_set"]),
        "other_years": output.get("other_years", {"objects": 0, "rides": 0}),
        "metrics": _metrics(output) | {"target": output["target"], "features": output["features"]},
        "candidates": output["metrics"].get("candidates", []),
        "model_path": output["model_path"],
        "tuning": [each for each in output.get("tuning", []) if each],
        "parameter": output["parameter"],
        "serving": _serving(output, region),
        "cost": output.get("cost"),
        "verdict": output["verdict"] | {"promoted": output["promoted"], "live_model_path": output["live_model_path"]},
        "prediction": prediction,
        "execution": {"name": output["execution"], **execution, "started_by": output.get("started_by")},
        **({"ingestion": account.as_json()} if account else {}),
    }


def weather_and_training_set(counts: dict[str, Any]) -> dict[str, Any]:
    """What became of the rides that were read, on their way into the splits."""
    weather = {name: counts[name] for name in ("filled_days", "filled_rides", "far_rides", "farthest_miles")}
    splits = {split: {"rows": counts[f"{split}_rows"], "positives": counts[f"{split}_positives"]} for split in _SPLITS}
    left = {name: counts[name] for name in ("processed_rows", "rides", "without_label", "without_weather")}
    return {
        "weather": weather | {"rides_without_weather": counts["without_weather"]},
        "training_set": splits | left | {"further_copies": counts["repeated"]},
    }


def _serving(output: dict[str, Any], region: str) -> dict[str, Any]:
    """What serves the execution's model if it is live; `usd_per_hour` is what that costs beside requests."""
    by_endpoint = output.get("serving") == ENDPOINT and output["promoted"]
    price = endpoint_cost.usd_per_hour(region) if by_endpoint else 0.0
    return {"by": ENDPOINT if by_endpoint else LAMBDA, "region": region, "usd_per_hour": price}


def _metrics(output: dict[str, Any]) -> dict[str, Any]:
    """The metrics of the best candidate, without those of the other kind of tasks, which have no value there."""
    kind = output.get("kind", BINARY)
    others = {name for each, other in KINDS.items() if each != kind for name in other.numbers}
    left_out = others if kind == BINARY else {*others, "threshold"}
    return {name: value for name, value in output["metrics"].items() if name not in {*left_out, "candidates"}}
