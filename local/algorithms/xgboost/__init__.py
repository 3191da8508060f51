"""SageMaker's XGBoost 3.0-5 as a local process: `python -m local.algorithms.xgboost --base-dir DIR`.

It runs in the environment of requirements/algorithms.txt, with the version of the library that the image has. Where the
others run there is no such library: imports of it are marked for the type checker.

- `container`: the stages in their order, exit code and failure file
- `hyperparameters` (`rules`): strings of hyperparameters.json -> checked values
- `channels` (`tables`): input/data/<channel>/** -> a DMatrix, label first
- `training` (`metrics`): rounds by the library, with its log lines, early stopping, and the model of each round
- `model` (`ubjson`, `document`): model/xgboost-model in UBJSON, and the way back to predictions

Left out, and refused by name: cross validation (`_kfold`), Parquet, GPUs, several machines, metrics of several classes
that the library does not have itself.

Source: https://github.com/aws/sagemaker-xgboost-container, branch release-3.0.5, whose behaviour this follows.
"""
