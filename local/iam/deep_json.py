"""JSON that goes deeper than Python's stack is no JSON, for every reader in this process.

Python meets it with RecursionError, which no reader expects: 100,000 opening brackets would be a 500 of whichever
service reads them, in a body or in a text within one. All of them expect JSONDecodeError.
"""

import json
from typing import Any

from local.seams import replace, seam


def install() -> None:
    """Replace what `json.loads` and `JSONDecoder` read by."""
    raw_decode = seam(json.JSONDecoder, "raw_decode")

    # `idx` is what `json` calls it.
    def decode_to_the_end_of_the_stack(self: json.JSONDecoder, s: str, idx: int = 0) -> tuple[Any, int]:
        try:
            return raw_decode(self, s, idx)
        except RecursionError:
            raise json.JSONDecodeError("The text goes too deep", s, idx) from None

    replace(json.JSONDecoder, "raw_decode", decode_to_the_end_of_the_stack)
