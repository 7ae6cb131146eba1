"""Entries that a test puts into an archive and a hot store, and what a verification of the two finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.record import decode_message, encode_message
from lixcore.domain.session import SessionKey
from lixcore.ports.verification import Finding
from lixcore.services.checks.verification import Checked
from lixcore_memory import MemoryHotStore

SESSION, OTHER = SessionKey("one"), SessionKey("other", "acme")
PLACES = 9


def entry(position: int, text: str = "") -> Entry:
    """A message at a position, which says its position unless told otherwise."""
    return Entry(Position(position), 1.5, encode_message(Message("user", text or f"message {position}", 1.5)))


def texts(entries: Sequence[Entry]) -> list[str]:
    """What the messages say."""
    return [decode_message(each).content for each in entries]


def make_hot(hot: MemoryHotStore, entries: Sequence[Entry], session: SessionKey = SESSION) -> None:
    """Restore an absent session with these entries."""
    assert hot.restore(session, entries, next_after=ORIGIN, ticket=hot.ticket(session))


def findings(checked: Iterator[Checked]) -> list[Finding]:
    """All that the steps of a verification found."""
    return [finding for each in checked for finding in each.verified.findings]
