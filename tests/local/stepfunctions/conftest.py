"""What the tests of Step Functions share."""

from interpreters import interpreter

__all__ = ["interpreter"]
