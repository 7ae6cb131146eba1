"""The way to the server: sends again what failed with its connection, such that nothing is carried out twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from time import sleep
from typing import Any, Final

from redis.exceptions import NoScriptError, ResponseError

from lixcore.errors import ClosedError, StoreBusyError, StoreError, StoreUnavailableError
from lixcore.ports.clock import Clock
from lixcore_redis.keys import run_key
from lixcore_redis.options import RedisServerOptions, destination
from lixcore_redis.scripts import Script
from lixcore_redis.transport.connection import connection_maker
from lixcore_redis.transport.exchange import Exchange, LostError, Tolerated
from lixcore_redis.transport.failures import store_error
from lixcore_redis.transport.incarnation import Incarnation
from lixcore_redis.transport.pool import ConnectionPool
from lixcore_redis.transport.server_clock import ServerClock
from lixcore_redis.transport.wire import command, seconds_of

FIRST_DELAY: Final = 0.05
"""Seconds before the first repetition, doubled for each further one, each shortened at random by up to a half."""

LONGEST_DELAY: Final = 0.4

MOST_KILLS: Final = 64
"""How many connections at most are ended with the first request to a server that is back."""


class Link:
    """The way to one database of a server, for all threads.

    Args:
        options: How to reach the server.
        clock: For time-outs.
        database: The logical database, unless the URL names one.
        what: What is kept there, for errors; such as "hot store".
        read_bytes: How much to read from a connection at once; None for redis-py's own choice.

    Attributes:
        where: The server's address, without a password.
        incarnation: What the connections met.
        server_clock: What is known of the server's clock.
    """

    def __init__(
        self, options: RedisServerOptions, clock: Clock, *, database: int, what: str, read_bytes: int | None = None
    ) -> None:
        goal = destination(options, database)
        if read_bytes is not None:
            goal.arguments["socket_read_size"] = read_bytes
        self.where = goal.where
        self._clock = clock
        self._retries = options.retries
        self._patience = options.socket_connect_timeout
        self.server_clock = ServerClock(clock)
        self.incarnation = Incarnation(run_key(options.key_prefix), self.server_clock)
        make = connection_maker(goal, self.incarnation)
        self._pool = ConnectionPool(
            make, size=options.pool_size, patience=self._patience, where=goal.where, what=what, clock=clock
        )
        self._exchange = Exchange(self._pool, goal.where)
        self._left_kills: list[bytes] = []  # connections with requests that were given up

    def call(
        self,
        request: bytes,
        count: int,
        *,
        writes: bool = True,
        repeat: Callable[[int], bytes] | None = None,
        otherwise: Callable[[], bytes] | None = None,
        first_may_be: tuple[type[Exception], ...] = (),
        all_may_be: tuple[type[Exception], ...] = (),
        flat: bool = False,
    ) -> list[Any]:
        """Send a request of one or more commands in one go and return its answers.

        Args:
            request: The packed commands.
            count: How many answers they get.
            writes: Whether a failure leaves open what is stored.
            repeat: Gives what to send once the request may have been carried out, for as many answers, when told the server's
                time before the first try, in milliseconds; None when the request itself may be sent again.
            otherwise: Gives what to send to a server that does not know the script that the request runs.
            first_may_be: Error answers to the first command that stand in the answers instead of being raised.
            all_may_be: The same for every command.
            flat: Whether items stand in the place of each array: many answers are read faster so.

        Raises:
            StoreError: No answer, or an error among the answers. Once a try may have been carried out, no later refusal says that
                it was not: ``outcome_unknown`` is true then, whatever the refusal is.
        """
        # No repetition starts later than this: an address that does not answer is reported within the connect time-out.
        began = self._clock.monotonic()
        latest = began + self._patience
        tolerated: Tolerated = (all_may_be,) * count if all_may_be else (first_may_be,)
        attempt = 0
        unknown = False
        kills = self._left_kills.copy()
        while True:
            try:
                if unknown and repeat:
                    request = repeat(self._server_time(kills, since=began))
                answers = self._guarded(kills, request, count, tolerated, flat=flat, otherwise=otherwise)
            except LostError as lost:
                attempt += 1
                if lost.sent and writes:
                    # What was sent may still lie unread at the server. Once its connection is ended, it cannot be carried out
                    # after the repetition. A user who may not end connections gets a refusal for it, and goes without.
                    kills += _kill_of(lost)
                    unknown = True
                if attempt > self._retries or self._clock.monotonic() >= latest:
                    self._leave(kills)
                    raise store_error(self.where, lost.error, outcome_unknown=unknown) from lost.error
            except (StoreError, ClosedError) as refusal:
                if not unknown:
                    raise
                self._leave(kills)
                raise _of_unknown_outcome(self.where, refusal) from refusal
            else:
                if self._left_kills:
                    self._no_longer_left(kills)
                return answers
            self._pool.forget_free()
            # Jitter, so that many processes do not come back in step.
            sleep(min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1)) * random.uniform(0.5, 1))  # noqa: S311

    def _leave(self, kills: Sequence[bytes]) -> None:
        """See that what is given up is not carried out behind what is sent next either."""
        self._left_kills.extend(kill for kill in kills[-MOST_KILLS:] if kill not in self._left_kills)

    def _no_longer_left(self, kills: Sequence[bytes]) -> None:
        for kill in kills:
            try:
                self._left_kills.remove(kill)
            except ValueError:  # another thread has seen to it
                continue

    def _server_time(self, kills: Sequence[bytes], *, since: float) -> int:
        """What the server's clock showed at an earlier instant of ours, or a little before that; 0 for a user who may not ask."""
        (time_now,) = self._guarded(kills, command(b"TIME"), 1, ((ResponseError,),))
        if isinstance(time_now, Exception):
            return 0
        return int((seconds_of(time_now) - (self._clock.monotonic() - since)) * 1000) - 1

    def run(self, script: Script, keys: tuple[bytes, ...], *arguments: bytes, writes: bool = True) -> Any:
        """Run a script that may be sent twice, and return its answer."""
        (answer,) = self.call(
            script.call(keys, *arguments), 1, writes=writes, otherwise=lambda: script.full_call(keys, *arguments)
        )
        return answer

    def refuse_if_closed(self) -> None:
        """Raise `ClosedError` after `close`: for what needs no request."""
        self._pool.refuse_if_closed()

    def close(self) -> None:
        """Close all connections; further calls raise `ClosedError`."""
        self._pool.close()

    def _guarded(
        self,
        kills: Sequence[bytes],
        request: bytes,
        count: int,
        tolerated: Tolerated,
        *,
        flat: bool = False,
        otherwise: Callable[[], bytes] | None = None,
    ) -> list[Any]:
        """The answers to a request that begins with ending connections; whether that succeeds does not matter."""
        if kills:
            every: Tolerated = (*([(ResponseError,)] * len(kills)), *tolerated)
            answers = self._exchange.ask(b"".join(kills) + request, len(kills) + count, every, flat=flat)[len(kills) :]
        else:
            answers = self._exchange.ask(request, count, tolerated, flat=flat)
        if otherwise is not None and isinstance(answers[-1], NoScriptError):  # a new server, or its scripts were flushed
            return self._guarded(kills, otherwise(), count, tolerated, flat=flat)
        return answers


def _kill_of(lost: LostError) -> list[bytes]:
    """The command that ends the connection of what was lost, where its number is known."""
    return [command(b"CLIENT", b"KILL", b"ID", b"%d" % lost.number)] if lost.number else []


def _of_unknown_outcome(where: str, refusal: StoreError | ClosedError) -> StoreUnavailableError:
    """That a repetition was refused, of a write that may have been carried out before."""
    reason = refusal.reason if isinstance(refusal, StoreError) else str(refusal)
    kind = StoreBusyError if isinstance(refusal, StoreBusyError) else StoreUnavailableError
    return kind(where, f"the answer was lost, and asking again was refused: {reason}", outcome_unknown=True)
