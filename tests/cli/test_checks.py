"""What is checked before anything starts: a wrong option or file ends `run` and `up`, and no server was started."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from cli import __main__ as commands
from cli import embedded
from cli.server_record import ServerRecord

ROW = "USW00094728,20180101,TMAX,-71,,,W,2400\n"
RIDE = '{"distance": 1}'

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server runs, and none may start."""
    monkeypatch.setattr(ServerRecord, "process", lambda _: None)
    monkeypatch.setattr(embedded, "launch", lambda *_, **__: pytest.fail("a server was started"))


@pytest.mark.parametrize("command", ["run", "retrain"])
@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--target", "speed"),
        ("--target", ""),
        ("--features", "distance,speed"),
        ("--features", "distance,distance"),
        ("--features", ""),
        ("--years", "2018-"),
        ("--years", "last"),
        ("--years", "2019-2018"),
        ("--years", "1066-2018"),
        ("--hyperparameter", "epochs"),
        ("--hyperparameter", "=3"),
        ("--hyperparameter", "epochs=many"),
        ("--hyperparameter", "speed=3"),
        ("--chunk-bytes", "many"),
        ("--chunk-bytes", "1023"),
        ("--chunk-bytes", "67108865"),
        ("--max-rejected-fraction", "1.5"),
        ("--max-rejected-fraction", "nan"),
        ("--max-without-weather-fraction", "1.5"),
        ("--max-without-weather-fraction", "nan"),
        ("--min-training-rows", "0"),
        ("--min-training-rows", "1.5"),
        ("--min-improvement", "-1"),
        ("--min-improvement", "inf"),
    ],
)
def test_wrong_option_is_wrong_usage_and_named(command: str, option: str, text: str, capsys: Output) -> None:
    assert commands.main([command, option, text]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert option in output.err.partition("Error: ")[2]


@pytest.mark.parametrize("port", ["0", "80000", "-1", "http", ""])
def test_wrong_port_is_wrong_usage(port: str, capsys: Output) -> None:
    assert commands.main(["up", "--port", port]) == 2
    assert "Invalid value for '--port'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["run", "--rides"], "--rides"),
        (["run", "--weather"], "--weather"),
        (["up", "--weather"], "--weather"),
        (["retrain", "--rides"], "--rides"),
        (["stream", "--rides"], "--rides"),
    ],
)
def test_file_that_is_not_there_is_wrong_usage(
    arguments: list[str], option: str, tmp_path: Path, capsys: Output
) -> None:
    path = tmp_path / "nowhere"
    assert commands.main([*arguments, str(path)]) == 2
    assert f"Invalid value for '{option}': Path '{path}' does not exist." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it holds no data"),
        (b" \n", "it holds no data"),
        (b"[]", "it holds an empty list"),
        (b"[1, 2]", "its first record is 1, not an object"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not_"),
        (b'[{"a": "\xff"}]', "not_utf8"),
        (b'[{"distance": 1', "truncated_file"),
        (b"latitude,longitude\n40.7,-74\n", "csv: the file looks like CSV"),
    ],
)
def test_ride_file_without_a_ride_is_named(content: bytes, reason: str, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "rides.json"
    file.write_bytes(content)
    assert commands.main(["run", "--rides", str(file)]) == 1
    output = capsys.readouterr().err
    assert f"{file}: " in output
    assert reason in output


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", ": it is empty"),
        (b"station,day,celsius\n", ", line 1: 'station,day"),
        (ROW.encode() + b"USW00094728,2018-01-02,TMAX,-71,,,W,2400\n", ", line 2: 'USW00094728,2018-01-02"),
        (ROW.encode() * 99 + b"USW00094728\n", ", line 100: 'USW00094728'"),
    ],
)
@pytest.mark.parametrize("command", ["run", "up"])
def test_weather_that_is_none_is_named_with_its_line(
    command: str, content: bytes, reason: str, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "weather.csv"
    file.write_bytes(content)
    assert commands.main([command, "--weather", str(file)]) == 2
    output = capsys.readouterr().err
    assert f"{file}{reason}" in output
    assert "such as USW00094728,20180101,TMAX,-71,,,W,2400" in output


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "it is no text in UTF-8"),
        (ROW.encode("utf-16"), "it looks like UTF-16: convert it to UTF-8"),
        (gzip.compress(ROW.encode(), mtime=0)[:-9], "the gzip file is damaged or cut off"),
        (b"ID,DATE,ELEMENT,DATA_VALUE,M_FLAG,Q_FLAG,S_FLAG,OBS_TIME\n", "No weather file has TMIN, TMAX, PRCP"),
    ],
)
def test_weather_of_another_kind_is_named(content: bytes, reason: str, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "weather.csv").write_bytes(content)
    assert commands.main(["up", "--weather", str(tmp_path / "weather.csv")]) == 2
    assert reason in capsys.readouterr().err


def test_years_without_a_day_of_weather_are_wrong_usage(tmp_path: Path, capsys: Output) -> None:
    assert commands.main(["run", "--years", "1990-1991"]) == 2
    # On a slow machine the end of a line of progress comes first.
    assert capsys.readouterr().err.lstrip("\n") == (
        "No ride can have weather in the years 1990 to 1991: the weather files have TMIN from 2018-01-01 to "
        "2019-12-31, TMAX from 2018-01-01 to 2019-12-31, PRCP from 2018-01-01 to 2019-12-31. Name other years by "
        "--years (YEARS=), or other files by --weather (WEATHER=).\n"
    )
    (tmp_path / "weather.csv").write_text(ROW)
    assert commands.main(["run", "--weather", str(tmp_path / "weather.csv")]) == 2
    assert "TMIN on no day, TMAX from 2018-01-01 to 2018-01-01, PRCP on no day." in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["run", "--rides"], ["run", "--weather"], ["up", "--weather"]], ids=lambda each: "-".join(each)
)
def test_empty_folder_and_file_that_cannot_be_read_are_named(
    arguments: list[str], tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert commands.main([*arguments, str(folder)]) == 1
    assert capsys.readouterr().err == f"{folder} holds no file.\n"
    file = folder / "locked"
    file.write_text(RIDE if "--rides" in arguments else ROW)
    open_file = Path.open

    def refuse(path: Path, *modes: Any, **more: Any) -> Any:
        if path == file:
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, *modes, **more)

    monkeypatch.setattr(Path, "open", refuse)
    assert commands.main([*arguments, str(folder)]) == 1
    assert capsys.readouterr().err == f"{file} cannot be read: Permission denied.\n"


def test_good_files_and_options_go_on_to_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks refuse nothing that is right: what follows them is the start."""
    monkeypatch.setattr(embedded, "launch", _launched)
    (tmp_path / "rides.json").write_text(RIDE)
    (tmp_path / "weather.csv").write_text(ROW + ROW.replace("TMAX", "TMIN") + ROW.replace("TMAX,-71", "PRCP,0"))
    files = ["--rides", str(tmp_path / "rides.json"), "--weather", str(tmp_path / "weather.csv")]
    with pytest.raises(StartError):
        commands.main(["run", *files, "--years", "2018", "--target", "service_requested"])


class StartError(Exception):
    """Stands for the start of a server."""


def _launched(*_: Any, **__: Any) -> None:
    raise StartError
