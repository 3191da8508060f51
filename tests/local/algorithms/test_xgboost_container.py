"""XGBoost as a process: channels, log lines, early stopping, artefact, failure file, SIGTERM."""

import doctest
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from local.algorithms.xgboost import document, hyperparameters, tables, ubjson
from local.algorithms.xgboost.errors import UserError
from local.sagemaker.images import XGBOOST
from training_containers import COLUMNS, csv, durations, evaluate, lay_out, run, run_until

SETTINGS = {"num_round": "60", "eta": "0.3", "max_depth": "3", "objective": "reg:squarederror", "eval_metric": "rmse"}
TRAIN, VALIDATION = durations(1500, 1), durations(400, 2)
CHANNELS = {"train": csv(TRAIN), "validation": csv(VALIDATION)}

# The root mean squared error on csv rows of the model in a folder, and of the library on the same rows by itself.
COMPARE = """
import json, pathlib, sys
import numpy as np, xgboost
from local.algorithms.xgboost.model import load
base = pathlib.Path(sys.argv[1])
train, rows = (np.loadtxt(base / "input/data" / name / "part", delimiter=",") for name in ("train", "validation"))
matrices = [xgboost.DMatrix(each[:, 1:], label=each[:, 0]) for each in (train, rows)]
settings = {"eta": 0.3, "max_depth": 3, "objective": "reg:squarederror", "nthread": 1}
stopping = {"evals": [(matrices[1], "v")], "early_stopping_rounds": 5, "verbose_eval": False}
plain = xgboost.train(settings, matrices[0], 60, **stopping)
best = plain.best_iteration + 1
def rmse(predictions):
    return float(np.sqrt(np.mean((predictions - rows[:, 0]) ** 2)))
model = load(base / "model")
errors = [rmse(model.predict(rows[:, 1:])), rmse(plain.predict(matrices[1], iteration_range=(0, best)))]
print(json.dumps([*errors, model.feature_count, model.objective, model.booster.num_boosted_rounds(), best]))
"""

LOAD = """
import json, pathlib, sys
from local.algorithms.xgboost.model import UnreadableModelError, load
def answer(folder):
    try:
        return f"{load(pathlib.Path(folder)).feature_count} features"
    except UnreadableModelError as error:
        return str(error)
print(json.dumps([answer(folder) for folder in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the log of a run that stops early."""
    base = tmp_path_factory.mktemp("opt-ml")
    lay_out(base, SETTINGS | {"early_stopping_rounds": "5"}, CHANNELS, mode="Pipe")
    code, log = run(XGBOOST, base)
    assert code == 0, log
    return base, log


def rounds(log: str) -> list[tuple[int, float, float]]:
    lines = re.findall(r"^\[(\d+)\]\ttrain-rmse:(\S+)\tvalidation-rmse:(\S+)$", log, re.MULTILINE)
    return [(int(number), float(train), float(validation)) for number, train, validation in lines]


def test_each_round_has_a_line_that_metric_definitions_parse(trained: tuple[Path, str]) -> None:
    lines = rounds(trained[1])
    assert [number for number, _, _ in lines] == list(range(len(lines)))
    assert lines[-1][1] < lines[0][1]
    assert re.search(r"^\[\d{4}-\d\d-\d\d:\d\d:\d\d:\d\d:INFO\] Single node training\.$", trained[1], re.MULTILINE)
    assert f"Train matrix has 1500 rows and {COLUMNS} columns" in trained[1]


def test_the_model_is_the_best_rounds_in_ubjson_and_as_good_as_the_librarys(trained: tuple[Path, str]) -> None:
    base, log = trained
    assert [path.name for path in (base / "model").iterdir()] == ["xgboost-model"]
    # UBJSON: an object whose first key is the length-prefixed `learner`.
    assert (base / "model" / "xgboost-model").read_bytes().startswith(b"{L\0\0\0\0\0\0\0\x07learner{")
    mine, librarys, features, objective, rounds_left, best = evaluate(XGBOOST, COMPARE, base)  # type: ignore[misc]
    assert (features, objective, rounds_left) == (COLUMNS, "reg:squarederror", best)
    assert mine == pytest.approx(librarys, rel=1e-6)
    lines = rounds(log)
    assert min(validation for _, _, validation in lines) == pytest.approx(mine, abs=1e-4)
    # The library calls its callbacks in any order: whether the last round has a line is open.
    assert len(lines) in (best + 4, best + 5)


def test_equal_data_and_seed_give_equal_bytes(trained: tuple[Path, str], tmp_path: Path) -> None:
    lay_out(tmp_path, SETTINGS | {"early_stopping_rounds": "5"}, CHANNELS)
    assert run(XGBOOST, tmp_path)[0] == 0
    models = [(base / "model" / "xgboost-model").read_bytes() for base in (tmp_path, trained[0])]
    assert models[0] == models[1]


