"""Catching up as the port describes it is right, whatever was archived late, forgotten or damaged, or cut short by a crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexedMessage, IndexFilter, IndexHit
from lixcore_memory import MemoryArchive, MemoryArchiveIndex

ONE, TWO = SessionKey("one"), SessionKey("two")
SESSIONS = st.sampled_from([ONE, TWO])
POSITIONS = st.integers(1, 20).map(Position)


class KilledError(Exception):
    """The process that catches up is gone."""


class Archive(MemoryArchive):
    """An archive that counts its reads, and of which some entries cannot be read; they are counted all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.damaged: set[tuple[SessionKey, Position]] = set()
        self.whole_reads = 0

    def readable(self, session: SessionKey, *, after: Position | None = None) -> Sequence[Entry]:
        self.whole_reads += after is None
        return [entry for entry in self.read(session, after=after) if (session, entry.position) not in self.damaged]


def messages(entries: Sequence[Entry]) -> list[IndexedMessage]:
    return [IndexedMessage(position=each.position, timestamp=each.timestamp, role="user", text="rain") for each in entries]


def catch_up(archive: Archive, index: MemoryArchiveIndex, session: SessionKey, step: Callable[[], None]) -> None:
    """The steps that the port's page describes, for one session; ``step`` may raise between any two of them."""
    (known,) = index.progress([session])
    step()
    info = archive.describe(session)
    if info is None:
        return
    if known.forgotten_through < info.forgotten_through:
        index.forget(session, through=info.forgotten_through)
        step()
    assert known.forgotten_through <= info.forgotten_through, "whoever forgets begins with the archive"
    if info.last_position > known.watermark:
        index.add([IndexBatch(session, messages(archive.readable(session, after=known.watermark)))])
        step()
    (known,) = index.progress([session])
    if known.messages + known.lacks != info.messages:
        index.add([IndexBatch(session, messages(archive.readable(session)))])
        step()
        (known,) = index.progress([session])
        if known.forgotten_through == info.forgotten_through:
            step()
            index.add([IndexBatch(session, [], lacks=info.messages - known.messages)])
            (known,) = index.progress([session])
        if known.forgotten_through != info.forgotten_through:
            index.add([IndexBatch(session, [], lacks=0)])


class CatchingUp(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.archive = Archive()
        self.index = MemoryArchiveIndex()

    @rule(session=SESSIONS, positions=st.sets(POSITIONS, min_size=1, max_size=4))
    def append(self, session: SessionKey, positions: set[Position]) -> None:
        self.archive.append(session, [Entry(position, 0.0, b"rain") for position in sorted(positions)])

    @rule(session=SESSIONS, through=POSITIONS, is_told=st.booleans())
    def forget(self, session: SessionKey, through: Position, *, is_told: bool) -> None:
        self.archive.forget(session, through=through)
        if is_told:
            self.index.forget(session, through=through)

    @rule(session=SESSIONS, position=POSITIONS)
    def damage(self, session: SessionKey, position: Position) -> None:
        """Only what is not indexed yet: what is, an index may go on showing, and the core drops the hit."""
        indexed = {hit.position for hit in self.found() if hit.session == session}
        if position not in indexed:
            self.archive.damaged.add((session, position))

    @rule(session=SESSIONS, steps=st.integers(0, 5), late=st.sets(POSITIONS, max_size=2), through=st.none() | POSITIONS)
    def be_killed(self, session: SessionKey, steps: int, late: set[Position], through: Position | None) -> None:
        """In the middle of catching up, while others archive and forget."""
        left = iter(range(steps))

        def step() -> None:
            if next(left, None) is None:
                raise KilledError
            self.append(session, late) if late else None
            if through is not None:
                self.forget(session, through, is_told=True)

        with suppress(KilledError):
            catch_up(self.archive, self.index, session, step)

    @rule()
    def clear(self) -> None:
        self.index.clear()

    @rule()
    def catch_up_with_all(self) -> None:
        for session in (ONE, TWO):
            catch_up(self.archive, self.index, session, lambda: None)
        expected = {(session, entry.position) for session in (ONE, TWO) for entry in self.archive.readable(session)}
        assert {(hit.session, hit.position) for hit in self.found()} == expected
        before = self.archive.whole_reads
        for session in (ONE, TWO):
            catch_up(self.archive, self.index, session, lambda: None)
        assert self.archive.whole_reads == before, "a session that has not changed is read again"

    def found(self) -> Sequence[IndexHit]:
        return self.index.search_text("rain", k=100, where=IndexFilter(tenant="default"))

    @invariant()
    def nothing_is_found_that_is_not_archived(self) -> None:
        """What the archive forgot may be there until somebody tells the index; nothing else is."""
        for hit in self.found():
            info = self.archive.describe(hit.session)
            assert info is not None
            archived = {entry.position for entry in self.archive.read(hit.session)}
            assert hit.position in archived or hit.position <= info.forgotten_through


def test_the_index_has_all_that_can_be_read_and_nothing_is_read_twice() -> None:
    run_state_machine_as_test(CatchingUp, settings=settings(max_examples=150, stateful_step_count=25, deadline=None))


def test_what_comes_late_is_not_taken_for_what_could_not_be_read() -> None:
    archive, index = Archive(), MemoryArchiveIndex()
    archive.append(ONE, [Entry(Position(position), 0.0, b"rain") for position in (4, 5, 20)])
    archive.damaged.add((ONE, Position(5)))
    catch_up(archive, index, ONE, lambda: None)
    assert index.progress([ONE])[0].lacks == 1
    for store in (archive, index):
        store.forget(ONE, through=Position(5))
    archive.append(ONE, [Entry(Position(10), 0.0, b"rain")])
    catch_up(archive, index, ONE, lambda: None)
    assert index.progress([ONE])[0].messages == 2
