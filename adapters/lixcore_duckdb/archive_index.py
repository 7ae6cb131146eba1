"""The archive index with DuckDB."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import IndexBatch, IndexFilter, IndexHit, IndexProgress, IndexSize, Neighbours, WordCounts
from lixcore.ports.archive_index_powers import Table
from lixcore_duckdb import damage_mark, state_reading
from lixcore_duckdb.asking import answered, changed
from lixcore_duckdb.candidates import Candidates, together
from lixcore_duckdb.catalogue import CatalogueReader, tenant_digest
from lixcore_duckdb.directory import IndexDirectory
from lixcore_duckdb.duckdb_module import duckdb_module
from lixcore_duckdb.engine import Engine
from lixcore_duckdb.fitting import Fitting
from lixcore_duckdb.forks import at_forks
from lixcore_duckdb.hashing import WordHashes
from lixcore_duckdb.looking_around import beside, positions_of
from lixcore_duckdb.options import DuckdbOptions
from lixcore_duckdb.part_reading import OpenParts, Part
from lixcore_duckdb.sql_window import answer
from lixcore_duckdb.state_reading import Ranges, Searched
from lixcore_duckdb.text_search import best_by_words, holders, holding
from lixcore_duckdb.vector_search import best_by_vector
from lixcore_duckdb.writer import Writer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Answer = TypeVar("Answer")

_MOST_TENANTS: Final = 64


class DuckdbArchiveIndex:
    """`lixcore.ports.archive_index.ArchiveIndex` in a directory, for any number of processes and threads.

    What is added becomes files that never change, and a catalogue says which of them count. Searches read one state of the
    catalogue and what it names; if that was merged into something else meanwhile, they begin again.

    Args:
        options: How it is set; with a path, see `DuckdbOptions.beside`.
        analyzer: What turns texts into words.
    """

    Options = DuckdbOptions
    capabilities: ClassVar[Collection[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED})

    def __init__(self, options: DuckdbOptions, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._sql_seconds = options.sql_seconds
        self._sql_bytes = options.memory_mb << 20
        self._directory = IndexDirectory(options.path, busy_timeout=options.busy_timeout)
        self._engine = Engine(threads=options.threads, memory_mb=options.memory_mb, directory=self._directory.path)
        self._catalogue = CatalogueReader(analyzer.identity)
        self._parts = OpenParts()
        self._hashes: dict[tuple[bytes, str], WordHashes] = {}
        self._writer = Writer(self._directory, self._catalogue, self._engine, analyzer, self._parts)
        self._closed = False
        at_forks(self)

    @classmethod
    def open(cls, options: DuckdbOptions, context: AdapterContext) -> DuckdbArchiveIndex:
        """Prepare an index; nothing is touched before its first call.

        Raises:
            MissingExtraError: DuckDB is not installed.
        """
        cls.check_driver()
        return cls(options.beside(context.archive_dir), context.analyzer)

    @staticmethod
    def check_driver() -> None:
        """See `lixcore.ports.adapter.ChecksDriver`."""
        duckdb_module()

    @staticmethod
    def erase(options: DuckdbOptions, context: AdapterContext) -> None:
        """See `lixcore.ports.adapter.ErasesPlace`."""
        directory = IndexDirectory(options.beside(context.archive_dir).path, busy_timeout=0).path
        try:
            if directory.exists():
                shutil.rmtree(directory)
        except OSError as error:
            raise StoreError(str(directory), f"could not be removed ({error.strerror})") from error

    def add(self, batches: Sequence[IndexBatch]) -> int:
        """See the port."""
        return self._changed(lambda: self._writer.add(batches))

    def progress(self, sessions: Sequence[SessionKey]) -> Sequence[IndexProgress]:
        """See the port."""

        def look(generation: Path) -> list[IndexProgress]:
            damage_mark.check(generation)
            with self._catalogue.reading(generation) as sql:
                known = state_reading.known_sessions(sql, list({session.digest for session in sessions}))
            unknown = IndexProgress()
            return [known[session.digest].progress if session.digest in known else unknown for session in sessions]

        return self._answered(look, nothing=[IndexProgress()] * len(sessions))

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """See the port."""
        words = self._analyzer.query_words(query)

        def look(generation: Path) -> Sequence[IndexHit]:
            searched, parts = self._searched(generation, where)
            if not searched.words or not words:
                return ()
            known = self._hashed(searched.hash_key, where.tenant)
            found = best_by_words(parts, searched, [known[word] for word in words], Fitting(where, known), k=k)
            return self._hits(generation, found, k, where.tenant)

        return self._answered(look, nothing=())

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """See the port."""

        def look(generation: Path) -> Sequence[IndexHit]:
            searched, parts = self._searched(generation, where)
            known = self._hashed(searched.hash_key, where.tenant)
            found = best_by_vector(parts, searched, vector, Fitting(where, known), k=k)
            return self._hits(generation, found, k, where.tenant)

        return self._answered(look, nothing=())

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        """See the port."""

        def look(generation: Path) -> list[Neighbours]:
            with self._catalogue.reading(generation) as sql:
                known = state_reading.known_sessions(sql, list({session.digest for session, _ in places}))
                spans = {digest: state_reading.spans_of(sql, each.number) for digest, each in known.items()}
                facts = state_reading.all_parts(sql, generation)
            parts = {part.facts.number: part for part in self._parts.of(facts)}
            held = {digest: positions_of(parts, each) for digest, each in spans.items()}
            return [
                beside(held[session.digest], position, reach) if session.digest in held else Neighbours()
                for session, position in places
            ]

        return self._answered(look, nothing=[Neighbours()] * len(places))

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        """See the port."""

        def look(generation: Path) -> WordCounts:
            searched, parts = self._searched(generation, where)
            hashed = self._hashed(searched.hash_key, where.tenant)
            counted = holding(holders(parts, searched, [hashed[word] for word in words]), len(words))
            return WordCounts(searched.messages, searched.words, dict(zip(words, counted, strict=True)))

        return self._answered(look, nothing=WordCounts(0, 0, dict.fromkeys(words, 0)))

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:
        """See `lixcore.ports.archive_index_powers.AnswersSql`."""

        def ask(parts: Sequence[Part], ranges: dict[int, Ranges]) -> Table:
            return answer(
                self._engine, statement, parts, ranges, most=most, most_bytes=self._sql_bytes, seconds=self._sql_seconds
            )

        def look(generation: Path) -> Table:
            searched, parts = self._searched(generation, IndexFilter(tenant=tenant))
            return ask([part for part in parts if part.facts.number in searched.ranges], dict(searched.ranges))

        found = self._answered(look, nothing=None)
        return ask([], {}) if found is None else found

    def forget(self, session: SessionKey, *, through: Position) -> int:
        """See the port."""
        return self._changed(lambda: self._writer.forget(session, through))

    def clear(self) -> None:
        """See the port."""
        self._changed(self._writer.clear)

    def merge(self) -> bool:
        """See `lixcore.ports.archive_index_powers.Merges`."""
        return self._changed(self._writer.merge)

    def measure(self) -> IndexSize:
        """See the port; all of its files count."""

        def look(generation: Path) -> IndexSize:
            with self._catalogue.reading(generation) as sql:
                ((messages, sessions, embeddings),) = sql.execute(
                    "SELECT coalesce(sum(messages), 0), count(*), coalesce(sum(embeddings), 0) FROM sessions WHERE messages > 0"
                ).fetchall()
            return IndexSize(messages, sessions, embeddings, self._directory.stored_bytes())

        return self._answered(look, nothing=IndexSize(0, 0, 0, 0))

    def close(self) -> None:
        """Give back memory and handles."""
        self._closed = True
        self._catalogue.close()
        self._parts.close()
        self._engine.close()

    def before_fork(self) -> None:
        """Wait for threads that are at work, and leave no connection to the catalogue open."""
        self._engine.before_fork()
        self._catalogue.before_fork()

    def after_fork_in_parent(self) -> None:
        """Let threads go on."""
        self._catalogue.after_fork()
        self._engine.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """Begin with handles of its own."""
        self._parts.after_fork_in_child()
        self._catalogue.after_fork()
        self._engine.after_fork_in_child()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the archive index with DuckDB")

    def _changed(self, change: Callable[[], Answer]) -> Answer:
        self._check_open()
        return changed(self._directory, change)

    def _answered(self, look: Callable[[Path], Answer], *, nothing: Answer) -> Answer:
        self._check_open()
        return answered(self._directory, look, nothing=nothing)

    def _searched(self, generation: Path, where: IndexFilter) -> tuple[Searched, list[Part]]:
        with self._catalogue.reading(generation) as sql:
            searched = state_reading.searched(sql, generation, where)
        return searched, self._parts.of(searched.parts)

    def _hits(self, generation: Path, found: Sequence[Candidates], k: int, tenant: str) -> Sequence[IndexHit]:
        if not found:
            return ()
        best = together(found).best(k)
        with self._catalogue.reading(generation) as sql:
            ids = state_reading.ids_of(sql, list(set(best.sessions.tolist())))
        return best.hits(k, tenant, ids)

    def _hashed(self, key: bytes, tenant: str) -> WordHashes:
        found = self._hashes.get((key, tenant))
        if found is None:
            if len(self._hashes) >= _MOST_TENANTS:
                self._hashes.clear()
            found = self._hashes[key, tenant] = WordHashes(key, tenant_digest(tenant))
        return found
