"""Reading many answers at once, straight from the socket.

redis-py's parser takes some microseconds for each answer, longer than the server does. Here strings of the same length that
follow one another, as embeddings by one model do, are cut out of what was received after one comparison each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from redis.connection import DefaultParser
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import InvalidResponse, ResponseError
from redis.exceptions import TimeoutError as LateError

RECEIVED_AT_ONCE: Final = 128 * 1024 - 64
"""How many bytes are asked of the socket at once; still a small piece for the allocator."""

LONGEST_LINE: Final = 64 * 1024
"""How many bytes a line may have, which is a length or an error."""

_END: Final = b"\r\n"

_error_of: Final[Callable[[str], Exception]] = DefaultParser.parse_error

FlatAnswer = bytes | int | ResponseError | None


def read_flat(receive: Callable[[int], bytes], count: int) -> tuple[list[FlatAnswer], bool]:
    """The next answers, and whether there is an error among them. In the place of an array stand its items.

    Args:
        receive: Gives up to so many bytes as soon as there are any, and none when the server has ended the connection.
        count: How many answers there are; nothing was asked behind them.

    Raises:
        redis.exceptions.RedisError: They cannot be read to their end: the connection is of no more use.
    """
    found: list[FlatAnswer] = []
    failed = False
    data, at = b"", 0
    # Of the string that came last: its first line, the length of that, where its bytes end, and where what follows begins.
    line, start, stop, span = _END, 0, 0, 1
    while len(found) < count:
        if data.startswith(line, at) and at + span <= len(data):
            found.append(data[at + start : at + stop])
            at += span
            continue
        end = data.find(_END, at)
        if end < 0:
            if len(data) - at > LONGEST_LINE:
                raise InvalidResponse("an answer has a line without an end")
            data, at = data[at:] + _received(receive), 0
            continue
        kind, text = data[at : at + 1], data[at + 1 : end]
        if kind == b"$" and text.isdigit():
            line, start = data[at : end + 2], end + 2 - at
            stop = start + int(text)
            span = stop + len(_END)
            if at + span > len(data):
                data, at = _filled(receive, data[at:], span), 0
            continue
        at = end + 2
        if kind == b"*" and text.isdigit():
            count += int(text) - 1
        else:
            answer = _plain(kind, text)
            failed = failed or isinstance(answer, ResponseError)
            found.append(answer)
    if at != len(data):
        raise InvalidResponse(f"{len(data) - at:,} bytes came behind the last answer")
    return found, failed


def _received(receive: Callable[[int], bytes]) -> bytes:
    """What comes next, with the errors that redis-py would raise."""
    try:
        data = receive(RECEIVED_AT_ONCE)
    except TimeoutError:
        raise LateError("Timeout reading from socket") from None
    except OSError as error:
        raise LostConnectionError(f"Error while reading from socket: {error}") from error
    if not data:
        raise LostConnectionError("Connection closed by server.")
    return data


def _filled(receive: Callable[[int], bytes], data: bytes, size: int) -> bytes:
    """The same data, and more behind it until there are so many bytes or more."""
    pieces, there = [data], len(data)
    while there < size:
        pieces.append(_received(receive))
        there += len(pieces[-1])
    return b"".join(pieces)


def _plain(kind: bytes, text: bytes) -> FlatAnswer:
    """The answer that is one line."""
    if kind == b"+":
        return text
    if kind == b"-":
        error = _error_of(text.decode("utf-8", errors="replace"))
        if not isinstance(error, ResponseError):  # it ends the connection: redis-py's parser raises it as well
            raise error
        return error
    if kind == b":" and text.removeprefix(b"-").isdigit():
        return int(text)
    if kind in {b"$", b"*"} and text == b"-1":
        return None
    raise InvalidResponse(f"an answer begins with {kind + text[:100]!r}")
