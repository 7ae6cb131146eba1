"""A hot store against a model of lists, by Hypothesis' state machine."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore, Ticket
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.hostile import KEYS, PAYLOADS, TIMESTAMPS
from lixcore.testing.ground.profiles import run_machine
from lixcore.testing.hot_store.stores import OpenStore, empty, make_hot

GAPS = st.lists(st.integers(1, 5), min_size=0, max_size=6)
FEW = 3  # sessions in a history: what goes wrong needs several calls on the same one


@dataclass
class _Model:
    """One session: ``entries`` is None while it is absent."""

    entries: list[Entry] | None = None
    highest: int = 0  # of all positions and bounds it ever had
    active: float = 0.0
    times_hot: int = 0  # how often it could have become out of date for a restore

    def depart(self) -> None:
        self.entries = None
        self.times_hot += 1


@dataclass
class _Issued:
    """A ticket, and the state of its session when it was given."""

    session: SessionKey
    ticket: Ticket
    times_hot: int
    absent: bool


@dataclass
class _World:
    models: dict[SessionKey, _Model] = field(default_factory=dict)

    def __getitem__(self, key: SessionKey) -> _Model:
        return self.models.setdefault(key, _Model())


def check_against_model(  # noqa: C901  # a machine closes over its store
    open_store: OpenStore, clock: SettableClock, *, persistent: bool, shared: bool, histories: int = 60
) -> None:
    """Run random histories of calls; every answer is the model's."""

    class Machine(RuleBasedStateMachine):
        keys = Bundle("keys")
        tickets = Bundle("tickets")

        def __init__(self) -> None:
            super().__init__()
            self.world = _World()
            self.stores: list[HotStore] = [open_store() for _ in range(2 if shared else 1)]

        @property
        def store(self) -> HotStore:
            return self.stores[0]

        @initialize(target=keys, key=KEYS, gaps=GAPS, payload=PAYLOADS)
        def start_with_a_hot_session(self, key: SessionKey, gaps: list[int], payload: bytes) -> SessionKey:
            empty(self.store)
            self.come_back(key, gaps, payload)
            return key

        @precondition(lambda self: len(self.world.models) < FEW)
        @rule(target=keys, key=KEYS)
        def name(self, key: SessionKey) -> SessionKey:
            return key

        @rule(key=keys, gaps=GAPS, payload=PAYLOADS)
        def come_back(self, key: SessionKey, gaps: list[int], payload: bytes) -> None:
            model = self.world[key]
            if model.entries is None:
                entries = [entry(sum(gaps[: n + 1]), payload) for n in range(len(gaps))]
                after = max(model.highest, sum(gaps))
                make_hot(self.store, key, entries, next_after=after)
                model.entries, model.highest, model.active = entries, after, clock.now()

        @rule(key=keys, timestamp=TIMESTAMPS, payload=PAYLOADS)
        def append(self, key: SessionKey, timestamp: float, payload: bytes) -> None:
            model = self.world[key]
            answer = self.store.append(key, timestamp, payload)
            if model.entries is None:
                assert answer is None
                return
            assert answer is not None
            assert answer.position > model.highest
            model.entries.append(entry(answer.position, payload, timestamp))
            model.highest = answer.position
            model.active = clock.now()
            assert answer.held == len(model.entries)

        @rule(key=keys, last=st.none() | st.integers(0, 6))
        def read(self, key: SessionKey, last: int | None) -> None:
            model = self.world[key]
            found = self.store.read(key, last=last)
            if model.entries is None:
                assert found is None
                return
            model.active = clock.now()
            start = 0 if last is None else max(len(model.entries) - last, 0)
            assert facts(found) == facts(model.entries[start:])

        @rule(key=keys, limit=st.integers(0, 6))
        def oldest(self, key: SessionKey, limit: int) -> None:
            assert facts(self.store.oldest(key, limit=limit)) == facts((self.world[key].entries or [])[:limit])

        @rule(target=tickets, key=keys)
        def ticket(self, key: SessionKey) -> _Issued:
            model = self.world[key]
            return _Issued(key, self.store.ticket(key), model.times_hot, absent=model.entries is None)

        @rule(issued=tickets, gaps=GAPS, beyond=st.integers(0, 3), payload=PAYLOADS)
        def restore(self, issued: _Issued, gaps: list[int], beyond: int, payload: bytes) -> None:
            model = self.world[issued.session]
            entries = [entry(sum(gaps[: n + 1]), payload) for n in range(len(gaps))]
            after = Position(max(model.highest, sum(gaps)) + beyond)
            done = self.store.restore(issued.session, entries, next_after=after, ticket=issued.ticket)
            fresh = issued.absent and issued.times_hot == model.times_hot
            if model.entries is not None or not fresh:
                assert done is False
                return
            if not done:  # allowed now and then; make_hot fails when it happens every time
                make_hot(self.store, issued.session, entries, next_after=after)
            model.entries, model.highest, model.active = entries, after, clock.now()

        @rule(key=keys, index=st.integers(-1, 6), offset=st.integers(-1, 1), leave=st.booleans())
        def release_or_evict(self, key: SessionKey, index: int, offset: int, leave: bool) -> None:  # noqa: FBT001  # drawn
            model = self.world[key]
            held = model.entries or []
            through = Position(max(held[min(index, len(held) - 1)].position + offset, 0) if held and index >= 0 else 0)
            kept = [one for one in held if one.position > through]
            if leave:
                assert self.store.evict(key, through=through) is (not kept)
                if model.entries is not None and not kept:
                    model.depart()
                    return
            else:
                assert self.store.release(key, through=through) == len(held) - len(kept)
            if model.entries is not None:
                model.entries = kept

        @rule(key=keys)
        def forget(self, key: SessionKey) -> None:
            held = self.world[key].entries or []
            removal = self.store.forget(key)
            assert (removal.entries, removal.last_position) == (len(held), held[-1].position if held else None)
            self.world[key].depart()

        @rule(seconds=st.sampled_from([0.0, 0.001, 1.5, 86_400.0]))
        def pass_time(self, seconds: float) -> None:
            clock.advance(seconds)

        @rule()
        def step_back(self) -> None:
            clock.advance(-3600.0)

        @rule(since=st.floats(-90_000, 10) | st.just(0.0), limit=st.none() | st.integers(0, 3))
        def list_sessions(self, since: float, limit: int | None) -> None:
            bound = clock.now() + since
            idle = sorted(m.active for m in self.world.models.values() if m.entries is not None and m.active <= bound)
            found = self.store.sessions(inactive_since=bound, limit=limit)
            assert [one.last_active for one in found] == idle[:limit]
            assert all(self.world[one.session].active == one.last_active for one in found)
            assert len({one.session for one in found}) == len(found)

        @precondition(lambda _: persistent)
        @rule()
        def reopen(self) -> None:
            self.stores.pop(0).close()
            self.stores.append(open_store())

        @precondition(lambda _: shared)
        @rule()
        def use_the_other_handle(self) -> None:
            self.stores.reverse()

        @invariant()
        def the_same_sessions_are_hot(self) -> None:
            hot = {key: model.active for key, model in self.world.models.items() if model.entries is not None}
            assert {one.session: one.last_active for one in self.store.sessions()} == hot

        @invariant()
        def each_is_described_truly(self) -> None:
            for key, model in self.world.models.items():
                info = self.store.describe(key)
                if model.entries is None:
                    assert info is None
                    continue
                ends = (model.entries[0].position, model.entries[-1].position) if model.entries else (None, None)
                assert info is not None
                assert (info.held, info.first_position, info.last_position) == (len(model.entries), *ends)

        def teardown(self) -> None:
            for store in self.stores:
                store.close()

    run_machine(Machine, histories=histories)
