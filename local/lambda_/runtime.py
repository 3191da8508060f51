"""Runs functions as AWS does: Python's by AWS's own runtime client, in an interpreter that has the function's packages.

MiniStack starts functions of Python and Node.js with scripts of its own that name every error `Runtime.HandlerError`,
so that no Catch by exception name ever matches. Its worker for custom runtimes speaks the Lambda Runtime API; with a
bootstrap that is `awslambdaric`, or `node_client.mjs`, it runs them too.

Which program that is follows from the function's runtime (`interpreters.py`). This project's functions have one whose
environment was built from `functions/requirements.txt` and what the managed runtime brings (`requirements/lambda.txt`),
so that a package missing there is missing here. The process gets the variables of a Lambda function, and nothing else
of the server's environment; its home is the server's folder, not the user's.

No interpreter is started for a function of this project: its process is a fork of one that has imported botocore
already (`fork_server.py`). Where a variable such as PYTHONWARNINGS asks for another start, there is one.

The Runtime API that hands out events listens on a port of its own. It serves its function alone: a web page that finds
the port is refused.
"""

import io
import os
import queue
import stat
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.lambda_ import layers
from local.lambda_.answers import limiting_answers
from local.lambda_.fork_server import ForkServer
from local.lambda_.interpreters import Interpreters, is_managed
from local.lambda_.memory import MemoryWatch, limiting_memory, report_peaks
from local.lambda_.output import reading_output
from local.seams import replace, seam

_INHERITED = ("LANG", "TZ", "HOME", "TMPDIR", "PYTHONHASHSEED", "SSL_CERT_FILE")

_PATIENCE_SECONDS = 10.0
_PATH = "/usr/local/bin:/usr/bin:/bin"


class ForkedEnvironment(dict[str, str]):
    """The variables of a function whose process is a fork, by which its start is told from those of other processes."""


def install(interpreters: Interpreters, endpoint: str) -> ForkServer:
    """Let MiniStack run functions by these programs, with `endpoint` for their AWS. Returns what forks them."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    if packages := interpreters.node_packages():
        # Node.js looks for packages in the folders above a function's, where AWS's runtime has its SDK too.
        (Path(tempfile.gettempdir()) / "node_modules").symlink_to(packages)
    forks = ForkServer(str(interpreters.forking))
    _start_by_forks(lambda_runtime, forks)
    _guard_runtime_api(lambda_runtime)
    _run_by_runtime_api(lambda_runtime, lambda_svc, interpreters)
    _give_own_variables(lambda_svc, interpreters, endpoint)
    return forks


def _start_by_forks(lambda_runtime: Any, forks: ForkServer) -> None:
    """Let a function's process be a fork where its environment says so."""
    popen = seam(lambda_runtime.subprocess, "Popen")

    def start(arguments: list[str], **options: Any) -> Any:
        environment = options.get("env")
        if isinstance(environment, ForkedEnvironment) and not needs_interpreter(environment, os.environ):
            return forks.start(options["cwd"], environment)
        return popen(arguments, **options)

    replace(lambda_runtime, "subprocess", SimpleNamespace(**vars(lambda_runtime.subprocess) | {"Popen": start}))


def _run_by_runtime_api(lambda_runtime: Any, lambda_svc: Any, interpreters: Interpreters) -> None:
    """Run functions of managed runtimes as those that bring their own: by the client of the Runtime API."""
    worker_class = _worker_class(lambda_runtime, interpreters)
    class_for = seam(lambda_runtime, "_worker_class_for")
    replace(
        lambda_runtime, "_worker_class_for", lambda config: worker_class if is_managed(config) else class_for(config)
    )
    by_runtime_api = seam(lambda_svc, "_execute_function_provided_warm")
    by_script = seam(lambda_svc, "_execute_function_warm")

    def execute_warm(func: dict, event: Any, request_id: str) -> dict:
        run = by_runtime_api if is_managed(func.get("config") or func) else by_script
        return run(func, event, request_id)

    replace(lambda_svc, "_execute_function_warm", execute_warm)


def _give_own_variables(lambda_svc: Any, interpreters: Interpreters, endpoint: str) -> None:
    """Give a function its own variables alone, and let a runtime that forks be seen by them."""
    environment_of = seam(lambda_svc, "_provided_worker_env")

    def worker_environment(config: dict, code_dir: str, port: int) -> dict[str, str]:
        variables = _function_variables(environment_of(config, code_dir, port), config, endpoint)
        return ForkedEnvironment(variables) if interpreters.forks(str(config.get("Runtime"))) else variables

    replace(lambda_svc, "_provided_worker_env", worker_environment)


