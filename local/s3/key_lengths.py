"""Refuses keys of more than 1,024 bytes of UTF-8, as S3 does.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""

from typing import Any

from local.seams import replace, seam

_MOST_BYTES = 1024


def install() -> None:
    """Refuse a request whose path has such a key, before it is authorised."""
    from ministack.services import s3

    validate = seam(s3, "validate_object_request")
    parse = seam(s3, "_parse_bucket_key")

    def validate_key_too(method: str, path: str, headers: dict[str, str], query: dict[str, Any]) -> Any:
        # A character has four bytes at most: nearly every path is short enough at a look.
        if len(path) * 4 > _MOST_BYTES and is_too_long(parse(path, headers)[1] or ""):
            return s3._error("KeyTooLongError", "Your key is too long", 400, path)
        return validate(method, path, headers, query)

    replace(s3, "validate_object_request", validate_key_too)


def is_too_long(key: str) -> bool:
    """Whether a key has more bytes than S3 takes.

    >>> is_too_long("a" * 1024), is_too_long("ü" * 513)
    (False, True)
    """
    return len(key.encode(errors="surrogatepass")) > _MOST_BYTES
