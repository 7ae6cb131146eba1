"""The whole session layer, as an application sees it, against lists: whatever is done to it, whatever befalls it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fault_kinds import RAISING, KilledError, end_of_story, killing
from gated_ports import Fault, Gate
from lasting_stores import BATCH, WINDOW, Planted, Stores
from lixcore import SessionKey
from lixcore.domain.record import decode_message
from lixcore.errors import LixError, NotArchivedError
from session_model import Process, SessionModel

SESSIONS: Final = ("a", "A")  # alike, to people
BURSTS: Final = (1, 1, 2, WINDOW, WINDOW + BATCH, 2 * (WINDOW + BATCH) + 1)
WINDOWS: Final = (0, 1, WINDOW, 7)
STEPS_OF_TIME: Final = (-3600.0, -0.001, 0.001, 5.0, 86_400.0)
ANY_FAULT: Final = (*killing(end_of_story), *(fault for fault in RAISING if "damaged" not in fault.name))
DEEDS: Final = ("context", "evict", "flush", "clear", "forget")
sessions = st.sampled_from(("a", "a", "a", "A"))  # most goes wrong where much is done to one


class SessionLayerMachine(RuleBasedStateMachine):
    """Two processes at a time, one of which acts; each session is a list of texts."""

    mode = "overflow"
    planted: Planted | None = None
    make_stores: Callable[[], Stores]

    def __init__(self) -> None:
        super().__init__()
        self.stores = type(self).make_stores()
        self.processes = [self._started(), self._started()]
        self.dead: list[Process] = []
        self.widest = WINDOW
        self.deaths = 0  # of processes in the middle of something: each may have added, and not spilled
        self.models = {session: SessionModel() for session in SESSIONS}
        self.at_risk: set[str] = set()  # those that were not said to be archived, although all is written through
        self.count = 0

    @property
    def here(self) -> Process:
        return self.processes[0]

    def _started(self, window: int = WINDOW) -> Process:
        gate = Gate()
        stack = self.stores.open(gate, hot_window_size=window, write_mode=self.mode, planted=self.planted)
        return Process(stack, gate, window)

    def _memory(self, session: str) -> Any:
        return self.here.stack.session(session)

    def history(self, session: str) -> list[str]:
        return [one["content"] for one in self._memory(session).get_full_history()]

    def context(self, session: str) -> list[str]:
        return [one["content"] for one in self._memory(session).get_context_messages()]

    def new_text(self) -> str:
        self.count += 1
        return f"message {self.count}"

    @initialize(session=sessions, burst=st.sampled_from(BURSTS))
    def begin(self, session: str, burst: int) -> None:
        self.add(session, burst, look=False)

    @rule(session=sessions)
    def add_one(self, session: str) -> None:
        self.add(session, 1, look=False)

    @rule(session=sessions)
    def fill_the_batch(self, session: str) -> None:
        """One more, and it overflows."""
        held = self.here.stack.wiring.hot.describe(SessionKey(session))
        self.add(session, max(1, self.here.window + BATCH - 1 - (held.held if held else 0)), look=False)

    @rule(session=sessions, burst=st.sampled_from(BURSTS), look=st.booleans())
    def add(self, session: str, burst: int, look: bool) -> None:  # noqa: FBT001  # Hypothesis draws it
        model = self.models[session]
        for _ in range(burst):
            text = self.new_text()
            self._memory(session).add_message_to_context("user", text)
            model.said.append(text)
            model.by[text] = self.here
        if look:
            self.read_context(session)

    @rule(session=sessions)
    def read_context(self, session: str) -> None:
        assert self.models[session].looks_like(self.context(session), self.here.window)

    @rule(session=sessions)
    def evict(self, session: str) -> None:
        key, wiring = SessionKey(session), self.here.stack.wiring
        assert wiring.tiering.evict(key)
        assert wiring.hot.describe(key) is None

    @rule(session=sessions)
    def come_back(self, session: str) -> None:
        self.evict(session)
        self.read_context(session)

    @rule(idle_seconds=st.sampled_from([0.0, None]))
    def evict_idle(self, idle_seconds: float | None) -> None:
        self.here.stack.evict_idle(idle_seconds=idle_seconds)

    @rule(session=sessions)
    def flush(self, session: str) -> None:
        assert self._memory(session).flush_to_disk()
        assert self._memory(session).get_stats()["context_window"]["disk_turns"] == len(self.models[session].said)

    @rule(session=sessions)
    def clear(self, session: str) -> None:
        self._memory(session).clear_context()
        self.models[session].clear()

    @rule(session=sessions)
    def forget(self, session: str) -> None:
        removed = self._memory(session).forget()
        assert sum(removed.values()) >= len(self.models[session].said)
        assert not any(self._memory(session).forget().values())
        self.models[session] = SessionModel()

    @rule()
    def the_other_process_goes_on(self) -> None:
        self.processes.reverse()

    @rule(window=st.sampled_from(WINDOWS))
    def reopen(self, window: int) -> None:
        self.processes.pop(0).stack.close()
        self.processes.insert(0, self._started(window))
        self.widest = max(self.widest, window)

    @rule()
    def crash(self) -> None:
        """The process is gone, and has closed nothing."""
        dead = self.processes.pop(0)
        self.dead.append(dead)
        self.processes.insert(0, self._started(dead.window))

    @rule(seconds=st.sampled_from(STEPS_OF_TIME))
    def clock_moves(self, seconds: float) -> None:
        self.stores.clock.time += seconds

    @rule(is_under_way=st.booleans())
    def wipe(self, is_under_way: bool) -> None:  # noqa: FBT001  # Hypothesis draws it
        """The hot store loses everything. What was not archived may go, unless all is written through."""
        for session, model in self.models.items():
            entries = self.here.stack.wiring.archive.read(SessionKey(session))
            archived = {decode_message(entry).content for entry in entries}
            lost = set(model.said) - archived
            assert self.mode == "overflow" or lost <= self.at_risk
            model.keep(archived)
        if is_under_way and self.stores.outlives_wipes:  # the processes go on
            self.stores.wipe()
            return
        windows = [process.window for process in self.processes]
        self.close_all()
        self.stores.wipe()
        self.processes = [self._started(window) for window in windows]

    @rule(session=sessions, fault=st.sampled_from(ANY_FAULT), nth=st.integers(1, 7))
    def interrupted_add(self, session: str, fault: Fault, nth: int) -> None:
        self.interrupted(session, "add", fault, nth)

    @rule(session=sessions, deed=st.sampled_from(DEEDS), fault=st.sampled_from(ANY_FAULT), nth=st.integers(1, 7))
    def interrupted(self, session: str, deed: str, fault: Fault, nth: int) -> None:
        """A fault at some call to a store."""
        text, process = self.new_text(), self.here
        work: dict[str, Callable[[], object]] = {
            "add": lambda: self._memory(session).add_message_to_context("user", text),
            "context": lambda: self.context(session),
            "evict": lambda: process.stack.wiring.tiering.evict(SessionKey(session)),
            "flush": lambda: self._memory(session).flush_to_disk(),
            "clear": lambda: self._memory(session).clear_context(),
            "forget": lambda: self._memory(session).forget(),
        }
        error: BaseException | None = None
        process.gate.arm(fault, nth)
        try:
            work[deed]()
        except (KilledError, LixError) as raised:
            error = raised
        finally:
            process.gate.disarm()
        if isinstance(error, KilledError):
            self.crash()
            self.deaths += 1
        self.stores.clock.elapsed += 5  # so that a hot store that was away is asked again
        {"add": self.settle_add, "clear": self.settle_clear, "forget": self.settle_forget}.get(deed, self.settle)(
            session, text, process, error
        )

    def settle(self, session: str, _: str, __: Process, ___: BaseException | None) -> None:
        self.read_context(session)

    def settle_add(self, session: str, text: str, by: Process, error: BaseException | None) -> None:
        model = self.models[session]
        self.context(session)  # brings both stores together, if the archive stood in
        history = self.history(session)
        assert [one for one in history if one != text] == model.said
        assert history.count(text) <= 1
        must_be_there = error is None or isinstance(error, NotArchivedError)
        if must_be_there or text in history:
            assert text in history, "lost"
            is_known_not_to_be = (
                isinstance(error, LixError) and not must_be_there and not getattr(error, "outcome_unknown", False)
            )
            assert not is_known_not_to_be, "refused, and there"
            # Where the archive stood in, it may come before what others said that this process has not seen.
            later = history[history.index(text) + 1 :]
            assert not any(model.by[one] is by for one in later), "reordered"
            place = history.index(text)
            model.said, model.fresh_from = history, model.fresh_from + (place < model.fresh_from)
            if model.maybe_from is not None:
                model.maybe_from += place < model.maybe_from
            model.by[text] = by
            if error is not None:
                self.at_risk.add(text)
        self.read_context(session)

    def settle_clear(self, session: str, _: str, __: Process, error: BaseException | None) -> None:
        model = self.models[session]
        if error is None:
            model.clear()
        else:
            model.maybe_from = len(model.said)
        self.read_context(session)

    def settle_forget(self, session: str, _: str, __: Process, error: BaseException | None) -> None:
        if error is not None:
            assert set(self.history(session)) <= set(self.models[session].said)
            self._memory(session).forget()
        self.models[session] = SessionModel()
        self.read_context(session)

    @invariant()
    def history_is_everything_once_in_order(self) -> None:
        for session, model in self.models.items():
            assert self.history(session) == model.said
            stats = self._memory(session).get_stats()["context_window"]
            assert stats["messages"] == len(model.said)
            if stats["is_hot"]:
                self.read_context(session)

    @invariant()
    def the_hot_store_is_bounded(self) -> None:
        for session in SESSIONS:
            held = self.here.stack.wiring.hot.describe(SessionKey(session))
            assert held is None or held.held <= self.widest + BATCH + 1 + self.deaths  # one for the other process

    @invariant()
    def nobody_else_is_there(self) -> None:
        assert {key.id for key in self.here.stack.session_keys()} <= set(SESSIONS)

    def close_all(self) -> None:
        for process in (*self.processes, *self.dead):
            process.stack.close()
        self.dead.clear()

    def teardown(self) -> None:
        self.close_all()


def check_sessions(
    make_stores: Callable[[], Stores],
    *,
    mode: str,
    examples: int,
    planted: Planted | None = None,
    phases: Sequence[Phase] = (Phase.generate, Phase.shrink),
) -> None:
    """Run random histories over new stores each.

    Args:
        mode: ``write_mode`` of all stacks.
        planted: Wrong services, to see whether they are found.
        phases: Shrinking takes too long on files and servers; what was generated can be read as it is.
    """
    made = staticmethod(make_stores)
    machine = type("SessionLayer", (SessionLayerMachine,), {"make_stores": made, "mode": mode, "planted": planted})
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, phases=phases, suppress_health_check=quiet
        ),
    )
