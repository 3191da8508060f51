"""Everything that can be wrong, by name. The class names are what the state machines' ErrorEquals refer to.

WildRydesError
├── BadExecutionInput        the input of an execution: a field, its value and the allowed range
├── BadJson                  a text is no JSON, has a key twice, or goes too deep: reason and key
├── BadRide                  one record is no ride: reason and field
├── BadSample                one record is no sample of a fulfilment centre: reason and field
├── BadRideFile              a whole file cannot be read: reason and position of the fault
├── UnreadableBlocks         the bytes of a file are no text, or not its text to the end: reason
├── RideFileChanged          the version of the object that was planned is gone
├── SharedChunkTooLarge      small files that share a chunk expand to more than one function ingests
├── IngestionIncomplete      a report or an object of an ingestion is missing: it was deleted or replaced
├── UnreadableRides          an object that an earlier version wrote under processed/ cannot be put into its years
├── TooManyRejectedRides     more rides were rejected than the execution allows
├── TooManyRidesWithoutWeather  more rides have no weather than the execution allows; its workflow raises it
├── AllCandidatesFailed      no algorithm gave a model: the reason of each
├── BadTestSet               a split has no row, one that is no row of numbers, or one class alone to train on
├── BadModel                 the artefact or its card is not what predict can serve
├── BadObservation           a line of a query of monitor that is no captured prediction
├── BadLineage               a list of what a model was made from is not the one that its digest names
├── BadRequest               a request for a prediction: the field at fault
│   ├── UnreadableRequest    it cannot be read: no body, no JSON, another encoding
│   ├── BadValue             a value of it cannot be used
│   ├── BodyTooLarge         there is more of it than is read
│   ├── UnsupportedType      its body is of another type than JSON
│   ├── MethodNotAllowed     the path has no such method
│   └── NoSuchPath           there is nothing at its path
├── NoChampion               nothing has been promoted yet
├── NoPrices                 there is nothing that prices could be made or compared from
├── NoListPrice              the table of AWS's list prices lacks an item, or a region
├── BadStreamEvent           an event that announces no objects that were created
├── BadLocatedRides          a message of the located-rides queue that locate_station did not write
├── BadSampleEvent           an event that brings no messages of the samples topic
├── BadStartEvent            an event that asks for no retraining
├── BadCapture               a line is no captured prediction
├── BadEndEvent              an event that is no end of an execution, or of an alarm
├── EndNotSeen               the history of an execution that has ended does not have its end yet
├── RecordsNotDelivered      Firehose did not take records, however often they were put
├── ApiRefused               this project's API does not take what it was asked
├── ApiNotReached            it did not answer, however often it was asked
├── MessagesNotSent          a queue did not take messages, however often they were sent
├── EndpointNotAsked         a SageMaker endpoint did not answer, or with something else than scores
├── ObjectsNotDeleted        S3 did not delete objects that it should: the first of them, and why
├── MissingObject            an object of the bucket that should be there is not, or may not be read
├── ObjectNotRead            S3 did not give an object, however often it was asked, or gave more than is read
└── MissingSetting           an environment variable that a function needs
"""

# The names are those that the state machines catch, and none of them ends in Error.
# ruff: noqa: N818

from typing import Any, NamedTuple


class WildRydesError(Exception):
    """Base of all errors below; its text says what was wrong, where, and what to do."""


class BadExecutionInput(WildRydesError):
    """The input that an execution was started with."""


