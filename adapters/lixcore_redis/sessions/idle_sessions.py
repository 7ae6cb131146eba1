"""Which sessions are hot, longest idle first, over all buckets."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final

from lixcore.ports.hot_store import SessionActivity
from lixcore_redis import scripts
from lixcore_redis.keys import BUCKETS, bucket_key, log_key, member_session, session_keys
from lixcore_redis.transport.failures import WrongTypeError
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command, number

CHECKED_AT_ONCE: Final = 1000
"""How many sessions' streams are asked for in one request."""

WARNED_AT_MOST: Final = 1000

_log = logging.getLogger("lixcore.redis")


class IdleSessions:
    """`lixcore.ports.hot_store.HotStore.sessions`.

    What another program wrote is left out, with one warning for each: it is no session, and must not keep the others from being
    found. A member without a stream can be left by something other than lixcore only, such as a server that throws keys away
    when its memory is full; it is removed.
    """

    def __init__(self, link: Link, prefix: str) -> None:
        self._link = link
        self._prefix = prefix
        self._warned: set[bytes] = set()

    def find(self, *, inactive_since: float | None, limit: int | None) -> Sequence[SessionActivity]:
        """Hot sessions, longest idle first, as the port says."""
        room = limit
        while True:
            members = self._active(inactive_since=inactive_since, limit=room)
            found = self._hot(members)
            if limit is None or room is None or len(found) >= limit or len(members) < room:
                return found[:limit]
            room += len(members) - len(found)  # what is no session took places of others

    def _active(self, *, inactive_since: float | None, limit: int | None) -> list[tuple[float, bytes, int]]:
        """Score, member and bucket of the longest idle members."""
        highest = b"+inf" if inactive_since is None else number(inactive_since)
        few = () if limit is None else (b"LIMIT", b"0", b"%d" % limit)
        keys = [bucket_key(self._prefix, bucket, "activity") for bucket in range(BUCKETS)]
        request = b"".join(command(b"ZRANGEBYSCORE", key, b"-inf", highest, b"WITHSCORES", *few) for key in keys)
        answers: list[Any] = self._link.call(request, BUCKETS, writes=False, all_may_be=(WrongTypeError,))
        found: list[tuple[float, bytes, int]] = []
        for bucket, row in enumerate(answers):
            if not isinstance(row, Exception):
                found.extend((float(row[i + 1]), row[i], bucket) for i in range(0, len(row), 2))
            else:
                self._warn(keys[bucket], "is no sorted set: sessions of its bucket cannot be listed")
        found.sort()
        return found[:limit]

    def _hot(self, members: Sequence[tuple[float, bytes, int]]) -> list[SessionActivity]:
        """Those of the members that are sessions, and hot."""
        hot = []
        for start in range(0, len(members), CHECKED_AT_ONCE):
            part = list(self._sessions(members[start : start + CHECKED_AT_ONCE]))
            request = b"".join(command(b"TYPE", log) for log, _ in part)
            kinds = self._link.call(request, len(part), writes=False) if part else []
            for (log, activity), kind in zip(part, kinds, strict=True):
                if kind == b"stream":
                    hot.append(activity)
                elif kind == b"none":
                    keys = session_keys(self._prefix, activity.session)
                    self._link.run(scripts.STRAY, (keys.log, keys.activity), keys.member, b"1")
                else:
                    self._warn(log, f"is a {kind.decode()} and no stream: another program uses it")
        return hot

    def _sessions(self, members: Sequence[tuple[float, bytes, int]]) -> Iterator[tuple[bytes, SessionActivity]]:
        """With the keys of their streams."""
        for score, member, bucket in members:
            try:
                session = member_session(member, bucket)
            except ValueError as error:  # InvalidInputError is one
                key = bucket_key(self._prefix, bucket, "activity")
                self._warn(key, f"has the member {member[:256]!r}, which is no session of lixcore: {error}")
            else:
                yield log_key(self._prefix, bucket, member), SessionActivity(session, score)

    def _warn(self, key: bytes, fact: str) -> None:
        sign = key + fact.encode()
        if sign in self._warned or len(self._warned) >= WARNED_AT_MOST:
            return
        self._warned.add(sign)
        _log.warning("%s: the key %s %s", self._link.where, key.decode(), fact)
