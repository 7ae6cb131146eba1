"""All scopes of a session, or of the server: forgetting and measuring."""

from __future__ import annotations

import re
import secrets
import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

from redis.exceptions import ResponseError

from lixcore.domain.freshness import live_rows
from lixcore.domain.scope import session_owner
from lixcore.domain.session import SessionKey
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore_redis.answers.similarity_keys import Holding, every_index_pattern, holdings, strings_of
from lixcore_redis.answers.similarity_records import ID_BYTES, read_head, read_times
from lixcore_redis.answers.similarity_scripts import FORGET
from lixcore_redis.transport.failures import WrongTypeError
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command

SCOPES_AT_ONCE: Final = 100
"""How many scopes are removed or measured in one request."""

KEYS_AT_ONCE: Final = 1000
"""About how many keys the server looks at in one step of a SCAN."""

_ANSWERS_EACH: Final = 6
_NAME: Final = re.compile(rb"[0-9a-f]{64}")


class SimilarityScopes:
    """Finds scopes by the sets that name them.

    A server that throws keys away when its memory is full may have thrown away a set and kept a scope. So where one is set up to
    do that, or does not let itself be asked, all its keys are looked at as well.
    """

    def __init__(self, link: Link, prefix: str, clock: Clock) -> None:
        self._link = link
        self._prefix = prefix
        self._clock = clock

    def forget(self, session: SessionKey) -> tuple[int, Sequence[bytes]]:
        """Remove what a session added; how many live entries that was, and the digests of the scopes that were looked at."""
        now = struct.pack("<d", self._clock.now())
        source = session_owner(session)
        removed = 0
        digests = []
        for holding in holdings(self._prefix, session):
            names = self._names(holding)
            for start in range(0, len(names), SCOPES_AT_ONCE):
                part = names[start : start + SCOPES_AT_ONCE]
                keys = [key for name in part for key in strings_of(holding.base + name)]
                removed += self._link.run(FORGET, (holding.registry, *keys), source, now, secrets.token_bytes(ID_BYTES))
                digests += [bytes.fromhex(name.decode()) for name in part]
        return removed, digests

    def measure(self, session: SessionKey | None) -> CacheSize:
        """`lixcore.ports.similarity_index.SimilarityIndex.measure`. What is damaged has no entries; its bytes count."""
        entries = size = 0
        for part in self._stems(session):
            request = b"".join(map(_questions, part))
            answers = self._link.call(request, _ANSWERS_EACH * len(part), writes=False, all_may_be=(WrongTypeError,))
            for start in range(0, len(answers), _ANSWERS_EACH):
                index, rows, texts, *sizes = answers[start : start + _ANSWERS_EACH]
                if any(isinstance(answer, Exception) for answer in (index, rows, texts)):
                    continue  # another program's
                entries += self._live(index, rows, texts)
                size += sum(each or 0 for each in sizes)
        return CacheSize(entries, size)

    def _live(self, index: bytes | None, rows: int, texts: int) -> int:
        """How many live entries a scope has, as a search would see them."""
        if index is None:
            return 0
        try:
            head = read_head(index)
            if (rows, texts) != (head.row_bytes, head.text_bytes):
                return 0
        except ValueError:
            return 0
        added, expires = read_times(index, head)
        return int(live_rows(added, expires, self._clock.now()).sum())

    def _stems(self, session: SessionKey | None) -> Iterator[Sequence[bytes]]:
        """What the keys of scopes begin with, some at a time."""
        if session is None:
            for keys in self._scan(every_index_pattern(self._prefix)):
                for start in range(0, len(keys), SCOPES_AT_ONCE):
                    yield [key[: -len(b":idx")] for key in keys[start : start + SCOPES_AT_ONCE]]
            return
        own, _ = holdings(self._prefix, session)
        names = self._names(own)
        for start in range(0, len(names), SCOPES_AT_ONCE):
            yield [own.base + name for name in names[start : start + SCOPES_AT_ONCE]]

    def _names(self, holding: Holding) -> list[bytes]:
        """The scopes, each as 64 hexadecimal digits."""
        request = command(b"SMEMBERS", holding.registry) + command(b"INFO", b"memory")
        members, memory = self._link.call(request, 2, writes=False, all_may_be=(ResponseError,))
        if isinstance(members, Exception):
            (members,) = self._link.call(command(b"SMEMBERS", holding.registry), 1, writes=False)  # raises it
        found: dict[bytes, None] = dict.fromkeys(members)
        if isinstance(memory, Exception) or b"maxmemory_policy:noeviction" not in memory:
            for keys in self._scan(holding.pattern):
                found.update(dict.fromkeys(key[len(holding.base) : -len(b":idx")] for key in keys))
        return [name for name in found if _NAME.fullmatch(name)]

    def _scan(self, pattern: bytes) -> Iterator[list[bytes]]:
        """Keys that match a pattern, each once."""
        known: set[bytes] = set()
        cursor: Any = b""
        while cursor != b"0":
            request = command(b"SCAN", cursor or b"0", b"MATCH", pattern, b"COUNT", b"%d" % KEYS_AT_ONCE)
            ((cursor, keys),) = self._link.call(request, 1, writes=False)
            new = [key for key in dict.fromkeys(keys) if key not in known]
            known.update(new)
            yield new


def _questions(stem: bytes) -> bytes:
    index, rows, texts = strings_of(stem)
    lengths = command(b"STRLEN", rows) + command(b"STRLEN", texts)
    return command(b"GET", index) + lengths + b"".join(command(b"MEMORY", b"USAGE", key) for key in (index, rows, texts))