class BadJson(WildRydesError):
    """A text that is no JSON as `wildrydes.strict_json` takes it.

    `reason` is a code, `field` the key that is there more than once or None.
    """

    def __init__(self, reason: str, field: str | None, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail


class BadRide(WildRydesError):
    """A record that is no ride.

    `reason` is a code (see `wildrydes.rides.ride`), `field` the field at fault as producers spell it or None.
    """

    def __init__(self, reason: str, field: str | None, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail


class BadSample(WildRydesError):
    """A record that is no sample of a fulfilment centre.

    `reason` is a code (see `wildrydes.samples.sample`), `field` the field at fault or None.
    """

    def __init__(self, reason: str, field: str | None, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail


class Position(NamedTuple):
    """A place in a file: `byte` counts from 0, `line` and `column` (in characters) from 1."""

    byte: int
    line: int
    column: int


class BadRideFile(WildRydesError):
    """A file that cannot be read to its end.

    `reason` is a code (see `wildrydes.rides.files`), `position` the place of the fault, `records` how many records
    were read before it.
    """

    def __init__(self, reason: str, detail: str, position: Position, records: int = 0) -> None:
        super().__init__(f"{reason}: {detail} (byte {position.byte}, line {position.line}, column {position.column})")
        self.reason = reason
        self.detail = detail
        self.position = position
        self.records = records


class UnreadableBlocks(WildRydesError):
    """Bytes that cannot be read, or not any further.

    `reason` is a code (see `wildrydes.rides.formats` and `gzip_members`). Who reads them as text knows the place, and
    makes a BadRideFile of it.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RideFileChanged(WildRydesError):
    """The version of a ride file that was planned is gone; the next execution takes the file as it is then."""


class SharedChunkTooLarge(WildRydesError):
    """Compressed files that are small, share a chunk, and are far too much together once they are decompressed."""


class IngestionIncomplete(WildRydesError):
    """What was planned, what was reported and what was written do not agree; the message says what is missing."""


class UnreadableRides(WildRydesError):
    """An object under processed/ that looks like those of an earlier version, and holds something else than rides."""


class TooManyRejectedRides(WildRydesError):
    """A larger fraction of the rides was rejected than the execution's `max_rejected_fraction`."""


class TooManyRidesWithoutWeather(WildRydesError):
    """A larger fraction of the rides with a label has no weather than `max_without_weather_fraction`.

    No function raises it: the workflow `retrain` fails by this name.
    """


class AllCandidatesFailed(WildRydesError):
    """Every candidate of an execution failed; the text has the reason of each."""


class BadTestSet(WildRydesError):
    """The test split cannot be used to judge a model, or the train split to say what it was trained on."""


class BadModel(WildRydesError):
    """A model artefact or model card that does not hold what it should."""


class BadObservation(WildRydesError):
    """A line that a query of the workflow `monitor` wrote, and that is no prediction."""


class BadLineage(WildRydesError):
    """A list of a model's inputs that was changed since its digest was written down."""


class BadRequest(WildRydesError):
    """A request for a prediction that cannot be answered.

    `field` is what of it is at fault: a feature as the caller spelt it, features, body, Content-Type, method, path.
    `allowed` is what would have been right, if that can be said: a list, or {"minimum", "maximum"}.
    """

    def __init__(self, detail: str, field: str = "body", allowed: Any = None) -> None:
        super().__init__(detail)
        self.field = field
        self.allowed = allowed


class UnreadableRequest(BadRequest):
    """A request that cannot be read, so that nothing can be said of its values."""


class BadValue(BadRequest):
    """A value that is missing or cannot be used, or a name that is unknown or repeated."""


class BodyTooLarge(BadRequest):
    """A body of more bytes than are read."""


class UnsupportedType(BadRequest):
    """A body that is said to be something else than JSON in UTF-8."""


class MethodNotAllowed(BadRequest):
    """A method that the path does not have; `allowed` are those it has."""


class NoSuchPath(BadRequest):
    """A path with nothing behind it."""


class NoChampion(WildRydesError):
    """No model has been promoted yet."""


class NoPrices(WildRydesError):
    """Rides, or a model's predictions of them, from which no prices can be made or compared."""


class NoListPrice(WildRydesError):
    """An item, or a region, that the table of AWS's list prices does not have."""


class BadStreamEvent(WildRydesError):
    """An event in which fan_out_rides finds no object that was created."""


class BadLocatedRides(WildRydesError):
    """A message of the located-rides queue that is none of locate_station's."""


class BadSampleEvent(WildRydesError):
    """An event in which collect_samples finds no messages of a topic."""


class BadStartEvent(WildRydesError):
    """An event in which start_retraining finds nobody and nothing that asks for a retraining."""


class BadCapture(WildRydesError):
    """A line that is no captured prediction, see `wildrydes.capture.record`."""


class BadEndEvent(WildRydesError):
    """An event in which announce finds no execution that has ended, and no alarm that is over."""


class EndNotSeen(WildRydesError):
    """The history of an execution lags behind its end: the next try sees it."""


class RecordsNotDelivered(WildRydesError):
    """Firehose refused records, or did not take them however often they were put."""


class ApiRefused(WildRydesError):
    """This project's API answered that it takes no such request, or has no model for it."""


class ApiNotReached(WildRydesError):
    """This project's API could not be reached, or had a fault, however often it was asked."""


class MessagesNotSent(WildRydesError):
    """A queue refused messages, or did not take them however often they were sent."""


class ObjectsNotDeleted(WildRydesError):
    """S3 refused to delete objects; the text names the first, and the reason."""


class MissingObject(WildRydesError):
    """An object is not where it should be, or the function's role may not read it."""


class ObjectNotRead(WildRydesError):
    """An object could not be had of S3 for now, or is larger than it may be."""


class EndpointNotAsked(WildRydesError):
    """The endpoint that serves a model did not answer for now, or did not answer by scores."""


class MissingSetting(WildRydesError):
    """An environment variable that the function needs is not set."""
