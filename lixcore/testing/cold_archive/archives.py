"""What all parts of the cold archive's contract use: an archive to open."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeAlias

import pytest

from lixcore.ports.cold_archive import ColdArchive
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.places import PlacedBy

OpenArchive: TypeAlias = Callable[[], ColdArchive]
"""Opens the same place again and again."""


class ColdArchiveGround(Contract):
    """Gives the parts of the contract their archives."""

    prefix: ClassVar[str] = "cold-archive"
    placed_by: ClassVar[PlacedBy] = "archive_dir"

    @pytest.fixture
    def open_archive(self, open_adapter: OpenArchive) -> OpenArchive:
        """Opens the same place again and again."""
        return open_adapter

    @pytest.fixture
    def archive(self, open_archive: OpenArchive) -> ColdArchive:
        """An empty archive."""
        return open_archive()
