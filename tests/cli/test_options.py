"""What becomes of the options: the input of the execution, field by field."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from cli import __main__ as commands
from cli import executions, input_options, options, retrain, ride_files, run, weather

ARN = "arn:aws:states:us-east-1:123456789012:execution:wildrydes-retrain:run-1"


@pytest.mark.parametrize(
    ("arguments", "execution_input"),
    [
        ("", {}),
        (
            "--years 2015-2019 --hyperparameter epochs=30 --no-promote --force",
            {
                "years": {"first": 2015, "last": 2019},
                "hyperparameters": {"epochs": "30"},
                "promote": False,
                "force": True,
            },
        ),
        ("--years 2018 --promote", {"years": {"first": 2018, "last": 2018}, "promote": True}),
        ("--hyperparameter epochs=3 --hyperparameter l1=0.5", {"hyperparameters": {"epochs": "3", "l1": "0.5"}}),
        ("--hyperparameter linear-learner.l1=0.5", {"hyperparameters": {"linear-learner": {"l1": "0.5"}}}),
        ("--algorithms linear-learner", {"algorithms": ["linear-learner"]}),
        ("--algorithms knn --serving endpoint", {"algorithms": ["knn"], "serving": "endpoint"}),
        ('--tuning {"jobs":3}', {"tuning": {"jobs": 3}}),
        ("--target service_requested", {"target": "service_requested"}),
        ("--features distance,TMAX", {"features": ["distance", "TMAX"]}),
        ("--chunk-bytes 1024 --min-training-rows 7", {"chunk_bytes": 1024, "min_training_rows": 7}),
        ("--reason drift --reason-detail alarm-7", {"reason": "drift", "reason_detail": "alarm-7"}),
        ("--max-without-weather-fraction 0.25", {"max_without_weather_fraction": 0.25}),
        ("--max-score-change 0.1", {"max_score_change": 0.1}),
        ("--max-rejected-fraction 0 --min-improvement 0.5", {"max_rejected_fraction": 0.0, "min_improvement": 0.5}),
    ],
)
def test_options_are_the_fields_of_the_input(
    arguments: str, execution_input: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started_with(monkeypatch, "retrain", arguments) == execution_input
    assert started_with(monkeypatch, "run", arguments) == {"chunk_bytes": 200_000} | execution_input


def started_with(monkeypatch: pytest.MonkeyPatch, command: str, arguments: str) -> dict[str, Any]:
    """The input with which a command starts the workflow."""
    inputs: list[dict[str, Any]] = []

    def start(_: Any, machine: str, execution_input: dict[str, Any], name: str) -> str:
        assert (machine, name[:4]) == ("retrain", "run-")
        inputs.append(execution_input)
        return ARN

    monkeypatch.setattr(executions, "start", start)
    # All that needs a server stands still.
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(options.Stack, "describe", lambda *_: None)
    monkeypatch.setattr(retrain, "follow_detached", lambda *_, **__: 0)
    monkeypatch.setattr(run, "follow", lambda *_, **__: 0)
    monkeypatch.setattr(run.embedded, "temporary_server", lambda _: _Nothing())
    for name in ("fill_weather", "sweep_orphans"):
        monkeypatch.setattr(run, name, lambda *_, **__: None)
    machine = ARN.replace(":execution:", ":stateMachine:").removesuffix(":run-1")
    stack = options.Stack("wildrydes", {"StateMachineArn": machine}, lambda _: None)
    monkeypatch.setattr(run, "deploy_stack", lambda *_, **__: stack)
    monkeypatch.setattr(run.ServerRecord, "running_server", lambda _: None)
    monkeypatch.setattr(ride_files, "collect", lambda *_: [])
    monkeypatch.setattr(weather, "collect", lambda *_: None)
    monkeypatch.setattr(weather, "check_years", lambda *_: None)
    monkeypatch.setattr(retrain, "check_stack_years", lambda *_: None)
    monkeypatch.setattr(ride_files, "upload", lambda *_: None)
    assert commands.main([command, *arguments.split()]) == 0
    (execution_input,) = inputs
    return execution_input


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def test_knn_alone_is_refused_by_its_option_unless_an_endpoint_is_to_serve_it() -> None:
    for serving in ({}, {"serving": "lambda"}):
        with pytest.raises(click.BadParameter, match="set serving to endpoint") as refusal:
            input_options.validate_input({"algorithms": ["knn"]} | serving)
        assert refusal.value.param_hint == "--algorithms"


def test_units_of_weather_are_those_that_can_be_read() -> None:
    assert list(options.WEATHER_UNITS) == [units.value for units in weather.Units]


def test_every_field_of_the_input_has_an_option() -> None:
    @click.command()
    @input_options.execution_input
    def show(execution_input: dict[str, Any]) -> None:
        click.echo(sorted(execution_input))

    every = (
        "--target heavy_utilization --features PRCP --hyperparameter epochs=1 --years 2018 --chunk-bytes 2000 "
        "--max-rejected-fraction 1 --min-training-rows 1 --min-improvement 0 --promote --force"
    )
    fields = (
        "chunk_bytes features force hyperparameters max_rejected_fraction min_improvement min_training_rows promote "
        "target years"
    )
    assert CliRunner().invoke(show, every.split()).output == f"{fields.split()}\n"


def test_a_task_says_what_it_learns_from_under_either_name() -> None:
    inputs = [{}, {"target": "service_requested"}, {"task": "pick_duration"}, {"target": "pick_duration"}]
    assert [input_options.source_of(each) for each in inputs] == ["rides", "rides", "samples", "samples"]


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ("run --task pick_duration --rides data/rides", "--rides has no effect on pick_duration"),
        ("run --target pick_duration --weather data/weather", "--weather has no effect on pick_duration"),
        ("run --task pick_duration --weather-units metric", "--weather-units has no effect on pick_duration"),
        ("run --samples data/samples/samples.csv.gz", "--samples has no effect on heavy_utilization"),
        ("retrain --task pick_duration --rides data/rides", "--rides has no effect on pick_duration"),
        (
            "retrain --task magic_points --samples data/samples/samples.csv.gz",
            "--samples has no effect on magic_points, which learns from rides: give --rides instead",
        ),
    ],
)
def test_data_that_a_task_does_not_learn_from_is_refused(
    arguments: str, refusal: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Before any of it is read, and before a server is asked.
    monkeypatch.chdir(options.ROOT)
    for module in (run, retrain):
        monkeypatch.setattr(module.ride_files, "collect", None)
        monkeypatch.setattr(module.sample_files, "check", None)
    monkeypatch.setattr(options, "account", lambda *_: None)
    monkeypatch.setattr(options.Stack, "describe", lambda *_: None)
    assert commands.main(arguments.split()) == 2
    assert refusal in capsys.readouterr().err
