"""The session layer against a plain list, whatever is done to it in whatever order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lixcore.domain.message import Message
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer

SESSIONS = [SessionKey("a"), SessionKey("A")]
WINDOW, BATCH = 3, 2
sessions = st.sampled_from(SESSIONS)


class SessionLayerMachine(RuleBasedStateMachine):
    """Each session is a list of texts, and the index where its context starts."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SettableClock()
        hot, archive = MemoryHotStore(self.clock), MemoryArchive()
        self.layer = SessionLayer(hot, archive, self.clock, window=WINDOW, batch=BATCH)
        self.size = self.widest = WINDOW
        self.said: dict[SessionKey, list[str]] = {session: [] for session in SESSIONS}
        self.fresh_from: dict[SessionKey, int] = dict.fromkeys(SESSIONS, 0)
        self.count = 0

    @rule(session=sessions, burst=st.sampled_from([1, 1, 2, 7]), look=st.booleans())
    def add(self, session: SessionKey, burst: int, look: bool) -> None:  # noqa: FBT001  # Hypothesis draws it
        for _ in range(burst):
            self.count += 1
            text = f"message {self.count}"
            self.layer.window.add(session, Message("user", text, self.clock.now()))
            self.said[session].append(text)
        if look:
            self.read_context(session)

    @rule(session=sessions)
    def evict(self, session: SessionKey) -> None:
        assert self.layer.tiering.evict(session)
        assert self.layer.hot.describe(session) is None

    @rule(session=sessions)
    def flush(self, session: SessionKey) -> None:
        assert self.layer.window.flush(session) == len(self.said[session])

    @rule(session=sessions)
    def clear(self, session: SessionKey) -> None:
        self.layer.window.clear(session)
        self.fresh_from[session] = len(self.said[session])

    @rule(session=sessions)
    def forget(self, session: SessionKey) -> None:
        forgotten = self.layer.window.forget(session)
        assert forgotten.hot + forgotten.archived >= len(self.said[session])
        again = self.layer.window.forget(session)
        assert (again.hot, again.archived) == (0, 0)
        self.said[session], self.fresh_from[session] = [], 0

    @rule(session=sessions)
    def come_back(self, session: SessionKey) -> None:
        assert self.layer.tiering.evict(session)
        self.read_context(session)

    def read_context(self, session: SessionKey) -> None:
        context = [message.content for message in self.layer.window.context(session)]
        assert context == (self.said[session][self.fresh_from[session] :][-self.size :] if self.size else [])

    @rule(size=st.sampled_from([0, 1, WINDOW, 7]))
    def another_process_goes_on(self, size: int) -> None:
        """One with a window of another size, too."""
        self.layer = SessionLayer(self.layer.hot, self.layer.archive, self.clock, window=size, batch=BATCH)
        self.size, self.widest = size, max(size, self.widest)

    @rule(session=sessions)
    def spill(self, session: SessionKey) -> None:
        self.layer.tiering.spill(session)
        held = self.layer.hot.describe(session)
        assert held is None or held.held <= self.size

    @rule(seconds=st.sampled_from([-3600.0, -0.001, 0.001, 5.0, 86_400.0]))
    def clock_moves(self, seconds: float) -> None:
        self.clock.time += seconds

    @invariant()
    def history_is_everything_once_in_order(self) -> None:
        for session, said in self.said.items():
            entries = self.layer.window.history(session)
            assert [decode_message(entry).content for entry in entries] == said
            positions = [entry.position for entry in entries]
            assert positions == sorted(set(positions))
            assert self.layer.window.stats(session).messages == len(said)
            if self.layer.hot.describe(session) is not None:
                self.read_context(session)

    @invariant()
    def the_hot_store_is_bounded(self) -> None:
        for session in SESSIONS:
            held = self.layer.hot.describe(session)
            assert held is None or held.held <= self.widest + BATCH


def test_the_session_layer_behaves_like_a_list() -> None:
    run_state_machine_as_test(SessionLayerMachine, settings=settings(max_examples=150, stateful_step_count=40, deadline=None))
