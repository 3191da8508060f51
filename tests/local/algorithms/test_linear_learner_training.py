"""The linear learner's method: normalisation folded back, all candidates at once, selection, thresholds, scores."""

import logging
import math
from collections.abc import Mapping

import numpy as np
import pytest

from local.algorithms.linear_learner import scaler, training
from local.algorithms.linear_learner.artefact import Model
from local.algorithms.linear_learner.candidates import Candidate
from local.algorithms.linear_learner.channels import Dataset
from local.algorithms.linear_learner.errors import AlgorithmError, CustomerError
from local.algorithms.linear_learner.hyperparameters import parse
from local.algorithms.linear_learner.learner import learn
from local.algorithms.linear_learner.metrics_log import MetricsLog
from local.algorithms.linear_learner.objectives import CrossEntropy, SquaredError, logistic
from local.algorithms.linear_learner.scores import area_under_roc
from local.algorithms.linear_learner.selection import EarlyStopping, Judgement
from local.algorithms.linear_learner.thresholds import best_cut, best_values

QUIET = MetricsLog(logging.getLogger("test of the linear learner"))
BINARY = {"predictor_type": "binary_classifier"}
# Weights of a logistic label per deviation of each feature, and its intercept.
SLOPES, INTERCEPT = np.array([0.8, -0.6, 0.4, -0.3, 0.5, 0.2]), -0.7


def rides(rows: int, seed: int) -> np.ndarray:
    """Features of the size that rides have: miles, points, points, tenths of degrees, tenths of mm; (rows, 6)."""
    generator = np.random.default_rng(seed)
    warmth = generator.normal(0, 90, rows)
    return np.column_stack(
        [
            generator.uniform(29, 31, rows),
            generator.uniform(0, 10_000, rows),
            generator.uniform(0, 10_000, rows),
            100 + warmth + generator.normal(0, 25, rows),
            170 + warmth + generator.normal(0, 25, rows),
            generator.exponential(60, rows),
        ]
    )


def noisy(rows: int, seed: int) -> tuple[Dataset, np.ndarray]:
    """Rides with a label drawn from a logistic of them, and the chances that it was drawn from."""
    features = rides(rows, seed)
    standard = (features - features.mean(axis=0)) / features.std(axis=0)
    outputs = standard @ SLOPES + INTERCEPT
    labels = (np.random.default_rng(seed + 1).random(rows) < logistic(outputs)).astype(float)
    return Dataset(features, labels), outputs


def channels(data: Dataset) -> Mapping[str, Dataset]:
    """80, 10 and 10 percent of `data`."""
    ends = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}
    rows = {name: slice(int(low * len(data)), int(high * len(data))) for name, (low, high) in ends.items()}
    return {name: Dataset(data.features[part], data.labels[part]) for name, part in rows.items()}


def test_normalised_and_folded_outputs_agree():
    data, _ = noisy(500, seed=1)
    fitted = scaler.fit(data, parse({**BINARY, "mini_batch_size": "50"}))
    parameters = np.linspace(-1, 1, 7)

    weights, bias = fitted.fold(parameters)

    assert data.features @ weights + bias == pytest.approx(fitted.design(data.features) @ parameters, abs=1e-4)


def test_the_scaler_measures_the_first_full_batches():
    data, _ = noisy(2_050, seed=2)

    some = scaler.fit(data, parse({**BINARY, "mini_batch_size": "200", "num_point_for_scaler": "500"}))
    every = scaler.fit(data, parse({**BINARY, "mini_batch_size": "200"}))

    # Three batches of 200 cover 500 rows; ten of them fit into 2,050.
    assert some.shift == pytest.approx(data.features[:600].mean(axis=0))
    assert some.scale == pytest.approx(data.features[:600].std(axis=0))
    assert every.shift == pytest.approx(data.features[:2_000].mean(axis=0))


