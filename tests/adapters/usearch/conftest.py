"""An index in a directory of the test's own, opened as often as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import open_adapter

pytest.importorskip("usearch", reason="USearch is not installed: pip install 'lixcore[usearch]' runs this")
from lixcore_usearch import UsearchSimilarityIndex


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def open_index(place: Path, clock: SettableClock, tmp_path: Path) -> Iterator[Callable[..., UsearchSimilarityIndex]]:
    """Opens ``(**options)``; scopes have graphs from their first entry on unless told otherwise."""
    opened: list[UsearchSimilarityIndex] = []

    def open_one(**options: Any) -> UsearchSimilarityIndex:
        chosen = UsearchSimilarityIndex.Options(**{"path": str(place), "exact_limit": 0, **options})
        opened.append(open_adapter(UsearchSimilarityIndex, chosen, clock, tmp_path / "archive"))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()
