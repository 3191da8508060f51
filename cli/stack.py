"""A deployed stack and the way to it, made once by the command line and handed on.

On the embedded AWS that `make up` started in this clone, or on AWS, with the user's own credentials. The commands ask
both in the same way.
"""

import functools
import ipaddress
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from cli.errors import CommandError
from local.account import EmbeddedAws, entries
from wildrydes.api.address import url_behind

DEFAULT_NAME = "wildrydes"

Client = Callable[[str], Any]
"""A service's name, as boto3 has it -> a client of it."""

Clock = Callable[[], float]
"""The time in seconds since the epoch, as metrics and schedules have it."""

_ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
_HOSTS_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")
_DELETED = "DELETE_COMPLETE"
_MACHINE_ARN = "StateMachineArn"
_FIRST_MACHINES = ("retrain", "promote", "restore")
_LONGEST_CALL_SECONDS = 310


class NoStackError(CommandError):
    """There is no such stack; the message says where it was looked for."""


def command(words: str, options: str) -> str:
    """A command as messages quote it: `words` such as `retrain --force`, and the options that lead to a stack."""
    return f"`{' '.join(('wildrydes', words))}{options}`"


@dataclass(frozen=True)
class Account:
    """Clients of an account in a region, words for where that is, the time there, and the options that lead there."""

    client: Client
    where: str
    now: Clock = time.time
    options: str = ""

    @classmethod
    def on_embedded_aws(cls, server: EmbeddedAws) -> "Account":
        """The account of an embedded AWS, whose clock may have been moved on."""

        def now() -> float:
            return server.request("/_local/clock")["now"]

        return cls(server.client, f"the embedded AWS at {server.endpoint}", now)

    @classmethod
    def on_aws(cls, profile: str | None = None, region: str | None = None) -> "Account":
        """The user's account, by the credentials and settings that every SDK finds."""
        session = Session(profile_name=profile, region_name=region)
        named = [("profile", profile), ("region", region)]
        options = " --aws" + "".join(f" --{name} {value}" for name, value in named if value)
        # TestState runs a state for up to five minutes: a client that gave up before would run it twice.
        config = Config(read_timeout=_LONGEST_CALL_SECONDS)
        client = functools.cache(functools.partial(session.client, config=config))
        where = f"{session.region_name} (profile {session.profile_name}){_other_endpoint(client)}"
        return cls(client, where, options=options)

    @property
    def endpoint(self) -> str:
        """Where the account's CloudFormation answers."""
        return self.client("cloudformation").meta.endpoint_url

    @property
    def is_on_this_machine(self) -> bool:
        """Whether that is an address of loopback, which AWS is not."""
        return _is_loopback(self.endpoint)

    def options_of(self, stack: str) -> str:
        """What follows a command that is to work on that stack, with a space before it; nothing for the default."""
        return self.options + ("" if stack == DEFAULT_NAME else f" --stack {stack}")


