"""The cards of models are read some at a time."""

import json
import threading
from typing import Any

from cli import models
from cli.stack import Account, Stack
from local.account import EmbeddedAws
from machines import unique

_AT_ONCE = 8


def test_cards_are_read_together_and_stay_in_their_order(server: EmbeddedAws) -> None:
    account, bucket = Account.on_embedded_aws(server), unique("cards")
    s3, names = account.client("s3"), [f"run-{number:02}" for number in range(2 * _AT_ONCE)]
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="models/other.json", Body=b"no card")
    for name in names:
        s3.put_object(Bucket=bucket, Key=f"models/{name}/card.json", Body=json.dumps({"execution": name}).encode())
    # Each is sent once as many are asked for as are read at a time: were they fewer, none would come.
    together, reading, most = threading.Barrier(_AT_ONCE, timeout=60), set[int](), [0]

    def begin(**_: Any) -> None:
        reading.add(threading.get_ident())
        most[0] = max(most[0], len(reading))
        together.wait()

    def end(**_: Any) -> None:
        reading.discard(threading.get_ident())

    hooks = {"before-call.s3.GetObject": begin, "after-call.s3.GetObject": end}
    # The client is that of all tests of the process.
    for event, hook in hooks.items():
        s3.meta.events.register(event, hook)
    try:
        assert list(models.cards(Stack("any", {"DataBucketName": bucket}, account.client))) == names
    finally:
        for event, hook in hooks.items():
            s3.meta.events.unregister(event, hook)
    assert most == [_AT_ONCE]