def test_a_constant_feature_gets_no_weight():
    data, _ = noisy(1_000, seed=3)
    data.features[:, 2] = 7.25

    model = learn({"train": data}, parse({**BINARY, "mini_batch_size": "100", "epochs": "3"}), QUIET)

    assert model.weights[2] == 0
    assert abs(model.weights[1]) > 0


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_noisy_label_is_ranked_as_well_as_by_the_chances_behind_it(seed: int):
    data, outputs = noisy(8_000, seed)

    model = learn(channels(data), parse({**BINARY, "mini_batch_size": "640"}), QUIET)

    held_out = slice(7_200, 8_000)
    positives = data.labels[held_out] > 0.5
    reached = area_under_roc(model.outputs(data.features[held_out]), positives)
    assert reached > area_under_roc(outputs[held_out], positives) - 0.01


def test_a_separable_label_is_learnt_and_weights_stay_bounded():
    features = rides(7_750, seed=21)
    data = Dataset(features, (features[:, 2] >= 50 * features[:, 0]).astype(float))

    model = learn(channels(data), parse({**BINARY, "mini_batch_size": "620"}), QUIET)

    test = slice(6_975, 7_750)
    correct = (model.probabilities(features[test]) >= model.threshold) == (data.labels[test] > 0.5)
    assert correct.mean() >= 0.99
    assert np.abs(model.weights * features.std(axis=0)).max() < 30


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_every_optimizer_finds_a_line(optimizer: str):
    features = rides(2_000, seed=31)
    weights = np.array([40.0, 0.01, -0.02, 0.5, 0.0, -0.3])
    data = Dataset(features, features @ weights + 12.0)
    settings = parse({"predictor_type": "regressor", "optimizer": optimizer, "mini_batch_size": "100", "epochs": "60"})

    model = learn(channels(data), settings, QUIET)

    residual = model.outputs(features) - data.labels
    assert residual.std() < 0.03 * data.labels.std()


def test_without_a_bias_the_line_goes_through_the_origin():
    features = rides(1_000, seed=32)[:, :1]
    settings = parse(
        {"predictor_type": "regressor", "use_bias": "false", "mini_batch_size": "100", "learning_rate": "0.5"}
    )

    model = learn({"train": Dataset(features, 3.0 * features[:, 0])}, settings, QUIET)

    assert model.bias == 0
    assert model.weights[0] == pytest.approx(3.0, rel=0.02)


def test_the_same_data_give_the_same_model_to_the_bit():
    data, _ = noisy(2_000, seed=41)
    settings = parse({**BINARY, "mini_batch_size": "160"})

    first, second = (learn(channels(data), settings, QUIET) for _ in range(2))

    assert first.weights.tobytes() == second.weights.tobytes()
    assert (first.bias, first.threshold) == (second.bias, second.threshold)


def test_more_decay_means_smaller_weights():
    data, _ = noisy(2_000, seed=42)
    norms = []
    for decay in ("0", "0.1", "1"):
        settings = parse({**BINARY, "mini_batch_size": "160", "wd": decay, "num_models": "1", "l1": "0"})
        norms.append(np.linalg.norm(learn(channels(data), settings, QUIET).weights * data.features.std(axis=0)))

    assert norms[0] > 1.2 * norms[1] > 1.2 * 1.2 * norms[2]


def test_a_batch_larger_than_the_data_is_refused():
    data, _ = noisy(620, seed=43)

    with pytest.raises(CustomerError, match=r"mini_batch_size 1000 is larger than the 620 rows .* from 1 to 620"):
        learn({"train": data}, parse(BINARY), QUIET)


@pytest.mark.parametrize(
    ("labels", "settings", "message"),
    [
        ([0.0, 2.0], BINARY, "The train channel has the label 2: a binary_classifier takes 0 and 1"),
        ([0.0, 1.0], {**BINARY, "feature_dim": "5"}, "The train channel has 1 features, but feature_dim is 5"),
    ],
)
def test_data_that_do_not_fit_are_refused(labels: list[float], settings: dict[str, str], message: str):
    data = Dataset(np.array([[1.0], [2.0]]), np.array(labels))

    with pytest.raises(CustomerError, match=message):
        learn({"train": data}, parse({**settings, "mini_batch_size": "1"}), QUIET)


