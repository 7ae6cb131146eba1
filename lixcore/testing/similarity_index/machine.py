"""A similarity index against a model of lists, by Hypothesis' state machine."""

from __future__ import annotations

from itertools import count

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.profiles import left_out, run_machine
from lixcore.testing.similarity_index.indexes import OpenIndex
from lixcore.testing.similarity_index.oracle import ALL, Held, check_found, floats, identity

SKEW = 60.0  # seconds; as the ports say
_HOSTILE = [SessionKey("one"), SessionKey("one\0"), SessionKey("one", tenant="other")]
SESSIONS = [SessionKey("one"), SessionKey("two"), SessionKey("three")] if left_out("hostile-ids") else _HOSTILE
SCOPES = [each for session in SESSIONS for each in (Scope(session), Scope(session, url="u"), Scope(session, shared=True))]
WHICH = st.integers(0, 5)  # of two or three scopes: what goes wrong needs several calls on the same one
NUMBERS = st.sampled_from([-1.0, 0.0, 1.0, 2.0, 1.0000001])
VECTORS = st.one_of(*[st.lists(NUMBERS, min_size=size, max_size=size).filter(any) for size in (2, 2, 3)])
LABELS = st.sampled_from([b"", b"", b"a" * 32, b"A" * 32])
TTLS = st.sampled_from([300.0, 300.125, 500.0, 900.0, 4000.0])
CAPACITIES = st.sampled_from([1, 2, 3, 5, 100])


@attrs.define(eq=False)
class _Entry:
    """An entry of the model. What once was not live may have left, and is looked for when the clock has stepped back."""

    vector: list[float]
    payload: bytes
    label: bytes
    source: SessionKey
    added: float
    expires: float
    may_have_left: bool = False

    def is_live(self, now: float) -> bool:
        return self.added - now <= SKEW and self.expires > now


def check_against_model(  # noqa: C901  # a machine closes over its store
    open_store: OpenIndex,
    clock: SettableClock,
    *,
    persistent: bool,
    shared: bool,
    tolerance: float = 0.0,
    histories: int = 50,
) -> None:
    """Run random histories of calls; every answer is the model's."""
    numbers = count()

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.model: dict[tuple[object, ...], list[_Entry]] = {}
            self.scopes: list[Scope] = []
            self.stores: list[SimilarityIndex] = [open_store() for _ in range(2 if shared else 1)]

        @property
        def store(self) -> SimilarityIndex:
            return self.stores[0]

        def live(self, scope: Scope) -> list[_Entry]:
            return [each for each in self.model.get(identity(scope), []) if each.is_live(clock.now())]

        @initialize(scopes=st.lists(st.sampled_from(SCOPES), min_size=2, max_size=3, unique=True))
        def begin_empty(self, scopes: list[Scope]) -> None:
            self.scopes = scopes
            for session in SESSIONS:
                self.store.forget(session)

        @rule(
            which=WHICH,
            vectors=st.lists(VECTORS, min_size=1, max_size=5),
            label=LABELS,
            ttl=TTLS,
            capacity=CAPACITIES,
            pause=st.sampled_from([0.0, 0.0, 100.0, 250.0, -30.0]),
        )
        def add(self, *, which: int, vectors: list[list[float]], label: bytes, ttl: float, capacity: int, pause: float) -> None:
            scope = self.scopes[which % len(self.scopes)]
            for vector in vectors:
                if pause:
                    self.move_clock(pause)
                live = self.live(scope)
                payload = b"%d" % next(numbers)
                new = IndexEntry(floats(vector), payload, label)
                if live and len(live[0].vector) != len(vector):
                    with pytest.raises(InvalidInputError):
                        self.store.add(scope, new, ttl=ttl, capacity=capacity)
                    continue
                self.store.add(scope, new, ttl=ttl, capacity=capacity)
                live.append(_Entry(vector, payload, label, scope.session, clock.now(), clock.now() + ttl))
                self.model[identity(scope)] = live[-capacity:]

        @rule(
            which=WHICH,
            query=st.none() | VECTORS,
            label=LABELS,
            k=st.integers(1, 4),
            at_least=st.sampled_from([-1.0, 0.0, 0.5, 0.9, 1.0]),
        )
        def search(self, which: int, query: list[float] | None, label: bytes, k: int, at_least: float) -> None:
            self.compare(self.scopes[which % len(self.scopes)], query, label, k, at_least)

        def compare(self, scope: Scope, query: list[float] | None, label: bytes, k: int, at_least: float) -> None:
            live = self.live(scope)
            asked = None if query is None else floats(query)
            if asked is not None and live and len(live[0].vector) != len(asked):
                with pytest.raises(InvalidInputError):
                    self.store.search(scope, asked, label=label, k=k, at_least=at_least)
                return
            found = self.store.search(scope, asked, label=label, k=k, at_least=at_least)
            held = [Held(floats(each.vector), each.payload, each.label, each.added) for each in live]
            check_found(found, held, asked, label=label, k=k, at_least=at_least, tolerance=tolerance)

        @rule(session=st.sampled_from(SESSIONS))
        def forget(self, session: SessionKey) -> None:
            now = clock.now()
            gone = [each for held in self.model.values() for each in held if each.source == session]
            assert self.store.forget(session) == sum(each.is_live(now) for each in gone)
            for key, held in self.model.items():
                self.model[key] = [each for each in held if each.source != session]

        @rule(seconds=st.sampled_from([0.125, 50.0, 250.0, 299.875, 300.0, 3600.0]))
        def pass_time(self, seconds: float) -> None:
            self.move_clock(seconds)

        @rule(seconds=st.sampled_from([0.125, 60.0, 60.125, 300.0, 5000.0]))
        def step_back(self, seconds: float) -> None:
            self.move_clock(-seconds)

        def move_clock(self, seconds: float) -> None:
            clock.advance(seconds)
            for scope in SCOPES:
                held = self.model.get(identity(scope), [])
                for each in held:
                    each.may_have_left |= not each.is_live(clock.now())
                again = [each for each in held if each.may_have_left and each.is_live(clock.now())]
                if again:
                    self.settle(scope, again)

        def settle(self, scope: Scope, again: list[_Entry]) -> None:
            """What is live once more after it was not: both are right, that it left and that it is still there."""
            there = {match.payload for match in self.store.search(scope, floats(again[0].vector), k=ALL, at_least=-1.0)}
            held = self.model[identity(scope)]
            self.model[identity(scope)] = [each for each in held if each not in again or each.payload in there]
            for each in again:
                each.may_have_left = False

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
        def the_same_is_found_everywhere(self) -> None:
            for scope in SCOPES:
                live = self.live(scope)
                query = live[0].vector if live else [1.0, 1.0]
                self.compare(scope, query, b"", ALL, -1.0)
                if live:
                    self.compare(scope, query, b"a" * 32, 2, 0.9)

        @invariant()
        def the_same_is_counted(self) -> None:
            now = clock.now()
            total = sum(each.is_live(now) for held in self.model.values() for each in held)
            assert self.store.measure().entries == total
            for session in SESSIONS:
                own = sum(len(self.live(scope)) for scope in SCOPES if scope.session == session and not scope.shared)
                assert self.store.measure(session).entries == own

        def teardown(self) -> None:
            for store in self.stores:
                store.close()

    run_machine(Machine, histories=histories, steps=20)
