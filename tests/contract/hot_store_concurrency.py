"""Names of `lixcore.testing` for the contracts that have not moved there yet, and children that are started as scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lixcore.testing.ground.children import begin, task_for
from lixcore.testing.ground.threads import at_once

__all__ = ["at_once", "begin", "place", "started"]


def place(adapter: Any, options: Any, directory: Path) -> dict[str, Any]:
    """What a child process needs to know to open the same store."""
    return task_for(adapter, options, directory / "archive")


@contextmanager
def started(script: Path, task: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that says it is ready; it is killed in the end."""
    command = [sys.executable, str(script), json.dumps(task)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:  # noqa: S603  # ours
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
