"""The figures of a retraining: what `build/report.json` holds, from the execution's output and the API's answer."""

from typing import Any

_SPLITS = ("train", "validation", "test")


def summarize(output: dict[str, Any], prediction: dict[str, Any] | None, execution: dict[str, Any]) -> dict[str, Any]:
    """Keys `rides, weather, training_set, metrics, model_path, verdict, prediction (null: none is live), execution`.

    Rides add up: read = accepted + rejected + repeated (seen before in the same chunk); and processed_rows = repeated
    (seen before in another chunk) + without_label + without_weather + the rows of the three splits.
    """
    counts = output["training_set"]
    plan = output["plan"]
    return {
        "rides": output["rides"]
        | {"files": plan["objects"], "files_ingested_before": plan["already_ingested"], "message": plan["message"]},
        "weather": {
            "filled_days": counts["filled_days"],
            "filled_rides": counts["filled_rides"],
            "rides_without_weather": counts["without_weather"],
        },
        "training_set": {
            split: {"rows": counts[f"{split}_rows"], "positives": counts[f"{split}_positives"]} for split in _SPLITS
        }
        | {name: counts[name] for name in ("processed_rows", "rides", "repeated", "without_label", "without_weather")},
        "metrics": output["metrics"] | {"target": output["target"], "features": output["features"]},
        "model_path": output["model_path"],
        "verdict": output["verdict"] | {"promoted": output["promoted"], "live_model_path": output["live_model_path"]},
        "prediction": prediction,
        "execution": {"name": output["execution"], **execution},
    }
