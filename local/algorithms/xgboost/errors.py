"""What makes an XGBoost job fail; the names are those that its failure texts have.

ToolkitError
├── UserError          hyperparameters, channels or data that the container does not take
└── LibraryError       the library failed on input that was right in form: the container's AlgorithmError
"""

from local import EmbeddedAwsError


class ToolkitError(EmbeddedAwsError):
    """The job fails; the message is its reason. `name` is the container's name of the error."""

    name = "sagemaker_algorithm_toolkit.exceptions.AlgorithmError"


class UserError(ToolkitError):
    """The input is wrong."""

    name = "sagemaker_algorithm_toolkit.exceptions.UserError"


class LibraryError(ToolkitError):
    """The library failed."""
