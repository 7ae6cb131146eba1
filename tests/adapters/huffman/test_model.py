"""The archive does what a sorted dict would do, whatever is done to it in whatever order."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import PositionConflictError
from lixcore_huffman import HuffArchive

SESSION = SessionKey("the one under test", "a tenant")
BOUND = st.one_of(st.none(), st.integers(0, 130))


class ArchiveMachine(RuleBasedStateMachine):
    """An archive and a dict, treated alike."""

    def __init__(self, make_archive: Any) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.make_archive = make_archive
        self.model: dict[int, Entry] = {}
        self.forgotten = self.context = self.newest = self.others = 0

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(share=st.sampled_from([0.01, 0.25, 1.0]))
    def opened(self, share: float) -> None:
        self.share = share
        self.reopen()

    @rule()
    def reopen(self) -> None:
        self.archive: HuffArchive = self.make_archive(Path(self.folder.name), block_bytes=4096, merge_share=self.share)

    def _add(self, positions: list[int], size: int, bulk: bool) -> None:  # noqa: FBT001  # drawn
        entries = [Entry(Position(number), number / 7, bytes([number % 251]) * (size + number % 5)) for number in positions]
        new: dict[int, Entry] = {entry.position: entry for entry in entries if entry.position > self.forgotten}
        is_refused = any(self.model.get(position, entry) != entry for position, entry in new.items())
        self.others += 1
        with pytest.raises(PositionConflictError) if is_refused else nullcontext():
            if bulk:
                other = SessionKey(f"other {self.others}")
                self.archive.append_many([(SESSION, entries[:2]), (other, entries), (SESSION, entries[2:])])
            else:
                self.archive.append(SESSION, entries)
        if not is_refused:
            self.model.update(new)
            self.newest = max(self.newest, *positions)

    @rule(steps=st.lists(st.integers(1, 3), min_size=1, max_size=9), size=st.sampled_from([0, 9, 300, 5000]), bulk=st.booleans())
    def append_newer(self, steps: list[int], size: int, bulk: bool) -> None:  # noqa: FBT001
        positions = [self.newest + sum(steps[: index + 1]) for index in range(len(steps))]
        self._add(positions, size, bulk)

    @rule(positions=st.lists(st.integers(1, 120), min_size=1, max_size=9, unique=True), size=st.sampled_from([3, 700]))
    def append_anywhere(self, positions: list[int], size: int) -> None:
        self._add(sorted(positions), size, bulk=False)

    @rule(positions=st.lists(st.integers(1, 120), min_size=1, max_size=9, unique=True))
    def append_once_more(self, positions: list[int]) -> None:
        held = [self.model[position] for position in sorted(positions) if position in self.model]
        self.archive.append(SESSION, held)

    @rule()
    def compact(self) -> None:
        self.archive.compact(SESSION)
        assert not self.archive.compact(SESSION)

    @rule(after=st.integers(0, 130))
    def start_context(self, after: int) -> None:
        self.archive.start_context(SESSION, after=Position(after))
        self.context = max(self.context, after)

    @rule(through=st.integers(0, 130))
    def forget(self, through: int) -> None:
        gone = [position for position in self.model if position <= through]
        assert self.archive.forget(SESSION, through=Position(through)) == len(gone)
        for position in gone:
            del self.model[position]
        self.forgotten = max(self.forgotten, through)
        if not self.model and self.context <= through:
            self.context = 0  # a mark below everything that can ever be there says nothing

    @rule(last=st.one_of(st.none(), st.integers(0, 30)), after=BOUND, before=BOUND)
    def read(self, last: int | None, after: Any, before: Any) -> None:
        expected = [
            self.model[position]
            for position in sorted(self.model)
            if (after is None or position > after) and (before is None or position < before)
        ]
        if last is not None:
            expected = expected[max(0, len(expected) - last) :]
        assert list(self.archive.read(SESSION, last=last, after=after, before=before)) == expected
        salvage = self.archive.salvage(SESSION, last=last, after=after, before=before)
        assert (list(salvage.entries), list(salvage.damage)) == (expected, [])

    @invariant()
    def described(self) -> None:
        info = self.archive.describe(SESSION)
        listed = [known.session for known in self.archive.sessions()]
        assert (SESSION in listed) == bool(self.model)
        if info is None:
            assert not self.model
            assert not self.forgotten
            assert not self.context
            return
        held = [self.model[position] for position in sorted(self.model)]
        for last in (1, 4, 20):
            assert list(self.archive.read(SESSION, last=last)) == held[-last:]
        assert info.messages == len(held)
        assert info.raw_bytes == sum(len(entry.payload) for entry in held)
        assert info.forgotten_through == self.forgotten
        assert info.stored_bytes > 0
        if self.context > self.forgotten:
            assert info.context_after == self.context
        if held:
            assert (info.first_position, info.last_position) == (held[0].position, held[-1].position)
            assert info.first_timestamp == min(entry.timestamp for entry in held)
            assert info.last_timestamp == max(entry.timestamp for entry in held)


@pytest.mark.timeout(300)
def test_the_archive_equals_a_dict(make_archive: Any) -> None:
    run_state_machine_as_test(
        lambda: ArchiveMachine(make_archive),  # type: ignore[arg-type]  # any callable will do, by its documentation
        settings=settings(max_examples=150, stateful_step_count=30, deadline=None),
    )
