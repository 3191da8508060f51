"""What services count, by the names and dimensions of AWS's documents of each: where it happens, on the server."""

import json
from typing import Any

import pytest

import api_makers
from local.account import EmbeddedAws, entries
from local.lambda_.metrics import dimensions_of
from local.sqs.messages import Messages, Redrive
from machines import Client, ended, execute, function, invoke, machine, role, unique, until
from watching import dimensions, now, total, until_total


def numbers(server: EmbeddedAws, namespace: str, *names: str, **dimensions: str) -> dict[str, float | None]:
    return {name: total(server, namespace, name, **dimensions) for name in names}


def test_calls_of_a_queue(server: EmbeddedAws, client: Client) -> None:
    """Available CloudWatch metrics for Amazon SQS."""
    sqs, name = client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": text, "MessageBody": text} for text in "bc"])
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    for _ in range(2):
        sqs.receive_message(QueueUrl=url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
    rest = [{"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]} for place, each in enumerate(received[1:])]
    sqs.delete_message_batch(QueueUrl=url, Entries=rest)
    counts = ("Sent", "Received", "Deleted")
    names = [*(f"NumberOfMessages{count}" for count in counts), "NumberOfEmptyReceives"]
    assert list(numbers(server, "AWS/SQS", *names, QueueName=name).values()) == [3, 3, 3, 2]


def test_what_waits_in_a_queue_and_for_how_long(server: EmbeddedAws, client: Client) -> None:
    sqs, name = client("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    now(server, 3600)
    sqs.send_message(QueueUrl=url, MessageBody="new")
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=900)

    def latest(name_of_metric: str) -> float:
        # The gauges of an hour ago are not those of this minute.
        now(server, 60)
        metric = {"Namespace": "AWS/SQS", "MetricName": name_of_metric, "Dimensions": dimensions(QueueName=name)}
        query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
        moment = now(server)
        (result,) = entries(
            client("cloudwatch"),
            "get_metric_data",
            "MetricDataResults",
            MetricDataQueries=[query],
            StartTime=moment - 120,
            EndTime=moment + 60,
        )
        return result["Values"][0]

    age = latest("ApproximateAgeOfOldestMessage")
    assert 3600 <= age < 5400
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)
    assert latest("ApproximateNumberOfMessagesVisible") == 1
    assert latest("ApproximateNumberOfMessagesNotVisible") == 1
    assert latest("ApproximateNumberOfMessagesDelayed") == 1


def test_messages_moved_to_a_dead_letter_queue_were_not_sent_there() -> None:
    counts: dict[str, int] = {}

    def queue(name: str) -> Messages:
        def count(metric: str, number: int) -> None:
            counts[f"{name} {metric}"] = counts.get(f"{name} {metric}", 0) + number

        fields = {"visible_at": 0.0, "receive_count": 0, "first_receive_at": None, "sys": {}}
        return Messages(name, lambda message: message.update(fields | message), lambda: 1.0, count)

    source, dead_letters = queue("source"), queue("dead")
    source.append({"id": "a", "sent_at": 0.0})
    redrive = Redrive(1, "source", dead_letters)
    source.receive(1, 0, redrive)
    assert (source.receive(1, 0, redrive), len(dead_letters)) == ([], 1)
    assert counts == {"source NumberOfMessagesSent": 1}


def test_executions_by_their_ends(server: EmbeddedAws, client: Client) -> None:
    """Monitoring Step Functions metrics using Amazon CloudWatch."""
    states: dict[str, Any] = {
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.fails", "IsPresent": True, "Next": "Fail"},
                {"Variable": "$.waits", "IsPresent": True, "Next": "Wait"},
            ],
            "Default": "Succeed",
        },
        "Fail": {"Type": "Fail", "Error": "No"},
        "Wait": {"Type": "Wait", "Seconds": 600, "Next": "Succeed"},
        "Succeed": {"Type": "Succeed"},
    }
    starter = role(client, "states.amazonaws.com")
    arn = machine(client, {"StartAt": "Choose", "States": states}, starter)
    execute(client, arn)
    for _ in range(2):
        execute(client, arn, {"fails": 1})
    waiting = client("stepfunctions").start_execution(stateMachineArn=arn, input='{"waits": 1}')["executionArn"]
    client("stepfunctions").stop_execution(executionArn=waiting)
    ended(client, waiting)
    names = [f"Executions{end}" for end in ("Started", "Succeeded", "Failed", "Aborted", "TimedOut")]
    assert list(numbers(server, "AWS/States", *names, StateMachineArn=arn).values()) == [4, 1, 2, 1, None]
    assert total(server, "AWS/States", "ExecutionTime", "SampleCount", StateMachineArn=arn) == 4
    assert total(server, "AWS/States", "ExecutionTime", "Maximum", StateMachineArn=arn) > 0  # pyright: ignore

    timing_out = {"StartAt": "Wait", "TimeoutSeconds": 1, "States": {"Wait": states["Wait"] | {"Next": "End"}}}
    timing_out["States"]["End"] = {"Type": "Succeed"}
    late = machine(client, timing_out, starter)
    execute(client, late)
    assert total(server, "AWS/States", "ExecutionsTimedOut", StateMachineArn=late) == 1


