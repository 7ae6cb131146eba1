"""The keys of a session.

::

    {prefix}:1:{BB}:log:<tenant>/<id>   stream      its entries
    {prefix}:1:{BB}:activity            sorted set  <tenant>/<id> of the hot sessions, by last activity
    {prefix}:1:{BB}:epoch               string      changes whenever a session of the bucket becomes absent
    {prefix}:1:lease:<name>             string      who has the lease; expires with it
    {prefix}:1:run                      string      the server's incarnation that was last compared with the archive

``1`` is the version of the layout. ``{BB}``, two hexadecimal digits with the braces around them, is the session's bucket, the
first byte of its digest. The braces make it the hash tag: all keys of a session are on one node of a cluster, so that scripts
may touch them together. Tenant and id are percent-encoded: reversible, readable, and nothing in them can break out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

import attrs

from lixcore.domain.session import SessionKey
from lixcore_redis.transport.wire import bulk, command

VERSION: Final = 1
BUCKETS: Final = 256

CACHED_SESSIONS: Final = 2048
"""How many sessions' keys a process keeps ready, of ids that are not oversized: about 2 MB."""

CACHED_CHARACTERS: Final = 256


@attrs.frozen
class SessionKeys:
    """The keys of one session, and requests as far as they are the same every time.

    Attributes:
        log: The key of the stream.
        activity: The key of the bucket's sorted set.
        epoch: The key of the bucket's epoch.
        member: What stands for the session in the sorted set.
        touch: ``ZADD activity XX`` up to the score. XX, so that a message to an absent session leaves no trace of it.
        add: The member and ``XADD log NOMKSTREAM *`` up to the sixteen bytes of the field.
        length: ``XLEN log``.
        newest: The member and ``XREVRANGE log + - COUNT`` up to the count.
        exists: ``EXISTS log``.
    """

    log: bytes
    activity: bytes
    epoch: bytes
    member: bytes
    touch: bytes
    add: bytes
    length: bytes
    newest: bytes
    exists: bytes


def bucket_key(prefix: str, bucket: int, name: str) -> bytes:
    """A key that belongs to a whole bucket."""
    return f"{prefix}:{VERSION}:{{{bucket:02x}}}:{name}".encode()


def lease_key(prefix: str, name: str) -> bytes:
    """The key of a lease; the name is data, and may be any text."""
    return f"{prefix}:{VERSION}:lease:{quote(name, safe='', errors='surrogatepass')}".encode()


def any_version_pattern(prefix: str) -> bytes:
    """What SCAN finds all keys under a prefix with: a prefix is data, so what is special in a pattern is escaped."""
    return re.sub(r"[][*?\\^-]", r"\\\g<0>", prefix).encode() + b":*"


def bucket_pattern(prefix: str) -> bytes:
    """What SCAN finds the keys of all buckets with."""
    return any_version_pattern(prefix)[:-1] + b"%d:{*" % VERSION


def run_key(prefix: str) -> bytes:
    """The key that says which incarnation of the server was settled."""
    return f"{prefix}:{VERSION}:run".encode()


def log_key(prefix: str, bucket: int, member: bytes) -> bytes:
    """The key of a session's stream."""
    return bucket_key(prefix, bucket, "log:") + member


def member_of(session: SessionKey) -> bytes:
    """What stands for a session in the sorted set of its bucket."""
    return f"{quote(session.tenant, safe='')}/{quote(session.id, safe='')}".encode("ascii")


def session_keys(prefix: str, session: SessionKey) -> SessionKeys:
    """The keys of a session."""
    bucket = session.digest[0]
    member = member_of(session)
    log = log_key(prefix, bucket, member)
    activity = bucket_key(prefix, bucket, "activity")
    return SessionKeys(
        log=log,
        activity=activity,
        epoch=bucket_key(prefix, bucket, "epoch"),
        member=member,
        touch=b"*5\r\n" + bulk(b"ZADD") + bulk(activity) + bulk(b"XX"),
        add=bulk(member) + b"*6\r\n" + bulk(b"XADD") + bulk(log) + bulk(b"NOMKSTREAM") + bulk(b"*") + b"$16\r\n",
        length=command(b"XLEN", log),
        newest=bulk(member) + b"*6\r\n" + bulk(b"XREVRANGE") + bulk(log) + bulk(b"+") + bulk(b"-") + bulk(b"COUNT"),
        exists=command(b"EXISTS", log),
    )


def session_of(member: bytes) -> SessionKey:
    """The session that a member of an activity set stands for.

    Raises:
        ValueError: It stands for none.
    """
    tenant, slash, identifier = member.decode("ascii").partition("/")
    if not slash:
        raise ValueError("no slash between tenant and id")
    return SessionKey(id=unquote(identifier, errors="strict"), tenant=unquote(tenant, errors="strict"))


def member_session(member: bytes, bucket: int) -> SessionKey:
    """`session_of` a member that lixcore wrote into a bucket's set.

    Raises:
        ValueError: It stands for no session, or lixcore would have written it otherwise or elsewhere.
    """
    session = session_of(member)
    if member_of(session) != member:
        raise ValueError("it is not encoded as lixcore does")
    if session.digest[0] != bucket:
        raise ValueError(f"it belongs to the bucket {session.digest[0]:02x}")
    return session


def cached_session_keys(prefix: str) -> Callable[[SessionKey], SessionKeys]:
    """`session_keys` that remembers the sessions used last."""

    @lru_cache(maxsize=CACHED_SESSIONS)
    def remembered(session: SessionKey) -> SessionKeys:
        return session_keys(prefix, session)

    def find(session: SessionKey) -> SessionKeys:
        if len(session.id) + len(session.tenant) > CACHED_CHARACTERS:
            return session_keys(prefix, session)
        return remembered(session)

    return find
