"""What a store does when it keeps sessions under other keys than it was given: the ways to mix up ids, each in a line."""

from __future__ import annotations

import unicodedata

from lixcore.domain.session import SessionKey


def folded(session: SessionKey) -> SessionKey:
    """As a column with a collation that ignores case has it."""
    return SessionKey(session.id.lower(), tenant=session.tenant)


def joined(session: SessionKey) -> SessionKey:
    """As ``f"{tenant}:{id}"`` has it, which is split at its first colon when sessions are listed."""
    tenant, _, identifier = f"{session.tenant}:{session.id}".partition(":")
    return SessionKey(identifier, tenant=tenant)


def without_tenant(session: SessionKey) -> SessionKey:
    """As a table without a column for the tenant has it."""
    return SessionKey(session.id)


def cut_at_nul(session: SessionKey) -> SessionKey:
    """As a library in C has it."""
    return SessionKey(session.id.split("\0")[0] or "-", tenant=session.tenant)


def stripped(session: SessionKey) -> SessionKey:
    """As a column of fixed width has it."""
    return SessionKey(session.id.rstrip() or "-", tenant=session.tenant)


def normalised(session: SessionKey) -> SessionKey:
    """As the file system of some computers has it."""
    return SessionKey(unicodedata.normalize("NFC", session.id), tenant=session.tenant)


def shortened(session: SessionKey) -> SessionKey:
    """As a column of 255 characters has it."""
    return SessionKey(session.id[:255], tenant=session.tenant)


def as_a_path(session: SessionKey) -> SessionKey:
    """As ``directory / id`` has it: what leads upwards is taken away."""
    return SessionKey(session.id.replace("../", "") or "-", tenant=session.tenant)
