"""Small pieces are merged behind the caller's back, and a failure of that is no failure of the spill."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer

if TYPE_CHECKING:
    import pytest

ONE = SessionKey("one")


class MergingArchive(MemoryArchive):
    """Counts what it is asked to merge; a real archive's merging is tested with it."""

    def __init__(self, error: CorruptDataError | None = None) -> None:
        super().__init__()
        self.error = error
        self.merged: list[SessionKey] = []

    def compact(self, session: SessionKey) -> bool:
        self.merged.append(session)
        if self.error is not None:
            raise self.error
        return True


def said(layer: SessionLayer, count: int) -> None:
    for index in range(count):
        layer.window.add(ONE, Message("user", str(index), layer.clock.now()))


def test_a_spill_in_the_background_merges_what_it_wrote() -> None:
    clock, archive = SettableClock(), MergingArchive()
    layer = SessionLayer(MemoryHotStore(clock), archive, clock, window=2, batch=2, background=True)
    said(layer, 20)
    layer.spiller.close()
    assert set(archive.merged) == {ONE}
    assert len(layer.window.history(ONE)) == 20


def test_an_eviction_merges_and_survives_that_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    clock, archive = SettableClock(), MergingArchive(CorruptDataError("one.huff", "frame 3 is damaged"))
    layer = SessionLayer(MemoryHotStore(clock), archive, clock)
    said(layer, 3)
    with caplog.at_level(logging.WARNING, logger="lixcore.tiering"):
        assert layer.tiering.evict(ONE)
    assert "frame 3 is damaged" in caplog.text
    assert [message.content for message in layer.window.context(ONE)] == ["0", "1", "2"]
