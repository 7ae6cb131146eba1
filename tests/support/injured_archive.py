"""An archive in memory of which some entries cannot be read, and ports whose calls a test may follow, or end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lixcore.domain.message import Message
from lixcore.domain.position import Entry, Position
from lixcore.domain.record import encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.cold_archive import Salvage
from lixcore_memory import MemoryArchive
from plain_names import show_names_of


class InjuredArchive(MemoryArchive):
    """Counts what is damaged, and cannot read it.

    Attributes:
        damaged: Where.
        reads: How often a session was read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.damaged: set[tuple[SessionKey, Position]] = set()
        self.reads = 0

    def readable(self, session: SessionKey) -> list[Entry]:
        """What can be read, for a test."""
        return [entry for entry in super().read(session) if (session, entry.position) not in self.damaged]

    def repair(self, session: SessionKey) -> None:
        """Give up what is damaged: it is counted no more."""
        history = self._histories[session.digest]
        history.entries = self.readable(session)
        self.damaged = {(key, position) for key, position in self.damaged if key != session}

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        entries = super().read(session, last=last, after=after, before=before)
        if any((session, entry.position) in self.damaged for entry in entries):
            raise CorruptDataError("the file", "is damaged in places")
        return entries

    def salvage(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Salvage:
        self.reads += 1
        entries = super().read(session, last=last, after=after, before=before)
        left = [entry for entry in entries if (session, entry.position) not in self.damaged]
        return Salvage(left, ["a place"] if len(left) < len(entries) else [])


class FollowedPort:
    """A port whose every call is followed: ``before`` and ``after`` it, and either may raise.

    Attributes:
        before: Called with the method's name before the call.
        after: Called with it when the call had its effect.
    """

    def __init__(self, port: Any) -> None:
        self._port = port
        self.before: Callable[[str], object] = _nothing
        self.after: Callable[[str], object] = _nothing
        show_names_of(port, self)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method

        def called(*args: Any, **kwargs: Any) -> Any:
            self.before(name)
            result = method(*args, **kwargs)
            self.after(name)
            return result

        return called


def said(position: int, text: str = "rain", timestamp: float = 0.0) -> Entry:
    """A message of a user, as stores keep it."""
    return Entry(Position(position), timestamp, encode_message(Message("user", text, timestamp)))


def _nothing(_: str) -> None:
    pass
