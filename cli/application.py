"""Another project's application on the embedded AWS: built and deployed by the SAM CLI, as it stands in its folder.

Nothing is written into that folder: what is built lies below build/applications. A samconfig.toml of the project is
passed over, since it may name a profile, a region or a bucket of its author's.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from cli import interpreters, sam, unread_properties
from cli.deploy import ensure_bucket
from cli.errors import UnreadableFileError
from cli.stack import Stack
from local.account import EmbeddedAws
from local.server import ROOT
from wildrydes.api.address import url_behind

ARTIFACTS = "application-artifacts"

_TEMPLATES = ("template.yaml", "template.yml")
_LONGEST_NAME = 40
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_API = re.compile(r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(/.*)?")


@dataclass(frozen=True)
class Application:
    """A template, the parameters that its deployment names, and where its build lies."""

    template: Path
    parameters: Mapping[str, str]
    build: Path

    @classmethod
    def at(cls, path: Path, parameters: Mapping[str, str], build: Path) -> "Application":
        """The application whose template is `path`, or lies in the folder `path`. Raises UnreadableFileError."""
        candidates = [path / name for name in _TEMPLATES] if path.is_dir() else [path]
        template = next((each for each in candidates if each.is_file()), None)
        if template is None:
            raise UnreadableFileError(f"There is no {' and no '.join(_TEMPLATES)} in {path}: name the template itself.")
        return cls(template.resolve(), parameters, build / "applications" / stack_name(template))

    @property
    def name(self) -> str:
        """What its stack is called: as its folder."""
        return stack_name(self.template)


def stack_name(template: Path) -> str:
    """The name of the stack, from the name of the template's folder.

    >>> stack_name(Path("/checkouts/2_saga pattern/template.yaml"))
    'saga-pattern'
    """
    words = re.findall(r"[A-Za-z0-9]+", template.resolve().parent.name)
    name = re.sub(r"^[^A-Za-z]+", "", "-".join(words))[:_LONGEST_NAME].rstrip("-")
    return name or "application"


def build(application: Application, server: EmbeddedAws) -> dict[str, Path]:
    """Build it; the programs of the runtimes that its functions name, as far as this machine has them.

    Raises NoSamError, DeploymentError and InterpreterError.
    """
    installed = interpreters.pythons() | interpreters.node()
    environment = server.isolated(os.environ)
    environment["PATH"] = os.pathsep.join([*{str(path.parent) for path in installed.values()}, environment["PATH"]])
    sam.build_application(ROOT, application.template, application.build, environment)
    built = [*application.build.rglob("template.y*ml")]
    return dict(interpreters.programs(ROOT, interpreters.runtimes_in(built), installed))


def deploy(application: Application, server: EmbeddedAws, console: Console, *, verbose: bool) -> Stack:
    """Deploy what was built. Raises DeploymentError; the SAM CLI has said why."""
    console.print(f"Deploying {application.template} as the stack {application.name}", markup=False)
    ensure_bucket(server.client("s3"), ARTIFACTS)
    target = sam.Target(application.name, server.region, ARTIFACTS)
    sam.deploy_application(ROOT, application.build, target, application.parameters, server.isolated(os.environ))
    unread_properties.show(server, console, verbose=verbose)
    return Stack.on_embedded_aws(server, application.name)


def exports(stack: Stack, endpoint: str) -> dict[str, str]:
    """The outputs of its stack as variables, with a word before them, so that none is a variable of the shell's.

    The URL of an API is the one behind the endpoint.
    """
    return {f"STACK_{shell_name(name)}": _reachable(value, endpoint) for name, value in stack.outputs.items()}


def shell_name(output: str) -> str:
    """The name of an output as that of a variable.

    >>> shell_name("HelloWorldAPIUrl"), shell_name("Queue2Arn")
    ('HELLO_WORLD_API_URL', 'QUEUE_2_ARN')
    """
    return "_".join(_WORDS.findall(output)).upper()


def _reachable(value: str, endpoint: str) -> str:
    match = _API.fullmatch(value)
    return url_behind(endpoint, match[1], value if match[2] else f"{value}/") if match else value
