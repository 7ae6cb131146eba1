"""Whose conversation it is."""

from __future__ import annotations

import hashlib

import attrs

from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError

MAX_ID_BYTES = 4096
"""How long a session id or a tenant may be, in UTF-8 (so 500 characters of any script fit)."""

DEFAULT_TENANT = "default"

RESERVED_TENANT = "\x00lixcore"
"""The tenant of what lixcore itself keeps in the stores; no application's."""


# Any Unicode text is a legal id, NUL included: adapters store ids as data and never as a path, pattern or C string.
def _session_id(value: object) -> str:
    return checked_text(value, "session_id", max_bytes=MAX_ID_BYTES, allow_empty=False, allow_nul=True)


def _tenant(value: object) -> str:
    return checked_text(value, "tenant", max_bytes=MAX_ID_BYTES, allow_empty=False, allow_nul=True)


def checked_tenant(value: object) -> str:
    """Return ``value`` if an application may have it as a tenant.

    Raises:
        InvalidInputError: It is empty, too long, not text, has a lone surrogate, or is `RESERVED_TENANT`.
    """
    tenant = _tenant(value)
    if tenant == RESERVED_TENANT:
        raise InvalidInputError("tenant", f"is {tenant!r}, which is reserved for lixcore itself")
    return tenant


@attrs.frozen(slots=False, cache_hash=True)
class SessionKey:
    """One conversation of one tenant.

    Ids are compared character by character: case counts, nothing is normalised, no character has a meaning.

    Attributes:
        id: Any Unicode text of 1 to 4,096 UTF-8 bytes.
        tenant: Who it belongs to; same rules. Sessions of different tenants never meet.

    Raises:
        InvalidInputError: The id or the tenant is empty, too long, not text, or has a lone surrogate.
    """

    id: str = attrs.field(converter=_session_id)
    tenant: str = attrs.field(default=DEFAULT_TENANT, converter=_tenant)

    @property
    def digest(self) -> bytes:
        """32 bytes that stand for the key where its text cannot be used, such as in a file's name: SHA-256.

        The tenant's length goes in first, so that no two (tenant, id) pairs feed the hash the same bytes.
        """
        # Not a `cached_property`: that of Python 3.11 has one lock for all keys, which a child may be forked with.
        kept: bytes | None = self.__dict__.get("_digest")
        if kept is None:
            tenant, session = self.tenant.encode(), self.id.encode()
            kept = hashlib.sha256(len(tenant).to_bytes(4, "big") + tenant + session).digest()
            self.__dict__["_digest"] = kept
        return kept

    def __str__(self) -> str:
        return self.id if self.tenant == DEFAULT_TENANT else f"{self.tenant}/{self.id}"
