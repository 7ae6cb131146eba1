"""``lix demo``: what lixcore does, seen on one conversation, without a server."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from lixcore_cli.common_options import JsonOption
from lixcore_cli.demo_acts import BATCH, WINDOW, Demo, conversation
from lixcore_cli.demo_reuse import ReuseActs
from lixcore_cli.demo_view import DemoView
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, file_problem, invoked
from lixcore_cli.output import Output


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
    with invoked(as_json=as_json) as run:
        started = time.perf_counter()
        with _home(directory) as home:
            acts, seen = _perform(home, DemoView(run.out), keep=directory is not None)
        seen["seconds"] = round(time.perf_counter() - started, 3)
        _conclude(run.out, acts, seen, directory)
        if not all(claim.holds for claim in acts.claims):
            raise typer.Exit(ExitCode.PARTLY)


def _perform(home: Path, view: DemoView, *, keep: bool) -> tuple[Demo, dict[str, Any]]:
    """Play all acts, showing each; returns what was claimed, and what was seen as plain values."""
    from lixcore.config import CacheConfig
    from lixcore.stack import Stack

    session_id, messages = conversation()
    view.begin(messages)
    config = CacheConfig.load(home / "lixcore.toml", environ={})
    # In the foreground, overflow happens at the same message every time.
    with Stack(config, background=False) as stack, tempfile.TemporaryDirectory(prefix="lix-codecs-") as codecs:
        acts = Demo(stack, session_id, messages)
        overflows = acts.play()
        view.overflows(overflows)
        window = acts.window()
        view.window(window)
        acts.evict()
        seconds = acts.come_back(window)
        view.come_back(len(window), seconds)
        reuse = ReuseActs(stack, session_id, acts.claim)
        lookups, reused = reuse.answers(), reuse.embeddings()
        view.reuse(lookups, reused)
        recalled = acts.recall()
        view.recall(recalled)
        as_lines, stored = acts.history()
        sizes = list(acts.sizes(Path(codecs)))
        view.sizes(as_lines, stored, sizes)
        removed = None if keep else acts.forget()
        view.removed(removed)
    return acts, {
        "session_id": session_id,
        "messages": len(messages),
        "overflows": [attrs.asdict(each) for each in overflows],
        "window": len(window),
        "return_seconds": round(seconds, 6),
        "lookups": [attrs.asdict(each) for each in lookups],
        "embeddings": attrs.asdict(reused),
        "recalled": attrs.asdict(recalled),
        "json_lines_bytes": as_lines,
        "stored_bytes": stored,
        "codecs": [attrs.asdict(each) for each in sizes],
        "forgotten": removed,
    }


def _conclude(out: Output, acts: Demo, seen: dict[str, Any], directory: Path | None) -> None:
    if out.as_json:
        out.document({**seen, "claims": [attrs.asdict(claim) for claim in acts.claims]})
    else:
        DemoView(out).conclude(acts.claims, seconds=seen["seconds"], session_id=seen["session_id"], directory=directory)


@contextmanager
def _home(directory: Path | None) -> Iterator[Path]:
    """A directory with a configuration in it: the given one, or one that is removed at the end."""
    if directory is None:
        with tempfile.TemporaryDirectory(prefix="lix-demo-") as temporary:
            _settle(Path(temporary))
            yield Path(temporary)
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise StopError(ExitCode.USAGE, f"{directory} is not empty; give --dir a new directory")
        _settle(directory)
    except OSError as error:
        raise file_problem(str(directory), error) from None
    yield directory


def _settle(directory: Path) -> None:
    home = directory.resolve()
    # TOML's basic strings are written as JSON writes strings.
    lines = [
        "# Made by `lix demo`: the embedded stack, which needs no server.",
        'hot_store = "sqlite"',
        'cold_archive = "huffman"',
        'codec = "huffman"',
        f"archive_dir = {json.dumps(str(home / 'conversations'))}",
        f"hot_window_size = {WINDOW}",
        f"spill_batch_size = {BATCH}",
        "",
        "[sqlite]",
        f"path = {json.dumps(str(home / 'hot.sqlite3'))}",
    ]
    (directory / "lixcore.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
