"""How far a catch-up of the archive index has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lixcore_cli.output import Output
from lixcore_cli.quantities import counted

if TYPE_CHECKING:
    from lixcore.services.searching.catch_up import CaughtUp


@contextmanager
def index_progress(out: Output) -> Iterator[Callable[[CaughtUp], None]]:
    """Counts, for people who watch a terminal; nothing otherwise. What is yielded is called now and then."""
    if out.as_json or not out.errors.is_terminal:
        yield lambda _done: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=out.errors, transient=True) as bars:
        task = bars.add_task("indexing", total=None)

        def advance(done: CaughtUp) -> None:
            seen = counted(done.seen, "session")
            bars.update(task, description=f"{seen} looked at, {counted(done.messages, 'message')} indexed")

        yield advance
