"""What collect_samples relies on of Firehose, over the wire. A tenth of the entries that are put fail (tests/conftest).

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
"""

import gzip
import json
import uuid
from typing import Any

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError

from local import account
from local.account import EmbeddedAws
from machines import Client, allow, role, unique, until

HINTS = {"SizeInMBs": 1, "IntervalInSeconds": 900}


class Delivery:
    """A bucket, a role that may write below data/, and a stream that does."""

    def __init__(self, server: EmbeddedAws, *statements: dict[str, Any], **config: Any) -> None:
        self.server, self.client = server, server.client
        self.bucket = f"delivery-{uuid.uuid4().hex[:8]}"
        self.client("s3").create_bucket(Bucket=self.bucket)
        resource = f"arn:aws:s3:::{self.bucket}/data/*"
        self.role = role(
            self.client, "firehose.amazonaws.com", *(statements or (allow("s3:PutObject", resource=resource),))
        )
        self.name = unique("stream")
        self.create(**config)

    def create(self, encrypted: bool = False, **config: Any) -> None:
        destination = {
            "BucketARN": f"arn:aws:s3:::{self.bucket}",
            "RoleARN": self.role,
            "BufferingHints": HINTS,
            "CompressionFormat": "GZIP",
            "Prefix": "data/!{timestamp:yyyy-MM-dd}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        }
        self.client("firehose").create_delivery_stream(
            DeliveryStreamName=self.name,
            ExtendedS3DestinationConfiguration=destination | config,
            **({"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"}} if encrypted else {}),
        )

    def put(self, *records: bytes) -> list[int]:
        """Put records, those that failed again; how many failed at each call."""
        failures = []
        while records:
            answer = self.client("firehose").put_record_batch(
                DeliveryStreamName=self.name, Records=[{"Data": record} for record in records]
            )
            outcomes = zip(records, answer["RequestResponses"], strict=True)
            records = tuple(record for record, outcome in outcomes if "ErrorCode" in outcome)
            assert answer["FailedPutCount"] == len(records)
            failures.append(len(records))
        return failures

    def advance(self, seconds: float) -> list[str]:
        """Move the clock on; the keys of what was delivered of this stream."""
        keys = self.server.request("/_local/clock", advance_seconds=seconds)["delivered"]
        return [key for key in keys if self.name in key]

    def objects(self) -> list[list[bytes]]:
        """The lines of each object in the bucket."""
        s3 = self.client("s3")
        listed = account.entries(s3, "list_objects_v2", "Contents", Bucket=self.bucket)
        bodies = (s3.get_object(Bucket=self.bucket, Key=each["Key"])["Body"].read() for each in listed)
        return [gzip.decompress(body).splitlines() for body in bodies]


def test_records_are_written_as_one_object_once_the_first_is_old_enough(server: EmbeddedAws) -> None:
    delivery = Delivery(server)
    delivery.put(b"1\n", b"2\n")
    delivery.advance(600)
    delivery.put(b"3\n")
    assert delivery.objects() == []
    (key,) = delivery.advance(301)
    assert key.startswith("data/20")
    assert key.endswith(".gz")
    assert [sorted(lines) for lines in delivery.objects()] == [[b"1", b"2", b"3"]]
    assert delivery.advance(900) == []


def test_records_are_written_at_once_when_there_are_enough_bytes(server: EmbeddedAws) -> None:
    delivery = Delivery(server)
    delivery.put(b"x" * 600_000 + b"\n")
    assert delivery.objects() == []
    delivery.put(b"y" * 600_000 + b"\n")
    (lines,) = until(delivery.objects, lambda objects: len(objects) == 1)
    assert [len(line) for line in lines] == [600_000, 600_000]


def test_a_call_that_succeeds_may_have_entries_that_failed_each_with_its_code_in_the_order_of_the_records(
    server: EmbeddedAws,
) -> None:
    delivery = Delivery(server)
    records = [b"%d\n" % number for number in range(500)]
    answer = server.client("firehose").put_record_batch(
        DeliveryStreamName=delivery.name, Records=[{"Data": record} for record in records]
    )
    outcomes = answer["RequestResponses"]
    taken = [record.strip() for record, outcome in zip(records, outcomes, strict=True) if "RecordId" in outcome]
    failed = [outcome for outcome in outcomes if "ErrorCode" in outcome]
    assert 0 < answer["FailedPutCount"] == len(failed) == 500 - len(taken) < 250
    assert {outcome["ErrorCode"] for outcome in failed} == {"ServiceUnavailableException"}
    assert all(("RecordId" in outcome) != ("ErrorCode" in outcome) for outcome in outcomes)
    delivery.advance(900)
    assert delivery.objects() == [taken]


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_put_says_whether_the_stream_encrypts(server: EmbeddedAws, encrypted: bool) -> None:
    delivery = Delivery(server, encrypted=encrypted)
    put = server.client("firehose").put_record_batch
    assert put(DeliveryStreamName=delivery.name, Records=[{"Data": b"x"}])["Encrypted"] == encrypted


