"""Inflates the body of a request that came compressed (`Content-Encoding: gzip`) no further than a body may be large.

Gzip may hold a thousand times its size, and MiniStack inflates a body whole, in the loop that serves everybody.
https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait
"""

import gzip
import io
import zlib
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from local import EmbeddedAwsError
from local.iam.bodies import TooLargeError
from local.iam.refusals import s3_error
from local.iam.signatures import LARGEST_REQUEST
from local.seams import replace, seam

Response = tuple[int, dict[str, str], Any]
Dispatch = Callable[..., Awaitable[Response]]


class DamagedBodyError(EmbeddedAwsError):
    """The body is not the gzip that its header announces."""


def install() -> None:
    """Let MiniStack refuse what becomes too large. Raises MissingSeamError where it inflates elsewhere."""
    from ministack import app

    # The name by which MiniStack has the module: what it does else about such a body stays its own.
    seam(app.gzip, "decompress")
    replace(app, "gzip", SimpleNamespace(decompress=inflate))
    replace(app, "_dispatch_service_request", _refusing(seam(app, "_dispatch_service_request")))


def inflate(body: bytes, limit: int = LARGEST_REQUEST) -> bytes:
    """What a gzip body holds. Raises TooLargeError if it has more bytes than `limit`, and DamagedBodyError.

    >>> inflate(gzip.compress(b"ride") + gzip.compress(b"s"), 5)
    b'rides'
    >>> inflate(gzip.compress(b"rides"), 4)
    Traceback (most recent call last):
    local.iam.bodies.TooLargeError: A request's body may have 4 bytes here.
    """
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
        try:
            content = stream.read(limit + 1)
        except (OSError, EOFError, zlib.error) as error:
            # MiniStack would read the compressed bytes as the call.
            raise DamagedBodyError(f"The body is no gzip: {error}") from error
    if len(content) > limit:
        raise TooLargeError(f"A request's body may have {limit} bytes here.")
    return content


def _refusing(dispatch: Dispatch) -> Dispatch:
    from ministack.core import responses

    async def dispatch_or_refuse(method: str, path: str, *rest: Any) -> Response:
        try:
            return await dispatch(method, path, *rest)
        except TooLargeError as refusal:
            return s3_error("EntityTooLarge", str(refusal), 413, path)
        except DamagedBodyError as refusal:
            return responses.error_response_json("SerializationException", str(refusal), 400)

    return dispatch_or_refuse
