"""Archives in files that are wrong about what lasts and what is shared, in one way each."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from broken.case import broken
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.testing import ColdArchiveContract
from lixcore_huffman import HuffArchive
from lixcore_memory import MemoryArchive


class ArchiveThatSaysItLasts(MemoryArchive):
    """It was tried with one object that was never closed."""

    capabilities = frozenset({Capability.PERSISTENT})


class ArchiveThatForgetsDurability(HuffArchive):
    """Entries are gathered, because large blocks are smaller, and written when it is read or closed."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._late: list[tuple[SessionKey, Sequence[Entry]]] = []

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        self._late.append((session, list(entries)))

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        self._write()
        return super().read(session, last=last, after=after, before=before)

    def close(self) -> None:
        self._write()
        super().close()

    def _write(self) -> None:
        late, self._late = self._late, []
        self.append_many(late)


class ArchiveThatAppendsOneByOne(HuffArchive):
    """Each entry is a write of its own, and is told as soon as the first is there: the rest follows."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        known = self.__dict__.setdefault("left", [])
        super().append(session, [*known, *entries[:1]])
        known[:] = entries[1:]


class ArchiveThatCachesWhatItRead(HuffArchive):
    """What was read is kept until this object appends."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._kept: dict[SessionKey, Sequence[Entry]] = {}

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        self._kept.pop(session, None)
        super().append(session, entries)

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        if last is not None or after is not None or before is not None:
            return super().read(session, last=last, after=after, before=before)
        if session not in self._kept:
            self._kept[session] = super().read(session)
        return self._kept[session]


class ReturnsNothingOnError(HuffArchive):
    """A file that cannot be read has no entries; callers are spared the error."""

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        try:
            return super().read(session, last=last, after=after, before=before)
        except CorruptDataError:
            return []


class KeepsACopyOfWhatItForgets(HuffArchive):
    """Before anything is removed, the file is copied, in case somebody made a mistake."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        for path in Path(self._root).rglob("*.huff"):
            shutil.copy(path, path.with_suffix(".bak"))
        return super().forget(session, through=through)


class RaisesErrorsOfTheSystem(HuffArchive):
    """Whoever uses it knows that these are files."""

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> HuffArchive:  # type: ignore[override]  # for any subclass
        context.archive_dir.mkdir(parents=True, exist_ok=True)
        return super().open(options, context)


C = ColdArchiveContract
AFTER_A_KILL = "what-was-acknowledged-before-a-kill-is-there-once"
CASES = [
    broken(C, ArchiveThatSaysItLasts, "what-was-stored-is-there-after-a-reopening", right=HuffArchive),
    broken(C, ArchiveThatForgetsDurability, AFTER_A_KILL, "what-one-wrote-another-reads-at-once"),
    broken(C, ArchiveThatAppendsOneByOne, AFTER_A_KILL),
    broken(C, ArchiveThatCachesWhatItRead, "what-one-wrote-another-reads-at-once"),
    broken(C, ReturnsNothingOnError, "damaged-files-are-an-error-and-not-emptiness"),
    broken(C, KeepsACopyOfWhatItForgets, "what-is-forgotten-cannot-be-read-back-from-the-files"),
    broken(C, RaisesErrorsOfTheSystem, "a-place-that-cannot-be-used-is-an-error-of-the-store"),
]
