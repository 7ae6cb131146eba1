"""What this user may not do, found out by commands that change nothing."""

from __future__ import annotations

from typing import Final

from redis.exceptions import NoPermissionError, ResponseError

from lixcore_redis.keys import bucket_key
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command

# On a key that is never there: each is refused for want of the right, or finds nothing to do.
_NEEDED: Final = (
    ("ZADD", b"XX", b"0", b"none"),
    ("XADD", b"NOMKSTREAM", b"*", b"none", b"none"),
    ("XLEN",),
    ("XREVRANGE", b"+", b"-", b"COUNT", b"1"),
    ("XRANGE", b"-", b"+", b"COUNT", b"1"),
    ("EXISTS",),
    ("TYPE",),
    ("GET",),
    ("SET", b"none", b"XX"),
    ("DEL",),
    ("XTRIM", b"MAXLEN", b"0"),
    ("XDEL", b"0-1"),
    ("XSETID", b"0-1"),
    ("ZREM", b"none"),
    ("ZSCORE", b"none"),
    ("ZRANGEBYSCORE", b"0", b"0"),
)
_NEEDED_PARTS: Final = (("XINFO", "STREAM"), ("XGROUP", "DESTROY"), ("MEMORY", "USAGE"))
"""Commands whose key stands behind a second word."""

_WITHOUT: Final = {
    "INFO": "restarts of the server go unnoticed, and little can be diagnosed",
    "TIME": "an add whose answer got lost may be reported as unknown without need, and retention cannot compare clocks",
    "CLIENT ID": "a request that got lost may still be carried out late",
    "SCAN": "lix verify cannot find sessions that are not listed",
}
"""What can be gone without, and what it costs."""


def missing_rights(link: Link, prefix: str) -> tuple[list[str], list[str]]:
    """The commands that are needed and refused, and what the lack of others costs, a sentence for each.

    Raises:
        StoreError: The server gave no answer.
    """
    key = bucket_key(prefix, 0, "diagnosis")
    needed = {name: command(name.encode(), key, *rest) for name, *rest in _NEEDED}
    for name, part in _NEEDED_PARTS:
        group = (b"none",) if name == "XGROUP" else ()
        needed[f"{name} {part}"] = command(name.encode(), part.encode(), key, *group)
    needed["EVAL"] = command(b"EVAL", b"return 1", b"1", key)
    needed["EVALSHA"] = command(b"EVALSHA", b"0" * 40, b"1", key)
    optional = {
        "INFO": command(b"INFO", b"server"),
        "TIME": command(b"TIME"),
        "CLIENT ID": command(b"CLIENT", b"ID"),
        "SCAN": command(b"SCAN", b"0", b"COUNT", b"1"),
    }
    every = {**needed, **optional}
    answers = link.call(b"".join(every.values()), len(every), writes=False, all_may_be=(ResponseError,))
    refused = {name for name, answer in zip(every, answers, strict=True) if isinstance(answer, NoPermissionError)}
    return [name for name in needed if name in refused], [
        f"without {name}, {cost}" for name, cost in _WITHOUT.items() if name in refused
    ]
