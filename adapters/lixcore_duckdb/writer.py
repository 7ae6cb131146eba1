"""Adding, forgetting, merging and clearing: the calls that change an index.

Adding and merging take long and exclude each other; they write files that nobody knows yet. What changes the catalogue afterwards
takes milliseconds, and it is only then that somebody who forgets has to wait for it. A process that is killed leaves files that
the catalogue does not name; the next one that adds or merges removes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from lixcore.domain.session import SessionKey
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import IndexBatch, IndexedMessage
from lixcore_duckdb import catalogue, changing, damage_mark, state_reading
from lixcore_duckdb.catalogue import CatalogueReader, tenant_digest
from lixcore_duckdb.changing import Removed
from lixcore_duckdb.directory import IndexDirectory
from lixcore_duckdb.engine import Engine
from lixcore_duckdb.failures import damaged
from lixcore_duckdb.hashing import WordHashes
from lixcore_duckdb.looking_around import positions_of
from lixcore_duckdb.merge_choice import FAN_IN, PartSize, chosen
from lixcore_duckdb.merging import merged
from lixcore_duckdb.part_files import part_in
from lixcore_duckdb.part_reading import OpenParts, Part
from lixcore_duckdb.part_writing import NewMessages, NewPart, write_part
from lixcore_duckdb.state_reading import KnownSession, Ranges

if TYPE_CHECKING:
    import sqlite3

_PILE: Final = 2 * FAN_IN
"""From so many parts of one tier on, whoever adds merges them before it returns."""

_MOST_TENANTS: Final = 64


class Writer:
    """What changes an index.

    Args:
        directory: Where it is.
        reader: Reads its catalogue.
        engine: Reads and writes Parquet.
        analyzer: Cuts texts.
        parts: Those that are open, also for searches.
    """

    def __init__(
        self, directory: IndexDirectory, reader: CatalogueReader, engine: Engine, analyzer: Analyzer, parts: OpenParts
    ) -> None:
        self._directory = directory
        self._reader = reader
        self._engine = engine
        self._analyzer = analyzer
        self._parts = parts
        self._hashes: tuple[bytes, dict[bytes, WordHashes]] = (b"", {})

    def add(self, batches: Sequence[IndexBatch]) -> int:
        """See the port."""
        given = _by_session(batches)
        if not any(messages for _, messages, _ in given) and all(lacks is None for _, _, lacks in given):
            return 0
        with self._directory.adding():
            generation = self._present_generation()
            sessions = {session.digest: session for session, _, _ in given}
            known = self._known(generation, list(sessions))
            if new := [session for digest, session in sessions.items() if digest not in known]:
                with self._changing(generation) as sql:
                    changing.number_sessions(sql, new)
                known = self._known(generation, list(sessions))
            part = self._written(generation, given, known)
            with self._changing(generation) as sql:
                taken = 0 if part is None else changing.add_part(sql, part)
                changing.note_lacks(sql, {session.digest: lacks for session, _, lacks in given if lacks is not None})
            self._merge(generation, most=_PILE, forgotten=False)
        return taken

    def forget(self, session: SessionKey, through: int) -> int:
        """See the port."""
        generation = self._directory.current()
        if generation is None and not through:
            return 0
        if generation is None:
            with self._directory.adding():
                self._present_generation()
        with self._directory.committing():
            generation = self._directory.current()
            if generation is None:
                raise damaged(self._directory.path, "has no generation that counts")
            with self._reader.reading(generation) as sql:
                known = state_reading.known_sessions(sql, [session.digest]).get(session.digest)
                if through <= (known.progress.forgotten_through if known is not None else 0):
                    return 0
                spans = [] if known is None else state_reading.spans_of(sql, known.number)
                parts = self._open(sql, generation)
            removed = [_removed(parts[part], first, stop, through) for part, first, stop in spans]
            with catalogue.writing(generation, self._analyzer.identity) as sql:
                changing.forget(sql, session, through, [each for each in removed if each.messages])
        return sum(each.messages for each in removed)

    def merge(self) -> bool:
        """See the port."""
        with self._directory.adding():
            generation = self._directory.current()
            if generation is None:
                return False
            self._check(generation)
            gained = self._merge(generation, most=FAN_IN, forgotten=True)
            with self._directory.committing():
                with self._reader.reading(generation) as sql:
                    ((unwiped,),) = sql.execute("SELECT unwiped FROM meta").fetchall()
                if unwiped and catalogue.wipe(generation):
                    gained = True
        return gained

    def clear(self) -> None:
        """See the port."""
        with self._directory.adding():
            self._begin()

    def _present_generation(self) -> Path:
        """The generation that counts, see `_check`; another one where there is none."""
        generation = self._directory.current()
        if generation is None:
            return self._begin()
        self._check(generation)
        return generation

    def _check(self, generation: Path) -> None:
        """See that nothing is known to be damaged and no file is lost, and remove what somebody left behind that was killed.

        Nobody else adds or merges meanwhile, so that a file which is not there was lost.
        """
        damage_mark.check(generation)
        with self._reader.reading(generation) as sql:
            parts = state_reading.all_parts(sql, generation)
        for part in parts:
            part.check_files()
        named = {part.number for part in parts}
        self._remove(generation, lambda part: part not in named)

    def _begin(self) -> Path:
        with self._directory.committing():
            generation = self._directory.begin_generation()
            catalogue.create(generation, self._analyzer.identity)
            self._directory.choose(generation)
        return generation

    @contextmanager
    def _changing(self, generation: Path) -> Iterator[sqlite3.Connection]:
        with self._directory.committing(), catalogue.writing(generation, self._analyzer.identity) as sql:
            yield sql

    def _known(self, generation: Path, digests: Sequence[bytes]) -> dict[bytes, KnownSession]:
        with self._reader.reading(generation) as sql:
            return state_reading.known_sessions(sql, digests)

    def _open(self, sql: sqlite3.Connection, generation: Path) -> dict[int, Part]:
        return {part.facts.number: part for part in self._parts.of(state_reading.all_parts(sql, generation))}

    def _written(
        self,
        generation: Path,
        given: Sequence[tuple[SessionKey, list[IndexedMessage], int | None]],
        known: dict[bytes, KnownSession],
    ) -> NewPart | None:
        """A part of what is not held yet; None if all is."""
        fresh = []
        for session, messages, _ in given:
            own = known[session.digest]
            wanted = self._wanted(generation, own, messages)
            if wanted:
                fresh.append(NewMessages(own.number, tenant_digest(session.tenant), session.id, wanted))
        if not fresh:
            return None
        fresh.sort(key=lambda each: (each.tenant, each.number))
        with self._changing(generation) as sql:
            number = changing.next_part(sql)
            ((key,),) = sql.execute("SELECT hash_key FROM meta").fetchall()
        if self._hashes[0] != key or len(self._hashes[1]) > _MOST_TENANTS:
            self._hashes = (key, {})
        hashes = self._hashes[1]
        return write_part(
            generation,
            number,
            fresh,
            analyzer=self._analyzer,
            hashes_of=lambda tenant: hashes.setdefault(tenant, WordHashes(key, tenant)),
            engine=self._engine,
        )

    def _wanted(self, generation: Path, known: KnownSession, messages: Sequence[IndexedMessage]) -> list[IndexedMessage]:
        """Those that are neither held nor forgotten: ascending, each position once."""
        mark, last = known.progress.forgotten_through, known.progress.last_position
        wanted: dict[int, IndexedMessage] = {}
        ascending, highest, late = True, 0, False
        for message in messages:
            at = message.position
            if at > mark and at not in wanted:
                wanted[at] = message
                ascending, highest, late = ascending and at > highest, at, late or at <= last
        if late and known.progress.messages:
            with self._reader.reading(generation) as sql:
                spans, parts = state_reading.spans_of(sql, known.number), self._open(sql, generation)
            held = positions_of(parts, spans)
            asked = np.fromiter(wanted, np.int64, len(wanted))
            places = held.searchsorted(asked)
            places[places == len(held)] = 0
            for at in asked[held[places] == asked].tolist():
                del wanted[at]
        return list(wanted.values()) if ascending else [wanted[at] for at in sorted(wanted)]

    def _merge(self, generation: Path, *, most: int, forgotten: bool) -> bool:
        gained = False
        while True:
            with self._reader.reading(generation) as sql:
                sizes = [PartSize(*row) for row in sql.execute("SELECT part, messages, forgotten FROM parts ORDER BY part")]
                old = chosen(sizes, most=most, forgotten=forgotten)
                if not old:
                    return gained
                opened = self._open(sql, generation)
                kept = state_reading.rows_of(sql, old)
                tenants = state_reading.tenants_of(sql, old)
            with self._changing(generation) as sql:
                number = changing.next_part(sql)
            ranges = {part: Ranges.of(found) for part, found in kept.items()}
            new = merged((generation, number), [opened[part] for part in old], ranges, tenants, self._engine)
            with self._changing(generation) as sql:
                changing.replace_parts(sql, old, new)
            gone = set(old)
            self._remove(generation, gone.__contains__)
            gained = True

    def _remove(self, generation: Path, is_gone: Callable[[int], bool]) -> None:
        for path in generation.iterdir():
            part = part_in(path.name)
            if part is not None and is_gone(part):
                path.unlink(missing_ok=True)


def _by_session(batches: Sequence[IndexBatch]) -> list[tuple[SessionKey, list[IndexedMessage], int | None]]:
    """What is given of each session; of it all is read, before anything is done."""
    found: dict[bytes, tuple[SessionKey, list[IndexedMessage], int | None]] = {}
    for batch in batches:
        session, messages, lacks = found.get(batch.session.digest, (batch.session, [], None))
        messages.extend(batch.messages)
        found[session.digest] = (session, messages, lacks if batch.lacks is None else batch.lacks)
    return list(found.values())


def _removed(part: Part, first: int, stop: int, through: int) -> Removed:
    rows = part.rows()
    left = first + int(rows.positions[first:stop].searchsorted(through, side="right"))
    embeddings = 0
    for dimension in part.facts.dimensions:
        held = part.embeddings(dimension)
        if held is not None:
            low, high = held.rows.searchsorted([first, left]).tolist()
            embeddings += high - low
    return Removed(part.facts.number, left, left - first, int(rows.lengths[first:left].sum(dtype=np.int64)), embeddings)
