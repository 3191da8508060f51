"""Where a function's or a layer's code comes from: it has to be there, and small enough to be sent.

MiniStack makes functions without code, and answers for them with a text of its own.
https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.lambda_.configurations import RefusedFunctionError
from local.lambda_.updates import Response, refusal
from local.seams import replace, seam

_GET_OBJECT = "Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"


def install() -> None:
    """Check the code of callers' functions and layers. Whoever provisions those of templates calls `check`."""
    from ministack.services import lambda_svc, s3

    seam(s3, "_buckets")
    seam(lambda_svc, "_fetch_code_from_s3")
    replace(lambda_svc, "_create_function", _checked_creation(seam(lambda_svc, "_create_function")))
    for name, member in (("_update_code", None), ("_publish_layer_version", "Content")):
        replace(lambda_svc, name, _checked(seam(lambda_svc, name), member))


def check(code: Mapping[str, Any]) -> None:
    """Raise RefusedFunctionError for code that is not there: `ZipFile`, `ImageUri`, or `S3Bucket` and `S3Key`."""
    from ministack.services import lambda_svc, s3

    bucket, key = code.get("S3Bucket"), code.get("S3Key")
    if not (bucket and key):
        if not (code.get("ZipFile") or code.get("ImageUri")):
            raise RefusedFunctionError("Please provide a source for function code.")
    elif s3._buckets.get(bucket) is None:
        message = _GET_OBJECT.format(code="NoSuchBucket", message="The specified bucket does not exist")
        raise RefusedFunctionError(message)
    elif lambda_svc._fetch_code_from_s3(bucket, key, version_id=code.get("S3ObjectVersion")) is None:
        missing = "Version" if code.get("S3ObjectVersion") else "Key"
        what = "version" if code.get("S3ObjectVersion") else "key"
        message = _GET_OBJECT.format(code=f"NoSuch{missing}", message=f"The specified {what} does not exist.")
        raise RefusedFunctionError(message)


def _checked_creation(create: Callable[[dict[str, Any]], Response]) -> Callable[[dict[str, Any]], Response]:
    def create_checked(data: dict[str, Any]) -> Response:
        try:
            check(data.get("Code") or {})
        except RefusedFunctionError as fault:
            return refusal(fault)
        return create(data)

    return create_checked


def _checked(write: Callable[[str, dict[str, Any]], Response], member: str | None) -> Any:
    def write_checked(name: str, data: dict[str, Any]) -> Response:
        code = data if member is None else data.get(member) or {}
        try:
            # An update may change the architecture alone.
            if member is not None or "S3Bucket" in code:
                check(code)
        except RefusedFunctionError as fault:
            return refusal(fault)
        return write(name, data)

    return write_checked
