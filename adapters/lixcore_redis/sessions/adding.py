"""Adding an entry: the hot path, and what is to be seen to when its answer is lost, late or out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from redis.exceptions import OutOfMemoryError, ResponseError

from lixcore.domain.position import MAX_POSITION, SEQUENCE_BITS, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreBusyError, StoreError, StoreRefusedError, StoreUnavailableError
from lixcore.ports.clock import Clock
from lixcore.ports.hot_store import Appended
from lixcore_redis import scripts
from lixcore_redis.keys import SessionKeys
from lixcore_redis.sessions.deadlines import Deadlines
from lixcore_redis.sessions.stream_entries import Nonces, pack_deadline, pack_timestamp
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command, number, parts_of, seconds_of

CROWDED_SEQUENCE: Final = 1 << SEQUENCE_BITS - 1
"""From here on, the next entry goes to the next millisecond: half of the room that a position has for the sequence."""

LAST_MILLISECOND: Final = MAX_POSITION >> SEQUENCE_BITS

_ATTEMPTS: Final = 8  # at adding an entry that comes after its deadline
_FULL: Final = (OutOfMemoryError,)


class Adding:
    """Adds entries to hot sessions."""

    def __init__(
        self, link: Link, clock: Clock, keys: Callable[[SessionKey], SessionKeys], nonces: Nonces, deadlines: Deadlines
    ) -> None:
        self._link = link
        self._clock = clock
        self._keys = keys
        self._nonces = nonces
        self._deadlines = deadlines

    def add(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        """See `lixcore.ports.hot_store.HotStore.append`. One request of three commands: activity, the entry, the length."""
        keys = self._keys(session)
        nonce = self._nonces.draw()
        score = number(self._clock.now())
        value = pack_timestamp(timestamp) + payload
        deadline = self._deadlines.draw(session)

        def repeat(since: int) -> bytes:
            nonlocal deadline
            deadline = max(deadline, self._deadlines.draw(session))
            touch = command(b"ZADD", keys.activity, b"XX", score, keys.member)
            arguments = (nonce, value, b"%d" % scripts.REPEAT_DEPTH, b"%d" % since, pack_deadline(deadline))
            return touch + scripts.REPEAT_ADD.full_call((keys.log, keys.epoch), *arguments) + keys.length

        for _ in range(_ATTEMPTS):
            request = b"%b$%d\r\n%b\r\n%b%b%b\r\n$%d\r\n%b\r\n%b" % (
                keys.touch,
                len(score),
                score,
                keys.add,
                nonce,
                pack_deadline(deadline),
                len(value),
                value,
                keys.length,
            )
            try:
                # What decides is the answer to XADD: a server at the brink of its memory may refuse ZADD, and take the entry.
                _, identifier, held = self._link.call(request, 3, repeat=repeat, first_may_be=_FULL)
            except StoreUnavailableError as error:
                if error.outcome_unknown:
                    error.at_most = _last_of(deadline)
                raise
            if identifier is None:
                return None
            if identifier == 0:
                reason = "the answer was lost, and entries of the session left before it could be asked for again"
                raise StoreUnavailableError(self._link.where, reason, outcome_unknown=True, at_most=_last_of(deadline))
            milliseconds, sequence = parts_of(identifier)
            if sequence >= CROWDED_SEQUENCE or milliseconds > LAST_MILLISECOND:
                self._relieve(session, identifier)
            if milliseconds <= deadline:
                return Appended(Position(milliseconds << SEQUENCE_BITS | sequence), held)
            self._came_late(session, identifier, milliseconds)
            deadline = max(deadline, self._deadlines.draw(session))
        reason = f"an entry came after its deadline {_ATTEMPTS} times, and was removed each time; check the server's clock"
        raise StoreBusyError(self._link.where, reason)

    def _came_late(self, session: SessionKey, identifier: bytes, milliseconds: int) -> None:
        """Remove an entry that its own writer finds late, and see why: the clock is not as it was known, or the ids are ahead."""
        request = command(b"XDEL", self._keys(session).log, identifier) + command(b"TIME")
        # It is void whether this succeeds or not, so that a failure leaves nothing open.
        _, time = self._link.call(request, 2, writes=False, all_may_be=(ResponseError,))
        if not isinstance(time, Exception):
            self._link.server_clock.heard(seconds_of(time))
        self._deadlines.learn(session, milliseconds)

    def _relieve(self, session: SessionKey, identifier: bytes) -> None:
        """Make room after an entry whose sequence is high: the server's clock stands still, or stepped back, during a burst."""
        log = self._keys(session).log
        milliseconds, sequence = parts_of(identifier)
        if sequence >> SEQUENCE_BITS or milliseconds > LAST_MILLISECOND:
            self._link.call(command(b"XDEL", log, identifier), 1)
            raise StoreRefusedError(
                self._link.where,
                f"the server gave the entry the id {identifier.decode()}, which is beyond every position; it was removed again; "
                "check the server's clock",
            )
        try:
            self._link.run(scripts.NEXT_MILLISECOND, (log,), b"%d" % milliseconds)
        except StoreError:
            # The entry is stored, and reporting a failure would not be true. The next add tries again, half a million times.
            return


def _last_of(milliseconds: int) -> Position:
    """The last position of a millisecond."""
    return Position(min(MAX_POSITION, (milliseconds + 1 << SEQUENCE_BITS) - 1))
