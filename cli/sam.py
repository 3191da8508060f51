"""Builds and deploys by the SAM CLI, as one would by hand; its own messages go to the terminal.

The options name all that a samconfig.toml could: one that is there changes nothing. Artefacts go below the stack's name
into the bucket that the SAM CLI manages for an account and region.
"""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.deploy import DeploymentError
from cli.errors import CommandError
from cli.template_parameters import BadParameterError

Run = Callable[[Sequence[str], Path, Mapping[str, str]], int]
"""A command, where to run it and its environment -> its exit code."""

_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
# What fails to be created is deleted, so that the next deployment can create it; a failed update is rolled back.
_UNASKED = ("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--on-failure", "DELETE")


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


@dataclass(frozen=True)
class Target:
    """Where another project's application goes: the name of its stack, the region, a bucket for what is uploaded."""

    stack: str
    region: str
    bucket: str


def build_application(
    root: Path, template: Path, folder: Path, environment: Mapping[str, str], run: Run = run_here
) -> None:
    """Build another project's template into `folder`. Raises NoSamError and DeploymentError."""
    command = [str(program(root)), "build", "--template-file", str(template), *_apart(folder)]
    if code := run([*command, "--build-dir", str(folder)], template.parent, _quiet(environment)):
        raise DeploymentError(f"`sam build` failed with exit code {code}; its messages are above.")


def deploy_application(
    root: Path,
    folder: Path,
    target: Target,
    parameters: Mapping[str, str],
    environment: Mapping[str, str],
    run: Run = run_here,
) -> None:
    """Deploy what `build_application` has built. Raises NoSamError and DeploymentError."""
    where = ["--stack-name", target.stack, "--region", target.region, "--s3-bucket", target.bucket]
    how = ["--s3-prefix", target.stack, "--capabilities", *_CAPABILITIES, *_UNASKED]
    overrides = [f"{key}={_quoted(key, value)}" for key, value in sorted(parameters.items())]
    named = ["--parameter-overrides", *overrides] if overrides else []
    command = [str(program(root)), "deploy", "--template-file", str(folder / "template.yaml"), *_apart(folder)]
    if code := run([*command, *where, *how, *named], folder, _quiet(environment)):
        raise DeploymentError(f"`sam deploy` failed with exit code {code}; its messages are above.")


def _apart(folder: Path) -> list[str]:
    """Options by which no samconfig.toml of the project is read."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder.parent / "samconfig.toml"
    settings.write_text("version = 0.1\n", encoding="utf-8")
    return ["--config-file", str(settings)]


def _quiet(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "SAM_CLI_TELEMETRY": "0"}


def arguments(name: str, region: str, profile: str | None, parameters: Mapping[str, str]) -> list[str]:
    """The arguments of `sam deploy`. Parameters that are not named keep the values that the stack has."""
    where = ["--stack-name", name, "--region", region, *(["--profile", profile] if profile else [])]
    how = ["--resolve-s3", "--s3-prefix", name, "--capabilities", "CAPABILITY_IAM"]
    overrides = [f"{key}={_quoted(key, value)}" for key, value in sorted(parameters.items())]
    return [*where, *how, *_UNASKED, "--parameter-overrides", *overrides]


def _quoted(name: str, value: str) -> str:
    """The value as the SAM CLI reads it: it knows quotes, and no way to write every backslash."""
    if '"' in value or "\\" in value:
        raise BadParameterError(f"{name} is {value!r}: the SAM CLI takes neither quotes nor backslashes.")
    return f'"{value}"'