def test_hostile_artefacts_are_refused_before_the_library_sees_them(trained: tuple[Path, str], tmp_path: Path) -> None:
    whole = (trained[0] / "model" / "xgboost-model").read_bytes()
    artefacts = {
        "truncated": (whole[: len(whole) // 2], "it ends within a value at byte"),
        "pickled": (b"\x80\x04cos\nsystem\n(S'id'\ntR.", "b'\\x80' begins no value"),
        "another": (b"{L" + (1).to_bytes(8, "big") + b"aZ}", "it is no model of XGBoost: KeyError"),
        "longer": (whole + b"}", "1 bytes follow the value"),
        "huge": (b"[$D#L" + (1 << 60).to_bytes(8, "big"), "it ends within a value"),
        "deep": (b"[" * 100, "it nests more than 16 levels"),
    }
    for name, (content, _) in artefacts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "xgboost-model").write_bytes(content)
    answers = evaluate(XGBOOST, LOAD, *(tmp_path / name for name in artefacts))
    assert isinstance(answers, list)
    for (name, (_, reason)), answer in zip(artefacts.items(), answers, strict=True):
        assert reason in answer, name


def tree(**changes: object) -> dict[str, object]:
    """A root with two leaves, with `changes`: a list is an array as the library writes it."""
    plain: dict[str, object] = {
        "default_left": [0, 0, 0],
        "left_children": [1, -1, -1],
        "parents": [2**31 - 1, 0, 0],
        "right_children": [2, -1, -1],
        "split_indices": [0, 0, 0],
        "split_type": [0, 0, 0],
        **{name: [0.0, 0.0, 0.0] for name in ("base_weights", "loss_changes", "split_conditions", "sum_hessian")},
        "categories": [],
        "tree_param": {"num_nodes": "3", "size_leaf_vector": "1"},
    }
    return {
        name: np.array(value, ">f4" if float in map(type, value) else ">i4") if isinstance(value, list) else value
        for name, value in (plain | changes).items()
    }


def model_of(
    *trees: dict[str, object], parameters: dict[str, str] | None = None, **changes: object
) -> dict[str, object]:
    """A document of `trees`, with `changes` to its model, and other `parameters`."""
    count = len(trees)
    model = {
        "trees": list(trees),
        "tree_info": [0] * count,
        "iteration_indptr": list(range(count + 1)),
        "gbtree_model_param": {"num_trees": str(count)},
    }
    return {
        "learner": {
            "gradient_booster": {"name": "gbtree", "model": model | changes},
            "learner_model_param": {"num_feature": "2", "num_class": "0", "base_score": "5E-1"} | (parameters or {}),
            "objective": {"name": "reg:squarederror"},
        }
    }


# A root that was pruned, and its former children, to which nothing leads.
PRUNED = tree(left_children=[-1, -1, -1], right_children=[-1, -1, -1], split_indices=[0, 2**31 - 1, 2**31 - 1])
CIRCLE = {
    name: np.concatenate([value, value[-2:]]) if isinstance(value, np.ndarray) and len(value) else value
    for name, value in tree(tree_param={"num_nodes": "5", "size_leaf_vector": "1"}).items()
} | {
    "left_children": np.array([1, -1, -1, 3, -1]),
    "right_children": np.array([2, -1, -1, 4, -1]),
    "parents": np.array([2**31 - 1, 0, 0, 3, 3]),
}


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (model_of(tree(left_children=[3, -1, -1])), "tree 0 has a child outside of it, or of two nodes"),
        (model_of(tree(), tree(right_children=[0, -1, -1])), "tree 1 has a child outside of it, or of two nodes"),
        (model_of(tree(right_children=[1, -1, -1])), "tree 0 has a child whose parent is another, or of two nodes"),
        (model_of(tree(right_children=[2, 1, -1])), "tree 0 has a node with one child"),
        (model_of(tree(split_indices=[2, 0, 0])), "or a column that is not there"),
        (model_of(tree(split_indices=[0, 0])), "tree 0 has arrays of other lengths than its 3 nodes"),
        (model_of(tree(categories=[1])), "tree 0 has categories or vectors"),
        (model_of(tree(split_type=[1, 0, 0])), "tree 0 has a node that splits by categories"),
        (model_of(tree(default_left=[2, 0, 0])), "or leads a missing value nowhere"),
        # The library crashes on such parents.
        (model_of(tree(parents=[2**31 - 1, 1 << 30, 0])), "tree 0 has a child whose parent is another"),
        (model_of(tree(parents=[2**31 - 1, 0, -7])), "tree 0 has a child whose parent is another"),
        (model_of(tree(parents=[1, 0, 0])), "tree 0 has a parent that is not there, or a root with one"),
        (model_of(PRUNED | {"parents": np.array([2**31 - 1, 9, 0])}), "tree 0 has a parent that is not there"),
        # Two nodes that lead to each other, to which no other does.
        (model_of(CIRCLE), "tree 0 has a child before its parent"),
        (model_of(tree(split_conditions=[0.0, float("nan"), 0.0])), "tree 0 has a threshold or a leaf that is no"),
        (model_of(tree(split_conditions=[float("-inf"), 0.0, 0.0])), "tree 0 has a threshold or a leaf that is no"),
        (model_of(tree(parents=[0.0, 0.0, 0.0])), "tree 0 has parents that are no array of the library's type"),
        (model_of(tree(left_children=("1", "-1", "-1"))), "tree 0 has left_children that are no array"),
        (model_of(tree(tree_param={"num_nodes": "4000001", "size_leaf_vector": "1"})), "tree 0 has 4000001 nodes"),
        (model_of(tree(), iteration_indptr=[0, 2]), "its numbers of trees differ"),
        (model_of(tree(), iteration_indptr=[0] * 9 + [1]), "its numbers of trees differ"),
        (model_of(tree(), iteration_indptr=[]), "it is no model of XGBoost: IndexError"),
        (model_of(tree(), tree_info=[1]), "a tree is of a class that is not there"),
        (model_of(tree(), parameters={"num_class": "1000000000"}), "it has 1000000000 classes, 1 targets and 1 trees"),
        (model_of(tree(), parameters={"num_target": "9"}), "it has 0 classes, 9 targets and 1 trees"),
        (model_of(tree(), parameters={"num_feature": "2000000000"}), "it has 2000000000 features"),
        (model_of(tree(), parameters={"base_score": "NaN"}), "its base_score is 'NaN'"),
        ({"learner": {"gradient_booster": {"name": "dart"}, "learner_model_param": {}}}, "its booster is 'dart'"),
        ([], "it is no model of XGBoost: TypeError"),
    ],
)
def test_documents_that_would_lead_the_library_astray_are_refused(hostile: object, reason: str) -> None:
    assert document.check(model_of(tree(), tree())) == "reg:squarederror"
    assert document.check(model_of(PRUNED)) == "reg:squarederror"
    with pytest.raises(document.UnreadableModelError, match=re.escape(reason)):
        document.check(hostile)


