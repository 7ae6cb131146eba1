"""``lix demo``: what lixcore does, seen on one conversation, without a server."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from lixcore_cli.common_options import JsonOption
from lixcore_cli.demo_acts import BATCH, WINDOW, CodecSize, Demo, Overflow, conversation
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, file_problem, invoked
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import share, size

if TYPE_CHECKING:
    from lixcore.config import CacheConfig


def demo(
    *,
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Keep everything in this directory, which must be new or empty.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play a conversation through the embedded stack (SQLite and .huff files) and show what happens to it.

    Everything that is shown is checked. The exit code is 0 only when all of it holds.
    """
    with invoked(as_json=as_json) as run, _home(directory) as home:
        started = time.perf_counter()
        session_id, messages = conversation()
        view = DemoView(run.out)
        view.begin(messages)
        with _opened(home) as stack:
            acts = Demo(stack, session_id, messages)
            overflows = acts.play()
            view.overflows(overflows)
            window = acts.window()
            view.window(window)
            acts.evict()
            seconds = acts.come_back(window)
            view.return_(len(window), seconds)
            as_lines, stored = acts.history()
            with tempfile.TemporaryDirectory(prefix="lix-codecs-") as codecs:
                sizes = list(acts.sizes(Path(codecs)))
            view.sizes(as_lines, stored, sizes)
            removed = acts.forget() if directory is None else None
        ...
