"""The faults that end a command without a traceback, and what it says of each."""

import errno
import shutil
import tempfile
from pathlib import Path

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
)

from cli import embedded
from cli.errors import CommandError
from cli.server_record import BUILD, LOG, ServerRecord
from local.account import HOST
from local.server import ROOT

EXPECTED = (CommandError, ClientError, BotoCoreError, Boto3Error, OSError)


def exit_code(fault: BaseException) -> int:
    """The exit code of a command that a fault has ended."""
    return fault.exit_code if isinstance(fault, CommandError) else 1


def message(fault: BaseException) -> str:
    """What to say of a fault; the system's own, such as a full disk, name the file if there is one."""
    match fault:
        case NoCredentialsError():
            return "There are no AWS credentials: `aws configure` stores some, and --profile names others."
        case NoRegionError():
            return "No AWS region is set: --region names one."
        case EndpointConnectionError() | HTTPClientError():
            return f"{fault}{_server_has_ended(str(fault))}"
        case OSError():
            where = f"{fault.filename}: " if fault.filename else ""
            return f"{where}{fault.strerror or fault}{'' if where else _free_space(fault)}"
        case _:
            return str(fault)


def _free_space(fault: OSError) -> str:
    """What to add to a full disk that the system does not name: how much is free where commands write."""
    if fault.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ""
    places = {
        place: shutil.disk_usage(place).free for place in (ROOT, BUILD, Path(tempfile.gettempdir())) if place.exists()
    }
    free = ", ".join(f"{count:,} bytes in {place}" for place, count in places.items())
    return f". Free are {free}. The command's output may go to another place."


def _server_has_ended(reason: str) -> str:
    """What to add where nobody answers on this machine, if this clone's server runs no more."""
    process = ServerRecord().process()
    if process is None:
        return "\nNo embedded AWS is running: `make up` starts one." if f"//{HOST}:" in reason else ""
    if not embedded.ends_within(process, embedded.END_SECONDS):
        return ""
    return f"\nThe embedded AWS of this clone has ended: `make up` starts it again. Its log is {LOG}."
