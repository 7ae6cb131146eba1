"""One run of an import: lines in, counts out, and in every outcome a true account of how far it got."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore.errors import InvalidInputError, InvalidLineError
from lixcore_cli.interrupts import DeferredInterrupts
from lixcore_cli.line_source import MAX_LINE_BYTES, LineSource

if TYPE_CHECKING:
    from lixcore.domain.session import SessionKey
    from lixcore.services.histories.import_conversations import ImportCounts
    from lixcore.stack import Stack

MAX_LISTED: Final = 20
"""How many bad lines are listed; all are counted."""

MAX_IGNORED_NAMES: Final = 100
_SESSIONS_A_STEP: Final = 200


@attrs.define
class ImportReport:
    """How far an import got.

    Attributes:
        sessions: Sessions stored, wholly or in their missing part.
        messages: Messages stored.
        present_sessions: Sessions that were stored already.
        present_messages: Messages of those.
        bad_lines: How many lines were skipped.
        listed: The first of them, as errors.
        ignored: How often each name that means nothing here stood on a line.
        seconds: How long it took.
    """

    sessions: int = 0
    messages: int = 0
    present_sessions: int = 0
    present_messages: int = 0
    bad_lines: int = 0
    listed: list[InvalidLineError] = attrs.Factory(list)
    ignored: Counter[str] = attrs.Factory(Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Messages stored in a second."""
        return self.messages / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """As a plain dict, for JSON."""
        return {
            "sessions": self.sessions,
            "messages": self.messages,
            "already_there": {"sessions": self.present_sessions, "messages": self.present_messages},
            "bad_lines": {
                "count": self.bad_lines,
                "listed": [
                    {"source": each.source, "line": each.line, "field": each.field, "reason": each.reason} for each in self.listed
                ],
            },
            "ignored_fields": dict(self.ignored),
            "seconds": round(self.seconds, 3),
            "messages_per_second": round(self.rate),
        }


class ImportRun:
    """Feeds the lines of any number of sources to the importer.

    Args:
        stack: Where the conversations go.
        tenant: Whose they are.
        hot: Whether each session becomes hot at once.
        skip_bad: Whether bad lines are counted and passed over.
        on_progress: Is called now and then, with the source that is being read.

    Attributes:
        report: What is durably stored, as of the last step; true at any time, also after an error.
    """

    def __init__(
        self,
        stack: Stack,
        interrupts: DeferredInterrupts,
        *,
        tenant: str,
        hot: bool,
        skip_bad: bool,
        on_progress: Callable[[LineSource], None],
    ) -> None:
        self._stack = stack
        self._interrupts = interrupts
        self._tenant = tenant
        self._hot = hot
        self._skip_bad = skip_bad
        self._on_progress = on_progress
        self._importer = stack.importer()
        self._taken: list[SessionKey] = []
        self._started = time.perf_counter()
        self.report = ImportReport()

    def read(self, source: LineSource) -> None:
        """Store every conversation of a source; call `finish` afterwards, whatever happens.

        Raises:
            InvalidLineError: A line is refused, and bad lines are not skipped. What stood before it is stored by `finish`.
            StoreError: Storing failed; running the same import again continues.
        """
        seen = -1
        for number, line in source.lines():
            if source.consumed != seen:
                seen = source.consumed
                self._on_progress(source)
            try:
                self._take(source.name, number, line)
            except InvalidLineError as error:
                if not self._skip_bad:
                    raise
                self._note_bad(error)
        self._on_progress(source)

    def _take(self, source: str, number: int, line: bytes | None) -> None:
        from lixcore.services.histories.conversation_lines import parse_line

        if line is None:
            raise InvalidLineError(source, number, "line", f"is longer than {MAX_LINE_BYTES:,} bytes")
        if not line or line.isspace():
            return
        now = self._stack.wiring.clock.now()
        conversation = parse_line(line, source=source, number=number, tenant=self._tenant, now=now)
        with self._interrupts.held():
            try:
                self._importer.add(conversation)
            except InvalidInputError as error:
                raise InvalidLineError(source, number, error.field, error.reason) from None
            self._taken.append(conversation.session)
        for name in conversation.ignored:
            if name in self.report.ignored or len(self.report.ignored) < MAX_IGNORED_NAMES:
                self.report.ignored[name] += 1
        if len(self._taken) >= _SESSIONS_A_STEP:
            with self._interrupts.held():
                self._step()

    def _note_bad(self, error: InvalidLineError) -> None:
        self.report.bad_lines += 1
        if len(self.report.listed) < MAX_LISTED:
            self.report.listed.append(error)

    def finish(self) -> None:
        """Store what was taken and not stored yet.

        Raises:
            StoreError: Storing failed; the report tells what is stored.
        """
        with self._interrupts.held():
            self._step()

    def _step(self) -> None:
        try:
            self._importer.flush()
        finally:
            self.report.seconds = time.perf_counter() - self._started
        counts: ImportCounts = self._importer.counts
        self.report.sessions, self.report.messages = counts.sessions, counts.messages
        self.report.present_sessions, self.report.present_messages = counts.present_sessions, counts.present_messages
        taken, self._taken = self._taken, []
        if self._hot:
            for session in taken:
                self._stack.wiring.window.context(session)
