"""The variables of a container's process: those of the request, and what the process needs to run here.

On AWS a container is a machine of its own, and may be told anything. Here it is a process of the user's. A variable
that the dynamic loader, the interpreter or a library takes instructions from could have it run code of whoever may
create models or jobs. So the request sets none of these; a container's program sees all others of the request.
"""

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path

from local.iam import process_environment

_ROOT = Path(__file__).resolve().parents[2]
"""The root from which `local` is imported."""

_STEERING = re.compile(
    # The loader and the C library: `LD_PRELOAD`, `GLIBC_TUNABLES`, converters of character sets, catalogues, resolvers.
    r"(LD|DYLD|GLIBC|GCONV|MALLOC|NLS|RES|RESOLV)_.*|LOCPATH|NLSPATH|GETCONF_DIR|HOSTALIASES|LOCALDOMAIN|TZDIR"
    # The interpreter, and a shell.
    r"|_*PYTHON.*|__PYVENV.*|VIRTUAL_ENV|BASH.*|ENV|SHELL|IFS|CDPATH|PS4|PROMPT_COMMAND"
    # Libraries that load others by name, or write where they are told to: OpenMP's tools, BLAS, OpenSSL's engines.
    r"|(OMP|GOMP|KMP|LIBOMP|OPENBLAS|GOTO|MKL|BLIS|VECLIB|NUMEXPR|NPY|NUMPY|FAISS|XGBOOST|DMLC|MXNET|PS|NCCL)_.*"
    r"|(CUDA|NVIDIA|NV|OPENCV|OPENCL|OCL)_.*|OPENSSL.*|SSL.*|P11_.*|(HTTPS?|ALL|NO|FTP)_PROXY"
    # Where the process is at home, and what it runs by name.
    r"|PATH|HOME|USERPROFILE|TMPDIR|TMP|TEMP|XDG_.*",
    re.IGNORECASE,
)


def is_steering(name: str) -> bool:
    """Whether a variable steers the process itself, and not the program that a container has.

    >>> [name for name in ("LD_PRELOAD", "PYTHONSTARTUP", "PATH", "SAGEMAKER_BATCH", "COLOUR") if is_steering(name)]
    ['LD_PRELOAD', 'PYTHONSTARTUP', 'PATH']
    """
    return _STEERING.fullmatch(name) is not None


def process_variables(requested: Mapping[str, str], region: str, home: Path) -> dict[str, str]:
    """All variables of a process whose home, and place for temporary files, is the folder `home`.

    Raises OSError for a value with a NUL character, which no process can have.
    """
    for name, value in requested.items():
        if "\0" in value:
            raise OSError(errno.EINVAL, f"the variable {name} has a NUL character")
    return {
        **{name: value for name, value in requested.items() if not is_steering(name)},
        **process_environment.inherited(os.environ),
        "HOME": str(home),
        "TMPDIR": str(home),
        "AWS_REGION": region,
        "PYTHONPATH": str(_ROOT),
        "PYTHONUNBUFFERED": "1",
        # Packages of the user's own are none of an image's.
        "PYTHONNOUSERSITE": "1",
        # One thread adds up in one order: the same data give the same model, to the bit. And a row takes no time;
        # threads that wait for each other would.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
