"""What `wildrydes run` says at its end, and over how many children it fans out."""

import socket
from pathlib import Path

import pytest
from rich.console import Console

from cli import run
from cli.run import chunk_bytes_of, how_to_ask, stop
from local.account import EmbeddedAws


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


def test_children_are_some_forty_whatever_the_size_up_to_the_workflows_default(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    files = [tmp_path / "a.json", tmp_path / "deeper" / "b.json"]
    chunks = {1_000: 200_000, 8_000_000: 400_000, 1_000_000_000: 8 << 20}
    for size, chunk in chunks.items():
        for file in files:
            with file.open("wb") as sparse:
                sparse.truncate(size)
        assert chunk_bytes_of(files) == chunk
    assert chunk_bytes_of(files[:1]) == 8 << 20


def test_ctrl_c_ends_though_the_server_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "_STOP_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = EmbeddedAws.on_port(silent.getsockname()[1])
        stop(server, "arn:aws:states:us-east-1:000000000000:execution:m:run-1", Console(width=200))
    assert "The execution was not stopped: Read timeout on endpoint URL" in capsys.readouterr().out
