"""Hyperparameters: strings, checked by name and range, with the container's defaults.

Names, ranges and defaults: "k-NN Hyperparameters" of the SageMaker developer guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from local.algorithms.linear_learner.errors import CustomerError
from local.algorithms.linear_learner.rules import Auto, Integer, NotAllowedError, OneOf, Rule, Text

_SUBVECTORS = tuple(str(count) for count in (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96))
FLAT, IVF_FLAT, IVF_PQ = "faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"
L2, INNER_PRODUCT, COSINE = "L2", "INNER_PRODUCT", "COSINE"
SIGN, FJLT = "sign", "fjlt"
REGRESSOR = "regressor"

# name: (default, rule); None = the name must be given, "" = it may be left out.
RULES: Mapping[str, tuple[str | None, Rule]] = MappingProxyType(
    {
        "feature_dim": (None, Integer()),
        "k": (None, Integer()),
        "predictor_type": (None, OneOf(("classifier", REGRESSOR))),
        "sample_size": (None, Integer()),
        "dimension_reduction_target": ("", Integer()),
        "dimension_reduction_type": ("", OneOf((SIGN, FJLT))),
        "faiss_index_ivf_nlists": ("auto", Auto(Integer())),
        "faiss_index_pq_m": ("", OneOf(_SUBVECTORS)),
        "index_metric": (L2, OneOf((L2, INNER_PRODUCT, COSINE))),
        "index_type": (FLAT, OneOf((FLAT, IVF_FLAT, IVF_PQ))),
        "mini_batch_size": ("5000", Integer()),
        # The container's machinery, without a bearing on the model.
        "_log_level": ("info", Text()),
        "_kvstore": ("auto", Text()),
        "_num_gpus": ("auto", Text()),
        "_num_kv_servers": ("auto", Text()),
        "_tuning_objective_metric": ("", Text()),
    }
)
_INVALID = "Unable to initialize the algorithm. Failed to validate input configuration. (caused by ValidationError)"


@dataclass(frozen=True)
class Hyperparameters:
    """Checked hyperparameters that have a bearing on the model."""

    feature_dim: int
    k: int
    predictor_type: str
    sample_size: int
    dimension_reduction_target: int | None
    dimension_reduction_type: str | None
    faiss_index_ivf_nlists: int | None
    faiss_index_pq_m: int | None
    index_metric: str
    index_type: str
    mini_batch_size: int

    @property
    def regresses(self) -> bool:
        """Whether the answer is the mean of the neighbours' labels, and not the one that most have."""
        return self.predictor_type == REGRESSOR


def parse(configuration: Mapping[str, object]) -> Hyperparameters:
    """Check `configuration`, the content of hyperparameters.json. Raises CustomerError, which says what is allowed."""
    for name, value in configuration.items():
        if name not in RULES:
            raise _invalid(f"Additional properties are not allowed ({name!r} was unexpected)")
        if not isinstance(value, str):
            raise _invalid(f"{value!r} is not of type 'string': hyperparameter {name} must be a string")
    values = {name: _value(name, configuration) for name in RULES}
    pq = values["faiss_index_pq_m"]
    values["faiss_index_pq_m"] = None if pq is None else int(pq)
    settings = Hyperparameters(**{field.name: values[field.name] for field in fields(Hyperparameters)})
    _check_together(settings)
    return settings


def final_configuration(configuration: Mapping[str, object]) -> dict[str, object]:
    """The container's defaults, overridden by `configuration`: the log's "Final configuration"."""
    return {name: default for name, (default, _) in RULES.items() if default} | dict(configuration)


def _value(name: str, configuration: Mapping[str, object]) -> Any:
    default, rule = RULES[name]
    text = configuration.get(name, default)
    if text is None:
        raise _invalid(f"{name!r} is a required property: {rule.allowed}")
    if not text:
        return None
    try:
        return rule.parse(str(text).strip())
    except NotAllowedError:
        raise _invalid(f"Hyperparameter {name} is {text!r}: {rule.allowed} is allowed") from None


def _check_together(settings: Hyperparameters) -> None:
    target, kind = settings.dimension_reduction_target, settings.dimension_reduction_type
    if kind and target is None:
        raise _invalid("'dimension_reduction_target' is required where dimension_reduction_type is given")
    if target is not None and not (kind and target < settings.feature_dim):
        raise _invalid(
            f"Hyperparameter dimension_reduction_target is {target}: it needs dimension_reduction_type, and an integer "
            f"below feature_dim, {settings.feature_dim}, is allowed"
        )
    if settings.index_type == IVF_PQ and settings.faiss_index_pq_m is None:
        raise _invalid("'faiss_index_pq_m' is required where index_type is faiss.IVFPQ")
    if settings.index_type == IVF_PQ and settings.index_metric != L2:
        raise _invalid(f"Hyperparameter index_metric is {settings.index_metric!r}: with faiss.IVFPQ L2 is allowed")
    if settings.k > settings.sample_size:
        raise _invalid(
            f"Hyperparameter k is {settings.k}: an integer of at most sample_size, {settings.sample_size}, is allowed"
        )


def _invalid(cause: str) -> CustomerError:
    return CustomerError(f"{_INVALID}\n\nCaused by: {cause}")
