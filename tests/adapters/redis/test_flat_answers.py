"""Answers that are read many at once: whatever they are, and however they arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis.exceptions as theirs
from hypothesis import given
from hypothesis import strategies as st

from lixcore_redis.transport.flat_answers import LONGEST_LINE, read_flat

LINES = st.text("abc $*-:1", max_size=5).map(str.encode)
PLAIN = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"x" * 7, b"y" * 7, b"\r\n" * 3, b"$7\r\n123"]),
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    LINES.map(lambda line: ("+", line)),
    LINES.map(lambda line: ("-", b"WRONGTYPE " + line)),
)
ANSWERS = st.lists(st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4), max_leaves=12), max_size=12)


def packed(answer: Any) -> bytes:
    """As the protocol's description has it."""
    match answer:
        case None:
            return b"$-1\r\n"
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(answer), answer)
        case int():
            return b":%d\r\n" % answer
        case (str(sign), bytes(line)):
            return sign.encode() + line + b"\r\n"
        case _:
            return b"*%d\r\n%b" % (len(answer), b"".join(map(packed, answer)))


def packed_all(answers: list[Any]) -> bytes:
    return b"".join(packed(answer) for answer in answers)


def flat(answers: list[Any]) -> list[Any]:
    found = []
    for answer in answers:
        found += flat(answer) if isinstance(answer, list) else [answer]
    return found


def arriving(data: bytes, sizes: list[int]) -> Callable[[int], bytes]:
    """Gives data in pieces of these sizes, and the rest at once; then the connection has ended."""
    rest = [data, *reversed(sizes)]

    def receive(most: int) -> bytes:
        size = min(most, int(rest.pop())) if len(rest) > 1 else most  # type: ignore[call-overload]  # sizes stand behind the data
        piece, rest[0] = rest[0][:size], rest[0][size:]  # type: ignore[index]  # the data stands first
        return bytes(piece)

    return receive


@given(ANSWERS, st.lists(st.integers(1, 30)))
def test_answers_are_what_was_sent_with_the_items_of_arrays_in_their_place(answers: list[Any], sizes: list[int]) -> None:
    found, failed = read_flat(arriving(packed_all(answers), sizes), len(answers))
    expected = flat(answers)
    assert len(found) == len(expected)
    for one, sent in zip(found, expected, strict=True):
        if isinstance(sent, tuple) and sent[0] == "-":
            assert isinstance(one, theirs.ResponseError)
            assert str(one) == sent[1].decode()
        else:
            assert one == (sent[1] if isinstance(sent, tuple) else sent)
    assert failed == any(isinstance(sent, tuple) and sent[0] == "-" for sent in expected)


@pytest.mark.parametrize("length", [0, 1, 1596, 300_000])
@pytest.mark.parametrize("size", [1000, 65_536, 1 << 20])
def test_strings_of_one_length(length: int, size: int) -> None:
    """Also those whose bytes look like the beginning of the next one."""
    strings: list[Any] = [bytes([65 + number]) * length for number in range(20)]
    strings[7] = (packed(b"x" * length) * 2)[:length]
    assert read_flat(arriving(packed_all(strings), [size] * 9000), 20) == (strings, False)


@given(ANSWERS.filter(bool), st.data())
def test_a_connection_that_ends_too_early_is_noticed(answers: list[Any], data: st.DataObject) -> None:
    whole = packed_all(answers)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(theirs.ConnectionError, match="closed"):
        read_flat(arriving(whole[:cut], []), len(answers))


@pytest.mark.parametrize(
    "garbage", [b"HTTP/1.1 400\r\n", b"$x\r\n", b"$-2\r\n", b"*-2\r\n", b":1x\r\n", b"$ 1\r\na\r\n", b"\r\n"]
)
def test_what_is_no_answer_is_refused(garbage: bytes) -> None:
    with pytest.raises(theirs.InvalidResponse):
        read_flat(arriving(b"$1\r\na\r\n" + garbage, []), 2)


def test_what_nobody_asked_for_is_refused() -> None:
    """The next request on the connection would take it for its answer."""
    with pytest.raises(theirs.InvalidResponse, match="4 bytes"):
        read_flat(arriving(b"$1\r\na\r\n:12\r", []), 1)


def test_a_line_that_does_not_end_is_refused_before_it_fills_the_memory() -> None:
    endless = iter([b"-ERR ", *[b"x" * 1000] * (LONGEST_LINE // 1000 + 2)])
    with pytest.raises(theirs.InvalidResponse, match="without an end"):
        read_flat(lambda _: next(endless), 1)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (TimeoutError(), theirs.TimeoutError),
        (ConnectionResetError("gone"), theirs.ConnectionError),
        (OSError(), theirs.ConnectionError),
    ],
)
def test_trouble_of_the_socket_is_told_as_redis_py_tells_it(trouble: OSError, kind: type[Exception]) -> None:
    def receive(_: int) -> bytes:
        raise trouble

    with pytest.raises(kind):
        read_flat(receive, 1)


def test_an_error_that_ends_the_connection_is_raised_at_once() -> None:
    with pytest.raises(theirs.BusyLoadingError):
        read_flat(arriving(b"+OK\r\n-LOADING Redis is loading the dataset in memory\r\n", []), 3)
