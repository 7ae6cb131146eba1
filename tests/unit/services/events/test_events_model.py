"""Whatever is done to sessions, the events are what the stores show has happened: no more, no less, in order."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lixcore.domain.message import Message
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.events import Added, Event, Evicted, Forgotten, Restored, Spilled
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer
from watching import Heard

KEYS = [SessionKey("a"), SessionKey("A"), SessionKey("a", "acme")]
sessions = st.sampled_from([KEYS[0], *KEYS])  # most goes wrong where much is done to one


@attrs.frozen
class Seen:
    """What the stores hold of a session, as positions.

    Attributes:
        hot: In the hot store; None when it is absent.
        archived: In the archive.
        context: Those of them that a restored context may have.
    """

    hot: Sequence[Position] | None
    archived: Sequence[Position]
    context: Sequence[Position]


class EventsMachine(RuleBasedStateMachine):
    """One process; what it is told is compared with the stores before and after each step."""

    @initialize(window=st.sampled_from([0, 1, 2, 300]), batch=st.sampled_from([1, 2]), through=st.booleans())
    def begin(self, window: int, batch: int, through: bool) -> None:  # noqa: FBT001  # Hypothesis draws it
        self.window = window
        self.clock = SettableClock()
        self.hot, self.archive = MemoryHotStore(self.clock), MemoryArchive()
        self.heard = Heard()
        self.layer = SessionLayer(
            self.hot, self.archive, self.clock, window=window, batch=batch, through=through, events=self.heard
        )

    def look(self, session: SessionKey) -> Seen:
        info, archived = self.archive.describe(session), [entry.position for entry in self.archive.read(session)]
        held = None
        if self.hot.describe(session) is not None:
            held = [entry.position for entry in self.hot.oldest(session, limit=10**6)]
        start = info.context_after if info else 0
        return Seen(held, archived, [position for position in archived if position > start])

    def restored(self, session: SessionKey, before: Seen) -> list[Event]:
        """What making it hot tells: nothing where it was, or where there is nothing to restore."""
        messages = 0 if before.hot is not None else len(before.context[max(0, len(before.context) - self.window) :])
        return [Restored(session, messages)] if messages else []

    @rule(session=sessions, count=st.sampled_from([1, 1, 2, 3, 7, 260]))
    def add(self, session: SessionKey, count: int) -> None:
        for _ in range(count):
            before = self.look(session)
            self.clock.advance(0.001)
            self.layer.window.add(session, Message("user", "x", self.clock.now()))
            after = self.look(session)
            assert after.hot is not None
            [position] = {*after.hot, *after.archived} - {*(before.hot or ()), *before.archived}
            expected = self.restored(session, before)
            was_hot = len(before.hot or ()) + sum(event.messages for event in expected if isinstance(event, Restored))
            expected.append(Added(session, position))
            left = was_hot + 1 - len(after.hot)
            assert self.heard.taken() == [*expected, *([Spilled(session, left)] if left else [])]

    @rule(session=sessions)
    def read_context(self, session: SessionKey) -> None:
        before = self.look(session)
        self.layer.window.context(session)
        became_hot = before.hot is None and self.look(session).hot is not None
        assert self.heard.taken() == (self.restored(session, before) if became_hot else [])

    @rule(session=sessions)
    def evict(self, session: SessionKey) -> None:
        before = self.look(session)
        assert self.layer.tiering.evict(session)
        assert self.look(session).hot is None
        assert self.heard.taken() == ([Evicted(session)] if before.hot is not None else [])

    @rule()
    def evict_all(self) -> None:
        """In one go, also those that are not hot."""
        before = [key for key in KEYS if self.look(key).hot is not None]
        assert self.layer.tiering.evict_many(KEYS).absent == len(KEYS)
        assert self.heard.taken() == [Evicted(key) for key in before]

    @rule(session=sessions)
    def clear(self, session: SessionKey) -> None:
        before = self.look(session)
        self.layer.window.clear(session)
        left = before.hot is not None and self.look(session).hot is None
        assert self.heard.taken() == ([Evicted(session)] if left else [])

    @rule(session=sessions)
    def forget(self, session: SessionKey) -> None:
        before = self.look(session)
        self.layer.window.forget(session)
        assert self.heard.taken() == [Forgotten(session, len(before.hot or ()), len(before.archived))]

    @rule(session=sessions)
    def look_only(self, session: SessionKey) -> None:
        self.layer.window.history(session)
        self.layer.window.stats(session)
        self.layer.window.flush(session)
        assert self.heard.taken() == []

    @invariant()
    def everything_told_was_compared(self) -> None:
        if hasattr(self, "heard"):
            assert self.heard.events == []


def test_events_are_what_the_stores_show() -> None:
    run_state_machine_as_test(EventsMachine, settings=settings(max_examples=100, stateful_step_count=25, deadline=None))
