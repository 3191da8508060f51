"""Spares the server an import of EC2, of which Step Functions needs nothing.

moto's interpreter takes one enumeration from `moto.batch.utils`. The package around it imports moto's EC2, which reads
the regions, zones and instance types of all services: half of the CPU of a server's start.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec

from local.seams import MissingSeamError, seam

_PACKAGE = "moto.batch"
_STATES = "moto.batch.utils"


def import_alone() -> None:
    """Import the states of Batch's jobs without the rest of Batch, before the interpreter asks for them.

    Whoever imports Batch afterwards gets all of it.
    """
    if _STATES in sys.modules:
        return
    spec = find_spec(_PACKAGE)
    if spec is None:
        raise MissingSeamError(f"There is no {_PACKAGE}: is moto another version than requirements/dev.txt pins?")
    # Never executed: it leads to its modules.
    sys.modules[_PACKAGE] = module_from_spec(spec)
    try:
        seam(import_module(_STATES), "JobStatus")
    finally:
        del sys.modules[_PACKAGE]
