"""Lets GetObject give a part of an older version: MiniStack passes over `Range` where there is a `versionId`.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from typing import Any

from local.seams import replace, seam

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Cut the range out of the version that MiniStack gives."""
    from ministack.services import s3

    parse_range = seam(s3, "_parse_range")
    refusal = seam(s3, "_range_error_xml")
    text_of = seam(s3, "_xml_body")
    parameter = seam(s3, "_qp")

    def get_object(bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> Answer:
        byte_range = headers.get("range")
        if not byte_range or not parameter(query or {}, "versionId", ""):
            return by_ministack(bucket, key, headers, query)
        # The checksum of the whole would not be that of the part.
        whole = {name: value for name, value in headers.items() if name not in ("range", "x-amz-checksum-mode")}
        status, answer_headers, body = by_ministack(bucket, key, whole, query)
        if status != 200:
            return status, answer_headers, body
        bounds = parse_range(byte_range, len(body))
        if bounds is None:
            unsatisfied = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
            return 416, unsatisfied, text_of(refusal(bucket, key))
        start, end = bounds
        part = body[start : end + 1]
        placed = {"Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{end}/{len(body)}"}
        return 206, answer_headers | placed, part

    by_ministack = replace(s3, "_get_object", get_object)
