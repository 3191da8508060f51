"""A bucket and a Glue database of their own for one test, and queries over them."""

import gzip
import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import duckdb

from local import account
from local.account import EmbeddedAws
from machines import until

PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)
JSON = ("org.apache.hadoop.mapred.TextInputFormat", "org.openx.data.jsonserde.JsonSerDe")
OPEN_CSV = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.serde2.OpenCSVSerde")
TEXT = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")

_NUMBERS = itertools.count()
_SESSION = boto3.Session()


@dataclass(frozen=True)
class Finished:
    """A query that has ended: its execution as GetQueryExecution shows it, and its first page of rows."""

    execution: dict[str, Any]
    header: list[str | None]
    rows: list[list[str | None]]

    @property
    def state(self) -> str:
        return self.execution["Status"]["State"]

    @property
    def reason(self) -> str:
        return self.execution["Status"].get("StateChangeReason", "")

    @property
    def scanned(self) -> int:
        return self.execution["Statistics"]["DataScannedInBytes"]


class Lake:
    """Tables and queries of one test; `credentials` are those that queries are started with."""

    def __init__(self, server: EmbeddedAws, name: str, credentials: dict[str, str] | None = None) -> None:
        self.server = server
        self.name = name
        self.s3 = self.client("s3")
        self.glue = self.client("glue")
        self.athena = self.client("athena", credentials)

    @classmethod
    def create(cls, server: EmbeddedAws) -> "Lake":
        """A lake with a bucket and a database of the same, new name."""
        lake = cls(server, f"lake{next(_NUMBERS)}x{uuid.uuid4().hex[:8]}")
        lake.s3.create_bucket(Bucket=lake.name)
        lake.glue.create_database(DatabaseInput={"Name": lake.name})
        return lake

    def acting_as(self, credentials: dict[str, str]) -> "Lake":
        """The same lake, queried with `credentials`."""
        return Lake(self.server, self.name, credentials)

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """A client that signs with STS `credentials`, or as the account's root."""
        if not credentials:
            return self.server.client(service)
        return _SESSION.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=account.DEFAULT_REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def put(self, key: str, body: str | bytes) -> int:
        """Store an object, gzip if its name ends so; returns its size."""
        data = body.encode() if isinstance(body, str) else body
        data = gzip.compress(data, mtime=0) if key.endswith(".gz") else data
        self.s3.put_object(Bucket=self.name, Key=key, Body=data)
        return len(data)

    def put_parquet(self, key: str, select: str, folder: Path) -> int:
        """Store what the DuckDB query `select` gives as a Parquet object; returns its size."""
        path = folder / "written.parquet"
        duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        return self.put(key, path.read_bytes())

    def keys(self, prefix: str) -> list[str]:
        """Keys of the objects below `prefix`."""
        objects = account.entries(self.s3, "list_objects_v2", "Contents", Bucket=self.name, Prefix=prefix)
        return [each["Key"] for each in objects]

    def read(self, key: str) -> bytes:
        """An object's bytes, unpacked if its name ends with .gz."""
        data = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return gzip.decompress(data) if key.endswith(".gz") else data

    def table(
        self,
        name: str,
        columns: dict[str, str],
        form: tuple[str, str],
        *,
        keys: dict[str, str] | None = None,
        properties: dict[str, str] | None = None,
        serde: dict[str, str] | None = None,
    ) -> None:
        """Create a Glue table at s3://<lake>/<name>/."""
        self.glue.create_table(
            DatabaseName=self.name,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": properties or {},
                "PartitionKeys": [{"Name": n, "Type": t} for n, t in (keys or {}).items()],
                "StorageDescriptor": {
                    "Columns": [{"Name": n, "Type": t} for n, t in columns.items()],
                    "Location": f"s3://{self.name}/{name}/",
                    "InputFormat": form[0],
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": form[1], "Parameters": serde or {}},
                },
            },
        )

    def start(self, sql: str, parameters: Sequence[str] = (), **arguments: Any) -> str:
        """Start a query; its id."""
        if parameters:
            arguments["ExecutionParameters"] = list(parameters)
        return self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.name},
            ResultConfiguration={"OutputLocation": f"s3://{self.name}/results/"},
            **arguments,
        )["QueryExecutionId"]

    def query(self, sql: str, parameters: Sequence[str] = (), **arguments: Any) -> Finished:
        """Run a query to its end."""
        query_id = self.start(sql, parameters, **arguments)
        execution = self.wait(query_id)
        rows: list[list[str | None]] = []
        if execution["Status"]["State"] == "SUCCEEDED":
            for page in self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id):
                rows += [[datum.get("VarCharValue") for datum in row["Data"]] for row in page["ResultSet"]["Rows"]]
        return Finished(execution, rows[0] if rows else [], rows[1:])

    def wait(self, query_id: str) -> dict[str, Any]:
        """The execution once it has ended."""
        return until(
            lambda: self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"],
            lambda execution: execution["Status"]["State"] not in ("QUEUED", "RUNNING"),
        )
