"""Where a card is: in a file, or in the bucket of a stack under its execution's name."""

from pathlib import Path

from botocore.exceptions import ClientError

from cli.errors import CommandError
from cli.stack import Client
from wildrydes.errors import BadModel
from wildrydes.model.card import ModelCard, read_card
from wildrydes.model.storage import card_key
from wildrydes.tasks import DEFAULT_TASK

# Whoever may not list a bucket is told AccessDenied of an object that is not there.
_ABSENT = ("NoSuchKey", "404", _HIDDEN := "AccessDenied")
_NAMED = frozenset(
    {"bucket", "rides", "unsettled_rides", "weather", "rows", "image", "training"}
    | {"definition_sha256", "code_sha256", "artefact_sha256"}
)


class UnexplainedError(CommandError):
    """There is nothing to explain; the message says why."""

    exit_code = 2


def find(model: str, stack: str, client: Client, task: str = DEFAULT_TASK) -> ModelCard:
    """The card in the file `model`, or of the execution `model` of the task, in the stack's bucket.

    Raises UnexplainedError.
    """
    if not model:
        raise UnexplainedError("Which model? Give an execution (`wildrydes models` lists them) or a card's file.")
    if Path(model).is_file():
        return _explainable(model, Path(model).read_bytes())
    return of_execution(model, stack, client, task)


def of_execution(execution: str, stack: str, client: Client, task: str = DEFAULT_TASK) -> ModelCard:
    """The card of the execution's model of the task, in the stack's bucket; no file is looked for.

    Raises UnexplainedError.
    """
    return _explainable(*_stored(execution, stack, client, task))


def _explainable(source: str, content: bytes) -> ModelCard:
    """The card in `content`, which comes from `source`, if it says what the model was made from."""
    try:
        card = read_card(content)
    except BadModel as bad:
        raise UnexplainedError(f"{source} is no model's card: {bad}.") from None
    if missing := _NAMED - set(card.lineage):
        raise UnexplainedError(
            f"{source} does not say what the model was made from: its lineage lacks {', '.join(sorted(missing))}. "
            "Cards written by an earlier version have less."
        )
    return card


def _stored(execution: str, stack: str, client: Client, task: str) -> tuple[str, bytes]:
    bucket, key = data_bucket(stack, client), card_key(execution, task)
    try:
        return f"s3://{bucket}/{key}", client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise
        is_hidden = error.response["Error"]["Code"] == _HIDDEN
        what = "may not be read with your credentials, if it is there" if is_hidden else "is not there"
        raise UnexplainedError(
            f"{execution!r} is no file, and s3://{bucket}/{key} {what}: `wildrydes models` lists the models."
        ) from None


def data_bucket(stack: str, client: Client) -> str:
    """The stack's bucket. Raises UnexplainedError."""
    try:
        (described,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        raise UnexplainedError(f"The stack {stack} cannot be found: {error}") from None
    return next(each["OutputValue"] for each in described["Outputs"] if each["OutputKey"] == "DataBucketName")
