"""Puts the SQL under `queries/` into the States Language: one string, its values filled in by `States.Format`.

A query names its values `${name}`. Those of the execution become arguments of `States.Format`; `${bucket}` becomes
`${DataBucket}`, which CloudFormation fills in; `${stations}` is written out here, from the one list of stations, and
`${arrivals}`, `${captured}` and `${copies}` from files of these names, which two queries each share.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

HERE = Path(__file__).resolve().parent
STATIONS = HERE.parent / "functions" / "wildrydes" / "rides" / "ground_stations.csv"

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")

_SHARED = ("arrivals", "captured", "copies")

# The path of each value in the state of a retraining.
_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "execution": "$.parameters.execution",
        "first_year": "$.parameters.first_year",
        "last_year": "$.parameters.last_year",
        "feature_columns": "$.parameters.feature_columns",
        "label_column": "$.parameters.label",
        "label_type": "$.parameters.label_type",
        "max_without_weather_fraction": "$.parameters.max_without_weather_fraction",
    }
)


def query(name: str, paths: Mapping[str, str] = _PATHS) -> str:
    """The intrinsic function that gives the text of `queries/<name>.sql` with its values filled in.

    `paths` has where each is in the execution's state. Raises KeyError for a value that is not among them.
    """
    text = one_line(source(name)).replace("${stations}", stations())
    arguments: list[str] = []

    def argument(match: re.Match[str]) -> str:
        if match[1] == "bucket":
            return match[0]
        arguments.append(paths[match[1]])
        return match[0]

    _PLACEHOLDER.sub(argument, text)
    template = _PLACEHOLDER.sub(lambda match: "${DataBucket}" if match[1] == "bucket" else "\0", escaped(text))
    return f"States.Format({', '.join([quoted(template), *arguments])})" if arguments else text


def source(name: str) -> str:
    """The text of `queries/<name>.sql`, with the texts of the queries that it shares in their places."""
    text = (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    for shared in _SHARED:
        if f"${{{shared}}}" in text:
            text = text.replace(f"${{{shared}}}", source(shared))
    return text


def one_line(text: str) -> str:
    """SQL without its comments, its white space folded: an intrinsic's string is one line."""
    return " ".join(re.sub(r"--.*", "", text).split())


def escaped(text: str) -> str:
    """`text` with the characters escaped that mean something in a string of an intrinsic, placeholders excepted."""
    parts = re.split(r"(\$\{\w+\})", text)
    return "".join(part if _PLACEHOLDER.fullmatch(part) else re.sub(r"([\\'{}])", r"\\\1", part) for part in parts)


def quoted(template: str) -> str:
    """The template as a string of an intrinsic; each value is a `{}`."""
    return "'" + template.replace("\0", "{}") + "'"


def stations() -> str:
    """The ground stations as rows of a VALUES list: id, latitude, longitude (degrees; doubles, by the exponent)."""
    with STATIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return ", ".join(f"('{row['id']}', {float(row['latitude'])}E0, {float(row['longitude'])}E0)" for row in rows)
