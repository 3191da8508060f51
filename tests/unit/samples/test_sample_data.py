"""The samples under data/ are what their generator makes, and what the README says of them."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wildrydes.samples.files import describe_file
from wildrydes.samples.sample import FIELDS, read_line

DATA = Path(__file__).parents[3] / "data"
FILE = DATA / "samples" / "samples.csv.gz"
LIMITS = json.loads((DATA / "samples" / "best_rmse.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def columns() -> dict[str, list[int]]:
    rows = [read_line(line).values for line in gzip.decompress(FILE.read_bytes()).decode().splitlines()]
    return {field.name: [row[place] for row in rows] for place, field in enumerate(FIELDS)}


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("copy")
    (folder / "data").mkdir()
    (folder / "data" / "generate_samples.py").write_bytes((DATA / "generate_samples.py").read_bytes())
    (folder / "functions").symlink_to(DATA.parent / "functions")
    subprocess.run([sys.executable, "data/generate_samples.py"], cwd=folder, check=True, capture_output=True)
    yield folder / "data"


def test_the_generator_makes_the_same_rows_and_limits_again(copies: Path) -> None:
    # Not the same bytes: another library of gzip packs otherwise.
    assert gzip.decompress((copies / "samples" / "samples.csv.gz").read_bytes()) == gzip.decompress(FILE.read_bytes())
    assert json.loads((copies / "samples" / "best_rmse.json").read_text(encoding="utf-8")) == LIMITS


def test_other_rows_may_be_written_elsewhere(tmp_path: Path) -> None:
    command = [sys.executable, str(DATA / "generate_samples.py"), "--rows", "50", "--out", str(tmp_path / "a" / "x.gz")]
    subprocess.run(command, check=True, capture_output=True)
    assert describe_file(tmp_path / "a" / "x.gz").rows == 50


def test_columns_have_the_ranges_steps_and_values_of_the_workshops_file(columns: dict[str, list[int]]) -> None:
    assert LIMITS["samples"] == len(columns["duration"]) == 20_000
    for name, most in {
        "length": 450,
        "width": 400,
        "height": 250,
        "weight": 2500,
        "fullness": 100,
        "clutter": 100,
    }.items():
        assert min(columns[name]) >= 0
        assert 0.8 * most < max(columns[name]) <= most
    assert all(weight % 25 == 0 for weight in columns["weight"])
    assert {len(set(columns[name])) for name in ("fc_avg", "bin_location", "bin_width", "bin_height", "bin_depth")} == {
        5
    }
    assert set(columns["quantity"]) == set(range(1, 10))
    assert min(columns["duration"]) > 0


def test_the_limits_leave_room_for_trees_above_a_line() -> None:
    best = LIMITS["best_rmse_on_the_test_split"]
    assert 1900 < LIMITS["samples_in_the_test_split"] < 2100
    assert 1.3 * best < LIMITS["rmse_of_the_best_line_on_the_test_split"] < LIMITS["rmse_of_the_mean_on_the_test_split"]
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for name in ("best_rmse_on_the_test_split", "rmse_of_the_best_line_on_the_test_split"):
        assert f"{LIMITS[name]:,.0f}" in readme
