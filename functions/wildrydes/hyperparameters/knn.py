"""k-nearest neighbours' hyperparameters that an execution may set, with the ranges that its documentation gives.

Left out are those that the workflow sets itself (predictor_type, feature_dim).
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/kNN_hyperparameters.html
"""

from collections.abc import Mapping
from math import inf
from types import MappingProxyType

from wildrydes.hyperparameters.rules import COUNT, Number, Rule, Words

ALLOWED: Mapping[str, Rule] = MappingProxyType(
    {
        "dimension_reduction_target": COUNT,
        "dimension_reduction_type": Words(("sign", "fjlt")),
        "faiss_index_ivf_nlists": Number(1, inf, whole=True, words=("auto",)),
        "faiss_index_pq_m": Words(tuple(str(m) for m in (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96))),
        "index_metric": Words(("L2", "INNER_PRODUCT", "COSINE")),
        "index_type": Words(("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ")),
        "k": COUNT,
        "mini_batch_size": COUNT,
        "sample_size": COUNT,
    }
)

# The lowest of the lab's range.
DEFAULTS: Mapping[str, str] = MappingProxyType({"k": "50"})


def follow_from_task(features: int) -> dict[str, str]:
    """What the workflow sets by itself.

    A regressor for both kinds: the mean of the neighbours' labels of 0 and 1 is the share of ones, a probability. The
    classifier would answer the label alone.
    """
    return {"predictor_type": "regressor", "feature_dim": str(features)}
