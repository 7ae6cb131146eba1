"""Many processes on one directory, and processes that are killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore_huffman import HuffArchive

Numbered = Callable[..., list[Entry]]
SESSION = SessionKey("shared")
BEGINNING = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import conftest
from pathlib import Path
from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
archive = conftest._make_archive(Path(sys.argv[1]), sync=False, block_bytes=4096)
session = SessionKey("shared")
first, step = int(sys.argv[2]), int(sys.argv[3])
"""
WRITER = """
for start in range(first, 600, step):
    archive.append(session, conftest._numbered(start, start + 1))
    if start % 9 == 0:
        archive.compact(session)
"""
ENDLESS_WRITER = """
print("ready", flush=True)
start = first
while True:
    archive.append(session, conftest._numbered(*range(start, start + 7), size=200))
    print(start + 6, flush=True)
    if start % 5 == 0:
        archive.compact(session)
    start += 7
"""


def started(program: str, root: Path, first: int, step: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # ours
        [sys.executable, "-c", BEGINNING + program, str(root), str(first), str(step)], stdout=subprocess.PIPE, text=True
    )


def test_three_processes_append_and_merge_at_once_while_others_read(
    archive: HuffArchive, tmp_path: Path, numbered: Numbered
) -> None:
    """Their ranges interleave and overlap by one; readers see whole states only."""
    writers = [started(WRITER, tmp_path / "archive", first, 4) for first in (1, 2, 3)]
    while any(writer.poll() is None for writer in writers):
        entries = list(archive.read(SESSION))
        assert entries == numbered(*(entry.position for entry in entries))
        newest = list(archive.read(SESSION, last=5))
        assert newest == numbered(*(entry.position for entry in newest))
        info = archive.describe(SESSION)
        assert info is None or info.messages >= len(entries)
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
    starts = [start for first in (1, 2, 3) for start in range(first, 600, 4)]
    expected = sorted({position for start in starts for position in (start, start + 1)})
    assert list(archive.read(SESSION)) == numbered(*expected)


def test_threads_exclude_each_other_too(archive: HuffArchive, numbered: Numbered) -> None:
    def write(first: int) -> None:
        for number in range(first, 200, 4):
            archive.append(SESSION, numbered(number))

    threads = [threading.Thread(target=write, args=(first,)) for first in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(archive.read(SESSION)) == numbered(*range(1, 200))


@pytest.mark.share(2)
@pytest.mark.parametrize("seed", range(3))
def test_a_writer_that_is_killed_loses_nothing_that_it_acknowledged(
    archive: HuffArchive, tmp_path: Path, numbered: Numbered, seed: int
) -> None:
    """Killed at random instants; what it had printed is held, and the file reads as before or after the write."""
    chance = random.Random(seed)
    acknowledged = 0
    for _ in range(4):
        writer = started(ENDLESS_WRITER, tmp_path / "archive", acknowledged + 1)
        assert writer.stdout is not None
        for _ in range(chance.randrange(1, 40)):
            writer.stdout.readline()
        for _ in range(chance.randrange(200_000)):
            pass  # a random instant inside the next write
        writer.send_signal(signal.SIGKILL)
        printed = writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        entries = list(archive.read(SESSION))
        assert entries == numbered(*range(1, len(entries) + 1), size=200)
        if printed:
            assert len(entries) >= int(printed[-1])
        acknowledged = len(entries)
    archive.append(SESSION, numbered(acknowledged + 1, size=200))
    assert list(archive.read(SESSION)) == numbered(*range(1, acknowledged + 2), size=200)
    assert archive.read(SESSION, last=1)[0].position == Position(acknowledged + 1)
