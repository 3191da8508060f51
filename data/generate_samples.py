"""Writes samples of a fulfilment centre: how long each item took to pick, and how well a perfect model would know it.

    python data/generate_samples.py                                     data/samples/
    python data/generate_samples.py --rows 2000000 --out samples.csv.gz   another file, of any size

The first rewrites the same rows each time (one seed, standard library only). The file is gzip of CSV without a header:
13 whole numbers a line, the duration first, as the workshop's file has them.

    an item in a bin of a centre ─> expected_duration ─> + noise that nothing explains ─> a line

The expected duration has steps and products, which a line cannot follow and trees can: a centre's habit, how far the
bin is from reach, a search that takes longer the more a cluttered bin holds, a second hand for what is heavy, and a
turn for what is longer than its bin. Its own root mean squared error is the noise: no model can be expected to do
better.
"""

import argparse
import gzip
import io
import json
import random
import sys
from collections.abc import Iterator, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FUNCTIONS = HERE.parent / "functions"
SEED = 20240709
ROWS = 20_000
NOISE_MS = 900.0
FARTHEST_NOISE = 3.5
"""Noise beyond so many standard deviations is drawn anew: a duration stays above 0."""

CENTRES = (7200, 8100, 9000, 10_400, 12_300)
REACH_MS = {300: 1500, 700: 500, 1150: 0, 1600: 700, 2050: 2300}
"""What a bin's height above the ground (mm) adds: stooping below the hip, stretching above the head."""

BIN_WIDTHS, BIN_HEIGHTS, BIN_DEPTHS = (200, 300, 400, 500, 600), (150, 200, 300, 400, 500), (300, 400, 500, 600, 700)
HEAVY_GRAMS = 1200

Features = tuple[int, ...]
"""fc_avg, length, width, height, quantity, weight, bin_location, bin_width, bin_height, bin_depth, fullness, clutter"""


def draw(chance: random.Random) -> Features:
    """An item in its bin: sizes in mm, weight in g in steps of 25, fullness and clutter in percent."""
    length = round(450 * chance.betavariate(2, 2.5))
    width = min(400, round(length * chance.uniform(0.3, 1)))
    height = min(250, round(width * chance.uniform(0.2, 1)))
    grams = length * width * height / 1e6 * chance.uniform(80, 320) + chance.expovariate(1 / 120)
    return (
        chance.choice(CENTRES),
        length,
        width,
        height,
        min(9, 1 + int(chance.expovariate(1 / 1.4))),
        min(2500, 25 * round(grams / 25)),
        chance.choice(tuple(REACH_MS)),
        chance.choice(BIN_WIDTHS),
        chance.choice(BIN_HEIGHTS),
        chance.choice(BIN_DEPTHS),
        round(100 * chance.betavariate(2.2, 1.6)),
        round(100 * chance.betavariate(1.6, 2.4)),
    )


def expected_duration(features: Features) -> float:
    """How long such a pick takes on average, in milliseconds."""
    fc_avg, length, _, _, quantity, weight, location, bin_width, _, _, fullness, clutter = features
    search = 22 * max(0, clutter - 40) * fullness / 100
    each_more = 950 if weight > HEAVY_GRAMS else 350
    turn = 1400 if length > bin_width else 0
    return 0.55 * fc_avg + REACH_MS[location] + search + each_more * (quantity - 1) + turn


def noise(chance: random.Random) -> float:
    """What nothing explains, in milliseconds: normal, mean 0, cut off on both sides alike."""
    while abs(value := chance.gauss(0, NOISE_MS)) > FARTHEST_NOISE * NOISE_MS:
        pass
    return value


def samples(rows: int) -> Iterator[tuple[int, Features]]:
    """So many durations with their features."""
    chance = random.Random(SEED)
    for _ in range(rows):
        features = draw(chance)
        yield round(expected_duration(features) + noise(chance)), features


