"""The keys of cached answers.

::

    {prefix}:1:{BB}:sem:<owner>:<scope>:idx      string  a head and one record for each entry, in order of adding
    {prefix}:1:{BB}:sem:<owner>:<scope>:vec      string  the vectors, float32, one slot for each
    {prefix}:1:{BB}:sem:<owner>:<scope>:txt      string  the payloads, one behind the other
    {prefix}:1:{BB}:sem:<owner>:scopes           set     the scopes of a session's own
    {prefix}:1:{BB}:sem:<owner>:<source>:shared  set     the scopes of a tenant that one session added to

``<owner>``, ``<scope>`` and ``<source>`` are the digests that `lixcore.domain.scope.Scope` gives, in 64 hexadecimal digits: no id
or URL is part of a key. ``{BB}``, the first byte of the owner's, keeps all keys of an owner on one node of a cluster.
`lixcore_redis.similarity_records` has the bytes, `lixcore_redis.similarity_scripts` what changes them.
"""

from __future__ import annotations

from typing import Final

import attrs

from lixcore.domain.scope import Scope, session_owner, tenant_owner
from lixcore.domain.session import SessionKey
from lixcore_redis.keys import VERSION, any_version_pattern
from lixcore_redis.similarity_records import HEAD_BYTES
from lixcore_redis.wire import command

TAIL_BYTES: Final = 64 * 1024
"""How many bytes of the newest payloads come along with the vectors."""

SCOPE_SUFFIXES: Final = (b":idx", b":vec", b":txt")

KEY_PATTERN: Final = rb"sem:[0-9a-f]{64}:(?:[0-9a-f]{64}:(?P<string>idx|vec|txt)|(?P<set>scopes|[0-9a-f]{64}:shared))"
"""A regular expression for what such keys have behind their bucket."""


@attrs.frozen
class ScopeKeys:
    """The keys of one scope.

    Attributes:
        strings: ``idx``, ``vec`` and ``txt``.
        registry: The set that names the scope.
    """

    strings: tuple[bytes, bytes, bytes]
    registry: bytes

    @property
    def head(self) -> bytes:
        """The request for the head alone."""
        return command(b"GETRANGE", self.strings[0], b"0", b"%d" % (HEAD_BYTES - 1))

    @property
    def everything(self) -> bytes:
        """The request for index, vectors and the newest payloads: three commands. Each says when its key is another program's."""
        index, vectors, texts = self.strings
        tail = command(b"GETRANGE", texts, b"%d" % -TAIL_BYTES, b"-1")
        return command(b"GET", index) + command(b"GET", vectors) + tail


@attrs.frozen
class Holding:
    """Where entries that a session added may be: in its own scopes, or in those of its tenant.

    Attributes:
        registry: The set that names the scopes.
        base: What the keys of the scopes begin with.
        pattern: What SCAN finds the ``idx`` of all the owner's scopes with.
    """

    registry: bytes
    base: bytes
    pattern: bytes


def scope_keys(prefix: str, scope: Scope) -> ScopeKeys:
    """The keys of a scope."""
    owner = scope.owner
    base = _base(prefix, owner)
    return ScopeKeys(strings_of(base + scope.digest.hex().encode()), _registry(base, owner, scope.source))


def strings_of(stem: bytes) -> tuple[bytes, bytes, bytes]:
    """``idx``, ``vec`` and ``txt`` of a scope, from what the three begin with."""
    return stem + b":idx", stem + b":vec", stem + b":txt"


def holdings(prefix: str, session: SessionKey) -> tuple[Holding, Holding]:
    """The session's own scopes, and its part in those of its tenant."""
    source = session_owner(session)
    own, tenants = (_holding(prefix, owner, source) for owner in (source, tenant_owner(session.tenant)))
    return own, tenants


def every_index_pattern(prefix: str) -> bytes:
    """What SCAN finds the ``idx`` of all scopes with."""
    return any_version_pattern(prefix)[:-1] + b"%d:{*}:sem:*:idx" % VERSION


def _holding(prefix: str, owner: bytes, source: bytes) -> Holding:
    base = _base(prefix, owner)
    plain = base[len(prefix.encode()) + 1 :]  # digits, braces and colons: nothing that is special in a pattern
    return Holding(_registry(base, owner, source), base, any_version_pattern(prefix)[:-1] + plain + b"*:idx")


def _base(prefix: str, owner: bytes) -> bytes:
    return f"{prefix}:{VERSION}:{{{owner[0]:02x}}}:sem:{owner.hex()}:".encode()


def _registry(base: bytes, owner: bytes, source: bytes) -> bytes:
    return base + (b"scopes" if source == owner else source.hex().encode() + b":shared")
