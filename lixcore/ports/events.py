"""What happens in a stack, for those who want to watch it: one small value for each kind of event.

An event tells what has happened, after it has. Nobody waits for those who watch, and nothing they do changes anything.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey


@attrs.frozen
class Added:
    """A message was stored.

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
    """Messages beyond the window moved from the hot store to the archive.

    Attributes:
        session: Whose.
        messages: How many.
    """

    session: SessionKey
    messages: int


@attrs.frozen
class Evicted:
    """A session left the hot store; all of it is archived.

    Attributes:
        session: Which.
    """

    session: SessionKey


@attrs.frozen
class Restored:
    """A session that had left the hot store is hot again.

    Attributes:
        session: Which.
        messages: With how many messages.
    """

    session: SessionKey
    messages: int


@attrs.frozen
class Forgotten:
    """A session was forgotten on request.

    Attributes:
        session: Which.
        hot: How many messages the hot store lost.
        archived: How many messages the archive lost.
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
    """A store cannot be used, and lixcore goes on without it as the configuration says.

    Attributes:
        store: What it is for, such as ``hot store``.
        reason: The error, as text.
    """

    store: str
    reason: str


@attrs.frozen
class Recovered:
    """A store that could not be used works again.

    Attributes:
        store: What it is for, such as ``hot store``.
    """

    store: str


@attrs.frozen
class Damaged:
    """Something that is stored turned out to be damaged.

    Attributes:
        store: What it is for, such as ``archive``.
        reason: What is wrong, and where.
        session: Whose, where that is known.
    """

    store: str
    reason: str
    session: SessionKey | None = None


Event = Added | Spilled | Evicted | Restored | Forgotten | Retired | Hit | Miss | Cached | Degraded | Recovered | Damaged
"""Everything that may happen."""


class Observer(Protocol):
    """Watches. It is called on a thread that nothing waits for, one event at a time, in order.

    Attributes:
        name: What it is called in a warning.
        kinds: The classes of events that it wants to see.
    """

    @property
    def name(self) -> str: ...

    @property
    def kinds(self) -> Collection[type[Event]]: ...

    def notice(self, event: Event) -> None:
        """See an event of one of the ``kinds``. What it raises is reported once, and keeps nobody else from seeing the event."""
        ...


class Events(Protocol):
    """Where the core tells of events. Telling never raises and never waits."""

    def wants(self, kind: type[Event]) -> bool:
        """Whether anybody wants to see events of a kind; the same answer for the life of a stack, so that it may be kept."""
        ...

    def tell(self, event: Event) -> None:
        """Have the event seen by whoever wants to."""
        ...