def write(path: Path, rows: int) -> dict[str, Any]:
    """Writes a file of samples; how well a perfect model would know their durations."""
    path.parent.mkdir(parents=True, exist_ok=True)
    squares = 0.0
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed, io.TextIOWrapper(packed) as text:
        for duration, features in samples(rows):
            squares += (duration - expected_duration(features)) ** 2
            text.write(",".join(map(str, (duration, *features))) + "\n")
    return {
        "task": "pick_duration",
        "unit": "ms",
        "samples": rows,
        "best_rmse_on_all_samples": round(sqrt(squares / rows), 1),
    }


def of_the_splits(path: Path, rows: int) -> dict[str, Any]:
    """What the perfect model, the best line and the mean reach on the test split; the line knows the train split."""
    splits = list(splits_of(path))
    pairs = list(zip(splits, samples(rows), strict=True))
    train = [sample for split, sample in pairs if split == "train"]
    test = [sample for split, sample in pairs if split == "test"]
    line = best_line(train)
    mean = sum(duration for duration, _ in train) / len(train)
    return {
        "samples_in_the_test_split": len(test),
        "best_rmse_on_the_test_split": rmse([duration - expected_duration(features) for duration, features in test]),
        "rmse_of_the_best_line_on_the_test_split": rmse(
            [duration - sum(w * x for w, x in zip(line, (1, *features), strict=True)) for duration, features in test]
        ),
        "rmse_of_the_mean_on_the_test_split": rmse([duration - mean for duration, _ in test]),
    }


def splits_of(path: Path) -> Iterator[str]:
    """The split of each sample of a file once `wildrydes publish` has published it."""
    sys.path.insert(0, str(FUNCTIONS))
    from wildrydes.samples.files import describe_file, row_id
    from wildrydes.samples.messages import Message, sample_id
    from wildrydes.samples.sample import Sample

    file = describe_file(path)
    for row in range(1, file.rows + 1):
        digits = sample_id(Sample((), row_id(file.id, row)), Message("", "", "", ""), 1)[:3]
        yield "train" if digits < "ccd" else "validation" if digits < "e66" else "test"


def rmse(errors: Sequence[float]) -> float:
    """The root of the mean of the squares, to a tenth of a millisecond."""
    return round(sqrt(sum(error * error for error in errors) / len(errors)), 1)


def best_line(pairs: Sequence[tuple[int, Features]]) -> list[float]:
    """Bias and weights of least squares, by the normal equations."""
    size = len(pairs[0][1]) + 1
    table = [[0.0] * (size + 1) for _ in range(size)]
    for duration, features in pairs:
        row = (1, *features, duration)
        for left, sums in zip(row, table, strict=False):
            for column, right in enumerate(row):
                sums[column] += left * right
    return solve(table)


def solve(table: list[list[float]]) -> list[float]:
    """The solution of linear equations, each a row with its right side last (Gauss-Jordan)."""
    for pivot in range(len(table)):
        best = max(range(pivot, len(table)), key=lambda row: abs(table[row][pivot]))
        table[pivot], table[best] = table[best], table[pivot]
        table[pivot] = [value / table[pivot][pivot] for value in table[pivot]]
        for row in range(len(table)):
            if row != pivot:
                factor = table[row][pivot]
                table[row] = [value - factor * other for value, other in zip(table[row], table[pivot], strict=True)]
    return [row[-1] for row in table]


def main() -> None:
    """Rewrites the sample, or writes another file, and prints what the best model reaches."""
    parser = argparse.ArgumentParser(description="Write samples of a fulfilment centre.")
    parser.add_argument("--rows", type=int, default=ROWS, help="how many samples (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="file to write, .csv.gz (default: the repository's sample)")
    arguments = parser.parse_args()
    if arguments.out:
        limits = write(arguments.out, arguments.rows)
    else:
        path = HERE / "samples" / "samples.csv.gz"
        limits = write(path, ROWS) | of_the_splits(path, ROWS)
        (path.parent / "best_rmse.json").write_text(json.dumps(limits, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(json.dumps(limits, indent=2))


if __name__ == "__main__":
    main()
