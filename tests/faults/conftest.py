"""What the tests of faults share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fault_ground import Ground


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A ground for all tests of this process."""
    with Ground.opened(tmp_path_factory.mktemp("faults")) as ground:
        yield ground
