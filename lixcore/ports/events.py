"""What happens in a stack, for those who want to watch it: one small value for each kind of event.

An event tells what this process did, after it has; other processes tell their own observers. Nobody waits for those who watch,
and nothing they do changes anything. So an event may be missing: when more happens than can be shown, when the process dies, and
when a store did something and its answer was lost. None is shown twice.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Protocol, get_args

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey


@attrs.frozen
class Added:
    """A message was stored by an add; not by an import, whose caller gets counts.

    Told also where the add then raises a `NotArchivedError`: the message is stored.

    Attributes:
        session: Whose.
        position: Its place in the session's order.
        stood_in: Whether the archive took it because the hot store is away or full.
    """

    session: SessionKey
    position: Position
    stood_in: bool = False


@attrs.frozen
class Spilled:
    """The oldest messages of a session moved from the hot store to the archive; the session stays hot.

    So it is with those beyond the window, and where somebody kept adding to a session that was to leave.

    Attributes:
        session: Whose.
        messages: How many.
    """

    session: SessionKey
    messages: int


@attrs.frozen
class Evicted:
    """A session left the hot store; all of it is archived. Its next use makes it hot again.

    For being idle, to make room, because its context was cleared, or because its two stores had to be brought together. Two that
    evict it at the same instant both tell of it.

    Attributes:
        session: Which.
    """

    session: SessionKey


@attrs.frozen
class Restored:
    """A session that had left the hot store is hot again, with messages; one whose context is empty is not restored but begun.

    Attributes:
        session: Which.
        messages: With how many messages.
    """

    session: SessionKey
    messages: int


@attrs.frozen
class Forgotten:
    """A session was forgotten on request: no store holds a message of it.

    Told of every request that was carried out; where an earlier one had removed everything, the counts are zero.

    Attributes:
        session: Which.
        hot: How many messages the hot store lost.
        archived: How many messages the archive lost; a message that was in both is counted in both.
    """

    session: SessionKey
    hot: int
    archived: int


@attrs.frozen
class Retired:
    """A history was removed from the archive because the retention policy said so.

    Attributes:
        session: Whose.
        messages: How many messages it had.
    """

    session: SessionKey
    messages: int


@attrs.frozen
class Hit:
    """A cache had what was asked for.

    Attributes:
        layer: ``semantic`` or ``url_embedding``.
        count: How many answers; more than one where a batch was asked for.
        similarity: How similar the query was, where there was one and it was not the very same text.
    """

    layer: str
    count: int = 1
    similarity: float | None = None


@attrs.frozen
class Miss:
    """A cache did not have what was asked for.

    Attributes:
        layer: ``semantic`` or ``url_embedding``.
        count: How many.
    """

    layer: str
    count: int = 1


@attrs.frozen
class Cached:
    """A cache took something.

    Attributes:
        layer: ``semantic`` or ``url_embedding``.
        count: How many.
    """

    layer: str
    count: int = 1


@attrs.frozen
class Degraded:
    """A store cannot be used, and lixcore goes on without it as the configuration says: once, until it has `Recovered`.

    A hot store that is full is none: it comes and goes with every message, and those that the archive takes are `Added` with
    ``stood_in``.

    Attributes:
        store: ``hot store``, ``archive index``, ``semantic cache`` or ``URL embedding cache``.
        reason: The error, as text.
    """

    store: str
    reason: str


@attrs.frozen
class Recovered:
    """A store that could not be used works again.

    Attributes:
        store: As its `Degraded` had it.
    """

    store: str


@attrs.frozen
class Damaged:
    """Something that is stored turned out to be damaged: who met it got an error or a finding, or passed over it with a warning.

    Reading the archive and ``verify`` tell of it each time; a session that cannot leave the hot store for it is told of once,
    until it can.

    Attributes:
        store: ``archive``, ``hot store``, ``archive index``, ``semantic cache`` or ``URL embedding cache``.
        reason: What is wrong, and where.
        session: Whose, where that is known.
    """

    store: str
    reason: str
    session: SessionKey | None = None


Event = Added | Spilled | Evicted | Restored | Forgotten | Retired | Hit | Miss | Cached | Degraded | Recovered | Damaged
"""Everything that may happen."""

KINDS: Final[tuple[type[Event], ...]] = get_args(Event)
"""The class of each."""


class Observer(Protocol):
    """Watches. It is called on a thread that nothing waits for, one event at a time, in the order in which they were told.

    In a stack that has no threads, it is called by whoever does what it sees, or by another caller who is just at it.

    Attributes:
        name: What it is called in a warning; asked for once.
        kinds: The classes of events that it wants to see, of `KINDS`; asked for once.
    """

    @property
    def name(self) -> str: ...

    @property
    def kinds(self) -> Collection[type[Event]]: ...

    def notice(self, event: Event) -> None:
        """See an event of one of the ``kinds``.

        What it raises is one warning in the log for each kind, and counted; it keeps nobody else from seeing the event, and this
        observer from no other. It may use the memory that it watches. One that causes what it watches comes to no end.
        """
        ...


class Events(Protocol):
    """Where the core tells of events. Telling never raises and never waits."""

    def wants(self, kind: type[Event]) -> bool:
        """Whether anybody wants to see events of a kind; the same answer for the life of a stack, so that it may be kept."""
        ...

    def tell(self, event: Event) -> None:
        """Have the event seen by whoever wants to."""
        ...
