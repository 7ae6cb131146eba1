"""Keeping an index where the archive is: on a thread of one process, on request, and when something is forgotten."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Final

import attrs

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import LixError, StoreRefusedError
from lixcore.ports.archive_index import IndexProgress
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ArchiveInfo, ColdArchive
from lixcore.services.reuse.in_children import begin_afresh_in_children
from lixcore.services.searching.catch_up import SESSIONS_AT_ONCE, AnotherArchiveError, CatchUp, CaughtUp
from lixcore.services.searching.index_guard import NAME, IndexFailedError, IndexGuard
from lixcore.services.upkeep.lease import Lease

RESTS: Final = 20
"""A round begins no sooner than so many times the last one's duration after it: so indexing takes a small part of the time."""

LEASE_SECONDS: Final = 120.0
"""How long the right to index lasts when it is not renewed."""

_log = logging.getLogger("lixcore.index")

Progress = Callable[[CaughtUp], object]
"""Told now and then how far a catch-up has come."""


@attrs.frozen
class IndexStatus:
    """How it is with the index, of all tenants.

    Attributes:
        adapter: What keeps it.
        messages: How many messages it holds.
        sessions: Of how many sessions.
        embeddings: How many of the messages have an embedding.
        stored_bytes: What it takes; None where it cannot tell.
        archived_messages: How many messages the archive counts.
        archived_sessions: Of how many sessions.
        lag: How many archived messages it does not hold yet.
        unreadable: How many messages the archive counts that could not be read when the index was given the rest.
        trouble: Why it cannot be used, as this process sees it; None when all is well.
    """

    adapter: str
    messages: int
    sessions: int
    embeddings: int
    stored_bytes: int | None
    archived_messages: int
    archived_sessions: int
    lag: int
    unreadable: int
    trouble: str | None


@attrs.frozen
class SessionIndexed:
    """How far the index has come with a session.

    Attributes:
        messages: How many of its messages it holds.
        lag: How many archived ones it does not hold yet.
    """

    messages: int
    lag: int