def test_channels_of_different_width_are_refused():
    train = Dataset(np.ones((4, 2)), np.array([0.0, 1, 0, 1]))
    test = Dataset(np.ones((4, 3)), np.array([0.0, 1, 0, 1]))

    with pytest.raises(CustomerError, match="The test channel has 3 features, but feature_dim is 2"):
        learn({"train": train, "test": test}, parse({**BINARY, "mini_batch_size": "1"}), QUIET)


def test_divergence_of_all_candidates_is_an_error_of_the_algorithm():
    features = rides(200, seed=51)
    settings = parse(
        {
            "predictor_type": "regressor",
            "optimizer": "sgd",
            "learning_rate": "1e20",
            "mini_batch_size": "20",
            "num_models": "2",
        }
    )

    with pytest.raises(AlgorithmError, match="smaller learning_rate"):
        learn({"train": Dataset(features, features[:, 0])}, settings, QUIET)


def test_candidates_trained_together_are_those_trained_alone():
    data, _ = noisy(900, seed=52)
    settings = parse({**BINARY, "mini_batch_size": "100"})
    fitted = scaler.fit(data, settings)
    grid = [Candidate(0.1, 1e-4, 0.0), Candidate(0.02, 1e-2, 1e-3)]
    start = np.random.default_rng(5).normal(0, 0.1, (7, 2)).astype(np.float32)

    def trained(parameters: np.ndarray, candidates: list[Candidate]) -> np.ndarray:
        trainer = training.Trainer(
            fitted.design(data.features),
            fitted.labels(data.labels),
            training.row_weights(data.labels, settings, candidates),
            parameters,
            candidates,
            CrossEntropy(),
            settings,
        )
        trainer.epoch()
        return trainer.parameters

    together = trained(start, grid)
    alone = np.column_stack([trained(start[:, [model]], [grid[model]]) for model in range(2)])

    assert together == pytest.approx(alone, abs=1e-5)


def test_one_step_of_adam_is_the_published_one():
    design = np.array([[1.0, 1.0], [-1.0, 1.0]], dtype=np.float32)
    settings = parse({**BINARY, "mini_batch_size": "2", "bias_lr_mult": "1", "use_lr_scheduler": "false"})
    start = np.array([[0.5], [0.0]], dtype=np.float32)
    labels = np.array([1.0, 0.0], dtype=np.float32)
    trainer = training.Trainer(
        design, labels, np.ones((2, 1), np.float32), start, [Candidate(0.1, 0.01, 0.0)], CrossEntropy(), settings
    )

    trainer.epoch()

    # Both outputs are +-0.5 and right: the loss is log(1 + e^-0.5), and Adam's first step is the rate by sign.
    assert trainer.losses() == pytest.approx([np.log1p(np.exp(-0.5))], rel=1e-5)
    assert trainer.parameters[0, 0] == pytest.approx(0.6, abs=1e-4)


def one_step(design: list[list[float]], labels: list[float], start: list[float], l1: float, batch: str) -> list[float]:
    """Parameters (features + 1,) after one epoch of gradient descent at a rate of 1 without decay of weights."""
    settings = parse(
        {
            "predictor_type": "regressor",
            "optimizer": "sgd",
            "mini_batch_size": batch,
            "bias_lr_mult": "1",
            "use_lr_scheduler": "false",
        }
    )
    trainer = training.Trainer(
        np.array(design, np.float32),
        np.array(labels, np.float32),
        np.ones((len(labels), 1), np.float32),
        np.array(start, np.float32).reshape(-1, 1),
        [Candidate(1.0, 0.0, l1)],
        SquaredError(),
        settings,
    )
    trainer.epoch()
    return trainer.parameters[:, 0].tolist()


def test_l1_draws_weights_towards_zero_and_leaves_the_bias():
    # The outputs are the labels already: nothing but the penalty moves.
    moved = one_step([[1.0, 1.0], [-1.0, 1.0]], [3.0, 1.0], [1.0, 2.0], l1=0.25, batch="2")

    assert moved == pytest.approx([0.75, 2.0])