def array_of(mark: bytes, count: int) -> bytes:
    """An array of so many small numbers, in UBJSON."""
    return b"[$" + mark + b"#L" + count.to_bytes(8, "big") + bytes(count)


@pytest.mark.proof
def test_files_of_large_arrays_are_refused_within_a_few_times_their_size() -> None:
    """Each has 30 million numbers in the place of a few; as Python's integers they would take a thousand megabytes."""
    large = array_of(b"i", 30_000_000)
    field = {name: ubjson.decode(large) for name in ("left", "trees")}
    tracemalloc.start()
    for hostile in (
        model_of(tree(), iteration_indptr=field["trees"]),
        model_of(tree(), tree_info=field["trees"]),
        model_of(tree(left_children=field["left"])),
    ):
        with pytest.raises(document.UnreadableModelError):
            document.check(hostile)
    with pytest.raises(ubjson.BadUbjsonError, match="or has more than 500000 values"):
        ubjson.decode(b"[" + b"{}" * 600_000 + b"]")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150_000_000


def test_ubjson_examples_give_what_they_say() -> None:
    assert doctest.testmod(ubjson).attempted == 1
    assert doctest.testmod(ubjson).failed == 0


def test_a_stopped_job_leaves_its_last_round_where_it_asks_for_it_and_nothing_else(tmp_path: Path) -> None:
    endless = SETTINGS | {"num_round": "1000000"}
    for name, settings, code, files in (
        ("saved", endless | {"save_model_on_termination": "true"}, 0, ["xgboost-model"]),
        ("lost", endless, -15, []),
    ):
        lay_out(tmp_path / name, settings, CHANNELS)
        assert run_until(XGBOOST, tmp_path / name, "[2]\ttrain-rmse:") == code
        model = tmp_path / name / "model"
        assert [path.name for path in model.glob("[!.]*")] == files
    assert evaluate(XGBOOST, LOAD, tmp_path / "saved" / "model") == [f"{COLUMNS} features"]


