"""Amazon DynamoDB, Systems Manager Parameter Store, Secrets Manager, Kinesis, KMS."""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from caller import Caller, refusal, until

TABLES = "Amazon DynamoDB Developer Guide: "
PARAMETERS = "AWS Systems Manager API Reference: "


@pytest.mark.document(TABLES + "Condition expressions")
def test_item_is_put_once(caller: Caller) -> None:
    tables, name = caller.client("dynamodb"), caller.table("id")
    put = {"TableName": name, "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}
    tables.put_item(**put)
    assert refusal(tables.put_item, **put) == "ConditionalCheckFailedException"


@pytest.mark.document(TABLES + "Update expressions")
def test_counter_counts(caller: Caller) -> None:
    tables, name = caller.client("dynamodb"), caller.table("id")
    for expected in ("1", "2"):
        answer = tables.update_item(
            TableName=name,
            Key={"id": {"S": "1"}},
            UpdateExpression="SET rides = if_not_exists(rides, :none) + :one",
            ExpressionAttributeValues={":none": {"N": "0"}, ":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        assert answer["Attributes"] == {"rides": {"N": expected}}


@pytest.mark.document(TABLES + "Querying tables in DynamoDB")
def test_query_by_pages_and_backwards(caller: Caller) -> None:
    tables, name = caller.client("dynamodb"), caller.table("id", "at")
    for at in ("1", "2", "3"):
        tables.put_item(TableName=name, Item={"id": {"S": "a"}, "at": {"S": at}})
    query = {
        "TableName": name,
        "KeyConditionExpression": "id = :id AND #at BETWEEN :from AND :to",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {":id": {"S": "a"}, ":from": {"S": "1"}, ":to": {"S": "2"}},
        "ScanIndexForward": False,
        "Limit": 1,
    }
    first = tables.query(**query)
    rest = tables.query(**query, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [each["at"]["S"] for each in [*first["Items"], *rest["Items"]]] == ["2", "1"]


@pytest.mark.document(TABLES + "Amazon DynamoDB Transactions: How it works")
def test_transaction_is_done_whole_or_not_at_all(caller: Caller) -> None:
    tables, name = caller.client("dynamodb"), caller.table("id")
    tables.put_item(TableName=name, Item={"id": {"S": "1"}})
    puts = [
        {"Put": {"TableName": name, "Item": {"id": {"S": each}}, "ConditionExpression": "attribute_not_exists(id)"}}
        for each in ("2", "1")
    ]
    with pytest.raises(ClientError) as refused:
        tables.transact_write_items(TransactItems=puts)
    reasons = refused.value.response["CancellationReasons"]
    assert [each["Code"] for each in reasons] == ["None", "ConditionalCheckFailed"]
    assert "Item" not in tables.get_item(TableName=name, Key={"id": {"S": "2"}})


@pytest.mark.document(TABLES + "Reserved words in DynamoDB")
@pytest.mark.parametrize(
    "put",
    [
        {
            "Item": {"id": {"S": "1"}},
            "ConditionExpression": "name = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        },
        {"Item": {"id": {"S": ""}}},
        {"Item": {"id": {"S": "1"}, "long": {"S": "x" * 410_000}}},
        {"Item": {"id": {"N": "1"}}},
        {
            "Item": {"id": {"S": "1"}},
            "ConditionExpression": "id = :a",
            "ExpressionAttributeValues": {":a": {"S": "1"}, ":b": {"S": "1"}},
        },
    ],
    ids=["reserved word", "empty key", "400 KB", "type of the key", "value that is not used"],
)
def test_item_that_is_refused(caller: Caller, put: dict[str, Any]) -> None:
    assert refusal(caller.client("dynamodb").put_item, TableName=caller.table("id"), **put) == "ValidationException"


@pytest.mark.document("Amazon DynamoDB API Reference: BatchWriteItem")
def test_batch_of_25_items(caller: Caller) -> None:
    tables, name = caller.client("dynamodb"), caller.table("id")
    puts = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(26)]
    assert refusal(tables.batch_write_item, RequestItems={name: puts}) == "ValidationException"
    assert tables.batch_write_item(RequestItems={name: puts[:25]})["UnprocessedItems"] == {}


def parameter(caller: Caller, value: str, **settings: Any) -> str:
    store, name = caller.client("ssm"), f"/{caller.name('parameter')}/a"
    store.put_parameter(Name=name, Value=value, **{"Type": "String"} | settings)
    caller.at_end(store.delete_parameter, Name=name)
    return name


@pytest.mark.document(PARAMETERS + "PutParameter")
def test_parameter_has_versions(caller: Caller) -> None:
    store, name = caller.client("ssm"), parameter(caller, "1")
    assert refusal(store.put_parameter, Name=name, Value="2", Type="String") == "ParameterAlreadyExists"
    assert store.put_parameter(Name=name, Value="2", Overwrite=True)["Version"] == 2
    values = [store.get_parameter(Name=each)["Parameter"]["Value"] for each in (name, f"{name}:1")]
    assert values == ["2", "1"]
    history = store.get_parameter_history(Name=name)["Parameters"]
    assert [each["Version"] for each in history] == [1, 2]


@pytest.mark.document(PARAMETERS + "LabelParameterVersion")
def test_parameter_by_its_label(caller: Caller) -> None:
    store, name = caller.client("ssm"), parameter(caller, "1")
    store.put_parameter(Name=name, Value="2", Overwrite=True)
    store.label_parameter_version(Name=name, ParameterVersion=1, Labels=["old"])
    assert store.get_parameter(Name=f"{name}:old")["Parameter"]["Value"] == "1"


@pytest.mark.document(PARAMETERS + "GetParametersByPath")
def test_parameters_below_a_path(caller: Caller) -> None:
    store, name = caller.client("ssm"), parameter(caller, "1")
    deep = f"{name}/b"
    store.put_parameter(Name=deep, Value="2", Type="String")
    caller.at_end(store.delete_parameter, Name=deep)
    root = name.removesuffix("/a")
    assert [each["Name"] for each in store.get_parameters_by_path(Path=root)["Parameters"]] == [name]
    assert len(store.get_parameters_by_path(Path=root, Recursive=True)["Parameters"]) == 2


@pytest.mark.document(PARAMETERS + "GetParameter (WithDecryption)")
def test_secret_parameter_is_shown_to_who_asks(caller: Caller) -> None:
    store, name = caller.client("ssm"), parameter(caller, "secret", Type="SecureString")
    assert store.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "secret"
    assert store.get_parameter(Name=name)["Parameter"]["Value"] != "secret"


@pytest.mark.document("AWS Systems Manager User Guide: Managing parameter tiers")
@pytest.mark.differs("parameters have values of any size")
def test_value_of_over_four_kilobytes(caller: Caller) -> None:
    store, name = caller.client("ssm"), f"/{caller.name('parameter')}"
    caller.at_end(store.delete_parameter, Name=name)
    assert refusal(store.put_parameter, Name=name, Value="x" * 4097, Type="String") == "ValidationException"
    assert refusal(store.get_parameter, Name=caller.name("none")) == "ParameterNotFound"


@pytest.mark.document(PARAMETERS + "PutParameter (AllowedPattern)")
@pytest.mark.differs("the pattern of a parameter is not heeded")
def test_value_of_another_pattern(caller: Caller) -> None:
    store, name = caller.client("ssm"), f"/{caller.name('parameter')}"
    caller.at_end(store.delete_parameter, Name=name)
    wrong = {"Name": name, "Value": "a", "Type": "String", "AllowedPattern": r"^\d+$"}
    assert refusal(store.put_parameter, **wrong) == "ParameterPatternMismatchException"


@pytest.mark.document("AWS Secrets Manager User Guide: What's in a Secrets Manager secret? (versions)")
@pytest.mark.differs("Secrets Manager is closed")
def test_secret_has_a_previous_version(caller: Caller) -> None:
    secrets, name = caller.client("secretsmanager"), caller.name("secret")
    secrets.create_secret(Name=name, SecretString="1")
    caller.at_end(secrets.delete_secret, SecretId=name, ForceDeleteWithoutRecovery=True)
    secrets.put_secret_value(SecretId=name, SecretString="2")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "2"
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "1"


@pytest.mark.document("Amazon Kinesis Data Streams API Reference: GetRecords")
@pytest.mark.differs("Kinesis is closed")
def test_stream_gives_its_records(caller: Caller) -> None:
    streams, name = caller.client("kinesis"), caller.name("stream")
    streams.create_stream(StreamName=name, ShardCount=1)
    caller.at_end(streams.delete_stream, StreamName=name)
    streams.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    shard = streams.put_record(StreamName=name, Data=b"ride", PartitionKey="a")["ShardId"]
    position = {"StreamName": name, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = streams.get_shard_iterator(**position)["ShardIterator"]
    records = until(lambda: streams.get_records(ShardIterator=iterator)["Records"])
    assert [each["Data"] for each in records] == [b"ride"]


@pytest.mark.document("AWS Key Management Service Developer Guide: Encryption context")
def test_what_was_encrypted_needs_its_context(caller: Caller) -> None:
    keys = caller.client("kms")
    key = keys.create_key(Description="conformance")["KeyMetadata"]["KeyId"]
    caller.at_end(keys.schedule_key_deletion, KeyId=key, PendingWindowInDays=7)
    blob = keys.encrypt(KeyId=key, Plaintext=b"ride", EncryptionContext={"of": "herd"})["CiphertextBlob"]
    assert base64.b64encode(blob) != base64.b64encode(b"ride")
    assert keys.decrypt(CiphertextBlob=blob, EncryptionContext={"of": "herd"})["Plaintext"] == b"ride"
    assert refusal(keys.decrypt, CiphertextBlob=blob) == "InvalidCiphertextException"
    keys.disable_key(KeyId=key)
    assert refusal(keys.encrypt, KeyId=key, Plaintext=b"ride") == "DisabledException"


@pytest.mark.document("AWS Key Management Service API Reference: GenerateDataKey")
def test_data_key_comes_twice(caller: Caller) -> None:
    keys = caller.client("kms")
    key = keys.create_key(Description="conformance")["KeyMetadata"]["KeyId"]
    caller.at_end(keys.schedule_key_deletion, KeyId=key, PendingWindowInDays=7)
    made = keys.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert len(made["Plaintext"]) == 32
    assert keys.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]


@pytest.mark.document("AWS Glue API Reference: GetTable (EntityNotFoundException)")
def test_table_of_the_catalogue(caller: Caller) -> None:
    glue, name = caller.client("glue"), caller.name("database").replace("-", "_")
    glue.create_database(DatabaseInput={"Name": name})
    caller.at_end(glue.delete_database, Name=name)
    columns = {"Columns": [{"Name": "id", "Type": "string"}]}
    glue.create_table(DatabaseName=name, TableInput={"Name": "rides", "StorageDescriptor": columns})
    caller.at_end(glue.delete_table, DatabaseName=name, Name="rides")
    stored = glue.get_table(DatabaseName=name, Name="rides")["Table"]
    assert json.dumps(stored["StorageDescriptor"]["Columns"]) == '[{"Name": "id", "Type": "string"}]'
    assert refusal(glue.get_table, DatabaseName=name, Name="none") == "EntityNotFoundException"
