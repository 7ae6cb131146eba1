"""Thirty processes add to one scope at once."""

from __future__ import annotations

import os
from typing import Any

import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.similarity_index.oracle import ALL, floats, payloads
from lixcore.testing.similarity_index.threads import check_newest_of_each
from lixcore_redis import RedisSimilarityIndex
from lixcore_redis.answers.similarity_keys import scope_keys

SESSION = SessionKey("one")
SCOPE, OTHER = Scope(SESSION), Scope(SESSION, url="other")
UP = [1.0, 0.0]
WRITERS, EACH = 30, 20
HEAD, RECORD = 40, 136


def start_writer(index: RedisSimilarityIndex, writer: int, capacity: int, gate: tuple[int, int]) -> int:
    """Fork a process that adds once the gate's writing end is closed; its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.close(gate[1])
        os.read(gate[0], 1)
        vector = floats([1.0, float(writer)])
        for number in range(EACH):
            index.add(SCOPE, IndexEntry(vector, b"%d:%d" % (writer, number)), ttl=300, capacity=capacity)
            if b"%d:%d" % (writer, number) not in payloads(index, SCOPE, UP) and capacity >= WRITERS * EACH:
                os._exit(2)
        status = 0
    finally:
        os._exit(status)


@pytest.mark.parametrize("capacity", [WRITERS * EACH, 50])
def test_thirty_processes_lose_nothing_and_never_pass_the_capacity(
    index: RedisSimilarityIndex, client: Any, capacity: int
) -> None:
    """What is left is what was added last: of each process its newest, and of all as many as the capacity allows."""
    index.add(OTHER, IndexEntry(floats(UP), b"of another scope"), ttl=300, capacity=capacity)
    gate = os.pipe()
    running = {start_writer(index, writer, capacity, gate) for writer in range(WRITERS)}
    os.close(gate[0])
    os.close(gate[1])
    seen, failed = 0, []
    keys = scope_keys("lix", SCOPE)
    while running:
        found = len(index.search(SCOPE, floats(UP), k=ALL, at_least=-1.0))
        assert seen <= found <= capacity, "nothing leaves before the scope is full"
        seen = found
        assert client.strlen(keys.strings[0]) <= HEAD + capacity * RECORD
        for child in sorted(running):  # by name: this process has other children, such as the server
            ended, status = os.waitpid(child, os.WNOHANG)
            running.discard(ended)
            if status:
                failed.append(status)
    assert failed == []
    check_newest_of_each(payloads(index, SCOPE, UP), WRITERS, EACH, capacity)
    assert set(client.keys("*:sem:*")) == {*keys.strings, *scope_keys("lix", OTHER).strings, keys.registry}
    assert payloads(index, OTHER, UP) == {b"of another scope"}
    assert index.measure(SESSION).entries == capacity + 1
