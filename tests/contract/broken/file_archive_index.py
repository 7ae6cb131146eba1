"""An archive index in a file, as simple as can be, and right: what the rules on files and processes are tried on.

The whole index is one JSON document. Who changes it holds a lock, writes a new file and renames it; readers look whether the file
is another one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.archive_index import (
    IndexBatch,
    IndexedMessage,
    IndexFilter,
    IndexHit,
    IndexProgress,
    IndexSize,
    Neighbours,
    WordCounts,
)
from lixcore.ports.options import option
from lixcore_memory import MemoryArchiveIndex
from lixcore_memory.indexed_session import IndexedSession

if TYPE_CHECKING:
    from numpy.typing import NDArray

State = dict[str, dict[str, Any]]
"""Sessions by digest: their key (none when no messages are left), messages by position, marks."""


class FileArchiveIndex:
    """Right in all, and slow."""

    capabilities: ClassVar[Collection[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED})

    @attrs.frozen
    class Options:
        path: str = option("index.json", "The file.", place="path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()
        self._closed = False
        self._read: tuple[tuple[int, int] | None, State, MemoryArchiveIndex] = (None, {}, MemoryArchiveIndex())

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> FileArchiveIndex:  # noqa: ARG003  # every adapter is opened alike
        return cls(Path(options.path))

    def add(self, batches: Sequence[IndexBatch]) -> int:
        taken = 0
        with self.changing() as state:
            for batch in batches:
                held = made(state, batch.session)
                for message in batch.messages:
                    if message.position > held["forgotten"] and str(message.position) not in held["messages"]:
                        held["key"] = [batch.session.id, batch.session.tenant]
                        held["messages"][str(message.position)] = record(message)
                        taken += 1
                if batch.lacks is not None:
                    held["lacks"] = batch.lacks
        return taken

    def forget(self, session: SessionKey, *, through: Position) -> int:
        with self.changing() as state:
            held = made(state, session)
            if through > held["forgotten"]:
                held["forgotten"], held["lacks"] = through, 0
            left = {at: each for at, each in held["messages"].items() if int(at) > through}
            removed = len(held["messages"]) - len(left)
            held["messages"] = left
            if not left:
                held["key"] = None
        return removed

    def clear(self) -> None:
        with self.changing() as state:
            state.clear()

    def merge(self) -> bool:
        with self.changing():
            return False

    def progress(self, sessions: Sequence[SessionKey]) -> Sequence[IndexProgress]:
        return self.current()[1].progress(sessions)

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return self.current()[1].search_text(query, k=k, where=where)

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return self.current()[1].search_vector(vector, k=k, where=where)

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        return self.current()[1].neighbours(places, reach=reach)

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        return self.current()[1].count_words(words, where=where)

    def measure(self) -> IndexSize:
        return self.current()[1].measure()

    def close(self) -> None:
        self._closed = True

    def current(self) -> tuple[State, MemoryArchiveIndex]:
        """What the file holds now."""
        if self._closed:
            raise ClosedError("the archive index in a file")
        with self._lock:
            version = self.version()
            if version != self._read[0]:
                text = self.path.read_text() if version else "{}"
                state: State = json.loads(text)
                self._read = (version, state, searchable(state))
            return self._read[1:]

    def version(self) -> tuple[int, int] | None:
        """What tells this file from every other one that was in its place; None where there is none."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    @contextmanager
    def changing(self) -> Iterator[State]:
        """The state, to be changed; written unless an error comes through."""
        if self._closed:
            raise ClosedError("the archive index in a file")
        with self._lock, self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            state: State = json.loads(json.dumps(self.current()[0]))
            yield state
            self.write(state)

    def write(self, state: State) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(state))
        previous = self.version()
        while previous and new.stat().st_mtime_ns <= previous[0]:  # clocks of file systems tick slowly
            os.utime(new, ns=(previous[0] + 1, previous[0] + 1))
        new.rename(self.path)


def made(state: State, session: SessionKey) -> dict[str, Any]:
    """A session of a state."""
    return state.setdefault(session.digest.hex(), {"key": None, "messages": {}, "forgotten": ORIGIN, "lacks": 0})


def record(message: IndexedMessage) -> list[Any]:
    """A message as JSON, which keeps every float to the last bit."""
    vector = None if message.embedding is None else message.embedding.tolist()
    return [message.timestamp, message.role, message.text, dict(message.fields), vector]


def searchable(state: State) -> MemoryArchiveIndex:
    """A state as an index in memory."""
    index = MemoryArchiveIndex()
    for digest, held in state.items():
        index._histories[bytes.fromhex(digest)] = IndexedSession(forgotten_through=held["forgotten"], lacks=held["lacks"])
        if held["key"] is not None:
            messages = [_message(int(at), kept) for at, kept in held["messages"].items()]
            index.add([IndexBatch(SessionKey(*held["key"]), messages)])
    return index


def _message(at: int, kept: list[Any]) -> IndexedMessage:
    said, role, text, fields, vector = kept
    embedding = None if vector is None else np.array(vector, dtype=np.float32)
    return IndexedMessage(position=Position(at), timestamp=said, role=role, text=text, fields=fields, embedding=embedding)
