"""Where exported lines go: standard output, or a file that appears under its name when everything is in it."""

from __future__ import annotations

import json
import os
import secrets
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, file_problem

STDOUT: Final = "-"
_GZIP_WINDOW: Final = 31  # zlib's parameter for a gzip header and trailer around deflate


@contextmanager
def opened_for_lines(name: str, *, compressed: bool) -> Iterator[Callable[[bytes], None]]:
    """Give the function that writes a line. What is written is complete only when the context ends without an error.

    Raises:
        StopError: It cannot be written.
    """
    if name == STDOUT:
        if compressed and sys.stdout.isatty():
            raise StopError(ExitCode.USAGE, "compressed data is not for a terminal; add -o FILE, or a pipe")
        with _writer(sys.stdout.buffer, compressed=compressed) as write:
            yield (lambda line: write(_for_terminal(line))) if sys.stdout.isatty() else write
        sys.stdout.buffer.flush()
        return
    try:
        with appearing(Path(os.path.realpath(name))) as file, _writer(file, compressed=compressed) as write:
            yield write
    except OSError as error:
        raise file_problem(name, error) from None


@contextmanager
def appearing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that gets its name when the context ends without an error; otherwise nothing of it stays."""
    if path.exists() and not path.is_file():  # a device or a pipe is written to, not replaced
        with path.open("wb") as file:
            yield file
        return
    partial = path.with_name(f".{path.name[:64]}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def _writer(file: IO[bytes], *, compressed: bool) -> Iterator[Callable[[bytes], None]]:
    if not compressed:
        yield lambda line: _write(file, line)
        return
    # Not gzip.GzipFile: when it is dropped after an error, it ends the stream as if everything were in it.
    packer = zlib.compressobj(level=6, wbits=_GZIP_WINDOW)
    yield lambda line: _write(file, packer.compress(line))
    _write(file, packer.flush())


def _write(file: IO[bytes], data: bytes) -> None:
    file.write(data)


def _for_terminal(line: bytes) -> bytes:
    # ASCII: control characters beyond those that JSON escapes anyway would otherwise reach the terminal.
    return json.dumps(json.loads(line)).encode() + b"\n"