def needs_interpreter(environment: Mapping[str, str], own: Mapping[str, str]) -> bool:
    """Whether a function has a variable that an interpreter heeds at its start alone: a fork comes too late for it.

    `own` are the variables of the server, which the process that forks was started with.

    >>> needs_interpreter({"PYTHONUTF8": "1"}, {}), needs_interpreter({"PYTHONPATH": "/opt/python"}, {})
    (True, False)
    """
    return any(
        name.startswith("PYTHON") and name != "PYTHONPATH" and own.get(name) != value
        for name, value in environment.items()
    )


def _function_variables(variables: dict[str, str], config: dict, endpoint: str) -> dict[str, str]:
    """Of MiniStack's environment what is the function's own; the rest is the server's, and AWS shows it to nobody."""
    configured = (config.get("Environment") or {}).get("Variables") or {}
    environment = {
        name: value for name, value in variables.items() if name in configured or name in _INHERITED or _is_lambda(name)
    }
    name, runtime = config.get("FunctionName", "unknown"), str(config.get("Runtime"))
    logging = config.get("LoggingConfig") or {}
    return (
        environment
        | {
            "PATH": configured.get("PATH") or _PATH,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            # AWS's host of StartSyncExecution has a name of its own; here there is one host.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{name}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
        }
        | layers.variables(runtime, layers.folders(config), {"PATH": _PATH} | configured)
    )


def _is_lambda(name: str) -> bool:
    return name.startswith(("AWS_LAMBDA_", "LAMBDA_")) or name in {
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "_HANDLER",
    }


class PatientEvents:
    """The events of a process, which an idle one waits for without looking ten times a second.

    A process that is ended has its events in another queue, so that what still waits here takes none of them.
    """

    def __init__(self, events: queue.Queue[Any]) -> None:
        self._events = events

    def get(self, timeout: float) -> Any:
        """The next event. Raises queue.Empty where none comes for a while."""
        return self._events.get(timeout=max(timeout, _PATIENCE_SECONDS))


def _guard_runtime_api(lambda_runtime: Any) -> None:
    """Let the Runtime API answer no request that names another host or comes from a page."""
    build = seam(seam(lambda_runtime, "ProvidedWorker"), "_build_handler_class")

    def guarded(worker: Any, generation: int, pending: Any) -> type:
        base = build(worker, generation, pending)

        class GuardedHandler(base):
            """Serves processes of this machine that ask for it by its address."""

            def parse_request(self) -> bool:
                if not super().parse_request():
                    return False
                host, port = self.server.server_address[:2]
                is_page = self.headers.get("Origin") is not None or self.headers.get("Sec-Fetch-Site") is not None
                if self.headers.get_all("Host") == [f"{host}:{port}"] and not is_page:
                    return True
                self.send_error(403)
                return False

        return GuardedHandler

    replace(lambda_runtime.ProvidedWorker, "_build_handler_class", guarded)


def _worker_class(lambda_runtime: Any, interpreters: Interpreters) -> type:
    base = seam(lambda_runtime, "ProvidedWorker")
    runtime_error: type[Exception] = seam(lambda_runtime, "ProvidedRuntimeError")
    init_timeout_error: type[Exception] = seam(lambda_runtime, "ProvidedInitTimeout")
    for name in ("_await_init", "_build_handler_class"):
        seam(base, name)

    watch = MemoryWatch()
    watch.start()
    report_peaks()
    limited = limiting_memory(limiting_answers(reading_output(base)), watch, runtime_error)

    class ManagedWorker(limited):
        """An execution environment whose bootstrap is the client of its runtime."""

        def __init__(self, func_name: str, config: dict, code_zip: bytes) -> None:
            super().__init__(func_name, config, with_bootstrap(code_zip, interpreters.bootstrap(config["Runtime"])))

        def _await_init(self, init_timeout: float | None = None) -> None:
            try:
                super()._await_init(init_timeout)
            except RuntimeError as fault:
                # The client reported why the module could not be loaded; AWS hands that on as the function's error.
                error = self._init_error
                if isinstance(error, dict):
                    kind = error.get("errorType", "Runtime.Unknown")
                    raise runtime_error(error.get("errorMessage", ""), kind) from None
                if isinstance(fault, init_timeout_error):
                    raise
                # It was ended before it could report anything, by a signal for instance.
                raise runtime_error(str(fault), "Runtime.ExitError") from None

        def _build_handler_class(self, generation: int, pending: Any) -> type:
            handler = super()._build_handler_class(generation, PatientEvents(pending))
            # Headers and body go out in two writes; with Nagle's algorithm the second waits 40 ms for an answer.
            handler.disable_nagle_algorithm = True
            return handler

    return ManagedWorker


def with_bootstrap(code_zip: bytes, script: str) -> bytes:
    """The deployment package with `script` added as its `bootstrap`."""
    package = io.BytesIO(code_zip)
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = (stat.S_IFREG | 0o755) << 16
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr(entry, script)
    return package.getvalue()


def stop_workers(forks: ForkServer) -> None:
    """End every function's process, and what forked them."""
    from ministack.core import lambda_runtime

    lambda_runtime.reset()
    forks.stop()