def refusal(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_limits_of_a_call_are_500_records_of_1000_kib_and_4_mib_and_one_that_breaks_them_puts_nothing(
    server: EmbeddedAws,
) -> None:
    delivery = Delivery(server)
    put, name = server.client("firehose").put_record_batch, delivery.name

    def code_of(*records: bytes) -> str:
        return refusal(put, DeliveryStreamName=name, Records=[{"Data": record} for record in records])[0]

    assert code_of(*[b"x"] * 501) == "ValidationException"
    assert code_of(b"x", b"y" * 1_024_001) == "ValidationException"
    assert code_of(*[b"x" * 1_000_000] * 5) == "InvalidArgumentException"
    assert delivery.advance(900) == []


def test_put_record_takes_one(server: EmbeddedAws) -> None:
    delivery = Delivery(server)
    firehose = Session().client(
        "firehose",
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
    )
    # The SDK tries again by itself where the entry fails: with 503.
    for number in range(20):
        firehose.put_record(DeliveryStreamName=delivery.name, Record={"Data": b"%d\n" % number})
    delivery.advance(900)
    assert delivery.objects() == [[b"%d" % number for number in range(20)]]


def test_a_stream_that_is_not_there_is_named(server: EmbeddedAws) -> None:
    put = server.client("firehose").put_record_batch
    code, message = refusal(put, DeliveryStreamName="nowhere", Records=[{"Data": b"x"}])
    assert code == "ResourceNotFoundException"
    assert "nowhere" in message


def test_what_the_role_may_not_write_is_tried_again_and_not_lost(server: EmbeddedAws) -> None:
    delivery = Delivery(server, allow("s3:GetObject"))
    delivery.put(b"1\n")
    assert delivery.advance(900) == []
    statement = allow("s3:PutObject", resource=f"arn:aws:s3:::{delivery.bucket}/*")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = delivery.role.rsplit("/", 1)[1]
    server.client("iam").put_role_policy(RoleName=name, PolicyName="write", PolicyDocument=policy)
    assert len(delivery.advance(60)) == 1
    assert delivery.objects() == [[b"1"]]


def test_a_role_that_does_not_trust_firehose_delivers_nothing(server: EmbeddedAws) -> None:
    delivery = Delivery(server)
    stranger = role(server.client, "lambda.amazonaws.com", allow("s3:PutObject"))
    described = server.client("firehose").describe_delivery_stream(DeliveryStreamName=delivery.name)
    stream = described["DeliveryStreamDescription"]
    server.client("firehose").update_destination(
        DeliveryStreamName=delivery.name,
        CurrentDeliveryStreamVersionId=stream["VersionId"],
        DestinationId=stream["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"RoleARN": stranger},
    )
    delivery.put(b"1\n")
    assert delivery.advance(900) == []
    assert delivery.objects() == []


def test_a_stream_is_deleted_with_what_it_holds(server: EmbeddedAws) -> None:
    delivery = Delivery(server)
    delivery.put(b"1\n")
    server.client("firehose").delete_delivery_stream(DeliveryStreamName=delivery.name)
    delivery.create()
    delivery.put(b"2\n")
    assert len(delivery.advance(900)) == 1
    assert delivery.objects() == [[b"2"]]


def test_a_destination_that_is_wrong_or_not_played_here_is_refused_at_creation(server: EmbeddedAws) -> None:
    create = server.client("firehose").create_delivery_stream
    splunk = {"HECEndpoint": "https://x", "HECEndpointType": "Raw", "HECToken": "x", "S3Configuration": {
        "RoleARN": "arn:aws:iam::123456789012:role/x", "BucketARN": "arn:aws:s3:::b"}}  # fmt: skip
    assert refusal(create, DeliveryStreamName="s", SplunkDestinationConfiguration=splunk) == (
        "InvalidArgumentException",
        "A destination of the kind Splunk is not supported here; ExtendedS3 is.",
    )
    s3 = {"RoleARN": "arn:aws:iam::123456789012:role/x", "BucketARN": "arn:aws:s3:::a-bucket"}
    hints = {"SizeInMBs": 500, "IntervalInSeconds": 60}
    code, message = refusal(
        create, DeliveryStreamName="s", ExtendedS3DestinationConfiguration=s3 | {"BufferingHints": hints}
    )
    assert (code, "sizeInMBs' failed to satisfy constraint: Member must have value less than" in message) == (
        "ValidationException",
        True,
    )
    assert refusal(create, DeliveryStreamName="a b", ExtendedS3DestinationConfiguration=s3)[0] == "ValidationException"


def firehose_as(client: Client, server: EmbeddedAws, *statements: dict[str, Any]) -> Any:
    """A Firehose client that acts as a role with these statements."""
    arn = role(client, "lambda.amazonaws.com", *statements)
    trust = {"Effect": "Allow", "Principal": {"AWS": account.ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam").update_assume_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyDocument=document)
    session = client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return Session().client(
        "firehose",
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def test_a_put_is_authorised_on_the_stream(server: EmbeddedAws, client: Client) -> None:
    ours, theirs = Delivery(server), Delivery(server)
    arn = f"arn:aws:firehose:{server.region}:{account.ACCOUNT_ID}:deliverystream/{ours.name}"
    putter = firehose_as(client, server, allow("firehose:PutRecordBatch", resource=arn))
    putter.put_record_batch(DeliveryStreamName=ours.name, Records=[{"Data": b"x"}])
    code, _ = refusal(putter.put_record_batch, DeliveryStreamName=theirs.name, Records=[{"Data": b"x"}])
    assert code == "AccessDeniedException"


def test_who_creates_a_stream_must_be_allowed_to_pass_its_role(server: EmbeddedAws, client: Client) -> None:
    delivery = Delivery(server)
    creator = firehose_as(client, server, allow("firehose:CreateDeliveryStream"))
    config = {"RoleARN": delivery.role, "BucketARN": f"arn:aws:s3:::{delivery.bucket}"}
    code, message = refusal(
        creator.create_delivery_stream, DeliveryStreamName=unique("s"), ExtendedS3DestinationConfiguration=config
    )
    assert code == "AccessDeniedException"
    assert "iam:PassRole" in message
