"""One request and its answers, over one connection of the pool: what is final is told apart from what may be over in a moment."""

from __future__ import annotations

from typing import Any

from redis.exceptions import NoScriptError, ReadOnlyError, RedisError, ResponseError

from lixcore.errors import StoreUnavailableError
from lixcore_redis.transport.connection import Connection
from lixcore_redis.transport.failures import is_transient, store_error, told_apart
from lixcore_redis.transport.pool import ConnectionPool

Tolerated = tuple[tuple[type[Exception], ...], ...]
"""For each of the first answers, the errors that stand among the answers instead of being raised."""


class LostError(Exception):
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


class Exchange:
    """Asks the server once.

    Attributes:
        where: The server's address, without a password.
    """

    def __init__(self, pool: ConnectionPool, where: str) -> None:
        self._pool = pool
        self.where = where

    def ask(self, request: bytes, count: int, tolerated: Tolerated, *, flat: bool = False) -> list[Any]:
        """Send a request in one go and return its ``count`` answers; in the place of arrays their items, if ``flat``.

        Raises:
            LostError: It failed for a reason that may be over in a moment.
            StoreError: It failed for good.
        """
        try:
            connection = self._pool.take()
        except RedisError as error:
            if is_transient(error):
                raise LostError(error) from error
            raise store_error(self.where, error) from error
        except UnicodeError as error:  # a host name that cannot be one
            raise StoreUnavailableError(self.where, f"the host name cannot be looked up: {error}") from error
        try:
            connection.send([request])
            answers, failed = connection.read_flat(count) if flat else _read(connection, count)
        except RedisError as error:
            self._pool.drop(connection)
            if is_transient(error):
                raise LostError(error, sent=True, number=connection.number) from error
            raise store_error(self.where, error) from error
        except BaseException:  # an interrupt: answers may be under way, so nobody may use it again
            self._pool.drop(connection)
            raise
        if not failed:
            self._pool.give(connection)
            return answers
        answers = [told_apart(each) if isinstance(each, ResponseError) else each for each in answers]
        if any(isinstance(answer, ReadOnlyError) for answer in answers):
            self._pool.drop(connection)  # a failover made a replica of it: the address may lead to another server by now
            self._pool.forget_free()
        else:
            self._pool.give(connection)
        return self._judged(answers, tolerated)

    def _judged(self, answers: list[Any], tolerated: Tolerated) -> list[Any]:
        for index, answer in enumerate(answers):
            if not isinstance(answer, Exception) or isinstance(answer, NoScriptError):
                continue
            if index < len(tolerated) and isinstance(answer, tolerated[index]):
                continue
            if is_transient(answer):
                carried_out = any(not isinstance(other, Exception) for other in answers)
                raise LostError(answer, sent=carried_out)
            raise store_error(self.where, answer) from answer
        return answers


def _read(connection: Connection, count: int) -> tuple[list[Any], bool]:
    """So many answers, errors among them, and whether there are any."""
    answers: list[Any] = []
    failed = False
    read = connection.read
    for _ in range(count):
        try:
            answers.append(read())
        except ResponseError as error:  # the answers behind it must be read all the same
            failed = True
            answers.append(error)
    return answers, failed
