"""Hot stores in files that are wrong about what lasts and what is shared, in one way each."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import attrs

from broken.case import broken
from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.hot_store import Appended
from lixcore.ports.options import option
from lixcore.testing import HotStoreContract
from lixcore_memory import MemoryHotStore
from lixcore_sqlite import SqliteHotStore


@attrs.frozen
class FileOptions:
    """Where a store that writes one file keeps it."""

    path: str = option("./hot.bin", "The file.", place="path")


class SaysThatItLasts(MemoryHotStore):
    """It was tried with one process that never ended."""

    Options: ClassVar[type[Any]] = FileOptions
    capabilities = frozenset({Capability.PERSISTENT})


class ForgetsDurability(SqliteHotStore):
    """Appends are gathered in memory, where they are fast, and written when there are a hundred, or it is closed."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._late: list[Any] = []

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        if not self._late:
            self._late.append(self._database.writing(durable=True))
            self._late[0].__enter__()
        return super().append(session, timestamp, payload)

    def close(self) -> None:
        for late in self._late:
            late.__exit__(None, None, None)
        self._late.clear()
        super().close()


class KeepsLeasesInItsObject(SqliteHotStore):
    """A lease is a dict with a lock around it, which is fine within one process."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._leases = MemoryHotStore(self._clock)

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        return self._leases.lease(name, holder=holder, seconds=seconds)

    def end_lease(self, name: str, *, holder: str) -> None:
        self._leases.end_lease(name, holder=holder)


class CachesWhatItRead(SqliteHotStore):
    """What was read is kept until this object appends."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._kept: dict[SessionKey, Sequence[Entry] | None] = {}

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        self._kept.pop(session, None)
        return super().append(session, timestamp, payload)

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        found = self._kept[session] if session in self._kept else super().read(session)
        self._kept[session] = found
        return found if found is None or last is None else found[max(len(found) - last, 0) :]


class StartsAnewWhenItIsDamaged(SqliteHotStore):
    """A file that cannot be read is in the way of a new one."""

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> SqliteHotStore:
        try:
            return super().open(options, context)
        except CorruptDataError:
            for path in Path(options.path).parent.iterdir():
                path.unlink()
            return super().open(options, context)


class SaysAbsentOnError(SqliteHotStore):
    """What cannot be read is not there; callers are spared the error."""

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> SqliteHotStore:
        return cls(options, context.clock)

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        try:
            return super().read(session, last=last)
        except StoreError:
            return None


class RaisesErrorsOfItsDriver(SqliteHotStore):
    """Whoever uses it knows that it is SQLite."""

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> SqliteHotStore:
        sqlite3.connect(options.path).execute("PRAGMA user_version").close()
        return super().open(options, context)


C = HotStoreContract
AFTER_A_KILL = "what-was-acknowledged-before-a-kill-is-there-when-it-is-opened-again"
CASES = [
    broken(C, SaysThatItLasts, "what-was-acknowledged-is-there-after-a-reopening", AFTER_A_KILL, right=SqliteHotStore),
    broken(C, ForgetsDurability, AFTER_A_KILL),
    broken(C, KeepsLeasesInItsObject, "a-lease-outlives-its-holders-object"),
    broken(C, CachesWhatItRead, "what-was-appended-is-read-by-all-at-once"),
    broken(C, StartsAnewWhenItIsDamaged, "damaged-files-are-an-error-and-not-emptiness"),
    broken(C, SaysAbsentOnError, "damaged-files-are-an-error-and-not-emptiness"),
    broken(C, RaisesErrorsOfItsDriver, "a-place-that-cannot-be-used-is-an-error-of-the-store"),
]
