"""How much a function may answer: 6 MB and 100 bytes, which Lambda refuses at the Runtime API, as does its emulator.

The runtime gets 413, and the invocation ends with `Function.ResponseSizeTooLarge`.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import json
from typing import Any

from local.seams import seam

MOST_BYTES = 6 * 1024 * 1024 + 100

_TOO_LARGE = {
    "errorType": "Function.ResponseSizeTooLarge",
    "errorMessage": f"Response payload size exceeded maximum allowed payload size ({MOST_BYTES} bytes).",
}
_REFUSAL = {
    "errorMessage": f"Exceeded maximum allowed payload size ({MOST_BYTES} bytes).",
    "errorType": "RequestEntityTooLarge",
}


def limiting_answers(base: Any) -> Any:
    """MiniStack's worker of the class `base`, whose Runtime API takes no answer that is larger."""
    for name in ("_build_handler_class", "_teardown", "invoke"):
        seam(base, name)

    class LimitingWorker(base):
        """An execution environment that answers so much at most."""

        def invoke(self, *arguments: Any, **details: Any) -> dict[str, Any]:
            result = super().invoke(*arguments, **details)
            if result.get("error_payload") == _TOO_LARGE:
                # The runtime ends once its answer was refused: no other event may reach it before.
                self._teardown()
            return result

        def _build_handler_class(self, generation: int, pending: Any) -> type:
            return _limited(super()._build_handler_class(generation, pending))

    return LimitingWorker


def _limited(base: Any) -> type:
    for name in ("_read_body", "_respond", "do_POST"):
        seam(base, name)

    class LimitedHandler(base):
        """Takes what is too large for the error that it is."""

        is_too_large = False

        def do_POST(self) -> None:  # noqa: N802 - of http.server
            self.is_too_large = False
            super().do_POST()

        def _read_body(self) -> bytes:
            body = super()._read_body()
            if len(body) <= MOST_BYTES or not self.path.endswith("/response"):
                return body
            self.is_too_large = True
            self.path = self.path.removesuffix("/response") + "/error"
            return json.dumps(_TOO_LARGE).encode()

        def _respond(self, code: int, body: bytes = b"") -> None:
            if self.is_too_large:
                code, body = 413, json.dumps(_REFUSAL).encode()
            super()._respond(code, body)

    return LimitedHandler
