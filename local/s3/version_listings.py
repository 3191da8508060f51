"""Gives the keys of ListObjectVersions percent-encoded where `encoding-type=url` asks for it: MiniStack passes over it.

A key may have characters that no XML 1.0 can carry, such as U+0001: without it no client can read the list.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from local.seams import replace, seam

Answer = tuple[int, dict[str, str], bytes]

_TEXTS = re.compile(r"<(Key|Prefix|Delimiter|KeyMarker|NextKeyMarker)>([^<]*)</\1>")
_END = "</ListVersionsResult>"


def install() -> None:
    """Encode what MiniStack lists."""
    from ministack.services import s3

    parameter = seam(s3, "_qp")
    encode = seam(s3, "_url_encode")

    def list_object_versions(bucket: str, query: dict[str, Any]) -> Answer:
        status, headers, body = by_ministack(bucket, query)
        if status != 200 or parameter(query, "encoding-type", "") != "url":
            return status, headers, body
        return status, headers, in_url_encoding(body.decode("utf-8"), encode).encode("utf-8")

    by_ministack = replace(s3, "_list_object_versions", list_object_versions)


def in_url_encoding(listing: str, encode: Callable[[str], str]) -> str:
    """A list with its keys, prefixes, delimiters and markers encoded, and a note that they are.

    >>> from urllib.parse import quote
    >>> in_url_encoding("<ListVersionsResult><Key>a &amp; b</Key></ListVersionsResult>", quote)
    '<ListVersionsResult><Key>a%20%26%20b</Key><EncodingType>url</EncodingType></ListVersionsResult>'
    """
    encoded = _TEXTS.sub(lambda each: f"<{each[1]}>{encode(unescape(each[2]))}</{each[1]}>", listing)
    return encoded.replace(_END, f"<EncodingType>url</EncodingType>{_END}")
