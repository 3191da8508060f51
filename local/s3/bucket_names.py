"""Which names a bucket may have: MiniStack's rules, to the end of the name, but for those that AWS reserves.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from local.seams import replace, seam

_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def install() -> None:
    """Refuse the others where buckets are made."""
    from ministack.services import s3

    is_valid = seam(s3, "_validate_bucket_name")
    create = seam(s3, "_create_bucket")

    def is_valid_to_its_end(name: str) -> bool:
        return is_valid(name) and not name.endswith("\n")

    def create_bucket(name: str, *others: object, **more: object) -> object:
        if is_reserved(name):
            return s3._error("InvalidBucketName", "The specified bucket is not valid.", 400, f"/{name}")
        return create(name, *others, **more)

    replace(s3, "_validate_bucket_name", is_valid_to_its_end)
    replace(s3, "_create_bucket", create_bucket)


def is_reserved(name: str) -> bool:
    """Whether AWS reserves such names.

    >>> is_reserved("rides-s3alias"), is_reserved("rides")
    (True, False)
    """
    return name.startswith(_STARTS) or name.endswith(_ENDS)
