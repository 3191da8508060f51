"""Ends the processes of functions that nobody has called for a while, as Lambda ends its execution environments.

MiniStack keeps the first process of each version for good: after a few stacks, hundreds of them with 40 MB each. AWS
does not say after how long it ends one, and a function must not rely on either.
"""

import time
from typing import Any

from local.seams import replace_everywhere, seam

IDLE_SECONDS = 120.0


def install() -> None:
    """Let MiniStack's reaper, which looks twice a minute, end all that are idle."""
    from ministack.core import lambda_runtime

    for name in ("_lock", "_workers", "kill_workers"):
        seam(lambda_runtime, name)

    def reap_idle_workers(ttl: float | None = None) -> int:
        with lambda_runtime._lock:
            idle = take_idle(lambda_runtime._workers, time.time() - (IDLE_SECONDS if ttl is None else ttl))
        lambda_runtime.kill_workers(idle)
        return len(idle)

    replace_everywhere(lambda_runtime, "reap_idle_workers", reap_idle_workers)


def take_idle(workers: dict[Any, list[Any]], since: float) -> list[Any]:
    """Take out of the pools, and return, the workers that are not in use and were not called since (Unix time)."""
    idle: list[Any] = []
    for key, pool in list(workers.items()):
        idle += [worker for worker in pool if not worker.in_use and worker.last_used <= since]
        busy = [worker for worker in pool if worker not in idle]
        if busy:
            workers[key] = busy
        else:
            del workers[key]
    return idle
