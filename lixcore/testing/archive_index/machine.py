"""An archive index against a model of dicts, by Hypothesis' state machine."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexedMessage, IndexFilter, IndexProgress
from lixcore.ports.archive_index_powers import Merges
from lixcore.testing.archive_index.messages import ALL, OpenIndex, floats, message, places
from lixcore.testing.archive_index.oracle import as_lists, beside, check_nearest, check_time, counted, fitting
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.profiles import run_machine

SESSIONS = [SessionKey("one"), SessionKey("one\0"), SessionKey("One"), SessionKey("one", tenant="other")]
WORDS = ["zanzibar", "quartz", "walnut"]
WHICH = st.sampled_from([*SESSIONS, *SESSIONS[:1] * 3])
"""Mostly the first: what goes wrong needs several calls on the same one."""

POSITIONS = st.integers(1, 12).map(Position)


@st.composite
def messages(draw: st.DrawFn) -> list[IndexedMessage]:
    """A few messages of one session, in order; at some positions those of an earlier call, as a caller repeats them."""
    found = []
    for position in sorted(draw(st.sets(POSITIONS, min_size=1, max_size=5))):
        # What stands at a position never changes, so it is worked out from that.
        text = " ".join(each for bit, each in enumerate(WORDS) if position >> bit & 1)
        vector = None if position % 4 == 3 else [1.0, position % 3] if position % 5 else [1.0, 0.0, position]
        said = NOON + position / 4
        found.append(message(position, text, role="ab"[position % 2], at=said, vector=vector, half=str(position > 6)))
    return found


@attrs.define
class _Session:
    held: dict[int, IndexedMessage] = attrs.Factory(dict)
    forgotten_through: Position = ORIGIN
    lacks: int = 0

    def add(self, batch: IndexBatch) -> int:
        new = {int(each.position): each for each in batch.messages if each.position > self.forgotten_through}
        taken = len(new.keys() - self.held.keys())
        self.held.update(new)
        self.lacks = self.lacks if batch.lacks is None else batch.lacks
        return taken

    @property
    def progress(self) -> IndexProgress:
        return IndexProgress(
            messages=len(self.held),
            last_position=Position(max(self.held, default=ORIGIN)),
            forgotten_through=self.forgotten_through,
            lacks=self.lacks,
        )


def check_against_model(open_index: OpenIndex, *, persistent: bool, shared: bool) -> None:  # noqa: C901  # a machine closes over its store
    """Run random histories of calls; every answer is the model's."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.model = {session: _Session() for session in SESSIONS}
            self.indexes: list[ArchiveIndex] = [open_index() for _ in range(2 if shared else 1)]

        @property
        def index(self) -> ArchiveIndex:
            return self.indexes[0]

        @initialize()
        def begin_empty(self) -> None:
            self.index.clear()

        @rule(
            given=st.lists(st.tuples(WHICH, messages(), st.none() | st.integers(-2, 2)), max_size=3),
        )
        def add(self, given: list[tuple[SessionKey, list[IndexedMessage], int | None]]) -> None:
            batches = [IndexBatch(*each) for each in given]
            expected = sum(self.model[batch.session].add(batch) for batch in batches)
            assert self.index.add(batches) == expected

        @rule(session=WHICH, through=POSITIONS)
        def forget(self, session: SessionKey, through: Position) -> None:
            known = self.model[session]
            left = {position: each for position, each in known.held.items() if position > through}
            assert self.index.forget(session, through=through) == len(known.held) - len(left)
            known.held = left
            if through > known.forgotten_through:
                known.forgotten_through, known.lacks = through, 0

        @rule(really=st.integers(0, 4))
        def clear(self, really: int) -> None:
            if not really:
                self.index.clear()
                self.model = {session: _Session() for session in SESSIONS}

        @rule(
            words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
            role=st.none() | st.sampled_from("ab"),
            half=st.none() | st.booleans(),
            session=st.none() | WHICH,
            k=st.integers(1, 4),
        )
        def search(self, words: list[str], role: str | None, half: bool | None, session: SessionKey | None, k: int) -> None:  # noqa: FBT001  # drawn
            where = IndexFilter(
                tenant=SESSIONS[0].tenant if session is None else session.tenant,
                sessions=None if session is None else [session.id],
                roles=None if role is None else [role],
                fields={} if half is None else {"half": str(half)},
            )
            expected = {place for place, each in self.fitting(where).items() if set(words) & set(each.text.split())}
            whole = self.index.search_text(" ".join(words), k=ALL, where=where)
            assert set(places(whole)) == expected
            assert list(self.index.search_text(" ".join(words), k=k, where=where)) == list(whole)[:k]
            self.compare([1.0, 1.5], k, where)

        @rule(session=WHICH, reach=st.integers(1, 3))
        def look_around(self, session: SessionKey, reach: int) -> None:
            asked = [(session, Position(at)) for at in range(14)]
            expected = [beside(self.shelf, session, at, reach) for session, at in asked]
            assert as_lists(self.index.neighbours(asked, reach=reach)) == as_lists(expected)

        def compare(self, vector: list[float], k: int, where: IndexFilter) -> None:
            query = floats(vector)
            check_nearest(self.index.search_vector(query, k=k, where=where), self.shelf, query, k=k, where=where)

        def fitting(self, where: IndexFilter) -> dict[tuple[SessionKey, int], IndexedMessage]:
            return fitting(self.shelf, where)

        @property
        def shelf(self) -> dict[SessionKey, dict[int, IndexedMessage]]:
            return {session: known.held for session, known in self.model.items()}

        @rule()
        def merge(self) -> None:
            if isinstance(self.index, Merges):
                self.index.merge()

        @precondition(lambda _: persistent)
        @rule()
        def reopen(self) -> None:
            self.indexes.pop(0).close()
            self.indexes.append(open_index())

        @precondition(lambda _: shared)
        @rule()
        def use_the_other_handle(self) -> None:
            self.indexes.reverse()

        @invariant()
        def it_has_come_as_far_as_the_model(self) -> None:
            assert list(self.index.progress(SESSIONS)) == [self.model[session].progress for session in SESSIONS]

        @invariant()
        def the_same_is_counted(self) -> None:
            held = [each for known in self.model.values() for each in known.held.values()]
            size = self.index.measure()
            assert size.messages == len(held)
            assert size.embeddings == sum(each.embedding is not None for each in held)
            assert size.sessions == sum(bool(known.held) for known in self.model.values())

        @invariant()
        def the_same_is_found(self) -> None:
            for tenant in ("default", "other"):
                where = IndexFilter(tenant=tenant)
                hits = self.index.search_text(" ".join(WORDS), k=ALL, where=where)
                assert set(places(hits)) == {place for place, each in self.fitting(where).items() if each.text}
                for hit in hits:
                    check_time(hit, self.shelf)
                assert self.index.count_words(WORDS, where=where) == counted(self.shelf, WORDS, where)
                self.compare([0.0, 1.0], 3, where)
                self.compare([0.0, 0.0, 1.0], ALL, where)

        def teardown(self) -> None:
            for index in self.indexes:
                index.close()

    run_machine(Machine, histories=80, steps=25)
