"""Which sessions are hot, longest idle first, over all buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.hot_store import SessionActivity
from lixcore_redis import scripts
from lixcore_redis.keys import BUCKETS, bucket_key, session_keys, session_of
from lixcore_redis.link import Link
from lixcore_redis.wire import command, number

CHECKED_AT_ONCE = 1000
"""How many sessions' streams are asked for in one request."""


def idle_sessions(link: Link, prefix: str, *, inactive_since: float | None, limit: int | None) -> Sequence[SessionActivity]:
    """`lixcore.ports.hot_store.HotStore.sessions`.

    A member without a stream can be left by something other than lixcore only, such as a server that throws keys away when its
    memory is full. It is removed; the search then begins again, because it may have taken a place within the limit.
    """
    while True:
        found = _active(link, prefix, inactive_since=inactive_since, limit=limit)
        strays = _without_stream(link, prefix, [activity.session for activity in found])
        if not strays:
            return found
        for session in strays:
            keys = session_keys(prefix, session)
            link.run(scripts.DROP_STRAY, (keys.log, keys.activity), keys.member)
        if limit is None or len(found) < limit:
            return [activity for activity in found if activity.session not in strays]


def _active(link: Link, prefix: str, *, inactive_since: float | None, limit: int | None) -> list[SessionActivity]:
    highest = b"+inf" if inactive_since is None else number(inactive_since)
    few = () if limit is None else (b"LIMIT", b"0", b"%d" % limit)
    request = b"".join(
        command(b"ZRANGEBYSCORE", bucket_key(prefix, bucket, "activity"), b"-inf", highest, b"WITHSCORES", *few)
        for bucket in range(BUCKETS)
    )
    answers: list[list[bytes]] = link.call(request, BUCKETS, writes=False)
    found = sorted((float(row[i + 1]), row[i]) for row in answers for i in range(0, len(row), 2))
    return [SessionActivity(_session(link, member), score) for score, member in found[:limit]]


def _session(link: Link, member: bytes) -> SessionKey:
    try:
        return session_of(member)
    except ValueError as error:  # InvalidInputError is one
        raise CorruptDataError(link.where, f"an activity set has the member {member!r}, which is no session: {error}") from error


def _without_stream(link: Link, prefix: str, sessions: Sequence[SessionKey]) -> set[SessionKey]:
    missing = set()
    for start in range(0, len(sessions), CHECKED_AT_ONCE):
        part = sessions[start : start + CHECKED_AT_ONCE]
        request = b"".join(session_keys(prefix, session).exists for session in part)
        answers: list[Any] = link.call(request, len(part), writes=False)
        missing |= {session for session, exists in zip(part, answers, strict=True) if not exists}
    return missing
