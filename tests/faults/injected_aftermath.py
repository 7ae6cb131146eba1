"""A new stack over the stores that a fault has left: all is there, what was interrupted can be done again, and it goes on."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from history_checker import Verdict
from injected_operations import OVERFLOW, Names
from lasting_stores import BATCH, WINDOW
from lixcore import SessionKey, Stack
from session_story import SessionStory
from speaker import Event, Speaker


class Aftermath:
    """Reads everything, does again what was not finished, and goes on.

    Args:
        stack: New, and without faults.
        names: The sessions.
        events: What was told until now; what is done here is added.

    Attributes:
        verdict: What the history checker finds wrong, all readings together.
        wrong: What else is wrong, in words.
    """

    def __init__(self, stack: Stack, names: Names, events: list[Event]) -> None:
        self._stack = stack
        self._events = events
        self._speaker = Speaker(stack, "m", events.append)
        self._speaker.said = 100  # above everything that was said before
        self.verdict = Verdict()
        self.wrong: list[str] = []
        for session in (names.one, names.two):
            if not self._story(session).is_empty:
                self._settle(session)
                self._repeat(session)
                self._settle(session)
                self._go_on(session)
                self._leave(session)
        self._leave(names.beside)
        for session in (names.one, names.two, names.beside):
            self.verdict += Verdict(acknowledged=self._story(session).acknowledged)

    def _story(self, session: str) -> SessionStory:
        return SessionStory(session, self._events)

    def _unless(self, holds: bool, words: str) -> None:  # noqa: FBT001  # reads as a sentence
        if not holds:
            self.wrong.append(words)

    def _judge(self, session: str) -> Sequence[str]:
        """Read it, and compare. Neither reading is told, so that each judgement stands for itself."""
        story, memory = self._story(session), self._stack.session(session)
        history = [one["content"] for one in memory.get_full_history()]
        # To read the context is to use the session. Then nothing is imported into it any more; and what was half forgotten may go
        # between the two readings, when the two stores are brought together.
        context = None
        if not any(event.kind in {"import", "forget"} for event in story.unfinished):
            context = [one["content"] for one in memory.get_context_messages()]
        found = story.judged(history, context, window=WINDOW)
        self.verdict += attrs.evolve(found, acknowledged=0)
        return history

    def _settle(self, session: str) -> None:
        history = self._judge(session)
        self._events.append(Event("settled", "done", session, "", history))

    def _repeat(self, session: str) -> None:
        """Do again what was not finished, as its caller would."""
        speaker = self._speaker
        for event in self._story(session).unfinished:
            if event.kind == "add":
                speaker.say(session, event.texts[0])
            elif event.kind == "import":
                speaker.import_whole(session, event.texts)
            else:
                again = {"evict": speaker.evict, "flush": speaker.flush, "clear": speaker.clear, "forget": speaker.forget}
                again[event.kind](session)
            self._has_its_effect(session, event)
        left = self._story(session).unfinished
        self._unless(not left, f"not done when it was repeated: {left}")

    def _has_its_effect(self, session: str, event: Event) -> None:
        wiring, memory = self._stack.wiring, self._stack.session(session)
        if event.kind == "evict":
            self._unless(not self._is_hot(session), "hot after its eviction was repeated")
        elif event.kind == "flush":
            info, whole = wiring.archive.describe(SessionKey(session)), len(memory.get_full_history())
            self._unless(not whole or (info is not None and info.messages == whole), "not all archived after a repeated flush")
        elif event.kind == "forget":
            self._unless(not any(memory.forget().values()), "not empty after it was forgotten again")

    def _go_on(self, session: str) -> None:
        self._speaker.add(session, OVERFLOW + 1)
        held = self._stack.wiring.hot.describe(SessionKey(session))
        self._unless(held is not None and held.held <= WINDOW + BATCH, f"more is hot than the window and a batch: {held}")

    def _leave(self, session: str) -> None:
        self._judge(session)
        self._speaker.evict(session)
        self._unless(not self._is_hot(session), "hot after an eviction")
        self._judge(session)
        self._speaker.evict(session)  # reading its context has brought it back

    def _is_hot(self, session: str) -> bool:
        return self._stack.wiring.hot.describe(SessionKey(session)) is not None
