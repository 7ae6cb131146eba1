"""Checking both tiers, over stores in memory: what is a finding, what is none, and what a repair leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import pytest

from lixcore.domain.message import Message
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.ports.verification import Finding, Verified
from lixcore.services.checks.verification import Stage, Verification
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer
from two_tiers import OTHER, PLACES, SESSION, entry, findings, make_hot, texts


@pytest.fixture
def archive() -> MemoryArchive:
    return MemoryArchive()


@pytest.fixture
def hot() -> MemoryHotStore:
    return MemoryHotStore(SettableClock())


@pytest.fixture
def verification(archive: MemoryArchive, hot: MemoryHotStore) -> Verification:
    return Verification(archive, hot, places=PLACES)


def test_what_the_layer_does_by_itself_is_no_finding(archive: MemoryArchive, hot: MemoryHotStore) -> None:
    """Windows, spills, evictions, restores, clears and windows of two sizes."""
    clock = SettableClock()
    hot = MemoryHotStore(clock)
    layer, smaller = SessionLayer(hot, archive, clock), SessionLayer(hot, archive, clock, window=2, batch=1)
    verification = Verification(archive, hot, places=PLACES)
    for number in range(60):
        clock.advance(0.5)
        key = (SESSION, OTHER)[number % 2]
        (layer if number % 3 else smaller).window.add(key, Message("user", str(number), clock.now()))
        if number % 11 == 10:
            layer.tiering.evict(key)
        if number % 17 == 16:
            layer.window.clear(key)
        assert findings(verification.run()) == []
    assert {each.stage for each in verification.run()} >= {Stage.ARCHIVE, Stage.COMPARISON}


def test_every_step_says_whose_it_is_and_how_many_messages_can_be_read(
    archive: MemoryArchive, hot: MemoryHotStore, verification: Verification
) -> None:
    archive.append(SESSION, [entry(1), entry(2)])
    archive.append(OTHER, [entry(1)])
    make_hot(hot, [entry(2), entry(3)])
    found = [(each.stage, each.verified.session, each.verified.messages) for each in verification.run()]
    assert [each for each in found if each[0] is not Stage.HOT_STORE] == [
        (Stage.ARCHIVE, SESSION, 2),
        (Stage.ARCHIVE, OTHER, 1),
        (Stage.COMPARISON, SESSION, 2),
    ]


def test_two_messages_at_one_position_are_found_and_both_are_kept(
    archive: MemoryArchive, hot: MemoryHotStore, verification: Verification
) -> None:
    archive.append(SESSION, [entry(1), entry(2 << 20, "archived")])
    make_hot(hot, [entry(1), entry(2 << 20, "hot"), entry(3 << 20, "newer")])
    [finding] = findings(verification.run())
    assert str(2 << 20) in finding.reason
    assert not finding.is_repaired
    assert hot.describe(SESSION) is not None, "without repair nothing changes"
    [repaired] = findings(verification.run(repair=True))
    assert repaired.is_repaired
    assert texts(archive.read(SESSION)) == ["message 1", "archived", "hot", "newer"]
    assert hot.describe(SESSION) is None
    assert findings(verification.run(repair=True)) == []


def test_a_session_that_lacks_newer_archived_messages_is_restored_in_order_after_a_repair(
    archive: MemoryArchive, hot: MemoryHotStore
) -> None:
    """As when the hot store came back with an older snapshot, or was away while somebody wrote."""
    layer = SessionLayer(hot, archive, SettableClock())
    archive.append(SESSION, [entry(position) for position in (1, 2, 3, 5, 7)])
    make_hot(hot, [entry(2), entry(3), entry(6)])
    verification = Verification(archive, hot, places=PLACES)
    [finding] = findings(verification.run())
    assert "without 2 of its newer archived messages" in finding.reason
    assert findings(verification.run(repair=True))[0].is_repaired
    assert findings(verification.run()) == []
    assert [each.content for each in layer.window.context(SESSION)] == [f"message {number}" for number in (2, 3, 5, 6, 7)]


def test_what_is_no_message_is_reported_and_left_alone(
    archive: MemoryArchive, hot: MemoryHotStore, verification: Verification
) -> None:
    archive.append(SESSION, [entry(2, "archived")])
    make_hot(hot, [entry(2, "hot"), Entry(Position(3), 1.5, b"\xc1")])
    conflict, foreign = findings(verification.run(repair=True))
    assert "no message" in foreign.reason
    assert not conflict.is_repaired
    assert not foreign.is_repaired
    assert len(archive.read(SESSION)) == 1
    assert len(hot.oldest(SESSION, limit=9)) == 2


def test_a_removal_that_was_cut_off_is_found(archive: MemoryArchive, hot: MemoryHotStore, verification: Verification) -> None:
    archive.append(SESSION, [entry(1), entry(2)])
    make_hot(hot, [entry(2), entry(3)])
    archive.forget(SESSION, through=Position(3))
    [finding] = findings(verification.run())
    assert "lix forget" in finding.remedy


def test_more_in_the_hot_store_than_there_are_places_for_is_a_note_and_no_finding(
    hot: MemoryHotStore, verification: Verification
) -> None:
    make_hot(hot, [entry(position) for position in range(1, 2 * PLACES + 2)])
    [checked] = [each for each in verification.run() if each.stage is Stage.COMPARISON]
    assert not checked.verified.findings
    assert "does not take them" in checked.notes[0]


def test_without_a_hot_store_the_archive_is_checked(archive: MemoryArchive) -> None:
    archive.append(SESSION, [entry(1)])
    assert [each.verified.messages for each in Verification(archive, None, places=PLACES).run()] == [1]


@pytest.mark.parametrize("key", [SESSION, OTHER])
def test_one_session_is_checked_alone(
    archive: MemoryArchive, hot: MemoryHotStore, verification: Verification, key: SessionKey
) -> None:
    for each in (SESSION, OTHER):
        archive.append(each, [entry(2, "archived")])
        make_hot(hot, [entry(2, "hot")], each)
    [finding] = findings(verification.session(key, repair=True))
    assert finding.is_repaired
    assert [len(archive.read(each)) for each in (key, OTHER if key is SESSION else SESSION)] == [2, 1]
    assert verification.knows(key)
    assert not verification.knows(SessionKey("nobody"))


class Miscounting(MemoryArchive):
    """Says that it holds one message more than it does."""

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        info = super().describe(session)
        return info and attrs.evolve(info, messages=info.messages + 1)


def test_counts_that_are_not_what_can_be_read_are_found() -> None:
    archive = Miscounting()
    archive.append(SESSION, [entry(1)])
    [finding] = findings(Verification(archive, None, places=PLACES).run())
    assert "holds 2 messages, and 1 can be read" in finding.reason


class Plain:
    """An archive without any power, damaged for one session."""

    def __init__(self) -> None:
        self._inner = MemoryArchive()
        self.append = self._inner.append
        self.describe = self._inner.describe
        self.sessions = self._inner.sessions
        self.forget = self._inner.forget
        self.start_context = self._inner.start_context
        self.close = self._inner.close

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        if session == OTHER:
            raise CorruptDataError("the file", "is damaged at byte 9")
        return self._inner.read(session, last=last, after=after, before=before)


def test_an_archive_that_cannot_check_itself_is_read_and_its_damage_is_told_once(hot: MemoryHotStore) -> None:
    archive = Plain()
    archive.append(SESSION, [entry(1)])
    archive.append(OTHER, [entry(1)])
    make_hot(hot, [entry(1), entry(2)], OTHER)
    steps = list(Verification(archive, hot, places=PLACES).run())
    assert [(each.where, each.reason) for each in findings(iter(steps))] == [("the file", "is damaged at byte 9")]
    assert "cannot be compared" in steps[-1].notes[0]


class Foreign(MemoryHotStore):
    """Cannot read its sessions, and says so when it checks itself."""

    says = True

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        raise CorruptDataError("the server", f"has {limit > 0} entries of strangers in {session}")

    def verify(self, *, repair: bool = False) -> Iterator[Verified]:
        assert not repair
        if self.says:
            yield Verified("the server", SESSION, 1, [Finding("the server", "has strange entries")])


@pytest.mark.parametrize("says", [True, False])
def test_a_hot_session_that_cannot_be_read_is_one_finding(archive: MemoryArchive, *, says: bool) -> None:
    hot = Foreign(SettableClock())
    hot.says = says
    make_hot(hot, [entry(1)])
    assert len(findings(Verification(archive, hot, places=PLACES).run())) == 1