def test_invocations_of_a_function_whoever_invokes_it(server: EmbeddedAws, client: Client) -> None:
    """Types of metrics for Lambda functions."""
    code = "def handler(event, context):\n    return 1 / event['divisor']\n"
    arn = function(client, code, role(client, "lambda.amazonaws.com"))
    name = arn.rsplit(":", 1)[-1]
    client("lambda").publish_version(FunctionName=name)
    client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    invoke(client, arn, {"divisor": 1})
    invoke(client, arn, {"divisor": 0})
    invoke(client, f"{arn}:live", {"divisor": 1})
    client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b'{"divisor": 1}')
    until_total(server, 4, "AWS/Lambda", "Invocations", FunctionName=name)
    assert total(server, "AWS/Lambda", "Errors", FunctionName=name) == 1
    assert total(server, "AWS/Lambda", "Duration", "SampleCount", FunctionName=name) == 4
    assert total(server, "AWS/Lambda", "Throttles", FunctionName=name) == 0
    assert total(server, "AWS/Lambda", "Invocations", FunctionName=name, Resource=f"{name}:live") == 1
    client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(client("lambda").exceptions.TooManyRequestsException):
        invoke(client, arn, {"divisor": 1})
    # boto3 has tried it twice.
    assert total(server, "AWS/Lambda", "Throttles", FunctionName=name) == 2
    assert total(server, "AWS/Lambda", "Invocations", FunctionName=name) == 4


@pytest.mark.parametrize(("arn", "resources"), [("f", []), ("f:$LATEST", []), ("f:live", ["f:live"]), ("f:3", ["f:3"])])
def test_resource_is_an_alias_or_a_version(arn: str, resources: list[str]) -> None:
    sets = dimensions_of({"FunctionName": "f", "FunctionArn": f"arn:aws:lambda:r:1:function:{arn}"})
    assert [each["Resource"] for each in sets[1:]] == resources