@pytest.mark.parametrize(
    ("settings", "channels", "reason"),
    [
        (SETTINGS | {"eta": "2"}, CHANNELS, "Hyperparameter eta: 2.0 is not in [0, 1]"),
        (SETTINGS, CHANNELS | {"test": "1,2\n"}, "Extraneous channel found: test"),
        (
            {"num_round": "2", "objective": "binary:logistic", "base_score": "0.5"},
            CHANNELS,
            "label must be in [0,1] for logistic regression",
        ),
    ],
)
def test_a_failure_is_the_frameworks_and_says_what_was_wrong(
    tmp_path: Path, settings: dict[str, str], channels: dict[str, str], reason: str
) -> None:
    lay_out(tmp_path, settings, channels)
    code, log = run(XGBOOST, tmp_path)
    failure = (tmp_path / "output" / "failure").read_text()
    assert code == 1
    assert failure.startswith("framework error: \nsagemaker_algorithm_toolkit.exceptions.UserError: ")
    assert reason in failure
    assert reason in log
    assert not list((tmp_path / "model").glob("*"))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({"colour": "blue"}, "Extraneous hyperparameter found: colour"),
        ({"max_depth": "2.5"}, "Hyperparameter max_depth: could not parse value (caused by ValueError)"),
        ({"subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        ({"eta": "nan"}, "Hyperparameter eta: nan is not in [0, 1]"),
        ({"learning_rate": "1.1"}, "Hyperparameter eta: 1.1 is not in [0, 1]"),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ({"booster": "tree"}, "Hyperparameter booster: tree is not in ['gbtree', 'gblinear', 'dart']"),
        ({"eval_metric": "rmse,speed"}, "Hyperparameter eval_metric: ['rmse', 'speed'] is not in ["),
        ({"objective": "multi:softmax"}, "Require input for parameter 'num_class' for multi-classification"),
        ({"objective": "reg:squarederror", "eval_metric": "auc"}, "Metric 'auc' can only be applied for"),
        ({"monotone_constraints": "(1,0)"}, "monotone_constraints can be used only when the tree_method"),
        ({"interaction_constraints": "[[0]]"}, "Hyperparameter interaction_constraints: [[0]] is not in [1, +inf)"),
        ({"interaction_constraints": "__import__('os')"}, "interaction_constraints: could not parse value"),
        ({"tree_method": "gpu_hist"}, "tree_method gpu_hist is not implemented by the embedded AWS"),
        ({"_kfold": "5"}, "Hyperparameter _kfold is not implemented by the embedded AWS"),
    ],
)
def test_hyperparameters_are_refused_in_the_containers_words(settings: dict[str, str], reason: str) -> None:
    required = {"num_round": "5"} if settings else {}
    with pytest.raises(UserError, match=re.escape(reason)):
        hyperparameters.parse(required | settings)


def test_hyperparameters_become_values() -> None:
    assert hyperparameters.parse(
        {"num_round": "5", "reg_lambda": "0.5", "eval_metric": "rmse,mae", "monotone_constraints": "(1,-1)"}
        | {"tree_method": "hist", "interaction_constraints": "[[1, 2]]", "seed": "-3"}
    ) == {
        "num_round": 5,
        "lambda": 0.5,
        "eval_metric": ["rmse", "mae"],
        "monotone_constraints": (1, -1),
        "tree_method": "hist",
        "interaction_constraints": [[1, 2]],
        "seed": -3,
    }


def test_an_empty_field_of_csv_is_a_missing_value(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_text('1,2,\n\n"3",,4.5\n')
    table = tables.read_csv(path)
    assert table.labels.tolist() == [1, 3]
    np.testing.assert_array_equal(table.features, np.array([[2, np.nan], [np.nan, 4.5]], dtype=np.float32))


def test_a_line_of_libsvm_names_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_text("1.5 0:2 2:4\n-1\n")
    table = tables.read_libsvm(path)
    assert table.labels.tolist() == [1.5, -1]
    nan = np.nan
    np.testing.assert_array_equal(table.features, np.array([[2, nan, 4], [nan, nan, nan]], dtype=np.float32))


@pytest.mark.parametrize(
    ("form", "content", "reason"),
    [
        ("csv", b"1,2\n1,x\n", "line 2: could not convert string to float: 'x'"),
        ("csv", b"1,2\n1,2,3\n", "line 2: it has 3 columns, not 2"),
        ("csv", b"nan,2\n", "line 1: it has no label"),
        ("csv", b"\x1f\x8b\x08\x00", "of file 'part' is not 'CSV' format"),
        ("libsvm", b"1,2\n", "First line '1,2...' of file 'part' is not 'LIBSVM' format."),
        ("libsvm", b"1 1:2\n1 x\n", "line 2: '1 x' is no line of libsvm"),
        ("libsvm", b"1 4000000000:1\n", "it has more than 100000 columns"),
        ("recordio", b"1,2\n", "Failed to load recordio-protobuf data with exception:"),
    ],
)
def test_files_of_another_form_are_refused_with_the_line_at_fault(
    tmp_path: Path, form: str, content: bytes, reason: str
) -> None:
    path = tmp_path / "part"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(reason)):
        {"csv": tables.read_csv, "libsvm": tables.read_libsvm, "recordio": tables.read_recordio}[form](path)
