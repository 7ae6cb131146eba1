"""What all tests may use. Classes and functions to import are in ``tests/support``, which is on the import path."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from redis_process import RedisProcess
from shares import is_thorough, without_the_rest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to ``tox -e thorough`` what takes long and is much of a kind; not where single cases are asked for."""
    if is_thorough() or any("::" in argument for argument in config.args):
        return
    items[:], left = without_the_rest(items)
    if left:
        config.hook.pytest_deselected(items=left)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisProcess]:
    """A real redis-server, shared by all tests of this process; those that stop or configure one start their own."""
    with RedisProcess() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisProcess) -> str:
    """The URL of an empty database of a real redis-server."""
    with redis.Redis(host=redis_server.host, port=redis_server.port) as client:
        client.flushall()
    return redis_server.url(db=2)
