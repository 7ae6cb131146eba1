"""Looking through the archive from time to time: old histories are removed, small pieces merged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, LixError, StoreFullError, StoreRefusedError, StoreUnavailableError
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ArchiveInfo, ColdArchive, Compacts
from lixcore.ports.events import Events, Retired
from lixcore.ports.hot_store import HotStore
from lixcore.ports.hot_store_powers import TellsTime
from lixcore.ports.policy import GoesByAge, RetentionPolicy
from lixcore.services.events.telling import SILENT, teller
from lixcore.services.upkeep.lease import Lease

SWEEP_SECONDS: Final = 3600.0
"""How often, over all processes, the archive is looked through."""

CLOCKS_APART: Final = 3600.0
"""Seconds that the clocks of this machine and of the hot store may differ by where something is removed for its age."""

_DAY: Final = 86_400.0


@attrs.define
class Swept:
    """What came of a sweep, or of a part of it.

    Attributes:
        histories: How many sessions were removed from the archive.
        messages: How many messages that were.
        merged: How many sessions were rewritten in a smaller form.
        failed: How many could not be looked at, removed or merged; one more where two clocks keep all from being removed.
        first_failure: Why the first of them could not; None when all could.
        policy_error: What the policy raised; None when it answered.
    """

    histories: int = 0
    messages: int = 0
    merged: int = 0
    failed: int = 0
    first_failure: LixError | None = None
    policy_error: Exception | None = None

    def count_failure(self, error: LixError) -> None:
        """Add one that could not."""
        self.failed += 1
        self.first_failure = self.first_failure or error


class Retention:
    """Removes what the policy says is over, and merges what was written in small pieces, at most once an hour.

    What is old, is so by the clock of this machine. A clock that is a year ahead would have everything removed: where the hot
    store has a clock of its own, nothing is removed while the two are further apart than `CLOCKS_APART`. Only a history that is
    not hot is removed, with a note of how far it was: messages that are added meanwhile survive.

    Args:
        policy: Says which histories are over.
        ttl_days: How old a history may become; None for ever.
        spared: Tenants whose sessions are never touched.
        events: Told of each history that is removed.
        on_removal: Called when a history was removed, with the position up to which: for what was derived from it. It must not
            fail.
    """

    def __init__(
        self,
        hot: HotStore,
        archive: ColdArchive,
        policy: RetentionPolicy,
        clock: Clock,
        *,
        ttl_days: float | None,
        spared: Collection[str] = (),
        events: Events = SILENT,
        on_removal: Callable[[SessionKey, Position], object] | None = None,
    ) -> None:
        self._hot = hot
        self._archive = archive
        self._compacts = archive if isinstance(archive, Compacts) else None
        self._tells_time = hot if isinstance(hot, TellsTime) else None
        self._clock = clock
        self._policy = policy
        self._ttl_seconds = None if ttl_days is None else ttl_days * _DAY
        self._may_remove = ttl_days is not None or not (isinstance(policy, GoesByAge) and policy.only_by_age)
        self._spared = spared
        self._tell_retired = teller(events, Retired)
        self._on_removal = on_removal
        self._turn = Lease(hot, clock, "retention", seconds=SWEEP_SECONDS)
        self._began: float | None = None  # the last sweep of this process, by the monotonic clock
        self._under_way = False
        self._seen_through = 0.0  # what was written before needs no look for pieces

    def is_due(self) -> bool:
        """Whether this process is to begin a sweep now; what it begins, no other process begins within the hour.

        Raises:
            StoreError: The hot store cannot say.
        """
        if not self._may_remove and self._compacts is None:
            return False
        now = self._clock.monotonic()
        if not self._turn.is_granted and self._began is not None and now - self._began < SWEEP_SECONDS:
            return False
        if not self._turn.take():
            return False
        self._began = now
        self._under_way = True
        return True

    def steps(self, swept: Swept) -> Iterator[None]:
        """Look at every session of the archive; pauses after each.

        Args:
            swept: Counts what comes of it.
        """
        now = self._clock.now()
        removing = self._may_remove and self._clocks_agree(now, swept)
        # What another host wrote has that host's time; an hour is more than clocks differ by, and costs little.
        looked_at, merging = self._seen_through - SWEEP_SECONDS, True
        try:
            for info in self._archive.sessions():
                if info.session.tenant in self._spared:
                    continue
                if removing and swept.policy_error is None and self._is_over(info, now, swept):
                    self._remove(info.session, now, swept)
                elif merging and not 0 < info.updated_at < looked_at:
                    merging = self._merge(info.session, swept)
                yield
        except CorruptDataError as error:  # after all others were given
            swept.count_failure(error)
        finally:
            self._under_way = False
            self._turn.leave_to_others()
        if merging:
            self._seen_through = now

    def _is_over(self, info: ArchiveInfo, now: float, swept: Swept) -> bool:
        """Whether the policy says so; not of what holds nothing."""
        try:
            return info.messages > 0 and bool(self._policy.is_over(info, now=now, ttl_seconds=self._ttl_seconds))
        except Exception as error:  # noqa: BLE001  # a stranger's policy must not keep the janitor from its work
            swept.policy_error = error
            return False

    def _clocks_agree(self, now: float, swept: Swept) -> bool:
        """Whether something may be removed for its age."""
        theirs = self._tells_time.time() if self._tells_time is not None else None
        if theirs is not None and abs(theirs - now) > CLOCKS_APART:
            side = "ahead of" if now > theirs else "behind"
            fact = f"is {abs(theirs - now) / 3600:,.0f} hours {side} the hot store's"
            reason = f"{fact}: nothing is removed for its age until they agree; keep both by NTP"
            swept.count_failure(StoreRefusedError("this machine's clock", reason))
            return False
        return True

    def give_up(self) -> None:
        """Leave a sweep that is under way to whoever comes next, without waiting for the hour to pass."""
        if self._under_way:
            self._began = None
            self._under_way = False
            self._turn.end()

    def _remove(self, session: SessionKey, now: float, swept: Swept) -> None:
        try:
            # The hot store first: who makes the session hot after this look, and adds, is above what is removed.
            if self._hot.describe(session) is not None:
                return
            info = self._archive.describe(session)
            if info is None or not self._is_over(info, now, swept):
                return
            removed = self._archive.forget(session, through=info.last_position)
            if self._on_removal is not None:
                self._on_removal(session, info.last_position)
            if self._tell_retired is not None and removed:
                self._tell_retired(Retired(session, removed))
            # A restore that had read the archive before is undone by this, or kept from succeeding; newer messages stay.
            self._hot.evict(session, through=info.last_position)
        except (CorruptDataError, StoreRefusedError) as error:
            swept.count_failure(error)
            return
        swept.histories += 1 if removed else 0
        swept.messages += removed

    def _merge(self, session: SessionKey, swept: Swept) -> bool:
        """Returns whether merging others makes sense: not where the disk is full or read-only."""
        if self._compacts is None:
            return True
        try:
            swept.merged += self._compacts.compact(session)
        except StoreUnavailableError:
            raise
        except LixError as error:
            swept.count_failure(error)
            return not isinstance(error, StoreFullError | StoreRefusedError)
        return True