def test_the_rows_of_a_short_last_batch_weigh_as_much_as_in_a_full_one():
    # Four rows in a batch take the bias from 0 to 1; the fifth is off by 4, and one of four rows' worth.
    moved = one_step([[0.0, 1.0]] * 5, [1.0, 1.0, 1.0, 1.0, 5.0], [0.0, 0.0], l1=0.0, batch="4")

    assert moved == pytest.approx([0.0, 1.0 + 4.0 / 4])


def test_the_threshold_is_calibrated_on_the_first_rows_alone_where_so_many_are_asked_for():
    train, _ = noisy(800, seed=61)
    early, late = noisy(100, seed=62)[0], noisy(100, seed=63)[0]
    # The later rows' labels are turned round, and would have another threshold.
    validation = Dataset(
        np.concatenate([early.features, late.features]), np.concatenate([early.labels, 1 - late.labels])
    )
    settings = {**BINARY, "mini_batch_size": "80", "num_models": "1"}

    first = learn({"train": train, "validation": early}, parse(settings), QUIET)
    limited = learn(
        {"train": train, "validation": validation}, parse({**settings, "num_calibration_samples": "100"}), QUIET
    )
    whole = learn({"train": train, "validation": validation}, parse(settings), QUIET)

    expected = best_cut(limited.probabilities(early.features), early.labels, parse(settings)).threshold
    assert limited.threshold == expected
    assert whole.threshold != best_cut(whole.probabilities(early.features), early.labels, parse(settings)).threshold
    assert first.threshold == best_cut(first.probabilities(early.features), early.labels, parse(settings)).threshold


def test_the_rate_falls_by_the_factor_down_to_the_minimum():
    settings = parse(
        {
            "predictor_type": "regressor",
            "optimizer": "sgd",
            "mini_batch_size": "1",
            "bias_lr_mult": "1",
            "lr_scheduler_step": "1",
            "lr_scheduler_factor": "0.5",
            "lr_scheduler_minimum_lr": "0.3",
        }
    )
    # With a slope of -1 whatever the parameters, steps are the rates: 0.5, then the minimum of 0.3, twice.
    trainer = training.Trainer(
        np.array([[0.0, 1.0]] * 3, np.float32),
        np.array([1.0, 1.5, 1.8], np.float32),
        np.ones((3, 1), np.float32),
        np.zeros((2, 1), np.float32),
        [Candidate(1.0, 0.0, 0.0)],
        SquaredError(),
        settings,
    )

    trainer.epoch()

    assert trainer.parameters[1, 0] == pytest.approx(0.5 + 0.3 * 1.0 + 0.3 * 1.0, abs=1e-6)


def test_weights_of_positives_follow_the_hyperparameter():
    labels = np.array([1.0] + [0] * 4)
    candidates = [Candidate(0.1, 0, 0, balance) for balance in (0.0, 1.0, 0.5)]

    def first_two(value: str) -> list[list[float]]:
        settings = parse({**BINARY, "positive_example_weight_mult": value})
        return training.row_weights(labels, settings, candidates)[:2].tolist()

    assert first_two("balanced") == [[4], [1]]
    assert first_two("2") == [[2], [1]]
    assert first_two("auto") == [[1, 4, 2], [1, 1, 1]]


def test_auto_chooses_the_weight_of_positives_that_serves_the_criterion():
    every, _ = noisy(8000, seed=8)
    rows = (every.labels == 0) | (np.arange(len(every)) % 8 == 0)
    data = Dataset(every.features[rows], every.labels[rows])
    settings = {**BINARY, "binary_classifier_model_selection_criteria": "cross_entropy_loss"}

    weighed = {
        value: learn(channels(data), parse({**settings, "positive_example_weight_mult": value}), QUIET)
        for value in ("1.0", "auto", "balanced")
    }

    def loss(model: Model) -> float:
        validation = channels(data)["validation"]
        outputs = model.outputs(validation.features)[:, None]
        return float(CrossEntropy().loss(outputs, validation.labels, np.ones((1, 1)))[0])

    losses = {value: loss(model) for value, model in weighed.items()}
    # Balancing makes positives seem likelier than they are, and chances worse.
    assert losses["balanced"] > losses["auto"] + 0.01
    assert losses["auto"] == pytest.approx(losses["1.0"], abs=0.005)


