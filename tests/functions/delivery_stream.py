"""A delivery stream that loses entries."""

from collections.abc import Callable
from typing import Any


class DeliveryStream:
    """In the place of Firehose's client: `fails` says whether a record fails that came so often before."""

    def __init__(self) -> None:
        self.fails: Callable[[bytes, int], bool] = lambda _record, _before: False
        self.calls: list[list[bytes]] = []
        self.taken: list[bytes] = []
        self.names: set[str] = set()

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:  # noqa: N803
        data = [record["Data"] for record in Records]
        outcomes = []
        for record in data:
            if self.fails(record, sum(call.count(record) for call in self.calls)):
                outcomes.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
            else:
                self.taken.append(record)
                outcomes.append({"RecordId": str(len(self.taken))})
        self.calls.append(data)
        self.names.add(DeliveryStreamName)
        return {"FailedPutCount": sum("ErrorCode" in each for each in outcomes), "RequestResponses": outcomes}
