"""Builds and deploys by the SAM CLI, as one would by hand; its own messages go to the terminal.

The options name all that a samconfig.toml could: one that is there changes nothing. Artefacts go below the stack's name
into the bucket that the SAM CLI manages for an account and region.
"""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.deploy import DeploymentError
from cli.errors import CommandError
from cli.template_parameters import BadParameterError

Run = Callable[[Sequence[str], Path, Mapping[str, str]], int]
"""A command, where to run it and its environment -> its exit code."""


class NoSamError(CommandError):
    """The SAM CLI is not installed; the message says how it is."""


def program(root: Path) -> Path:
    """The SAM CLI of this clone. Raises NoSamError."""
    sam = root / ".venvs" / "sam" / "bin" / "sam"
    if not sam.exists():
        raise NoSamError("The SAM CLI is not installed: `make build` installs it into .venvs/sam.")
    return sam


def run_here(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
    """Run a command with this terminal."""
    return subprocess.run(command, cwd=folder, env=dict(environment), check=False).returncode  # noqa: S603


def deploy(
    root: Path,
    name: str,
    region: str,
    profile: str | None,
    parameters: Mapping[str, str],
    run: Run = run_here,
) -> None:
    """Build the project in `root`, and deploy it as the stack `name`. Raises NoSamError and DeploymentError."""
    sam = str(program(root))
    environment = dict(os.environ) | {"SAM_CLI_TELEMETRY": "0"}
    if code := run([sam, "build"], root, environment):
        raise DeploymentError(f"`sam build` failed with exit code {code}; its messages are above.")
    command = [sam, "deploy", *arguments(name, region, profile, parameters)]
    if code := run(command, root, environment):
        raise DeploymentError(f"`sam deploy` failed with exit code {code}; its messages are above.")


def arguments(name: str, region: str, profile: str | None, parameters: Mapping[str, str]) -> list[str]:
    """The arguments of `sam deploy`. Parameters that are not named keep the values that the stack has."""
    where = ["--stack-name", name, "--region", region, *(["--profile", profile] if profile else [])]
    how = ["--resolve-s3", "--s3-prefix", name, "--capabilities", "CAPABILITY_IAM"]
    # What fails to be created is deleted, so that the next deployment can create it; a failed update is rolled back.
    unasked = ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--on-failure", "DELETE"]
    overrides = [f"{key}={_quoted(key, value)}" for key, value in sorted(parameters.items())]
    return [*where, *how, *unasked, "--parameter-overrides", *overrides]


def _quoted(name: str, value: str) -> str:
    """The value as the SAM CLI reads it: it knows quotes, and no way to write every backslash."""
    if '"' in value or "\\" in value:
        raise BadParameterError(f"{name} is {value!r}: the SAM CLI takes neither quotes nor backslashes.")
    return f'"{value}"'
