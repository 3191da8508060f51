"""Rides one at a time: every one stored once, whatever fails on the way."""

import gzip
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from local import account
from machines import until
from stacks import MakeStack, Stack
from stream_rides import ride

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
    keys = stack.keys("processed/stream/")
    return [json.loads(line) for key in keys for line in gzip.decompress(stack.read(key)).splitlines()]


def rejected(stack: Stack) -> list[dict[str, Any]]:
    return [json.loads(line) for key in stack.keys("rejected/") for line in stack.read(key).splitlines()]


def hidden_for(stack: Stack, seconds: int) -> None:
    """How long both queues hide what was received."""
    for queue in BOTH:
        visibility = {"VisibilityTimeout": str(seconds)}
        stack.client("sqs").set_queue_attributes(QueueUrl=stack.outputs[queue], Attributes=visibility)


def workers() -> list[psutil.Process]:
    """The processes of the streaming functions below this one."""
    names = ("locate_station.app", "store_rides.app")
    processes = []
    for process in psutil.Process().children(recursive=True):
        try:
            if any(name in part for part in process.cmdline() for name in names):
                processes.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return processes


def replayed(stack: Stack, queue: str) -> None:
    """Send what is in a dead-letter queue back to where it came from."""
    arn = stack.client("sqs").get_queue_attributes(QueueUrl=stack.outputs[queue], AttributeNames=["QueueArn"])
    stack.client("sqs").start_message_move_task(SourceArn=arn["Attributes"]["QueueArn"])


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
    stack.put("stream/one at a time + ünïcode.json", json.dumps(listed[200:]))
    until(lambda: len({each["ride_id"] for each in stored(stack)}), lambda count: count == 400)
    output = stack.retrain()
    counts = output["training_set"]
    assert (output["rides"]["accepted"], counts["rides"]) == (400, 600)
    assert counts["train_rows"] + counts["validation_rows"] + counts["test_rows"] == 600


def test_dead_letters_are_replayed_once_the_fault_is_mended(make_stack: MakeStack) -> None:
    stack = make_stack()
    resource = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="StoreRidesFunctionRole"
    )
    role = resource["StackResourceDetail"]["PhysicalResourceId"]
    (policy,) = [
        name
        for name in account.entries(stack.client("iam"), "list_role_policies", "PolicyNames", RoleName=role)
        if "PutObject"
        in json.dumps(stack.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
    ]
    document = stack.client("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    harmless = json.loads(json.dumps(document).replace("s3:PutObject", "s3:GetBucketTagging"))
    stack.client("iam").put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(harmless))
    # Five attempts, without the minutes that a message is out of sight after each.
    hidden_for(stack, 1)
    send(stack, [json.dumps(ride(number)) for number in range(50)])
    empty(stack, 90)
    until(lambda: waiting(stack, "LocatedRidesDeadLetterQueueUrl"), bool)
    assert stored(stack) == []
    stack.client("iam").put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    hidden_for(stack, 70)
    replayed(stack, "LocatedRidesDeadLetterQueueUrl")
    until(lambda: len({each["ride_id"] for each in stored(stack)}), lambda count: count == 50)
