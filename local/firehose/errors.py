"""Errors of the API, with the codes by which SDKs know them."""

from local import EmbeddedAwsError


class FirehoseError(EmbeddedAwsError):
    """An error answer: `code` as in botocore's `error.response["Error"]["Code"]`."""

    code = "InvalidArgumentException"


class SlowDownError(FirehoseError):
    """The stream is throttled; the same request may succeed later."""

    code = "ServiceUnavailableException"


class LimitError(FirehoseError):
    """A member is beyond the bounds that the API's model states."""

    code = "ValidationException"


class NoStreamError(FirehoseError):
    """There is no such stream."""

    code = "ResourceNotFoundException"


class PassRoleError(FirehoseError):
    """The caller may not do this."""

    code = "AccessDeniedException"
