"""The janitor: idle sessions leave the hot store, and so do more when too much is hot; old histories leave the archive.

One process does it for all, as long as it has the lease of the hot store. Two at once do no harm: every step may be done by
anybody, at any time, twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, LixError
from lixcore.services.outage.reconciliation import Reconciler
from lixcore.services.upkeep.eviction import Evicted, Evictor
from lixcore.services.upkeep.lease import Lease
from lixcore.services.upkeep.retention import Retention, Swept

SHORTEST_LEASE: Final = 60.0
"""Seconds; otherwise three intervals, so that the same process goes on, and another one soon takes the place of a dead one."""

_log = logging.getLogger("lixcore.janitor")


def lease_seconds(interval: float) -> float:
    """How long the janitor's lease lasts when rounds begin every ``interval`` seconds."""
    return max(SHORTEST_LEASE, 3 * interval)


@attrs.frozen
class JanitorReport:
    """What a round did.

    Attributes:
        another_is_janitor: Whether another process has the lease: this one did nothing, or stopped when it lost it.
        complete: Whether everything that was due was done, or tried; False when the round was stopped.
        brought_together: Sessions that the archive had stood in for while the hot store was away, and that are whole again.
        evicted_idle: Sessions that left the hot store because nobody used them.
        evicted_for_room: Sessions that left it because too much was hot.
        still_hot: Sessions that were to leave and stayed, because somebody added to them meanwhile.
        damaged: Sessions that could not leave, because they are damaged or in conflict with what is archived.
        histories_removed: Sessions that were removed from the archive because of their age.
        messages_removed: How many messages those had.
        merged: Archived sessions that were rewritten in a smaller form.
        failed: Archived sessions that could not be looked at, removed or merged; one more for the notes of an outage that cannot
            be read, and for removals that wait until two clocks agree.
        policy_failed: Whether the eviction or the retention policy raised an error instead of choosing.
    """

    another_is_janitor: bool = False
    complete: bool = False
    brought_together: int = 0
    evicted_idle: int = 0
    evicted_for_room: int = 0
    still_hot: int = 0
    damaged: int = 0
    histories_removed: int = 0
    messages_removed: int = 0
    merged: int = 0
    failed: int = 0
    policy_failed: bool = False

    @property
    def did_something(self) -> bool:
        """Whether anything is not as it was before."""
        return bool(self.brought_together or self.evicted_idle or self.evicted_for_room or self.histories_removed or self.merged)

    @property
    def found_problems(self) -> bool:
        """Whether something could not be done that should have been."""
        return bool(self.damaged or self.failed or self.policy_failed)

    def __str__(self) -> str:
        parts = [
            (self.brought_together, "brought together after the hot store was away"),
            (self.evicted_idle, "idle moved to the archive"),
            (self.evicted_for_room, "moved to the archive for room"),
            (self.still_hot, "hot because they are in use"),
            (self.damaged, "hot because they cannot be archived"),
            (self.histories_removed, f"removed for their age ({self.messages_removed:,} messages)"),
            (self.merged, "merged in the archive"),
            (self.failed, "failed in the archive"),
        ]
        counts = ", ".join(f"{count:,} {what}" for count, what in parts if count)
        return f"sessions: {counts}" if counts else "nothing was due"


@attrs.define
class _Round:
    """A round under way."""

    another_is_janitor: bool = False
    complete: bool = False
    together: set[SessionKey] = attrs.Factory(set)
    evicted: Evicted = attrs.Factory(Evicted)
    swept: Swept = attrs.Factory(Swept)

    def report(self) -> JanitorReport:
        return JanitorReport(
            another_is_janitor=self.another_is_janitor,
            complete=self.complete,
            brought_together=len(self.together),
            evicted_idle=self.evicted.idle,
            evicted_for_room=self.evicted.for_room,
            still_hot=self.evicted.still_hot,
            damaged=len(self.evicted.damaged),
            histories_removed=self.swept.histories,
            messages_removed=self.swept.messages,
            merged=self.swept.merged,
            failed=self.swept.failed,
            policy_failed=self.evicted.policy_error is not None or self.swept.policy_error is not None,
        )


def _never() -> bool:
    return False


