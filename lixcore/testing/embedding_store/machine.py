"""An embedding store against a model of a dict, by Hypothesis' state machine."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.testing.embedding_store.stores import OpenEmbeddings
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.profiles import left_out, run_machine

SKEW = 60.0  # seconds; as the ports say
_HOSTILE = [b"a" * 32, b"A" * 32, b"\0" * 32, b"\0" * 31 + b"a", b"*" * 32, b"\xff" * 32, b"\r\n" * 16]
KEYS = [bytes([number]) * 32 for number in range(1, 8)] if left_out("hostile-ids") else _HOSTILE
ENTRIES = st.lists(st.tuples(st.sampled_from(KEYS), st.binary(max_size=8)), min_size=1, max_size=9)


@attrs.define(eq=False)
class _Entry:
    """An entry of the model. What once was not live may have left, and is looked for when the clock has stepped back."""

    value: bytes
    added: float
    expires: float
    may_have_left: bool = False

    def is_live(self, now: float) -> bool:
        return self.added - now <= SKEW and self.expires > now


def check_against_model(  # noqa: C901  # a machine closes over its store
    open_store: OpenEmbeddings, clock: SettableClock, *, persistent: bool, shared: bool, histories: int = 60
) -> None:
    """Run random histories of calls; every answer is the model's."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.model: dict[bytes, _Entry] = {}
            self.stores: list[EmbeddingStore] = [open_store() for _ in range(2 if shared else 1)]

        @property
        def store(self) -> EmbeddingStore:
            return self.stores[0]

        def live(self) -> dict[bytes, _Entry]:
            return {key: each for key, each in self.model.items() if each.is_live(clock.now())}

        @initialize()
        def begin_empty(self) -> None:
            self.store.forget(KEYS)

        @rule(
            entries=ENTRIES,
            ttl=st.sampled_from([300.0, 300.125, 900.0, 4000.0]),
            capacity=st.sampled_from([1, 2, 3, 5, 100, 100]),
        )
        def put(self, entries: list[tuple[bytes, bytes]], ttl: float, capacity: int) -> None:
            now = clock.now()
            if any(each.added - now > SKEW for each in self.model.values()):
                capacity = 100  # a store need not tell those that a clock far ahead stored when it counts what it holds
            self.store.put(entries, ttl=ttl, capacity=capacity)
            self.model |= {key: _Entry(value, now, now + ttl) for key, value in entries}
            live = self.live()
            if len(live) > capacity:
                self.leave(live, len(live) - capacity)

        def leave(self, live: dict[bytes, _Entry], number: int) -> None:
            """The first to expire left; of those that expire together it is open which."""
            border = sorted(each.expires for each in live.values())[number - 1]
            first = [key for key, each in live.items() if each.expires < border]
            among = [key for key, each in live.items() if each.expires == border]
            values = self.store.get(among)
            gone = [key for key, value in zip(among, values, strict=True) if value is None]
            assert len(first) + len(gone) == number
            for key in first + gone:
                del self.model[key]

        @rule(keys=st.lists(st.sampled_from(KEYS), max_size=5))
        def get(self, keys: list[bytes]) -> None:
            live = self.live()
            assert list(self.store.get(keys)) == [live[key].value if key in live else None for key in keys]

        @rule(keys=st.lists(st.sampled_from(KEYS), max_size=4))
        def forget(self, keys: list[bytes]) -> None:
            live = self.live()
            assert self.store.forget(keys) == len(live.keys() & set(keys))
            for key in keys:
                self.model.pop(key, None)

        @rule(seconds=st.sampled_from([0.125, 50.0, 250.0, 299.875, 300.0, 3600.0]))
        def pass_time(self, seconds: float) -> None:
            self.move_clock(seconds)

        @rule(seconds=st.sampled_from([0.125, 60.0, 60.125, 300.0, 5000.0]))
        def step_back(self, seconds: float) -> None:
            self.move_clock(-seconds)

        def move_clock(self, seconds: float) -> None:
            clock.advance(seconds)
            for each in self.model.values():
                each.may_have_left |= not each.is_live(clock.now())
            for key, each in self.live().items():
                if each.may_have_left:  # both are right, that it left and that it is still there
                    each.may_have_left = False
                    if self.store.get([key])[0] is None:
                        del self.model[key]

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
        def it_is_the_same_dict(self) -> None:
            live = self.live()
            assert list(self.store.get(KEYS)) == [live[key].value if key in live else None for key in KEYS]
            assert self.store.measure().entries == len(live)

        def teardown(self) -> None:
            for store in self.stores:
                store.close()

    run_machine(Machine, histories=histories, steps=30)
