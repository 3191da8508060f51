"""Weather files whose values could be taken for others: each is read as it is meant, or refused with file and line."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from cli import deployment, weather
from local.account import EmbeddedAws
from weather_files import ELSEWHERE, JFK, PARK, ROW, collect, refusal, rows_of

HEADER = "ID,DATE,ELEMENT,DATA_VALUE,M_FLAG,Q_FLAG,S_FLAG,OBS_TIME"
OTHER_ROW = f"{ELSEWHERE},20180101,TMIN,-188,,,W,2400"


def values_of(collected: weather.Weather, folder: Path) -> dict[tuple[str, str, str], int]:
    """The values, in tenths, by station, day and element."""
    return {row[:3]: row[3] for row in rows_of(collected, folder)}


@pytest.mark.parametrize(
    "header",
    [
        "ID,DATE,ELEMENT,OBS_TIME,M_FLAG,Q_FLAG,S_FLAG,DATA_VALUE",
        "ID,DATE,ELEMENT,DATA_VALUE,M_FLAG,S_FLAG,Q_FLAG,OBS_TIME",
        "ELEMENT,DATE,ID,DATA_VALUE,M_FLAG,Q_FLAG,S_FLAG,OBS_TIME",
        "ID,DATE,ELEMENT,DATA_VALUE",
    ],
)
def test_header_of_another_order_than_noaas_is_refused_with_that_of_noaa(header: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, f"{header}\n{PARK},20180101,PRCP,0700,,,W,12\n")
    assert message.startswith(f", line 1: the header {header[:60]!r} is not that of GHCN-Daily, {HEADER}")


@pytest.mark.parametrize("blank_lines", [0, 2])
def test_header_again_in_a_joined_file_is_no_row(blank_lines: int, tmp_path: Path) -> None:
    rows = [OTHER_ROW] * 120
    text = "\n" * blank_lines + "\n".join([HEADER, ROW, *rows, HEADER, ROW.replace("TMIN,-138", "TMAX,-71"), " ", ""])
    collected = collect(tmp_path, text)
    assert values_of(collected, tmp_path) == {(PARK, "20180101", "TMIN"): -138, (PARK, "20180101", "TMAX"): -71}
    assert (collected.left_out["rows"], collected.left_out["rows of other stations"]) == (122, 120)


def test_second_header_of_another_order_is_refused_far_into_a_file(tmp_path: Path) -> None:
    header = "ID,DATE,ELEMENT,OBS_TIME,M_FLAG,Q_FLAG,S_FLAG,DATA_VALUE"
    message = refusal(tmp_path, "\n".join([HEADER, *[OTHER_ROW] * 120, header, ROW]))
    assert message.startswith(f", line 122: the header {header!r} is not that of GHCN-Daily")


@pytest.mark.parametrize(
    ("row", "station"),
    [
        (",".join(f'"{each}"' for each in ROW.split(",")), f'"{PARK}"'),
        (ROW.lower(), PARK.lower()),
        (f" {ROW}", f" {PARK}"),
        (f"\ufeff{ROW}", f"\ufeff{PARK}"),
        (ROW.replace(PARK, f"{PARK} "), f"{PARK} "),
        (ROW.replace(PARK, PARK[2:]), PARK[2:]),
    ],
    ids=["quoted", "lower case", "leading space", "byte order mark", "trailing space", "short"],
)
def test_row_without_an_id_is_not_of_another_station(row: str, station: str, tmp_path: Path) -> None:
    # Beyond the first block of the file, too.
    for others in (120, 40_000):
        message = refusal(tmp_path, "\n".join([ROW, *[OTHER_ROW] * others, row]))
        assert message.startswith(f", line {others + 2}: ")
        assert f"{station!r} is no id of a station" in message


def test_rows_of_too_few_and_too_many_fields_do_not_make_up_for_each_other(tmp_path: Path) -> None:
    rows = [ROW, *[OTHER_ROW] * 120, f"{OTHER_ROW},", ROW.removesuffix(",")]
    message = refusal(tmp_path, "\n".join([*rows, ""]))
    assert message.startswith(", line 123: ")
    assert "it has 7 fields and not 8" in message


SUMMARIES = f"STATION,DATE,TMAX,TMIN,PRCP\n{PARK},2018-01-01,-7.1,-13.8,0.0\n"


def test_header_again_in_joined_summaries_is_no_row(tmp_path: Path) -> None:
    collected = collect(tmp_path, SUMMARIES + SUMMARIES.replace(PARK, JFK).replace("TMIN", "tmin"), "metric")
    day = "20180101"
    assert values_of(collected, tmp_path) == {
        (station, day, element): value
        for station in (PARK, JFK)
        for element, value in (("TMAX", -71), ("TMIN", -138), ("PRCP", 0))
    }
    assert collected.left_out["rows"] == 2


@pytest.mark.parametrize(
    "header", ["STATION,DATE,PRCP,TMAX,TMIN", "DATE,STATION,TMAX,TMIN,PRCP", "STATION,NAME,DATE,TMAX"]
)
def test_second_header_of_other_columns_in_summaries_is_refused(header: str, tmp_path: Path) -> None:
    second = f"{header}\n{JFK},2018-01-01,5.0,10.0,0.0\n"
    message = refusal(tmp_path, SUMMARIES + second, "metric")
    assert message.startswith(", line 3: the file has a second header, whose columns are not those of the first")


@pytest.mark.parametrize("station", [PARK.lower(), f'"""{PARK}"""', f"\ufeff{PARK}", "STATION", ""])
def test_row_of_summaries_without_an_id_is_not_of_another_station(station: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, f"{SUMMARIES}{station},2018-01-02,5.0,1.0,0.0\n", "metric")
    assert message.startswith(", line 3: ")
    assert message.endswith(" is no id of a station.")


def month_of(days: int, value: str = " -123  W", year_month: str = "201801") -> str:
    """A line of a .dly file with so many days."""
    return f"{PARK}{year_month}TMIN{value * days}"


@pytest.mark.parametrize("cut", range(1, 9))
def test_month_that_ends_before_the_value_of_its_last_day_is_refused(cut: int, tmp_path: Path) -> None:
    text = month_of(30) + " -123  W"[: 8 - cut]
    if cut <= 3:
        # Only flags of the last day lack, as in a line without the blanks at its end.
        assert set(values_of(collect(tmp_path, text), tmp_path).values()) == {-123}
        return
    message = refusal(tmp_path, f"{month_of(31)}\n{text}\n")
    assert message.startswith(f", line 2: the line ends in column {269 - cut}, and the value of day 31 in column 266")


def test_month_that_ends_a_day_too_early_is_refused_and_one_with_all_its_days_is_read(tmp_path: Path) -> None:
    assert "the value of day 28 in column 242" in refusal(tmp_path, month_of(27, year_month="201802"))
    assert len(values_of(collect(tmp_path, month_of(28, year_month="201802")), tmp_path)) == 28


@pytest.mark.parametrize("value", ["-12    W", "-123   W", " -99   W"])
def test_value_that_does_not_end_in_its_last_column_is_refused(value: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, month_of(31, value))
    assert f"{value[:5]!r} does not end in the last of its five columns" in message


NINES = [9, 40, 60, 5_000]


@pytest.mark.parametrize("count", [10, *NINES[1:]])
@pytest.mark.parametrize("quality", ["", "X"])
def test_value_of_many_digits_is_refused_with_its_line(count: int, quality: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, f"{ROW}\n{PARK},20180101,TMAX,{'9' * count},,{quality},W,\n")
    assert message.startswith(", line 2: ")
    assert "has more than 9 digits" in message


@pytest.mark.parametrize("units", ["metric", "standard", "tenths"])
@pytest.mark.parametrize("count", NINES)
def test_value_of_many_digits_in_summaries_is_refused_with_its_line(count: int, units: str, tmp_path: Path) -> None:
    for value in ("9" * count, f"-{'9' * count}", f"{'9' * count}.{'9' * count}"):
        message = refusal(tmp_path, f"STATION,DATE,TMAX\n{PARK},2018-01-01,0\n{PARK},2018-01-02,{value}\n", units)
        assert message.startswith(", line 3: ")


def test_value_of_many_decimals_is_refused_where_they_are_rounded(tmp_path: Path) -> None:
    text = f"STATION,DATE,TMAX\n{PARK},2018-01-01,18.{'9' * 5000}\n"
    assert "has more than 20 decimals" in refusal(tmp_path, text, "standard")


@pytest.mark.parametrize("row", [f"{PARK},20180101,TMIN,-138,,{'x' * 5000},W,", f"{PARK},{'1' * 5000},TMIN,-138,,,W,"])
def test_long_flag_or_date_is_named_by_its_beginning(row: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, f"{ROW}\n{row}\n")
    assert message.startswith(", line 2: ")
    assert len(message) < 300


def test_digits_of_other_scripts_are_no_digits(tmp_path: Path) -> None:
    for digits in ("１３８", "١٣٨", "13８"):
        assert f"{digits!r} is no number" in refusal(tmp_path, ROW.replace("-138", digits))
    assert "is no month of a .dly file" in refusal(tmp_path, f"{month_of(31)}\n{month_of(31, year_month='２01801')}")


def test_ranges_show_that_the_units_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "fill", lambda *_: None)
    text = (
        f"STATION,DATE,TMIN,TMAX,PRCP,PRCP_ATTRIBUTES\n{PARK},2018-01-01,-13.8,36.1,0.0,\n"
        f'{JFK},2018-07-01,20,33.1,9.6,\n{JFK},2018-07-02,,,70,",X,W"\n'
    )
    ranges: dict[str, str] = {}
    for units in ("metric", "standard"):
        output = io.StringIO()
        deployment.fill_weather(EmbeddedAws.on_port(1), collect(tmp_path, text, units), Console(file=output, width=200))
        ranges[units] = output.getvalue().splitlines()[1].strip()
    assert ranges == {
        "metric": "TMIN -13.8 to 20.0 °C, TMAX 33.1 to 36.1 °C, PRCP 0.0 to 9.6 mm",
        "standard": "TMIN -25.4 to -6.7 °C, TMAX 0.6 to 2.3 °C, PRCP 0.0 to 243.8 mm",
    }


def test_range_of_an_element_without_a_value_is_not_shown(tmp_path: Path) -> None:
    assert collect(tmp_path, ROW).ranges == {"TMIN": (-138, -138)}
