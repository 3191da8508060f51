"""What is drawn: the values of the card, on the axes that say so."""

import struct
from pathlib import Path
from typing import Any

import pytest
from matplotlib.patches import StepPatch

import reports
from reports import bars, curves, style
from reports.curves import share_interval
from reports.sides import Comparison

SEPARATE = [(0, (-3.0, -1.0)), (1, (3.0, 1.0))] * 20
MakeCard = Any


def lines(figure: Any) -> dict[str, list[tuple[float, float]]]:
    (axes,) = figure.axes
    return {str(line.get_label()): [tuple(point) for point in line.get_xydata()] for line in axes.lines}


def size(png: bytes) -> tuple[int, int]:
    """Width and height, as the header of a PNG has them (PNG specification, 11.2.2)."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_roc_is_the_cards_with_the_point_of_the_threshold(make_card: MakeCard) -> None:
    card = make_card()
    figure = curves.roc(Comparison.of(card))
    assert figure is not None
    curves_by_label = lines(figure)
    points = [(point["false_positives"], point["true_positives"]) for point in card["metrics"]["roc"]]
    assert curves_by_label[f"candidate, AUC {card['metrics']['auc']:.4f}"] == points
    cells = card["metrics"]["confusion"]
    true_rate = cells["true_positives"] / (cells["true_positives"] + cells["false_negatives"])
    false_rate = cells["false_positives"] / (cells["false_positives"] + cells["true_negatives"])
    assert [(false_rate, true_rate)] in curves_by_label.values()
    assert not any("live" in label for label in curves_by_label)


def test_the_live_model_is_drawn_beside(make_card: MakeCard) -> None:
    card = make_card(with_champion=True)
    theirs = card["live"]["metrics"]
    figure = curves.roc(Comparison.of(card))
    assert figure is not None
    points = [(point["false_positives"], point["true_positives"]) for point in theirs["roc"]]
    assert lines(figure)[f"champion, AUC {theirs['auc']:.4f}"] == points
    distribution = bars.score_distribution(Comparison.of(card))
    assert distribution is not None
    assert [axes.get_title(loc="left") for axes in distribution.axes] == [
        "candidate, threshold 0.50 (dotted)",
        "champion, threshold 0.40 (dotted)",
    ]


def test_calibration_is_the_cards_with_wilsons_intervals(make_card: MakeCard) -> None:
    card = make_card()
    (axes,) = curves.calibration(Comparison.of(card)).axes
    points = card["metrics"]["calibration"]
    (bar,) = axes.containers
    assert [tuple(point) for point in bar[0].get_xydata()] == [(each["predicted"], each["observed"]) for each in points]
    segments = [segment.tolist() for segment in bar[2][0].get_segments()]
    for (low, high), each in zip(segments, points, strict=True):
        assert (low[1], high[1]) == pytest.approx(share_interval(each["observed"], each["rows"]))
    assert axes.get_xlabel().startswith("Predicted probability")


def test_an_interval_of_a_share_is_wilsons_and_never_beyond_zero_and_one() -> None:
    # Ten of twenty, and none and all of ten: published values of the score interval.
    assert share_interval(0.5, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert share_interval(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert share_interval(1.0, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


def test_score_distribution_has_each_labels_shares(make_card: MakeCard) -> None:
    card = make_card()
    figure = bars.score_distribution(Comparison.of(card))
    assert figure is not None
    (axes,) = figure.axes
    steps = [patch for patch in axes.patches if isinstance(patch, StepPatch) and patch.get_fill()]
    steps_by_label = {str(patch.get_label()): patch.get_data() for patch in steps}
    for label, name in enumerate(("negatives", "positives")):
        counts = card["metrics"]["histogram"][name]
        values, edges, _ = steps_by_label[f"label {label} ({sum(counts)} rides)"]
        assert list(values) == [count / sum(counts) for count in counts]
        assert list(edges) == pytest.approx([place / 20 for place in range(21)])
        assert sum(values) == pytest.approx(1)


@pytest.mark.parametrize("half_widths", [0.2, 1.0, 3.0])
def test_shares_are_where_their_axis_says(make_card: MakeCard, half_widths: float) -> None:
    """Whatever the largest share: its axis is divided otherwise then."""
    margins = [(place - 150) / 50 * half_widths for place in range(300)]
    rows = [(place * 7 % 10 // 5, (margin, 0.0)) for place, margin in enumerate(margins)]
    figure = bars.score_distribution(Comparison.of(make_card(rows=rows)))
    assert figure is not None
    (axes,) = figure.axes
    figure.canvas.draw()
    labels = [float(label.get_text().rstrip("%")) / 100 for label in axes.get_yticklabels()]
    assert labels == pytest.approx(list(axes.get_yticks()), abs=1e-9)


def test_weights_are_scaled_by_deviation_the_strongest_at_the_top(make_card: MakeCard) -> None:
    card = make_card(with_champion=True)
    assert bars.scaled_weights(card, card["weights"]) == pytest.approx(
        {"distance": 0.5, "magicpoints": -1.4, "TMAX": 2.0}
    )
    figure = bars.weights(Comparison.of(card))
    assert figure is not None
    (axes,) = figure.axes
    candidate, live = ([bar.get_width() for bar in container] for container in axes.containers)
    assert candidate == pytest.approx([0.5, -1.4, 2.0])
    assert live == pytest.approx([1.0, -0.7, 0.0])
    # In the units that people read: °C, not tenths.
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "distance\nSD 10.0 miles",
        "magicpoints\nSD 700 points",
        "TMAX\nSD 10.0 °C",
    ]


def test_what_a_card_lacks_is_left_out(make_card: MakeCard) -> None:
    one_label = make_card(rows=[(0, (margin, 0.0)) for margin in (-2.0, -1.0, 0.5)])
    assert one_label["metrics"]["auc"] is None
    assert curves.roc(Comparison.of(one_label)) is None
    assert bars.weights(Comparison.of(make_card(weights=[]))) is None
    old = make_card()
    del old["metrics"]["histogram"]
    assert bars.score_distribution(Comparison.of(old)) is None
    # And what one label leaves to draw is drawn.
    assert bars.score_distribution(Comparison.of(one_label)) is not None
    assert len(curves.calibration(Comparison.of(one_label)).axes) == 1


@pytest.mark.proof
@pytest.mark.parametrize("with_champion", [False, True])
def test_pictures_have_one_size_and_the_same_bytes_again(make_card: MakeCard, with_champion: bool) -> None:
    for rows in (None, SEPARATE):
        card = make_card(with_champion=with_champion, rows=rows)
        for draw in (curves.roc, curves.calibration, bars.score_distribution, bars.weights):
            one, again = (
                style.png(figure) for figure in (draw(Comparison.of(card)), draw(Comparison.of(card))) if figure
            )
            assert size(one) == (style.WIDTH, style.HEIGHT) == (1440, 1200)
            assert one == again


def test_the_users_own_settings_change_nothing(make_card: MakeCard) -> None:
    import matplotlib as mpl

    card = make_card()
    before = style.png(curves.calibration(Comparison.of(card)))
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "black", "savefig.dpi": 40}):
        assert style.png(curves.calibration(Comparison.of(card))) == before


def test_names_from_outside_are_drawn_as_they_are(make_card: MakeCard) -> None:
    figure = curves.roc(Comparison.of(make_card(target="$\\frac{x}$ 麒麟 _y_")))
    assert figure is not None
    assert size(style.png(figure)) == (1440, 1200)
    assert any(text.get_text().startswith("$\\frac{x}$ ?? _y_, 300 test rides") for text in figure.texts)


def test_the_list_of_fonts_is_kept_in_the_build_folder_unless_the_user_says_where() -> None:
    import os
    import subprocess
    import sys

    root = Path(reports.__file__).parents[1]
    code = "import reports, os; print(os.environ['MPLCONFIGDIR'])"
    for variables, expected in (
        ({}, root / "build" / "matplotlib"),
        ({"MPLCONFIGDIR": "elsewhere"}, Path("elsewhere")),
    ):
        environment = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"} | variables
        process = subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=True
        )
        assert Path(process.stdout.strip()) == expected
