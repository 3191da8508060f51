"""A model of XGBoost in a process of its own, as the functions walk it or as the library does: bench.trees starts it.

    python bench/one_model.py train <folder> <rounds>   writes an artefact, and a thousand rows: data/samples, depth 6
    python bench/one_model.py ours|library <folder>     prints a JSON object: the scores of the rows; and seconds from
                                                        the process's start to the first score, for the model of it, for
                                                        one row, and for all

The seconds are the processor's, so that what else the machine does is not in them. What is imported at the top is part
of a cold start's time, for both alike; so there is next to nothing.
"""

import sys


def main():
    """Trains, or answers and measures."""
    way, folder = sys.argv[1:3]
    if way == "train":
        train(folder, int(sys.argv[3]))
        return
    import json
    from time import process_time

    with open(f"{folder}/rows.json", encoding="utf-8") as file:  # noqa: PTH123
        rows = json.load(file)
    began = process_time()
    one, many = ours(folder) if way == "ours" else library(folder)
    one(rows[0])
    cold = process_time()
    figures = {"cold": cold, "load": cold - began, "scores": many(rows)}
    figures |= {"one": seconds(lambda: one(rows[0]), 50), "many": seconds(lambda: many(rows), 3)}
    print(json.dumps(figures), flush=True)  # noqa: T201


def ours(folder):
    """The functions that score a row and several, by the code of the functions."""
    sys.path.insert(0, "functions")
    from wildrydes.algorithms import XGBOOST
    from wildrydes.model.artefact import read_model

    with open(f"{folder}/model.tar.gz", "rb") as file:  # noqa: PTH123
        model = read_model(file.read(), XGBOOST)
    return model.score, model.scores


def library(folder):
    """The same, by XGBoost's library, in one thread."""
    import numpy as np
    import xgboost  # pyright: ignore[reportMissingImports]

    booster = xgboost.Booster({"nthread": 1}, model_file=f"{folder}/xgboost-model.ubj")

    def many(rows):
        return booster.inplace_predict(np.array(rows)).tolist()

    return lambda row: many([row])[0], many


def train(folder, rounds):
    """A model of pick durations with the settings that are usual, as the container stores it."""
    import json
    import tarfile
    from pathlib import Path

    import numpy as np
    import xgboost  # pyright: ignore[reportMissingImports]

    data = np.loadtxt("data/samples/samples.csv.gz", delimiter=",")
    settings = {"objective": "reg:squarederror", "max_depth": 6, "eta": 0.2, "nthread": 1}
    booster = xgboost.train(settings, xgboost.DMatrix(data[:, 1:], data[:, 0]), rounds)
    path = Path(folder)
    booster.save_model(path / "xgboost-model.ubj")
    (path / "rows.json").write_text(json.dumps(data[:1000, 1:].tolist()), encoding="utf-8")
    with tarfile.open(path / "model.tar.gz", "w:gz") as archive:
        archive.add(path / "xgboost-model.ubj", "xgboost-model")


def seconds(call, times):
    """What a call takes: the median of seven rounds of so many calls."""
    from statistics import median
    from time import process_time

    rounds = []
    for _ in range(7):
        began = process_time()
        for _ in range(times):
            call()
        rounds.append((process_time() - began) / times)
    return median(rounds)


if __name__ == "__main__":
    main()
