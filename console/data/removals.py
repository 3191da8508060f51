"""A ride file that a person takes out of the bucket, since it was refused: as long as it is still that file."""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import CommandError
from cli.stack import Stack
from console.answers import BadFieldError, text_of
from wildrydes.bucket import RAW

_ETAG = re.compile(r"[\w-]{1,64}", re.ASCII)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
_GONE = ("NoSuchKey", "404")
_OTHER = ("PreconditionFailed", "ConditionalRequestConflict")


class OtherFileError(CommandError):
    """The file that was refused is there no more, or another one has its key; the message says which."""


def remove(stack: Stack, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the ride file `fields["key"]`, below raw/, if it is still that of the ETag `fields["etag"]`.

    The bucket keeps its version for as long as it keeps any that is not the newest. Raises OtherFileError.
    """
    key, etag = text_of(fields, "key"), text_of(fields, "etag")
    if not key.startswith(RAW) or key == RAW:
        raise BadFieldError(f"The field key is {key[:40]!r}: it has to be that of a ride file below {RAW}.")
    if not _ETAG.fullmatch(etag):
        raise BadFieldError(f"The field etag is {etag[:40]!r}: it has to be that of the file.")
    try:
        stack.client("s3").delete_object(Bucket=stack.bucket, Key=key, IfMatch=f'"{etag}"')
    except ClientError as fault:
        if fault.response["Error"]["Code"] in _GONE:
            raise OtherFileError(f"{key} is not there any more.") from None
        if fault.response["Error"]["Code"] not in _OTHER:
            raise
        raise OtherFileError(
            f"{key} is no longer the file that was refused: another one has taken its place. It stays."
        ) from None
    return {"key": key}
