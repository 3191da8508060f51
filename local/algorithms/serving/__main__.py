"""Serves a model as its container would: `python -m local.algorithms.serving ALGORITHM --model-dir DIR --listener FD`.

The first line of standard input is the token that requests must show. Standard input stays open after it: its end is
that of whoever started this process, which ends then too. Lines of the log go to standard output, as a container's do.
"""

import argparse
import logging
import os
import resource
import socket
import sys
import threading
from pathlib import Path

from local.algorithms.serving import models
from local.algorithms.serving.predictor import UnusableModelError
from local.algorithms.serving.server import Service, serve

_LOGGER = logging.getLogger("container")
# An artefact that asks for more than an instance has must fail here, and not take the whole machine's memory.
_MOST_MEMORY_BYTES = 4 * 1024**3


def main() -> int:
    """Serve until the process is ended; return the exit code where the model cannot be loaded."""
    parser = argparse.ArgumentParser(prog="serving", description=__doc__)
    parser.add_argument("algorithm", choices=sorted(models.MODULES))
    parser.add_argument("--model-dir", type=Path, required=True)
    parser.add_argument("--listener", type=int, required=True, help="file descriptor of a listening socket")
    arguments = parser.parse_args()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="[%(asctime)s] [%(levelname)s] %(message)s")
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    token = sys.stdin.readline().strip()
    threading.Thread(target=_end_with_standard_input, name="standard input", daemon=True).start()
    try:
        predictor = models.loader(arguments.algorithm)(arguments.model_dir)
    except UnusableModelError as error:
        _LOGGER.error("The model cannot be loaded: %s", error)
        return 1
    except MemoryError:
        _LOGGER.error("The model cannot be loaded: it takes more than %d bytes of memory", _MOST_MEMORY_BYTES)
        return 1
    _LOGGER.info("Loaded a model of %d features", predictor.feature_count)
    batch = os.environ.get("SAGEMAKER_BATCH", "").lower() == "true"
    serve(Service(predictor, token, batch), socket.socket(fileno=arguments.listener))
    return 0


def _end_with_standard_input() -> None:
    # Threads of requests that are under way hold nothing that would have to be put away.
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