SCORES = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9])
LABELS = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("criterion", "target", "threshold", "value"),
    [
        # Three cuts give four of six; the one between 0.3 and 0.6 is the nearest to 0.5.
        ("accuracy", {}, 0.45, 4 / 6),
        ("f_beta", {}, 0.15, 2 * 3 / (2 * 3 + 2)),
        ("f_beta", {"f_beta": "0.1"}, 0.8, 1.01 / (1.01 + 0.01 * 2)),
        ("precision_at_target_recall", {"target_recall": "0.66"}, 0.45, 2 / 3),
        ("precision_at_target_recall", {"target_recall": "0.9"}, 0.15, 3 / 5),
        ("recall_at_target_precision", {"target_precision": "0.9"}, 0.8, 1 / 3),
        ("recall_at_target_precision", {"target_precision": "0.5"}, 0.15, 1.0),
    ],
)
def test_the_threshold_serves_the_criterion(criterion: str, target: dict[str, str], threshold: float, value: float):
    settings = parse({**BINARY, "binary_classifier_model_selection_criteria": criterion, **target})

    cut = best_cut(SCORES, LABELS, settings)

    assert cut.threshold == pytest.approx(threshold)
    assert cut.value == pytest.approx(value)


def test_a_criterion_that_is_a_loss_leaves_the_threshold_at_a_half():
    settings = parse({**BINARY, "binary_classifier_model_selection_criteria": "loss_function"})

    cut = best_cut(np.array([0.5, 0.25]), np.array([1.0, 0.0]), settings)

    assert (cut.threshold, cut.value) == (0.5, pytest.approx((np.log(0.5) + np.log(0.75)) / 2))


def cut_by_sorting(probabilities: np.ndarray, labels: np.ndarray, criterion: str, target: float) -> tuple[float, float]:
    """Threshold and value of the best cut between distinct scores, by trying each."""
    distinct = np.unique(probabilities)
    padded = np.concatenate([[0.0], distinct, [1.0]])
    cuts = []
    for threshold, lowest in zip((padded[1:] + padded[:-1]) / 2, [*distinct, 2.0], strict=True):
        called, positive = probabilities >= lowest, labels == 1
        hits = int((called & positive).sum())
        recall, precision = hits / max(positive.sum(), 1), hits / max(called.sum(), 1)
        values = {
            "accuracy": (called == positive).mean(),
            "f1": 2 * hits / max(called.sum() + positive.sum(), 1e-12),
            "precision_at_target_recall": precision if recall >= target else recall - target - 1,
            "recall_at_target_precision": recall if precision >= target else precision - target - 1,
        }
        cuts.append((values[criterion], -abs(threshold - 0.5), -threshold))
    value, _, threshold = max(cuts)
    return -threshold, value


@pytest.mark.parametrize("criterion", ["accuracy", "f1", "precision_at_target_recall", "recall_at_target_precision"])
@pytest.mark.parametrize("spread", [0.01, 1.0, 30.0])
def test_the_best_cut_is_that_of_all_cuts(criterion: str, spread: float):
    generator = np.random.default_rng(int(100 * spread))
    for rows in (1, 2, 7, 60, 400):
        labels = (generator.random(rows) < 0.4).astype(float)
        outputs = generator.normal(0, spread, rows) + spread * (labels - 0.5)
        for probabilities in (logistic(outputs), np.round(logistic(outputs), 1)):
            settings = {**BINARY, "target_recall": "0.7", "target_precision": "0.7"}
            settings["binary_classifier_model_selection_criteria"] = criterion

            cut = best_cut(probabilities, labels, parse(settings))

            threshold, value = cut_by_sorting(probabilities, labels, criterion, 0.7)
            assert cut.value == pytest.approx(value, rel=1e-12)
            assert cut.threshold == threshold
            assert best_values(np.stack([probabilities] * 2), labels, parse(settings)).tolist() == [cut.value] * 2


