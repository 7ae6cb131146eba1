"""The similarity index with USearch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from lixcore.domain.freshness import is_live
from lixcore.domain.scope import Scope, session_owner, tenant_owner
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.similarity_index import IndexEntry, Match
from lixcore_usearch import rows
from lixcore_usearch.directory import Directory
from lixcore_usearch.options import UsearchOptions
from lixcore_usearch.purging import Purged, forget_orphans, purge
from lixcore_usearch.room import Room, graph_path
from lixcore_usearch.room_shelf import RoomShelf
from lixcore_usearch.searching import Query, most_similar, similarities
from lixcore_usearch.usearch_module import usearch_index_class

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PURGED_AT_ONCE: Final = 64
_TAKEN_IN_BY_ADD: Final = 256
_TAKEN_IN_BY_SEARCH: Final = 1000
_ALL: Final = -1


class UsearchSimilarityIndex:
    """`lixcore.ports.similarity_index.SimilarityIndex` for scopes of very many vectors, for the threads of one process.

    Everything is in one SQLite file, and what was added stays there when the process is killed. Of scopes with many entries there
    are graphs besides, which propose candidates: similarities are exact, but of the most similar entries a few may be missed.

    The first index of a directory that is used has it until it is closed.

    Args:
        options: Its options.
        clock: Tells what is live.
    """

    Options: ClassVar[type[Any]] = UsearchOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT})

    def __init__(self, options: UsearchOptions, clock: Clock) -> None:
        usearch_index_class()
        self._options = options
        self._clock = clock
        self._directory = Directory(options.path)
        self._rooms = RoomShelf(options.memory_mb << 20)
        self._era = -1

    @classmethod
    def open(cls, options: UsearchOptions, context: AdapterContext) -> UsearchSimilarityIndex:
        """Touch nothing: the first call that needs the directory takes its lock and opens it, or makes it.

        What is wrong with it is an error of the calls, until that is put right; that another process has it, or another index of
        this one, is a `StoreBusyError` of each.

        Raises:
            MissingExtraError: USearch is not installed.
        """
        return cls(options, context.clock)

    @staticmethod
    def check_driver() -> None:
        """See `lixcore.ports.adapter.ChecksDriver`."""
        usearch_index_class()

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        """See the port."""
        import numpy as np

        dimension = int(entry.vector.size)
        with self._turn() as sql:
            now = self._clock.now()
            room = self._room(sql, scope.digest)
            leaving = np.empty(0, dtype=np.int64)
            if room is not None:
                live = room.roster.live(now)
                if live.any():
                    _check_dimension(dimension, room)
                leaves = ~live
                leaves[np.flatnonzero(live)[: max(int(live.sum()) - capacity + 1, 0)]] = True
                leaving = room.roster.numbers[leaves]
            new = rows.NewEntry(
                added=now,
                expires=now + ttl,
                label=entry.label,
                source=scope.source,
                vector=entry.vector.astype("<f4").tobytes(),
                payload=entry.payload,
            )
            with self._directory.transaction(sql):
                rows.delete(sql, leaving.tolist())
                place = rows.make_scope(sql, scope, dimension) if room is None else room.number
                if room is not None and room.dimension != dimension:
                    rows.set_dimension(sql, place, dimension)
                number = rows.insert(sql, place, new)
                purged = purge(sql, now, limit=_PURGED_AT_ONCE)
            self._take_out(purged)
            if room is None:
                return
            if room.dimension != dimension:
                room.drop_graph()
                self._rooms.drop(scope.digest)
                return
            room.removed(leaving)
            room.added(number, added=now, expires=new.expires)
            room.catch_up(sql, most=_TAKEN_IN_BY_ADD)
            self._rooms.put(scope.digest, room)

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        """See the port. Of entries that only the graph can propose, a few may be missed."""
        with self._turn() as sql:
            room = self._room(sql, scope.digest)
            if room is None:
                return []
            live = room.roster.live(self._clock.now())
            if not live.any():
                return []
            same = self._labelled(sql, room, label, live)[:k] if label else []
            found = [(1.0, number) for number in same]
            if vector is not None:
                _check_dimension(int(vector.size), room)
                room.catch_up(sql, most=_TAKEN_IN_BY_SEARCH)
                found = similarities(sql, room, vector, same)
                if len(same) < k:
                    query = Query(vector, k=k - len(same), at_least=at_least, without=frozenset(same))
                    found += most_similar(sql, room, query, live)
                self._rooms.put(scope.digest, room)
            kept = rows.payloads(sql, self._directory.where, sorted(number for _, number in found))
        return [
            Match(similarity=similarity, is_exact=place < len(same), added=kept[number][0], payload=kept[number][1])
            for place, (similarity, number) in enumerate(found)
        ]

    def forget(self, session: SessionKey) -> int:
        """See the port. Nothing of the session is left in the files either, also of what left them before.

        To that end the SQLite file is written anew, and graphs that its tenant shares are as far as they hold what left.

        Raises:
            StoreError: Where it says that what was removed may still stand in the file: forgetting the session again wipes it.
        """
        import numpy as np

        with self._turn() as sql:
            now = self._clock.now()
            found = rows.of_source(sql, session_owner(session))
            with self._directory.transaction(sql):
                rooms = [self._loaded(sql, *facts) for facts in rows.scopes_of_source(sql, session_owner(session))]
                rows.delete(sql, (number for number, _, _, _ in found))
                gone = rows.drop_empty_scopes(sql, [room.number for room in rooms])
                for room in rooms:
                    if room.number not in gone:
                        room.load_graph_if_saved()
                    room.unlink_file()  # before the rows are gone for certain: nobody would miss the file afterwards
            for room in rooms:
                mine = sorted(number for number, scope, _, _ in found if scope == room.number)
                room.removed(np.array(mine, dtype=np.int64))
                if room.number in gone:
                    self._rooms.drop(room.digest)
                else:
                    self._rooms.put(room.digest, room)
            for facts in rows.scopes_of_owner(sql, tenant_owner(session.tenant)):
                self._cover_removed(sql, facts)
            self._directory.wipe(sql)
        return sum(is_live(added, expires, now) for _, _, added, expires in found)

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        """See the port. The size is an estimate of what the entries take of the files."""
        with self._turn() as sql:
            return rows.measured(sql, self._clock.now(), None if session is None else session_owner(session))

    def close(self) -> None:
        """Save the graphs that have changed, and let other processes have the directory; may be called twice."""
        with self._directory.closing() as is_ours:
            if is_ours and self._era == self._directory.era:
                for room in self._rooms:
                    room.save()
            self._rooms.clear()

    @contextmanager
    def _turn(self) -> Iterator[sqlite3.Connection]:
        """A turn at the directory; after it, what is remembered is what is stored, or nothing is remembered."""
        with self._directory.turn() as sql:
            if self._era != self._directory.era:
                self._rooms.clear()
                with self._directory.transaction(sql):
                    purge(sql, self._clock.now(), limit=_ALL)
                forget_orphans(sql, self._directory.graphs)
                self._era = self._directory.era
            try:
                yield sql
            except (InvalidInputError, sqlite3.Error):
                raise  # they come before anything is changed in memory
            except BaseException:
                self._rooms.clear()
                raise

    def _room(self, sql: sqlite3.Connection, digest: bytes) -> Room | None:
        """The room of a scope; None where the scope has no entries."""
        room = self._rooms.get(digest)
        if room is None and (facts := rows.find_scope(sql, digest)) is not None:
            room = self._loaded(sql, *facts)
            self._rooms.put(digest, room)
        return room

    def _loaded(self, sql: sqlite3.Connection, number: int, digest: bytes, dimension: int) -> Room:
        return self._rooms.get(digest) or Room(
            sql,
            where=self._directory.where,
            folder=self._directory.graphs,
            options=self._options,
            digest=digest,
            number=number,
            dimension=dimension,
        )

    def _cover_removed(self, sql: sqlite3.Connection, facts: rows.ScopeFacts) -> None:
        """Leave nothing of what left a scope in its graph, if it has one."""
        number, digest, _ = facts
        known = self._rooms.get(digest)
        if (known is None or known.graph is None) and not graph_path(self._directory.graphs, number).exists():
            return
        room = self._loaded(sql, *facts)
        room.load_graph_if_saved()
        room.cover_removed()
        self._rooms.put(digest, room)

    def _labelled(self, sql: sqlite3.Connection, room: Room, label: bytes, live: NDArray[np.bool_]) -> list[int]:
        """The live entries with a label, newest first."""
        import numpy as np

        numbers = np.array(list(rows.labelled(sql, room.number, label)), dtype=np.int64)
        found: list[int] = numbers[live[room.roster.rows_of(numbers)]].tolist()
        return found

    def _take_out(self, purged: Purged) -> None:
        """Let rooms and files follow what was purged."""
        import numpy as np

        if not purged.entries:
            return
        for room in self._rooms:
            if room.number in purged.scopes:
                room.drop_graph()
                self._rooms.drop(room.digest)
            elif room.number in purged.entries:
                room.removed(np.array(sorted(purged.entries[room.number]), dtype=np.int64))
        for scope in purged.scopes:
            graph_path(self._directory.graphs, scope).unlink(missing_ok=True)


def _check_dimension(dimension: int, room: Room) -> None:
    if dimension != room.dimension:
        raise InvalidInputError(
            "embedding", f"has dimension {dimension:,}; the live entries of its scope have {room.dimension:,}"
        )
