"""Keeping an index where the archive is: on a thread of one process, and on request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from typing import Final

import attrs

from lixcore.domain.session import SessionKey
from lixcore.errors import LixError, StoreBusyError, StoreRefusedError
from lixcore.ports.clock import Clock
from lixcore.services.reuse.in_children import begin_afresh_in_children
from lixcore.services.searching.catch_up import AnotherArchiveError, CatchUp, CaughtUp
from lixcore.services.searching.index_forgetting import IndexForgetting
from lixcore.services.searching.index_guard import NAME, IndexFailedError, IndexGuard, errors_to_caller
from lixcore.services.searching.wholeness import FoundDamagedError
from lixcore.services.upkeep.lease import Lease

RESTS: Final = 20
"""A round begins no sooner than so many times the last one's duration after it: so indexing takes a small part of the time."""

LEASE_SECONDS: Final = 120.0
"""How long the right to index lasts when it is not renewed."""

_log = logging.getLogger("lixcore.index")

Progress = Callable[[CaughtUp], object]
"""Told now and then how far a catch-up has come."""


class Indexing:
    """Catches an index up, and empties it where it is damaged.

    Args:
        index: The index.
        catch_up: Does it.
        forgetting: Owes it what could not be forgotten.
        lease: Of all processes, one at a time indexes on its own accord.
        clock: For durations.
        interval: Seconds between two rounds of `work`.
    """

    def __init__(
        self,
        index: IndexGuard,
        catch_up: CatchUp,
        forgetting: IndexForgetting,
        lease: Lease,
        clock: Clock,
        *,
        interval: float,
    ) -> None:
        self._index = index
        self._catch_up = catch_up
        self._forgetting = forgetting
        self._lease = lease
        self._clock = clock
        self._interval = interval
        self._under_way: tuple[CaughtUp, float, Iterator[None]] | None = None
        self._told_of_failure = ""
        begin_afresh_in_children(self)

    def begin_afresh(self) -> None:
        """Forget the round that is under way: only for a child that was just forked, whose parent goes on with it."""
        self._under_way = None

    def catch_up(self, progress: Progress | None = None) -> CaughtUp:
        """Catch up with everything, whoever else may be at it.

        Args:
            progress: Told now and then how far it has come.

        Raises:
            StoreError: The index or the archive cannot be used. What was added until then is added.
        """
        done = CaughtUp()
        began = self._clock.monotonic()
        with errors_to_caller():
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
        except AnotherArchiveError:
            return None
        except IndexFailedError:
            self._index.say_done_without()
            return None
        done.seconds = self._clock.monotonic() - began
        return done

    def rebuild(self, progress: Progress | None = None) -> CaughtUp:
        """Remove everything from the index, and make it anew; see `catch_up`."""
        with errors_to_caller():
            self._index.clear()
        return self.catch_up(progress)

    def work(self) -> float:
        """Do a step of a round, or begin one: for a thread that does nothing else.

        Returns:
            Seconds until there is more to do.
        """
        if self._under_way is None:
            try:
                if not self._lease.take():
                    self._clear_what_is_damaged()
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
        except IndexFailedError:
            self._index.say_done_without()
            self._lease.end()
        except LixError as error:
            self._lease.end()
            self._warn("the archive index cannot be caught up, which is tried again: %s", error)
        return max(self._interval, RESTS * (self._clock.monotonic() - began))

    def close(self) -> None:
        """Let another process index; what is left of a round is for it. Only once no thread works."""
        self._under_way = None
        self._lease.end()

    def _all_steps(self, done: CaughtUp, began: float) -> Iterator[None]:
        """A round: what is owed, then everything; where the index has to be made anew, that and everything again."""
        try:
            self._index.check_damage()
            self._forgetting.pay()
            yield from self._catch_up.steps(done)
        except (AnotherArchiveError, FoundDamagedError, IndexFailedError) as error:
            self._make_anew(done, error)
            yield
            try:
                yield from self._catch_up.steps(done)
            except AnotherArchiveError:
                reason = "it is used with another archive as well; give each archive an index of its own"
                raise StoreRefusedError(NAME, reason) from None
            except FoundDamagedError:  # by a search that had begun before
                raise StoreBusyError(NAME, "was found damaged while it was made anew; catch up again") from None
        done.seconds = self._clock.monotonic() - began

    def _clear_what_is_damaged(self) -> None:
        """Whoever indexes may never have met the damage that this process did: it finds the index empty, and makes it anew."""
        try:
            if self._index.is_damaged_still():
                self._index.clear()
        except IndexFailedError:
            self._index.say_done_without()

    def _make_anew(self, done: CaughtUp, error: AnotherArchiveError | FoundDamagedError | IndexFailedError) -> None:
        """Clear the index where that is what helps.

        Raises:
            IndexFailedError: It is not.
        """
        if isinstance(error, AnotherArchiveError):
            _log.warning("the archive index is that of another archive, and is made anew")
        elif isinstance(error, FoundDamagedError):
            _log.warning("a search found the archive index damaged, and it is made anew")
        else:
            trouble = self._index.trouble
            if trouble is None or not trouble.is_damage:
                raise error
            self._index.say("it is made anew")
        self._index.clear()
        cleared = CaughtUp(cleared=True, forgotten=done.forgotten, failed=done.failed, first_failure=done.first_failure)
        for field in attrs.fields(CaughtUp):
            setattr(done, field.name, getattr(cleared, field.name))

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
