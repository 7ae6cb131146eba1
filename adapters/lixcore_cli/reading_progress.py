"""A bar of how much of a file was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lixcore_cli.line_source import LineSource
from lixcore_cli.output import Output


@contextmanager
def reading_progress(out: Output) -> Iterator[Callable[[LineSource], None]]:
    """A bar of the bytes read, for people who watch a terminal; nothing otherwise. What is yielded is called now and then."""
    if out.as_json or not out.errors.is_terminal:
        yield lambda _source: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out.errors, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(source: LineSource) -> None:
            if source.name not in tasks:
                tasks[source.name] = bars.add_task(source.name, total=source.size)
            bars.update(tasks[source.name], completed=source.consumed)

        yield advance
