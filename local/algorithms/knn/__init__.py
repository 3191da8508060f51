"""SageMaker's k-nearest neighbours as a local process: `python -m local.algorithms.knn --base-dir DIR`.

It runs in the environment of requirements/algorithms.txt, with FAISS, by which the index types are named.

- `container`: the stages in their order, exit code and failure file
- `hyperparameters`: strings of hyperparameters.json -> checked values, by the rules that the linear learner has too
- `learner`: the sample of the training rows, by reservoir; its scores on the test channel
- `projection`: fewer dimensions, by random signs or by the fast Johnson-Lindenstrauss transform
- `index`: FAISS' indexes over the sample, and the metrics between points
- `model`: model/model_algo-1, the sample and the settings, from which the index is built anew

Amazon's container is closed. What it logs, takes and answers is documented; the artefact is not, so this one has a
layout of its own, which only this process reads.

Sources: the developer guide's "K-Nearest Neighbors (k-NN) Algorithm", its hyperparameters, formats and tuning pages.
"""
