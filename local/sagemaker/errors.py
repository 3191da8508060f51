"""Errors of the API, with the codes by which SDKs know them."""

from local import EmbeddedAwsError


class ApiError(EmbeddedAwsError):
    """An error answer: `code` as in botocore's `error.response["Error"]["Code"]`, HTTP status 400."""

    code = "ValidationException"


class ResourceInUseError(ApiError):
    """The name is taken."""

    code = "ResourceInUse"


class NotFoundError(ApiError):
    """There is nothing of that name."""

    code = "ResourceNotFound"


class ResourceLimitError(ApiError):
    """More was asked for than an account has, before its quotas are raised."""

    code = "ResourceLimitExceeded"


class AccessDeniedError(ApiError):
    """The caller may not do this."""

    code = "AccessDeniedException"


class UnsupportedError(ApiError):
    """The embedded AWS does not implement the operation or the member."""

    code = "UnsupportedOperationException"
