"""One request of a caller, timed, and what becomes of it.

>>> row = EdgeRow(10.0, {"distance": 3.0})
>>> outcome = asker("run-1", lambda features: b'{"value": 12.5, "unit": "points", "model": "run-2"}')(row)
>>> outcome.model, outcome.prediction
('run-2', 12.5)
"""

import http.client
import time
from collections.abc import Callable, Mapping

from wildrydes.edge.outcomes import EdgeRow, Outcome, prediction_of, read_answer, request_id_of

Send = Callable[[Mapping[str, float]], bytes]
"""Features -> the body of the API's answer. Raises OSError or HTTPException where there is none."""


def asker(
    champion: str, send: Send, on_fault: Callable[[Exception], None] | None = None
) -> Callable[[EdgeRow], Outcome]:
    """Asks about a row, and takes the time; a request that is not answered counts for the champion.

    `on_fault` is called with why a request was not answered.
    """

    def ask(row: EdgeRow) -> Outcome:
        began = time.perf_counter()
        try:
            answer = read_answer(send(row.features))
        except (OSError, http.client.HTTPException) as fault:
            if on_fault:
                on_fault(fault)
            answer = None
        milliseconds = (time.perf_counter() - began) * 1000
        model, prediction = prediction_of(answer) or (champion, None)
        return Outcome(model, row.truth, prediction, milliseconds, request_id_of(answer))

    return ask
