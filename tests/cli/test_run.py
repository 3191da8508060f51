"""What `wildrydes run` says at its end."""

from cli.run import how_to_ask


def test_the_commands_of_a_run_make_the_same_model_again() -> None:
    chosen = {"task": "pick_duration", "algorithms": ["linear-learner", "xgboost"], "serving": "endpoint"}
    retrain = next(line for line in how_to_ask(chosen).splitlines() if "make retrain" in line)
    samples = "SAMPLES=data/samples/samples.csv.gz TASK=pick_duration"
    assert retrain.strip() == f"make retrain {samples} ALGORITHMS=linear-learner,xgboost SERVING=endpoint"
    assert "make retrain RIDES=data/rides\n" in how_to_ask({"chunk_bytes": 200_000})