@dataclass(frozen=True)
class Stack:
    """A deployed stack: its name, outputs by name, clients of its account, the time there, and the options for it."""

    name: str
    outputs: Mapping[str, str]
    client: Client
    now: Clock = time.time
    options: str = ""

    @classmethod
    def describe(cls, account: Account, name: str = DEFAULT_NAME) -> "Stack":
        """The stack of that name, as CloudFormation describes it. Raises NoStackError."""
        described: Any
        try:
            (described,) = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as fault:
            if "does not exist" not in fault.response["Error"]["Message"]:
                raise
            described = {"StackStatus": _DELETED}
        # Whoever asks for a stack by its identifier, and the embedded AWS, remember one that was destroyed.
        if described.get("StackStatus") == _DELETED:
            again = f"wildrydes deploy{account.options_of(name)}"
            raise NoStackError(
                f"There is no stack {name!r} in {account.where}: --stack names another. `{again}` deploys it."
            )
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
        return cls(name, outputs, account.client, account.now, account.options_of(name))

    @property
    def is_on_aws(self) -> bool:
        """Whether AWS itself has the stack: what is behind another endpoint costs nothing."""
        return is_of_aws(self.client("apigateway").meta.endpoint_url)

    @classmethod
    def on_embedded_aws(cls, server: EmbeddedAws, name: str = DEFAULT_NAME) -> "Stack":
        """The stack on an embedded AWS. Raises NoStackError."""
        return cls.describe(Account.on_embedded_aws(server), name)

    def command(self, words: str) -> str:
        """A command to be copied: `words` such as `retrain --force`, with the options that lead to this stack."""
        return command(words, self.options)

    def output(self, name: str) -> str:
        """An output of the stack. Raises NoStackError where it has none of that name: it is another project's."""
        try:
            return self.outputs[name]
        except KeyError:
            raise NoStackError(f"The stack {self.name!r} is another project's: it has no output {name}.") from None

    @property
    def bucket(self) -> str:
        """The data bucket."""
        return self.output("DataBucketName")

    def machine(self, name: str) -> str:
        """The ARN of a workflow, such as `retrain`. Raises NoStackError for a stack without it."""
        return self.output(_MACHINE_ARN if name == _FIRST_MACHINES[0] else f"{name.title()}{_MACHINE_ARN}")

    def machines(self) -> dict[str, str]:
        """The ARNs of all workflows that the stack has, by name: `retrain` first, then what it starts.

        One that was deployed before there was `monitor` has none. Raises NoStackError for another project's stack.
        """
        arns = {_FIRST_MACHINES[0]: self.machine(_FIRST_MACHINES[0])} | {
            output.removesuffix(_MACHINE_ARN).lower(): arn
            for output, arn in self.outputs.items()
            if output.endswith(_MACHINE_ARN) and output != _MACHINE_ARN
        }
        names = (*_FIRST_MACHINES, *sorted(arns.keys() - {*_FIRST_MACHINES}))
        return {name: arns[name] for name in names if name in arns}

    @property
    def api_url(self) -> str:
        """Where the API is; ends with a slash.

        Behind an endpoint other than AWS's the endpoint serves the API.
        """
        if self.is_on_aws:
            return self.output("ApiUrl")
        return url_behind(self.client("apigateway").meta.endpoint_url, self.output("ApiId"), self.output("ApiUrl"))

    def functions(self) -> dict[str, str]:
        """The deployed names of the stack's functions, by their folders: `ingest_rides`."""
        named = self.resources_by_name("AWS::Lambda::Function")
        return {_folder(logical): physical for logical, physical in named.items()}

    def queues(self) -> dict[str, str]:
        """The URLs of the stack's queues, by their names in the template: `RidesQueue`."""
        return self.resources_by_name("AWS::SQS::Queue")

    def resources(self, kind: str) -> list[str]:
        """The physical names of the stack's resources of a type, such as `AWS::SNS::Topic`."""
        return list(self.resources_by_name(kind).values())

    def resources_by_name(self, kind: str) -> dict[str, str]:
        """The same, by their names in the template. Raises NoStackError where the stack was destroyed meanwhile."""
        cloudformation = self.client("cloudformation")
        try:
            listed = entries(cloudformation, "list_stack_resources", "StackResourceSummaries", StackName=self.name)
        except ClientError as fault:
            if "does not exist" not in fault.response["Error"]["Message"]:
                raise
            listed = []
        resources = [each for each in listed if each.get("ResourceStatus") != _DELETED]
        # Every stack has some. The embedded AWS remembers one that was destroyed, without them.
        if not resources:
            raise NoStackError(f"The stack {self.name!r} was destroyed: {self.command('deploy')} deploys it again.")
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources if each["ResourceType"] == kind
        }


def _other_endpoint(client: Client) -> str:
    """Words for an endpoint that the environment or the profile sets in place of AWS's, with a space before them."""
    endpoint = client("cloudformation").meta.endpoint_url
    if is_of_aws(endpoint):
        return ""
    is_variable = os.environ.get(_ENDPOINT_VARIABLE, "").rstrip("/") == endpoint.rstrip("/")
    source = f" ({_ENDPOINT_VARIABLE})" if is_variable else ""
    return f" at {endpoint}{source}{', which is not AWS' if _is_loopback(endpoint) else ''}"


def is_of_aws(endpoint: str) -> bool:
    """Whether an endpoint is one of AWS's own, by its host: also of China, and of IPv4 and IPv6 together.

    >>> is_of_aws("https://apigateway.us-east-1.api.aws"), is_of_aws("http://s3.amazonaws.com.example.org")
    (True, False)
    """
    return f".{urlsplit(endpoint).hostname}".endswith(_HOSTS_OF_AWS)


def _is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _folder(logical_id: str) -> str:
    """`IngestRidesFunction` as `ingest_rides`."""
    words = logical_id.removesuffix("Function")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).lstrip("_")
