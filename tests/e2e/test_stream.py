"""Rides one at a time: every one stored once, whatever fails on the way."""

import gzip
import json
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psutil
import pytest

from commands import runner, use_record
from machines import until
from stacks import MakeStack, Stack
from stream_rides import ride
from wildrydes.rides.partitions import is_streamed

RIDES = 20_000
REPEATED = RIDES // 5
POISON = RIDES // 100


def poison(number: int) -> str:
    """A message that can never be a ride, each with its number in it."""
    kinds = (
        f'{{"Name": "no end {number}"',
        f'["no object {number}"]',
        json.dumps(ride(number) | {"Latitude": 123.0, "Name": f"off the map {number}"}),
        json.dumps({"Name": f"nothing else {number}"}),
    )
    return kinds[number % len(kinds)]


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack()


def send(stack: Stack, bodies: list[str]) -> None:
    sqs, queue = stack.client("sqs"), stack.outputs["RidesQueueUrl"]
    for start in range(0, len(bodies), 10):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
        answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        assert not answer.get("Failed")


def waiting(stack: Stack, *queues: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = stack.client("sqs")
    return sum(
        int(count)
        for queue in queues
        for count in sqs.get_queue_attributes(QueueUrl=stack.outputs[queue], AttributeNames=names)[
            "Attributes"
        ].values()
    )


# In the order of a ride's way: it is in the next queue before it is gone from one.
BOTH = ("RidesQueueUrl", "LocatedRidesQueueUrl")


def drained(stack: Stack, seconds: float) -> Iterator[int]:
    """Look at the queues until both are empty; gives what is left at each look. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while left := waiting(stack, *BOTH):
        assert time.monotonic() < deadline, f"{left} messages are left after {seconds} s"
        yield left


def empty(stack: Stack, seconds: float, *before: str) -> None:
    """Wait until the queues are empty, and those `before` them. Fails after `seconds`."""
    until(lambda: waiting(stack, *before, *BOTH), lambda left: left == 0, seconds)


def stored(stack: Stack) -> list[dict[str, Any]]:
    keys = filter(is_streamed, stack.keys("processed/"))
    return [json.loads(line) for key in keys for line in gzip.decompress(stack.read(key)).splitlines()]


def rejected(stack: Stack) -> list[dict[str, Any]]:
    return [json.loads(line) for key in stack.keys("rejected/") for line in stack.read(key).splitlines()]


def hidden_for(stack: Stack, seconds: int, queues: Sequence[str] = BOTH) -> None:
    """How long queues, by default both, hide what was received."""
    for queue in queues:
        visibility = {"VisibilityTimeout": str(seconds)}
        stack.client("sqs").set_queue_attributes(QueueUrl=stack.outputs[queue], Attributes=visibility)


def workers() -> list[psutil.Process]:
    """The processes of the streaming functions below this one."""
    processes = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name() in ("locate_station", "store_rides"):
                processes.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return processes


def replayed(stack: Stack, queue: str) -> None:
    """Send what is in a dead-letter queue back to where it came from."""
    arn = stack.client("sqs").get_queue_attributes(QueueUrl=stack.outputs[queue], AttributeNames=["QueueArn"])
    stack.client("sqs").start_message_move_task(SourceArn=arn["Attributes"]["QueueArn"])


@pytest.mark.proof
def test_no_ride_is_lost_and_none_is_taken_twice_while_workers_are_killed(stack: Stack) -> None:
    chance = random.Random(20190625)
    good = [json.dumps(ride(number)) for number in range(RIDES)]
    bodies = good + chance.sample(good, REPEATED) + [poison(number) for number in range(POISON)]
    chance.shuffle(bodies)
    killed = 0
    # What a killed worker had taken comes back after five seconds instead of seventy.
    hidden_for(stack, 5)
    send(stack, bodies[: len(bodies) // 2])
    for part in (bodies[len(bodies) // 2 :], []):
        send(stack, part)
        for _ in drained(stack, 240):
            victims = workers()
            if victims and killed < 10 and chance.random() < 0.5:
                chance.choice(victims).kill()
                killed += 1
    assert killed > 0
    # Whoever was taken along by five killed workers has ended there.
    hidden_for(stack, 70)
    for dead in ("RidesDeadLetterQueueUrl", "LocatedRidesDeadLetterQueueUrl"):
        replayed(stack, dead)
        empty(stack, 240, dead)
    lines = stored(stack)
    assert len({each["ride_id"] for each in lines}) == RIDES
    assert {each["distance"] for each in lines} == {1 + number / 1000 for number in range(RIDES)}
    lines = rejected(stack)
    assert all(each["reason"] and each["source"] for each in lines)
    # Delivered twice, a message may be rejected twice.
    assert {each["record"] for each in lines} == {poison(number) for number in range(POISON)}
    assert waiting(stack, "RidesDeadLetterQueueUrl", "LocatedRidesDeadLetterQueueUrl") == 0


def test_ride_of_both_paths_is_one_row_of_the_training_set(make_stack: MakeStack) -> None:
    stack = make_stack()
    listed = [ride(number) | {"StatusTime": "2019-06-25 09:43:42.426"} for number in range(600)]
    stack.put("raw/batch.json", json.dumps(listed[:400]))
    # Twenty versions of one key, whichever of them is read when.
    for start in range(200, 600, 20):
        stack.put("stream/one at a time + ünïcode.json", json.dumps(listed[start : start + 20]))
    until(lambda: len({each["ride_id"] for each in stored(stack)}), lambda count: count == 400)
    output = stack.retrain()
    counts = output["training_set"]
    assert (output["rides"]["accepted"], counts["rides"]) == (400, 600)
    assert counts["train_rows"] + counts["validation_rows"] + counts["test_rows"] == 600


def role_of(stack: Stack, function: str) -> str:
    """The name of a function's role."""
    resource = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId=f"{function}Role"
    )
    return resource["StackResourceDetail"]["PhysicalResourceId"]


