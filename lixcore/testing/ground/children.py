"""Processes of their own that open the same place: for the rules about several processes, and about one that is killed.

The module of a child has a ``main`` that takes its task with `received`, opens the adapter with `opened`, and says with `tell`
what its parent waits for::

    def main() -> None:
        task = received()
        store = opened(task)
        ready()
        ...  # tell(fact) once the store has acknowledged something

The task goes through the child's standard input: options may hold a password, which a command line would show.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import attrs

from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.opening import open_adapter

LONGEST = 120.0
"""Seconds after which a child is killed, whatever it waits for."""

_READY = "ready"


def task_for(adapter: Any, options: Any, archive_dir: Path, **more: Any) -> dict[str, Any]:
    """What a child needs to know to open the same place, and whatever else it is told."""
    return {
        "module": adapter.__module__,
        "file": getattr(sys.modules[adapter.__module__], "__file__", None),
        "name": adapter.__qualname__,
        "options": attrs.asdict(options),
        "archive_dir": str(archive_dir),
        **more,
    }


@contextmanager
def child(module: str, task: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A process that runs the module and is ready; see `begin`. It is killed in the end, and after `LONGEST` at the latest."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment.pop("PYTHONHASHSEED", None)  # processes of an application order their sets in different ways
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-m", module], stdin=pipe, stdout=pipe, text=True, env=environment) as process:  # noqa: S603  # ours
        watch = Timer(LONGEST, process.kill)
        watch.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(task) + "\n")
            process.stdin.flush()
            said = process.stdout.readline()
            assert said == f"{_READY}\n", f"the process that opens the store a second time ended early; it said {said!r}"
            yield process
        finally:
            process.kill()
            watch.cancel()
            watch.join()


def begin(process: subprocess.Popen[str]) -> None:
    """Let a child that is ready do its task."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


# What follows is for the child itself.


def received() -> dict[str, Any]:
    """The task."""
    task: dict[str, Any] = json.loads(sys.stdin.readline())
    return task


def opened(task: dict[str, Any]) -> Any:
    """The adapter of the task, opened in its place, with a clock that stands at ``task["now"]`` (noon unless given)."""
    adapter: Any = _module(task["module"], task["file"])
    for name in task["name"].split("."):
        adapter = getattr(adapter, name)
    return open_adapter(
        adapter, adapter.Options(**task["options"]), SettableClock(task.get("now", NOON)), Path(task["archive_dir"])
    )


def ready() -> None:
    """Say so, and wait until all may begin."""
    tell(_READY)
    sys.stdin.readline()


def tell(fact: object) -> None:
    """Write a line to the parent."""
    sys.stdout.write(f"{fact}\n")
    sys.stdout.flush()


def _module(name: str, file: str | None) -> Any:
    """The adapter's module; one of a test that is on no import path is loaded from its file."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if file is None or not name.startswith(error.name or "?"):
            raise
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