def test_requests_to_an_api(server: EmbeddedAws, client: Client, endpoint: str) -> None:
    """Amazon API Gateway dimensions and metrics."""
    body = api_makers.document(api_makers.echo(client), rides={"post": {"security": []}})
    body["info"]["title"] = unique("Rides")
    api = api_makers.make(client, endpoint, body)
    statuses = [
        api.ask("rides", json.dumps(request).encode()).status
        for request in ({}, {}, {"answer": {"statusCode": 404}}, {"fail": True})
    ]
    assert [status // 100 for status in statuses] == [2, 2, 4, 5]
    for stage in ({}, {"Stage": "live"}):
        counts = numbers(
            server, "AWS/ApiGateway", "Count", "4XXError", "5XXError", ApiName=body["info"]["title"], **stage
        )
        assert counts == {"Count": 4, "4XXError": 1, "5XXError": 1}
    name = {"ApiName": body["info"]["title"]}
    assert total(server, "AWS/ApiGateway", "4XXError", "Average", **name) == 0.25
    assert total(server, "AWS/ApiGateway", "Latency", "SampleCount", **name) == 4
    latencies = [total(server, "AWS/ApiGateway", each, "p50", **name) for each in ("IntegrationLatency", "Latency")]
    assert 0 < latencies[0] <= latencies[1]  # pyright: ignore
    until_total(server, 4, "AWS/Logs", "IncomingLogEvents", LogGroupName=api.log_group)


def test_records_of_a_delivery_stream(server: EmbeddedAws, client: Client) -> None:
    """Monitor Amazon Data Firehose with CloudWatch metrics. A tenth of the records that are put fail here."""
    name, bucket = unique("stream"), unique("delivered")
    client("s3").create_bucket(Bucket=bucket)
    destination = {
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "RoleARN": role(client, "firehose.amazonaws.com"),
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900},
    }
    client("firehose").create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)
    records = [{"Data": b"x" * 100}] * 50
    refused = client("firehose").put_record_batch(DeliveryStreamName=name, Records=records)["FailedPutCount"]
    stream = {"DeliveryStreamName": name}
    counts = numbers(server, "AWS/Firehose", "IncomingRecords", "IncomingBytes", "IncomingPutRequests", **stream)
    assert list(counts.values()) == [50 - refused, 100 * (50 - refused), 1]
    assert (total(server, "AWS/Firehose", "ThrottledRecords", **stream) or 0) == refused
    # The role may not write: the first put is in vain.
    now(server, 901)
    assert total(server, "AWS/Firehose", "DeliveryToS3.Success", **stream) == 0
    assert total(server, "AWS/Firehose", "DeliveryToS3.DataFreshness", "Maximum", **stream) >= 901  # pyright: ignore
    assert total(server, "AWS/Firehose", "DeliveryToS3.Records", **stream) is None
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role_name = destination["RoleARN"].rsplit("/", 1)[-1]
    client("iam").put_role_policy(RoleName=role_name, PolicyName="write", PolicyDocument=policy)
    now(server, 60)
    until_total(server, 50 - refused, "AWS/Firehose", "DeliveryToS3.Records", **stream)
    assert total(server, "AWS/Firehose", "DeliveryToS3.Success", **stream) == 1


def test_messages_of_a_topic(server: EmbeddedAws, client: Client) -> None:
    """Monitoring Amazon SNS topics using CloudWatch."""
    name = unique("topic")
    arn = client("sns").create_topic(Name=name)["TopicArn"]
    client("sns").publish(TopicArn=arn, Message="abc")
    client("sns").publish_batch(
        TopicArn=arn, PublishBatchRequestEntries=[{"Id": text, "Message": text} for text in "ab"]
    )
    counts = numbers(server, "AWS/SNS", "NumberOfMessagesPublished", "PublishSize", TopicName=name)
    assert counts == {"NumberOfMessagesPublished": 3, "PublishSize": 5}


def test_polling_mapping_counts_its_receives(server: EmbeddedAws, client: Client) -> None:
    sqs, name = client("sqs"), unique("polled")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": queue_arn}
    arn = function(client, "def handler(event, context):\n    pass\n", role(client, "lambda.amazonaws.com", statement))
    mapping = client("lambda").create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=arn)
    sqs.send_message(QueueUrl=url, MessageBody="a")
    until_total(server, 1, "AWS/SQS", "NumberOfMessagesDeleted", QueueName=name)
    assert total(server, "AWS/SQS", "NumberOfMessagesReceived", QueueName=name) == 1
    # After the message it looks again, in vain.
    until(lambda: total(server, "AWS/SQS", "NumberOfEmptyReceives", QueueName=name), bool)
    client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
