"""Files of parts that are changed while they are mapped, which nothing of lixcore does: told before they are used again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexed_messages import SESSIONS, put, seen, usual
from lixcore.errors import CorruptDataError
from lixcore_duckdb import DuckdbArchiveIndex

CHILD = """
import os, sys
from pathlib import Path
from indexed_messages import SESSIONS, put, seen, usual
from lixcore.domain.words import PlainAnalyzer
from lixcore.errors import CorruptDataError
from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions

index = DuckdbArchiveIndex(DuckdbOptions(path=sys.argv[1]), PlainAnalyzer())
put(index, SESSIONS[0], *(usual(at) for at in range(1, 3000)))
seen(index)
os.truncate(next(Path(sys.argv[1]).rglob(f"*.{sys.argv[2]}")), 0)
try:
    seen(index)
except CorruptDataError as error:
    print(error.reason)
"""


@pytest.mark.parametrize("kind", ["rows", "words", "2"])
def test_a_file_that_was_cut_kills_nobody(place: Path, kind: str) -> None:
    ended = subprocess.run(  # noqa: S603  # ours
        [sys.executable, "-c", CHILD, str(place), kind],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert (ended.returncode, ended.stdout[:19]) == (0, "has 0 bytes instead"), ended.stderr


@pytest.mark.parametrize("kind", ["rows", "words", "2"])
def test_a_file_that_was_overwritten_is_no_wrong_answer(index: DuckdbArchiveIndex, place: Path, kind: str) -> None:
    put(index, SESSIONS[0], *(usual(at) for at in range(1, 40)))
    seen(index)
    path = next(place.rglob(f"*.{kind}"))
    facts = path.stat()
    held = path.read_bytes()
    with path.open("r+b") as file:
        file.write(bytes(byte ^ 1 for byte in held))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1_000_000_000))  # clocks of file systems are coarse
    with pytest.raises(CorruptDataError, match="does not hold what was written"):
        seen(index)


def test_a_file_that_was_copied_back_is_as_good_as_before(index: DuckdbArchiveIndex, place: Path) -> None:
    put(index, SESSIONS[0], *(usual(at) for at in range(1, 40)))
    before = seen(index)
    path = next(place.rglob("*.words"))
    held = path.read_bytes()
    path.unlink()
    assert seen(index) == before, "what is mapped stays"
    path.write_bytes(held)
    assert seen(index) == before
