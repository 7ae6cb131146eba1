"""The keys of cached answers.

::

    {prefix}:1:{BB}:sem:<owner>:<scope>:idx      string  a head and one record for each entry, in order of adding
    {prefix}:1:{BB}:sem:<owner>:<scope>:vec      string  the vectors, float32, one slot for each
    {prefix}:1:{BB}:sem:<owner>:<scope>:txt      string  the payloads, one behind the other
    {prefix}:1:{BB}:sem:<owner>:scopes           set     the scopes of a session's own
    {prefix}:1:{BB}:sem:<owner>:<source>:shared  set     the scopes of a tenant that one session added to

``<owner>``, ``<scope>`` and ``<source>`` are the digests that `lixcore.domain.scope.Scope` gives, in 64 hexadecimal digits: no id
or URL is part of a key. ``{BB}``, the first byte of the owner's, keeps all keys of an owner on one node of a cluster.
`lixcore_redis.answers.similarity_records` has the bytes, `lixcore_redis.answers.similarity_scripts` what changes them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import attrs

from lixcore.domain.scope import Scope, session_owner, tenant_owner
from lixcore.domain.session import SessionKey
from lixcore_redis.answers.similarity_records import HEAD_BYTES
from lixcore_redis.keys import VERSION, any_version_pattern
from lixcore_redis.transport.wire import command

TAIL_BYTES: Final = 64 * 1024
"""How many bytes of the newest payloads come along with the vectors."""

CACHED_SCOPES: Final = 1024
"""How many scopes' keys a process keeps ready, of those whose URLs and ids are not oversized: about 3 MB."""

CACHED_CHARACTERS: Final = 1024

KEY_PATTERN: Final = rb"sem:[0-9a-f]{64}:(?:[0-9a-f]{64}:(?P<string>idx|vec|txt)|(?P<set>scopes|[0-9a-f]{64}:shared))"
"""A regular expression for what such keys have behind their bucket."""


@attrs.frozen
class ScopeKeys:
    """The keys of one scope, and requests that are the same every time.

    Attributes:
        digest: The scope's.
        strings: ``idx``, ``vec`` and ``txt``.
        registry: The set that names the scope.
        source: Which session adds to it.
        check: ``GETRANGE`` of the head alone.
        everything: ``MGET`` of index and vectors, so that they belong together, and ``GETRANGE`` of the newest payloads.
        doubt: ``STRLEN`` of index and vectors, which say when the key is another program's, as ``MGET`` does not; then `check`.
    """

    digest: bytes
    strings: tuple[bytes, bytes, bytes]
    registry: bytes
    source: bytes
    check: bytes
    everything: bytes
    doubt: bytes


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
    owner, digest = scope.owner, scope.digest
    source = scope.source if scope.shared else owner
    base = _base(prefix, owner)
    index, vectors, texts = strings = strings_of(base + digest.hex().encode())
    check = command(b"GETRANGE", index, b"0", b"%d" % (HEAD_BYTES - 1))
    everything = command(b"MGET", index, vectors) + command(b"GETRANGE", texts, b"%d" % -TAIL_BYTES, b"-1")
    doubt = command(b"STRLEN", index) + command(b"STRLEN", vectors) + check
    return ScopeKeys(digest, strings, _registry(base, owner, source), source, check, everything, doubt)


def cached_scope_keys(prefix: str) -> Callable[[Scope], ScopeKeys]:
    """`scope_keys` that remembers the scopes used last."""

    @lru_cache(maxsize=CACHED_SCOPES)
    def remembered(scope: Scope) -> ScopeKeys:
        return scope_keys(prefix, scope)

    def find(scope: Scope) -> ScopeKeys:
        if len(scope.url) + len(scope.session.id) + len(scope.session.tenant) > CACHED_CHARACTERS:
            return scope_keys(prefix, scope)
        return remembered(scope)

    return find


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
