"""What a journal says about one session: what must, may and must not be read of it, and where its context starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

import attrs

from history_checker import Outcome, Reading, Sent, Verdict, check
from speaker import Came, Event

NEVER = inf
EVERY_SESSION = ""
_SAYING = frozenset({"add", "import"})
_LOOKING = frozenset({"context", "history"})


@attrs.define
class _Said:
    """A text, when it was first said, and when that ended; times are places in the journal."""

    writer: str
    text: str
    began: float
    ended: float = NEVER
    outcome: Outcome = Outcome.UNKNOWN
    may_be_late: bool = False  # its add raised, and the store may carry it out after later ones


@attrs.define
class _Span:
    """A clear, a forget or a reading."""

    kind: str
    writer: str
    began: float
    ended: float = NEVER
    came: Came = "began"
    texts: Sequence[str] = ()


class SessionStory:
    """One session by the journal of all who used it.

    Args:
        events: In the order they were told. What a writer began and did not end, it was doing when it died.
    """

    def __init__(self, session: str, events: Iterable[Event]) -> None:
        self.session = session
        self._said: dict[str, _Said] = {}
        self._clears: list[_Span] = []
        self._forgets: list[_Span] = []
        self._readings: list[_Span] = []
        self._unfinished: dict[tuple[str, Sequence[str]], Event] = {}
        for time, event in enumerate(events):
            if event.session in {session, EVERY_SESSION}:
                self._take(event, time)

    def _take(self, event: Event, time: float) -> None:
        if event.kind == "died":
            unended: list[_Said | _Span] = [*self._said.values(), *self._clears, *self._forgets]
            for open_one in unended:
                if open_one.writer == event.writer and open_one.ended == NEVER:
                    open_one.ended = time
        elif event.kind == "settled":
            for said in self._said.values():
                if said.outcome is Outcome.UNKNOWN:
                    said.outcome = Outcome.ACKNOWLEDGED if said.text in event.texts else Outcome.REFUSED
                    said.ended = min(said.ended, time)
                if said.outcome is Outcome.ACKNOWLEDGED:
                    self._unfinished.pop(("add", (said.text,)), None)
        elif event.came == "began":
            self._begin(event, time)
        else:
            self._end(event, time)

    def _begin(self, event: Event, time: float) -> None:
        if event.kind not in _LOOKING:
            self._unfinished[event.kind, tuple(event.texts)] = event
        if event.kind in _SAYING:
            for text in event.texts:
                before = self._said.get(text)
                if before is None or before.outcome is Outcome.REFUSED:
                    self._said.pop(text, None)  # said again: what is sent later stands later
                    self._said[text] = _Said(event.writer, text, time)
        else:
            self._spans(event).append(_Span(event.kind, event.writer, time))

    def _end(self, event: Event, time: float) -> None:
        if event.came == "done":
            self._unfinished.pop((event.kind, tuple(event.texts)), None)
        if event.kind in _SAYING:
            outcome = {"done": Outcome.ACKNOWLEDGED, "refused": Outcome.REFUSED}.get(event.came, Outcome.UNKNOWN)
            for text in event.texts:
                said = self._said[text]
                if said.outcome is Outcome.UNKNOWN:
                    said.outcome, said.may_be_late = outcome, event.came == "unknown"
                    said.ended = NEVER if said.may_be_late else time
        elif spans := self._spans(event):
            span = [span for span in spans if span.writer == event.writer and span.kind == event.kind][-1]
            span.ended, span.came, span.texts = time, event.came, event.texts

    def _spans(self, event: Event) -> list[_Span]:
        kinds = {"clear": self._clears, "forget": self._forgets, "context": self._readings, "history": self._readings}
        return kinds.get(event.kind, [])

    @property
    def sent(self) -> Sequence[Sent]:
        """What was said, as it must be now that nobody does anything."""
        return [
            Sent(f"{said.writer} about {said.text}" if said.may_be_late else said.writer, said.text, self._outcome(said))
            for said in self._said.values()
        ]

    def _outcome(self, said: _Said) -> Outcome:
        outcome = said.outcome
        for forget in self._forgets:
            if said.ended < forget.began and forget.came == "done":
                return Outcome.REFUSED  # it was forgotten: whoever brings it back brings what does not belong there
            if said.began < forget.ended and outcome is Outcome.ACKNOWLEDGED:
                outcome = Outcome.UNKNOWN
        return outcome

    @property
    def acknowledged(self) -> int:
        """How many messages were acknowledged, also those that were forgotten since."""
        return sum(said.outcome is Outcome.ACKNOWLEDGED for said in self._said.values())

    @property
    def unfinished(self) -> Sequence[Event]:
        """What changes the session, was begun, and neither succeeded nor was found done."""
        return list(self._unfinished.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever said."""
        return not self._said

    def judged(self, history: Sequence[str], context: Sequence[str] | None, *, window: int) -> Verdict:
        """Compare it with what is read now that nobody does anything.

        Args:
            context: None where it was not read.
        """
        readings = [] if self._forgets else [self._read(span) for span in self._readings if span.came in {"done", "partial"}]
        readings.append(Reading(self._one_by_one(history), "the order in which they were added"))
        verdict = check(self.sent, history, readings, window=None if self._clears else window)
        if context is None:
            return verdict
        first, last = self._context_starts(history)
        for start in range(first, last + 1):
            if list(context) == list(history[start:][-window:] if window else []):
                return verdict
        shown = history[first:]
        known = [Sent(one.writer, one.text, Outcome.UNKNOWN) for one in self.sent if one.text in shown]
        return verdict + check(known, shown, context=context, window=window)

    def _read(self, span: _Span) -> Reading:
        knew = [said.text for said in self._said.values() if said.outcome is Outcome.ACKNOWLEDGED and said.ended < span.began]
        whole = {"is_whole": span.kind == "history", "is_context": span.kind == "context"} if span.came == "done" else {}
        return Reading(span.texts, f"the {span.kind} at {span.began}", knew=knew, **whole)

    def _one_by_one(self, history: Sequence[str]) -> Sequence[str]:
        """Those that were added one after the other, by whomever, in that order."""
        order: list[str] = []
        free_from = -1.0
        for said in sorted(self._said.values(), key=lambda said: said.ended):
            if said.began > free_from and said.ended < NEVER and said.text in history:
                order.append(said.text)
                free_from = said.ended
        return order

    def _context_starts(self, history: Sequence[str]) -> tuple[int, int]:
        """The first and the last index where the context may start; two where a clear was interrupted."""
        first = last = 0
        for clear in self._clears:
            known = [(at, self._said[text]) for at, text in enumerate(history) if text in self._said]
            covered = [at for at, said in known if said.ended < clear.began]
            later = [at for at, said in known if said.began > clear.ended]
            if clear.came == "done":
                first = max(first, covered[-1] + 1 if covered else 0)
            last = max(last, later[0] if later else len(history))
        return first, max(first, last)
