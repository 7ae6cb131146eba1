"""Looking through the archive once an hour: what is too old goes, what is in small pieces is merged, the rest stays."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from janitors import DAY, House, PlainHotStore
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, LixError, MissingExtraError, StoreFullError, StoreUnavailableError
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.services.upkeep.retention import SWEEP_SECONDS, Retention, Swept
from lixcore_memory import MemoryArchive, MemoryHotStore
from lixcore_policies import AgeRetention

DAYS = 30.0


def archived(house: House, name: str, *texts: str) -> None:
    house.say(name, *texts)
    assert house.layer.tiering.evict(SessionKey(name))
    if isinstance(house.archive, Touched):
        house.archive.compacted.clear()  # an eviction merges as well


def after(house: House, days: float) -> None:
    house.clock.advance(days * DAY)


def test_a_history_goes_when_its_newest_message_is_too_old_and_younger_ones_stay(house: House) -> None:
    archived(house, "old", "1", "2", "3")
    after(house, 1)
    archived(house, "young")
    after(house, DAYS - 1)
    janitor = house.janitor(ttl_days=DAYS)
    assert janitor.round().histories_removed == 0, "not before the time is over"
    house.clock.advance(SWEEP_SECONDS)
    report = janitor.round()
    assert (report.histories_removed, report.messages_removed) == (1, 3)
    assert house.history("old") == []
    del house.said["old"]
    house.check_nothing_lost()


def test_without_a_limit_nothing_is_ever_removed(house: House) -> None:
    archived(house, "old")
    after(house, 40_000)
    assert not house.janitor().round().did_something
    house.check_nothing_lost()


def test_a_history_that_is_hot_stays_however_old(house: House) -> None:
    archived(house, "back")
    after(house, DAYS + 1)
    house.layer.window.context(SessionKey("back"))
    janitor = house.janitor(ttl_days=DAYS)
    assert not janitor.round().did_something
    house.check_nothing_lost()
    archived(house, "back", "more")
    house.clock.advance(SWEEP_SECONDS)
    assert not janitor.round().did_something, "its newest message counts"


def test_a_session_that_was_removed_goes_on_afresh(house: House) -> None:
    archived(house, "a", "old")
    after(house, DAYS + 1)
    assert house.janitor(ttl_days=DAYS).round().messages_removed == 1
    archived(house, "a", "new")
    assert house.history("a") == ["new"]


class Touched(MemoryArchive):
    """Knows when sessions were written, as archives of files do."""

    def __init__(self) -> None:
        super().__init__()
        self.updated: dict[str, float] = {}
        self.damage: LixError | None = None
        self.compacted: list[str] = []
        self.errors: dict[str, LixError] = {}

    def sessions(self) -> Iterator[ArchiveInfo]:
        for info in super().sessions():
            yield attrs.evolve(info, updated_at=self.updated.get(info.session.id, 0.0))
        if self.damage is not None:
            raise self.damage

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        info = super().describe(session)
        return info and attrs.evolve(info, updated_at=self.updated.get(session.id, 0.0))

    def forget(self, session: SessionKey, *, through: Position) -> int:
        self._fail(session)
        return super().forget(session, through=through)

    def compact(self, session: SessionKey) -> bool:
        self.compacted.append(session.id)
        self._fail(session)
        return session.id == "loose"

    def _fail(self, session: SessionKey) -> None:
        if session.id in self.errors:
            raise self.errors[session.id]


@pytest.fixture
def archive() -> Touched:
    return Touched()


@pytest.fixture
def written(archive: Touched) -> House:
    return House(archive=archive)


def test_an_old_conversation_that_was_imported_lately_stays(written: House, archive: Touched) -> None:
    archived(written, "imported")
    after(written, DAYS + 1)
    archive.updated["imported"] = written.clock.now() - DAY
    assert not written.janitor(ttl_days=DAYS).round().did_something
    written.check_nothing_lost()


def test_damage_is_counted_and_keeps_no_other_history(written: House, archive: Touched) -> None:
    for name in ["damaged", "a", "b"]:
        archived(written, name)
    after(written, DAYS + 1)
    archive.damage = CorruptDataError("a file", "is damaged")
    archive.errors["damaged"] = CorruptDataError("another file", "is damaged")
    report = written.janitor(ttl_days=DAYS).round()
    assert (report.histories_removed, report.failed, report.complete) == (2, 2, True)
    assert written.history("damaged") == ["x"]


def test_the_archive_is_looked_through_once_an_hour_over_all_processes(written: House, archive: Touched) -> None:
    archived(written, "a")
    first, second = written.janitor(), written.janitor()
    for janitor in [first, first, second]:
        janitor.round()
        janitor.close()
    assert archive.compacted == ["a"]
    written.clock.advance(SWEEP_SECONDS - 1)
    second.round()
    assert archive.compacted == ["a"]
    written.clock.advance(1)
    second.round()
    second.round()
    assert archive.compacted == ["a", "a"]


def test_without_leases_each_process_looks_through_it_once_an_hour(archive: Touched) -> None:
    house = House(PlainHotStore, archive)
    archived(house, "a")
    janitor = house.janitor()
    for pause in (0.0, SWEEP_SECONDS - 1, 1.0):
        house.clock.advance(pause)
        janitor.round()
    assert archive.compacted == ["a", "a"]


def test_small_pieces_are_merged_where_something_was_written_since_the_last_look(written: House, archive: Touched) -> None:
    for name in ["loose", "tight", "unknown"]:
        archived(written, name)
        archive.updated[name] = written.clock.now()
    archive.updated["unknown"] = 0.0
    janitor = written.janitor()
    assert janitor.round().merged == 1
    assert sorted(archive.compacted) == ["loose", "tight", "unknown"]
    archive.compacted.clear()
    written.clock.advance(3 * SWEEP_SECONDS)
    looked = written.clock.now()
    janitor.round()
    written.clock.advance(3 * SWEEP_SECONDS)
    archive.compacted.clear()
    archive.updated["tight"] = looked - SWEEP_SECONDS / 2  # by the clock of another host, which is slow
    janitor.round()
    assert sorted(archive.compacted) == ["tight", "unknown"]


def test_a_session_that_cannot_be_merged_keeps_no_other_one(written: House, archive: Touched) -> None:
    for name in ["a", "b", "loose"]:
        archived(written, name)
    archive.errors = {"a": CorruptDataError("a file", "is damaged"), "b": MissingExtraError("it", module="m", extra="e")}
    report = written.janitor().round()
    assert (report.merged, report.failed, report.complete) == (1, 2, True)


def test_a_full_disk_ends_the_merging_but_not_the_removal(written: House, archive: Touched) -> None:
    archived(written, "old")
    after(written, DAYS + 1)
    for name in ["b", "loose"]:
        archived(written, name)
    archive.errors["b"] = StoreFullError("the disk", "no space left")
    janitor = written.janitor(ttl_days=DAYS)
    report = janitor.round()
    assert (report.histories_removed, report.merged, report.failed) == (1, 0, 1)
    archive.errors.clear()
    archive.compacted.clear()
    archive.updated = dict.fromkeys(["b", "loose"], written.clock.now() - 3 * SWEEP_SECONDS)
    written.clock.advance(SWEEP_SECONDS)
    assert janitor.round().merged == 1, "what was left out then is not skipped now"


def test_a_sweep_that_was_stopped_is_begun_again_at_once_by_whoever_comes_next(written: House, archive: Touched) -> None:
    for name in "abc":
        archived(written, name)
    first = written.janitor()
    assert not first.round(stopping=lambda: True).complete
    assert len(archive.compacted) == 1
    first.close()
    assert written.janitor().round().complete
    assert len(archive.compacted) == 4


def test_a_sweep_that_failed_waits_for_its_next_hour(written: House, archive: Touched) -> None:
    archived(written, "a")
    archive.errors["a"] = StoreUnavailableError("the disk", "is gone")
    janitor = written.janitor()
    with pytest.raises(StoreUnavailableError):
        janitor.round()
    assert janitor.round().complete
    assert archive.compacted == ["a"]


def test_sessions_of_a_spared_tenant_are_never_touched(written: House, archive: Touched) -> None:
    archived(written, "a")
    after(written, DAYS + 1)
    retention = Retention(written.hot, archive, AgeRetention(), written.clock, ttl_days=DAYS, spared={"default"})
    swept = Swept()
    list(retention.steps(swept))
    assert swept == Swept()
    assert archive.compacted == []
    written.check_nothing_lost()


class ClockedHotStore(MemoryHotStore):
    """A hot store on a host whose clock is right."""

    told: float | None = None

    def time(self) -> float | None:
        return self.told


@pytest.mark.parametrize("days", [365.0, -365.0, 0.05])
def test_nothing_is_removed_while_this_clock_and_the_hot_stores_are_apart(days: float) -> None:
    """A clock that is a year ahead would else take every history at once, for good."""
    house = House(ClockedHotStore)
    archived(house, "old")
    after(house, 2 * DAYS)
    house.hot.told = house.clock.now() - days * DAY
    report = house.janitor(ttl_days=DAYS).round()
    assert (report.histories_removed, report.failed) == (0, 1)
    assert report.found_problems
    house.check_nothing_lost()


@pytest.mark.parametrize("apart", [0.0, 5.0, -5.0, None])
def test_clocks_that_agree_or_cannot_be_compared_let_old_histories_go(apart: float | None) -> None:
    house = House(ClockedHotStore)
    archived(house, "old")
    after(house, 2 * DAYS)
    house.hot.told = None if apart is None else house.clock.now() + apart
    assert house.janitor(ttl_days=DAYS).round().histories_removed == 1
