"""Everything that can be wrong, by name. The class names are what the state machines' ErrorEquals refer to.

WildRydesError
├── BadExecutionInput        the input of an execution: a field, its value and the allowed range
├── BadRide                  one record is no ride: reason and field
├── BadRideFile              a whole file cannot be read: reason and position of the fault
├── RideFileChanged          the object is not the one that was planned: it was replaced or deleted
├── TooManyRejectedRides     more rides were rejected than the execution allows
├── BadTestSet               a split has no row, one that is no row of numbers, or one class alone to train on
├── BadModel                 the artefact or its card is not what predict can serve
├── BadRequest               a request for a prediction: the field at fault
├── NoLiveModel              nothing has been promoted yet
├── BadStreamEvent           an event that tells of no objects that were created
├── BadLocatedRides          a message of the located-rides queue that locate_station did not write
├── MessagesNotSent          a queue did not take messages, however often they were sent
├── MissingObject            an object of the bucket that should be there is not, or may not be read
└── MissingSetting           an environment variable that a function needs
"""

# The names are those that the state machines catch, and none of them ends in Error.
# ruff: noqa: N818

from dataclasses import dataclass


class WildRydesError(Exception):
    """Base of all errors below; its text says what was wrong, where, and what to do."""


class BadExecutionInput(WildRydesError):
    """The input that an execution was started with."""


class BadRide(WildRydesError):
    """A record that is no ride.

    `reason` is a code (see `wildrydes.rides`), `field` the field at fault as producers spell it or None.
    """

    def __init__(self, reason: str, field: str | None, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail


@dataclass(frozen=True)
class Position:
    """A place in a file: `byte` counts from 0, `line` and `column` (in characters) from 1."""

    byte: int
    line: int
    column: int


class BadRideFile(WildRydesError):
    """A file that cannot be read to its end.

    `reason` is a code (see `wildrydes.ride_files`), `position` the place of the fault, `records` how many records
    were read before it.
    """

    def __init__(self, reason: str, detail: str, position: Position, records: int = 0) -> None:
        super().__init__(f"{reason}: {detail} (byte {position.byte}, line {position.line}, column {position.column})")
        self.reason = reason
        self.detail = detail
        self.position = position
        self.records = records


class RideFileChanged(WildRydesError):
    """A ride file was replaced or deleted after it was planned; the next execution takes it as it is then."""


class TooManyRejectedRides(WildRydesError):
    """A larger fraction of the rides was rejected than the execution's `max_rejected_fraction`."""


class BadTestSet(WildRydesError):
    """The test split cannot be used to judge a model, or the train split to say what it was trained on."""


class BadModel(WildRydesError):
    """A model artefact or model card that does not hold what it should."""


class BadRequest(WildRydesError):
    """A request for a prediction that cannot be answered; `field` is the one at fault, if it is one."""

    def __init__(self, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class NoLiveModel(WildRydesError):
    """No model has been promoted yet."""


class BadStreamEvent(WildRydesError):
    """An event in which fan_out_rides finds no object that was created."""


class BadLocatedRides(WildRydesError):
    """A message of the located-rides queue that is none of locate_station's."""


class MessagesNotSent(WildRydesError):
    """A queue refused messages, or did not take them however often they were sent."""


class MissingObject(WildRydesError):
    """An object is not where it should be, or the function's role may not read it."""


class MissingSetting(WildRydesError):
    """An environment variable that the function needs is not set."""
