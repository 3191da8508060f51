"""What `wildrydes run` says at its end."""

from pathlib import Path

from cli.run import how_to_ask


def test_the_commands_of_a_run_make_the_same_model_again() -> None:
    chosen = {"task": "pick_duration", "algorithms": ["linear-learner", "xgboost"], "serving": "endpoint"}
    retrain = next(line for line in how_to_ask(chosen).splitlines() if "make retrain" in line)
    samples = "SAMPLES=data/samples/samples.csv.gz TASK=pick_duration"
    assert retrain.strip() == f"make retrain {samples} ALGORITHMS=linear-learner,xgboost SERVING=endpoint"
    assert "make retrain RIDES=data/rides\n" in how_to_ask({"chunk_bytes": 200_000})


def test_they_name_the_files_and_features_of_the_run() -> None:
    weather, rides = Path("my weather"), Path("mine/rides.json")
    lines = how_to_ask({"features": ["distance", "TMAX"]}, rides=rides, weather=weather, weather_units="metric")
    assert "  make up WEATHER='my weather' WEATHER_UNITS=metric\n" in lines
    assert "  make retrain RIDES=mine/rides.json FEATURES=distance,TMAX\n" in lines
    assert "  make up\n" in how_to_ask({}, weather=Path("data/weather"))