@pytest.mark.parametrize("criterion", ["accuracy", "f1", "precision_at_target_recall", "recall_at_target_precision"])
@pytest.mark.parametrize("spread", [0.01, 1.0, 30.0])
def test_the_best_cut_of_many_rows_is_that_of_all_cuts_too(
    monkeypatch: pytest.MonkeyPatch, criterion: str, spread: float
):
    # Rows so few that all cuts can be tried are sorted bin by bin, as many are.
    monkeypatch.setattr("local.algorithms.linear_learner.thresholds._FEW_ROWS", 0)
    test_the_best_cut_is_that_of_all_cuts(criterion, spread)


@pytest.mark.parametrize("batch", ["100", "1"])
def test_the_loss_of_one_candidate_is_its_part_of_all_losses(batch: str):
    data, _ = noisy(300, seed=71)
    settings = parse({**BINARY, "mini_batch_size": batch, "positive_example_weight_mult": "auto", "num_models": "3"})
    fitted = scaler.fit(data, settings)
    grid = [Candidate(0.1, 0.0, 0.0), Candidate(0.02, 1e-2, 1e-3, balance=1.0), Candidate(0.1, 1e-3, 0.0, balance=0.5)]
    weights = training.row_weights(data.labels, settings, grid)
    start = np.random.default_rng(5).normal(0, 0.1, (7, 3)).astype(np.float32)
    trainer = training.Trainer(
        fitted.design(data.features), fitted.labels(data.labels), weights, start, grid, CrossEntropy(), settings
    )

    trainer.epoch()

    assert [trainer.loss(model) for model in range(3)] == pytest.approx(trainer.losses().tolist(), rel=1e-5)


def test_unweighted_losses_are_those_of_each_row_even_where_a_probability_would_be_0():
    outputs = np.random.default_rng(8).normal(0, 40, (3000, 2))
    outputs[0] = [900.0, -900.0]
    labels = (np.arange(3000) % 3 == 0).astype(float)

    losses = CrossEntropy().loss(outputs, labels)

    each = [math.fsum(np.logaddexp(0, np.where(labels == 1, -column, column))) / 3000 for column in outputs.T]
    assert losses == pytest.approx(each, rel=1e-13)


def test_equal_scores_are_never_parted():
    cut = best_cut(np.array([0.4, 0.4, 0.4]), np.array([1.0, 1.0, 0.0]), parse(BINARY))

    # All are called positive: two of three are right.
    assert cut.threshold < 0.4
    assert cut.value == pytest.approx(2 / 3)


def test_the_best_candidate_is_that_of_the_best_value_and_errors_are_settled_by_loss():
    exact = Judgement(np.array([0.80, 0.90, 0.90, np.nan]), np.array([0.1, 0.4, 0.3, np.nan]))
    of_rows = Judgement(np.array([0.80, 0.890, 0.90]), np.array([0.1, 0.3, 0.4]), rows=100)

    assert exact.best() == 2
    # One standard error of 0.9 on a hundred rows is 0.03.
    assert of_rows.best() == 1


def test_training_ends_when_patience_runs_out_and_the_best_epoch_is_kept():
    stopping = EarlyStopping(patience=2, tolerance=0.01)
    losses = [1.0, 0.5, 0.499, 0.6, 0.4]

    improved = []
    for epoch, loss in enumerate(losses):
        judgement = Judgement(np.array([-loss]), np.array([loss]))
        improved.append(stopping.observe(judgement, np.full((1, 1), epoch)))
        if stopping.exhausted:
            break

    # 0.499 is better, but by less than a hundredth; with 0.6 two epochs have gone without improvement.
    assert improved == [True, True, True, False]
    assert stopping.best is not None
    assert stopping.best.item() == 2


def test_the_area_under_the_roc_counts_ties_half():
    assert area_under_roc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True])) == 0.875
    assert np.isnan(area_under_roc(np.array([0.1, 0.4]), np.array([True, True])))


def test_an_output_far_from_zero_has_a_probability_without_overflow():
    model = Model.rounded(np.array([1.0]), 0.0)

    assert model.probabilities(np.array([[-1e6], [0.0], [1e6]])).tolist() == [0.0, 0.5, 1.0]