class Janitor:
    """Does rounds. It is the janitor of all processes from the first round for which it gets the lease, until `close`.

    Args:
        lease: The janitor's, of the hot store.
        evictor: Moves sessions to the archive.
        reconciler: Brings together what a process that died had left apart.
        retention: Looks through the archive.
        interval: Seconds between two rounds of `work`.
    """

    def __init__(self, lease: Lease, evictor: Evictor, reconciler: Reconciler, retention: Retention, *, interval: float) -> None:
        self._lease = lease
        self._evictor = evictor
        self._reconciler = reconciler
        self._retention = retention
        self._interval = interval
        self._told: dict[str, str] = {}  # what is wrong and was said, so that it is not said at every round
        self._under_way: tuple[_Round, Iterator[None]] | None = None

    def round(self, *, stopping: Callable[[], bool] = _never) -> JanitorReport:
        """Do everything that is due, if no other process is at it.

        Args:
            stopping: Asked between two steps, of a second or so each; when it says so, the round ends.

        Raises:
            StoreError: A store cannot be used. What was done until then is done.
        """
        this = _Round()
        try:
            for _ in self._steps(this):
                if stopping():
                    self._retention.give_up()
                    break
        finally:
            self._tell_of(this)
        return this.report()

    def work(self) -> float:
        """Do a step of a round, or begin one: for a thread that does nothing else.

        An error of a store is one warning in the log when it begins and one line when it is over.

        Returns:
            Seconds until there is more to do.
        """
        if self._under_way is None:
            begun = _Round()
            self._under_way = begun, self._steps(begun)
        (this, steps), self._under_way = self._under_way, None
        try:
            next(steps)
        except StopIteration:
            if self._told.pop("round", None):
                _log.info("the janitor works again")
        except LixError as error:
            self._warn("round", "the janitor cannot work, and goes on trying: %s", error, again=False)
        else:
            self._under_way = this, steps
            return 0.0
        self._tell_of(this)
        return self._interval

    def begin_afresh(self) -> None:
        """Forget the round that is under way: only for a child that was just forked, whose parent goes on with it."""
        self._under_way = None

    def close(self) -> None:
        """Let another process be the janitor; what is left of a round is for it. Only once no thread works."""
        if self._under_way is not None:
            self._tell_of(self._under_way[0])
            self._under_way = None
            self._retention.give_up()
        self._lease.end()

    def _steps(self, this: _Round) -> Iterator[None]:
        """A round; pauses where it may be left, with nothing that needs to be undone."""
        try:
            if not self._lease.take():
                this.another_is_janitor = True
                return
            for _ in self._due(this):
                yield
                if not self._lease.still_held():
                    this.another_is_janitor = True
                    self._retention.give_up()
                    return
        except LixError:
            self._lease.end()  # what fails here, such as this machine's disk, may work elsewhere
            raise
        this.complete = True

    def _due(self, this: _Round) -> Iterator[None]:
        try:
            yield from self._reconciler.steps(this.together)
        except CorruptDataError as error:  # of the notes of what is to be brought together; the rest needs none of them
            this.swept.count_failure(error)
        yield from self._evictor.steps(this.evicted)
        if self._retention.is_due():
            yield from self._retention.steps(this.swept)

    def _tell_of(self, this: _Round) -> None:
        report, evicted, swept = this.report(), this.evicted, this.swept
        if report.did_something:
            _log.info("%s", report)
        if evicted.damaged:
            head = f"{len(evicted.damaged):,} sessions cannot be archived and stay hot; the first"
            self._warn("damaged", head + ": %s", evicted.damaged[0])
        if swept.first_failure is not None:
            head = f"{swept.failed:,} times something archived cannot be looked at, removed or merged; the first"
            self._warn("failed", head + ": %s", swept.first_failure)
        if evicted.policy_error is not None:
            self._warn(
                "policy", "the eviction policy failed, sessions leave by session_ttl_seconds only: %r", evicted.policy_error
            )
        elif report.complete:
            self._told.pop("policy", None)
        if swept.policy_error is not None:
            self._warn("retention", "the retention policy failed, no history is removed: %r", swept.policy_error)

    def _warn(self, kind: str, text: str, error: Exception, *, again: bool = True) -> None:
        """Warn, unless the last warning of the kind said the same; of another error of the kind only if ``again``."""
        said = text % (error,) if again else kind
        if self._told.get(kind) != said:
            self._told[kind] = said
            _log.warning(text, error)
