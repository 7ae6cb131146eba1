"""Looking at every key of every session, in bounded steps.

A session's stream and its activity are checked against each other by scripts, so that what others do meanwhile is never taken
for a fault. A hot session that is not in its activity set is the one that matters: nobody would find it, so it would stay hot for
ever. lixcore never leaves one; a server that throws keys away when its memory is full does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.clock import Clock
from lixcore.ports.verification import Finding, Verified
from lixcore_redis import scripts
from lixcore_redis.answers.similarity_keys import KEY_PATTERN
from lixcore_redis.embeddings.embedding_values import value_root
from lixcore_redis.keys import VERSION, SessionKeys, bucket_pattern, member_session, session_keys
from lixcore_redis.sessions.stream_entries import entries_of
from lixcore_redis.transport.failures import WrongTypeError
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command, number

KEYS_AT_ONCE: Final = 500
"""About how many keys, or members, the server looks at in one step."""

ENTRIES_AT_ONCE: Final = 200

_FOREIGN: Final = "another program uses it: choose another redis_key_prefix or redis_session_db for one of the two"
_TYPES: Final = {b"log": b"stream", b"activity": b"zset", b"epoch": b"string"}
_CACHE_TYPES: Final = {"string": b"string", "set": b"set"}
"""By the groups of `lixcore_redis.answers.similarity_keys.KEY_PATTERN`."""


@attrs.frozen
class _Stream:
    """The key of a session's stream, and the session."""

    session: SessionKey
    keys: SessionKeys
    where: str


def verify_keys(link: Link, prefix: str, clock: Clock, *, repair: bool) -> Iterator[Verified]:
    """`lixcore.ports.verification.Verifies.verify`.

    Raises:
        StoreError: The server does not answer, or does not let us look.
    """
    return _Verification(link, prefix, clock, repair=repair).all()


