"""Answers are read as they were sent, however the network cuts them."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import InvalidResponse, ResponseError

from lixcore_redis.answer_parser import AnswerParser

TEXTS = st.binary(max_size=40) | st.binary(min_size=200, max_size=300) | st.sampled_from([b"\r\n", b"$3\r\n", b"-ERR x\r\n"])
ANSWERS = st.recursive(st.none() | st.integers(-(2**63), 2**63 - 1) | TEXTS, lambda one: st.lists(one, max_size=4), max_leaves=8)


def sent(answer: Any) -> bytes:
    if answer is None:
        return b"$-1\r\n"
    if isinstance(answer, int):
        return b":%d\r\n" % answer
    if isinstance(answer, bytes):
        return b"$%d\r\n%b\r\n" % (len(answer), answer)
    return b"*%d\r\n%b" % (len(answer), b"".join(map(sent, answer)))


class Wire:
    """Two sockets, with a parser at the one."""

    def __init__(self, *, at_once: int = 65536) -> None:
        self.theirs, ours = socket.socketpair()
        ours.settimeout(5)
        self.parser = AnswerParser(at_once)
        self.parser.on_connect(SimpleNamespace(_sock=ours, socket_timeout=5, encoder=None))
        self._ours = ours

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.theirs.close()
        self._ours.close()


@settings(max_examples=200, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=5), st.integers(1, 400))
def test_answers_come_as_they_were_sent(answers: list[Any], at_once: int) -> None:
    with Wire(at_once=at_once) as wire:
        wire.theirs.sendall(b"".join(map(sent, answers)))
        assert [wire.parser.read_response() for _ in answers] == answers
        assert not wire.parser.can_read(timeout=0)


def test_a_long_answer_in_many_pieces() -> None:
    answers = [bytes(range(256)) * 4096, b"", b"x"]
    with Wire(at_once=1000) as wire:
        thread = threading.Thread(target=wire.theirs.sendall, args=(b"".join(map(sent, answers)),))
        thread.start()
        assert [wire.parser.read_response() for _ in answers] == answers
        thread.join()


def test_errors_are_told_apart_from_answers() -> None:
    with Wire() as wire:
        wire.theirs.sendall(b"-ERR no\r\n+OK\r\n*2\r\n-WRONGTYPE x\r\n:1\r\n-ERR max number of clients reached\r\n")
        error = wire.parser.read_response()
        assert isinstance(error, ResponseError)
        assert str(error) == "no"
        assert wire.parser.read_response() == b"OK"
        inner, number = wire.parser.read_response()
        assert isinstance(inner, ResponseError)
        assert number == 1
        with pytest.raises(LostConnectionError):
            wire.parser.read_response()


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"$x\r\n", b":\r\n", b"*1x\r\n", b"+" + b"x" * 100_000]
)
def test_what_is_no_answer_is_refused(said: bytes) -> None:
    with Wire() as wire:
        wire.theirs.sendall(said)
        with pytest.raises(InvalidResponse):
            wire.parser.read_response()


@pytest.mark.parametrize("said", [b"", b":1", b"$10\r\nabc", b"*2\r\n:1\r\n"])
def test_an_end_in_the_middle_is_a_lost_connection(said: bytes) -> None:
    with Wire() as wire:
        wire.theirs.sendall(said)
        wire.theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(LostConnectionError, match="closed"):
            wire.parser.read_response()


def test_what_nobody_asked_for_is_seen() -> None:
    with Wire() as wire:
        assert not wire.parser.can_read(timeout=0)
        wire.theirs.sendall(b":1\r\n:2\r\n")
        assert wire.parser.read_response() == 1
        assert wire.parser.can_read(timeout=0)
