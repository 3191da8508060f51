"""k-nearest neighbours' hyperparameters that an execution may set, with the ranges that its documentation gives.

Left out are those that the workflow sets itself (predictor_type, feature_dim).
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/kNN_hyperparameters.html
"""

from collections.abc import Mapping
from math import inf
from types import MappingProxyType

from wildrydes.training.hyperparameters import together
from wildrydes.training.hyperparameters.rules import COUNT, Number, Rule, Words

_FLAT, _IVF_FLAT, _IVF_PQ = "faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"

ALLOWED: Mapping[str, Rule] = MappingProxyType(
    {
        "dimension_reduction_target": COUNT,
        "dimension_reduction_type": Words(("sign", "fjlt")),
        "faiss_index_ivf_nlists": Number(1, inf, whole=True, words=("auto",)),
        "faiss_index_pq_m": Words(tuple(str(m) for m in (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96))),
        "index_metric": Words(("L2", "INNER_PRODUCT", "COSINE")),
        "index_type": Words((_FLAT, _IVF_FLAT, _IVF_PQ)),
        "k": COUNT,
        "mini_batch_size": COUNT,
        "sample_size": COUNT,
    }
)

# The documentation names no default of faiss_index_pq_m, and no number of parts is right for all points. It lets
# faiss_index_ivf_nlists be left out: then it is auto.
TOGETHER: tuple[together.Rule, ...] = (
    together.AtMost("k", "sample_size"),
    together.Needs("dimension_reduction_type", "dimension_reduction_target"),
    together.Needs("dimension_reduction_target", "dimension_reduction_type"),
    together.AtMost("dimension_reduction_target", "feature_dim", below=True),
    together.Only(("faiss_index_ivf_nlists",), "index_type", (_IVF_FLAT, _IVF_PQ), _FLAT),
    together.AtMost("faiss_index_ivf_nlists", "sample_size"),
    together.Only(("faiss_index_pq_m",), "index_type", (_IVF_PQ,), _FLAT),
    together.Needs("index_type", "faiss_index_pq_m", (_IVF_PQ,)),
    together.Never("index_metric", ("INNER_PRODUCT", "COSINE"), "index_type", (_IVF_PQ,), _FLAT),
)

# The lowest of the lab's range.
DEFAULTS: Mapping[str, str] = MappingProxyType({"k": "50"})


def follow_from_task(features: int) -> dict[str, str]:
    """What the workflow sets by itself.

    A regressor for both kinds: the mean of the neighbours' labels of 0 and 1 is the share of ones, a probability. The
    classifier would answer the label alone.
    """
    return {"predictor_type": "regressor", "feature_dim": str(features)}
