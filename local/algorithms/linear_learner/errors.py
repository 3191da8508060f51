"""What makes a training job fail.

TrainingError
├── CustomerError      the input is wrong: the job's FailureReason begins with `ClientError:`
└── AlgorithmError     training itself failed: `AlgorithmError:`
"""

from local import EmbeddedAwsError


class TrainingError(EmbeddedAwsError):
    """The job fails; the message is its reason."""

    exit_code = 1


class CustomerError(TrainingError):
    """Hyperparameters, channels or data that the algorithm does not take."""

    exit_code = 2


class AlgorithmError(TrainingError):
    """Training went wrong on input that was right in form."""
