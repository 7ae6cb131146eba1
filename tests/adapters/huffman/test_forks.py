"""Children that are forked while the parent writes: they have copies of its lock, which must not outlive its use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore_huffman import HuffArchive

SESSION = SessionKey("shared")
# A codec is at work when the lock is held, so it stands for any other thread of the parent that forks at that moment.
FORKING_WRITER = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import conftest
from pathlib import Path
from lixcore.domain.session import SessionKey

archive = conftest._make_archive(Path(sys.argv[1]))
parent_dies = sys.argv[2] == "killed"
told, tell = os.pipe()

def forking(data, encode=conftest.LiteralsCodec.encode):
    del conftest.LiteralsCodec.encode  # once
    conftest.LiteralsCodec.encode = encode
    if os.fork() == 0:
        os.write(tell, b"!")
        os.close(1)
        os.read(0, 1)  # lives until the test lets it go
        os._exit(0)
    os.read(told, 1)
    if parent_dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return encode(conftest.LiteralsCodec(), data)

conftest.LiteralsCodec.encode = lambda self, data: forking(data)
archive.append(SessionKey("shared"), conftest._numbered(1, size=2000))
"""


@pytest.mark.parametrize("parent", ["returns", "killed"])
def test_a_child_forked_during_a_write_keeps_nobody_from_writing(
    archive: HuffArchive, tmp_path: Path, numbered: Callable[..., list[Entry]], parent: str
) -> None:
    """Where the parent is killed, its write is lost with it; otherwise it is there. In neither case does the next one wait."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", FORKING_WRITER, str(tmp_path / "archive"), parent]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as writer:  # noqa: S603  # ours
        assert writer.wait(60) == (0 if parent == "returns" else -9)
        archive.append(SESSION, numbered(2))  # with the lock still held, this waits for ever
        assert list(archive.read(SESSION)) == [*(numbered(1, size=2000) if parent == "returns" else []), *numbered(2)]
        assert writer.stdin is not None
        writer.stdin.close()
