"""Answers that a real server gives too rarely to wait for, from one that says what it is told to say."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreFullError, StoreRefusedError, StoreUnavailableError
from lixcore.ports.hot_store import Appended
from lixcore_redis import RedisHotStore

OOM = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"
LOADING = b"-LOADING Redis is loading the dataset in memory\r\n"
OLD = b"-ERR Invalid stream ID specified as stream command argument\r\n"
BUSY = b"-BUSY Redis is busy running a script.\r\n"
FORBIDDEN = b"-NOPERM this user has no permissions to run the command\r\n"
HANGS_UP = b""
STORED = b"$3\r\n7-1\r\n"


class CannedServer:
    """Answers what belongs to logging in, and each other request with the next of `answers`; then the connection ends.

    What a new connection asks about the server gets the next of `greetings`, or a refusal.
    """

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.requests: list[bytes] = []
        self.greetings: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client:
                    while data := client.recv(1 << 20):
                        if b"SETINFO" in data or b"SELECT" in data:
                            client.sendall(b"+OK\r\n")
                        elif b"CLIENT\r\n$2\r\nID" in data:
                            client.sendall(b":17\r\n" + (self.greetings.pop(0) if self.greetings else FORBIDDEN * 3))
                        elif b"$4\r\nTIME" in data:
                            client.sendall(b":0\r\n" * data.count(b"KILL") + b"*2\r\n$1\r\n9\r\n$1\r\n0\r\n")
                        else:
                            self.requests.append(data)
                            answer = self.answers.pop(0) if self.answers else HANGS_UP
                            if answer == HANGS_UP:
                                break
                            client.sendall(answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)


@pytest.fixture
def canned() -> Iterator[CannedServer]:
    server = CannedServer()
    yield server
    server.close()


@pytest.fixture
def canned_store(open_store: Callable[..., RedisHotStore], canned: CannedServer) -> Iterator[RedisHotStore]:
    store = open_store(host="127.0.0.1", port=canned.port, retries=1)
    yield store
    store.close()


def test_what_decides_about_an_append_is_the_entry(
    canned: CannedServer, canned_store: RedisHotStore, session: SessionKey
) -> None:
    canned.answers = [OOM + STORED + b":1\r\n", b":0\r\n" + OOM + b":1\r\n"]
    assert canned_store.append(session, 1.0, b"x") == Appended(Position(7 * 2**20 + 1), 1)
    with pytest.raises(StoreFullError):
        canned_store.append(session, 1.0, b"x")


def test_a_loading_server_is_asked_again(canned: CannedServer, canned_store: RedisHotStore, session: SessionKey) -> None:
    canned.answers = [LOADING * 3, b":0\r\n" * 2 + STORED + b":1\r\n"]
    assert canned_store.append(session, 1.0, b"x") is not None
    canned.answers = [LOADING * 3, LOADING * 4]
    with pytest.raises(StoreUnavailableError, match="loading"):
        canned_store.append(session, 1.0, b"x")


@pytest.mark.parametrize("answer", [LOADING, BUSY])
def test_a_connection_is_used_only_when_the_server_said_what_it_is(
    canned: CannedServer, canned_store: RedisHotStore, session: SessionKey, answer: bytes
) -> None:
    """It may be loading an older snapshot."""
    info = b"$36\r\nrun_id:abc\r\nmaster_replid:def\r\nx:y\r\n\r\n"
    canned.greetings = [info * 2 + answer, info * 2 + b"$-1\r\n"]
    canned.answers = [b":0\r\n" + STORED + b":1\r\n"]
    assert canned_store.append(session, 1.0, b"x") is not None
    assert canned_store.lapse == "abc.def"
    assert len(canned.requests) == 1
    assert canned.greetings == []


def test_a_busy_server_is_asked_again(canned: CannedServer, canned_store: RedisHotStore, session: SessionKey) -> None:
    canned.answers = [BUSY * 3, b":0\r\n" + STORED + b":1\r\n"]
    assert canned_store.append(session, 1.0, b"x") is not None
    first, second = canned.requests
    assert first == second, "nothing was carried out, so there is nothing to look for"
    canned.answers = [BUSY * 3, BUSY * 3]
    with pytest.raises(StoreUnavailableError) as caught:
        canned_store.append(session, 1.0, b"x")
    assert not caught.value.outcome_unknown


def test_a_part_that_was_carried_out_is_looked_for(
    canned: CannedServer, canned_store: RedisHotStore, session: SessionKey
) -> None:
    canned.answers = [BUSY + STORED + b":1\r\n", b":0\r\n" + STORED + b":1\r\n"]
    assert canned_store.append(session, 1.0, b"x") is not None
    assert b"EVAL" in canned.requests[1]


def test_a_lost_connection_is_ended_at_the_server_first(
    canned: CannedServer, canned_store: RedisHotStore, session: SessionKey
) -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        canned_store.append(session, 1.0, b"x")
    assert caught.value.outcome_unknown
    assert len(canned.requests) == 2
    assert canned.requests[1].startswith(b"*4\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$2\r\nID\r\n$2\r\n17\r\n")


def test_a_server_older_than_6_2_is_refused(canned: CannedServer, canned_store: RedisHotStore, session: SessionKey) -> None:
    canned.answers = [b":0\r\n" + OLD + b":0\r\n"]
    with pytest.raises(StoreRefusedError, match=r"6\.2"):
        canned_store.append(session, 1.0, b"x")


def test_another_kind_of_server_is_refused(canned: CannedServer, canned_store: RedisHotStore, session: SessionKey) -> None:
    canned.answers = [b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    with pytest.raises(StoreRefusedError, match="not a Redis or Valkey server"):
        canned_store.append(session, 1.0, b"x")


def test_an_entry_taken_at_the_brink_of_memory_is_no_failure_when_asked_for_again(
    canned: CannedServer, canned_store: RedisHotStore, session: SessionKey
) -> None:
    """The end of the lost connection is the first answer then, and the activity's refusal the second."""
    canned.answers = [HANGS_UP, b":1\r\n" + OOM + STORED + b":1\r\n"]
    assert canned_store.append(session, 1.0, b"x") == Appended(Position(7 * 2**20 + 1), 1)
