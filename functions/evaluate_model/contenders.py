"""What is judged: a model that is read from its artefact, or the predictions that a container made of the split."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

from aws import s3
from wildrydes.bucket import key_in_bucket
from wildrydes.errors import BadModel, MissingObject
from wildrydes.evaluation.kinds import Kind
from wildrydes.evaluation.predictions import SUFFIX, answers
from wildrydes.model.archive import MOST_PACKED
from wildrydes.model.artefact import Model, read_model

Margin = Callable[[Sequence[float]], float]
"""From the features of the next row to its margin."""


class Contender(Protocol):
    """A model in the judgement. Weights and bias are a linear model's; others have none."""

    @property
    def threshold(self) -> float: ...
    @property
    def weights(self) -> tuple[float, ...]: ...
    @property
    def bias(self) -> float | None: ...
    @property
    def artefact_sha256(self) -> str: ...

    def margins(self, name: str) -> Margin:
        """For the rows of the split's object of this name. Raises BadModel, as the function it gives does."""
        ...

    def end(self) -> None:
        """At the end of each object of the split. Raises BadModel if there are predictions left."""
        ...

    def answer(self, features: Sequence[float]) -> float:
        """What callers get for the row whose margin was asked last: a probability, or the number."""
        ...


@dataclass(frozen=True)
class ReadModel:
    """A model in this process."""

    model: Model
    artefact_sha256: str

    @property
    def threshold(self) -> float:
        return self.model.threshold

    @property
    def weights(self) -> tuple[float, ...]:
        return getattr(self.model, "weights", ())

    @property
    def bias(self) -> float | None:
        return getattr(self.model, "bias", None)

    def margins(self, name: str) -> Margin:
        return self.model.margin

    def end(self) -> None:
        """There is nothing to be left."""

    def answer(self, features: Sequence[float]) -> float:
        return self.model.score(features)


@dataclass
class Predictions:
    """The predictions under a prefix, in the order of the split's rows; object by object as they are read."""

    bucket: str
    prefix: str
    kind: Kind
    artefact_sha256: str
    threshold: float = 0.5
    weights: tuple[float, ...] = ()
    bias: float | None = None
    _key: str = ""
    _rest: Iterator[float] = field(default_factory=lambda: iter(()))
    _last: float = 0.0

    def margins(self, name: str) -> Margin:
        self._key = f"{self.prefix}{name}{SUFFIX}"
        self._rest = answers(_stream(self.bucket, self._key), self._key)
        return self._margin

    def end(self) -> None:
        if next(self._rest, None) is not None:
            raise BadModel(f"{self._key} has more predictions than the split's object has rows")

    def answer(self, features: Sequence[float]) -> float:
        return self._last

    def _margin(self, features: Sequence[float]) -> float:
        value = next(self._rest, None)
        if value is None:
            raise BadModel(f"{self._key} has fewer predictions than the split's object has rows")
        self._last = value
        try:
            return self.kind.margin(value)
        except ValueError as error:
            raise BadModel(f"{self._key}: {error}") from None


def contender(bucket: str, candidate: dict[str, Any], kind: Kind, features: Sequence[str]) -> Contender:
    """What is judged of a candidate, once it is of this kind and these features. Raises BadModel, MissingObject."""
    key = key_in_bucket(candidate["model_key"], bucket)
    if prefix := candidate.get("predictions_prefix"):
        return Predictions(bucket, key_in_bucket(prefix, bucket), kind, _digest(bucket, key))
    archive = s3.read(bucket, key, MOST_PACKED + 1)
    model = read_model(archive, candidate["algorithm"])
    if model.kind != kind.model_kind or model.feature_count != len(features):
        raise BadModel(
            f"the artefact is a {model.kind} of {model.feature_count} features, not a {kind.model_kind} of "
            f"{', '.join(features)}"
        )
    return ReadModel(model, sha256(archive).hexdigest())


def _stream(bucket: str, key: str) -> Iterator[bytes]:
    try:
        yield from s3.stream(bucket, key)
    except MissingObject as missing:
        raise BadModel(f"there are no predictions: {missing}") from None


def _digest(bucket: str, key: str) -> str:
    digest = sha256()
    for block in s3.stream(bucket, key):
        digest.update(block)
    return digest.hexdigest()
