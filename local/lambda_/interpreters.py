"""Which program runs the functions of a runtime.

AWS has all runtimes. Here a runtime is what the launcher of the server says it is: an interpreter in an environment
with what the managed runtime brings.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NODE_CLIENT = Path(__file__).parent / "node_client.mjs"

# `exec` in the shell, so that a signal for the worker reaches the function's process itself.
_PYTHON = """#!/bin/sh
exec {program} -m awslambdaric "$_HANDLER"
"""
_NODE = """#!/bin/sh
exec {program} {client}
"""


@dataclass(frozen=True)
class Interpreters:
    """The programs by the names of the runtimes (`python3.12`, `nodejs20.x`).

    `forking` is the one whose environment holds the packages of the functions themselves: their processes are forks of
    one that has imported them. In other environments a function brings its packages, so that nothing may be imported
    before its own.
    """

    programs: Mapping[str, Path]
    forking: Path | None = None

    def forks(self, runtime: str) -> bool:
        """Whether a function of this runtime is a fork."""
        return self.forking is not None and self.programs.get(runtime) == self.forking

    def bootstrap(self, runtime: str) -> str:
        """The script that runs AWS's runtime client, or that of Node.js, by the runtime's program."""
        program = self.programs[runtime]
        words = {"program": shlex.quote(str(program)), "client": shlex.quote(str(_NODE_CLIENT))}
        return (_NODE if is_node(runtime) else _PYTHON).format(**words)

    def node_packages(self) -> Path | None:
        """The packages beside the program of Node.js, which is AWS's SDK; None where there are none."""
        folders = [program.parent.parent / "node_modules" for name, program in self.programs.items() if is_node(name)]
        return next((folder for folder in folders if folder.is_dir()), None)

    def lack(self, configuration: Mapping[str, Any]) -> str | None:
        """Why nothing here can run a function of this configuration; None where something can.

        A custom runtime (`provided.*`) brings its own program. An update need not name the runtime.

        >>> Interpreters({"python3.11": Path("python")}).lack({"Runtime": "ruby3.3"})
        'The runtime ruby3.3 is not installed here. Installed are: python3.11.'
        """
        if configuration.get("PackageType") == "Image" or "ImageUri" in (configuration.get("Code") or {}):
            return "Functions that are container images do not run here: there is no container."
        runtime = configuration.get("Runtime")
        if not runtime or str(runtime).startswith("provided") or runtime in self.programs:
            return None
        return f"The runtime {runtime} is not installed here. Installed are: {', '.join(sorted(self.programs))}."


def is_node(runtime: str) -> bool:
    """Whether it is a runtime of Node.js."""
    return runtime.startswith("nodejs")


def is_managed(config: Mapping[str, Any]) -> bool:
    """Whether a function has a runtime of Python or Node.js; a custom one brings its own program."""
    return str(config.get("Runtime", "")).startswith(("python", "nodejs"))
