"""Sends requests and reads their answers; sends again what failed with its connection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final

from redis.exceptions import NoScriptError, RedisError, ResponseError

from lixcore.errors import StoreUnavailableError
from lixcore.ports.clock import Clock
from lixcore_redis.connection import connection_maker
from lixcore_redis.failures import is_transient, out_of_script, store_error
from lixcore_redis.options import RedisOptions, destination
from lixcore_redis.pool import ConnectionPool
from lixcore_redis.scripts import Script
from lixcore_redis.wire import command

FIRST_DELAY: Final = 0.05
"""Seconds before the first repetition, doubled for each further one, each shortened at random by up to a half."""

LONGEST_DELAY: Final = 0.4


class _LostError(Exception):
    """A request failed for a reason that may be over in a moment.

    Attributes:
        error: The reason, as redis-py's error.
        sent: Whether it, or a part of it, may have been carried out.
        number: What the server calls the connection that failed; None where no connection did.
    """

    def __init__(self, error: Exception, *, sent: bool = False, number: int | None = None) -> None:
        self.error = error
        self.sent = sent
        self.number = number


class Link:
    """The way to one server, for all threads.

    Attributes:
        where: The server's address, without a password.
    """

    def __init__(self, options: RedisOptions, clock: Clock) -> None:
        goal = destination(options)
        self.where = goal.where
        self._clock = clock
        self._retries = options.retries
        self._patience = options.socket_connect_timeout
        self._pool = ConnectionPool(connection_maker(goal), size=options.pool_size, patience=self._patience, where=goal.where)

    def call(
        self,
        request: bytes,
        count: int,
        *,
        writes: bool = True,
        repeat: Callable[[], bytes] | None = None,
        first_may_be: tuple[type[Exception], ...] = (),
    ) -> list[Any]:
        """Send a request of one or more commands in one go and return its answers.

        Args:
            request: The packed commands.
            count: How many answers they get.
            writes: Whether a failure leaves open what is stored.
            repeat: Gives what to send once the request may have been carried out, for as many answers; None when the request
                itself may be sent again.
            first_may_be: Error answers to the first command that stand in the answers instead of being raised.

        Raises:
            StoreError: No answer, or an error among the answers.
        """
        # No repetition starts later than this: an address that does not answer is reported within the connect time-out.
        latest = self._clock.monotonic() + self._patience
        attempt = 0
        unknown = False
        guard = b""
        while True:
            try:
                answers = self._once(guard + request, count + bool(guard), (ResponseError,) if guard else first_may_be)
            except _LostError as lost:
                attempt += 1
                unknown = unknown or (writes and lost.sent)
                if attempt > self._retries or self._clock.monotonic() >= latest:
                    raise store_error(self.where, lost.error, outcome_unknown=unknown) from lost.error
                if lost.sent and writes:
                    # What was sent may still lie unread at the server. Once its connection is ended, it cannot be carried out
                    # after the repetition. A user who may not end connections gets a refusal for it, and goes without.
                    guard = command(b"CLIENT", b"KILL", b"ID", b"%d" % lost.number) if lost.number else b""
                    request = repeat() if repeat else request
            else:
                return answers[1:] if guard else answers
            self._pool.forget_free()
            # Jitter, so that many processes do not come back in step.
            time.sleep(min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1)) * random.uniform(0.5, 1))  # noqa: S311

    def run(self, script: Script, keys: tuple[bytes, ...], *arguments: bytes, writes: bool = True) -> Any:
        """Run a script that may be sent twice, and return its answer."""
        (answer,) = self.call(script.call(keys, *arguments), 1, writes=writes)
        if isinstance(answer, NoScriptError):  # a new server, or its scripts were flushed
            (answer,) = self.call(script.full_call(keys, *arguments), 1, writes=writes)
        return answer

    def close(self) -> None:
        """Close all connections; further calls raise `ClosedError`."""
        self._pool.close()

    def _once(self, request: bytes, count: int, first_may_be: tuple[type[Exception], ...]) -> list[Any]:
        try:
            connection = self._pool.take()
        except RedisError as error:
            if is_transient(error):
                raise _LostError(error) from error
            raise store_error(self.where, error) from error
        except UnicodeError as error:  # a host name that cannot be one
            raise StoreUnavailableError(self.where, f"the host name cannot be looked up: {error}") from error
        answers: list[Any] = []
        failed = False
        try:
            connection.send([request])
            read = connection.read
            for _ in range(count):
                try:
                    answers.append(read())
                except ResponseError as error:  # the answers behind it must be read all the same
                    failed = True
                    answers.append(out_of_script(error))
        except RedisError as error:
            self._pool.drop(connection)
            if is_transient(error):
                raise _LostError(error, sent=True, number=connection.number) from error
            raise store_error(self.where, error) from error
        except BaseException:  # an interrupt: answers may be under way, so nobody may use it again
            self._pool.drop(connection)
            raise
        self._pool.give(connection)
        if failed:
            self._judge(answers, first_may_be)
        return answers

    def _judge(self, answers: list[Any], first_may_be: tuple[type[Exception], ...]) -> None:
        for index, answer in enumerate(answers):
            if not isinstance(answer, Exception) or isinstance(answer, NoScriptError):
                continue
            if index == 0 and isinstance(answer, first_may_be):
                continue
            if is_transient(answer):
                carried_out = any(not isinstance(other, Exception) for other in answers)
                raise _LostError(answer, sent=carried_out)
            raise store_error(self.where, answer) from answer
