"""Captured predictions by a fixed seed, of a world without drift and of worlds with one, and the champion's card."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from math import exp
from random import Random

from wildrydes.evaluation.feature_profiles import Profiler
from wildrydes.model.card import ModelCard
from wildrydes.monitoring.observations import NEAR, Observation
from wildrydes.tasks import TASKS

FEATURES = TASKS["heavy_utilization"].features
WEATHER_DAYS = 700
TRAINING_ROWS, TEST_ROWS = 4000, 500
DATE = "2026-11-25"

Row = dict[str, float | None]
Change = Callable[[Row], Row]


def weather(chance: Random) -> list[tuple[float, float, float]]:
    """The days that rides of a training set were on: tenths of °C, tenths of mm."""
    days = []
    for _ in range(WEATHER_DAYS):
        mean, spread = chance.gauss(130, 95), max(12.0, chance.gauss(95, 48))
        rain = round(chance.expovariate(1 / 85)) if chance.random() < 0.33 else 0
        days.append((round(mean - spread / 2), round(mean + spread / 2), rain))
    return days


def rides(chance: Random, days: list[tuple[float, float, float]], count: int) -> Iterator[Row]:
    """Rides as the sample has them; those of a day share its weather."""
    for _ in range(count):
        low, high, rain = chance.choice(days)
        own = (round(3 + chance.gammavariate(3.0, 7.0), 6), chance.randint(0, 9999), chance.gauss(1400, 400))
        yield dict(zip(FEATURES, (*own, low, high, rain), strict=True))


def score(row: Row) -> float:
    """A calibrated model: truths are drawn by it."""
    margin = 0.05 * ((row["distance"] or 0) - 24) + 0.004 * ((row["TMAX"] or 0) - 178)
    return 1 / (1 + exp(-margin))


def card(seed: int, days: list[tuple[float, float, float]]) -> ModelCard:
    """What `evaluate_model` would write of a model that was trained in this world."""
    chance = Random(seed)
    profiler = Profiler(FEATURES)
    for row in rides(chance, days, TRAINING_ROWS):
        profiler.add([row[name] or 0.0 for name in FEATURES])
    profiles = {name: asdict(each) for name, each in zip(FEATURES, profiler.finish(), strict=True)}
    bins, loss = [0] * 20, 0.0
    for row in rides(chance, days, TEST_ROWS):
        probability = score(row)
        bins[min(19, int(20 * probability))] += 1
        loss += truth_loss(probability, chance)
    metrics = {"log_loss": loss / TEST_ROWS, "histogram": {"negatives": bins, "positives": [0] * 20}}
    return ModelCard(
        "run-1", "heavy_utilization", FEATURES, "models/run-1/job/output/model.tar.gz", 0.5, TEST_ROWS, metrics, {},
        "2026-11-01T12:00:00+00:00", task="heavy_utilization", feature_profiles=profiles,
    )  # fmt: skip


def truth_loss(probability: float, chance: Random) -> float:
    from math import log

    return -log(probability if chance.random() < probability else 1 - probability)


def day(
    chance: Random,
    days: list[tuple[float, float, float]],
    count: int,
    change: Change = dict,
    date: str = DATE,
    truth: Callable[[float], float] = float,
) -> Iterator[Observation]:
    """A day's predictions, each with its truth. `truth` is the probability of it, by that which the model says."""
    for unchanged in rides(chance, days, count):
        row = change(unchanged)
        probability = score(row)
        label = float(chance.random() < truth(probability))
        yield Observation(date, "run-1", probability, label, NEAR, row)
