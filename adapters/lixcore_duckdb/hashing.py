"""What stands for words, roles and fields in the files of words: 64 bits each.

They are keyed, so that nobody can choose words that collide, or look words up in the files of another index; and two tenants have
nothing in common. Among ten million different ones, a pair that collides is there once in some hundred thousand indexes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

_MOST: Final = 200_000


class WordHashes(dict[str, int]):
    """The hashes of a tenant's words in one generation, made when they are first asked for.

    Args:
        key: Of the generation.
        tenant: What stands for the tenant.
    """

    def __init__(self, key: bytes, tenant: bytes) -> None:
        super().__init__()
        self._hash = _hasher(key, tenant, b"word")
        self._hash_role = _hasher(key, tenant, b"role")
        self._hash_field = _hasher(key, tenant, b"field")

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST:
            self.clear()
        found = self[word] = self._hash(word.encode("utf-8", "surrogatepass"))
        return found

    def of_role(self, role: str) -> int:
        """What stands for a role."""
        return self._hash_role(role.encode("utf-8", "surrogatepass"))

    def of_field(self, name: str, value: str) -> int:
        """What stands for a field with this value."""
        named = name.encode("utf-8", "surrogatepass")
        return self._hash_field(len(named).to_bytes(8, "little") + named + value.encode("utf-8", "surrogatepass"))


def _hasher(key: bytes, tenant: bytes, kind: bytes) -> Callable[[bytes], int]:
    own = hashlib.blake2b(tenant, key=key, person=kind, digest_size=32).digest()
    keyed = hashlib.blake2b(key=own, digest_size=8)

    def hashed(text: bytes) -> int:
        one = keyed.copy()
        one.update(text)
        return int.from_bytes(one.digest(), "little")

    return hashed
