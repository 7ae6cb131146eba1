"""How the options are read."""

from __future__ import annotations

from typing import Any

import pytest

from lixcore.errors import InvalidConfigError
from lixcore_redis import RedisHotStore, RedisOptions
from lixcore_redis.options import destination
from settable_clock import SettableClock


@pytest.mark.parametrize(
    ("options", "where", "arguments"),
    [
        ({}, "redis://localhost:6379/2", {"host": "localhost", "port": 6379, "db": 2, "username": None, "password": None}),
        ({"session_db": 0, "host": "::1"}, "redis://[::1]:6379/0", {"host": "::1", "db": 0}),
        ({"url": "redis://h"}, "redis://h:6379/2", {"host": "h", "port": 6379, "db": 2}),
        ({"url": "redis://h/0", "session_db": 5}, "redis://h:6379/0", {"db": 0}),
        ({"url": "redis://h:1/7?db=9"}, "redis://h:1/9", {"db": 9}),
        ({"url": "redis://u:p%40%2F%3A@h:1"}, "redis://h:1/2", {"username": "u", "password": "p@/:"}),
        ({"url": "redis://h", "username": "u", "password": "p"}, "redis://h:6379/2", {"username": "u", "password": "p"}),
        ({"url": "redis://:p@h", "password": "other"}, "redis://h:6379/2", {"password": "p"}),
        ({"url": "rediss://h?ssl_ca_certs=/ca.pem"}, "rediss://h:6379/2", {"ssl_ca_certs": "/ca.pem"}),
        (
            {"url": "unix:///run/redis.sock?db=3&password=p"},
            "unix:///run/redis.sock?db=3",
            {"path": "/run/redis.sock", "password": "p"},
        ),
    ],
)
def test_where_options_lead(options: dict[str, Any], where: str, arguments: dict[str, Any]) -> None:
    goal = destination(RedisOptions(**options), RedisOptions(**options).session_db)
    assert goal.where == where
    assert {name: goal.arguments[name] for name in arguments} == arguments


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": "http://u:s3cret@h"}, "must begin with redis://"),
        ({"url": "redis://u:s3cret@h:port"}, "cannot be read as a URL"),
        ({"url": "redis://u:s3cret@[h"}, "cannot be read as a URL"),
        ({"url": "redis://:s3cret#more@h"}, "cannot be read|has a '#'"),
        ({"url": "redis://u:s3cret@h/sessions"}, "database that is not a number"),
        ({"url": "redis://u:s3cret@h?decode_responses=True"}, "'decode_responses'"),
        ({"url": "redis://u:s3cret@h?ssl_ca_certs=x"}, "'ssl_ca_certs'"),
        ({"url": "unix://"}, "names no socket file"),
        ({"url": "rediss://h?ssl_cert_reqs=perhaps"}, "ssl_cert_reqs|Invalid SSL"),
        ({"key_prefix": "a{b}"}, "brace"),
        ({"key_prefix": ""}, "1 to 256 bytes"),
        ({"key_prefix": "a\nb"}, "printable"),
    ],
)
def test_options_that_cannot_be_used(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidConfigError, match=says) as caught:
        RedisHotStore(RedisOptions(**options), SettableClock())
    assert "s3cret" not in str(caught.value)
    assert "redis_" in caught.value.problems[0]


def test_secrets_are_not_in_the_repr() -> None:
    options = RedisOptions(url="redis://:s3cret@h", password="s3cret")  # noqa: S106
    assert "s3cret" not in repr(options)
    assert "s3cret" not in repr(destination(options, 0))
