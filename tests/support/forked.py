"""Work in a forked child of the test's process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

HUNG = 99
PATIENCE = 30.0


def run_in_fork(work: Callable[[], object]) -> int:
    """The exit status of a forked child that does some work: 0, 1 when it raised, `HUNG` when it did not end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    ended = threading.Timer(PATIENCE, os.kill, (child, 9))
    ended.start()
    _, status = os.waitpid(child, 0)
    ended.cancel()
    return HUNG if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
