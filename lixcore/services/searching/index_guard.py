"""What becomes of an index that fails: said once, left alone for a moment, and told from a failure of the stores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreBusyError, StoreError
from lixcore.ports.archive_index import (
    ArchiveIndex,
    IndexBatch,
    IndexFilter,
    IndexHit,
    IndexProgress,
    IndexSize,
    Neighbours,
    WordCounts,
)
from lixcore.ports.archive_index_powers import Merges
from lixcore.ports.clock import Clock
from lixcore.ports.events import Damaged, Degraded, Events, Recovered
from lixcore.services.events.telling import SILENT, teller

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME: Final = "archive index"
"""What events call it."""

PROBE_SECONDS: Final = 1.0
"""How long an index that is away is left alone before it is asked again."""

DAMAGE_PROBE_SECONDS: Final = 60.0
"""How long one that is damaged is: another process may have made it anew."""

_log = logging.getLogger("lixcore.index")
_Result = TypeVar("_Result")


class IndexFailedError(Exception):
    """The index failed, and nothing else did: who can go on without it, goes on.

    Attributes:
        error: What it raised.
        is_news: Whether it was asked and raised it; not, where it is left alone for what it raised before.
    """

    def __init__(self, error: StoreError, *, is_news: bool = True) -> None:
        self.error = error
        self.is_news = is_news
        super().__init__(str(error))


@contextmanager
def errors_to_caller() -> Iterator[None]:
    """Raise what the index raised, where nobody can go on without it."""
    try:
        yield
    except IndexFailedError as failed:
        raise failed.error from None


@attrs.frozen
class IndexTrouble:
    """Why the index cannot be used.

    Attributes:
        since: Since when, in seconds since the epoch.
        error: What it raised first, without where: a traceback holds whatever was passed, such as a text that is forgotten since.
        probe: A call that reads, and tells whether it is damaged still.
    """

    since: float
    error: StoreError
    probe: Callable[[], object]

    @property
    def is_damage(self) -> bool:
        """Whether it has to be made anew."""
        return isinstance(self.error, CorruptDataError)


class IndexGuard:
    """The calls of an `lixcore.ports.archive_index.ArchiveIndex`, each of which raises `IndexFailedError` where the index fails.

    That it cannot be used is one event until it works again, and one warning of the first who goes on without it: who cannot
    raises the error, and needs no warning beside it. One that is away is asked once in `PROBE_SECONDS`.
    One that is damaged stays so until `clear`, or until it answers again what it could not, for another process may have cleared
    it: that it answers something else says nothing. A call that writes is never repeated, and what it was given is not kept: it
    may have been forgotten since. One that is busy is as good as any.

    Args:
        index: The index.
        clock: For times and durations.
        events: Told once when the index cannot be used, and when it can again.
    """

    def __init__(self, index: ArchiveIndex, clock: Clock, events: Events = SILENT) -> None:
        self._index = index
        self._merges = index if isinstance(index, Merges) else None
        self._clock = clock
        self._tell_degraded = teller(events, Degraded)
        self._tell_recovered = teller(events, Recovered)
        self._tell_damaged = teller(events, Damaged)
        self._trouble: IndexTrouble | None = None
        self._said = False
        self._next_probe = 0.0

    @property
    def trouble(self) -> IndexTrouble | None:
        """Why it cannot be used; None as far as is known that it can. Asks nobody."""
        return self._trouble

    def add(self, batches: Sequence[IndexBatch], *, always: bool = False) -> int:
        """See the port; ``always`` asks one that is damaged as well."""
        sessions = [batch.session for batch in batches]
        return self._asked(lambda: self._index.add(batches), probe=lambda: self._index.progress(sessions), always=always)

    def progress(self, sessions: Sequence[SessionKey]) -> Sequence[IndexProgress]:
        """See the port."""
        return self._asked(lambda: self._index.progress(sessions))

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """See the port."""
        return self._asked(lambda: self._index.search_text(query, k=k, where=where))

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """See the port."""
        return self._asked(lambda: self._index.search_vector(vector, k=k, where=where))

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        """See the port."""
        return self._asked(lambda: self._index.neighbours(places, reach=reach))

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        """See the port."""
        return self._asked(lambda: self._index.count_words(words, where=where))

    def forget(self, session: SessionKey, *, through: Position) -> int:
        """See the port."""
        return self._asked(
            lambda: self._index.forget(session, through=through),
            probe=lambda: self._index.progress([session]),
            always=True,
        )

    def measure(self) -> IndexSize:
        """See the port."""
        return self._asked(self._index.measure, always=True)

    def merge(self) -> bool:
        """See `lixcore.ports.archive_index_powers.Merges`; one that cannot has nothing to gain."""
        return self._merges is not None and self._asked(self._merges.merge, probe=self._index.measure)

    def clear(self) -> None:
        """See the port; ends the trouble that damage is."""
        try:
            self._index.clear()
        except StoreError as error:
            self._failed(error, self._index.measure)
            raise IndexFailedError(error) from error
        self._recovered()

    def say(self, consequence: str) -> None:
        """Warn that it cannot be used and why, if there is such a trouble and nobody has.

        Args:
            consequence: What becomes of it, as a clause.
        """
        if self._trouble is not None and not self._said:
            self._said = True
            _log.warning("the archive index cannot be used; %s: %s", consequence, self._trouble.error)

    def say_done_without(self) -> None:
        """`say` that a session is searched without it."""
        damaged = self._trouble is not None and self._trouble.is_damage
        until = ", until the next catch-up has made it anew" if damaged else ""
        self.say(f"one session at a time is searched without it, and slower{until}")

    def check_damage(self) -> None:
        """Ask one that is known to be damaged again.

        Raises:
            IndexFailedError: It is still.
        """
        trouble = self._trouble
        if trouble is not None and self.is_damaged_still():
            raise IndexFailedError(_bare(trouble.error), is_news=False)

    def is_damaged_still(self) -> bool:
        """Whether it is known to be damaged, and still cannot answer what it could not."""
        trouble = self._trouble
        if trouble is None or not trouble.is_damage:
            return False
        try:
            trouble.probe()
        except CorruptDataError:
            return True
        except StoreError:
            return False
        self._recovered()
        return False

    def _asked(self, call: Callable[[], _Result], *, probe: Callable[[], object] | None = None, always: bool = False) -> _Result:
        """Call the index.

        Args:
            call: What it is asked.
            probe: What tells whether it is damaged still, where the call is not to be repeated.
            always: Whether it is asked also while it is left alone.
        """
        trouble = self._trouble
        if trouble is not None and not always:
            now = self._clock.monotonic()
            if now < self._next_probe:
                raise IndexFailedError(_bare(trouble.error), is_news=False)
            self._next_probe = now + _probe_seconds(trouble)  # others leave it alone meanwhile
            self.check_damage()
        try:
            result = call()
        except StoreError as error:
            self._failed(error, probe or call)
            raise IndexFailedError(error) from error
        if trouble is not None and not trouble.is_damage:
            self._recovered()
        return result

    def _failed(self, error: StoreError, probe: Callable[[], object]) -> None:
        if isinstance(error, StoreBusyError):
            return
        before = self._trouble
        if before is None or (isinstance(error, CorruptDataError) and not before.is_damage):
            self._said = False
            self._trouble = IndexTrouble(self._clock.now(), _bare(error), probe)
            self._tell_of(error)
        self._next_probe = self._clock.monotonic() + _probe_seconds(self._trouble or before)

    def _tell_of(self, error: StoreError) -> None:
        if isinstance(error, CorruptDataError):
            if self._tell_damaged is not None:
                self._tell_damaged(Damaged(NAME, str(error)))
        elif self._tell_degraded is not None:
            self._tell_degraded(Degraded(NAME, str(error)))

    def _recovered(self) -> None:
        trouble, self._trouble = self._trouble, None
        if trouble is None:
            return
        if self._said:
            _log.log(logging.INFO if trouble.is_damage else logging.WARNING, "the archive index can be used again")
        if trouble.is_damage:
            return
        if self._tell_recovered is not None:
            self._tell_recovered(Recovered(NAME))


def _bare(error: StoreError) -> StoreError:
    """The same error as if it were never raised: one that is raised again and again would hold all the places where it was."""
    return error.restated(error.reason)


def _probe_seconds(trouble: IndexTrouble | None) -> float:
    return DAMAGE_PROBE_SECONDS if trouble is not None and trouble.is_damage else PROBE_SECONDS
