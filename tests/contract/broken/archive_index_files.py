"""Archive indexes in files that are wrong in what they leave there, and in what other processes see."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from secrets import token_hex
from typing import Any, ClassVar

import attrs

from broken.file_archive_index import FileArchiveIndex, State
from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.archive_index import IndexBatch
from lixcore.ports.options import option
from lixcore_memory import MemoryArchiveIndex


class MakesItsFileAtOnce(FileArchiveIndex):
    """Opening is when files are made."""

    @classmethod
    def open(cls, options: FileArchiveIndex.Options, context: AdapterContext) -> MakesItsFileAtOnce:
        made = super().open(options, context)
        made.clear()
        return made  # type: ignore[return-value]  # it is one of this class


class LeavesTheTextInItsFile(FileArchiveIndex):
    """It marks rows as deleted."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        gone = list(self.current()[0].values())
        removed = super().forget(session, through=through)
        with self.path.with_suffix(".deleted").open("a") as file:
            json.dump(gone, file)
        return removed


class LeavesTheKeyInItsFile(FileArchiveIndex):
    """Its marks are kept by the session's id."""

    def write(self, state: State) -> None:
        super().write(state)
        with self.path.with_suffix(".sessions").open("a") as file:
            json.dump([held["key"] for held in state.values()], file)


class SaysItStays(MemoryArchiveIndex):
    """It forgot to say that it is of this process only, and so it is tried as what stays."""

    capabilities: ClassVar[Collection[Capability]] = frozenset({Capability.PERSISTENT})

    @attrs.frozen
    class Options:
        path: str = option("index", "Not used.", place="path")


class LosesItsMarksWhenClosed(FileArchiveIndex):
    """What was forgotten is known to the process that forgot it."""

    def write(self, state: State) -> None:
        super().write(state)
        self.marks = {digest: held["forgotten"] for digest, held in state.items()}

    def close(self) -> None:
        if not self._closed and self.path.exists():
            with self.changing() as state:
                for held in state.values():
                    held["forgotten"] = ORIGIN
        super().close()


class LooksAtItsFileOnce(FileArchiveIndex):
    """It looks at its file once."""

    def version(self) -> tuple[int, int] | None:
        return self._read[0] or super().version()

    def write(self, state: State) -> None:
        self._read = (None, {}, MemoryArchiveIndex())
        super().write(state)


class AddsWithoutALock(FileArchiveIndex):
    """Reads, changes and writes back: what another process wrote in between is gone."""

    @contextmanager
    def changing(self) -> Iterator[State]:
        if self._closed:
            raise ClosedError("the archive index in a file")
        state: State = json.loads(json.dumps(self.current()[0]))
        yield state
        new = self.path.with_suffix(f".{token_hex(4)}")
        new.write_text(json.dumps(state))
        new.rename(self.path)


class WritesEachSessionAlone(FileArchiveIndex):
    """A file is renamed for each session: others see the first without the second."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        [list(batch.messages) for batch in batches]
        return sum(super(WritesEachSessionAlone, self).add([batch]) for batch in batches)


class MergesTheForgottenBackIn(FileArchiveIndex):
    """Merging starts from what was there, marks aside."""

    def merge(self) -> bool:
        with self.changing() as state:
            for held in state.values():
                held["forgotten"] = ORIGIN
        return True


CASES: list[tuple[Any, Sequence[str]]] = [
    (MakesItsFileAtOnce, ["opening-touches-nothing"]),
    (LeavesTheTextInItsFile, ["what-was-forgotten-is-gone-from-its-files"]),
    (LeavesTheKeyInItsFile, ["what-was-forgotten-is-gone-from-its-files"]),
    (SaysItStays, ["what-was-added-is-there-after-a-reopening"]),
    (LosesItsMarksWhenClosed, ["what-was-added-is-there-after-a-reopening"]),
    (LooksAtItsFileOnce, ["one-handle-sees-at-once-what-another-did"]),
    (AddsWithoutALock, ["threads-that-add-lose-and-double-nothing"]),
    (WritesEachSessionAlone, ["threads-that-search-see-whole-batches"]),
    (MergesTheForgottenBackIn, ["merging-changes-nothing-that-is-seen"]),
]
