"""Whatever was archived, late or not, forgotten, damaged or cut short: the next catch-up gives what a rebuild gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from injured_archive import FollowedPort, InjuredArchive, said
from lixcore.bootstrap.searches import IndexParts, index_parts
from lixcore.domain.position import Position
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexFilter
from lixcore.services.searching import catch_up as module
from lixcore.services.searching.indexing import Indexing
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.upkeep.lease import Lease
from lixcore_memory import MemoryArchiveIndex, MemoryHotStore
from settable_clock import SettableClock

KEYS = [SessionKey("one"), SessionKey("two"), SessionKey("one", "other"), SessionKey("three")]
NOTES = SessionKey("notes", RESERVED_TENANT)
SESSIONS = st.sampled_from(KEYS)
POSITIONS = st.integers(1, 20).map(Position)
CALLS = st.integers(1, 14)


class KilledError(BaseException):
    """The process is gone."""


def indexing_of(archive: Any, index: Any) -> Indexing:
    """As the stack wires it, in a process of its own."""
    return parts_of(archive, index).indexing


def parts_of(archive: Any, index: Any) -> IndexParts:
    clock = SettableClock()
    lease = Lease(MemoryHotStore(clock), clock, "index", seconds=60.0)
    return index_parts(
        "memory", index, archive, ArchiveReader(archive, skip_damage=True), lease=lease, clock=clock, interval=60.0
    )


def held(index: ArchiveIndex) -> set[tuple[SessionKey, int, float]]:
    """Everything that can be found, with its score."""
    tenants = {session.tenant for session in [*KEYS, NOTES]}
    hits = (hit for tenant in tenants for hit in index.search_text("rain", k=1000, where=IndexFilter(tenant=tenant)))
    return {(hit.session, hit.position, hit.score) for hit in hits}


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SESSIONS_AT_ONCE", 2)
    monkeypatch.setattr(module, "BATCH_MESSAGES", 3)


class CatchingUp(RuleBasedStateMachine):
    can_salvage = True

    def __init__(self) -> None:
        super().__init__()
        self.archive = InjuredArchive()
        self.index = MemoryArchiveIndex()
        self.archive.append(NOTES, [said(1)])

    @rule(session=SESSIONS, positions=st.sets(POSITIONS, min_size=1, max_size=4))
    def append(self, session: SessionKey, positions: set[Position]) -> None:
        self.archive.append(session, [said(position) for position in sorted(positions)])

    @rule(session=SESSIONS, through=POSITIONS, is_told=st.booleans())
    def forget(self, session: SessionKey, through: Position, *, is_told: bool) -> None:
        """A process may die before the index is told; then a session that is empty since is none that anybody lists."""
        is_told = is_told or not any(entry.position > through for entry in self.archive.readable(session))
        self.archive.forget(session, through=through)
        if is_told:
            self.index.forget(session, through=through)

    @rule(session=SESSIONS, position=POSITIONS)
    def damage(self, session: SessionKey, position: Position) -> None:
        """Only what is not indexed yet: what is, an index may go on showing, and the core drops the hit."""
        if (session, position) not in {(key, at) for key, at, _ in held(self.index)}:
            self.archive.damaged.add((session, position))

    @rule()
    def clear(self) -> None:
        self.index.clear()

    @rule(
        calls=CALLS,
        has_effect=st.booleans(),
        others=st.sampled_from(["append", "forget", "catch up", "clear", "nothing"]),
        when=CALLS,
        session=SESSIONS,
        positions=st.sets(POSITIONS, min_size=1, max_size=3),
    )
    def be_killed(
        self, calls: int, when: int, others: str, session: SessionKey, positions: set[Position], *, has_effect: bool
    ) -> None:
        """At any call of a port, before or after it had its effect; at another one, somebody else does something."""

        def disturb() -> None:
            if others == "append":
                self.append(session, positions)
            elif others == "forget":
                self.forget(session, max(positions), is_told=True)
            elif others == "catch up":
                indexing_of(self.archive, self.index).catch_up()
            elif others == "clear":
                self.index.clear()

        with followed(self.archive, self.index, calls, when, disturb, has_effect=has_effect) as (archive, index):
            done = indexing_of(archive, index).catch_up()
            assert not done.cleared, "it is the index of this archive"

    @rule(only=st.none() | SESSIONS)
    def catch_up(self, only: SessionKey | None) -> None:
        indexing = indexing_of(self.archive, self.index)
        if only is not None:
            indexing.try_with([only])
        done = indexing.catch_up()
        assert done.complete
        rebuilt = MemoryArchiveIndex()
        indexing_of(self.archive, rebuilt).catch_up()
        assert held(self.index) == held(rebuilt)
        readable = {(session, entry.position) for session in KEYS for entry in self.archive.readable(session)}
        assert {(session, position) for session, position, _ in held(self.index)} == readable
        assert parts_of(self.archive, self.index).report.status().lag == 0
        indexing.catch_up()  # which looks once whether a newest message is damaged, or new
        before = self.archive.reads
        again = indexing.catch_up()
        assert (again.messages, again.forgotten, again.cleared) == (0, 0, False)
        assert self.archive.reads == before, "a session that has not changed is read again"

    @invariant()
    def nothing_is_found_that_is_not_archived(self) -> None:
        for session, position, _ in held(self.index):
            info = self.archive.describe(session)
            assert info is not None
            assert session != NOTES
            archived = {entry.position for entry in InjuredArchive.salvage(self.archive, session).entries}
            assert position in archived or position <= info.forgotten_through


@contextmanager
def followed(
    archive: Any, index: Any, calls: int, when: int, disturb: Callable[[], None], *, has_effect: bool
) -> Iterator[tuple[Any, Any]]:
    """Ports of a process that is killed at one call, and disturbed at another."""
    ports = FollowedPort(archive), FollowedPort(index)
    made = 0

    def before(_: str) -> None:
        nonlocal made
        made += 1
        if made == when:
            disturb()
        if made == calls and not has_effect:
            raise KilledError

    def after(_: str) -> None:
        if made == calls and has_effect:
            raise KilledError

    for port in ports:
        port.before, port.after = before, after
    with suppress(KilledError):
        yield ports


def test_the_next_catch_up_gives_what_a_rebuild_gives() -> None:
    run_state_machine_as_test(CatchingUp, settings=settings(max_examples=150, stateful_step_count=20, deadline=None))
