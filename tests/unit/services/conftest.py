from __future__ import annotations

import pytest

from janitors import House


@pytest.fixture
def house() -> House:
    """Two empty stores in memory, and a clock, for janitors."""
    return House()
