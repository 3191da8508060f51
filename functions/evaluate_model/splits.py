"""Goes through the splits of a training set: models are judged on the test split, the train split is summed up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from aws import s3
from evaluate_model.contenders import Contender
from wildrydes.errors import BadTestSet
from wildrydes.evaluation.feature_moments import TrainingRows, training_rows
from wildrydes.evaluation.feature_profiles import FeatureProfile, Profiler, feed
from wildrydes.evaluation.golden import golden_request
from wildrydes.evaluation.judgement import AnyJudgement, ScoredRow
from wildrydes.evaluation.kinds import Kind
from wildrydes.evaluation.split_rows import Row, rows


@dataclass(frozen=True)
class Split:
    """A split's place in the bucket, the kind of its labels and the features of its rows."""

    bucket: str
    prefix: str
    kind: Kind
    features: tuple[str, ...]

    def objects(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """The name of each object below the prefix, and its rows. Raises BadTestSet, also where there is no row."""
        empty = True
        for key in s3.keys(self.bucket, self.prefix):
            stream = rows(s3.stream(self.bucket, key), len(self.features), key, self.kind.labels)
            if (first := next(stream, None)) is not None:
                empty = False
                yield key.removeprefix(self.prefix), _with_first(first, stream)
        if empty:
            raise BadTestSet(f"there is no row under s3://{self.bucket}/{self.prefix}: the split is empty")


def judge(split: Split, contenders: Sequence[Contender]) -> tuple[AnyJudgement, dict[str, Any]]:
    """Judges one contender or two in one pass; and a row of the split with the first one's answer.

    Raises BadTestSet, BadModel.
    """
    golden: dict[str, Any] = {}

    def score_rows() -> Iterator[ScoredRow]:
        for name, object_rows in split.objects():
            margin_functions = [each.margins(name) for each in contenders]
            for label, features in object_rows:
                margins = [margin(features) for margin in margin_functions]
                if not golden and all(map(isfinite, margins)):
                    ride = dict(zip(split.features, features, strict=True))
                    golden.update(golden_request(ride, split.kind.answer, contenders[0].answer(features)))
                yield label, margins
            for each in contenders:
                each.end()

    judgement = split.kind.judge(score_rows(), [each.threshold for each in contenders])
    return judgement, golden


def summarise_train_split(split: Split) -> tuple[TrainingRows, tuple[FeatureProfile, ...]]:
    """The rows of the train split, summed up, and how each feature is spread. Raises BadTestSet."""
    profiler = Profiler(split.features)
    all_rows = (row for _, object_rows in split.objects() for row in object_rows)
    training = training_rows(feed(all_rows, profiler))
    if fault := split.kind.training_fault(training):
        raise BadTestSet(f"of {training.rows} rows under s3://{split.bucket}/{split.prefix} {fault}")
    return training, profiler.finish()


def _with_first(first: Row, others: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from others
