"""Removing everything below a prefix that was made to try an adapter with."""

from __future__ import annotations

from typing import Any, Final

import attrs

from lixcore.errors import StoreRefusedError
from lixcore.ports.clock import Clock
from lixcore_redis.keys import any_version_pattern
from lixcore_redis.options import RedisServerOptions
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command

KEYS_AT_ONCE: Final = 1000
"""About how many keys the server looks at in one step of a SCAN."""


def erase_keys(options: RedisServerOptions, clock: Clock, *, database: int) -> None:
    """Remove every key below the options' prefix.

    Raises:
        StoreRefusedError: It is the prefix that everybody has: somebody's data is below it.
        StoreError: The server failed; some keys may be left.
    """
    link = Link(options, clock, database=database, what="place to erase")
    if options.key_prefix == attrs.fields(RedisServerOptions).key_prefix.default:
        raise StoreRefusedError(link.where, f"keys below the usual prefix {options.key_prefix!r} are not erased; use another one")
    pattern = any_version_pattern(options.key_prefix)
    cursor: Any = b""
    try:
        while cursor != b"0":
            request = command(b"SCAN", cursor or b"0", b"MATCH", pattern, b"COUNT", b"%d" % KEYS_AT_ONCE)
            ((cursor, keys),) = link.call(request, 1, writes=False)
            if keys:
                link.call(b"".join(command(b"UNLINK", key) for key in keys), len(keys))
    finally:
        link.close()
