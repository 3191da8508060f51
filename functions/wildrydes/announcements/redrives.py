"""Which failures a redrive would only repeat.

A redrive enters the state in which an execution ended, with the same input. The notice of a failure, `wildrydes
redrive` and `wildrydes watch` agree by this module on what that helps; docs/operations.md lists the errors.
"""

FAIL_AGAIN = frozenset(
    {
        "AllCandidatesFailed",
        "BadExecutionInput",
        "BadLineage",
        "IngestionIncomplete",
        "RideFileChanged",
        "SharedChunkTooLarge",
        "TooManyRejectedRides",
    }
)
"""Errors of the input or of what is there for good, by their classes in `wildrydes.errors`."""

FILES_THERE = "HIVE_PATH_ALREADY_EXISTS"
"""In the cause of a query that may not write: a query before it was ended half-way, and left its files."""

FULL_HISTORY = "maximum number of history events"
"""In the cause of an execution whose history has no room left: AWS refuses to redrive it."""

_FAIL = "Fail"


def is_in_vain(error: str, cause: str, last_kind: str) -> bool:
    """Whether an execution that is redriven would fail again as it did.

    `error` and `cause` are the execution's, `last_kind` is the type of the last state that it entered, or empty.

    >>> is_in_vain("BadExecutionInput", "", "Task"), is_in_vain("States.Timeout", "", "Task")
    (True, False)
    """
    return last_kind == _FAIL or error in FAIL_AGAIN or FILES_THERE in cause or FULL_HISTORY in cause
