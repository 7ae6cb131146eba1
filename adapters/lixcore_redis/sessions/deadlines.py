"""Until when an add may be carried out: what the server stores later than that counts as never stored, for every reader.

An add that was given up may still reach the server, long after its writer went on and the archive took its next messages. The
server cannot be told while it is away. So each entry says itself until when it is one, in the server's milliseconds: those of its
id, which nobody but the server gives. Whoever reads it compares the two; no clock of a reader matters.

It is no matter of trust in clocks either. A deadline that is too early is noticed by the writer, which sends the message again;
one that is too late only lets the archive's positions begin further ahead: they are above the deadline, whatever it is.
"""

from __future__ import annotations

from typing import Final

from lixcore.domain.session import SessionKey
from lixcore_redis.transport.server_clock import ServerClock

SHORTEST_SECONDS: Final = 1.0
"""The least that an add is given, however short its time-out: what is known of the server's clock is not that exact."""

MOST_REMEMBERED: Final = 1024
"""How many sessions are remembered whose positions are ahead of the server's clock."""


class Deadlines:
    """Draws deadlines.

    Threads need no lock: each change is atomic, and what is forgotten is learned again.

    Args:
        clock: The server's, as it is known.
        seconds: How long a writer waits for an answer.
    """

    def __init__(self, clock: ServerClock, seconds: float) -> None:
        self._clock = clock
        self._allowed = int(max(SHORTEST_SECONDS, seconds) * 1000)
        # The newest milliseconds in streams that a stepping clock, or a stand-in's, has left ahead of the server's clock.
        self._ahead: dict[SessionKey, int] = {}

    def draw(self, session: SessionKey) -> int:
        """A deadline for what is sent now, in milliseconds since the epoch."""
        now = self._clock.milliseconds()
        if self._ahead and (ahead := self._ahead.get(session)) is not None:
            if ahead > now:
                now = ahead
            else:
                self._ahead.pop(session, None)
        return max(0, now + self._allowed)

    def learn(self, session: SessionKey, milliseconds: int) -> None:
        """Note up to where a session's ids have come."""
        if milliseconds > self._clock.milliseconds():
            if len(self._ahead) >= MOST_REMEMBERED:
                self._ahead.clear()
            self._ahead[session] = milliseconds
