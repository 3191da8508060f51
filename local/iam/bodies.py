"""Reads the body of a request, but no further than its sender may go."""

from local import EmbeddedAwsError
from local.iam.request_guard import Message, Receive
from local.protocols.digits import is_number


class TooLargeError(EmbeddedAwsError):
    """The body is larger than its sender may send; the message says how large it may be."""


class DisconnectedError(EmbeddedAwsError):
    """The sender went away in the middle of the body."""


async def read(receive: Receive, content_length: str, limit: int) -> bytes:
    """The whole body. Raises TooLargeError, by the declared length before anything is read, and DisconnectedError."""
    if content_length.isdecimal() and (not is_number(content_length) or int(content_length) > limit):
        raise TooLargeError(f"A request's body may have {limit} bytes here.")
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise DisconnectedError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f"A request's body may have {limit} bytes here.")
        if chunk:
            chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def once(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already, and then what comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_body() -> Message:
        return pending.pop() if pending else await receive()

    return receive_body
