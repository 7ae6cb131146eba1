"""Archives: appending to and reading the end of histories from short to long."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive
from tests.benchmarks.adapters import open_adapter
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.predecessor import MISSING, predecessor
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

HISTORIES = (10, 100, 10_000, 100_000)
_BASELINE = 100
_AT_ONCE = 20
_FILL = 2000
_ROUNDS = 15  # a history grows by 20 with each round, so short ones are made anew for each
_PREDECESSOR_TO = 100  # it decodes and encodes everything each time: 3 s with 370 messages
_SHORT = 1000


def archive(settings: Settings) -> list[Table]:
    """Append 20, read the last 20 and describe, with 10 to 100,000 messages archived."""
    return [_measured(settings, name) for name in settings.archives]


def _measured(settings: Settings, name: str) -> Table:
    table = Table(
        f"archive {name}: 20 messages at the end of a history",
        (
            "archived",
            "append 20 p50 ms",
            "x 100 archived",
            "x write+fsync",
            "read last 20 p50 us",
            "x 100 archived",
            "describe p50 us",
        ),
        notes=[settings.corpus.origin, f"files in {settings.directory}"],
    )
    try:
        opened: ColdArchive = open_adapter("cold_archive", name, directory=settings.directory / name)
    except LookupError as error:
        table.notes.append(f"not measured: {error}")
        return table
    payloads = settings.corpus.records(5000)
    sizes = [size for size in HISTORIES if size <= settings.largest]
    appends: dict[str, Callable[[], object]] = {"raw": raw_write(settings.directory / "raw", b"".join(payloads[:_AT_ONCE]))}
    reads: dict[str, Callable[[], object]] = {}
    describes: dict[str, Callable[[], object]] = {}
    for size in sizes:
        sessions = [SessionKey(f"{size}-{number}") for number in range(_ROUNDS + 1 if size <= _SHORT else 1)]
        for session in sessions:
            fill(opened, session, size, payloads)
        appends[str(size)] = partial(_append, opened, _forever(sessions), _positions(size), payloads)
        reads[str(size)] = partial(opened.read, sessions[0], last=_AT_ONCE)
        describes[str(size)] = partial(opened.describe, sessions[0])
    read = interleaved(reads, seconds=settings.seconds)
    described = interleaved(describes, seconds=settings.seconds / 2)
    appended = interleaved(appends, seconds=60, one_call_a_sample=True, rounds=_ROUNDS)
    opened.close()
    for size in sizes:
        _add_row(table, str(size), appended, read, described)
    _add_predecessor(table, settings)
    return table


def _add_row(table: Table, size: str, appended: dict[str, Timing], read: dict[str, Timing], described: dict[str, Timing]) -> None:
    base = str(_BASELINE)
    table.add(
        f"{int(size):,}",
        1e3 * appended[size].p50,
        appended[size].ratio_to(appended[base]) if base in appended else None,
        appended[size].ratio_to(appended["raw"]),
        1e6 * read[size].p50,
        read[size].ratio_to(read[base]) if base in read else None,
        1e6 * described[size].p50,
    )


def _add_predecessor(table: Table, settings: Settings) -> None:
    their_archive = predecessor("conversation_archive", "ConversationArchive")
    if their_archive is None:
        table.notes.append(MISSING)
        return
    theirs = their_archive(str(settings.directory / "predecessor"), 14)
    messages = [message for session in settings.corpus.sessions[:100] for message in session]
    for size in (size for size in HISTORIES if size <= _PREDECESSOR_TO):
        theirs.append_turns(str(size), messages[:size])
        read = interleaved({"read": partial(theirs.load_recent, str(size), _AT_ONCE)}, seconds=1)["read"]
        for number in range(_ROUNDS + 1):
            theirs.append_turns(f"{size}-{number}", messages[:size])
        sessions = (f"{size}-{number}" for number in count())
        append = interleaved(
            {"append": partial(_append_theirs, theirs, sessions, messages[:_AT_ONCE])},
            seconds=5,
            one_call_a_sample=True,
            rounds=_ROUNDS,
        )["append"]
        table.add(f"predecessor, {size:,}", 1e3 * append.p50, None, None, 1e6 * read.p50, None, None)
    table.notes.append("the predecessor does not wait for the medium (no fsync)")


def _entries(first: int, payloads: Sequence[bytes], many: int) -> list[Entry]:
    # Positions as a hot store gives them, ten seconds apart.
    start = 1_750_000_000_000
    return [
        Entry(Position((start + 10_000 * at) << 20), start / 1000 + 10.0 * at, payloads[at % len(payloads)])
        for at in range(first, first + many)
    ]


def fill(opened: ColdArchive, session: SessionKey, size: int, payloads: Sequence[bytes]) -> None:
    """Give a session a history of so many messages, of last year."""
    for first in range(0, size, _FILL):
        opened.append(session, _entries(first, payloads, min(_FILL, size - first)))


def _append_theirs(theirs: Any, sessions: Iterator[str], messages: list[dict[str, Any]]) -> None:
    theirs.append_turns(next(sessions), messages)


def _forever(sessions: Sequence[SessionKey]) -> Iterator[SessionKey]:
    while True:
        yield from sessions


def _positions(size: int) -> Iterator[int]:
    return count(size, _AT_ONCE)


def _append(opened: ColdArchive, sessions: Iterator[SessionKey], firsts: Iterator[int], payloads: Sequence[bytes]) -> None:
    opened.append(next(sessions), _entries(next(firsts), payloads, _AT_ONCE))


def raw_write(path: Path, data: bytes) -> Callable[[], Any]:
    """Adding ``data`` to a file, and waiting for the medium."""

    def write() -> None:
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    return write
