from hypothesis import given
from hypothesis import strategies as st

from wildrydes.evaluation.classification import judge
from wildrydes.evaluation.histogram import BINS, Histogram, ScoreCounts


def counted(rows: list[tuple[int, float]]) -> Histogram:
    counts = ScoreCounts()
    for label, score in rows:
        counts.add(label, score)
    return counts.histogram()


def nonzero(bins: tuple[int, ...]) -> dict[int, int]:
    return {place: rows for place, rows in enumerate(bins) if rows}


def test_a_row_is_in_the_bin_of_its_probability_under_its_label() -> None:
    histogram = counted([(0, 0.0), (0, 0.049), (0, 0.05), (1, 0.5), (1, 0.999), (1, 1.0)])
    assert nonzero(histogram.negatives) == {0: 2, 1: 1}
    # The last bin holds certainty too.
    assert nonzero(histogram.positives) == {10: 1, 19: 2}
    assert (len(histogram.negatives), len(histogram.positives)) == (BINS, BINS)


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), max_size=60))
def test_each_row_is_counted_once_within_the_edges_of_its_bin(rows: list[tuple[int, float]]) -> None:
    histogram = counted(rows)
    for label, bins in enumerate((histogram.negatives, histogram.positives)):
        scores = sorted(score for each, score in rows if each == label)
        assert sum(bins) == len(scores)
        placed = iter(scores)
        for place, count in enumerate(bins):
            for score in (next(placed) for _ in range(count)):
                assert place / BINS - 1e-12 <= score <= (place + 1) / BINS + 1e-12


def test_metrics_hold_the_histogram_of_each_model() -> None:
    # Margins of certainty either way, and of a probability of 0.5.
    judgement = judge([(1, (800.0, 0.0)), (0, (-800.0, 0.0)), (0, (0.0, 800.0))], [0.5, 0.5])
    assert judgement.champion is not None
    assert (
        nonzero(judgement.candidate.histogram.negatives),
        nonzero(judgement.candidate.histogram.positives),
    ) == (
        {0: 1, 10: 1},
        {19: 1},
    )
    assert nonzero(judgement.champion.histogram.negatives) == {10: 1, 19: 1}
    assert judgement.candidate.to_json()["histogram"]["positives"][19] == 1
