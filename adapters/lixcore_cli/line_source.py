"""Lines of a file or of standard input, plain or gzip, never more of them in memory than one bounded line."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lixcore.errors import InvalidLineError

STDIN: Final = "-"
MAX_LINE_BYTES: Final = 1024 * 1024 * 1024
"""How long a line may be. A message of 64 MiB takes six times as much where JSON escapes every character."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 256 * 1024
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class LineSource:
    """Numbered lines, as they arrive.

    Attributes:
        name: What errors call it.
        size: How many bytes there are to read, as stored; None when that is not known, as for a pipe.
    """

    def __init__(self, name: str, raw: Any, *, size: int | None, limit: int = MAX_LINE_BYTES) -> None:
        self.name = name
        self.size = size
        self._raw = _Counted(raw)
        self._limit = limit

    @property
    def consumed(self) -> int:
        """How many bytes were read so far, as stored."""
        return self._raw.consumed

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Each line's number, from 1, and its bytes without the line feed; None for one that is longer than the limit.

        A line that is too long is passed over as it comes, without being kept.

        Raises:
            InvalidLineError: It is gzip, and damaged or cut off; the line is the one that could not be read.
            OSError: It cannot be read.
        """
        number, pending, too_long = 1, bytearray(), False
        chunks = self._chunks()
        while True:
            try:
                chunk = next(chunks, b"")
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise InvalidLineError(self.name, number, "line", f"cannot be decompressed: {error}") from None
            if not chunk:
                break
            start = 0
            while (end := chunk.find(b"\n", start)) >= 0:
                too_long = too_long or len(pending) + end - start > self._limit
                yield number, None if too_long else bytes(pending) + chunk[start:end]
                number, too_long, start = number + 1, False, end + 1
                pending.clear()
            too_long = too_long or len(pending) + len(chunk) - start > self._limit
            if too_long:
                pending.clear()
            else:
                pending += chunk[start:]
        if pending or too_long:
            yield number, None if too_long else bytes(pending)

    def _chunks(self) -> Iterator[bytes]:
        # Unbuffered reads give what has arrived: a line from a pipe is not held back until more of them fill a buffer.
        source: Any = self._raw
        if self._raw.peek(len(_GZIP_MAGIC)) == _GZIP_MAGIC:
            source = gzip.GzipFile(fileobj=self._raw, mode="rb")
        elif self._raw.peek(len(_BYTE_ORDER_MARK)) == _BYTE_ORDER_MARK:
            self._raw.read(len(_BYTE_ORDER_MARK))
        read = source.read1 if source is not self._raw else source.read
        while chunk := read(_CHUNK):
            yield chunk


class _Counted(io.RawIOBase):
    """Counts what is read, and can look at the first bytes without taking them."""

    def __init__(self, raw: Any) -> None:
        self._inner = raw
        self._ahead = b""
        self.consumed = 0

    def peek(self, count: int) -> bytes:
        while len(self._ahead) < count and (more := self._inner.read(count - len(self._ahead))):
            self._ahead += more
        return self._ahead[:count]

    def read(self, size: int = -1) -> bytes:
        if self._ahead:
            taken, self._ahead = self._ahead[:size], self._ahead[size:] if size >= 0 else b""
        else:
            taken = self._inner.read(size) or b""
        self.consumed += len(taken)
        return taken


@contextmanager
def opened(name: str) -> Iterator[LineSource]:
    """Open a file, or standard input for ``-``.

    Raises:
        OSError: It cannot be opened.
    """
    if name == STDIN:
        stream = sys.stdin.buffer
        yield LineSource("standard input", getattr(stream, "raw", stream), size=None)
        return
    with Path(name).open("rb", buffering=0) as raw:
        size = os.fstat(raw.fileno()).st_size
        yield LineSource(name, raw, size=size or None)
