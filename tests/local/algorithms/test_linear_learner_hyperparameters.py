"""Hyperparameters of the linear learner: strings, checked by name and range, defaults as the container's."""

import pytest

from local.algorithms.linear_learner.candidates import grid
from local.algorithms.linear_learner.errors import CustomerError
from local.algorithms.linear_learner.hyperparameters import final_configuration, parse


def test_defaults_are_the_containers():
    settings = parse({"predictor_type": "binary_classifier"})

    assert (settings.mini_batch_size, settings.epochs, settings.num_point_for_scaler) == (1000, 15, 10_000)
    assert (settings.early_stopping_patience, settings.early_stopping_tolerance) == (3, 0.001)
    assert (settings.init_method, settings.init_scale, settings.optimizer) == ("uniform", 0.07, "adam")
    assert (settings.loss, settings.feature_dim, settings.num_models, settings.wd) == ("logistic", None, None, None)
    assert settings.binary_classifier_model_selection_criteria == "accuracy"
    assert len(grid(settings)) == 32


def test_strings_become_values():
    settings = parse(
        {
            "predictor_type": "regressor",
            "feature_dim": "6",
            "epochs": "40",
            "learning_rate": "0.25",
            "wd": "0",
            "use_bias": "False",
            "optimizer": "rmsprop",
        }
    )

    assert (settings.feature_dim, settings.epochs, settings.learning_rate, settings.wd) == (6, 40, 0.25, 0.0)
    assert (settings.use_bias, settings.optimizer, settings.loss) == (False, "rmsprop", "squared_loss")


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("predictor_type", "clasifier", "one of binary_classifier, multiclass_classifier, regressor is allowed"),
        ("epochs", "0", "an integer of at least 1 is allowed"),
        ("epochs", "2.5", "an integer of at least 1 is allowed"),
        ("mini_batch_size", "-1", "an integer of at least 1 is allowed"),
        ("feature_dim", "six", "auto or an integer of at least 1 is allowed"),
        ("learning_rate", "0", "auto or a number greater than 0 is allowed"),
        ("learning_rate", "nan", "auto or a number greater than 0 is allowed"),
        ("wd", "-0.1", "auto or a number at least 0 is allowed"),
        ("beta_1", "1", "auto or a number at least 0 and less than 1 is allowed"),
        ("target_recall", "1.5", "a number greater than 0 and at most 1 is allowed"),
        ("use_bias", "yes", "true or false is allowed"),
        ("early_stopping_tolerance", "inf", "a number greater than 0 is allowed"),
        ("positive_example_weight_mult", "-2", "auto, balanced or a number greater than 0 is allowed"),
        ("loss", "squared_loss", "auto or logistic is allowed"),
        ("loss", "huber", "one of auto, logistic, hinge_loss, squared_loss"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(name: str, text: str, allowed: str):
    with pytest.raises(CustomerError) as refusal:
        parse({"predictor_type": "binary_classifier", name: text})

    message = str(refusal.value)
    assert message.startswith("Unable to initialize the algorithm. Failed to validate input configuration.")
    assert name in message
    assert text in message
    assert allowed in message


def test_an_unknown_name_is_refused_with_the_nearest_names():
    with pytest.raises(CustomerError, match=r"'learningrate' was unexpected; close to it: learning_rate"):
        parse({"predictor_type": "regressor", "learningrate": "0.1"})


def test_a_missing_predictor_type_is_refused():
    with pytest.raises(CustomerError, match="'predictor_type' is a required property"):
        parse({"epochs": "3"})


def test_a_value_that_is_no_string_is_refused():
    with pytest.raises(CustomerError, match="15 is not of type 'string': hyperparameter epochs must be a string"):
        parse({"predictor_type": "regressor", "epochs": 15})


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"predictor_type": "multiclass_classifier", "num_classes": "3"}, "predictor_type multiclass_classifier"),
        ({"predictor_type": "binary_classifier", "loss": "hinge_loss"}, "loss hinge_loss"),
        ({"predictor_type": "regressor", "loss": "absolute_loss"}, "loss absolute_loss"),
    ],
)
def test_what_is_not_built_is_refused_by_name(settings: dict[str, str], fault: str):
    with pytest.raises(CustomerError, match=f"{fault} is not implemented by the local linear learner"):
        parse(settings)


def test_final_configuration_shows_defaults_and_what_overrides_them():
    configuration = final_configuration({"predictor_type": "regressor", "epochs": "3"})

    assert (configuration["epochs"], configuration["mini_batch_size"], configuration["wd"]) == ("3", "1000", "auto")


def test_by_auto_candidates_differ_in_how_far_they_balance_the_classes():
    settings = parse({"predictor_type": "binary_classifier", "positive_example_weight_mult": "auto"})
    candidates = grid(settings)

    assert len(candidates) == len(set(candidates)) == 32
    assert candidates[0].balance == 0
    assert {each.balance for each in candidates} == {0.0, 0.5, 1.0}
    assert {each.balance for each in grid(parse({"predictor_type": "binary_classifier"}))} == {0.0}


def test_the_first_candidate_has_the_given_values_and_the_others_are_close():
    settings = parse({"predictor_type": "regressor", "learning_rate": "0.4", "wd": "0.02", "l1": "0"})
    candidates = grid(settings)

    first = candidates[0]
    assert (first.learning_rate, first.wd, first.l1) == (0.4, 0.02, 0.0)
    assert len(candidates) == len(set(candidates)) == 32
    assert {candidate.l1 for candidate in candidates} == {0.0}
    assert all(0.02 / 4 <= candidate.wd <= 0.02 * 2 for candidate in candidates)


@pytest.mark.parametrize("count", [1, 5, 32, 100])
def test_there_are_as_many_candidates_as_num_models(count: int):
    candidates = grid(parse({"predictor_type": "regressor", "num_models": str(count)}))

    assert len(candidates) == len(set(candidates)) == count
