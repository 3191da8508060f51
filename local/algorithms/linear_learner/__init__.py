"""SageMaker's linear learner as a local process: `python -m local.algorithms.linear_learner --base-dir DIR`.

The stages, in the order in which `container.run` and `learner.learn` call them:

- `hyperparameters` (`rules`): strings of hyperparameters.json -> checked values
- `channels` (`inputs.recordio`): input/data/<channel>/** -> a Dataset, label first
- `scaler`: mean and deviation of the first batches -> normalised features, and the way back
- `candidates`: the grid of learning rate x wd x l1
- `training` (`objectives`, `optimizers`): every candidate at once, one matrix product a mini-batch
- `selection` (`thresholds`): the epoch, the candidate and the threshold that the criterion prefers
- `scores`, `metrics_log`: the chosen model's scores, and the log lines that metric definitions parse
- `artefact`: model/model_algo-1 in the container's layout; `mxnet_files` has the two files of MXNet's in it

Left out, and refused by name: multiclass_classifier, losses other than logistic and squared loss, training on more
than one host. Left out without a word: the container's `#metrics {...}` lines, one a candidate and epoch.

Sources: the SageMaker developer guide's "Linear learner hyperparameters" and "Common data formats", and logs and
artefacts of real jobs.
"""