def deny(stack: Stack, function: str, *actions: str) -> None:
    """Let a function fail: a policy of its role denies it what it does."""
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stack.client("iam").put_role_policy(RoleName=role_of(stack, function), PolicyName="deny", PolicyDocument=document)


def deny_no_more(stack: Stack, function: str) -> None:
    stack.client("iam").delete_role_policy(RoleName=role_of(stack, function), PolicyName="deny")


def test_dead_letters_are_replayed_once_the_fault_is_mended(
    make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = make_stack()
    use_record(monkeypatch, stack.server)
    command = runner(stack, capsys)
    deny(stack, "StoreRidesFunction", "s3:PutObject")
    deny(stack, "FanOutRidesFunction", "s3:GetObject", "s3:GetObjectVersion")
    stack.put("stream/a.json", json.dumps([ride(number) for number in range(50, 60)]))
    stack.put("stream/a.json", json.dumps([ride(number) for number in range(60, 70)]))
    # Five attempts, without the minutes that a message is out of sight after each. Of the first queue each is taken at
    # the first attempt, which may last longer than a second.
    hidden_for(stack, 1, BOTH[1:])
    send(stack, [json.dumps(ride(number)) for number in range(50)])
    empty(stack, 90)
    until(lambda: waiting(stack, "LocatedRidesDeadLetterQueueUrl"), bool)
    until(lambda: waiting(stack, "StreamFilesDeadLetterQueueUrl"), lambda count: count == 2)
    stranger = stack.client("sqs").send_message(
        QueueUrl=stack.outputs["StreamFilesDeadLetterQueueUrl"], MessageBody="by hand"
    )["MessageId"]
    assert stored(stack) == []
    stack.client("s3").delete_object(Bucket=stack.bucket, Key="stream/a.json")
    for function in ("StoreRidesFunction", "FanOutRidesFunction"):
        deny_no_more(stack, function)
    hidden_for(stack, 70)
    ran = command("replay", "--json")
    assert (ran.code, ran.err) == (1, "")
    moved = json.loads(ran.out)
    assert moved["stream_files"] == {"sent": 2, "left": {stranger: "it is no JSON"}}
    assert moved["queues"]["RidesDeadLetterQueue"] == {"status": "EMPTY", "messages": 0, "failure": None}
    assert moved["queues"]["LocatedRidesDeadLetterQueue"]["status"] == "COMPLETED"
    until(lambda: {each["distance"] for each in stored(stack)}, lambda distances: len(distances) == 70)
    assert {each["distance"] for each in stored(stack)} == {1 + number / 1000 for number in range(70)}
    stack.client("sqs").purge_queue(QueueUrl=stack.outputs["StreamFilesDeadLetterQueueUrl"])
    ran = command("replay")
    assert (ran.code, ran.err) == (0, "")
    assert "StreamFilesDeadLetterQueue: 0 events sent again, 0 messages left" in ran.out
    assert "PromotionEndsDeadLetterQueue: 0 promotions put in order, 0 messages left" in ran.out