class Indexing:
    """Catches an index up, empties it where it is damaged, and has it forget.

    Args:
        index: The index.
        catch_up: Does it.
        archive: The archive.
        lease: Of all processes, one at a time indexes on its own accord.
        clock: For durations.
        adapter: What keeps the index.
        interval: Seconds between two rounds of `work`.
        spared: Tenants whose sessions are not indexed.
    """

    def __init__(
        self,
        index: IndexGuard,
        catch_up: CatchUp,
        archive: ColdArchive,
        lease: Lease,
        clock: Clock,
        *,
        adapter: str,
        interval: float,
        spared: Collection[str] = (),
    ) -> None:
        self.index = index
        self._catch_up = catch_up
        self._archive = archive
        self._lease = lease
        self._clock = clock
        self._adapter = adapter
        self._interval = interval
        self._spared = frozenset(spared)
        self._under_way: tuple[CaughtUp, float, Iterator[None]] | None = None
        self._owed: dict[SessionKey, Position] = {}
        self._told_of_failure = ""
        self.begin_afresh()
        begin_afresh_in_children(self)

    def begin_afresh(self) -> None:
        """Forget the round that is under way: only for a child that was just forked, whose parent goes on with it."""
        self._under_way = None
        self._owing = threading.Lock()

    def catch_up(self, progress: Progress | None = None) -> CaughtUp:
        """Catch up with everything, whoever else may be at it.

        Args:
            progress: Told now and then how far it has come.

        Raises:
            StoreError: The index or the archive cannot be used. What was added until then is added.
        """
        done = CaughtUp()
        began = self._clock.monotonic()
        with _IndexErrorsToCaller():
            for _ in self._all_steps(done, began):
                if progress is not None:
                    progress(done)
        if progress is not None:
            progress(done)
        return done

    def try_with(self, sessions: Collection[SessionKey]) -> CaughtUp | None:
        """Catch up with some sessions only, unless the index cannot be used or has to be made anew.

        Returns:
            What came of it; None where the index cannot.

        Raises:
            StoreError: The archive cannot be used.
        """
        done, began = CaughtUp(), self._clock.monotonic()
        try:
            self._catch_up.of_sessions(sessions, done)
        except (AnotherArchiveError, IndexFailedError):
            return None
        done.seconds = self._clock.monotonic() - began
        return done

    def rebuild(self, progress: Progress | None = None) -> CaughtUp:
        """Remove everything from the index, and make it anew; see `catch_up`."""
        with _IndexErrorsToCaller():
            self.index.clear()
        return self.catch_up(progress)

    def work(self) -> float:
        """Do a step of a round, or begin one: for a thread that does nothing else.

        Returns:
            Seconds until there is more to do.
        """
        if self._under_way is None:
            try:
                if not self._lease.take():
                    return self._interval
            except LixError:  # of the hot store, which is told of by whoever uses it
                return self._interval
            done, began = CaughtUp(), self._clock.monotonic()
            self._under_way = done, began, self._all_steps(done, began)
        (done, began, steps), self._under_way = self._under_way, None
        try:
            next(steps)
            if self._lease.still_held():
                self._under_way = done, began, steps
                return 0.0
        except StopIteration:
            self._tell_of(done)
        except IndexFailedError:  # the guard told of it
            self._lease.end()
        except LixError as error:
            self._lease.end()
            self._warn("the archive index cannot be caught up, which is tried again: %s", error)
        return max(self._interval, RESTS * (self._clock.monotonic() - began))

    def close(self) -> None:
        """Let another process index; what is left of a round is for it. Only once no thread works."""
        self._under_way = None
        self._lease.end()

    def forget(self, session: SessionKey) -> int:
        """Have the index forget what the archive forgot of a session.

        Returns:
            How many messages it removed; what a damaged index held is not counted.

        Raises:
            StoreError: It cannot now; it is tried again before the next catch-up of this process.
        """
        info = self._archive.describe(session)
        through = info.forgotten_through if info else ORIGIN
        if through <= ORIGIN:
            return 0
        with _IndexErrorsToCaller():
            return self._forgotten(session, through)

    def forget_later(self, session: SessionKey, through: Position) -> None:
        """As `forget`, now if that can be, else before the next catch-up of this process."""
        try:
            self._forgotten(session, through)
        except IndexFailedError:
            return

    def status(self) -> IndexStatus:
        """How it is with the index; asks it about every session.

        Raises:
            StoreError: The index or the archive cannot be used.
        """
        messages = sessions = lag = unreadable = 0
        with _IndexErrorsToCaller():
            size = self.index.measure()
            for infos in self._listed():
                for info, known in zip(infos, self.index.progress([info.session for info in infos]), strict=True):
                    messages += info.messages
                    sessions += 1
                    lag += _lag(info, known)
                    unreadable += max(0, known.lacks)
        trouble = self.index.trouble
        return IndexStatus(
            adapter=self._adapter,
            messages=size.messages,
            sessions=size.sessions,
            embeddings=size.embeddings,
            stored_bytes=size.stored_bytes,
            archived_messages=messages,
            archived_sessions=sessions,
            lag=lag,
            unreadable=unreadable,
            trouble=None if trouble is None else str(trouble.error),
        )

    def of_session(self, session: SessionKey, info: ArchiveInfo | None) -> SessionIndexed | None:
        """How far the index has come with a session; None where it cannot be asked."""
        try:
            (known,) = self.index.progress([session])
        except IndexFailedError:
            return None
        return SessionIndexed(known.messages, _lag(info or ArchiveInfo(session, 0), known))

    def _listed(self) -> Iterator[list[ArchiveInfo]]:
        infos: list[ArchiveInfo] = []
        for info in self._archive.sessions():
            if info.session.tenant not in self._spared:
                infos.append(info)
            if len(infos) >= SESSIONS_AT_ONCE:
                yield infos
                infos = []
        if infos:
            yield infos

    def _all_steps(self, done: CaughtUp, began: float) -> Iterator[None]:
        """A round: what is owed, then everything; where the index has to be made anew, that and everything again."""
        try:
            self._pay()
            yield from self._catch_up.steps(done)
        except (AnotherArchiveError, IndexFailedError) as error:
            self._make_anew(done, error)
            yield
            try:
                yield from self._catch_up.steps(done)
            except AnotherArchiveError:
                reason = "it is used with another archive as well; give each archive an index of its own"
                raise StoreRefusedError(NAME, reason) from None
        done.seconds = self._clock.monotonic() - began

    def _make_anew(self, done: CaughtUp, error: AnotherArchiveError | IndexFailedError) -> None:
        """Clear the index where that is what helps.

        Raises:
            IndexFailedError: It is not.
        """
        if isinstance(error, AnotherArchiveError):
            _log.warning("the archive index is that of another archive, and is made anew")
        else:
            trouble = self.index.trouble
            if trouble is None or not trouble.is_damage:
                raise error
        self.index.clear()
        cleared = CaughtUp(cleared=True, forgotten=done.forgotten, failed=done.failed, first_failure=done.first_failure)
        for field in attrs.fields(CaughtUp):
            setattr(done, field.name, getattr(cleared, field.name))

    def _forgotten(self, session: SessionKey, through: Position) -> int:
        try:
            removed = self.index.forget(session, through=through)
        except IndexFailedError:
            trouble = self.index.trouble
            if trouble is None or not trouble.is_damage:
                with self._owing:
                    self._owed[session] = max(through, self._owed.get(session, ORIGIN))
                raise
            self.index.clear()  # nobody can tell what is left in it
            return 0
        with self._owing:
            if self._owed.get(session, ORIGIN) <= through:
                self._owed.pop(session, None)
        return removed

    def _pay(self) -> None:
        with self._owing:
            owed = list(self._owed.items())
        for session, through in owed:
            self._forgotten(session, through)

    def _tell_of(self, done: CaughtUp) -> None:
        if done.messages or done.forgotten:
            _log.info("the archive index took %d messages and forgot %d", done.messages, done.forgotten)
        if done.first_failure is None:
            self._told_of_failure = ""
        else:
            self._warn("not everything that is archived can be indexed; the first that cannot: %s", done.first_failure)

    def _warn(self, text: str, error: LixError) -> None:
        said = text % (error,)
        if said != self._told_of_failure:
            self._told_of_failure = said
            _log.warning("%s", said)


def _lag(info: ArchiveInfo, known: IndexProgress) -> int:
    return max(0, info.messages - known.messages - known.lacks)


class _IndexErrorsToCaller:
    """Raises what the index raised, where nobody can go on without it."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, IndexFailedError):
            raise error.error from None
