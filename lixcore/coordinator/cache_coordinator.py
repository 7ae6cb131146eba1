"""The coordinator of one session: its messages, and when it begins and ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from lixcore.bootstrap import Wiring
from lixcore.config import CacheConfig
from lixcore.coordinator.recall import Recall
from lixcore.coordinator.reuse import Reuse
from lixcore.coordinator.stats_document import stats_document
from lixcore.domain.message import Message
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey, checked_tenant
from lixcore.domain.transcript import formatted
from lixcore.errors import ClosedError, InvalidInputError, StoreError
from lixcore.sharing import Shared
from lixcore.stack import Stack

_shared: Shared[CacheConfig, Stack] = Shared(Stack)


class CacheCoordinator(Recall, Reuse):
    """The memory of one session. Plain dicts go in and come out; a failure is an error, never an empty answer.

    Args:
        session_id: Any text of 1 to 4,096 UTF-8 bytes.
        config: The configuration; `CacheConfig.load` makes it unless given. Coordinators of equal configurations share
            connections, which are closed with the last of them.
        stack: Use this stack instead; it is left open by `close`.
        tenant: Who the session belongs to; the configuration's tenant unless given.

    Raises:
        InvalidInputError: The session id or the tenant is refused.
        ConfigError: The configuration gives no working stack.
    """

    def __init__(
        self,
        session_id: str,
        config: CacheConfig | None = None,
        *,
        stack: Stack | None = None,
        tenant: str | None = None,
    ) -> None:
        if stack is not None and config is not None:
            raise InvalidInputError("config", "is given by the stack; give one of the two")
        super().__init__()
        self._closing = threading.Lock()
        self._shared_config: CacheConfig | None = None
        wanted = stack.config if stack is not None else config if config is not None else CacheConfig.load()
        self.session = SessionKey(session_id, checked_tenant(wanted.tenant if tenant is None else tenant))
        if stack is None:
            stack = _shared.take(wanted)
            self._shared_config = wanted
        self._stack: Stack | None = stack

    @property
    def session_id(self) -> str:
        """The id it was made with."""
        return self.session.id

    @property
    def _wiring(self) -> Wiring:
        if self._stack is None:
            raise ClosedError("the coordinator")
        return self._stack.wiring

    @property
    def _config(self) -> CacheConfig:
        if self._stack is None:
            raise ClosedError("the coordinator")
        return self._stack.config

    def _context(self) -> Sequence[Message]:
        wiring = self._wiring
        wiring.in_use()
        return wiring.window.context(self.session)

    def add_message_to_context(
        self,
        role: str,
        content: str,
        metadata: Any = None,
        *,
        timestamp: float | None = None,
        embedding: Sequence[float] | None = None,
    ) -> int:
        """Add a message at the end; it is stored when this returns.

        Args:
            role: Who speaks: ``user``, ``assistant``, ``system``, ``tool`` or any other text of 1 to 64 bytes.
            content: Text of up to 64 MiB.
            metadata: Any JSON value; ``{}`` unless given.
            timestamp: Seconds since the epoch; now unless given.
            embedding: Finite numbers, not all zero; kept as float32.

        Returns:
            How many messages the window holds, 0 to ``hot_window_size``.

        Raises:
            InvalidInputError: A field is refused.
            NotArchivedError: It is stored, in the hot store only, and ``write_mode`` is ``through``; do not add it again.
            StoreError: It was not stored (or may be, when the error's ``outcome_unknown`` is true).
        """
        wiring, places = self._wiring, self._config.hot_window_size
        wiring.in_use()
        now = wiring.clock.now() if timestamp is None else timestamp
        message = Message(role, content, now, metadata, embedding)
        return min(wiring.window.add(self.session, message).held, places)

    def get_context_messages(self) -> list[dict[str, Any]]:
        """The context, oldest first: dicts of role, content, timestamp and metadata, ready for an LLM call."""
        return [message.for_context() for message in self._context()]

    def get_formatted_context(self, max_lines: int = 50) -> str:
        """The context as text: the last ``max_lines`` messages, one line ``Role: content`` each, cut at 200 characters."""
        return formatted(self._context(), max_lines=max_lines)

    def get_full_history(self) -> list[dict[str, Any]]:
        """Everything that was ever said, oldest first; with ``embedding`` (a list of floats) where one was given."""
        return [decode_message(entry).to_dict() for entry in self._wiring.window.history(self.session)]

    def flush_to_disk(self) -> bool:
        """Archive everything that is hot; it stays hot as well.

        Returns:
            True; a failure raises.
        """
        self._wiring.window.flush(self.session)
        return True

    def clear_context(self) -> bool:
        """Start a fresh context; what was said stays in the full history.

        Returns:
            True; a failure raises.
        """
        self._wiring.window.clear(self.session)
        return True

    def clear_session_cache(self) -> bool:
        """Forget the session's cached responses and start a fresh context; what was said stays in the full history.

        Returns:
            True; a failure raises.
        """
        self._wiring.semantic.forget(self.session)
        return self.clear_context()

    def forget(self) -> dict[str, int]:
        """Remove every trace of the session from every store, what it shared with its tenant's sessions included.

        Returns:
            How many messages, and cached responses, each store lost: ``{"hot": …, "archive": …, "semantic": …, "index": …}``;
            all zero the second time.

        Raises:
            StoreError: A store cannot be used, whatever ``on_cache_failure`` says; calling it again removes the rest. Where it is
                the archive index, the error says what is forgotten already.
        """
        wiring = self._wiring
        forgotten = wiring.window.forget(self.session)
        cached = wiring.semantic.forget(self.session)
        index = wiring.searches.index
        try:
            indexed = 0 if index is None else index.forgetting.forget(self.session)
        except StoreError as error:
            done = f"{forgotten.hot:,} hot and {forgotten.archived:,} archived messages and {cached:,} cached responses"
            raise error.restated(
                f"{error.reason}; forgotten are {done}, but not what the archive index holds of the session, which SQL may show: "
                "forget the session again when the index can be used"
            ) from error
        return {"hot": forgotten.hot, "archive": forgotten.archived, "semantic": cached, "index": indexed}

    def get_stats(self) -> dict[str, Any]:
        """Counts and sizes, as plain values; see the reference for each name."""
        return stats_document(self._wiring, self._config, self.session)

    get_cache_stats = get_stats
    """The predecessor's other name for it."""

    def close(self) -> None:
        """Give back what it uses. Idempotent; a stack that it was made from stays open."""
        with self._closing:  # of two threads that close it, one gives back
            self._stack, shared, self._shared_config = None, self._shared_config, None
        if shared is not None:
            _shared.give_back(shared)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()
