"""The algorithms that a candidate may be trained by: the image of each, and the splits that its channels read.

An algorithm is prepared by a Pass state: what follows is the same for all, and takes what is particular from it.
Channels: "Common parameters for built-in algorithms" of the SageMaker developer guide.
"""

from dataclasses import dataclass
from typing import Any

from sagemaker.inputs import TrainingInput

from statemachines.asl import Pass


@dataclass(frozen=True)
class Algorithm:
    """An algorithm by the name that the execution's input gives it.

    `repository` and `tag` name its image, and `substitution` the template's values of the registry they are in:
    `${<substitution>Registry}` is the account, `${<substitution>Repository}` the image's URI without a tag.
    """

    name: str
    title: str
    repository: str
    tag: str
    substitution: str
    # Of each channel, which split of the training set it reads.
    channels: tuple[tuple[str, str], ...]
    content_type: str = "text/csv"
    # Whether no code of ours reads its artefacts: a candidate is judged by predictions of its container.
    is_read_by_container: bool = False

    def prepare(self) -> Pass:
        """The state that puts what is particular of the algorithm into `$.algorithm`."""
        return Pass(
            f"Prepare {self.title}",
            parameters={
                "registry": f"${{{self.substitution}Registry}}",
                "repository": self.repository,
                "tag": self.tag,
                "uri": f"${{{self.substitution}Repository}}",
                "channels": [self._channel(name, split) for name, split in self.channels],
            },
            result_path="$.algorithm",
        )

    def _channel(self, name: str, split: str) -> dict[str, Any]:
        """A split as Athena wrote it: gzip, which SageMaker unpacks for a channel in Pipe mode, and in no other."""
        source = TrainingInput(
            f"States.Format('s3://${{DataBucket}}/training-sets/{{}}/split={split}/', $.execution)",
            content_type=self.content_type,
            compression="Gzip",
        )
        return {"ChannelName": name, **source.config}


LINEAR_LEARNER = Algorithm(
    name="linear-learner",
    title="linear learner",
    repository="linear-learner",
    tag="1",
    substitution="LinearLearner",
    channels=(("train", "train"), ("validation", "validation"), ("test", "test")),
)
XGBOOST = Algorithm(
    name="xgboost",
    title="XGBoost",
    repository="sagemaker-xgboost",
    tag="3.0-5",
    substitution="XGBoost",
    # It refuses a channel that it does not know.
    channels=(("train", "train"), ("validation", "validation")),
)
KNN = Algorithm(
    name="knn",
    title="k-NN",
    repository="knn",
    tag="1",
    substitution="Knn",
    # What it scores itself by is not what the candidates are judged by.
    channels=(("train", "train"), ("test", "validation")),
    # Of a CSV without it, k-NN takes every column for a feature.
    content_type="text/csv;label_size=1",
    is_read_by_container=True,
)
ALGORITHMS = (LINEAR_LEARNER, XGBOOST, KNN)
