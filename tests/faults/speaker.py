"""Does things to sessions, as an application does, and tells a journal what it began and how that ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import attrs

from lixcore import Message, SessionKey, Stack
from lixcore.errors import LixError, NotArchivedError
from lixcore.services.histories.conversation_lines import Conversation

Came = Literal["began", "done", "partial", "refused", "unknown"]
Kind = Literal["add", "import", "context", "history", "evict", "flush", "clear", "forget", "died", "settled"]


@attrs.frozen
class Event:
    """Something began, or ended.

    Attributes:
        kind: What.
        came: Whether it began, or how it ended: ``refused`` and ``unknown`` are what the error said of it; ``partial`` is a
            reading of the archive alone, while the hot store was away.
        session: The id of the session.
        writer: Who did it.
        texts: What was said, or read.
        error: What was raised.
    """

    kind: Kind
    came: Came
    session: str
    writer: str
    texts: Sequence[str] = ()
    error: str = ""


Tell = Callable[[Event], None]


class Speaker:
    """Uses a stack; what fails is told, and it goes on.

    Args:
        writer: Its name, which its messages begin with.
        tell: The journal.
    """

    def __init__(self, stack: Stack, writer: str, tell: Tell) -> None:
        self.stack = stack
        self.writer = writer
        self._tell = tell
        self.said = 0

    def add(self, session: str, count: int = 1) -> None:
        """Say something new."""
        for _ in range(count):
            self.said += 1
            self.say(session, f"{self.writer}{self.said}")

    def say(self, session: str, text: str) -> None:
        """Say a text."""
        memory = self.stack.session(session)
        self._do("add", session, lambda: memory.add_message_to_context("user", text), [text])

    def import_whole(self, session: str, texts: Sequence[str]) -> None:
        """Import a conversation."""

        def work() -> None:
            importer = self.stack.importer()
            messages = [Message("user", text, 1.0 + number) for number, text in enumerate(texts)]
            importer.add(Conversation(SessionKey(session), messages, [True for _ in texts], frozenset()))
            importer.flush()

        self._do("import", session, work, texts)

    def context(self, session: str) -> list[str]:
        """Read the context."""
        return self._read("context", session, self.stack.session(session).get_context_messages)

    def history(self, session: str) -> list[str]:
        """Read the history."""
        return self._read("history", session, self.stack.session(session).get_full_history)

    def evict(self, session: str) -> None:
        """Move a session to the archive."""
        self._do("evict", session, lambda: self.stack.wiring.tiering.evict(SessionKey(session)))

    def evict_all(self) -> None:
        """Move all sessions to the archive."""
        self._do("evict", "", lambda: self.stack.evict_idle(idle_seconds=0))

    def flush(self, session: str) -> None:
        """Archive what is hot."""
        self._do("flush", session, self.stack.session(session).flush_to_disk)

    def clear(self, session: str) -> None:
        """Begin a fresh context."""
        self._do("clear", session, self.stack.session(session).clear_context)

    def forget(self, session: str) -> None:
        """Remove the session."""
        self._do("forget", session, self.stack.session(session).forget)

    def _read(self, kind: Kind, session: str, read: Callable[[], list[dict[str, Any]]]) -> list[str]:
        found: list[str] = []
        self._do(kind, session, lambda: found.extend(one["content"] for one in read()), found)
        return found

    def _do(self, kind: Kind, session: str, work: Callable[[], object], texts: Sequence[str] = ()) -> None:
        self._tell(Event(kind, "began", session, self.writer, list(texts)))
        came: Came = "done"
        said = ""
        try:
            work()
            if kind in {"context", "history"} and (guard := self.stack.wiring.guard) is not None and guard.absence is not None:
                came = "partial"
        except NotArchivedError as error:  # the message is stored, it says
            said = repr(error)
        except LixError as error:
            came = "unknown" if getattr(error, "outcome_unknown", False) else "refused"
            said = repr(error)
        self._tell(Event(kind, came, session, self.writer, list(texts), said))