class _Verification:
    def __init__(self, link: Link, prefix: str, clock: Clock, *, repair: bool) -> None:
        self._link = link
        self._prefix = prefix
        self._clock = clock
        self._repair = repair
        form = re.escape(f"{prefix}:{VERSION}:".encode()) + rb"\{([0-9a-f]{2})\}:(log|activity|epoch)(?::(.*))?"
        self._form = re.compile(form, re.DOTALL)
        cache_form = re.escape(f"{prefix}:{VERSION}:".encode()) + rb"\{([0-9a-f]{2})\}:" + KEY_PATTERN
        self._cache_form = re.compile(cache_form)
        self._embeddings = value_root(prefix)  # values of a cache, where all share one database: each is checked when it is read

    def all(self) -> Iterator[Verified]:
        for keys in self._steps(b"SCAN", b"MATCH", bucket_pattern(self._prefix)):
            kinds = self._link.call(b"".join(command(b"TYPE", key) for key in keys), len(keys), writes=False)
            streams: list[_Stream] = []
            for key, kind in zip(keys, kinds, strict=True):
                if kind != b"none":  # else it left meanwhile
                    yield from self._key(key, kind, streams)
            yield from self._streams(streams)

    def _key(self, key: bytes, kind: bytes, streams: list[_Stream]) -> Iterator[Verified]:
        """Look at one key; streams of sessions are left in ``streams``."""
        if cached := self._cache_form.fullmatch(key):  # what cached answers hold is checked by who reads them
            right = next(_CACHE_TYPES[name] for name, part in cached.groupdict().items() if part)
            if kind != right:
                yield self._foreign(key, f"is a {kind.decode()}, not a {right.decode()}")
            return
        found = self._form.fullmatch(key)
        if found is None or (found[3] is None) == (found[2] == b"log"):
            yield self._foreign(key, "is no key of lixcore")
        elif kind != _TYPES[found[2]]:
            yield self._foreign(key, f"is a {kind.decode()}, not a {_TYPES[found[2]].decode()}")
        elif found[2] == b"activity":
            yield from self._members(key, int(found[1], 16))
        elif found[2] == b"log":
            try:
                session = member_session(found[3], int(found[1], 16))
            except ValueError as error:
                yield self._foreign(key, f"is the stream of no session: {error}")
            else:
                streams.append(_Stream(session, session_keys(self._prefix, session), self._where(key)))

    def _steps(self, scan: bytes, *arguments: bytes) -> Iterator[list[bytes]]:
        """Steps of a SCAN, or of a ZSCAN without its scores; nothing comes twice."""
        before, after = ((), arguments) if scan == b"SCAN" else (arguments[:1], arguments[1:])
        known: set[bytes] = set()
        cursor = b""
        while cursor != b"0":
            request = command(scan, *before, cursor or b"0", *after, b"COUNT", b"%d" % KEYS_AT_ONCE)
            ((cursor, found),) = self._link.call(request, 1, writes=False)
            names = found if scan == b"SCAN" else found[::2]
            if scan == b"SCAN":
                names = [name for name in names if not name.startswith(self._embeddings)]
            new = [name for name in dict.fromkeys(names) if name not in known]
            known.update(new)
            if new:
                yield new

    def _where(self, key: bytes) -> str:
        return f"{self._link.where} {key.decode(errors='backslashreplace')}"

    def _foreign(self, key: bytes, reason: str) -> Verified:
        return Verified(self._where(key), None, 0, [Finding(self._where(key), reason, _FOREIGN)])

    def _streams(self, streams: Sequence[_Stream]) -> Iterator[Verified]:
        request = b"".join(command(b"ZSCORE", one.keys.activity, one.keys.member) for one in streams)
        scores: list[Any] = self._link.call(request, len(streams), writes=False, all_may_be=(WrongTypeError,)) if streams else []
        for one, score in zip(streams, scores, strict=True):
            messages, findings = self._entries(one)
            if score is None:
                findings.extend(self._unlisted(one))
            yield Verified(one.where, one.session, messages, findings)

    def _entries(self, one: _Stream) -> tuple[int, list[Finding]]:
        messages = 0
        findings = []
        start = b"-"
        while True:
            request = command(b"XRANGE", one.keys.log, start, b"+", b"COUNT", b"%d" % ENTRIES_AT_ONCE)
            (rows,) = self._link.call(request, 1, writes=False)
            try:
                messages += len(entries_of(rows))
            except ValueError:
                for row in rows:
                    try:
                        messages += len(entries_of([row]))
                    except ValueError as error:
                        reason = f"has the entry {row[0].decode()}, which lixcore did not write: {error}"
                        findings.append(Finding(one.where, reason, f"look at it, then remove it: XDEL <key> {row[0].decode()}"))
            if len(rows) < ENTRIES_AT_ONCE:
                return messages, findings
            start = b"(" + rows[-1][0]

    def _unlisted(self, one: _Stream) -> Iterator[Finding]:
        now = number(self._clock.now()) if self._repair else b""
        if self._link.run(scripts.UNLISTED, (one.keys.log, one.keys.activity), one.keys.member, now, writes=self._repair) == 1:
            reason = "is hot, but not in the activity set: nobody would ever evict it"
            remedy = "it was put into the set" if self._repair else "lix verify --repair puts it into the set"
            yield Finding(one.where, reason, remedy, is_repaired=self._repair)

    def _members(self, key: bytes, bucket: int) -> Iterator[Verified]:
        where = self._where(key)
        for members in self._steps(b"ZSCAN", key):
            sessions = []
            for member in members:
                try:
                    sessions.append(member_session(member, bucket))
                except ValueError as error:
                    reason = f"has the member {member[:256]!r}, which is no session of lixcore: {error}"
                    yield Verified(where, None, 0, [Finding(where, reason, _FOREIGN)])
            every = [session_keys(self._prefix, session) for session in sessions]
            there = self._link.call(b"".join(keys.exists for keys in every), len(every), writes=False) if every else []
            for session, keys, exists in zip(sessions, every, there, strict=True):
                if not exists and self._is_stray(keys):
                    remedy = "it was removed from the set" if self._repair else "it is removed as soon as somebody lists sessions"
                    reason = f"has the member {keys.member.decode()}, whose stream is not there"
                    yield Verified(where, session, 0, [Finding(where, reason, remedy, is_repaired=self._repair)])

    def _is_stray(self, keys: SessionKeys) -> bool:
        remove = b"1" if self._repair else b"0"
        return bool(self._link.run(scripts.STRAY, (keys.log, keys.activity), keys.member, remove, writes=self._repair) == 1)
