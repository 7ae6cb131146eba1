"""Where a cached answer may be found again: whose it is, about which URL, and for embeddings of which model."""

from __future__ import annotations

import hashlib

import attrs

from lixcore.domain.session import SessionKey
from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError

MAX_URL_BYTES = 64 * 1024
"""How long the URL of a scope may be, in UTF-8."""

MAX_MODEL_BYTES = 1024
"""How long the name of an embedding model may be, in UTF-8."""

_OWN, _SHARED = b"\0", b"\1"


def checked_url(value: object) -> str:
    """Return ``value`` if it can be the URL of a scope or of a cached embedding: any text, which need not look like a URL.

    Raises:
        InvalidInputError: It is not text, is longer than 64 KiB in UTF-8, or has a lone surrogate.
    """
    return checked_text(value, "url", max_bytes=MAX_URL_BYTES, allow_nul=True)


def checked_model(value: object) -> str:
    """Return ``value`` if it can name an embedding model; it may be empty.

    Raises:
        InvalidInputError: It is not text, is longer than 1 KiB in UTF-8, or has a lone surrogate.
    """
    return checked_text(value, "embedding_model", max_bytes=MAX_MODEL_BYTES, allow_nul=True)


def _checked_shared(value: object) -> bool:
    # Not just anything that is true: "false" and "no", as a file or a request may have them, would share a session's answers.
    if isinstance(value, bool):
        return value
    raise InvalidInputError("shared", f"must be True or False, not {type(value).__name__}")


@attrs.frozen(slots=False, cache_hash=True)
class Scope:
    """Where cached answers are looked for, and nowhere else.

    Texts are compared character by character; nothing in them has a meaning. Adapters keep scopes apart by their `digest` and
    need not store the texts.

    Attributes:
        session: Who asks and who adds.
        url: What the answers are about; may be empty.
        model: Which model made the embeddings; may be empty. Those of different models never meet.
        shared: Whether all sessions of the tenant use the answers: then only the session's tenant counts for where that is.

    Raises:
        InvalidInputError: The url or the model is refused, or ``shared`` is no boolean.
    """

    session: SessionKey
    url: str = attrs.field(default="", converter=checked_url)
    model: str = attrs.field(default="", converter=checked_model)
    shared: bool = attrs.field(default=False, converter=_checked_shared)

    @property
    def owner(self) -> bytes:
        """32 bytes that stand for the session whose the answers are, or for its tenant where they are shared: SHA-256."""
        return tenant_owner(self.session.tenant) if self.shared else session_owner(self.session)

    @property
    def digest(self) -> bytes:
        """32 bytes that stand for the scope: SHA-256. Scopes that share their answers have the same; no others do."""
        kept: bytes | None = self.__dict__.get("_digest")
        if kept is None:
            kept = _hashed(self.owner, self.url.encode(), self.model.encode())
            self.__dict__["_digest"] = kept
        return kept

    @property
    def source(self) -> bytes:
        """32 bytes that stand for the session that asks or adds, also where the answers are shared."""
        return session_owner(self.session)


def session_owner(session: SessionKey) -> bytes:
    """The `Scope.owner` of a session's own scopes."""
    return _hashed(_OWN, session.digest)


def tenant_owner(tenant: str) -> bytes:
    """The `Scope.owner` of all scopes that the sessions of a tenant share."""
    return _hashed(_SHARED, tenant.encode())


def _hashed(*parts: bytes) -> bytes:
    # Each part's length goes in before it, so that no two lists of parts feed the hash the same bytes.
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()
